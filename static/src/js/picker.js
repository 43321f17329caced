// Tick boxes of products or variants with a search: what is ticked stays, the rest of the list is what matches the typed words.
import { api } from "./api.js";
import { debounce, el, each, rupiah, text } from "./dom.js";

each("[data-picker]", (root) => {
  const box = root.querySelector("[data-picker-search]");
  const list = root.querySelector("[data-picker-list]");
  const status = root.querySelector("[data-picker-status]");
  const template = root.querySelector("template");
  let asked = 0;

  const row = (choice) => {
    const label = document.importNode(template.content, true).firstElementChild;
    label.querySelector("input").value = choice.id;
    label.querySelector("span").append(choice.name, choice.note ? el("em", { text: ` (${choice.note})` }) : "");
    label.querySelector("small").textContent = choice.price === null ? "" : rupiah(choice.price);
    return label;
  };
  async function search() {
    const mine = ++asked;
    try {
      const { data } = await api(`${root.dataset.picker}?keyword=${encodeURIComponent(box.value.trim())}`);
      if (mine !== asked) return; // a later keystroke has asked again
      for (const input of list.querySelectorAll("input:not(:checked)")) input.closest("label").remove();
      const kept = new Set([...list.querySelectorAll("input")].map((input) => input.value));
      list.append(...data.rows.filter((choice) => !kept.has(String(choice.id))).map(row));
      status.textContent = data.rows.length ? (data.more ? text("picker_more") : "") : text("picker_none");
    } catch (error) {
      if (mine === asked) status.textContent = error.message;
    }
  }
  const later = debounce(search, 220);
  box.addEventListener("input", (event) => { event.stopPropagation(); later(); });
  box.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
});
