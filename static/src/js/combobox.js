// The list below a box in which one types (ARIA combobox, list autocomplete): its keys, its marks, choosing from it.
import { el, uid } from "./dom.js";

/**
 * `paint(row)` gives the nodes of a row, `choose(row)` takes it, `more()` is asked for rows when the arrow key finds the list closed.
 * `show(rows)` opens the list, its first row marked; `close()` closes it. Meant for old in-app browsers as well.
 */
export function combobox({ input, list, paint, choose, more }) {
  let rows = [];
  let active = -1;
  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    active = index;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === index)));
    const current = list.children[index];
    if (!current) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", current.id);
    current.scrollIntoView({ block: "nearest" });
  };
  const take = (row) => { close(); choose(row); };
  const show = (found) => {
    rows = found;
    list.textContent = ""; // replaceChildren is younger than some in-app browsers
    list.append(
      ...rows.map((row) => {
        const item = el("li", { id: uid("option"), role: "option", "aria-selected": "false" });
        item.append(...paint(row));
        item.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the focus in the box
        item.addEventListener("click", () => take(row));
        return item;
      }),
    );
    list.hidden = rows.length === 0;
    input.setAttribute("aria-expanded", String(rows.length > 0));
    mark(rows.length ? 0 : -1);
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return close();
    if (list.hidden) {
      if (event.key === "ArrowDown") more();
      return;
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark((active + step + rows.length) % rows.length);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      take(rows[active]);
    }
  });
  return { show, close, take, rows: () => rows };
}
