"""Indonesian phone numbers: accepted in any usual form, stored as E.164 (product.md §4)."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

_DIGITS = re.compile(r"\D+")


class InvalidPhone(ValueError):
    """The text is not a phone number that can exist."""


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """``0812…``, ``62812…``, ``+62 812-…``, ``812…`` → ``+62812…``. Raises :class:`InvalidPhone`."""
    raw = text.strip()[:40]
    digits = _DIGITS.sub("", raw)
    if not 8 <= len(digits) <= 15 or re.search(r"[^\d\s()+\-.]", raw):
        raise InvalidPhone(text)
    if raw.startswith("+"):
        candidate = "+" + digits
    elif digits.startswith("620"):
        candidate = "+62" + digits[3:]
    elif digits.startswith("62"):
        candidate = "+" + digits
    elif digits.startswith("0"):
        candidate = "+62" + digits[1:]
    else:
        candidate = "+62" + digits
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
    digits = _DIGITS.sub("", text)
    if len(digits) < 4 or re.search(r"[A-Za-z]", text):
        return None
    return re.sub(r"^(620?|0)", "", digits)
