"""Form fields of pages: choosing products."""

from __future__ import annotations

from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from catalog import queries
from catalog.models import Product


class ProductPicker(forms.SelectMultiple):
    """Tick boxes of products with a search, for stores of any size."""

    use_fieldset = True

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        ids = [int(pk) for pk in value or () if str(pk).isdecimal() and len(str(pk)) < 19]
        choices = queries.product_choices(ids=ids)
        context = {"choices": choices, "url": reverse("choices", args=["produk"]), "name": name}
        return SafeString(render_to_string("catalog/picker.html", context))


class ProductsField(forms.ModelMultipleChoiceField):
    """Any number of the store's living products. Made inside a request: it reads the current store's."""

    widget = ProductPicker

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Product.objects.none(), required=False, **kwargs)

    def clean(self, value: Any) -> Any:
        self.queryset = Product.objects.filter(deleted_at__isnull=True)
        return super().clean(value)
