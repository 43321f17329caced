// <variant-choice data-item="…" data-kind="int" data-url="…" aria-label="…">: one variant of the catalogue, found by typing. Its
// `value` is the variant's id, and it says "input" when another one is chosen, as a <select> does.
import { api } from "../api.js";
import { combobox } from "../combobox.js";
import { debounce, el, rupiah, text, uid } from "../dom.js";

const known = new Map();
/** Variants whose names the page has already: `{id, name, price, note}` each. */
export const learn = (rows) => { for (const row of rows) known.set(row.id, row); };
/** What a new row begins with. */
export const firstVariant = () => known.keys().next().value ?? 0;

customElements.define("variant-choice", class extends HTMLElement {
  #id = 0;
  #box = null;

  get value() { return String(this.#id || ""); }
  set value(id) {
    this.#id = Number(id) || 0;
    this.#name();
  }

  #name() {
    const row = known.get(this.#id);
    if (this.#box) this.#box.value = row ? row.name : "";
  }

  connectedCallback() {
    if (this.#box) return;
    const listId = uid("variants");
    const label = this.getAttribute("aria-label") ?? "";
    this.#box = el("input", { class: "form-control", id: this.dataset.id ?? null, role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": listId, "aria-label": label });
    const list = el("ul", { class: "combo-list", id: listId, role: "listbox", "aria-label": label, hidden: true });
    const status = el("span", { class: "visually-hidden", role: "status" });
    this.classList.add("combo");
    this.removeAttribute("aria-label");
    this.append(this.#box, list, status);
    this.#name();

    let asked = 0;
    const search = async (keyword) => {
      const mine = ++asked;
      try {
        const { data } = await api(`${this.dataset.url}?keyword=${encodeURIComponent(keyword)}`);
        if (mine !== asked || document.activeElement !== this.#box) return;
        learn(data.rows);
        options.show(data.rows);
        status.textContent = data.rows.length ? text("picker_count", { n: data.rows.length }) : text("picker_none");
      } catch (error) {
        status.textContent = error.message;
      }
    };
    const later = debounce(() => search(this.#box.value.trim()), 200);
    const options = combobox({
      input: this.#box,
      list,
      paint: (row) => [el("strong", { text: row.name }), el("span", { text: rupiah(row.price) })],
      choose: (row) => {
        this.value = row.id;
        this.dispatchEvent(new Event("input", { bubbles: true }));
      },
      more: () => search(""),
    });
    this.#box.addEventListener("input", (event) => { event.stopPropagation(); later(); });
    this.#box.addEventListener("focus", () => this.#box.select());
    this.#box.addEventListener("click", () => { if (list.hidden) search(""); });
    this.#box.addEventListener("blur", () => { asked += 1; options.close(); this.#name(); }); // half a word is no variant
  }
});
