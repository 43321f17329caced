// What follows the choice: the headline price, picked cards, the summary and the sticky button.
import { el, rupiah, text } from "../js/dom.js";
import { cashFee, unitPrice } from "./bill.js";
import { $, all, node } from "./page.js";
import { usedCode } from "./voucher.js";

export function summary(form, { basket, shipping, state, bill }) {
  function drawPrice(picked) {
    const one = picked.package || (picked.items.length === 1 ? picked.items[0].item : null);
    if (!one || !$("#price")) return;
    const now = picked.package ? one.price : unitPrice(one, picked.items[0].qty);
    $("#price").textContent = rupiah(now);
    const usual = one.compare_at_price > now ? one.compare_at_price : 0;
    $("#compare").hidden = !usual;
    if (usual) $("#compare").textContent = rupiah(usual);
  }
  /** Wholesale prices of the one variant that is counted. */
  function drawTiers(picked) {
    const list = $("#tiers");
    if (!list || picked.items.length !== 1) return;
    const tiers = picked.items[0].item.tiers || [];
    list.textContent = "";
    list.append(...tiers.map((tier) => el("li", { text: text("tier", { n: tier.min_qty, price: rupiah(tier.price) }) })));
  }
  function drawCards() {
    const method = basket.method();
    for (const input of all(".pick > input")) input.parentNode.classList.toggle("is-on", input.checked);
    for (const box of all("[data-channels]")) box.hidden = !method || box.dataset.channels !== method.method;
    basket.drawSteps();
  }
  /** What cash on delivery adds to this order is said on its card, before it is chosen. */
  function drawCash(picked) {
    const note = $("[data-cod-fee]");
    if (!note) return;
    if (note.dataset.general === undefined) note.dataset.general = note.textContent;
    const courier = shipping.forCash();
    if (!courier) {
      note.textContent = shipping.known() ? text("cod_none") : note.dataset.general;
      return;
    }
    if (courier.courier_code === "manual" || basket.empty(picked)) {
      note.textContent = note.dataset.general;
      return;
    }
    const { fee, round } = cashFee({ form, choice: picked, bump: basket.bump(), insured: basket.insured(), voucher: state.voucher.row }, courier);
    note.textContent = [fee ? text("cod_fee_of", { amount: rupiah(fee) }) : "", round ? text("cod_round_of", { amount: rupiah(round) }) : ""].filter(Boolean).join(", ");
  }
  function drawInsurance(courier) {
    const line = $("#insurance-line");
    if (!line) return;
    line.hidden = !(courier && courier.insurance > 0);
    if (!line.hidden) $("#insurance-price").textContent = rupiah(courier.insurance);
  }
  function show() {
    const picked = basket.choice();
    const figures = bill();
    const { voucher } = state;
    const courier = shipping.chosen();
    const manual = courier && courier.courier_code === "manual";
    drawPrice(picked);
    drawTiers(picked);
    drawCards();
    drawInsurance(courier);
    drawCash(picked);
    const paying = basket.method();
    const rows = [[text("goods"), rupiah(figures.goods)]];
    if (figures.bump) rows.push([form.bump.title, rupiah(figures.bump)]);
    rows.push([text("shipping"), courier ? (manual ? text("shipping_later") : rupiah(figures.shipping)) : text("shipping_unknown")]);
    if (figures.shipOff) rows.push([text("shipping_off"), rupiah(-figures.shipOff), "is-off"]);
    if (figures.insurance) rows.push([text("insurance"), rupiah(figures.insurance)]);
    if (figures.methodFee) rows.push([text(figures.methodFee < 0 ? "method_reward" : "method_fee"), rupiah(figures.methodFee), figures.methodFee < 0 ? "is-off" : ""]);
    if (figures.codFee) rows.push([text("cod_fee"), rupiah(figures.codFee)]);
    if (figures.codRound) rows.push([text("cod_round"), rupiah(figures.codRound)]);
    if (paying && paying.unique_code_max) rows.push([text("unique_code"), text("unique_code_to", { amount: rupiah(paying.unique_code_max) })]);
    if (usedCode(voucher)) rows.push([text("voucher", { code: voucher.code }), figures.voucher ? rupiah(-figures.voucher) : text("voucher_at_order"), figures.voucher ? "is-off" : ""]);
    rows.push([text(courier && !courier.estimate ? "total" : "total_estimate"), rupiah(figures.total), "is-total"]);
    const list = $("#sum-rows");
    list.textContent = "";
    for (const [name, amount, mark] of rows) list.append(el("dt", { text: name, class: mark === "is-total" ? mark : "" }), el("dd", { text: amount, class: mark || "" }));
    // Without a shipping price the button does not pretend to know the total.
    $("#submit-sum").textContent = basket.empty(picked) ? "" : rupiah(figures.total);
    $("#submit-note").textContent = basket.empty(picked) || (courier && !manual) ? "" : text("plus_shipping");
  }

  /** While an order is under way nothing can be changed. */
  function lock(on) {
    state.locked = on;
    node.classList.toggle("is-sending", on);
    $("#submit").disabled = on;
    for (const part of all("#order > fieldset, #order > .bump, #order > details")) {
      if (part.tagName === "FIELDSET") part.disabled = on;
      else part.inert = on;
    }
    $("#submit-word").textContent = on ? text("sending") : form.button_text;
    if (on) $("#submit-sum").textContent = $("#submit-note").textContent = "";
    else show();
  }
  return { show, lock };
}
