// The basket: package, variants and quantities, bump, payment method; what prices and pixels are asked and told about it.
import { unitPrice } from "./bill.js";
import { options } from "./options.js";
import { all, checked, node, ticked, value } from "./page.js";

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

  /** {package: row or null, items: [{item, qty}]}; with packages only packages are offered. */
  function choice() {
    const picked = checked("package");
    if (form.packages.length) {
      const found = picked && form.packages.find((row) => row.id === picked.value);
      return { package: found || null, items: [] };
    }
    const items = [];
    for (const box of all("[data-qty]")) {
      const item = itemIn(box);
      if (item && qtyOf(box) > 0) items.push({ item, qty: qtyOf(box) });
    }
    return { package: null, items };
  }
  /** The attributes are chosen, and together they cannot be had. */
  const off = () => Boolean(axes && !axes.id());
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
  function lines() {
    const picked = choice();
    return picked.package ? picked.package.items.map((row) => ({ id: row.variant_id, qty: row.qty, price: Math.round(picked.package.price / picked.package.items.length / row.qty) }))
      : picked.items.map((row) => ({ id: row.item.variant_id, qty: row.qty, price: unitPrice(row.item, row.qty) }));
  }

  /** The first that can be had is picked, unless something is already. */
  function pickFirst() {
    const first = all('[name="package"], [name="variant"]').filter((input) => !input.disabled);
    if (first.length && !first.some((input) => input.checked)) first[0].checked = true;
  }
  /** Somebody else was faster. */
  function gone(id, left) {
    const item = itemOf(id);
    if (!item) return;
    item.stock_left = left || null;
    item.available = left > 0;
    const radio = node.querySelector(`input[name="variant"][value="${item.variant_id}"]`);
    if (radio && !item.available) { radio.disabled = true; radio.checked = false; radio.parentNode.classList.add("is-off"); }
  }
  function drawSteps() {
    if (axes) axes.draw();
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
  return { choice, empty, off, variant, pickVariant, method, bump, insured, short, ask, rateQuery, lines, pickFirst, gone, drawSteps };
}
