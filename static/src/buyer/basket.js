// The basket: package, variants and quantities, bump, payment method; what prices and pixels are asked and told about it.
import { aside } from "./aside.js";
import { unitPrice } from "./bill.js";
import { options } from "./options.js";
import { $, all, checked, node, ticked, value } from "./page.js";

export function basket(form) {
  const itemOf = (id) => form.items.find((item) => String(item.variant_id) === String(id));
  const qtyOf = (box) => Math.max(parseInt(box.querySelector("input").value, 10) || 0, 0);
  const axes = options(form);
  /** The id of the one variant that is picked; empty where several can be, or where the picked one cannot be had. */
  const variant = () => {
    const input = checked("variant");
    return axes ? axes.id() : input ? input.value : "";
  };
  /** Picks a variant that can be had; false when there is nothing to pick. */
  function pickVariant(id) {
    if (axes) return axes.pick(id);
    const input = all('input[name="variant"]').find((radio) => radio.value === id && !radio.disabled);
    if (input) input.checked = true;
    return Boolean(input);
  }
  /** The item a quantity box counts: its own, or the variant that is picked. */
  const itemIn = (box) => itemOf(box.dataset.variant || variant());
  const one = $('[data-qty][data-variant=""]'); // counts the picked variant, where one is picked
  const current = () => {
    const item = one && itemIn(one);
    return item && qtyOf(one) > 0 ? { item, qty: qtyOf(one) } : null;
  };
  function clear() {
    const input = checked("variant");
    if (axes) axes.clear();
    else if (input) input.checked = false;
    one.querySelector("input").value = 1;
  }
  function pick({ item, qty }) {
    const found = pickVariant(String(item.variant_id));
    if (found) one.querySelector("input").value = qty;
    return found;
  }
  const lines = aside({ current, clear, pick });

  /** {package: row or null, items: [{item, qty}]}; with packages only packages are offered. */
  function choice() {
    const picked = checked("package");
    if (form.packages.length) {
      const found = picked && form.packages.find((row) => row.id === picked.value);
      return { package: found || null, items: [] };
    }
    const items = lines.rows.slice();
    for (const box of all("[data-qty]")) {
      const item = itemIn(box);
      if (!item || qtyOf(box) < 1) continue;
      const at = items.findIndex((row) => row.item === item); // picked once more: the server wants each variant once
      if (at < 0) items.push({ item, qty: qtyOf(box) });
      else items[at] = { item, qty: items[at].qty + qtyOf(box) };
    }
    return { package: null, items };
  }
  /** Attributes are chosen, and no variant that can be had comes of them. */
  const off = () => Boolean(axes && axes.begun() && !axes.id());
  const empty = (picked) => !picked.package && picked.items.length === 0;
  const method = () => {
    const picked = checked("payment_method");
    return picked ? form.payment_methods.find((row) => row.method === picked.value) : null;
  };
  const bump = () => ticked("bump");
  const insured = () => ticked("insurance");

  /** The items as `7:2,8:1`. */
  const short = (picked) => picked.items.map((row) => `${row.item.variant_id}:${row.qty}`).join(",");
  function ask(query) {
    const picked = choice();
    if (picked.package) query.set("package", picked.package.id);
    else query.set("items", short(picked));
  }
  /** What the couriers' prices depend on; empty while the area or the basket is. */
  function rateQuery() {
    if (!value("district_id") || empty(choice())) return "";
    const query = new URLSearchParams({ form: form.slug, store: form.store.subdomain, district: value("district_id") });
    ask(query);
    if (bump()) query.set("bump", "1");
    if (method()) query.set("payment_method", method().method);
    if (form.quote_token) query.set("test_token", form.quote_token); // a draft's couriers and prices
    return query.toString();
  }
  /** The lines as pixels know them. */
  function contents() {
    const picked = choice();
    return picked.package ? picked.package.items.map((row) => ({ id: row.variant_id, qty: row.qty, price: Math.round(picked.package.price / picked.package.items.length / row.qty) }))
      : picked.items.map((row) => ({ id: row.item.variant_id, qty: row.qty, price: unitPrice(row.item, row.qty) }));
  }

  /** What was in the basket before, as `short` wrote it; of several variants `picked` is the one being picked ("" none of them). */
  function restore(before, picked) {
    const rows = String(before || "").split(",").map((row) => row.split(":")).map(([id, qty]) => ({ item: itemOf(id), qty: Number(qty) })).filter((row) => row.item && row.qty > 0);
    if (!one) {
      for (const row of rows) {
        const box = all("[data-qty]").find((part) => part.dataset.variant === String(row.item.variant_id));
        if (box) box.querySelector("input").value = row.qty;
      }
      return;
    }
    const there = rows.filter((row) => row.item.available);
    if (!there.length) return;
    const last = picked === undefined ? there[there.length - 1] : there.find((row) => String(row.item.variant_id) === picked);
    clear();
    if (last) pick(last);
    there.filter((row) => row !== last).forEach(lines.add);
  }
  /** The first that can be had is picked, unless something is already. */
  function pickFirst() {
    if (lines.rows.length) return;
    const first = all('[name="package"], [name="variant"]').filter((input) => !input.disabled);
    if (first.length && !first.some((input) => input.checked)) first[0].checked = true;
  }
  /** Somebody else was faster. */
  function gone(id, left) {
    const item = itemOf(id);
    if (!item) return;
    item.stock_left = left || null;
    item.available = left > 0;
    if (!item.available) lines.gone(item);
    const radio = node.querySelector(`input[name="variant"][value="${item.variant_id}"]`);
    if (radio && !item.available) { radio.disabled = true; radio.checked = false; radio.parentNode.classList.add("is-off"); }
  }
  function drawSteps() {
    if (axes) axes.draw();
    lines.draw();
    for (const box of all("[data-qty]")) {
      const [less, more] = box.querySelectorAll("button");
      less.disabled = qtyOf(box) <= Number(box.dataset.least);
      const item = itemIn(box);
      more.disabled = Boolean(item && item.stock_left && qtyOf(box) >= item.stock_left);
    }
  }
  node.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]");
    if (!step) return;
    const box = step.closest("[data-qty]");
    const input = box.querySelector("input");
    input.value = Math.min(Math.max(qtyOf(box) + Number(step.dataset.step), Number(box.dataset.least)), 1000);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return { choice, empty, off, variant, restore, method, bump, insured, short, ask, rateQuery, lines: contents, pickFirst, gone, drawSteps };
}
