"""Fields that clean what was pasted before they judge it (:mod:`bosonline.cleaning`)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from bosonline import cleaning, phone


def _typed(text: str) -> str:
    """A NUL byte is an attack or a fault, never a paste: it is refused as everywhere else."""
    if "\x00" in text:
        raise serializers.ValidationError(_("Null characters are not allowed."))
    return text


class EmailField(serializers.EmailField):
    def to_internal_value(self, data: Any) -> str:
        return cleaning.email(_typed(super().to_internal_value(data)))


class LineField(serializers.CharField):
    """A name or an address on one line."""

    def to_internal_value(self, data: Any) -> str:
        return cleaning.line(_typed(super().to_internal_value(data)))


class CodeField(serializers.CharField):
    """A SKU, voucher code, receipt number …"""

    def to_internal_value(self, data: Any) -> str:
        return cleaning.code(_typed(super().to_internal_value(data)))


class CodePattern(serializers.RegexField):
    """A code of one shape."""

    def to_internal_value(self, data: Any) -> str:
        return cleaning.code(_typed(super().to_internal_value(data)))


class PhoneField(CodeField):
    """A phone number as typed; the service makes E.164 of it and says what is wrong at its field."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": phone.LENGTH, **kwargs})
