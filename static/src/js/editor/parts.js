// The list of sections: dragged by mouse or finger, moved with the arrows, added and taken away where optional.
import { drag } from "./drag.js";

const el = (tag, props = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
};

export function parts({ list, adding, heard, known, words, read, write, open, icon, editable }) {
  const info = Object.fromEntries(known.map((section) => [section.key, section]));

  function move(key, to, tool = "") {
    const order = read().filter((other) => other !== key);
    order.splice(to, 0, key);
    write(order);
    draw(tool && key, tool); // a dragged section takes no focus
    heard.textContent = words.moved(info[key].label, to + 1, order.length);
  }
  /** Draws the list; the focus goes to `tool` of the section `focus` while that can be pressed, else to its name. */
  function draw(focus = "", tool = "") {
    const order = read();
    list.replaceChildren(...order.map((key, index) => {
      const section = info[key];
      const item = el("li", { className: "part-line" });
      item.dataset.key = key;
      const main = el("button", { type: "button", className: "part" }, icon(section.icon), el("span", { textContent: section.label }));
      main.dataset.panelOpen = key;
      main.addEventListener("click", () => open(key));
      if (editable) {
        const grip = el("span", { className: "part-grip" }, icon("grip-vertical"));
        grip.dataset.grip = "";
        item.append(grip);
      }
      item.append(main);
      if (editable) {
        const button = (name, label, work, disabled) => {
          const made = el("button", { type: "button", className: "btn btn-ghost btn-sm btn-icon", disabled }, icon(name));
          made.setAttribute("aria-label", label.replace("{name}", section.label));
          made.dataset.noDrag = "";
          made.dataset.tool = name;
          made.addEventListener("click", work);
          return made;
        };
        item.append(button("arrow-up", words.up, () => move(key, index - 1, "arrow-up"), index === 0), button("arrow-down", words.down, () => move(key, index + 1, "arrow-down"), index === order.length - 1));
        if (!section.required) item.append(button("x", words.remove, () => { write(order.filter((other) => other !== key)); draw(); }, false));
      }
      return item;
    }));
    const absent = known.filter((section) => !order.includes(section.key));
    adding.hidden = !editable || absent.length === 0;
    const select = adding.querySelector("select");
    select.replaceChildren(select.options[0], ...absent.map((section) => el("option", { value: section.key, textContent: section.label })));
    select.value = "";
    if (focus) {
      const row = list.querySelector(`[data-key="${focus}"]`);
      ((tool && row?.querySelector(`[data-tool="${tool}"]:enabled`)) || row?.querySelector(".part"))?.focus();
    }
    list.dispatchEvent(new Event("parts:drawn"));
  }
  adding.querySelector("select").addEventListener("change", (event) => {
    const key = event.target.value;
    if (!key) return;
    const order = read();
    // where a new form has it, so that it lands in a sensible place
    const behind = known.slice(0, known.indexOf(info[key])).reverse().find((section) => order.includes(section.key));
    order.splice(behind ? order.indexOf(behind.key) + 1 : 0, 0, key);
    write([...order]);
    draw(key);
    open(key);
  });
  if (editable) drag(list, { handle: "[data-grip]", moved: (row, to) => move(row.dataset.key, to) });
  draw();
  return { draw };
}
