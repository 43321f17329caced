// The search of the top bar: results come as HTML from the server (role="option" links); here are the keys.
import { each, on } from "./dom.js";

on("click", "[data-search-toggle]", (event, button) => {
  button.closest(".topbar").classList.toggle("search-open");
  document.getElementById("global-search")?.focus();
});

each("[data-global-search]", (root) => {
  const input = root.querySelector("input");
  const list = root.querySelector("[role=listbox]");
  const options = () => [...list.querySelectorAll("[role=option]")];
  let at = -1;
  const show = (open) => {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) { at = -1; input.removeAttribute("aria-activedescendant"); }
  };
  list.addEventListener("htmx:afterSwap", () => { at = -1; show(input.value.trim() !== "" && list.childElementCount > 0); });
  input.addEventListener("focus", () => show(input.value.trim() !== "" && list.childElementCount > 0));
  root.addEventListener("focusout", (event) => { if (!root.contains(event.relatedTarget)) show(false); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      show(false);
      root.closest(".topbar")?.classList.remove("search-open");
      return;
    }
    const all = options();
    if (list.hidden || !all.length) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      at = (at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length;
      all.forEach((option, i) => {
        option.id ||= `global-option-${i}`;
        option.setAttribute("aria-selected", String(i === at));
      });
      input.setAttribute("aria-activedescendant", all[at].id);
      all[at].scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      all[at].click();
    }
  });
});
