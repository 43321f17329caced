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


class WholeField(forms.IntegerField):
    """A whole number or an amount in rupiah as people write it: Django's own field makes 20 of ``20.000``."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip():
            found = cleaning.whole_of(value)
            if found is None:
                raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
            return found
        return super().to_python(value)


class CodePattern(forms.RegexField):
    def to_python(self, value: Any) -> Any:
        return cleaning.code(super().to_python(value) or "")


class PhoneField(CodeField):
    """A phone number as typed; the service makes E.164 of it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": phone.LENGTH, **kwargs})
