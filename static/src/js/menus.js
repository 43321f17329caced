// Popover menus: placed beside their button, walked with the arrow keys. Dialogs: opened and closed by attributes.
import { each, on } from "./dom.js";

const openerOf = (menu) => document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);

function place(menu) {
  const button = openerOf(menu);
  if (!button) return;
  const from = button.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = innerHeight - from.bottom;
  const top = below < height + 8 && from.top > below ? Math.max(8, from.top - height - 4) : from.bottom + 4;
  // Left edges meet; where the menu would leave the window, right edges do.
  const left = from.left + width > innerWidth - 8 ? Math.max(8, Math.min(from.right, innerWidth - 8) - width) : from.left;
  menu.style.top = `${top}px`;
  menu.style.left = `${left}px`;
}

each(".menu[popover]", (menu) => {
  const button = openerOf(menu);
  button?.setAttribute("aria-expanded", "false");
  menu.addEventListener("toggle", (event) => {
    const open = event.newState === "open";
    openerOf(menu)?.setAttribute("aria-expanded", String(open));
    if (!open) return;
    place(menu);
    menu.dispatchEvent(new CustomEvent("menu-open", { bubbles: true }));
    if (menu.getAttribute("role") === "menu") menu.querySelector(".menu-item")?.focus({ focusVisible: false });
  });
  menu.addEventListener("keydown", (event) => {
    if (!["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key) || event.target.matches("input, textarea, select")) return;
    event.preventDefault();
    const items = [...menu.querySelectorAll(".menu-item")];
    const at = items.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    items[(next + items.length) % items.length]?.focus();
  });
});
addEventListener("resize", () => document.querySelectorAll(".menu:popover-open").forEach(place));
document.addEventListener("scroll", (event) => {
  if (event.target instanceof Element && event.target.closest(".menu")) return;
  document.querySelectorAll(".menu:popover-open").forEach(place);
}, { capture: true, passive: true });
// A chosen item closes its menu, also when htmx handles the click.
on("click", ".menu .menu-item:not([aria-disabled], [data-keep-open])", (event, item) => item.closest("[popover]")?.hidePopover());
on("click", ".menu-item[aria-disabled='true']", (event) => event.preventDefault());

on("click", "[data-dialog-open]", (event, button) => document.getElementById(button.dataset.dialogOpen)?.showModal());
on("click", "[data-dialog-close]", (event, button) => button.closest("dialog")?.close());
on("click", "dialog", (event, dialog) => { if (event.target === dialog) dialog.close("cancel"); });
// A server answer may close the dialog it came from: HX-Trigger: {"dialog-close": "id"}.
document.addEventListener("dialog-close", (event) => {
  const id = event.detail?.value;
  (id ? document.getElementById(id) : document.querySelector("dialog[open]"))?.close();
});

// The look.
const showTheme = () => document.querySelectorAll("[data-theme-set]").forEach((button) =>
  button.setAttribute("aria-checked", String(button.dataset.themeSet === window.bosTheme?.get())));
on("click", "[data-theme-set]", (event, button) => { window.bosTheme?.set(button.dataset.themeSet); showTheme(); });
each("[data-theme-set]", showTheme);
