// One box for kecamatan, city or postal code (ARIA combobox, list autocomplete). Used by dashboard and buyer pages.
//
// <div data-area data-url="/api/v1/regions">
//   <input data-area-input role="combobox" …> <input type="hidden" data-area-id> <input type="hidden" data-area-postal>
//   <ul data-area-list role="listbox" hidden></ul> <p data-area-status role="status"></p>
// </div>
import { debounce, el, text, uid } from "./dom.js";

const MIN = 3;

export function area(root) {
  const input = root.querySelector("[data-area-input]");
  const id = root.querySelector("[data-area-id]");
  const postal = root.querySelector("[data-area-postal]");
  const list = root.querySelector("[data-area-list]");
  const status = root.querySelector("[data-area-status]");
  const url = root.dataset.url || "/api/v1/regions";
  let rows = [];
  let active = -1;
  let asked = 0;
  let chosenLabel = id.value ? input.value : "";

  const say = (message) => { status.textContent = message; };
  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    active = index;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === index)));
    const current = list.children[index];
    if (!current) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", current.id);
    current.scrollIntoView({ block: "nearest" });
  };
  const choose = (row) => {
    id.value = row.district_id;
    if (postal) postal.value = row.postal_codes?.length === 1 ? row.postal_codes[0] : "";
    input.value = chosenLabel = row.label;
    root.dataset.chosen = "true";
    say("");
    close();
    id.dispatchEvent(new Event("change", { bubbles: true }));
    root.dispatchEvent(new CustomEvent("area:chosen", { bubbles: true, detail: row }));
  };
  const forget = () => {
    if (!id.value) return;
    id.value = "";
    if (postal) postal.value = "";
    chosenLabel = "";
    delete root.dataset.chosen;
    id.dispatchEvent(new Event("change", { bubbles: true }));
    root.dispatchEvent(new CustomEvent("area:cleared", { bubbles: true }));
  };
  const show = (found) => {
    rows = found;
    list.textContent = ""; // replaceChildren is younger than some in-app browsers
    list.append(
      ...rows.map((row) => {
        const item = el("li", { id: uid("area"), role: "option", "aria-selected": "false" });
        item.append(
          el("strong", { text: row.district }),
          el("span", { text: [row.city, row.province].filter(Boolean).join(", ") }),
        );
        item.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the focus in the box
        item.addEventListener("click", () => choose(row));
        return item;
      }),
    );
    list.hidden = rows.length === 0;
    input.setAttribute("aria-expanded", String(rows.length > 0));
    say(rows.length ? text("area_count", { n: rows.length }) : text("area_none"));
    mark(rows.length ? 0 : -1);
  };
  const search = async () => {
    const keyword = input.value.trim();
    if (keyword === chosenLabel && id.value) return;
    if (keyword.length < MIN) {
      close();
      say(keyword ? text("area_hint") : "");
      return;
    }
    const mine = ++asked;
    say(text("area_loading"));
    try {
      const answer = await fetch(`${url}?keyword=${encodeURIComponent(keyword)}&limit=10`, { headers: { Accept: "application/json" } });
      if (mine !== asked) return; // a later keystroke has asked again
      if (!answer.ok) throw new Error(String(answer.status));
      show((await answer.json()).data);
    } catch (error) {
      if (mine !== asked) return;
      close();
      say(text("area_failed"));
    }
  };
  const later = debounce(search, 220);

  input.addEventListener("input", () => { forget(); later(); });
  input.addEventListener("focus", () => { if (!id.value && rows.length && input.value.trim().length >= MIN) show(rows); });
  input.addEventListener("blur", () => {
    // One match left and the buyer moves on: take it instead of asking again.
    if (!id.value && rows.length === 1 && !list.hidden) choose(rows[0]);
    close();
    if (id.value) say("");
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return close();
    if (list.hidden) {
      if (event.key === "ArrowDown" && !id.value) later();
      return;
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark((active + step + rows.length) % rows.length);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      choose(rows[active]);
    }
  });
  // On a slow line one types before this script is there, and may be at the next field already.
  if (!id.value && input.value.trim()) {
    if (document.activeElement === input) later();
    else search().then(() => { if (rows.length === 1) choose(rows[0]); close(); });
  }
  return { choose, search };
}
