// Sending the order: its body, the way to its page, and what to do when the server refuses.
import { rupiah, text } from "../js/dom.js";
import { email } from "../js/clean.js";
import { normalise } from "../js/phone.js";
import { tell } from "./events.js";
import { all, $, customs, node, value } from "./page.js";
import { clear, mark, say } from "./errors.js";
import { framed, leave } from "./frame.js";
import { randomId } from "./keep.js";
import { sender } from "./send.js";
import { source } from "./source.js";
import { usedCode } from "./voucher.js";

export function startSubmit(form, { basket, shipping, state, memory, view, bill, facts, check, voucher }) {
  const opened = Date.now();
  const events = { purchase: randomId(), lead: randomId() };
  const outbox = sender(form.test_token ? `uji:${form.slug}` : form.slug);
  const submit = $("#submit");
  const retry = $("#retry");
  submit.type = "submit"; // the page has a plain button: without us it would send nothing, and lose what was typed

  function body() {
    const picked = basket.choice();
    const figures = bill();
    const paying = basket.method();
    const channel = node.querySelector(`[data-channels="${paying.method}"] select`);
    const fields = {};
    for (const { key, answer } of customs()) if (answer) fields[key] = answer;
    const only = (paying.channels || []).length === 1 ? paying.channels[0].code : null;
    const code = usedCode(state.voucher);
    // The total is vouched for only when the page can know it to the rupiah; what the goods cost, always.
    const exact = !code && !basket.insured();
    return JSON.stringify({
      form: form.slug,
      store: form.store.subdomain,
      items: picked.items.map((row) => ({ variant_id: row.item.variant_id, qty: row.qty })),
      package_id: picked.package ? picked.package.id : null,
      bump: basket.bump(),
      customer: { name: value("name"), phone: normalise(value("phone")) || value("phone"), email: email(value("email")) || null },
      address: { district_id: Number(value("district_id")), street: value("street"), landmark: value("landmark"), postal_code: value("postal_code") },
      fields,
      courier_quote: shipping.chosen().quote,
      insurance: basket.insured(),
      payment_method: paying.method,
      payment_channel: channel ? channel.value : only,
      voucher_codes: code ? [code] : [],
      note: value("note"),
      utm: source(),
      event_ids: events,
      abandoned_token: memory.token(),
      expected_goods: figures.goods + figures.bump,
      expected_total: exact ? figures.total : null,
      filled_in_ms: Date.now() - opened,
      website: value("website"),
      confirmed: state.confirmed,
      test_token: form.test_token || "",
    });
  }

  /** Nobody knows whether it arrived: the entries stay locked and only the same order can be sent again. */
  function lost() {
    submit.hidden = true;
    say(text("lost"), { again: true });
  }
  async function send(content) {
    say("");
    if (form.preview) return say(text("preview"));
    view.lock(true);
    tell("AddPaymentInfo", facts());
    const result = await outbox.send(content, (n) => say(text("retrying", { n })));
    if (result.ok) return arrive(result.data.data);
    if (result.lost) {
      lost();
      retry.focus();
      return;
    }
    submit.hidden = false;
    view.lock(false);
    refuse(result.data);
  }

  function arrive(order) {
    state.arrived = true;
    memory.drop();
    const own = `${order.url}?baru=1`;
    const next = (order.success && order.success.redirect_url) || own;
    // From an outside address (WhatsApp) the back button should lead to the order, not to a form already sent.
    try { history.replaceState(null, "", order.url); } catch (error) { /* another host name: the address stays */ }
    // A frame may only be led to our own pages; the order page then offers the chat.
    if (framed()) return leave(own);
    if (next.indexOf(order.url) === 0 || !form.pixels) return location.assign(next);
    // Our own page would tell the pixels; an outside one cannot, so they hear it here before we leave.
    const what = Object.assign(facts(), { order: order.order_number });
    tell("Lead", what, events.lead);
    if (form.pixels.purchase_at === "placed") tell("Purchase", Object.assign({}, what, { value: order.bill.total }), events.purchase);
    setTimeout(() => location.assign(next), 400);
  }
  // Back from the order page out of the browser's memory: this form has been sent, its address is the order's now.
  addEventListener("pageshow", (event) => { if (event.persisted && state.arrived) location.reload(); });

  function refuse(answer) {
    const errors = answer.errors || {};
    const code = answer.code;
    state.confirmed = false;
    if (code === "form_closed") {
      view.lock(true);
      $("#submit-word").textContent = answer.message || text("form_closed");
      return say(answer.message || text("form_closed"));
    }
    if (code === "confirmation_required") {
      state.confirmed = true;
      return say(answer.message || text("confirm_needed"));
    }
    if (code === "quote_expired" || code === "quote_mismatch" || code === "quote_invalid") {
      state.serverBill = null;
      if (answer.rates && answer.rates.length) shipping.take(answer.rates);
      else shipping.now();
      return say(text("quote_expired"));
    }
    if (code === "price_changed" && answer.bill) {
      state.serverBill = answer.bill;
      view.show();
      return say(answer.message);
    }
    if (code === "out_of_stock") {
      basket.gone(answer.variant_id, answer.left);
      const message = answer.message ? text("out_of_stock", { detail: answer.message }) : text("out_of_stock_plain");
      mark({ items: [message] });
      return say(message);
    }
    if (errors.voucher_codes) voucher.refused(errors.voucher_codes.join(" "));
    if (Object.keys(errors).length === 1 && errors.voucher_codes) { // everything else is right: the next press orders without it
      $("#voucher").open = true;
      return say(text("voucher_dropped", { why: errors.voucher_codes.join(" "), total: rupiah(bill().total) }));
    }
    const homeless = mark(errors);
    say(homeless[0] || (Object.keys(errors).length ? text("fix_fields") : answer.message || text("server_busy")));
  }

  /** Pressed while the couriers are being asked anew: wait for them. False when the price is another one by then. */
  async function priced() {
    const coming = shipping.coming();
    if (!coming) return true;
    const { total } = bill();
    view.lock(true);
    await coming;
    view.lock(false);
    return bill().total === total;
  }
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (state.locked) return;
    all(".has-error").forEach(clear);
    if (Object.keys(check()).every((path) => path === "courier_quote") && !(await priced())) return say(text("quote_expired"));
    const errors = check();
    if (Object.keys(errors).length) {
      mark(errors);
      return say(text("fix_fields"));
    }
    send(body());
  });
  retry.addEventListener("click", () => {
    const attempt = outbox.pending();
    if (attempt) send(attempt.body);
  });
  return {
    /** Was something sent before a reload that may or may not have arrived? */
    resume() {
      if (!outbox.pending()) return;
      view.lock(true);
      lost();
    },
  };
}
