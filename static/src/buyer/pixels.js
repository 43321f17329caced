// The providers' own pixels, started with the form's ids. Loaded only for forms that have some (events.js).
const config = window.bosPixels || {};
const line = window.bosEvents || [];

function script(src) {
  const node = document.createElement("script");
  node.async = true;
  node.src = src;
  document.head.append(node);
}

// Each provider's queue: calls wait in it until its script has come.
if (config.meta) {
  const fbq = function () { if (fbq.callMethod) fbq.callMethod.apply(fbq, arguments); else fbq.queue.push(arguments); };
  Object.assign(fbq, { push: fbq, loaded: true, version: "2.0", queue: [] });
  window.fbq = window._fbq = fbq;
  script("https://connect.facebook.net/en_US/fbevents.js");
  fbq("set", "autoConfig", false, config.meta[0]); // no reading of what buyers type
  for (const id of config.meta) fbq("init", id);
  fbq("track", "PageView");
}
if (config.tiktok) {
  const ttq = (window.ttq = []);
  window.TiktokAnalyticsObject = "ttq";
  ttq.methods = ["page", "track", "identify", "instances", "debug", "on", "off", "once", "ready", "alias", "group", "enableCookie", "disableCookie"];
  const defer = (target, name) => { target[name] = function () { target.push([name].concat(Array.prototype.slice.call(arguments))); }; };
  ttq.methods.forEach((name) => defer(ttq, name));
  Object.assign(ttq, { _i: {}, _t: {}, _o: {} });
  ttq.instance = (id) => ttq._i[id] || [];
  for (const id of config.tiktok) {
    const url = "https://analytics.tiktok.com/i18n/pixel/events.js";
    ttq._i[id] = Object.assign([], { _u: url });
    ttq.methods.forEach((name) => defer(ttq._i[id], name));
    ttq._t[id] = Date.now();
    script(`${url}?sdkid=${encodeURIComponent(id)}&lib=ttq`);
  }
  ttq.page();
}
const layer = (window.dataLayer = window.dataLayer || []);
function gtag() { layer.push(arguments); }
if (config.google) {
  script(`https://www.googletagmanager.com/gtag/js?id=${encodeURIComponent(config.google[0])}`);
  gtag("js", new Date());
  for (const id of config.google) gtag("config", id);
}
if (config.gtm) {
  layer.push({ "gtm.start": Date.now(), event: "gtm.js" });
  for (const id of config.gtm) script(`https://www.googletagmanager.com/gtm.js?id=${encodeURIComponent(id)}`);
}

const TIKTOK = { Purchase: "CompletePayment", Lead: "SubmitForm" };
const GOOGLE = { ViewContent: "view_item", AddToCart: "add_to_cart", InitiateCheckout: "begin_checkout", AddPaymentInfo: "add_payment_info", Lead: "generate_lead", Purchase: "purchase" };

function send({ name, id, facts }) {
  const items = facts.items || [];
  const contents = items.map((row) => ({ id: String(row.id), quantity: row.qty, item_price: row.price }));
  if (config.meta) window.fbq("track", name, { currency: "IDR", value: facts.value || 0, contents, content_ids: contents.map((row) => row.id), content_type: "product" }, { eventID: id });
  if (config.tiktok) window.ttq.track(TIKTOK[name] || name, { currency: "IDR", value: facts.value || 0, contents: items.map((row) => ({ content_id: String(row.id), quantity: row.qty, price: row.price, content_type: "product" })) }, { event_id: id });
  if (config.google || config.gtm) {
    const data = { currency: "IDR", value: facts.value || 0, items: items.map((row) => ({ item_id: String(row.id), quantity: row.qty, price: row.price })), event_id: id };
    if (facts.order) data.transaction_id = facts.order;
    gtag("event", GOOGLE[name], data);
    if (config.gtm) layer.push(Object.assign({ event: `bos_${GOOGLE[name]}` }, data));
  }
}
const drain = () => { while (line.length) send(line.shift()); };
addEventListener("bos:event", drain);
drain();
