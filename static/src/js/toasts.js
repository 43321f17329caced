// Short messages: from HX-Trigger {"toast": {"message", "kind": "success|wait|error", "undo": url}}, from Django, from scripts.
import htmx from "htmx.org";
import { each, on } from "./dom.js";

const STAY = { success: 5000, wait: 8000 };

function leave(line) {
  line.classList.add("toast-leaving");
  setTimeout(() => line.remove(), 160);
}

function settle(line, kind) {
  // Errors stay until read; what can be undone stays longer.
  const time = line.querySelector("[data-toast-undo]:not([hidden])") ? 10000 : STAY[kind];
  if (!time) return;
  let timer = setTimeout(() => leave(line), time);
  line.addEventListener("mouseenter", () => clearTimeout(timer));
  line.addEventListener("mouseleave", () => { timer = setTimeout(() => leave(line), 2000); });
}

export function toast(message, kind = "success", { undo } = {}) {
  const region = document.getElementById("toasts");
  const template = document.getElementById("toast-template");
  if (!region || !template) return;
  const line = template.content.firstElementChild.cloneNode(true);
  line.classList.add(`toast-${kind}`);
  for (const icon of line.querySelectorAll("[data-icon]")) if (icon.dataset.icon !== kind) icon.remove();
  line.querySelector("p").textContent = message;
  const button = line.querySelector("[data-toast-undo]");
  if (undo) {
    button.hidden = false;
    button.addEventListener("click", () => {
      htmx.ajax("POST", undo, { target: "body", swap: "none" });
      leave(line);
    });
  }
  region.append(line);
  document.getElementById("toast-live").textContent = message;
  settle(line, kind);
}

on("click", "[data-toast-close]", (event, button) => leave(button.closest("[data-toast]")));
each("#toasts > .toast-success, #toasts > .toast-info", (line) => settle(line, "success"));
document.addEventListener("toast", (event) => {
  const { message, kind, undo } = event.detail.value ?? event.detail;
  toast(message, kind, { undo });
});
