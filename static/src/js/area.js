// One box for kecamatan, city or postal code (ARIA combobox, list autocomplete). Used by dashboard and buyer pages.
//
// <div data-area data-url="/api/v1/regions">
//   <input data-area-input role="combobox" …> <input type="hidden" data-area-id> <input type="hidden" data-area-postal>
//   <ul data-area-list role="listbox" hidden></ul> <p data-area-status role="status"></p>
// </div>
import { combobox } from "./combobox.js";
import { debounce, el, text } from "./dom.js";

const MIN = 3;

export function area(root) {
  const input = root.querySelector("[data-area-input]");
  const id = root.querySelector("[data-area-id]");
  const postal = root.querySelector("[data-area-postal]");
  const list = root.querySelector("[data-area-list]");
  const status = root.querySelector("[data-area-status]");
  const url = root.dataset.url || "/api/v1/regions";
  let asked = 0;
  let chosenLabel = id.value ? input.value : "";

  const say = (message) => { status.textContent = message; };
  const choose = (row) => {
    id.value = row.district_id;
    // a postal code that was typed, or the village's own; else only one that leaves no doubt
    const typed = /(?<!\d)\d{5}(?!\d)/.exec(input.value)?.[0];
    const known = row.village || (typed && row.postal_code === typed) ? row.postal_code : "";
    if (postal) postal.value = known || (row.postal_codes?.length === 1 ? row.postal_codes[0] : "");
    input.value = chosenLabel = row.label;
    root.dataset.chosen = "true";
    say("");
    id.dispatchEvent(new Event("change", { bubbles: true }));
    root.dispatchEvent(new CustomEvent("area:chosen", { bubbles: true, detail: row }));
  };
  const box = combobox({
    input,
    list,
    paint: (row) => [el("strong", { text: [row.village, row.district].filter(Boolean).join(", ") }), el("span", { text: [row.city, row.province].filter(Boolean).join(", ") })],
    choose,
    more: () => { if (!id.value) later(); },
  });
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
    box.show(found);
    say(found.length ? text("area_count", { n: found.length }) : text("area_none"));
  };
  const search = async () => {
    const keyword = input.value.trim();
    if (keyword === chosenLabel && id.value) return;
    if (keyword.length < MIN) {
      box.close();
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
      box.close();
      say(text("area_failed"));
    }
  };
  const later = debounce(search, 220);

  input.addEventListener("input", () => { forget(); later(); });
  input.addEventListener("focus", () => { if (!id.value && box.rows().length && input.value.trim().length >= MIN) show(box.rows()); });
  input.addEventListener("blur", () => {
    // One match left and the buyer moves on: take it instead of asking again.
    if (!id.value && box.rows().length === 1 && !list.hidden) box.take(box.rows()[0]);
    box.close();
    if (id.value) say("");
  });
  // On a slow line one types before this script is there, and may be at the next field already.
  if (!id.value && input.value.trim()) {
    if (document.activeElement === input) later();
    else search().then(() => { if (box.rows().length === 1) box.take(box.rows()[0]); box.close(); });
  }
  return { choose: (row) => box.take(row), search };
}
