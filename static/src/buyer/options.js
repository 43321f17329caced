// Choosing a variant by its attributes, a row of choices each (size, colour …). What cannot be had together with the rest is
// crossed out and can still be looked at: nothing is changed behind the buyer's back.
import { el, rupiah, text } from "../js/dom.js";
import { $, all } from "./page.js";

/**
 * Null where variants are not chosen this way. `id()`: the chosen variant, "" when none can be had;
 * `begun()`: something is chosen; `pick(id)`, `clear()`, `draw()`.
 */
export function options(form) {
  const now = $("#axis-now");
  if (!now) return null;
  const axes = all("[data-axis]");
  const on = (axis) => { const input = axis.querySelector("input:checked"); return input ? input.value : ""; };
  /** The variants with these values; an empty one leaves its attribute open. */
  const having = (values) => form.items.filter((item) => axes.every((axis, n) => !values[n] || item.options[axis.dataset.axis] === values[n]));
  const chosen = () => {
    const values = axes.map(on);
    return values.every(Boolean) ? having(values)[0] : undefined;
  };

  function draw() {
    const values = axes.map(on);
    axes.forEach((axis, n) => {
      for (const input of axis.querySelectorAll("input")) {
        const off = !having(values.map((one, m) => (m === n ? input.value : one))).some((item) => item.available);
        input.parentNode.classList.toggle("is-off", off);
        input.parentNode.querySelector("i").hidden = !off;
      }
    });
    const item = chosen();
    const image = $("#axis-image");
    if (image && item && item.image) image.src = item.image;
    now.textContent = "";
    const off = values.every(Boolean) && !(item && item.available);
    now.classList.toggle("few", off);
    if (off) now.append(text("variant_off"));
    else if (!item) now.append(text("variant_next"));
    else now.append(el("b", { text: rupiah(item.price) }), item.stock_left ? el("span", { class: "few", text: ` · ${text("few_left", { n: item.stock_left })}` }) : "");
  }
  function pick(id) {
    const item = form.items.find((one) => String(one.variant_id) === String(id));
    if (!item || !item.available) return false;
    for (const axis of axes) for (const input of axis.querySelectorAll("input")) input.checked = input.value === item.options[axis.dataset.axis];
    return true;
  }
  const clear = () => { for (const axis of axes) for (const input of axis.querySelectorAll("input")) input.checked = false; };
  const begun = () => axes.some(on);
  return { begun, clear, id: () => { const item = chosen(); return item && item.available ? String(item.variant_id) : ""; }, pick, draw };
}
