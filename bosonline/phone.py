"""Indonesian phone numbers: accepted in any usual form, stored as E.164 (product.md §4)."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

from bosonline import cleaning

_DIGITS = re.compile(r"\D+")
# what stands around a number in chats, on cards and in links
_WORDS = re.compile(
    r"https?://(?:api\.)?(?:wa\.me|whatsapp\.com)/(?:send/?\?phone=)?|wa\.me/|(?:tel|callto|sms):"
    r"|\b(?:whatsapp|wa|w\.a|telepon|telp|tlp|tel|hp|handphone|no|nomor|nomer|phone|mobile)\b\.?",
    re.IGNORECASE,
)
_FLOAT = re.compile(r"(\+?\d{9,15})[.,]0{1,2}")
LENGTH = 80  # the longest text in which a number is looked for


class InvalidPhone(ValueError):
    """The text is not a phone number that can exist."""


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """``0812…``, ``62812…``, ``+62 812-…``, ``0062…``, ``WA 0812…`` → ``+62812…``. Raises :class:`InvalidPhone`.

    ``static/src/js/phone.js`` reads a number in the same way; tests/data/phones.json holds both to it.
    """
    raw = cleaning.code(text[:LENGTH])
    raw = _WORDS.sub(" ", raw).strip(" :;,.'\"")
    if match := _FLOAT.fullmatch(raw):  # a spreadsheet took the number for an amount
        raw = match[1]
    digits = _DIGITS.sub("", raw)
    if not 8 <= len(digits) <= 17 or re.search(r"[^\d\s()+\-./,'_~]", raw):
        raise InvalidPhone(text)
    abroad = raw.lstrip("( ").startswith("+") and not digits.startswith("0")
    if digits.startswith("00"):  # how one dials abroad
        abroad, digits = True, digits.lstrip("0")
    if digits.startswith("620"):
        candidate = "+62" + digits[2:].lstrip("0")
    elif abroad or digits.startswith("62"):
        candidate = "+" + digits
    else:
        candidate = "+62" + digits.removeprefix("0")
    try:
        parsed = phonenumbers.parse(candidate, "ID")
    except phonenumbers.NumberParseException as exc:
        raise InvalidPhone(text) from exc
    if not phonenumbers.is_valid_number(parsed):
        raise InvalidPhone(text)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def is_mobile(e164: str) -> bool:
    """Whether the number can carry WhatsApp by its range (format only; no gateway is asked)."""
    kind = phonenumbers.number_type(phonenumbers.parse(e164, "ID"))
    return kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


def display(e164: str) -> str:
    """``+6281234567890`` → ``0812-3456-7890``; foreign numbers stay as they are."""
    if not e164.startswith("+62"):
        return e164
    local = "0" + e164[3:]
    return "-".join(part for part in (local[:4], local[4:8], local[8:]) if part)


def masked(e164: str) -> str:
    """``0812-••••-7890``: for roles without the right to see the full number."""
    shown = display(e164)
    parts = shown.split("-")
    if len(parts) < 3:
        return shown[:4] + "••••"
    return f"{parts[0]}-••••-{parts[-1]}"


def search_digits(text: str) -> str | None:
    """The national digits a phone search should look for, or None when the text is not phone-like."""
    text = _WORDS.sub(" ", cleaning.code(text))
    digits = _DIGITS.sub("", text)
    if len(digits) < 4 or re.search(r"[A-Za-z]", text):
        return None
    return re.sub(r"^(0*620*|0+)", "", digits)
