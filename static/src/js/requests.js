// htmx, set up for a strict policy: no eval, no style element of its own, the token in a header.
import htmx from "htmx.org";
import { store, token } from "./api.js";
import { el, text } from "./dom.js";
import { toast } from "./toasts.js";

htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.allowScriptTags = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0; // the back button asks the server again: lists of orders must not be stale
htmx.config.refreshOnHistoryMiss = true;
htmx.config.scrollBehavior = "auto";
htmx.config.defaultSettleDelay = 0;
// Forms that fail come back as 422 with their errors in place.
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "422", swap: true, error: false },
  { code: "[45]..", swap: false, error: true },
];

document.addEventListener("htmx:configRequest", (event) => {
  const value = token();
  if (value && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = value;
  if (store()) event.detail.headers["X-Store"] = store();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!store() || !form.matches('[method="post" i]') || form.elements._store) return;
  if (form.enctype === "multipart/form-data") { // its body is read late on the server
    const url = new URL(form.getAttribute("action") || location.href, location.href);
    url.searchParams.set("_store", store());
    form.setAttribute("action", url);
  } else form.append(el("input", { type: "hidden", name: "_store", value: store() }));
}, true);

let running = 0;
const count = (step) => {
  running = Math.max(0, running + step);
  document.documentElement.classList.toggle("fetching", running > 0);
};
document.addEventListener("htmx:beforeRequest", () => count(1));
document.addEventListener("htmx:afterRequest", () => count(-1));

const MEANING = { 401: "session_ended", 403: "forbidden", 429: "too_many" };

/** Where the failed content would have been, or a toast: say what happened and what to do. */
document.addEventListener("htmx:responseError", (event) => {
  const { xhr, target } = event.detail;
  let message = text(MEANING[xhr.status] ?? "server_error");
  try { message = JSON.parse(xhr.responseText).message || message; } catch (e) { /* a page, not our JSON */ }
  if (!showError(target, message)) toast(message, "error");
});
document.addEventListener("htmx:sendError", (event) => {
  if (!showError(event.detail.target, text("offline"))) toast(text("offline"), "error");
});

/** Lists carry <template data-error> (components/error_state.html); it takes the place of a skeleton only. */
function showError(target, message) {
  const template = target?.querySelector?.("template[data-error]");
  if (!template || !target.querySelector("[data-skeleton]")) return false;
  const node = template.content.cloneNode(true);
  const line = node.querySelector("[data-error-text]");
  if (line) line.textContent = message;
  target.querySelector("[data-skeleton]").replaceWith(node);
  htmx.process(target);
  return true;
}
