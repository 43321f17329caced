// A page that waits for outside news changes by itself. It is made of parts ([data-part]); what the server says anew of a
// part takes its place, unless somebody is typing or choosing there. A tap on a button is not typing: the page goes on.
const TEXT = "input:not([type=radio]):not([type=checkbox]):not([type=button]):not([type=submit]):not([type=hidden]), textarea, select";

const plain = (html) => html.replace(/(name="csrfmiddlewaretoken" value=")[^"]*/g, "$1").trim();

/** Whether somebody's work would be lost with this part. */
function busy(part) {
  const now = document.activeElement;
  if (part.contains(now) && now.matches(TEXT)) return true;
  return Boolean(part.querySelector("form[data-sending], form[data-touched]"));
}

/** What a button or link is, so that its successor is found again. */
const mark = (node) => [node.tagName, node.dataset.copy || "", node.getAttribute("href") || "", node.textContent.trim()].join("|");

function swap(part, fresh) {
  const held = part.contains(document.activeElement) ? mark(document.activeElement) : "";
  const opened = [...part.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent);
  for (const summary of fresh.querySelectorAll("details > summary")) if (opened.includes(summary.textContent)) summary.parentElement.open = true;
  part.textContent = ""; // replaceChildren is younger than some in-app browsers
  while (fresh.firstChild) part.append(fresh.firstChild);
  const again = held && [...part.querySelectorAll("a, button, summary")].find((node) => mark(node) === held);
  if (again) again.focus({ preventScroll: true });
}

/**
 * Keeps the parts in `root` up to date. `pace(root)` gives the milliseconds to the next question, 0 to stop; `changed(part)`
 * is told of each part that was replaced. The server may answer 204 for "as you have it"; its X-Stamp goes back as `since`.
 * Gives a function that asks at once.
 */
export function follow(root, { url, pace, changed = () => {} }) {
  const parts = () => [...root.querySelectorAll("[data-part]")];
  const before = new Map(parts().map((part) => [part.dataset.part, plain(part.innerHTML)]));
  let stamp = root.dataset.stamp || "";
  let timer;
  root.addEventListener("input", (event) => {
    const form = event.target.closest("form");
    if (form) form.dataset.touched = "";
  });
  const ask = async () => {
    const address = stamp ? `${url}${url.includes("?") ? "&" : "?"}since=${encodeURIComponent(stamp)}` : url;
    const answer = await fetch(address, { headers: { Accept: "text/html", "X-Requested-With": "fetch" } });
    if (answer.status !== 200 || answer.redirected) return;
    const holder = document.createElement("div");
    holder.innerHTML = await answer.text();
    let waiting = false;
    for (const part of parts()) {
      const fresh = [...holder.querySelectorAll("[data-part]")].find((other) => other.dataset.part === part.dataset.part);
      const html = fresh ? plain(fresh.innerHTML) : "";
      if (!fresh || html === before.get(part.dataset.part)) continue;
      if (busy(part)) { waiting = true; continue; }
      before.set(part.dataset.part, html);
      swap(part, fresh);
      changed(part);
    }
    if (!waiting) stamp = answer.headers.get("X-Stamp") || stamp;
  };
  const next = () => {
    const wait = pace(root);
    if (wait) timer = setTimeout(now, wait);
  };
  async function now() {
    clearTimeout(timer);
    if (!document.hidden) try { await ask(); } catch (error) { /* the page stays as it is; the next round asks again */ }
    next();
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden && pace(root)) now(); });
  next();
  return now;
}
