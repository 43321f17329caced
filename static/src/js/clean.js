// What people type and paste, made plain before the page judges it: the same as bosonline/cleaning.py.

const digitOf = (char) => {
  // the digits of every script stand together, zero first
  const point = char.codePointAt(0);
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(point - value - 1))) value += 1;
  return String(value);
};

/** A code, number or address: every look-alike of a digit, letter, dash or space is the plain one. */
export function code(text) {
  return text.normalize("NFKC")
    .replace(/[\p{Zs}\p{Zl}\p{Zp}\t\n\r\v\f\u0085]/gu, " ")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Me}\u180b-\u180f\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu, "")
    .replace(/[\p{Pd}\u2212]/gu, "-")
    .replace(/[^\x20-\x7e]/gu, (char) => (/\p{Nd}/u.test(char) ? digitOf(char) : char))
    .replace(/ +/g, " ").trim()
    .replace(/^['`\u00b4\u2018\u2019\u201a\u201b\u2032]+/, "").trim();
}

/** An e-mail address as it is kept. */
export const email = (text) => code(text).replace(/^mailto:\s*/i, "").replace(/^[<> ]+|[<> ]+$/g, "").toLowerCase();
