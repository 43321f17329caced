// Pages that follow the outside world by themselves (data-live), and rows that are read anew after a press on WhatsApp.
import htmx from "htmx.org";
import { each, on } from "./dom.js";
import { follow } from "./live.js";

const CALM = 12000;
const WAITING = 3000; // something is on its way ([data-waiting])

function added(node) {
  htmx.process(node);
  node.dispatchEvent(new CustomEvent("bos:added", { bubbles: true }));
}

each("[data-live]", (root) => {
  const pace = () => !root.isConnected ? 0 : root.querySelector("[data-waiting]") ? WAITING : CALM;
  follow(root, { url: root.dataset.live, pace, changed: added });
});

// The chat opens in another tab and the attempt is recorded there; the row says so when one comes back.
on("submit", "[data-row] form[target=_blank]", (event, form) => {
  const { id } = form.closest("[data-row]").dataset;
  const again = () => read(id);
  setTimeout(again, 1500);
  addEventListener("focus", again, { once: true });
});

async function read(id) {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const find = (root) => root.querySelector(`[data-row][data-id="${CSS.escape(id)}"]`);
    const row = find(document);
    const fresh = find(page);
    if (!row || row.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return;
    if (!fresh) return row.remove(); // it belongs here no more
    const box = row.querySelector("[data-select]");
    const held = row.contains(document.activeElement);
    row.replaceWith(fresh);
    if (box?.checked) fresh.querySelector("[data-select]").checked = true;
    if (held) fresh.querySelector("[data-wa]")?.focus({ preventScroll: true });
    added(fresh);
  } catch (error) { /* the row stays as it was; the next load tells */ }
}
