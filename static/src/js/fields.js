// Behaviour of form fields, each switched on by a data attribute (docs/frontend.md lists them).
import { area } from "./area.js";
import { debounce, each, el, on, text } from "./dom.js";
import { display, normalise } from "./phone.js";
import { api } from "./api.js";
import { toast } from "./toasts.js";

// --- copy -----------------------------------------------------------------------------------------------------------
on("click", "[data-copy], [data-copy-from]", async (event, button) => {
  const source = button.dataset.copyFrom ? document.querySelector(button.dataset.copyFrom) : null;
  const value = source ? source.value ?? source.textContent.trim() : button.dataset.copy;
  try {
    await navigator.clipboard.writeText(value);
    const label = button.querySelector("[data-copy-label]");
    if (!label) return toast(text("copied"));
    button.classList.add("copied");
    const before = (button.dataset.copyWord ??= label.textContent);
    label.textContent = text("copied");
    setTimeout(() => { label.textContent = before; button.classList.remove("copied"); }, 1600);
  } catch (error) {
    toast(text("copy_failed"), "error");
  }
});

// --- unsaved changes ------------------------------------------------------------------------------------------------
const dirty = new Set();
each("form[data-guard]", (form) => {
  const note = form.querySelector("[data-unsaved]");
  const mark = (changed) => {
    changed ? dirty.add(form) : dirty.delete(form);
    if (note) note.hidden = !changed;
  };
  form.addEventListener("input", (event) => { if (!event.target.closest("[data-no-guard]")) mark(true); });
  form.addEventListener("submit", () => mark(false));
  form.addEventListener("reset", () => mark(false));
  form.addEventListener("htmx:afterRequest", (event) => mark(!event.detail.successful));
});
addEventListener("beforeunload", (event) => {
  const waiting = [...dirty].some((form) => form.isConnected);
  if (!waiting) return;
  event.preventDefault();
  event.returnValue = text("unsaved"); // browsers show their own words
});

// A form sent twice by a double tap is sent once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog" || form.closest("[hx-post], [hx-put], [hx-get]")) return;
  if (form.dataset.sending) return event.preventDefault();
  form.dataset.sending = "true";
  form.classList.add("is-sending");
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach((form) => {
  delete form.dataset.sending;
  form.classList.remove("is-sending");
}));

// --- money: dots while typing, plain digits when sent ----------------------------------------------------------------
const grouped = (raw) => {
  const minus = raw.trim().startsWith("-") ? "-" : "";
  const digits = raw.replace(/\D/g, "").replace(/^0+(?=\d)/, "");
  return digits ? minus + digits.replace(/\B(?=(\d{3})+(?!\d))/g, ".") : minus;
};
const raw = (value) => value.replace(/[^\d-]/g, "");
each("input[data-money]", (input) => {
  input.inputMode = "numeric";
  input.value = grouped(input.value);
});
on("input", "input[data-money]", (event, input) => {
  // Keep the caret behind the same digit when a dot appears before it.
  const behind = input.value.slice(input.selectionStart).replace(/\D/g, "").length;
  input.value = grouped(input.value);
  let at = input.value.length;
  for (let seen = 0; at > 0 && seen < behind; at -= 1) if (/\d/.test(input.value[at - 1])) seen += 1;
  input.setSelectionRange(at, at);
});
// Both ways of sending: a form's own data, and single elements htmx includes.
document.addEventListener("formdata", (event) => {
  // Rows repeat a name, so values are put back name by name.
  const repeated = new Map();
  for (const input of event.target.querySelectorAll("input[data-money][name]")) {
    if (!input.disabled) repeated.set(input.name, [...(repeated.get(input.name) ?? []), raw(input.value)]);
  }
  for (const [name, values] of repeated) {
    event.formData.delete(name);
    values.forEach((value) => event.formData.append(name, value));
  }
});
document.addEventListener("htmx:configRequest", (event) => {
  const single = event.detail.elt;
  if (single instanceof HTMLInputElement && single.dataset.money !== undefined) event.detail.parameters[single.name] = raw(single.value);
});

// --- phone ----------------------------------------------------------------------------------------------------------
const tick = (input, final) => {
  const number = normalise(input.value);
  const wrap = input.closest("[data-phone-field]") ?? input.parentElement;
  wrap.classList.toggle("is-good", Boolean(number));
  if (final && number) input.value = display(number);
};
each("input[data-phone]", (input) => { input.inputMode = "tel"; tick(input, true); });
on("input", "input[data-phone]", (event, input) => tick(input, false));
on("change", "input[data-phone]", (event, input) => tick(input, true));

// --- area -----------------------------------------------------------------------------------------------------------
each("[data-area]", area);

// --- live check of SKU, subdomain, number ------------------------------------------------------------------------------
// <div data-check data-url="/api/v1/store/variants/check-sku" data-param="sku" data-exclude="7"><input …><p data-check-status role="status"></p></div>
each("[data-check]", (root) => {
  const input = root.querySelector("input");
  const status = root.querySelector("[data-check-status]");
  const before = input.defaultValue; // what is typed before this script is there is checked as well
  let asked = 0;
  const say = (state, ...nodes) => {
    root.dataset.state = state;
    status.replaceChildren(...nodes);
  };
  const check = debounce(async () => {
    const value = input.value.trim();
    if (!value || value === before) return say("");
    const mine = ++asked;
    say("checking", text("checking"));
    const query = new URLSearchParams({ [root.dataset.param]: value });
    if (root.dataset.exclude) query.set("exclude", root.dataset.exclude);
    try {
      const { data, message } = await api(`${root.dataset.url}?${query}`);
      if (mine !== asked) return;
      if (data.available) return say("good", text("available"));
      const choices = (data.suggestions ?? []).slice(0, 3).map((word) => {
        const button = el("button", { type: "button", class: "link-button", text: word });
        button.addEventListener("click", () => {
          input.value = word;
          input.dispatchEvent(new Event("input", { bubbles: true }));
          input.focus();
        });
        return button;
      });
      say("bad", data.message || message || text("taken"), ...(choices.length ? [` ${text("try_these")}`] : []), ...choices);
    } catch (error) {
      if (mine === asked) say("unknown", error.status === 422 ? error.message : text("check_failed"));
    }
  }, 350);
  input.addEventListener("input", check);
  if (input.value !== before) check();
});

// --- pictures -------------------------------------------------------------------------------------------------------
// <div data-upload data-max-mb="8"><input type="file" accept="image/*"><div data-upload-preview></div><p data-upload-error role="alert"></p></div>
each("[data-upload]", (root) => {
  const input = root.querySelector("input[type=file]");
  const preview = root.querySelector("[data-upload-preview]");
  const error = root.querySelector("[data-upload-error]");
  const max = Number(root.dataset.maxMb || 8);
  const urls = [];
  const show = () => {
    urls.splice(0).forEach(URL.revokeObjectURL);
    error.textContent = "";
    const files = [...input.files];
    const bad = files.find((file) => !/^image\/(jpeg|png|webp|gif|heic)$/.test(file.type) && !(root.dataset.allow === "any"));
    const big = files.find((file) => file.size > max * 1024 * 1024);
    if (bad || big) {
      error.textContent = big ? text("file_too_big", { max }) : text("file_not_image");
      input.value = "";
      return;
    }
    preview.replaceChildren(...files.map((file) => {
      if (!file.type.startsWith("image/")) return el("span", { class: "upload-name", text: file.name });
      const url = URL.createObjectURL(file);
      urls.push(url);
      return el("img", { src: url, alt: file.name });
    }));
    root.classList.toggle("has-files", files.length > 0);
  };
  input.addEventListener("change", show);
  for (const type of ["dragover", "dragleave", "drop"]) {
    root.addEventListener(type, (event) => {
      event.preventDefault();
      root.classList.toggle("is-over", type === "dragover");
      if (type === "drop" && event.dataTransfer.files.length) {
        input.files = event.dataTransfer.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
  }
});

// --- repeatable rows ------------------------------------------------------------------------------------------------
// <div data-rows data-prefix="variants"><input name="variants-TOTAL_FORMS" …><div data-rows-list>…</div>
//   <template data-rows-template>… __prefix__ …</template><button data-rows-add>…</button></div>
each("[data-rows]", (root) => {
  const list = root.querySelector("[data-rows-list]");
  const template = root.querySelector("[data-rows-template]");
  const total = root.querySelector(`[name="${root.dataset.prefix}-TOTAL_FORMS"]`);
  const max = Number(root.dataset.max || 200);
  const shown = () => [...list.querySelectorAll("[data-row]")].filter((row) => !row.hidden);
  const update = () => {
    const add = root.querySelector("[data-rows-add]");
    if (add) add.disabled = shown().length >= max;
    shown().forEach((row, i) => row.querySelectorAll("[data-row-number]").forEach((node) => { node.textContent = i + 1; }));
  };
  root.addEventListener("click", (event) => {
    if (event.target.closest("[data-rows-add]")) {
      const index = total ? Number(total.value) : list.children.length;
      const holder = document.createElement("div");
      holder.innerHTML = template.innerHTML.replaceAll("__prefix__", index);
      const row = holder.firstElementChild;
      list.append(row);
      if (total) total.value = index + 1;
      row.dispatchEvent(new CustomEvent("bos:added", { bubbles: true }));
      row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
      root.dispatchEvent(new Event("input", { bubbles: true }));
      update();
    }
    const remove = event.target.closest("[data-rows-remove]");
    if (remove) {
      const row = remove.closest("[data-row]");
      const flag = row.querySelector('input[name$="-DELETE"]');
      // A saved row is only marked, so that the server removes it; a new one just goes.
      if (flag) { flag.checked = true; flag.value = "on"; row.hidden = true; } else row.remove();
      root.dispatchEvent(new Event("input", { bubbles: true }));
      root.querySelector("[data-rows-add]")?.focus();
      update();
    }
  });
  update();
});

// --- small ones -----------------------------------------------------------------------------------------------------
// A select or checkbox that sends its form at once (filters without JavaScript have their own button).
on("change", "[data-autosubmit]", (event, field) => field.form?.requestSubmit());
// The sort of narrow screens: each column begins with the end one most likely wants to see.
on("change", "[data-sort-by]", (event, select) => {
  select.form.elements.sort_dir.value = select.selectedOptions[0].dataset.first;
  select.form.elements.sort_dir.disabled = !select.value;
  select.form.requestSubmit();
});
// Back in the history the browser puts in again what was chosen when one left; the list is the address's, so are these.
addEventListener("pageshow", () => {
  for (const select of document.querySelectorAll("select[data-autosubmit], select[data-sort-by]")) {
    select.value = ([...select.options].find((option) => option.defaultSelected) ?? select.options[0]).value;
  }
});
// A field shown only for one value of another: data-show-when="kind=fixed|percent" (inside the same form).
each("[data-show-when]", (node) => {
  const [name, values] = node.dataset.showWhen.split("=");
  const form = node.closest("form") ?? document;
  const update = () => {
    const field = [...form.querySelectorAll(`[name="${name}"]`)];
    const value = field.length > 1 || field[0]?.type === "checkbox" ? field.find((f) => f.checked)?.value ?? "" : field[0]?.value;
    node.hidden = !values.split("|").includes(value);
  };
  form.addEventListener("change", update);
  update();
});
// The first field with an error gets the focus after a failed save.
each(".form-error-box", (box) => box.focus());
each("[data-show-password]", (button) => button.addEventListener("click", () => {
  const input = document.getElementById(button.dataset.showPassword);
  const hidden = input.type === "password";
  input.type = hidden ? "text" : "password";
  button.setAttribute("aria-pressed", String(hidden));
}));
