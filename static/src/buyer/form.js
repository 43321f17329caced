// The order form: reads the choice, shows the bill, sends the order once.
import { area } from "../js/area.js";
import { display, normalise } from "../js/phone.js";
import { debounce, el, rupiah, text } from "../js/dom.js";
import { estimate, unitPrice } from "./bill.js";
import { beacon, capture } from "./capture.js";
import { couriers } from "./couriers.js";
import { startPixels, tell } from "./events.js";
import { framed, leave } from "./frame.js";
import { keep, randomId } from "./keep.js";
import { sender } from "./send.js";
import { source } from "./source.js";

export function startOrderForm(form) {
  const $ = (selector) => document.querySelector(selector);
  const all = (selector) => Array.prototype.slice.call(document.querySelectorAll(selector));
  const node = document.getElementById("order");
  if (!node) return;
  const opened = Date.now();
  const events = { purchase: randomId(), lead: randomId() };
  const outbox = sender(form.test_token ? `uji:${form.slug}` : form.slug);
  const kept = capture(form);
  const draft = keep(`bos-draft:${form.slug}`);
  startPixels(form.pixels, ($("[data-pixels]") || { dataset: {} }).dataset.pixels);
  const submit = $("#submit");
  const problem = $("#problem");
  const retry = $("#retry");
  const voucher = { code: "", row: null };
  let confirmed = false;
  let serverTotal = null; // what the server said when the price had changed
  let locked = false;

  // --- reading the page ----------------------------------------------------------------------------------------------
  const checked = (name) => node.querySelector(`input[name="${name}"]:checked`);
  const value = (name) => (node.elements[name] ? node.elements[name].value.trim() : "");
  const itemOf = (id) => form.items.find((item) => String(item.variant_id) === String(id));
  const qtyOf = (box) => Math.max(parseInt(box.querySelector("input").value, 10) || 0, 0);

  function choice() {
    const picked = checked("package");
    if (form.packages.length) {
      const found = picked && form.packages.find((row) => row.id === picked.value);
      return { package: found || null, items: [] };
    }
    const items = [];
    for (const box of all("[data-qty]")) {
      const variant = checked("variant");
      const item = itemOf(box.dataset.variant || (variant ? variant.value : ""));
      if (item && qtyOf(box) > 0) items.push({ item, qty: qtyOf(box) });
    }
    return { package: null, items };
  }
  const empty = (picked) => !picked.package && picked.items.length === 0;
  const method = () => {
    const picked = checked("payment_method");
    return picked ? form.payment_methods.find((row) => row.method === picked.value) : null;
  };
  const bump = () => Boolean(node.elements.bump && node.elements.bump.checked);
  const insured = () => Boolean(node.elements.insurance && node.elements.insurance.checked);
  const bill = () => estimate({ form, choice: choice(), bump: bump(), courier: shipping.chosen(), method: method(), insured: insured(), voucher: voucher.row });

  const customs = () => all("[data-custom]").map((input) => {
    const ticked = input.dataset.kind === "radio" ? input.querySelector("input:checked") : null;
    const answer = input.dataset.kind === "radio" ? (ticked ? ticked.value : "") : input.dataset.kind === "checkbox" ? (input.checked ? "ya" : "") : input.value.trim();
    return { key: input.dataset.custom, input, answer, required: input.required || input.dataset.required !== undefined };
  });
  function rateQuery() {
    const picked = choice();
    if (!value("district_id") || empty(picked)) return "";
    const query = new URLSearchParams({ form: form.slug, store: form.store.subdomain, district: value("district_id") });
    if (picked.package) query.set("package", picked.package.id);
    else query.set("items", picked.items.map((row) => `${row.item.variant_id}:${row.qty}`).join(","));
    if (bump()) query.set("bump", "1");
    if (method()) query.set("payment_method", method().method);
    if (form.quote_token) query.set("test_token", form.quote_token); // a draft's couriers and prices
    return query.toString();
  }

  // --- showing ------------------------------------------------------------------------------------------------------
  function show() {
    const picked = choice();
    const figures = bill();
    const courier = shipping.chosen();
    // The headline price follows the choice.
    const one = picked.package || (picked.items.length === 1 ? picked.items[0].item : null);
    if (one && $("#price")) {
      const now = picked.package ? one.price : unitPrice(one, picked.items[0].qty);
      $("#price").textContent = rupiah(now);
      const usual = one.compare_at_price > now ? one.compare_at_price : 0;
      $("#compare").hidden = !usual;
      if (usual) $("#compare").textContent = rupiah(usual);
    }
    for (const input of all(".pick > input")) input.parentNode.classList.toggle("is-on", input.checked);
    for (const box of all("[data-channels]")) box.hidden = !method() || box.dataset.channels !== method().method;
    for (const box of all("[data-qty]")) {
      const [less, more] = box.querySelectorAll("button");
      less.disabled = qtyOf(box) <= Number(box.dataset.least);
      const variant = checked("variant");
      const item = itemOf(box.dataset.variant || (variant ? variant.value : ""));
      more.disabled = Boolean(item && item.stock_left && qtyOf(box) >= item.stock_left);
    }
    const line = $("#insurance-line");
    if (line) {
      line.hidden = !(courier && courier.insurance > 0);
      if (!line.hidden) $("#insurance-price").textContent = rupiah(courier.insurance);
    }
    const rows = [[text("goods"), rupiah(figures.goods)]];
    if (figures.bump) rows.push([form.bump.title, rupiah(figures.bump)]);
    const manual = courier && courier.courier_code === "manual";
    rows.push([text("shipping"), courier ? (manual ? text("shipping_later") : rupiah(figures.shipping)) : text("shipping_unknown")]);
    if (figures.shipOff) rows.push([text("shipping_off"), rupiah(-figures.shipOff), "is-off"]);
    if (figures.insurance) rows.push([text("insurance"), rupiah(figures.insurance)]);
    if (figures.methodFee) rows.push([text(figures.methodFee < 0 ? "method_reward" : "method_fee"), rupiah(figures.methodFee), figures.methodFee < 0 ? "is-off" : ""]);
    if (figures.codFee) rows.push([text("cod_fee"), rupiah(figures.codFee)]);
    if (voucher.code) rows.push([text("voucher", { code: voucher.code }), figures.voucher ? rupiah(-figures.voucher) : text("voucher_at_order"), figures.voucher ? "is-off" : ""]);
    const total = serverTotal === null ? figures.total : serverTotal;
    rows.push([text(courier && !courier.estimate ? "total" : "total_estimate"), rupiah(total), "is-total"]);
    const list = $("#sum-rows");
    list.textContent = "";
    for (const [name, amount, mark] of rows) list.append(el("dt", { text: name, class: mark === "is-total" ? mark : "" }), el("dd", { text: amount, class: mark || "" }));
    // Without a shipping price the button does not pretend to know the total.
    $("#submit-sum").textContent = empty(picked) ? "" : rupiah(total);
    $("#submit-note").textContent = empty(picked) || (courier && !manual) ? "" : text("plus_shipping");
  }
  const shipping = couriers(form, { query: rateQuery, changed: show });

  function wrapOf(path) {
    const parts = path.split(".");
    while (parts.length) {
      const name = parts.join(".");
      const found = all("[data-field]").find((part) => part.dataset.field === name && !part.hidden);
      if (found) return found;
      parts.pop();
    }
    return { package_id: $('[data-field="items"]'), address: $('[data-field="address.district_id"]') }[path.split(".")[0]] || null;
  }
  function clear(part) {
    part.classList.remove("has-error");
    const note = part.querySelector(".error");
    if (note) { note.hidden = true; note.textContent = ""; }
    for (const input of part.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  }
  /** Puts each message under its field; returns what found no place. */
  function mark(errors) {
    const homeless = [];
    let first = null;
    for (const path of Object.keys(errors)) {
      const part = wrapOf(path);
      if (!part) { homeless.push(...errors[path]); continue; }
      const notes = part.querySelectorAll(".error");
      const note = notes[notes.length - 1];
      note.textContent = errors[path].join(" ");
      note.hidden = false;
      part.classList.add("has-error");
      if (part.tagName === "DETAILS") part.open = true;
      const input = part.querySelector("input:not([type=hidden]):not(:disabled), textarea, select");
      if (input) input.setAttribute("aria-invalid", "true");
      if (!first || part.compareDocumentPosition(first) & 4) first = part;
    }
    if (first) {
      const input = first.querySelector("input:not([type=hidden]):not(:disabled), textarea, select");
      first.scrollIntoView({ block: "center" });
      if (input) input.focus({ preventScroll: true });
    }
    return homeless;
  }
  function say(message, { again = false } = {}) {
    problem.hidden = !message;
    $("#problem-text").textContent = message || "";
    retry.hidden = !again;
  }
  function lock(on) {
    locked = on;
    node.classList.toggle("is-sending", on);
    submit.disabled = on;
    for (const part of all("#order > fieldset, #order > .bump, #order > details")) {
      if (part.tagName === "FIELDSET") part.disabled = on;
      else part.inert = on;
    }
    $("#submit-word").textContent = on ? text("sending") : form.button_text;
    if (on) $("#submit-sum").textContent = $("#submit-note").textContent = "";
    else show();
  }

  // --- checking before the server does ----------------------------------------------------------------------------------
  function check() {
    const errors = {};
    const need = (path, bad, key) => { if (bad) errors[path] = [text(key)]; };
    need("items", empty(choice()), "items_required");
    need("customer.name", value("name").length < 2, "name_required");
    need("customer.phone", !value("phone"), "phone_required");
    if (value("phone")) need("customer.phone", !normalise(value("phone")), "phone_invalid");
    need("address.district_id", !value("district_id"), "area_required");
    need("address.street", value("street").length < 5, "street_required");
    for (const { key, answer, required } of customs()) need(`fields.${key}`, required && !answer, "required");
    for (const [path, name] of [["note", "note"], ["address.landmark", "landmark"], ["customer.email", "email"]]) {
      const input = node.elements[name];
      if (input) need(path, input.required && !value(name), "required");
    }
    if (value("email")) need("customer.email", !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value("email")), "email_invalid");
    need("payment_method", !method(), "payment_required");
    if (value("district_id") && !errors.items) need("courier_quote", !shipping.chosen(), "courier_required");
    return errors;
  }

  function body() {
    const picked = choice();
    const figures = bill();
    const paying = method();
    const channel = node.querySelector(`[data-channels="${paying.method}"] select`);
    const fields = {};
    for (const { key, answer } of customs()) if (answer) fields[key] = answer;
    const only = (paying.channels || []).length === 1 ? paying.channels[0].code : null;
    // The total is vouched for only when the page can know it to the rupiah.
    const exact = !voucher.code && !insured();
    return JSON.stringify({
      form: form.slug,
      store: form.store.subdomain,
      items: picked.items.map((row) => ({ variant_id: row.item.variant_id, qty: row.qty })),
      package_id: picked.package ? picked.package.id : null,
      bump: bump(),
      customer: { name: value("name"), phone: normalise(value("phone")) || value("phone"), email: value("email") || null },
      address: { district_id: Number(value("district_id")), street: value("street"), landmark: value("landmark"), postal_code: value("postal_code") },
      fields,
      courier_quote: shipping.chosen().quote,
      insurance: insured(),
      payment_method: paying.method,
      payment_channel: channel ? channel.value : only,
      voucher_codes: voucher.code ? [voucher.code] : [],
      note: value("note"),
      utm: source(),
      event_ids: events,
      abandoned_token: kept.token(),
      expected_total: exact ? (serverTotal === null ? figures.total : serverTotal) : null,
      filled_in_ms: Date.now() - opened,
      website: value("website"),
      confirmed,
      test_token: form.test_token || "",
    });
  }

  // --- sending --------------------------------------------------------------------------------------------------------
  async function send(content) {
    say("");
    if (form.preview) return say(text("preview"));
    lock(true);
    tell("AddPaymentInfo", facts());
    const result = await outbox.send(content, (n) => say(text("retrying", { n })));
    if (result.ok) return arrive(result.data.data);
    if (result.lost) {
      // Nobody knows whether it arrived: the entries stay locked and only the same order can be sent again.
      submit.hidden = true;
      say(text("lost"), { again: true });
      retry.focus();
      return;
    }
    submit.hidden = false;
    lock(false);
    refuse(result.status, result.data);
  }

  function facts() {
    const picked = choice();
    const rows = picked.package ? picked.package.items.map((row) => ({ id: row.variant_id, qty: row.qty, price: Math.round(picked.package.price / picked.package.items.length / row.qty) }))
      : picked.items.map((row) => ({ id: row.item.variant_id, qty: row.qty, price: unitPrice(row.item, row.qty) }));
    return { value: bill().goods, items: rows };
  }

  let arrived = false;
  function arrive(order) {
    arrived = true;
    kept.done();
    draft.drop();
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
  addEventListener("pageshow", (event) => { if (event.persisted && arrived) location.reload(); });

  function refuse(status, answer) {
    const errors = answer.errors || {};
    const code = answer.code;
    confirmed = false;
    if (code === "form_closed") {
      lock(true);
      $("#submit-word").textContent = answer.message || text("form_closed");
      return say(answer.message || text("form_closed"));
    }
    if (code === "confirmation_required") {
      confirmed = true;
      return say(answer.message || text("confirm_needed"));
    }
    if (code === "quote_expired" || code === "quote_mismatch" || code === "quote_invalid") {
      serverTotal = null;
      if (answer.rates && answer.rates.length) shipping.take(answer.rates);
      else shipping.now();
      return say(text("quote_expired"));
    }
    if (code === "price_changed" && answer.bill) {
      serverTotal = answer.bill.total - (answer.bill.unique_code || 0);
      show();
      return say(answer.message);
    }
    if (code === "out_of_stock") {
      const gone = itemOf(answer.variant_id);
      if (gone) {
        gone.stock_left = answer.left || null;
        gone.available = answer.left > 0;
        const radio = node.querySelector(`input[name="variant"][value="${gone.variant_id}"]`);
        if (radio && !gone.available) { radio.disabled = true; radio.checked = false; radio.parentNode.classList.add("is-off"); }
      }
      const message = answer.message ? text("out_of_stock", { detail: answer.message }) : text("out_of_stock_plain");
      mark({ items: [message] });
      return say(message);
    }
    const homeless = mark(errors);
    say(homeless[0] || (Object.keys(errors).length ? text("fix_fields") : answer.message || text("server_busy")));
  }

  node.addEventListener("submit", (event) => {
    event.preventDefault();
    if (locked) return;
    all(".has-error").forEach(clear);
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

  // --- listening ------------------------------------------------------------------------------------------------------
  const phone = node.elements.phone;
  const tickBox = phone.parentNode;
  const tick = (tidy) => {
    const number = normalise(phone.value);
    tickBox.classList.toggle("is-good", Boolean(number));
    if (tidy && number) phone.value = display(number);
  };
  phone.addEventListener("input", () => tick(false));
  phone.addEventListener("change", () => {
    tick(true);
    const part = wrapOf("customer.phone");
    if (phone.value.trim() && !normalise(phone.value)) mark0(part, text("phone_invalid"));
  });
  // Once somebody has left a field, its mistake is said beside it, and goes as soon as it is mended.
  const visited = {};
  const judge = (part, quiet) => {
    const path = part.dataset.field;
    if (!visited[path] || part.contains(document.activeElement) && quiet && !part.classList.contains("has-error")) return;
    const wrong = check()[path];
    if (wrong) mark0(part, wrong[0]);
    else clear(part);
  };
  node.addEventListener("focusout", (event) => {
    const part = event.target.closest(".f[data-field]");
    if (!part || part.contains(event.relatedTarget)) return;
    // The area box waits for a choice from its list; a button pressed meanwhile must not move away under the finger.
    setTimeout(() => {
      if (part.contains(document.activeElement) || locked) return;
      const filled = Array.prototype.some.call(part.querySelectorAll("input:not([type=hidden]), textarea, select"), (input) => input.value);
      if (!filled && !visited[part.dataset.field]) return;
      visited[part.dataset.field] = true;
      judge(part);
    }, 150);
  });
  function mark0(part, message) {
    const note = part.querySelector(".error");
    note.textContent = message;
    note.hidden = false;
    part.classList.add("has-error");
    const input = part.querySelector("input:not([type=hidden]), textarea, select");
    if (input) input.setAttribute("aria-invalid", "true");
  }
  const areaBox = $("[data-area]");
  area(areaBox);
  // The list opens below the box: on a phone, between the keyboard and the button, it needs the whole screen.
  $("#area").addEventListener("focus", () => { if (innerWidth < 900) setTimeout(() => areaBox.scrollIntoView({ block: "start" }), 250); });

  let started = false;
  const state = () => {
    const picked = choice();
    const custom = {};
    for (const { key, answer } of customs()) if (answer) custom[`f_${key}`] = answer;
    return {
      phone: normalise(value("phone")),
      name: value("name"),
      data: Object.assign(custom, {
        area: $("#area").value, district_id: value("district_id"), street: value("street"), landmark: value("landmark"), note: value("note"),
        package: picked.package ? picked.package.id : "", items: picked.items.map((row) => `${row.item.variant_id}:${row.qty}`).join(","),
        payment_method: method() ? method().method : "", postal_code: value("postal_code"), email: value("email"),
      }),
    };
  };
  const remember = debounce(() => {
    if (arrived) return; // typed just before ordering: there is nothing left to remember
    const now = state();
    const variant = checked("variant");
    draft.set(Object.assign({ phone: value("phone"), name: now.name, postal_code: value("postal_code"), variant: variant ? variant.value : "" }, now.data));
  }, 400);
  node.addEventListener("input", (event) => {
    if (!started) { started = true; beacon(form, "starts"); tell("InitiateCheckout", facts()); }
    const part = event.target.closest("[data-field].has-error");
    if (part && visited[part.dataset.field]) judge(part);
    else if (part) clear(part);
    serverTotal = null;
    confirmed = false;
    if (!problem.hidden && retry.hidden) say("");
    kept.later(state());
    remember();
    if (event.target.closest("[data-mode]")) tell("AddToCart", facts());
    if (event.target.closest("[data-mode]") || event.target.name === "bump") { show(); shipping.load(); }
    else if (event.target.name === "payment_method") { show(); shipping.load(); }
    else if (event.target.name === "insurance") show();
  });
  node.addEventListener("change", (event) => {
    if (event.target.name !== "district_id") return;
    const part = event.target.closest("[data-field].has-error");
    if (part) clear(part);
    shipping.load();
    kept.later(state());
    remember();
  });
  node.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]");
    if (!step) return;
    const box = step.closest("[data-qty]");
    const input = box.querySelector("input");
    input.value = Math.min(Math.max(qtyOf(box) + Number(step.dataset.step), Number(box.dataset.least)), 1000);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // --- voucher --------------------------------------------------------------------------------------------------------
  const use = $("#voucher-use");
  if (use) {
    const box = $("#voucher-code");
    const ask = async () => {
      const query = new URLSearchParams(rateQuery() || { form: form.slug, store: form.store.subdomain });
      query.set("code", voucher.code);
      if (!query.has("items") && !query.has("package")) {
        const picked = choice();
        if (picked.package) query.set("package", picked.package.id);
        else query.set("items", picked.items.map((row) => `${row.item.variant_id}:${row.qty}`).join(","));
      }
      if (method()) query.set("payment_method", method().method);
      if (shipping.chosen()) query.set("courier_quote", shipping.chosen().quote);
      if (normalise(value("phone"))) query.set("phone", normalise(value("phone")));
      const asked = voucher.code;
      try {
        const answer = await fetch(`/api/v1/checkout/vouchers?${query}`, { headers: { Accept: "application/json" } });
        if (!answer.ok || asked !== voucher.code) return;
        voucher.row = (await answer.json()).data[0] || null;
      } catch (error) { return; /* checked when ordering */ }
      const part = wrapOf("voucher_codes");
      clear(part);
      const row = voucher.row;
      const off = row ? (row.discount || 0) + (row.shipping_discount || 0) : 0;
      $("#voucher-status").textContent = row && row.usable && off ? text("voucher_works", { amount: rupiah(off) }) : row && row.usable ? text("voucher_at_order") : "";
      if (row && !row.usable) mark0(part, row.message || text("voucher_unusable"));
      show();
    };
    const apply = async () => {
      const part = wrapOf("voucher_codes");
      clear(part);
      voucher.code = box.value.trim().toUpperCase();
      voucher.row = null;
      box.value = voucher.code;
      $("#voucher-status").textContent = "";
      if (!voucher.code) { mark0(part, text("voucher_empty")); return show(); }
      show();
      await ask();
    };
    // What a voucher is worth follows the choice; without a code nothing is asked.
    const again = debounce(() => { if (voucher.code) ask(); }, 500);
    node.addEventListener("change", again);
    node.addEventListener("input", (event) => { if (event.target === box && voucher.code && !box.value.trim()) { voucher.code = ""; voucher.row = null; $("#voucher-status").textContent = ""; show(); } });
    use.addEventListener("click", apply);
    box.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); apply(); } });
  }

  // --- the gallery's number ---------------------------------------------------------------------------------------------
  const shots = $(".shots");
  if (shots && $("#shot-now")) shots.addEventListener("scroll", debounce(() => { $("#shot-now").textContent = Math.round(shots.scrollLeft / shots.clientWidth) + 1; }, 80));

  // --- a returning buyer, or a reload --------------------------------------------------------------------------------------
  const forget = $("#not-me");
  if (forget) forget.addEventListener("click", () => {
    for (const name of ["name", "phone", "email", "district_id", "postal_code", "street", "landmark"]) if (node.elements[name]) node.elements[name].value = "";
    $("#area").value = "";
    delete $("[data-area]").dataset.chosen;
    $("#prefill-note").hidden = true;
    form.prefill = null;
    draft.drop();
    fetch("/api/v1/checkout/forget", { method: "POST", keepalive: true }).catch(() => {});
    tick(false);
    shipping.now();
    node.elements.name.focus();
  });
  function restore(before) {
    for (const name of ["name", "phone", "email", "district_id", "postal_code", "street", "landmark", "note"]) if (node.elements[name] && before[name]) node.elements[name].value = before[name];
    for (const name of ["package", "variant", "payment_method"]) {
      const input = before[name] && all(`input[name="${name}"]`).find((radio) => radio.value === before[name] && !radio.disabled);
      if (input) input.checked = true;
    }
    for (const row of String(before.items || "").split(",")) {
      const [id, qty] = row.split(":");
      const radio = all('input[name="variant"]').find((input) => input.value === id && !input.disabled);
      if (radio) radio.checked = true;
      const box = all("[data-qty]").find((part) => part.dataset.variant === id) || (radio ? all("[data-qty]")[0] : null);
      if (box && Number(qty) > 0) box.querySelector("input").value = qty;
    }
    for (const { key, input } of customs()) {
      const kept = before[`f_${key}`];
      if (!kept) continue;
      if (input.dataset.kind === "radio") { const choice = Array.prototype.find.call(input.querySelectorAll("input"), (radio) => radio.value === kept); if (choice) choice.checked = true; }
      else if (input.dataset.kind === "checkbox") input.checked = true;
      else input.value = kept;
    }
    if (before.area && before.district_id) { $("#area").value = before.area; $("[data-area]").dataset.chosen = "true"; }
  }
  // A recovery link says more than what this browser remembers; a returning buyer's details come from the server.
  if (form.recover) restore(Object.assign({ name: form.recover.name, phone: form.recover.phone }, form.recover.data));
  else if (draft.get() && !form.prefill && !form.preview) restore(draft.get());
  const first = all('[name="package"], [name="variant"]').filter((input) => !input.disabled);
  if (first.length && !first.some((input) => input.checked)) first[0].checked = true;
  source();
  tick(true);
  show();
  if (value("district_id")) shipping.now();
  if (window.performance && performance.mark) performance.mark("bos-ready"); // from here on the form answers
  beacon(form, "views");
  tell("ViewContent", facts());
  if (outbox.pending()) {
    // Sent before a reload, and nobody knows whether it arrived.
    lock(true);
    submit.hidden = true;
    say(text("lost"), { again: true });
  }
}
