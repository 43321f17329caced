// <time datetime="…" data-ago>: stays true while the page is open. <… data-countdown="iso">: counts down.
import { text } from "./dom.js";

export function ago(moment, now = Date.now()) {
  const seconds = Math.floor((now - moment) / 1000);
  if (seconds < 60) return text("just_now");
  if (seconds < 3600) return text("min_ago", { n: Math.floor(seconds / 60) });
  if (seconds < 86400) return text("hours_ago", { n: Math.floor(seconds / 3600) });
  if (seconds < 30 * 86400) return text("days_ago", { n: Math.floor(seconds / 86400) });
  return null; // the server wrote the date; leave it
}

function refresh() {
  for (const node of document.querySelectorAll("time[data-ago]")) {
    const said = ago(new Date(node.dateTime).getTime());
    if (said && said !== node.textContent) node.textContent = said;
    const limit = Number(node.dataset.lateMinutes);
    if (limit) node.classList.toggle("text-loss", Date.now() - new Date(node.dateTime) > limit * 60000);
  }
}
setInterval(refresh, 30000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
