// The form editor: sections on the left, the real page in the middle, settings on the right; saves itself while one works.
import { api } from "../api.js";
import { text } from "../dom.js";
import { at, local, moment, put, show, take, useZone } from "./bind.js";
import { learn } from "./choice.js";
import { parts } from "./parts.js";
import { preview } from "./preview.js";
import { keyed, rows } from "./rows.js";

const WAIT = 600;
const json = (id) => JSON.parse(document.getElementById(id).textContent);
const toast = (message, kind = "success") => document.body.dispatchEvent(new CustomEvent("toast", { bubbles: true, detail: { message, kind } }));

function icon(name) {
  const source = document.querySelector("svg use")?.getAttribute("href")?.split("#")[0] ?? "";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon icon-sm");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${source}#${name}`);
  svg.append(use);
  return svg;
}

const send = async (url, body) => (await api(url, { method: "PUT", body })).data;

function start(root) {
  const data = json("editor-data");
  const content = data.content;
  useZone(data.time_zone);
  learn(data.variants);
  const saved = document.querySelector("[data-editor-saved]");
  const frame = preview(document.querySelector("[data-phone-frame]"), data.preview_url);
  let rev = data.draft_rev;
  let name = data.name;
  let timer = 0;
  let busy = null;
  let dirty = false;
  let stopped = !data.may_edit;

  // --- saving --------------------------------------------------------------------------------------------------------
  const say = (key, values) => { saved.textContent = key ? text(key, values) : ""; };
  const clock = () => new Date().toLocaleTimeString("id-ID", { hour: "2-digit", minute: "2-digit" });
  const published = (answer) => { data.changed = answer.changed; data.published = answer.published; };
  // the pictures of what is sold now; one that was uploaded or is shown stays
  const pictures = (images) => {
    if (!images) return;
    const kept = data.images.filter((image) => (image.uploaded || content.image_ids.includes(image.id)) && !images.some((one) => one.id === image.id));
    data.images = [...kept, ...images];
    drawImages();
  };

  async function save(extra = {}) {
    clearTimeout(timer);
    if (busy) await busy.catch(() => {});
    dirty = false;
    say("editor_saving");
    busy = send(data.draft_url, { content, name, draft_rev: rev, ...extra });
    try {
      const answer = await busy;
      rev = answer.draft_rev;
      published(answer);
      pictures(answer.images);
      clearErrors();
      say(data.changed ? "editor_saved" : "editor_live", { time: clock() });
      frame.refresh();
      return answer;
    } catch (error) {
      if (error.data?.code === "draft_changed") { stopped = true; say("editor_elsewhere"); toast(error.message, "error"); }
      else if (error.data?.errors && Object.keys(error.data.errors).length) { dirty = true; mark(error.data.errors); say("editor_not_saved"); }
      else if (error.status === 409) { dirty = true; saved.textContent = error.message; toast(error.message, "error"); } // another tab's store
      else { dirty = true; say("editor_offline"); timer = setTimeout(() => save().catch(() => {}), 5000); }
      throw error;
    } finally {
      busy = null;
    }
  }
  const changed = () => {
    if (stopped) return;
    dirty = true;
    say("editor_typing");
    clearTimeout(timer);
    timer = setTimeout(() => save().catch(() => {}), WAIT);
  };
  addEventListener("beforeunload", (event) => { if (dirty && !stopped) { event.preventDefault(); event.returnValue = text("unsaved"); } });
  document.addEventListener("visibilitychange", () => { if (document.hidden && dirty && !stopped) save().catch(() => {}); });

  // --- errors at their fields --------------------------------------------------------------------------------------------
  function clearErrors() {
    for (const note of root.querySelectorAll("[data-made-error]")) note.remove();
    for (const input of root.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
    for (const button of document.querySelectorAll(".has-problem")) button.classList.remove("has-problem");
    document.querySelector("[data-editor-problems]").hidden = true;
  }
  /** The input a path like `packages.0.items.1.qty` or `bump.title` means. */
  function inputOf(path) {
    const exact = root.querySelector(`[data-path="${path}"]`);
    if (exact) return exact;
    const keys = path.split(".");
    let scope = root.querySelector(`[data-repeat="${keys[0]}"]`);
    for (let n = 1; scope && n < keys.length; n += 2) {
      const row = scope.querySelector(`:scope > [data-repeat-rows] > [data-index="${keys[n]}"]`);
      if (!row) return scope.querySelector("[data-add]");
      const next = row.querySelector(`[data-sublist="${keys[n + 1]}"]`);
      if (!next) return row.querySelector(`[data-item="${keys[n + 1]}"]`) ?? row.querySelector("[data-item]");
      scope = next;
      if (n + 2 >= keys.length) return scope.querySelector("[data-add]");
    }
    while (keys.length > 1) {
      keys.pop();
      const near = root.querySelector(`[data-path="${keys.join(".")}"]`);
      if (near) return near;
    }
    return root.querySelector(`[data-path^="${keys[0]}"], [data-keyed="${keys[0]}"] input`);
  }
  function mark(errors) {
    clearErrors();
    let first = null;
    for (const [path, messages] of Object.entries(errors)) {
      const input = inputOf(path);
      if (!input) { toast(messages[0], "error"); continue; }
      input.setAttribute("aria-invalid", "true");
      const note = Object.assign(document.createElement("p"), { className: "field-error", textContent: messages.join(" ") });
      note.dataset.madeError = "";
      (input.closest("label") ?? input).after(note);
      const panel = input.closest("[data-panel]");
      if (panel) document.querySelectorAll(`[data-panel-open="${panel.dataset.panel}"]`).forEach((button) => button.classList.add("has-problem"));
      first ??= input;
    }
    return first;
  }

  // --- panels and tabs -------------------------------------------------------------------------------------------------------
  let current = "";
  const pane = (key) => {
    root.dataset.pane = key;
    for (const tab of document.querySelectorAll("[data-editor-tab]")) tab.setAttribute("aria-selected", String(tab.dataset.editorTab === key));
  };
  function open(key, { focus = true } = {}) {
    const panel = root.querySelector(`[data-panel="${key}"]`);
    if (!panel) return;
    current = key;
    for (const other of root.querySelectorAll("[data-panel]")) other.hidden = other !== panel;
    for (const button of document.querySelectorAll("[data-panel-open]")) button.classList.toggle("is-open", button.dataset.panelOpen === key);
    if (focus) { pane("settings"); panel.querySelector("h2").scrollIntoView({ block: "nearest" }); }
    history.replaceState(null, "", `#${key}`);
  }
  for (const tab of document.querySelectorAll("[data-editor-tab]")) tab.addEventListener("click", () => pane(tab.dataset.editorTab));
  document.querySelectorAll(".parts-fixed [data-panel-open]").forEach((button) => button.addEventListener("click", () => open(button.dataset.panelOpen)));

  // --- values ------------------------------------------------------------------------------------------------------------------
  const conditions = () => {
    for (const node of root.querySelectorAll("[data-path-when]")) {
      const [path, values] = node.dataset.pathWhen.split("=");
      node.hidden = !values.split("|").includes(at(content, path));
    }
  };
  for (const input of root.querySelectorAll("[data-path]")) {
    if (input.dataset.path.startsWith("bump.") && !content.bump) continue;
    show(input, content, input.dataset.path);
  }
  root.addEventListener("input", (event) => {
    const input = event.target.closest("[data-path]");
    if (!input) return;
    take(input, content, input.dataset.path);
    if (input.dataset.path === "buyer_fields.note.show") content.note_enabled = input.checked;
    conditions();
    changed();
  });
  for (const list of root.querySelectorAll("[data-repeat]")) rows(list, (content[list.dataset.repeat] ??= []), changed);
  for (const row of root.querySelectorAll("[data-keyed]")) keyed(row, content, changed);
  for (const toggle of root.querySelectorAll("[data-object]")) {
    const part = root.querySelector(`[data-object-part="${toggle.dataset.object}"]`);
    const draw = () => {
      const value = content[toggle.dataset.object];
      toggle.checked = Boolean(value);
      part.hidden = !value;
      if (value) for (const input of part.querySelectorAll("[data-path]")) show(input, content, input.dataset.path);
    };
    toggle.addEventListener("input", () => { put(content, toggle.dataset.object, toggle.checked ? JSON.parse(toggle.dataset.new) : null); draw(); changed(); });
    draw();
  }
  const nameBox = root.querySelector("[data-form-name]");
  nameBox.value = name;
  nameBox.addEventListener("input", () => {
    name = nameBox.value.trim() || name;
    document.querySelector(".editor-title").textContent = name;
    changed();
  });
  root.querySelector("[data-colour-clear]").addEventListener("click", () => { content.theme = ""; changed(); });
  conditions();

  // --- pictures -----------------------------------------------------------------------------------------------------------------
  const picks = root.querySelector("[data-images]");
  const drawImages = () => picks.replaceChildren(...data.images.map((image) => {
    const chosen = content.image_ids.indexOf(image.id);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "pick-image";
    button.setAttribute("aria-pressed", String(chosen >= 0));
    button.setAttribute("aria-label", image.alt || text("editor_picture", { n: data.images.indexOf(image) + 1 }));
    button.append(Object.assign(document.createElement("img"), { src: image.thumb, alt: "", width: 72, height: 72, loading: "lazy" }));
    if (chosen >= 0) button.append(Object.assign(document.createElement("span"), { textContent: chosen + 1 }));
    button.addEventListener("click", () => {
      content.image_ids = chosen >= 0 ? content.image_ids.filter((id) => id !== image.id) : [...content.image_ids, image.id].slice(0, 12);
      drawImages();
      changed();
    });
    return button;
  }));
  drawImages();
  root.querySelector("[data-image-upload]").addEventListener("change", async (event) => {
    const problem = root.querySelector("[data-image-error]");
    const body = new FormData();
    body.append("image", event.target.files[0]);
    event.target.disabled = true;
    problem.hidden = true;
    try {
      const { data: image } = await api(data.image_url, { method: "POST", body });
      data.images.unshift({ ...image, uploaded: true });
      content.image_ids.push(image.id);
      drawImages();
      changed();
    } catch (error) {
      problem.textContent = error.message || text("server_error");
      problem.hidden = false;
    }
    event.target.disabled = false;
    event.target.value = "";
  });

  // --- sections ------------------------------------------------------------------------------------------------------------------
  const list = document.querySelector("[data-parts]");
  parts({
    list,
    adding: document.querySelector("[data-parts-add]"),
    heard: document.querySelector("[data-parts-heard]"),
    known: json("editor-sections"),
    words: { up: text("editor_up"), down: text("editor_down"), remove: text("editor_remove"), moved: (name, n, all) => text("editor_moved", { name, n, all }) },
    editable: data.may_edit,
    icon,
    open,
    read: () => [...content.sections],
    write: (order) => { content.sections = order; content.voucher_enabled = order.includes("voucher"); changed(); },
  });
  list.addEventListener("parts:drawn", () => list.querySelector(`[data-panel-open="${current}"]`)?.classList.add("is-open"));

  // --- link, schedule, quota: at once ----------------------------------------------------------------------------------------------
  for (const input of root.querySelectorAll("[data-now][data-value]")) input.value = local(input.dataset.value);
  root.querySelector("[data-now-save]")?.addEventListener("click", async () => {
    const value = (key) => root.querySelector(`[data-now="${key}"]`).value.trim();
    try {
      await send(data.draft_url, { slug: value("slug"), opens_at: moment(value("opens_at")), closes_at: moment(value("closes_at")), quota: value("quota") ? Number(value("quota")) : null });
      toast(text("editor_settings_saved"));
      if (value("slug") !== root.querySelector('[data-now="slug"]').defaultValue) location.reload();
    } catch (error) {
      clearErrors();
      for (const [key, messages] of Object.entries(error.data?.errors ?? {})) {
        const input = root.querySelector(`[data-now="${key}"]`);
        if (!input) continue;
        const note = Object.assign(document.createElement("p"), { className: "field-error", textContent: messages.join(" ") });
        note.dataset.madeError = "";
        input.setAttribute("aria-invalid", "true");
        input.after(note);
      }
      toast(error.message, "error");
    }
  });

  // --- publishing -------------------------------------------------------------------------------------------------------------------
  const box = document.querySelector("[data-editor-problems]");
  document.querySelector("[data-editor-publish]")?.addEventListener("click", async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    try {
      await save({ publish: true });
      toast(text("editor_published"));
      location.reload();
    } catch (error) {
      const errors = error.data?.errors ?? {};
      if (Object.keys(errors).length) {
        const first = mark(errors);
        box.querySelector("ul").replaceChildren(...Object.values(errors).flat().map((message) => Object.assign(document.createElement("li"), { textContent: message })));
        box.hidden = false;
        const panel = first?.closest("[data-panel]");
        if (panel) open(panel.dataset.panel);
        box.focus();
      } else toast(error.message, "error");
    }
    button.disabled = false;
  });
  // a link of the doctor's that leads into this very page
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-fix]");
    if (!link || new URL(link.href).pathname !== location.pathname) return;
    event.preventDefault();
    link.closest("dialog")?.close();
    const path = new URL(link.href).hash.slice(1);
    const panel = root.querySelector(`[data-panel="${CSS.escape(path)}"]`) ?? inputOf(path)?.closest("[data-panel]");
    if (panel) open(panel.dataset.panel);
  });

  open(root.querySelector(`[data-panel="${CSS.escape(location.hash.slice(1) || "headline")}"]`) ? location.hash.slice(1) || "headline" : "headline", { focus: Boolean(location.hash.slice(1)) });
  say(data.published ? (data.changed ? "editor_unpublished" : "editor_live") : "editor_never");
  root.dataset.ready = "true";
}

const root = document.querySelector("[data-editor]");
if (root) start(root);

// --- the success page's editor: its preview follows what is typed -----------------------------------------------------------
const holder = document.querySelector("[data-success-preview]");
if (holder) {
  const form = document.querySelector("[data-success]");
  let timer = 0;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const values = new FormData(form);
      const query = new URLSearchParams({ message: values.get("message") ?? "", kind: values.get("kind") ?? "page" });
      preview(holder, `${holder.dataset.successPreview}?${query}`).refresh();
    }, 400);
  });
}
