// More than one variant in an order: what was put aside while another one is being picked.
import { el, rupiah, text } from "../js/dom.js";
import { unitPrice } from "./bill.js";
import { $ } from "./page.js";

/** `rows`: [{item, qty}]. `current()` gives the row that is being picked or null, `clear()` unpicks it, `pick(row)` picks one. */
export function aside({ current, clear, pick }) {
  const list = $("#lines");
  const more = $("#another");
  const rows = [];
  const heard = () => list.dispatchEvent(new Event("input", { bubbles: true }));

  function add(row) {
    const same = rows.find((one) => one.item === row.item);
    if (same) same.qty += row.qty;
    else rows.push(row);
  }
  function drop(row) {
    const at = rows.indexOf(row);
    if (at < 0) clear();
    else rows.splice(at, 1);
    if (!rows.length && !current()) pick(row); // an order is never of nothing: back to one variant, the way the page began
    heard();
    (list.querySelector("button") || more).focus();
  }
  function line(row) {
    const name = row.item.variant_name || row.item.product_name;
    const button = el("button", { type: "button", class: "link", text: text("line_remove"), "aria-label": text("line_remove_of", { name }) });
    button.addEventListener("click", () => drop(row));
    return el("li", {}, el("span", { text: `${row.qty} × ${name}` }), el("b", { text: rupiah(unitPrice(row.item, row.qty) * row.qty) }), button);
  }
  /** All that is in the order, as soon as it is more than what is being picked. */
  function draw() {
    if (!list) return;
    const now = current();
    list.textContent = "";
    if (rows.length) list.append(...rows.concat(now || []).map(line));
    list.hidden = !rows.length;
    more.hidden = !now;
  }
  /** Somebody else was faster. */
  function gone(item) {
    for (const row of rows.filter((one) => one.item === item)) rows.splice(rows.indexOf(row), 1);
  }
  if (more) more.addEventListener("click", () => {
    add(current());
    clear();
    heard();
    const first = list.parentNode.querySelector("input:not(:disabled)");
    if (first) first.focus();
  });
  return { rows, add, draw, gone };
}
