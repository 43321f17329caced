"""What people type and paste, made plain before anything judges it: one place for pages, API, imports and searches.

A number copied from WhatsApp carries direction marks that nobody sees, a code copied from a chat a dash that is no
hyphen, a cell of a spreadsheet an apostrophe in front. None of them is what the person meant. ``static/src/js/clean.js``
does the same for what is judged before it is sent.
"""

from __future__ import annotations

import re
import unicodedata

# what a text may hold besides letters so that emoji and some scripts stay whole: joiners and variation selectors
_JOINERS = frozenset("\u200c\u200d")
_APOSTROPHES = "'`\u00b4\u2018\u2019\u201a\u201b\u2032"
# joiners and selectors that join and select nothing
_LOOSE = re.compile(r"(?:^|(?<=[ -~\n\t]))[\u200c\u200d\ufe00-\ufe0f]+(?!\u20e3)")
_PLAIN = re.compile(r"[ -~]*")


def line(text: str) -> str:
    """A name or an address on one line: no invisible marks, no control characters, single spaces. Letters stay."""
    if _PLAIN.fullmatch(text):
        return " ".join(text.split())
    kept = "".join(_seen(c) for c in unicodedata.normalize("NFC", text))
    return " ".join(_LOOSE.sub("", kept).split())


def lines(text: str) -> str:
    """A longer text: as :func:`line`, but its ends of lines and its spaces stay."""
    if _PLAIN.fullmatch(text):
        return text.strip()
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _LOOSE.sub("", "".join(c if c in "\n\t" else _seen(c) for c in text)).strip()


def _seen(char: str) -> str:
    if char in _JOINERS or (char.isascii() and char.isprintable()):
        return char
    kind = unicodedata.category(char)
    if kind in ("Zs", "Zl", "Zp") or char in "\t\n\r\v\f\x85":
        return " "
    return "" if kind in ("Cc", "Cf", "Cs") else char


def code(text: str) -> str:
    """A code, number, address or search text: every look-alike of a digit, letter, dash or space is the plain one."""
    if not _PLAIN.fullmatch(text):
        text = "".join(_plain(c) for c in unicodedata.normalize("NFKC", text))
    return " ".join(text.split()).lstrip(_APOSTROPHES).strip()


def _plain(char: str) -> str:
    if char.isascii() and char.isprintable():
        return char
    kind = unicodedata.category(char)
    if kind == "Nd":
        return str(unicodedata.decimal(char))
    if kind == "Pd" or char == "\u2212":
        return "-"
    if kind in ("Zs", "Zl", "Zp") or char in "\t\n\r\v\f\x85":
        return " "
    if kind in ("Cc", "Cf", "Cs", "Me") or unicodedata.name(char, "").startswith("VARIATION SELECTOR"):
        return ""
    return char


def email(text: str) -> str:
    """An e-mail address as it is kept: small letters, nothing around it."""
    return re.sub(r"^(?:mailto:)\s*", "", code(text), flags=re.IGNORECASE).strip("<> ").lower()


def subdomain(text: str) -> str:
    """A store's name in its address as typed: small letters."""
    return code(text).lower()


def keyword(text: str) -> str:
    """A search text of one line."""
    # an apostrophe in front belongs to what is looked for (’Aisyah), only a spreadsheet's codes have one too many
    head = text.lstrip()[:1]
    return head * (head in "'`") + code(text)


def same(text: str) -> str:
    """What two codes have in common that differ only in case and in what nobody sees."""
    return code(text).lower()


# what stands around an amount: Rp 35.000,- · IDR 35.000 · 35.000 rupiah
_MONEY = re.compile(r"^(-?)\s*(?:rp\.?|idr)?\s*|(?:,\s?[-=–]{1,2}|\.-{1,2})?\s*(?:rp|idr|rupiah)?\.?$", re.I)
# 1.234.567 · 1,234,567 · 1 234 567 · 1234567, each with cents of zero
_GROUPED = re.compile(
    r"^(-?\d{1,3}(?:\.\d{3})+)(?:,0{1,2})?$|^(-?\d{1,3}(?:,\d{3})+)(?:\.0{1,2})?$|^(-?\d{1,3}(?: \d{3})+)(?:[.,]0{1,2})?$"
)
_WHOLE = re.compile(r"^(-?\d{1,15})(?:[.,]0{1,2})?$")


def whole_of(text: str) -> int | None:
    """A whole number or an amount in rupiah, however it is written; None for anything else
    (``12.5`` is no amount in rupiah, and surely not 125)."""
    if any(unicodedata.category(sign) == "No" for sign in text):
        return None  # 5² must not become 52
    bare = _MONEY.sub(lambda m: m[1] or "", code(text)).strip()
    if match := _WHOLE.match(bare):
        return int(match[1])
    if match := _GROUPED.match(bare):
        return int(re.sub(r"[., ]", "", next(filter(None, match.groups()))))
    return None
