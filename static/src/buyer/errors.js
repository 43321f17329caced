// What is wrong, said where it is: under its field, or above the button.
import { $, all } from "./page.js";

const INPUT = "input:not([type=hidden]), textarea, select";
const USABLE = "input:not([type=hidden]):not(:disabled), textarea, select";

/** The part of the page a path like `items.0.qty` or `customer.phone` means. */
export function partOf(path) {
  const parts = path.split(".");
  while (parts.length) {
    const name = parts.join(".");
    const found = all("[data-field]").find((part) => part.dataset.field === name && !part.hidden);
    if (found) return found;
    parts.pop();
  }
  return { package_id: $('[data-field="items"]'), address: $('[data-field="address.district_id"]') }[path.split(".")[0]] || null;
}
export function clear(part) {
  part.classList.remove("has-error");
  const note = part.querySelector(".error");
  if (note) { note.hidden = true; note.textContent = ""; }
  for (const input of part.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}
function put(part, note, message, input) {
  note.textContent = message;
  note.hidden = false;
  part.classList.add("has-error");
  if (input) input.setAttribute("aria-invalid", "true");
}
export function blame(part, message) {
  put(part, part.querySelector(".error"), message, part.querySelector(INPUT));
}
/** Puts each message under its field and goes to the first; returns what found no place. */
export function mark(errors) {
  const homeless = [];
  let first = null;
  for (const path of Object.keys(errors)) {
    const part = partOf(path);
    if (!part) { homeless.push(...errors[path]); continue; }
    const notes = part.querySelectorAll(".error");
    if (part.tagName === "DETAILS") part.open = true;
    put(part, notes[notes.length - 1], errors[path].join(" "), part.querySelector(USABLE));
    if (!first || part.compareDocumentPosition(first) & 4) first = part;
  }
  if (first) {
    const input = first.querySelector(USABLE);
    first.scrollIntoView({ block: "center" });
    if (input) input.focus({ preventScroll: true });
  }
  return homeless;
}
/** A sentence above the button; `again` offers to send the same order once more. */
export function say(message, { again = false } = {}) {
  $("#problem").hidden = !message;
  $("#problem-text").textContent = message || "";
  $("#retry").hidden = !again;
}
