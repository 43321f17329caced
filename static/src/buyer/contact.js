// The phone number, which is tidied and ticked, and the area box.
import { area } from "../js/area.js";
import { text } from "../js/dom.js";
import { display, normalise } from "../js/phone.js";
import { blame, partOf } from "./errors.js";
import { $, node } from "./page.js";

/** Shows whether the number is good; `tidy` also writes it as one reads it. */
export function tick(tidy) {
  const { phone } = node.elements;
  const number = normalise(phone.value);
  phone.parentNode.classList.toggle("is-good", Boolean(number));
  if (tidy && number) phone.value = display(number);
}

export function startContact() {
  const { phone } = node.elements;
  phone.addEventListener("input", () => tick(false));
  phone.addEventListener("change", () => {
    tick(true);
    if (phone.value.trim() && !normalise(phone.value)) blame(partOf("customer.phone"), text("phone_invalid"));
  });
  const box = $("[data-area]");
  area(box);
  // The list opens below the box: on a phone, between the keyboard and the button, it needs the whole screen.
  $("#area").addEventListener("focus", () => { if (innerWidth < 900) setTimeout(() => box.scrollIntoView({ block: "start" }), 250); });
}
