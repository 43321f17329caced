// Judging what was typed before the server does: all of it when ordering, a field once somebody has left it.
import { email } from "../js/clean.js";
import { normalise } from "../js/phone.js";
import { text } from "../js/dom.js";
import { blame, clear } from "./errors.js";
import { customs, node, value } from "./page.js";

export function validation({ basket, shipping, state }) {
  function check() {
    const errors = {};
    const need = (path, bad, key) => { if (bad) errors[path] = [text(key)]; };
    need("items", basket.empty(basket.choice()), basket.off() ? "variant_off" : "items_required");
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
    if (value("email")) need("customer.email", !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email(value("email"))), "email_invalid");
    need("payment_method", !basket.method(), "payment_required");
    if (value("district_id") && !errors.items) need("courier_quote", !shipping.chosen(), "courier_required");
    return errors;
  }

  // Once somebody has left a field, its mistake is said beside it, and goes as soon as it is mended.
  const visited = {};
  const judge = (part) => {
    const wrong = check()[part.dataset.field];
    if (wrong) blame(part, wrong[0]);
    else clear(part);
  };
  node.addEventListener("focusout", (event) => {
    const part = event.target.closest(".f[data-field]");
    if (!part || part.contains(event.relatedTarget)) return;
    // The area box waits for a choice from its list; a button pressed meanwhile must not move away under the finger.
    setTimeout(() => {
      if (part.contains(document.activeElement) || state.locked) return;
      const filled = Array.prototype.some.call(part.querySelectorAll("input:not([type=hidden]), textarea, select"), (input) => input.value);
      if (!filled && !visited[part.dataset.field]) return;
      visited[part.dataset.field] = true;
      judge(part);
    }, 150);
  });
  /** Something was typed in a field: is what was wrong with it still wrong? */
  function typed(input) {
    const part = input.closest("[data-field].has-error");
    if (part && visited[part.dataset.field]) judge(part);
    else if (part) clear(part);
  }
  return { check, typed };
}
