"""Reads about products and stock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Prefetch, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from bosonline.api.lists import ListSpec, Page, page_of
from bosonline.errors import NotFound
from catalog.models import Product, StockEntry, StockLevel, Variant
from catalog.services.images import image_url

PRODUCT_SPEC = ListSpec(
    sorts={"id": "id", "name": "name", "status": "status", "created_at": "id"},
    searches={
        "name": lambda text: Q(name__icontains=text),
        "sku": lambda text: Q(variants__sku__icontains=text, variants__deleted_at__isnull=True),
    },
)
LEVEL_SPEC = ListSpec(
    sorts={"id": "id", "sku": "variant__sku", "on_hand": "on_hand", "name": "variant__product__name"},
    searches={
        "name": lambda text: Q(variant__product__name__icontains=text),
        "sku": lambda text: Q(variant__sku__icontains=text),
    },
)


def products() -> QuerySet[Product]:
    living = Variant.objects.filter(deleted_at__isnull=True).prefetch_related("levels").order_by("position", "id")
    return (
        Product.objects.filter(deleted_at__isnull=True)
        .select_related("category")
        .prefetch_related(Prefetch("variants", living), "product_images__image")
    )


def products_page(params: Mapping[str, str]) -> Page:
    rows = products()
    if params.get("status"):
        rows = rows.filter(status=params["status"][:10])
    return page_of(rows.distinct() if params.get("keyword") else rows, params, PRODUCT_SPEC)


def product_get(pk: int) -> Product:
    product = products().filter(pk=pk).first()
    if product is None:
        raise NotFound()
    return product


def inventory_page(params: Mapping[str, str]) -> Page:
    rows = StockLevel.objects.select_related("variant__product", "warehouse").filter(variant__deleted_at__isnull=True)
    if params.get("warehouse", "").isdigit():
        rows = rows.filter(warehouse_id=int(params["warehouse"]))
    return page_of(rows, params, LEVEL_SPEC)


def variant_as_api(variant: Variant, *, see_cost: bool) -> dict[str, Any]:
    levels = list(variant.levels.all())
    data = {
        "id": variant.pk,
        "sku": variant.sku,
        "name": variant.name,
        "options": variant.options,
        "price": variant.price,
        "compare_at_price": variant.compare_at_price,
        "weight_grams": variant.weight_grams,
        "length_cm": variant.length_cm,
        "width_cm": variant.width_cm,
        "height_cm": variant.height_cm,
        "tiers": variant.tiers,
        "is_active": variant.is_active,
        "on_hand": sum(level.on_hand for level in levels),
        "reserved": sum(level.reserved for level in levels),
        "available": sum(level.available for level in levels),
    }
    return data | ({"cost_price": variant.cost_price} if see_cost else {})


def product_as_api(product: Product, *, see_cost: bool) -> dict[str, Any]:
    variants = [variant_as_api(v, see_cost=see_cost) for v in product.variants.all()]
    prices = [v["price"] for v in variants] or [0]
    return {
        "id": product.pk,
        "name": product.name,
        "slug": product.slug,
        "description": product.description,
        "category": product.category.name if product.category else None,
        "status": product.status,
        "attributes": product.attributes,
        "sell_when_empty": product.sell_when_empty,
        "price_min": min(prices),
        "price_max": max(prices),
        "available": sum(v["available"] for v in variants),
        "images": [
            {"id": pi.image.pk, "url": image_url(pi.image.sizes, 1080), "thumb": image_url(pi.image.sizes, 160)}
            for pi in product.product_images.all()
        ],
        "variants": variants,
    }


def stock_mismatches() -> list[dict[str, Any]]:
    """Levels that do not equal the sum of their ledger: must always be empty (``manage.py check_stock``)."""
    sums = {
        (row["variant_id"], row["warehouse_id"]): row
        for row in StockEntry.objects.order_by()
        .values("variant_id", "warehouse_id")
        .annotate(
            after=Sum("on_hand_after"),
            before=Sum("on_hand_before"),
            rafter=Sum("reserved_after"),
            rbefore=Sum("reserved_before"),
        )
    }
    wrong = []
    for level in StockLevel.objects.all():
        row = sums.get((level.variant_id, level.warehouse_id))
        on_hand = row["after"] - row["before"] if row else 0
        reserved = row["rafter"] - row["rbefore"] if row else 0
        if (on_hand, reserved) != (level.on_hand, level.reserved):
            wrong.append(
                {"level": level.pk, "level_says": (level.on_hand, level.reserved), "ledger_says": (on_hand, reserved)}
            )
    return wrong


def warehouse_holds_stock(store_id: int, warehouse_id: int) -> list[str]:
    """Guard: pieces that lie in the warehouse or are promised from it."""
    levels = StockLevel.objects.filter(store_id=store_id, warehouse_id=warehouse_id)
    sums = levels.aggregate(on_hand=Sum("on_hand", filter=Q(on_hand__gt=0)), reserved=Sum("reserved"))
    if sums["on_hand"] or sums["reserved"]:
        return [_("%(n)s pieces of stock are here. Move them first.") % {"n": sums["on_hand"] or sums["reserved"]}]
    return []
