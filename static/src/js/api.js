// Our own API: JSON or a file, with the token for writes and the store the page shows. Needs nothing but fetch.
import { text } from "./dom.js";

/** Which store the page shows. The server refuses to write when another tab has switched since. */
export const store = () => document.querySelector("[data-store]")?.dataset.store;
export const token = () => document.querySelector('meta[name="csrf-token"]')?.content;

/** The answer's JSON. Throws an Error carrying the API's message, `status` and `data`. */
export async function api(url, { method = "GET", body } = {}) {
  const file = body instanceof FormData; // the browser names its type, with the boundary
  const headers = { Accept: "application/json" };
  if (body !== undefined && !file) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRFToken"] = token() ?? "";
  if (store()) headers["X-Store"] = store();
  const answer = await fetch(url, { method, headers, body: body === undefined || file ? body : JSON.stringify(body) });
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(data.message || text("server_error")), { status: answer.status, data });
  return data;
}
