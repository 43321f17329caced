// The order form's page: its elements, and what is typed and ticked in them.
export const $ = (selector) => document.querySelector(selector);
export const all = (selector) => Array.prototype.slice.call(document.querySelectorAll(selector));
export const node = document.getElementById("order"); // the script is deferred: the page stands

export const value = (name) => (node.elements[name] ? node.elements[name].value.trim() : "");
export const checked = (name) => node.querySelector(`input[name="${name}"]:checked`);
export const ticked = (name) => Boolean(node.elements[name] && node.elements[name].checked);

/** The seller's own questions: [{key, input, answer, required}]. */
export const customs = () => all("[data-custom]").map((input) => {
  const picked = input.dataset.kind === "radio" ? input.querySelector("input:checked") : null;
  const answer = input.dataset.kind === "radio" ? (picked ? picked.value : "") : input.dataset.kind === "checkbox" ? (input.checked ? "ya" : "") : input.value.trim();
  return { key: input.dataset.custom, input, answer, required: input.required || input.dataset.required !== undefined };
});
