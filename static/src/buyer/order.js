// The order page: copy buttons, changing the payment method, and a fragment that refreshes itself.
import { area } from "../js/area.js";
import { text } from "../js/dom.js";

export function startOrderPage() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-copy]");
    if (!button) return;
    copy(button.dataset.copy).then((done) => {
      const before = button.dataset.word || button.textContent;
      button.dataset.word = before;
      button.textContent = done ? text("copied") : text("copy_failed");
      setTimeout(() => { button.textContent = before; }, done ? 1600 : 4000);
    });
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id === "order") return;
    if (form.dataset.sending) return event.preventDefault();
    form.dataset.sending = "true";
  });
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input.name !== "payment_method" || !input.closest("[data-methods]")) return;
    for (const box of input.closest("[data-methods]").querySelectorAll("[data-channels]")) box.hidden = box.dataset.channels !== input.value;
  });

  const place = document.querySelector("#alamat [data-area]");
  if (place) area(place);
  const moving = document.getElementById("pindah"); // asked for just now: readers hear it first
  if (moving) moving.focus();

  // "#bukti": the fold a link points to is open
  const wanted = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (wanted && wanted.tagName === "DETAILS") {
    wanted.open = true;
    wanted.scrollIntoView();
  }
  const live = document.getElementById("order-live");
  if (live && live.dataset.url) startLive(live);
}

// Asks every ten seconds; for the first minute every one and a half while a payment number is being made: the buyer waits for it.
const CALM = 10000;
const WAITING = 1500;
const ROUNDS = 40;

function startLive(live) {
  let before = null;
  let rounds = 0;
  const ask = async () => {
    // Nothing is swapped away under somebody's finger or half-typed words.
    if (document.hidden || live.contains(document.activeElement) || live.querySelector("form[data-sending]")) return;
    const answer = await fetch(live.dataset.url, { headers: { Accept: "text/html", "X-Requested-With": "fetch" } });
    if (!answer.ok) return;
    const html = await answer.text();
    if (html === before) return;
    const holder = document.createElement("div");
    holder.innerHTML = html;
    if (before !== null || holder.textContent.replace(/\s+/g, "") !== live.textContent.replace(/\s+/g, "")) {
      const opened = [...live.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent);
      for (const summary of holder.querySelectorAll("details > summary")) summary.parentElement.open = opened.includes(summary.textContent);
      live.textContent = ""; // replaceChildren is younger than some in-app browsers
      while (holder.firstChild) live.append(holder.firstChild);
    }
    before = html;
  };
  const next = () => {
    if (live.querySelector("[data-final]")) return;
    setTimeout(async () => {
      try { await ask(); } catch (error) { /* the page stays as it is; the next round asks again */ }
      next();
    }, live.querySelector("[data-pending]") && rounds++ < ROUNDS ? WAITING : CALM);
  };
  next();
}

async function copy(value) {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch (error) {
    // In-app browsers often have no clipboard API.
    const box = document.createElement("textarea");
    box.value = value;
    box.className = "trap";
    document.body.append(box);
    box.select();
    let done = false;
    try { done = document.execCommand("copy"); } catch (e) { done = false; }
    box.remove();
    return done;
  }
}
