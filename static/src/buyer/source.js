// Where the buyer came from: UTM, click ids, the first referrer, and the browser ids that pixels left. Kept for the visit.
import { keep } from "./keep.js";

const CLICKS = /^(fbclid|ttclid|gclid|gbraid|wbraid|msclkid)$/;
const cookie = (name) => {
  const found = document.cookie.split("; ").find((part) => part.indexOf(`${name}=`) === 0);
  return found ? decodeURIComponent(found.slice(name.length + 1)).slice(0, 200) : "";
};

export function source() {
  const store = keep("bos-utm");
  const found = {};
  new URLSearchParams(location.search).forEach((given, key) => {
    const name = /^utm_/.test(key) ? key.slice(4) : CLICKS.test(key) ? key : key === "ref" ? "referrer" : "";
    if (name && given) found[name.slice(0, 40)] = given.slice(0, 200);
  });
  const kept = store.get() || {};
  if (!found.referrer && !kept.referrer && document.referrer && document.referrer.indexOf(location.origin) !== 0) found.referrer = document.referrer.slice(0, 200);
  // A new click replaces the campaign of an old one as a whole.
  const fresh = Object.keys(found).some((name) => name !== "referrer");
  const all = fresh ? found : Object.assign({}, kept, found);
  if (Object.keys(found).length) store.set(all);
  const ids = { fbp: cookie("_fbp"), fbc: cookie("_fbc") || (all.fbclid ? `fb.1.${Date.now()}.${all.fbclid}` : ""), ttp: cookie("_ttp"), ga: cookie("_ga") };
  const result = Object.assign({}, all);
  for (const name of Object.keys(ids)) if (ids[name]) result[name] = ids[name].slice(0, 200);
  return result;
}
