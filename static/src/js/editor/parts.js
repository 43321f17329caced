// The list of sections: drag with the mouse, arrows with the keyboard or a finger, add and take away what is optional.
const el = (tag, props = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
};

export function parts({ list, adding, known, words, read, write, open, icon, editable }) {
  const info = Object.fromEntries(known.map((section) => [section.key, section]));
  let dragged = null;

  const move = (key, to) => {
    const order = read().filter((other) => other !== key);
    order.splice(to, 0, key);
    write(order);
    draw(key);
  };
  function draw(focus = "") {
    const order = read();
    list.replaceChildren(...order.map((key, index) => {
      const section = info[key];
      const item = el("li", { className: "part-line", draggable: editable });
      item.dataset.key = key;
      const main = el("button", { type: "button", className: "part" }, icon(section.icon), el("span", { textContent: section.label }));
      main.dataset.panelOpen = key;
      main.addEventListener("click", () => open(key));
      item.append(main);
      if (editable) {
        const tool = (name, label, work, disabled) => {
          const button = el("button", { type: "button", className: "btn btn-ghost btn-sm btn-icon", disabled }, icon(name));
          button.setAttribute("aria-label", label.replace("{name}", section.label));
          button.addEventListener("click", work);
          return button;
        };
        item.append(tool("arrow-up", words.up, () => move(key, index - 1), index === 0), tool("arrow-down", words.down, () => move(key, index + 1), index === order.length - 1));
        if (!section.required) item.append(tool("x", words.remove, () => { write(order.filter((other) => other !== key)); draw(); }, false));
        item.addEventListener("dragstart", (event) => { dragged = key; event.dataTransfer.effectAllowed = "move"; item.classList.add("is-dragged"); });
        item.addEventListener("dragend", () => { dragged = null; item.classList.remove("is-dragged"); });
        item.addEventListener("dragover", (event) => { if (dragged && dragged !== key) { event.preventDefault(); item.classList.add("is-over"); } });
        item.addEventListener("dragleave", () => item.classList.remove("is-over"));
        item.addEventListener("drop", (event) => { event.preventDefault(); if (dragged && dragged !== key) move(dragged, read().indexOf(key)); });
      }
      return item;
    }));
    const absent = known.filter((section) => !order.includes(section.key));
    adding.hidden = !editable || absent.length === 0;
    const select = adding.querySelector("select");
    select.replaceChildren(select.options[0], ...absent.map((section) => el("option", { value: section.key, textContent: section.label })));
    select.value = "";
    if (focus) list.querySelector(`[data-key="${focus}"] .part`)?.focus();
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
  draw();
  return { draw };
}
