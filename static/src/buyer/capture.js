// A checkout that is not finished is kept from the moment the phone is valid, so that the seller can help.
import { debounce } from "../js/dom.js";
import { keep } from "./keep.js";

export function capture(form) {
  if (form.preview || form.test_token) return { later() {}, token: () => "", done() {} };
  const store = keep(`bos-open:${form.slug}`);
  const begun = form.recover || store.get() || {};
  let token = begun.token || "";
  let phone = begun.phone || "";
  let last = "";
  let busy = false;
  let done = false;

  const send = async (state) => {
    if (busy || done || !state.phone) return;
    const body = { name: state.name, data: state.data };
    const text = JSON.stringify([state.phone, body]);
    if (text === last) return;
    busy = true;
    try {
      const again = token && phone === state.phone;
      const answer = await fetch(again ? `/api/v1/checkout/abandoned/${token}?store=${encodeURIComponent(form.store.subdomain)}` : "/api/v1/checkout/abandoned", {
        method: again ? "PUT" : "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify(again ? body : Object.assign({ form: form.slug, store: form.store.subdomain, phone: state.phone, token }, body)),
      });
      if (answer.ok) {
        token = (await answer.json()).data.token;
        phone = state.phone;
        last = text;
        store.set({ token, phone });
      } else if (answer.status === 404) {
        token = "";
      }
    } catch (error) { /* the order itself matters; this is tried again with the next keystroke */ }
    busy = false;
  };
  return { later: debounce(send, 1500), token: () => token, done: () => { done = true; store.drop(); } };
}

export function beacon(form, kind) {
  if (form.preview || form.test_token) return;
  const body = JSON.stringify({ form: form.slug, store: form.store.subdomain, kind });
  try {
    navigator.sendBeacon("/api/v1/checkout/views", new Blob([body], { type: "application/json" }));
  } catch (error) { /* a number, not an order */ }
}
