// The same reading of a phone number as bosonline/phone.py, good enough for a tick; the server decides.

/** "0812…", "62812…", "+62 812-…", "812…" → "+62812…", or null. */
export function normalise(raw) {
  const value = raw.trim();
  if (!value || /[^\d\s()+\-.]/.test(value)) return null;
  const digits = value.replace(/\D/g, "");
  let national;
  if (value.startsWith("+") && !digits.startsWith("62")) return digits.length >= 8 && digits.length <= 15 ? `+${digits}` : null;
  if (digits.startsWith("620")) national = digits.slice(3);
  else if (digits.startsWith("62")) national = digits.slice(2);
  else if (digits.startsWith("0")) national = digits.slice(1);
  else national = digits;
  return /^8\d{7,11}$/.test(national) ? `+62${national}` : null;
}

/** "+6281234567890" → "0812-3456-7890". */
export function display(e164) {
  if (!e164.startsWith("+62")) return e164;
  const local = `0${e164.slice(3)}`;
  return [local.slice(0, 4), local.slice(4, 8), local.slice(8)].filter(Boolean).join("-");
}
