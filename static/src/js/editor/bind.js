// Inputs ↔ content. `data-path="a.b"` names a value of the whole content, `data-item` one of its row; `data-kind` how it reads.
const digits = (text) => {
  const minus = text.trim().startsWith("-") || text.trim().startsWith("−") ? -1 : 1;
  const plain = text.replace(/\D/g, "");
  return plain ? minus * Number(plain) : 0;
};
export const grouped = (value) => (value === null || value === undefined ? "" : String(value).replace(/\B(?=(\d{3})+(?!\d))/g, "."));
// Dates are typed and shown in the store's zone, wherever the browser is. Indonesian zones have no summer time.
let zone = "Asia/Jakarta";
export const useZone = (name) => { zone = name; };
/** A moment's date and clock in the store's zone, as `datetime-local` wants it. */
const local = (iso) => (iso ? new Date(iso).toLocaleString("sv-SE", { timeZone: zone }).replace(" ", "T").slice(0, 16) : "");
export const moment = (text) => {
  if (!text) return null;
  const asUtc = new Date(`${text}Z`);
  const offset = new Date(`${local(asUtc)}Z`) - asUtc;
  return new Date(asUtc - offset).toISOString();
};
export { local };

export const at = (root, path) => path.split(".").reduce((value, key) => (value === null || value === undefined ? value : value[key]), root);
export function put(root, path, value) {
  const keys = path.split(".");
  const last = keys.pop();
  const target = keys.reduce((object, key) => (object[key] ??= {}), root);
  target[last] = value;
}

const KINDS = {
  text: [(value) => value ?? "", (input) => input.value],
  int: [(value) => value ?? "", (input) => digits(input.value)],
  money: [(value) => grouped(value ?? 0), (input) => digits(input.value)],
  "money-null": [(value) => grouped(value), (input) => (input.value.trim() ? digits(input.value) : null)],
  lines: [(value) => (value ?? []).join("\n"), (input) => input.value.split("\n").map((line) => line.trim()).filter(Boolean)],
  moment: [local, (input) => moment(input.value)],
  colour: [(value) => value || "#0f766e", (input) => input.value],
};

/** Shows the value of `object` in an input. */
export function show(input, object, path) {
  const kind = input.dataset.kind ?? "text";
  const value = at(object, path);
  if (kind === "bool") input.checked = Boolean(value);
  else if (kind === "ints" || kind === "strs") input.checked = (value ?? []).some((one) => String(one) === input.value);
  else input.value = KINDS[kind][0](value);
}

/** Writes what was typed into `object`. */
export function take(input, object, path) {
  const kind = input.dataset.kind ?? "text";
  if (kind === "bool") return put(object, path, input.checked);
  if (kind === "ints" || kind === "strs") {
    const one = kind === "ints" ? Number(input.value) : input.value;
    const rest = (at(object, path) ?? []).filter((other) => other !== one);
    return put(object, path, input.checked ? [...rest, one] : rest);
  }
  put(object, path, KINDS[kind][1](input));
  if (kind === "money" || kind === "money-null") {
    const value = at(object, path);
    if (input.value.trim() !== "-") input.value = value === null || (value === 0 && !/\d/.test(input.value)) ? "" : grouped(value);
  }
}
