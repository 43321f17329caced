"""Fields of pages that clean what was pasted before they judge it (:mod:`bosonline.cleaning`)."""

from __future__ import annotations

from typing import Any

from django import forms

from bosonline import cleaning, phone


class EmailField(forms.EmailField):
    def to_python(self, value: Any) -> Any:
        return cleaning.email(super().to_python(value) or "")


class CodeField(forms.CharField):
    """A code or a phone number."""

    def to_python(self, value: Any) -> Any:
        return cleaning.code(super().to_python(value) or "")


class CodePattern(forms.RegexField):
    def to_python(self, value: Any) -> Any:
        return cleaning.code(super().to_python(value) or "")


class PhoneField(CodeField):
    """A phone number as typed; the service makes E.164 of it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": phone.LENGTH, **kwargs})
