// <script src="https://toko.example/static/embed.js" data-form="madu-asli" async></script>
// puts the order form where the script stands: its own origin in a frame, as high as it needs to be, with the page's UTM.
(() => {
  const me = document.currentScript;
  if (!me || !me.dataset.form) return;
  const origin = new URL(me.src).origin;
  const query = new URLSearchParams({ embed: "1" });
  new URLSearchParams(location.search).forEach((value, key) => {
    if (/^(utm_\w+|fbclid|ttclid|gclid|gbraid|wbraid|msclkid)$/.test(key)) query.set(key, value);
  });
  if (document.referrer && new URL(document.referrer).origin !== location.origin) query.set("ref", document.referrer.slice(0, 200));
  const frame = document.createElement("iframe");
  frame.src = `${origin}/${encodeURIComponent(me.dataset.form)}?${query}`;
  frame.title = me.dataset.title || "Form pemesanan";
  frame.loading = "lazy";
  frame.referrerPolicy = "origin";
  frame.allow = "clipboard-write";
  Object.assign(frame.style, { width: "100%", height: me.dataset.height || "900px", border: "0", display: "block", colorScheme: "light" });
  me.after(frame);
  addEventListener("message", (event) => {
    // Only our own frame, only from our own origin.
    if (event.source !== frame.contentWindow || event.origin !== origin || !event.data || event.data.source !== "bosonline") return;
    const { height, go } = event.data;
    if (height > 0 && height < 20000) frame.style.height = `${height}px`;
    if (typeof go === "string" && new URL(go, origin).origin === origin) location.assign(new URL(go, origin).href);
  });
})();
