// Short messages: from HX-Trigger {"toast": {"message", "kind": "success|wait|error", "undo": url}}, from Django, from scripts.
import htmx from "htmx.org";
import { debounce, each, on } from "./dom.js";

const STAY = { success: 5000, wait: 8000 };
const GAP = 8;

/** Lays the messages just above what is at the bottom: the phone's menu, a bar that sticks there; off main buttons where there is room. */
function place() {
  const region = document.getElementById("toasts");
  if (!region?.childElementCount) return;
  region.style.bottom = "";
  const { left, right, height, bottom } = region.getBoundingClientRect();
  const top = document.querySelector(".topbar")?.getBoundingClientRect().bottom ?? 0;
  /** The lowest edge at or above `floor` on which they cover none of these. */
  const above = (selector, floor) => {
    const boxes = [...document.querySelectorAll(selector)].map((node) => node.getBoundingClientRect())
      .filter((box) => box.height && box.left < right && box.right > left).sort((one, other) => other.top - one.top);
    for (const box of boxes) if (box.top < floor && box.bottom > floor - height - GAP) floor = box.top;
    return floor;
  };
  const bars = above(".bottombar, .bulk-bar, .form-actions-sticky", bottom + GAP);
  const buttons = above("main .btn-primary, main h1", bars);
  const floor = buttons - height - GAP < top ? bars : buttons;
  if (floor < bottom + GAP) region.style.bottom = `${innerHeight - floor + GAP}px`;
}
const later = debounce(place, 120);
for (const type of ["scroll", "resize", "click", "change"]) addEventListener(type, later, { passive: true });

function leave(line) {
  line.classList.add("toast-leaving");
  setTimeout(() => line.remove(), 160);
}

function settle(line, kind) {
  // Errors stay until read; what can be undone stays longer.
  const time = line.querySelector("[data-toast-undo]:not([hidden])") ? 10000 : STAY[kind];
  if (!time) return;
  let timer = setTimeout(() => leave(line), time);
  for (const type of ["mouseenter", "focusin"]) line.addEventListener(type, () => clearTimeout(timer));
  for (const type of ["mouseleave", "focusout"]) line.addEventListener(type, () => { clearTimeout(timer); timer = setTimeout(() => leave(line), 2000); });
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
  place();
  settle(line, kind);
}

on("click", "[data-toast-close]", (event, button) => leave(button.closest("[data-toast]")));
each("#toasts", (region) => {
  // What came with the page is said too: readers hear only what is put in later.
  const lines = [...region.querySelectorAll("[data-toast]")];
  for (const line of lines) if (line.matches(".toast-success, .toast-info")) settle(line, "success");
  place();
  setTimeout(() => {
    for (const line of lines) {
      if (!line.isConnected || line.contains(document.activeElement)) continue;
      line.style.animation = "none";
      region.append(line);
    }
  }, 300);
});
document.addEventListener("toast", (event) => {
  const { message, kind, undo } = event.detail.value ?? event.detail;
  toast(message, kind, { undo });
});
