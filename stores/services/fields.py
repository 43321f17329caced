"""Checks that several of the store's services share."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bosonline.errors import ValidationFailed
from bosonline.phone import InvalidPhone, normalise


def phone_or_error(text: str, field: str) -> str:
    """E.164, or an error at ``field``."""
    try:
        return normalise(text)
    except InvalidPhone:
        raise ValidationFailed.field(field, _("The phone number is not valid, for example 081234567890.")) from None


def filled(text: str, field: str, *, low: int = 1, message: str = "") -> str:
    """``text`` without spaces around it, or an error at ``field`` when shorter than ``low``."""
    text = text.strip()
    if len(text) < low:
        raise ValidationFailed.field(field, message or _("Fill this in."))
    return text
