// What was typed is kept: here for a reload, on the server so that the seller can help; and what is known of a returning buyer.
import { debounce } from "../js/dom.js";
import { normalise } from "../js/phone.js";
import { capture } from "./capture.js";
import { tick } from "./contact.js";
import { keep } from "./keep.js";
import { $, all, customs, node, value } from "./page.js";

const CONTACT = ["name", "phone", "email", "district_id", "postal_code", "street", "landmark"];

export function memory(form, { basket, shipping, state }) {
  const kept = capture(form);
  const draft = keep(`bos-draft:${form.slug}`);

  const typed = () => {
    const picked = basket.choice();
    const custom = {};
    for (const { key, answer } of customs()) if (answer) custom[`f_${key}`] = answer;
    return {
      phone: normalise(value("phone")),
      name: value("name"),
      data: Object.assign(custom, {
        area: $("#area").value, district_id: value("district_id"), street: value("street"), landmark: value("landmark"), note: value("note"),
        package: picked.package ? picked.package.id : "", items: basket.short(picked),
        payment_method: basket.method() ? basket.method().method : "", postal_code: value("postal_code"), email: value("email"),
      }),
    };
  };
  const later = debounce(() => {
    if (state.arrived) return; // typed just before ordering: there is nothing left to remember
    const now = typed();
    draft.set(Object.assign({ phone: value("phone"), name: now.name, postal_code: value("postal_code"), variant: basket.variant() }, now.data));
  }, 400);

  function put(before) {
    for (const name of CONTACT.concat("note")) if (node.elements[name] && before[name]) node.elements[name].value = before[name];
    for (const name of ["package", "payment_method"]) {
      const input = before[name] && all(`input[name="${name}"]`).find((radio) => radio.value === before[name] && !radio.disabled);
      if (input) input.checked = true;
    }
    basket.restore(before.items, before.variant);
    for (const { key, input } of customs()) {
      const answer = before[`f_${key}`];
      if (!answer) continue;
      if (input.dataset.kind === "radio") { const choice = Array.prototype.find.call(input.querySelectorAll("input"), (radio) => radio.value === answer); if (choice) choice.checked = true; }
      else if (input.dataset.kind === "checkbox") input.checked = true;
      else input.value = answer;
    }
    if (before.area && before.district_id) { $("#area").value = before.area; $("[data-area]").dataset.chosen = "true"; }
  }

  const forget = $("#not-me");
  if (forget) forget.addEventListener("click", () => {
    for (const name of CONTACT) if (node.elements[name]) node.elements[name].value = "";
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

  return {
    token: kept.token,
    note() { kept.later(typed()); later(); },
    /** A recovery link says more than what this browser remembers; a returning buyer's details come from the server. */
    restore() {
      if (form.recover) put(Object.assign({ name: form.recover.name, phone: form.recover.phone }, form.recover.data));
      else if (draft.get() && !form.prefill && !form.preview) put(draft.get());
    },
    drop() { kept.done(); draft.drop(); },
  };
}
