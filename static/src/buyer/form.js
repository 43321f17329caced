// The order form: joins its parts and listens to what is typed.
import { debounce } from "../js/dom.js";
import { basket as startBasket } from "./basket.js";
import { estimate, told } from "./bill.js";
import { beacon } from "./capture.js";
import { startContact, tick } from "./contact.js";
import { couriers } from "./couriers.js";
import { clear, say } from "./errors.js";
import { startPixels, tell } from "./events.js";
import { memory as startMemory } from "./memory.js";
import { $, node, value } from "./page.js";
import { source } from "./source.js";
import { startSubmit } from "./submit.js";
import { summary } from "./summary.js";
import { validation } from "./validate.js";
import { startVoucher } from "./voucher.js";

export function startOrderForm(form) {
  if (!node) return;
  startPixels(form.pixels, ($("[data-pixels]") || { dataset: {} }).dataset.pixels);
  // serverBill: what the server said when the price had changed, until something of it is chosen anew; confirmed: a
  // doubt of the server's was answered.
  const state = { locked: false, arrived: false, confirmed: false, serverBill: null, voucher: { code: "", row: null } };
  const basket = startBasket(form);
  const bill = () => state.serverBill ? told(state.serverBill) : estimate({ form, choice: basket.choice(), bump: basket.bump(), courier: shipping.chosen(), method: basket.method(), insured: basket.insured(), voucher: state.voucher.row });
  const facts = () => ({ value: bill().goods, items: basket.lines() });
  const shipping = couriers(form, { query: basket.rateQuery, changed: () => view.show() });
  const view = summary(form, { basket, shipping, state, bill });
  const { check, typed } = validation({ basket, shipping, state });
  const memory = startMemory(form, { basket, shipping, state });
  const voucher = startVoucher(form, { basket, shipping, state, show: view.show });
  const order = startSubmit(form, { basket, shipping, state, memory, view, bill, facts, check, voucher });
  startContact();

  let started = false;
  node.addEventListener("input", ({ target }) => {
    if (!started) { started = true; beacon(form, "starts"); tell("InitiateCheckout", facts()); }
    typed(target);
    state.confirmed = false;
    if (!$("#problem").hidden && $("#retry").hidden) say("");
    memory.note();
    const choosing = target.closest("[data-mode]");
    if (choosing || /^(bump|payment_method|insurance|courier)$/.test(target.name)) state.serverBill = null;
    if (choosing) tell("AddToCart", facts());
    if (choosing || target.name === "bump" || target.name === "payment_method") { view.show(); shipping.load(); }
    else if (target.name === "insurance") view.show();
  });
  node.addEventListener("change", ({ target }) => {
    if (target.name !== "district_id") return;
    state.serverBill = null;
    const part = target.closest("[data-field].has-error");
    if (part) clear(part);
    shipping.load();
    memory.note();
  });
  // the gallery's number
  const shots = $(".shots");
  if (shots && $("#shot-now")) shots.addEventListener("scroll", debounce(() => { $("#shot-now").textContent = Math.round(shots.scrollLeft / shots.clientWidth) + 1; }, 80));

  memory.restore();
  basket.pickFirst();
  source();
  tick(true);
  view.show();
  if (value("district_id")) shipping.now();
  if (window.performance && performance.mark) performance.mark("bos-ready"); // from here on the form answers
  beacon(form, "views");
  tell("ViewContent", facts());
  order.resume();
}
