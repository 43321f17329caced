// The order page: copy buttons, changing the payment method, the proof's preview, and parts that follow the order.
import { area } from "../js/area.js";
import { text } from "../js/dom.js";
import { follow } from "../js/live.js";

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
  if (wanted) {
    if (wanted.tagName === "DETAILS") wanted.open = true;
    wanted.scrollIntoView();
  }
  for (const input of document.querySelectorAll("input[type=file][data-preview]")) preview(input);
  const live = document.getElementById("order-live");
  if (live && live.dataset.url) follow(live, { url: live.dataset.url, pace, changed });
}

// Every ten seconds; for the first minute every one and a half while a payment number is being made: the buyer waits for it.
const CALM = 10000;
const WAITING = 1500;
const ROUNDS = 40;
let rounds = 0;

const pace = (live) => live.querySelector("[data-final]") ? 0 : live.querySelector("[data-pending]") && rounds++ < ROUNDS ? WAITING : CALM;

function changed(part) {
  const place = part.querySelector("[data-area]");
  if (place) area(place);
  for (const input of part.querySelectorAll("input[type=file][data-preview]")) preview(input);
}

/** The chosen picture is seen before it is sent; of a PDF its name. */
function preview(input) {
  const box = input.closest("form").querySelector("[data-preview-box]");
  const picture = box.querySelector("img");
  input.addEventListener("change", () => {
    const file = input.files[0];
    if (picture.src) URL.revokeObjectURL(picture.src);
    picture.hidden = !file || !file.type.startsWith("image/");
    if (!picture.hidden) picture.src = URL.createObjectURL(file);
    box.querySelector("[data-preview-name]").textContent = file ? file.name : "";
    box.hidden = !file;
  });
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
