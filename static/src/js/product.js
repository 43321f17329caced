// The product editor: attributes span variants, pictures are dragged to order, everything is saved as the API's JSON.
//
// <form data-product-editor> with #product-data (what GET /store/products/{id}/edit answers, plus urls and see_cost).
import { ask } from "./confirm.js";
import { el, each, text, uid } from "./dom.js";
import { api } from "./api.js";

const key = (options) => options.map((o) => o.toLowerCase()).join("\u0001");
const number = (input) => {
  const digits = input.value.replace(/[^\d-]/g, "");
  return digits === "" ? null : Number(digits);
};

export function combinations(attributes) {
  return attributes.reduce((rows, a) => rows.flatMap((row) => a.items.map((item) => [...row, item])), [[]]);
}

function labelled(label, input, { wide = false } = {}) {
  const id = input.id || (input.id = uid("f"));
  return el("div", { class: `field${wide ? " field-wide" : ""}` }, el("label", { class: "field-label", for: id, text: label }), input);
}
const box = (props) => el("input", { class: "form-control", type: "text", autocomplete: "off", ...props });
const money = (name, value) => {
  const input = box({ name, value: value ?? "", inputMode: "numeric" });
  input.dataset.money = "";
  return input;
};
const field = (path, ...children) => {
  const node = el("div", { class: "field-slot" }, ...children);
  node.dataset.field = path;
  return node;
};

each("[data-product-editor]", (form) => {
  const data = JSON.parse(document.getElementById("product-data").textContent);
  const { product, limits, urls } = data;
  let pictures = product.images.map((p) => ({ id: p.id, thumb: p.thumb }));
  let attributes = product.attributes.map((a) => ({ name: a.name, items: [...a.items] }));
  let rows = product.variants.map((v) => ({ options: v.options, given: v, node: null }));
  const attributeList = form.querySelector("[data-attributes]");
  const variantList = form.querySelector("[data-variants]");
  const tools = form.querySelector("[data-variant-tools]");
  const count = form.querySelector("[data-variant-count]");
  const addAttribute = form.querySelector("[data-attribute-add]");
  const touched = () => form.dispatchEvent(new Event("input", { bubbles: true }));

  // --- pictures -------------------------------------------------------------------------------------------------------
  const list = form.querySelector("[data-pictures]");
  const pictureError = form.querySelector("[data-picture-error]");
  const movePicture = (from, to) => {
    if (to < 0 || to >= pictures.length) return;
    const [one] = pictures.splice(from, 1);
    pictures.splice(to, 0, one);
    drawPictures();
    touched();
    list.children[to]?.querySelector("button")?.focus();
  };
  const sign = (name, label, act, props = {}) => {
    const button = el("button", { type: "button", class: "btn btn-ghost btn-sm btn-icon", "aria-label": label, text: name, ...props });
    button.addEventListener("click", act);
    return button;
  };
  let dragged = -1;
  function drawPictures() {
    list.replaceChildren(...pictures.map((p, i) => {
      const item = el("li", { class: "picture", draggable: true },
        el("img", { src: p.thumb, alt: text("picture_n", { n: i + 1 }), width: 96, height: 96 }),
        el("span", { class: "picture-tools" },
          sign("‹", text("move_left", { n: i + 1 }), () => movePicture(i, i - 1), { disabled: i === 0 }),
          sign("×", `${text("remove")} ${text("picture_n", { n: i + 1 })}`, () => { pictures.splice(i, 1); drawPictures(); touched(); }),
          sign("›", text("move_right", { n: i + 1 }), () => movePicture(i, i + 1), { disabled: i === pictures.length - 1 })));
      item.dataset.picture = p.id;
      item.addEventListener("dragstart", (event) => { dragged = i; event.dataTransfer.effectAllowed = "move"; item.classList.add("is-dragged"); });
      item.addEventListener("dragend", () => item.classList.remove("is-dragged"));
      item.addEventListener("dragover", (event) => { event.preventDefault(); item.classList.add("is-over"); });
      item.addEventListener("dragleave", () => item.classList.remove("is-over"));
      item.addEventListener("drop", (event) => { event.preventDefault(); if (dragged >= 0 && dragged !== i) movePicture(dragged, i); dragged = -1; });
      return item;
    }));
    for (const select of variantList.querySelectorAll("select[name=image_id]")) fillPictures(select, select.value);
  }
  function fillPictures(select, value) {
    const known = pictures.some((p) => String(p.id) === String(value));
    select.replaceChildren(el("option", { value: "", text: text("picture_none") }),
      ...pictures.map((p, i) => el("option", { value: p.id, text: text("picture_n", { n: i + 1 }) })),
      ...(value && !known ? [el("option", { value, text: text("picture") })] : []));
    select.value = value ?? "";
  }
  async function uploadPicture(file) {
    const body = new FormData();
    body.append("image", file);
    pictures.push((await api(urls.image, { method: "POST", body })).data);
  }
  form.querySelector("[data-picture-input]").addEventListener("change", async (event) => {
    const input = event.target;
    const files = [...input.files].slice(0, limits.images - pictures.length);
    pictureError.hidden = true;
    const wait = el("li", { class: "picture picture-wait", text: text("uploading") });
    list.append(wait);
    const failed = [];
    for (const file of files) {
      try { await uploadPicture(file); } catch (error) { failed.push(`${file.name}: ${error.message}`); }
    }
    input.value = "";
    drawPictures();
    if (failed.length) { pictureError.textContent = failed.join(" "); pictureError.hidden = false; }
    touched();
  });

  // --- attributes -------------------------------------------------------------------------------------------------------
  function drawAttributes() {
    attributeList.replaceChildren(...attributes.map((a, i) => {
      const name = box({ value: a.name, maxLength: 30, placeholder: text("attribute_example") });
      const items = box({ value: a.items.join(", "), placeholder: text("items_example") });
      const read = () => {
        const seen = new Set();
        a.name = name.value.trim();
        a.items = items.value.split(",").map((s) => s.trim()).filter((s) => s && !seen.has(s.toLowerCase()) && seen.add(s.toLowerCase()));
        drawVariants();
      };
      name.addEventListener("change", read);
      items.addEventListener("change", read);
      const remove = el("button", { type: "button", class: "btn btn-ghost btn-sm", text: text("remove"), "aria-label": `${text("remove")} ${a.name || text("attribute")}` });
      remove.addEventListener("click", () => { attributes.splice(i, 1); drawAttributes(); drawVariants(); touched(); });
      const node = el("div", { class: "attribute-row" }, field(`attributes.${i}.name`, labelled(text("attribute"), name)),
        field(`attributes.${i}.items`, labelled(text("items"), items)), remove);
      const slot = field(`attributes.${i}`, node);
      return slot;
    }));
    addAttribute.hidden = attributes.length >= limits.attributes;
  }
  addAttribute.addEventListener("click", () => {
    attributes.push({ name: "", items: [] });
    drawAttributes();
    attributeList.lastElementChild.querySelector("input").focus();
  });

  // --- variants -----------------------------------------------------------------------------------------------------------
  const valueOf = (row, name) => row.node?.querySelector(`[name="${name}"]`)?.value;
  function remember(row) {
    // what was typed so far becomes the row's own values, so that it survives being drawn again
    if (!row.node) return;
    const g = row.given ?? (row.given = {});
    for (const name of ["sku", "price", "compare_at_price", "cost_price", "weight_grams", "length_cm", "width_cm", "height_cm", "stock", "image_id"]) {
      const value = valueOf(row, name);
      if (value !== undefined) g[name] = ["sku", "image_id"].includes(name) ? value : value.replace(/[^\d-]/g, "");
    }
    g.is_active = row.node.querySelector('[name="is_active"]').checked;
    g.tiers = readTiers(row);
  }
  const readTiers = (row) => [...row.node.querySelectorAll("[data-tier]")].map((t) => ({
    min_qty: number(t.querySelector('[name="min_qty"]')), price: number(t.querySelector('[name="tier_price"]')),
  })).filter((t) => t.min_qty !== null || t.price !== null);

  function drawVariants() {
    // an attribute that has no choices yet changes nothing, so that nothing typed is lost while it is being named
    const wanted = combinations(attributes.filter((a) => a.items.length));
    rows.forEach(remember);
    if (wanted.length > limits.variants) {
      count.textContent = text("variants_too_many", { n: wanted.length, max: limits.variants });
      tools.hidden = false;
      return;
    }
    const old = new Map(rows.map((row) => [key(row.options), row]));
    const free = [...rows];
    const take = (row) => { free.splice(free.indexOf(row), 1); return row; };
    const exact = wanted.map((options) => (old.has(key(options)) ? take(old.get(key(options))) : null));
    // an added or removed attribute: the first of a group continues the row it came from
    const size = rows[0]?.options.length ?? 0;
    rows = wanted.map((options, i) => {
      if (exact[i]) return { ...exact[i], options };
      const near = size !== options.length ? free.find((row) => row.options.every((o) => options.some((p) => p.toLowerCase() === o.toLowerCase()))
        || options.every((o) => row.options.some((p) => p.toLowerCase() === o.toLowerCase()))) : null;
      if (near) return { ...take(near), options };
      const like = rows.find((row) => row.given && row.options.some((o) => options.includes(o))) ?? rows.find((row) => row.given);
      const given = like ? { ...like.given, id: undefined, sku: "", stock: "", on_hand: undefined, image_id: "" } : {};
      return { options, given };
    });
    variantList.replaceChildren(...rows.map(drawVariant));
    tools.hidden = rows.length < 2;
    count.textContent = rows.length > 1 ? text("variants_n", { n: rows.length }) : "";
    variantList.dispatchEvent(new CustomEvent("bos:added", { bubbles: true }));
  }

  function drawVariant(row, i) {
    const g = row.given ?? {};
    const at = (name) => `variants.${i}.${name}`;
    const title = row.options.join(" / ") || text("one_kind");
    const sku = box({ name: "sku", value: g.sku ?? "", maxLength: 60 });
    const check = el("div", {}, sku, el("p", { role: "status", "data-check-status": true }));
    Object.assign(check.dataset, { check: "", url: urls.sku, param: "sku", ...(g.id ? { exclude: g.id } : {}) });
    const active = el("input", { type: "checkbox", class: "form-check-input", name: "is_active", checked: g.is_active !== false, id: uid("a") });
    const stock = g.id ? el("p", { class: "why stock-note", text: text("in_stock", { n: g.on_hand ?? 0 }) })
      : field(at("stock"), labelled(text("opening_stock"), box({ name: "stock", value: g.stock ?? "", inputMode: "numeric" })));
    const picture = el("select", { class: "form-select", name: "image_id" });
    fillPictures(picture, g.image_id ?? "");
    const tiers = el("div", { class: "tier-list" });
    const addTier = (tier = {}) => {
      const line = el("div", { class: "tier" }, labelled(text("from_pieces"), box({ name: "min_qty", value: tier.min_qty ?? "", inputMode: "numeric" })),
        labelled(text("price_each"), money("tier_price", tier.price)),
        sign("×", text("remove"), () => { line.remove(); touched(); }));
      line.dataset.tier = "";
      tiers.append(line);
      line.dispatchEvent(new CustomEvent("bos:added", { bubbles: true }));
    };
    (g.tiers ?? []).forEach(addTier);
    const more = el("button", { type: "button", class: "link-button", text: text("add_tier") });
    more.addEventListener("click", () => { addTier(); touched(); });
    const size = (name, label) => field(at(name), labelled(label, box({ name, value: g[name] ?? 10, inputMode: "numeric" })));
    row.node = el("fieldset", { class: "variant-row" },
      el("legend", { class: "visually-hidden", text: title }),
      el("div", { class: "variant-head" }, el("strong", { text: title }),
        el("span", { class: "field-check" }, active, el("label", { for: active.id, text: text("sells") }))),
      el("div", { class: "variant-grid" },
        field(at("sku"), labelled("SKU", sku)), field(at("price"), labelled(text("price"), money("price", g.price))),
        field(at("compare_at_price"), labelled(text("compare_price"), money("compare_at_price", g.compare_at_price))),
        data.see_cost ? field(at("cost_price"), labelled("HPP (Rp)", money("cost_price", g.cost_price ?? ""))) : null,
        field(at("weight_grams"), labelled(text("weight"), box({ name: "weight_grams", value: g.weight_grams ?? 500, inputMode: "numeric" }))), stock),
      el("details", { class: "fold" }, el("summary", { text: text("more_details") }),
        el("div", { class: "variant-grid" }, size("length_cm", text("length")), size("width_cm", text("width")), size("height_cm", text("height")),
          field(at("image_id"), labelled(text("picture"), picture))),
        field(at("tiers"), el("p", { class: "field-label", text: text("wholesale") }), tiers, more)),
      field(at("options")));
    // the live check wants its status beside the input
    sku.replaceWith(check);
    check.prepend(sku);
    return row.node;
  }

  form.querySelector("[data-copy-first]").addEventListener("click", () => {
    const first = rows[0]?.node;
    if (!first) return;
    for (const name of ["price", "compare_at_price", "cost_price", "weight_grams", "length_cm", "width_cm", "height_cm"]) {
      const value = first.querySelector(`[name="${name}"]`)?.value;
      rows.slice(1).forEach((row) => {
        const input = row.node.querySelector(`[name="${name}"]`);
        if (input && value !== undefined) input.value = value;
      });
    }
    touched();
  });

  // --- saving -----------------------------------------------------------------------------------------------------------------
  function collect() {
    const value = (name) => form.elements[name]?.value ?? "";
    const body = {
      name: value("name"), description: value("description"), category_name: value("category_name"), status: value("status"),
      sell_when_empty: form.querySelector("#p-empty").checked, image_ids: pictures.map((p) => p.id),
      attributes: attributes.filter((a) => a.name || a.items.length), variants: rows.map((row) => {
        const read = (name) => { const input = row.node.querySelector(`[name="${name}"]`); return input ? number(input) : null; };
        const picture = valueOf(row, "image_id");
        const variant = {
          options: row.options, sku: valueOf(row, "sku").trim(), price: read("price"), compare_at_price: read("compare_at_price"),
          weight_grams: read("weight_grams"), length_cm: read("length_cm"), width_cm: read("width_cm"), height_cm: read("height_cm"),
          tiers: readTiers(row), image_id: picture ? Number(picture) : null, is_active: row.node.querySelector('[name="is_active"]').checked,
        };
        // an empty box is "not said", which the server answers in words; only the struck-through price can be taken away
        for (const name of ["price", "weight_grams", "length_cm", "width_cm", "height_cm"]) if (variant[name] === null) delete variant[name];
        if (row.given?.id) variant.id = row.given.id;
        if (data.see_cost) variant.cost_price = read("cost_price") ?? 0;
        if (!row.given?.id) variant.stock = read("stock") ?? 0;
        return variant;
      }),
    };
    if (product.id) {
      body.slug = value("slug");
      body.expected_updated_at = product.updated_at;
    }
    return body;
  }
  const errorBox = form.querySelector("[data-editor-error]");
  function clear() {
    errorBox.hidden = true;
    form.querySelectorAll(".field-error[data-here]").forEach((node) => node.remove());
    form.querySelectorAll("[aria-invalid]").forEach((node) => node.removeAttribute("aria-invalid"));
    form.querySelectorAll(".has-error").forEach((node) => node.classList.remove("has-error"));
  }
  function place(errors) {
    let first = null;
    let placed = 0;
    for (const [path, messages] of Object.entries(errors ?? {})) {
      const parts = path.split(".");
      let slot = null;
      for (let n = parts.length; n > 0 && !slot; n -= 1) slot = form.querySelector(`[data-field="${CSS.escape(parts.slice(0, n).join("."))}"]`);
      if (!slot) continue;
      placed += 1;
      slot.closest("details")?.setAttribute("open", "");
      const line = el("p", { class: "field-error", text: messages.join(" ") });
      line.dataset.here = "";
      slot.append(line);
      const input = slot.querySelector("input, select, textarea");
      (slot.classList.contains("field") ? slot : slot.querySelector(".field"))?.classList.add("has-error");
      input?.setAttribute("aria-invalid", "true");
      first ??= input ?? slot;
    }
    first?.focus({ preventScroll: true });
    first?.scrollIntoView({ block: "center" });
    return placed;
  }
  async function save(extra = {}) {
    clear();
    const button = form.querySelector("[data-editor-save]");
    const word = button.textContent;
    button.disabled = true;
    button.textContent = text("saving");
    try {
      const { data: saved } = await api(urls.save, { method: "POST", body: { ...collect(), ...extra } });
      form.dispatchEvent(new Event("reset"));
      location.assign(saved.url);
    } catch (error) {
      button.disabled = false;
      button.textContent = word;
      if (error.data?.code === "variants_in_use") {
        const names = (rowsIn, name) => (rowsIn.length ? rowsIn.slice(0, 5).map((r) => r[name]).join(", ") + (rowsIn.length > 5 ? " …" : "") : "");
        const forms = names(error.data.forms, "name");
        const orders = names(error.data.orders, "number");
        const parts = [error.data.variants.map((v) => v.name || v.sku).join(", ") + ".",
          forms && text("forms_list", { names: forms }), orders && text("orders_list", { names: orders })].filter(Boolean);
        if (await ask(parts.join(" "), { title: text("remove_variants"), yes: text("remove_variants_yes") })) return save({ confirm_removal: true });
        return undefined;
      }
      const placed = place(error.data?.errors);
      errorBox.querySelector("p").textContent = placed > 1 ? text("fix_marked") : error.message;
      errorBox.hidden = false;
      if (!placed) errorBox.focus();
    }
    return undefined;
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    save();
  });

  drawPictures();
  drawAttributes();
  drawVariants();
});
