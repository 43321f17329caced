// Courier options for the chosen area: the recommended one first, the others folded.
import { debounce, el, rupiah, text } from "../js/dom.js";

export function couriers(form, { query, changed }) {
  const list = document.getElementById("courier-list");
  const status = document.getElementById("courier-status");
  const again = document.getElementById("courier-retry");
  let rows = [];
  let chosen = null;
  let asked = 0;
  let busy = false; // an answer to what is chosen now is still to come
  let waiting = [];
  const settle = () => { busy = false; waiting.splice(0).forEach((go) => go()); };

  const same = (a, b) => a && b && a.courier_code === b.courier_code && a.service_code === b.service_code;
  const card = (row, more) => {
    const input = el("input", { type: "radio", name: "courier", value: row.quote, checked: same(row, chosen) });
    input.addEventListener("change", () => {
      chosen = row;
      changed();
    });
    const main = el("span", { class: "pick-main" }, el("b", { text: `${row.courier_name} ${row.service_name || ""}`.trim() }));
    if (row.recommended && rows.length > 1) main.append(" ", el("em", { class: "tag", text: text("recommended") }));
    const facts = [row.etd ? text("days", { n: row.etd }) : "", row.estimate ? text("estimate") : ""].filter(Boolean).join(" · ");
    if (facts) main.append(el("small", { text: facts }));
    // What is struck through is the line "shipping" of the bill, and the difference its line "shipping discount".
    const price = Math.max(row.price - (row.subsidy || 0), 0);
    const usual = row.price > price ? row.price : 0;
    const label = el("label", { class: "pick" }, input, main,
      el("span", { class: "pick-price" }, usual ? el("s", { text: rupiah(usual) }) : null,
        el("b", { text: row.courier_code === "manual" ? "" : price === 0 ? text("free") : rupiah(price) })));
    if (more) label.setAttribute("data-more", "");
    return label;
  };
  const draw = () => {
    list.textContent = "";
    list.classList.remove("is-open");
    // The chosen one is never hidden behind "others".
    const first = rows.find((row) => same(row, chosen));
    const rest = rows.filter((row) => row !== first);
    if (first) list.append(card(first, false));
    rest.forEach((row) => list.append(card(row, Boolean(first) && rows.length > 2)));
    if (first && rows.length > 2) {
      const more = el("button", { type: "button", class: "link more", text: text("more_couriers", { n: rest.length }), "aria-expanded": "false" });
      more.addEventListener("click", () => {
        list.classList.add("is-open");
        const next = list.querySelector("[data-more] input");
        more.remove();
        if (next) next.focus();
      });
      list.append(more);
    }
  };
  const take = (found) => {
    rows = found;
    chosen = rows.find((row) => same(row, chosen)) || rows.find((row) => row.recommended) || rows[0] || null;
    draw();
    changed();
  };
  const load = async (repeats = 2) => {
    const search = query();
    again.hidden = true;
    if (!search) {
      rows = [];
      chosen = null;
      list.textContent = "";
      status.textContent = text("rates_first");
      changed();
      settle();
      return;
    }
    const mine = ++asked;
    if (repeats === 2) status.textContent = text("rates_loading");
    try {
      const answer = await fetch(`/api/v1/checkout/rates?${search}`, { headers: { Accept: "application/json", "Accept-Language": document.documentElement.lang } });
      const data = await answer.json();
      if (mine !== asked) return;
      if (!answer.ok) throw new Error(data.message);
      status.textContent = data.data.length ? "" : text(data.refreshing ? "rates_loading" : "rates_no_cod");
      take(data.data);
      settle();
      // Some couriers had not answered in time; the page goes on with those that had and asks once or twice more.
      if (data.refreshing && repeats > 0) setTimeout(() => { if (mine === asked) load(repeats - 1); }, 2500);
    } catch (error) {
      if (mine !== asked) return;
      rows = [];
      chosen = null;
      list.textContent = "";
      status.textContent = error instanceof TypeError || !error.message ? text("rates_failed") : error.message;
      again.hidden = false;
      changed();
      settle();
    }
  };
  const later = debounce(() => load(), 200);
  again.addEventListener("click", () => { busy = true; load(); });
  return {
    load() { busy = true; later(); },
    now() { busy = true; load(); },
    /** Null, or a promise of the couriers that are being asked for what is chosen now. */
    coming: () => (busy ? new Promise((go) => { waiting.push(go); }) : null),
    take,
    chosen: () => chosen,
    /** The service that would collect cash here: the chosen one, else the first that does; null when none is known. */
    forCash: () => (chosen && chosen.cod ? chosen : rows.find((row) => row.cod) || null),
    known: () => rows.length > 0,
  };
}
