// The inventory grid: figures are typed in place and saved together, all or nothing; what somebody else changed meanwhile
// is shown beside what was typed. And the dialog that moves pieces between warehouses.
import { each, on, text } from "./dom.js";
import { api } from "./api.js";
import { toast } from "./toasts.js";

const whole = (value) => (/^-?\d{1,8}$/.test(value.trim().replace(/\./g, "")) ? Number(value.trim().replace(/\./g, "")) : null);

each("[data-inventory]", (form) => {
  const bar = form.querySelector("[data-inventory-bar]");
  const rows = [...form.querySelectorAll("tr[data-variant]")].filter((row) => row.querySelector("[data-stock]"));
  if (!bar || !rows.length) return;
  const input = (row) => row.querySelector("[data-stock]");
  const say = (row, message) => {
    const line = row.querySelector("[data-stock-error]");
    line.textContent = message;
    line.hidden = !message;
    input(row).toggleAttribute("aria-invalid", Boolean(message));
  };
  const changed = () => rows.filter((row) => input(row).value.trim() !== row.dataset.onHand);
  const refresh = () => {
    const some = changed();
    rows.forEach((row) => row.classList.toggle("is-changed", some.includes(row)));
    bar.hidden = some.length === 0;
    bar.querySelector("[data-inventory-count]").textContent = text("stock_changes", { n: some.length });
  };
  form.addEventListener("input", (event) => {
    const row = event.target.closest("tr[data-variant]");
    if (row) say(row, "");
    refresh();
  });
  form.querySelector("[data-inventory-reset]").addEventListener("click", () => {
    rows.forEach((row) => { input(row).value = row.dataset.onHand; say(row, ""); });
    refresh();
    form.dispatchEvent(new Event("reset"));
  });
  const settle = (row, level) => {
    row.dataset.onHand = String(level.on_hand);
    input(row).value = level.on_hand;
    row.querySelector("[data-available]").textContent = level.on_hand - level.reserved;
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    const some = changed();
    const bad = some.filter((row) => whole(input(row).value) === null);
    bad.forEach((row) => say(row, text("whole_number")));
    if (bad.length || !some.length) return bad[0] && input(bad[0]).focus();
    const lines = some.map((row) => ({
      variant_id: Number(row.dataset.variant), warehouse_id: Number(row.dataset.warehouse), mode: "set",
      qty: whole(input(row).value), expected: Number(row.dataset.onHand),
    }));
    try {
      const { data } = await api(form.dataset.url, { method: "POST", body: { lines, reason: form.elements.reason.value } });
      data.forEach((level, i) => settle(some[i], level));
      form.elements.reason.value = "";
      form.dispatchEvent(new Event("reset"));
      refresh();
      toast(text("stock_saved"));
    } catch (error) {
      const conflicts = error.data?.conflicts ?? [];
      conflicts.forEach((c) => {
        const row = some[c.line];
        row.dataset.onHand = String(c.on_hand); // what was typed stays; saving again means it
        row.querySelector("[data-available]").textContent = c.on_hand - c.reserved;
        say(row, text("stock_now", { n: c.on_hand }));
      });
      for (const [path, messages] of Object.entries(conflicts.length ? {} : error.data?.errors ?? {})) {
        const found = /^lines\.(\d+)\./.exec(path);
        if (found) say(some[Number(found[1])], messages.join(" "));
      }
      refresh();
      toast(error.message, "error");
    }
    return undefined;
  });
  refresh();
});

// --- moving ---------------------------------------------------------------------------------------------------------------
on("click", "[data-move]", (event, button) => {
  const dialog = document.getElementById("move-stock");
  const row = button.closest("tr");
  const form = dialog.querySelector("form");
  form.elements.variant.value = row.dataset.variant;
  form.elements.from.value = row.dataset.warehouse;
  const other = [...form.elements.to.options].find((o) => o.value !== row.dataset.warehouse);
  if (other) form.elements.to.value = other.value;
  form.elements.qty.value = "";
  form.querySelector("[data-transfer-name]").textContent = button.dataset.name;
  form.querySelector("[data-transfer-error]").hidden = true;
  dialog.showModal();
  form.elements.qty.focus();
});
each("[data-transfer]", (form) => form.addEventListener("submit", async (event) => {
  event.preventDefault();
  event.stopPropagation();
  const error = form.querySelector("[data-transfer-error]");
  const qty = whole(form.elements.qty.value);
  const show = (message) => { error.textContent = message; error.hidden = false; form.elements.qty.focus(); };
  if (!qty || qty < 1) return show(text("whole_number"));
  try {
    await api(form.dataset.url, {
      method: "POST",
      body: {
        from_warehouse_id: Number(form.elements.from.value), to_warehouse_id: Number(form.elements.to.value), reason: form.elements.reason.value,
        lines: [{ variant_id: Number(form.elements.variant.value), qty }],
      },
    });
    location.reload();
  } catch (failed) {
    show(Object.values(failed.data?.errors ?? {})[0]?.join(" ") || failed.message);
  }
  return undefined;
}));
