// <p data-countdown="iso"><b data-countdown-text></b></p>: counts down, then says so or goes away.
import { text } from "../js/dom.js";

const two = (n) => String(n).padStart(2, "0");

export function startCountdowns() {
  const tick = () => {
    for (const node of document.querySelectorAll("[data-countdown]")) {
      const left = Math.floor((new Date(node.dataset.countdown) - Date.now()) / 1000);
      const face = node.querySelector("[data-countdown-text]") || node;
      if (left <= 0) {
        if (node.dataset.ended !== undefined) face.textContent = text("expired");
        else node.hidden = true;
        continue;
      }
      node.hidden = false;
      const days = Math.floor(left / 86400);
      const clock = text("hours_short", { h: Math.floor((left % 86400) / 3600), m: two(Math.floor((left % 3600) / 60)), s: two(left % 60) });
      face.textContent = days ? `${text("days", { n: days })} ${clock}` : clock;
    }
  };
  tick();
  setInterval(tick, 1000);
}
