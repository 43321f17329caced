"""Products and variants to choose from: what is chosen, then what matches the typed words. For pickers on pages."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypedDict

from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _

from catalog.models import Product, Variant

__all__ = ["Choices", "product_choices", "variant_choices"]

SHOWN = 30  # without a search; more than this is found by typing


class Choice(TypedDict):
    id: int
    name: str
    price: int | None  # rupiah; None where there is no single price
    note: str  # why it cannot be sold now, or nothing
    chosen: bool


class Choices(TypedDict):
    rows: list[Choice]
    more: bool  # there is more than these rows


def product_choices(keyword: str = "", ids: Collection[int] = ()) -> Choices:
    """Products by part of their name or a SKU; ``ids`` come first, even when they have been deleted."""
    rows = Product.objects.filter(deleted_at__isnull=True)
    if keyword:
        skus = Variant.objects.filter(product=OuterRef("pk"), deleted_at__isnull=True, sku__icontains=keyword)
        rows = rows.filter(Q(name__icontains=keyword) | Exists(skus))
    return _choices(Product.objects.filter(pk__in=ids), rows.order_by("name", "id"), _product)


def variant_choices(keyword: str = "", ids: Collection[int] = ()) -> Choices:
    """Variants on sale by words of product and variant name, or a SKU; ``ids`` come first, whatever became of them."""
    rows = Variant.objects.filter(deleted_at__isnull=True, is_active=True, product__deleted_at__isnull=True)
    options = Func(F("options"), Value(" "), function="array_to_string", output_field=TextField())
    rows = rows.alias(words=Concat("product__name", Value(" "), options, Value(" "), "sku", output_field=TextField()))
    for word in keyword.split()[:6]:
        rows = rows.filter(words__icontains=word)
    order = ("product__name", "product_id", "position", "id")
    chosen = Variant.objects.filter(pk__in=ids).select_related("product").order_by(*order)
    return _choices(chosen, rows.select_related("product").order_by(*order), _variant)


def _choices(chosen: QuerySet[Any], found: QuerySet[Any], shape: Any) -> Choices:
    first = list(chosen)
    rest = list(found.exclude(pk__in=[row.pk for row in first])[: SHOWN + 1])
    rows = [shape(row, True) for row in first] + [shape(row, False) for row in rest[:SHOWN]]
    return {"rows": rows, "more": len(rest) > SHOWN}


def _product(product: Product, chosen: bool) -> Choice:
    note = _("deleted") if product.deleted_at else ""
    return {"id": product.pk, "name": product.name, "price": None, "note": note, "chosen": chosen}


def _variant(variant: Variant, chosen: bool) -> Choice:
    note = ""
    if variant.deleted_at or variant.product.deleted_at:
        note = _("deleted")
    elif not variant.is_active:
        note = _("not on sale")
    name = f"{variant.product.name} {variant.name}".strip()
    return {"id": variant.pk, "name": name, "price": variant.price, "note": note, "chosen": chosen}
