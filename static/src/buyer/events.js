// What pixels may be told. Nothing is loaded here: a form without pixels costs nothing, one with pixels loads their script
// once the page is idle, and events wait in a line until then.
import { randomId } from "./keep.js";

const line = (window.bosEvents = window.bosEvents || []);

/** Loads pixels.js when the page has nothing better to do. `config` is the form's `pixels`, `src` the script's address. */
export function startPixels(config, src) {
  if (!config || !src) return;
  window.bosPixels = config;
  const load = () => document.head.append(Object.assign(document.createElement("script"), { src, async: true }));
  const idle = () => (window.requestIdleCallback ? requestIdleCallback(load, { timeout: 4000 }) : setTimeout(load, 1200));
  if (document.readyState === "complete") idle();
  else addEventListener("load", idle);
}

const told = {};
/** Tells an event once per page. `facts`: {value, items: [{id, qty, price}]}. */
export function tell(name, facts = {}, id = "") {
  if (!window.bosPixels || told[name]) return;
  told[name] = true;
  line.push({ name, id: id || randomId(), facts });
  dispatchEvent(new Event("bos:event"));
}
