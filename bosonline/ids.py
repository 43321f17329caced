"""Public identifiers."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

# Crockford's alphabet: no I, L, O, U, so that a number can be read out over the phone.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_WIB = timedelta(hours=7)


def order_number(now: datetime) -> str:
    """``261124-7KQ2M9``: the WIB day and six random characters (a thousand million a day)."""
    day = (now + _WIB).strftime("%y%m%d")
    bits = secrets.randbits(30)
    return f"{day}-" + "".join(_ALPHABET[(bits >> shift) & 31] for shift in range(0, 30, 5))


def public_token() -> str:
    """128 random bits, URL-safe: links that must not be guessed."""
    return secrets.token_urlsafe(16)
