// Repeated parts: packages, fields, questions, and what a package contains.
import { show, take } from "./bind.js";
import { firstVariant } from "./choice.js";

let names = 0;

/** Draws the rows of `list` into `root` ([data-repeat] or [data-sublist]) and keeps both the same. */
export function rows(root, list, changed) {
  const holder = root.querySelector(":scope > [data-repeat-rows]");
  const template = root.querySelector(":scope > template");
  const add = root.querySelector(":scope > [data-add]");
  const max = Number(root.dataset.max || 20);

  const own = (row, selector) => [...row.querySelectorAll(selector)].filter((node) => node.closest("[data-repeat-row]") === row);
  const draw = (focus = -1) => {
    holder.replaceChildren(...list.map(one));
    if (add) add.disabled = list.length >= max;
    const target = holder.children[focus]?.querySelector("input, select, textarea");
    if (target) target.focus();
  };
  const conditions = (row, item) => {
    for (const node of own(row, "[data-row-when]")) {
      const [name, values] = node.dataset.rowWhen.split("=");
      node.hidden = !values.split("|").includes(item[name]);
    }
  };
  function one(item, index) {
    const row = document.importNode(template.content, true).firstElementChild;
    row.dataset.index = index;
    for (const node of row.querySelectorAll("legend, [data-item]")) if (!node.id) node.id = `row-${(names += 1)}`;
    for (const input of own(row, "[data-item]")) {
      if (input.matches("variant-choice")) item[input.dataset.item] ||= firstVariant();
      show(input, item, input.dataset.item);
      const heard = () => { take(input, item, input.dataset.item); conditions(row, item); changed(); };
      input.addEventListener("input", heard);
    }
    for (const sub of own(row, "[data-sublist]")) rows(sub, (item[sub.dataset.sublist] ??= []), changed);
    own(row, "[data-remove]").forEach((button) => button.addEventListener("click", () => { list.splice(list.indexOf(item), 1); draw(); if (add) add.focus(); changed(); }));
    const move = (step) => () => {
      const from = list.indexOf(item);
      if (from + step < 0 || from + step >= list.length) return;
      list.splice(from + step, 0, ...list.splice(from, 1));
      draw(from + step);
      changed();
    };
    own(row, "[data-up]").forEach((button) => button.addEventListener("click", move(-1)));
    own(row, "[data-down]").forEach((button) => button.addEventListener("click", move(1)));
    conditions(row, item);
    return row;
  }
  if (add) {
    add.addEventListener("click", () => {
      const item = JSON.parse(root.dataset.new);
      if (root.dataset.key) {
        let n = list.length + 1;
        while (list.some((other) => other[root.dataset.key] === `${root.dataset.keyPrefix}-${n}`)) n += 1;
        item[root.dataset.key] = `${root.dataset.keyPrefix}-${n}`;
      }
      list.push(item);
      draw(list.length - 1);
      changed();
    });
  }
  draw();
}

/** A fixed row that is part of a list while it is ticked: payment methods, CS. */
export function keyed(root, content, changed) {
  const { keyed: name, by, value, byKind } = root.dataset;
  const key = byKind === "int" ? Number(value) : value;
  const on = root.querySelector("[data-on]");
  const part = root.querySelector("[data-when-on]");
  const find = () => (content[name] ??= []).find((row) => row[by] === key);
  const draw = () => {
    const row = find();
    on.checked = Boolean(row);
    if (part) part.hidden = !row;
    if (row) for (const input of root.querySelectorAll("[data-item]")) show(input, row, input.dataset.item);
  };
  on.addEventListener("input", () => {
    if (on.checked && !find()) {
      const row = { [by]: key };
      for (const input of root.querySelectorAll("[data-item]")) if (input.dataset.default) row[input.dataset.item] = Number(input.dataset.default);
      content[name].push(row);
    } else if (!on.checked) content[name] = content[name].filter((row) => row[by] !== key);
    draw();
    changed();
  });
  for (const input of root.querySelectorAll("[data-item]")) {
    input.addEventListener("input", () => { const row = find(); if (row) { take(input, row, input.dataset.item); changed(); } });
  }
  draw();
}
