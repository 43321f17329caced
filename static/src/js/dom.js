// The few helpers every module shares.
let words = null;

/** A sentence of #ui-text with its {placeholders} filled. */
export function text(key, values = {}) {
  if (!words) {
    const node = document.getElementById("ui-text");
    words = node ? JSON.parse(node.textContent) : {};
  }
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));
}

/** Delegated listener: works for what htmx swaps in later. */
export function on(type, selector, handler, options) {
  document.addEventListener(type, (event) => {
    const target = event.target instanceof Element ? event.target.closest(selector) : null;
    if (target) handler(event, target);
  }, options);
}

/** Calls `start(element)` once for every match now and after each htmx swap. */
export function each(selector, start) {
  const seen = new WeakSet();
  const scan = (root) => {
    const found = [...root.querySelectorAll(selector)];
    if (root instanceof Element && root.matches(selector)) found.push(root);
    for (const node of found) {
      if (seen.has(node)) continue;
      seen.add(node);
      start(node);
    }
  };
  const ready = () => {
    scan(document);
    document.body.addEventListener("htmx:load", (event) => scan(event.detail.elt));
    document.body.addEventListener("bos:added", (event) => scan(event.target));
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
}

export function debounce(work, ms) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...args), ms);
  };
}

export const rupiah = (amount) =>
  `${amount < 0 ? "−" : ""}Rp ${Math.abs(Math.round(amount)).toString().replace(/\B(?=(\d{3})+(?!\d))/g, ".")}`;

export const el = (tag, props = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") node.className = value;
    else if (key === "text") node.textContent = value;
    else if (key in node && !key.startsWith("aria") && key !== "list" && key !== "form") node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
};

export const uid = (prefix) => `${prefix}-${(uid.next = (uid.next || 0) + 1)}`;
