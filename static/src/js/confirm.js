// One designed dialog instead of window.confirm, for hx-confirm and for plain forms with data-confirm.
import { text } from "./dom.js";

export function ask(message, { title, yes, calm } = {}) {
  const dialog = document.getElementById("confirm-dialog");
  if (!dialog) return Promise.resolve(true);
  dialog.querySelector("#confirm-title").textContent = title || text("confirm_title");
  dialog.querySelector("#confirm-text").textContent = message;
  const button = dialog.querySelector("#confirm-yes");
  button.textContent = yes || text("confirm_yes");
  button.className = `btn ${calm ? "btn-primary" : "btn-danger"}`;
  dialog.returnValue = "cancel";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

const options = (element) => ({
  title: element.dataset.confirmTitle,
  yes: element.dataset.confirmYes,
  calm: element.dataset.confirmCalm !== undefined,
});

document.addEventListener("htmx:confirm", (event) => {
  const { question, elt, issueRequest } = event.detail;
  if (!question) return;
  event.preventDefault();
  ask(question, options(elt)).then((yes) => { if (yes) issueRequest(true); });
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const asker = event.submitter?.dataset.confirm ? event.submitter : form;
  if (!asker.dataset.confirm || form.dataset.confirmed) return;
  event.preventDefault();
  const submitter = event.submitter;
  ask(asker.dataset.confirm, options(asker)).then((yes) => {
    if (!yes) return;
    form.dataset.confirmed = "true";
    form.requestSubmit(submitter ?? undefined);
    delete form.dataset.confirmed;
  });
}, true);
