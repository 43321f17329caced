// Lists of orders and the like: keyboard, selection with a sticky bar, "N pesanan baru", live counts.
//
// <div data-list> … <tr data-row data-id data-total data-url data-wa> <input type="checkbox" data-select> … </div>
import htmx from "htmx.org";
import { debounce, each, on, rupiah, text } from "./dom.js";
import { api } from "./api.js";

// --- selection ------------------------------------------------------------------------------------------------------
/** The bar speaks about this page's rows, or about every row of the filter once "select all" was chosen. */
function refresh(root) {
  const boxes = [...root.querySelectorAll("[data-row] [data-select]")];
  const chosen = boxes.filter((box) => box.checked);
  const all = root.querySelector("[data-select-all]");
  if (all) {
    all.checked = boxes.length > 0 && chosen.length === boxes.length;
    all.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
  }
  for (const box of boxes) box.closest("[data-row]").classList.toggle("is-selected", box.checked);
  const bar = root.querySelector("[data-bulk-bar]");
  if (!bar) return;
  const everything = bar.querySelector("[data-bulk-everything]");
  const scope = bar.querySelector('[name="all"]');
  if (chosen.length < boxes.length && scope) scope.value = "";
  bar.hidden = chosen.length === 0;
  const wide = scope?.value === "1";
  const sum = wide ? Number(bar.dataset.allSum || 0) : chosen.reduce((total, box) => total + Number(box.closest("[data-row]").dataset.total || 0), 0);
  const count = wide ? Number(bar.dataset.allCount) : chosen.length;
  bar.querySelector("[data-bulk-count]").textContent = text("selected", { n: count });
  const money = bar.querySelector("[data-bulk-sum]");
  if (money) { money.textContent = sum ? rupiah(sum) : ""; }
  if (everything) everything.hidden = !(chosen.length === boxes.length && Number(bar.dataset.allCount || 0) > boxes.length && !wide);
  const ids = bar.querySelector('[name="ids"]');
  if (ids) ids.value = chosen.map((box) => box.value).join(",");
}
let last = null;
on("click", "[data-list] [data-row] [data-select]", (event, box) => {
  const root = box.closest("[data-list]");
  // Shift selects the range, as in every mail program.
  if (event.shiftKey && last && last.isConnected) {
    const boxes = [...root.querySelectorAll("[data-row] [data-select]")];
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
    boxes.slice(from, to + 1).forEach((other) => { other.checked = box.checked; });
  }
  last = box;
  refresh(root);
});
on("change", "[data-list] [data-select-all]", (event, all) => {
  const root = all.closest("[data-list]");
  root.querySelectorAll("[data-row] [data-select]").forEach((box) => { box.checked = all.checked; });
  refresh(root);
});
on("click", "[data-bulk-clear]", (event, button) => {
  const root = button.closest("[data-list]");
  root.querySelectorAll("[data-select], [data-select-all]").forEach((box) => { box.checked = false; });
  refresh(root);
});
on("click", "[data-bulk-everything]", (event, button) => {
  const root = button.closest("[data-list]");
  root.querySelector('[data-bulk-bar] [name="all"]').value = "1";
  refresh(root);
});
each("[data-list]", (root) => {
  refresh(root);
  root.addEventListener("htmx:afterSwap", () => refresh(root));
});

// --- keyboard: / search, j k move, x select, w WhatsApp, o or Enter open --------------------------------------------------
const typing = (target) => target instanceof Element && target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], dialog[open]");
function rows() { return [...document.querySelectorAll("[data-list][data-keys] [data-row]")].filter((row) => row.offsetParent); }
function move(step) {
  const all = rows();
  const now = all.findIndex((row) => row.classList.contains("is-current"));
  const next = all[Math.min(Math.max(now + step, 0), all.length - 1)];
  if (!next) return;
  all.forEach((row) => row.classList.toggle("is-current", row === next));
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "/") {
    const box = document.querySelector("[data-list-search]") ?? document.getElementById("global-search");
    if (!box) return;
    event.preventDefault();
    box.focus();
    box.select?.();
    return;
  }
  if (!document.querySelector("[data-list][data-keys]")) return;
  const current = document.querySelector("[data-list][data-keys] [data-row].is-current");
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (!current) return;
  else if (event.key === "x") current.querySelector("[data-select]")?.click();
  else if (event.key === "w") current.querySelector("[data-wa]")?.click();
  else if (event.key === "o" || (event.key === "Enter" && event.target === current)) current.querySelector("[data-open]")?.click();
  else return;
  event.preventDefault();
});

// --- new rows strip ---------------------------------------------------------------------------------------------------
// <div data-poll data-url="…" data-since="…" hidden><button data-poll-show>…</button></div>: {"data": {"count": 3}} every 20 s
each("[data-poll]", (strip) => {
  const every = Number(strip.dataset.every || 20) * 1000;
  const ask = async () => {
    if (!strip.isConnected) return clearInterval(timer);
    if (document.hidden) return;
    try {
      const { data } = await api(strip.dataset.url);
      strip.hidden = !data.count;
      strip.querySelector("[data-poll-text]").textContent = data.count === 1 ? text("new_order") : text("new_orders", { n: data.count });
    } catch (error) { /* the next round asks again; a strip is not worth a message */ }
  };
  const timer = setInterval(ask, every);
});

// --- tab counts ---------------------------------------------------------------------------------------------------------
// <nav data-tab-counts="/…"> {"data": {"new": 12, …}} → [data-count="new"]
const count = async (nav) => {
  try {
    const { data } = await api(nav.dataset.tabCounts);
    for (const [key, value] of Object.entries(data)) {
      const badge = nav.querySelector(`[data-count="${CSS.escape(key)}"]`);
      if (badge) badge.textContent = value > 999 ? "999+" : value;
    }
  } catch (error) { /* the counts drawn by the server stay */ }
};
each("[data-tab-counts]", (nav) => {
  const again = debounce(() => count(nav), 400);
  document.addEventListener("counts-changed", again); // HX-Trigger after a change
  setInterval(() => { if (!document.hidden && nav.isConnected) again(); }, 60000);
});

// Every selected tab is in sight on a phone.
each(".tabs [aria-current='page']", (tab) => tab.scrollIntoView({ block: "nearest", inline: "center" }));
// The list search sends itself while typing, and keeps the URL true.
on("search", "[data-list-search]", (event, box) => htmx.trigger(box, "changed"));
