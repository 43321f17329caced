"""Winpay's amounts, names and moments against ours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from decimal import ROUND_FLOOR, Decimal
from typing import Any

WIB = timezone(timedelta(hours=7))


class UnreadableAmount(ValueError):
    """An amount that is no plain number of rupiah; ``text`` is what was written."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def amount_text(rupiah: int) -> dict[str, str]:
    return {"value": f"{rupiah}.00", "currency": "IDR"}


def rupiah_of(value: Any) -> tuple[int, str]:
    """``{"value": "10000.37", "currency": "IDR"}`` → 10000 and "10000.37": whole rupiah and what was written.

    Raises :class:`UnreadableAmount` for anything but a plain number below a quadrillion in rupiah.
    """
    if not isinstance(value, Mapping):
        raise UnreadableAmount(str(value)[:60] if value is not None else "")
    written = value.get("value")
    text = "" if written is None else str(written).strip()
    plain = re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,10})?", text) and not isinstance(written, bool)
    if not plain or value.get("currency") != "IDR":
        raise UnreadableAmount(f"{value.get('currency')} {text}"[:60])
    return int(Decimal(text).to_integral_value(ROUND_FLOOR)), text


def text_of(value: Any) -> str:
    """A name or number of theirs as text; empty for what is none. Its length is the reader's to judge."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**40 else ""


def moment_of(value: Any) -> datetime | None:
    """A moment of theirs; without a zone it is Jakarta's. None for what is none, or none of this century."""
    try:
        moment = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        return None
    if not 2001 <= moment.year <= 2099:
        return None
    return moment.replace(tzinfo=WIB) if moment.tzinfo is None else moment


def stamp(moment: datetime) -> str:
    return moment.astimezone(WIB).isoformat(timespec="seconds")


def va_name(name: str) -> str:
    """The buyer's name as a VA may carry it: 5–24 of letters, digits, ``_ - space``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"\s+", " ", re.sub(r"[^A-Za-z0-9_\- ]", " ", plain)).strip()[:24].strip()
    return plain if len(plain) >= 5 else f"Pembeli {plain}".strip()
