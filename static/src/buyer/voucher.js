// The voucher box: what a code takes off, or why it does not. The server decides again when the order is placed.
import { code as clean } from "../js/clean.js";
import { debounce, rupiah, text } from "../js/dom.js";
import { normalise } from "../js/phone.js";
import { blame, clear, partOf } from "./errors.js";
import { $, node, value } from "./page.js";

/** The code that goes with the order; empty for one that was refused: it takes nothing off and blocks nothing. */
export const usedCode = ({ code, row }) => (row && row.usable === false ? "" : code);

/** Keeps `state.voucher` ({code, row}) up to date; gives `refused(message)` for when the order itself is refused by it. */
export function startVoucher(form, { basket, shipping, state, show }) {
  const use = $("#voucher-use");
  if (!use) return { refused() {} };
  const off = $("#voucher-remove");
  const { voucher } = state;
  const box = $("#voucher-code");
  const note = (sentence) => { $("#voucher-status").textContent = sentence; };
  const ask = async () => {
    const query = new URLSearchParams(basket.rateQuery() || { form: form.slug, store: form.store.subdomain });
    query.set("code", voucher.code);
    if (!query.has("items") && !query.has("package")) basket.ask(query);
    if (basket.method()) query.set("payment_method", basket.method().method);
    if (shipping.chosen()) query.set("courier_quote", shipping.chosen().quote);
    if (normalise(value("phone"))) query.set("phone", normalise(value("phone")));
    const asked = voucher.code;
    try {
      const answer = await fetch(`/api/v1/checkout/vouchers?${query}`, { headers: { Accept: "application/json", "Accept-Language": document.documentElement.lang } });
      if (!answer.ok || asked !== voucher.code) return;
      voucher.row = (await answer.json()).data[0] || null;
    } catch (error) { return; /* checked when ordering */ }
    told();
  };
  /** Says what the code does, and offers to take it away. */
  function told() {
    const part = partOf("voucher_codes");
    clear(part);
    const { row } = voucher;
    const amount = row ? (row.discount || 0) + (row.shipping_discount || 0) : 0;
    note(row && row.usable && amount ? text("voucher_works", { amount: rupiah(amount) }) : row && row.usable ? text("voucher_at_order") : "");
    if (row && !row.usable) blame(part, text("voucher_refused", { why: row.message || text("voucher_unusable") }));
    use.hidden = Boolean(voucher.code);
    off.hidden = !voucher.code;
    show();
  }
  function remove() {
    voucher.code = "";
    voucher.row = null;
    state.serverBill = null;
    told();
  }
  const apply = async () => {
    const part = partOf("voucher_codes");
    clear(part);
    voucher.code = clean(box.value).toUpperCase();
    voucher.row = null;
    state.serverBill = null;
    box.value = voucher.code;
    note("");
    if (!voucher.code) { blame(part, text("voucher_empty")); return show(); }
    told();
    await ask();
  };
  // What a voucher is worth follows the choice; without a code nothing is asked.
  node.addEventListener("change", debounce(() => { if (voucher.code) ask(); }, 500));
  node.addEventListener("input", (event) => {
    if (event.target === box && voucher.code) remove(); // another code is being typed: the one before counts no more
  });
  use.addEventListener("click", apply);
  off.addEventListener("click", () => {
    box.value = "";
    remove();
    box.focus();
  });
  box.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); apply(); } });
  return {
    /** The server took the order's other parts, but not this code. */
    refused(message) {
      voucher.row = { usable: false, message };
      state.serverBill = null;
      told();
    },
  };
}
