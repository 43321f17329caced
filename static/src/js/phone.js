// The same reading of a phone number as bosonline/phone.py, good enough for a tick; the server decides.
import { code } from "./clean.js";

// what stands around a number in chats, on cards and in links
const WORDS = new RegExp(
  "https?://(?:api\\.)?(?:wa\\.me|whatsapp\\.com)/(?:send/?\\?phone=)?|wa\\.me/|(?:tel|callto|sms):"
  + "|\\b(?:whatsapp|wa|w\\.a|telepon|telp|tlp|tel|hp|handphone|no|nomor|nomer|phone|mobile)\\b\\.?", "gi");
const NATIONAL = /^(?:8[1-35-9]\d{7,10}|[2-79]\d{6,10})$/;

/** "0812…", "62812…", "+62 812-…", "0062…", "WA 0812…" → "+62812…", or null. */
export function normalise(raw) {
  let value = code(raw.slice(0, 80)).replace(WORDS, " ").replace(/^[ :;,.'"]+|[ :;,.'"]+$/g, "");
  value = value.replace(/^(\+?\d{9,15})[.,]0{1,2}$/, "$1");
  let digits = value.replace(/\D/g, "");
  if (digits.length < 8 || digits.length > 17 || /[^\d\s()+\-./,'_~]/.test(value)) return null;
  let abroad = /^[( ]*\+/.test(value) && !digits.startsWith("0");
  if (digits.startsWith("00")) {
    abroad = true;
    digits = digits.replace(/^0+/, "");
  }
  let national;
  if (digits.startsWith("62")) national = digits.slice(2).replace(/^0+/, "");
  else if (abroad) return digits.length >= 8 && digits.length <= 15 ? `+${digits}` : null;
  else national = digits.replace(/^0/, "");
  return NATIONAL.test(national) ? `+62${national}` : null;
}

/** "+6281234567890" → "0812-3456-7890". */
export function display(e164) {
  if (!e164.startsWith("+62")) return e164;
  const local = `0${e164.slice(3)}`;
  return [local.slice(0, 4), local.slice(4, 8), local.slice(8)].filter(Boolean).join("-");
}
