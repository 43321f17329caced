"""Reads about products and variants."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Count, Exists, Max, Min, OuterRef, Prefetch, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from bosonline.api.lists import ListSpec, Page, page_of, parse_int
from bosonline.errors import NotFound, ValidationFailed
from catalog import ports
from catalog.models import Category, Product, ProductImage, StockLevel, Variant
from catalog.queries.moments import moment
from catalog.services.images import image_url
from catalog.services.variants import MAX_ATTRIBUTES, MAX_TIERS, MAX_VARIANTS
from stores.models import Warehouse

__all__ = [
    "categories", "product_as_api", "product_edit", "product_get", "product_rows", "products_page", "variant_as_api",
    "variant_get", "variants_page",
]  # fmt: skip


def _sku_is(text: str) -> Q:
    rows = Variant.objects.filter(product=OuterRef("pk"), deleted_at__isnull=True, sku__icontains=text)
    return Q(Exists(rows))


PRODUCT_SPEC = ListSpec(
    sorts={"id": "id", "name": "name", "status": "status", "created_at": "id", "updated_at": "updated_at"},
    searches={"name": lambda text: Q(name__icontains=text), "sku": _sku_is},
)
VARIANT_SPEC = ListSpec(
    sorts={"id": "id", "sku": "sku", "price": "price", "name": "product__name", "weight_grams": "weight_grams"},
    searches={
        "name": lambda text: Q(product__name__icontains=text),
        "sku": lambda text: Q(sku__icontains=text),
    },
)


def categories() -> QuerySet[Any]:
    """The store's categories with the number of living products in each."""
    living = Q(products__deleted_at__isnull=True)
    return Category.objects.annotate(products_count=Count("products", filter=living)).order_by("name")


def products_filtered(params: Mapping[str, str]) -> QuerySet[Product]:
    """Living products by ``status`` and ``category_id``; search and sorting are the list machinery's."""
    rows = Product.objects.filter(deleted_at__isnull=True)
    status = params.get("status", "")
    if status:
        if status not in Product.Status.values:
            raise ValidationFailed.field("status", _("Use %(choices)s.") % {"choices": "draft, active, inactive"})
        rows = rows.filter(status=status)
    if params.get("category_id"):
        rows = rows.filter(category_id=parse_int(params, "category_id", 0, maximum=2**62))
    return rows


def products_page(params: Mapping[str, str]) -> Page:
    """One page of products: names and states; :func:`product_rows` adds figures and pictures of just this page."""
    return page_of(products_filtered(params).select_related("category"), params, PRODUCT_SPEC)


def product_rows(products: Collection[Product]) -> list[dict[str, Any]]:
    """The rows of the list: prices, stock and the first picture, in four queries whatever the number of variants."""
    ids = [p.pk for p in products]
    living = Variant.objects.filter(product_id__in=ids, deleted_at__isnull=True)
    figures = {
        row["product_id"]: row
        for row in living.order_by()
        .values("product_id")
        .annotate(low=Min("price"), high=Max("price"), count=Count("id"), weight=Max("weight_grams"))
    }
    stock = {
        row["variant__product_id"]: row
        for row in StockLevel.objects.filter(variant__product_id__in=ids, variant__deleted_at__isnull=True)
        .order_by()
        .values("variant__product_id")
        .annotate(on_hand=Sum("on_hand"), reserved=Sum("reserved"))
    }
    first = living.order_by("product_id", "position", "id").distinct("product_id")
    skus = dict(first.values_list("product_id", "sku"))
    pictures = {
        row.product_id: row.image
        for row in ProductImage.objects.filter(product_id__in=ids)
        .select_related("image")
        .order_by("product_id", "position", "id")
        .distinct("product_id")
    }
    rows = []
    for p in products:
        figure = figures.get(p.pk, {"low": 0, "high": 0, "count": 0, "weight": 0})
        level = stock.get(p.pk, {"on_hand": 0, "reserved": 0})
        picture = pictures.get(p.pk)
        rows.append(
            {
                "id": p.pk,
                "name": p.name,
                "slug": p.slug,
                "sku": skus.get(p.pk, ""),
                "category": p.category.name if p.category else None,
                "category_id": p.category_id,
                "status": p.status,
                "price_min": figure["low"],
                "price_max": figure["high"],
                "variant_count": figure["count"],
                "weight_grams": figure["weight"],
                "sell_when_empty": p.sell_when_empty,
                "on_hand": level["on_hand"],
                "reserved": level["reserved"],
                "available": level["on_hand"] - level["reserved"],
                "image": image_url(picture.sizes, 160) if picture else "",
                "created_at": moment(p.created_at),
                "updated_at": moment(p.updated_at),
            }
        )
    return rows


def product_get(pk: int) -> Product:
    """One living product with everything of it, in a constant number of queries. Raises 404."""
    living = (
        Variant.objects.filter(deleted_at__isnull=True)
        .select_related("image")
        .prefetch_related("levels")
        .order_by("position", "id")
    )
    product: Product | None = (
        Product.objects.filter(deleted_at__isnull=True, pk=pk)
        .select_related("category")
        .prefetch_related(Prefetch("variants", living), "product_images__image")
        .first()
    )
    if product is None:
        raise NotFound()
    return product


def variant_get(pk: int) -> Variant:
    variant: Variant | None = (
        Variant.objects.filter(pk=pk, deleted_at__isnull=True, product__deleted_at__isnull=True)
        .select_related("product", "image")
        .prefetch_related("levels")
        .first()
    )
    if variant is None:
        raise NotFound()
    return variant


def variants_filtered(params: Mapping[str, str]) -> QuerySet[Variant]:
    """All living variants of the store; filters ``status`` (active, inactive), ``product_id``, ``category_id``."""
    rows = Variant.objects.filter(deleted_at__isnull=True, product__deleted_at__isnull=True)
    status = params.get("status", "")
    if status not in ("", "active", "inactive"):
        raise ValidationFailed.field("status", _("Use %(choices)s.") % {"choices": "active, inactive"})
    if status:
        rows = rows.filter(is_active=status == "active")
    for name, column in (("product_id", "product_id"), ("category_id", "product__category_id")):
        if params.get(name):
            rows = rows.filter(**{column: parse_int(params, name, 0, maximum=2**62)})
    return rows


def variants_page(params: Mapping[str, str]) -> Page:
    """One page of variants with product, picture and levels."""
    rows = variants_filtered(params).select_related("product", "image").prefetch_related("levels")
    return page_of(rows, params, VARIANT_SPEC)


def variant_as_api(variant: Variant, *, see_cost: bool) -> dict[str, Any]:
    levels = list(variant.levels.all())
    picture = variant.image
    data = {
        "id": variant.pk,
        "product_id": variant.product_id,
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
        "status": "active" if variant.is_active else "inactive",
        "image_id": variant.image_id,
        "image": image_url(picture.sizes, 160) if picture else "",
        "on_hand": sum(level.on_hand for level in levels),
        "reserved": sum(level.reserved for level in levels),
        "available": sum(level.available for level in levels),
    }
    return data | ({"cost_price": variant.cost_price} if see_cost else {})


def product_as_api(product: Product, *, see_cost: bool) -> dict[str, Any]:
    """One product with its variants and images."""
    variants = [variant_as_api(v, see_cost=see_cost) for v in product.variants.all()]
    prices = [v["price"] for v in variants] or [0]
    return {
        "id": product.pk,
        "name": product.name,
        "slug": product.slug,
        "sku": variants[0]["sku"] if variants else "",
        "description": product.description,
        "category": product.category.name if product.category else None,
        "category_id": product.category_id,
        "status": product.status,
        "attributes": product.attributes,
        "sell_when_empty": product.sell_when_empty,
        "price_min": min(prices),
        "price_max": max(prices),
        "on_hand": sum(v["on_hand"] for v in variants),
        "reserved": sum(v["reserved"] for v in variants),
        "available": sum(v["available"] for v in variants),
        "images": [
            {"id": pi.image.pk, "url": image_url(pi.image.sizes, 1080), "thumb": image_url(pi.image.sizes, 160)}
            for pi in product.product_images.all()
        ],
        "variants": variants,
        "created_at": moment(product.created_at),
        "updated_at": moment(product.updated_at),
    }


def product_edit(pk: int, *, see_cost: bool) -> dict[str, Any]:
    """Everything the edit screen needs: the product, stock per warehouse, choices, limits, and who uses it."""
    product = product_get(pk)
    data = product_as_api(product, see_cost=see_cost)
    warehouses = list(Warehouse.objects.filter(deleted_at__isnull=True).order_by("-is_default", "id"))
    by_variant = {v.pk: {level.warehouse_id: level for level in v.levels.all()} for v in product.variants.all()}
    for row in data["variants"]:
        levels = by_variant[row["id"]]
        row["stock"] = [
            {
                "warehouse_id": w.pk,
                "on_hand": levels[w.pk].on_hand if w.pk in levels else 0,
                "reserved": levels[w.pk].reserved if w.pk in levels else 0,
            }
            for w in warehouses
        ]
    uses = [use for use in ports.uses_of([pk]) if use.active]
    return {
        "product": data,
        "categories": [{"id": c.pk, "name": c.name} for c in Category.objects.order_by("name")],
        "warehouses": [{"id": w.pk, "name": w.name, "is_default": w.is_default} for w in warehouses],
        "statuses": [{"value": value, "label": str(label)} for value, label in Product.Status.choices],
        "used_by": {
            "forms": [{"id": u.id, "name": u.name} for u in uses if u.kind == "form"],
            "orders": [{"id": u.id, "number": u.name} for u in uses if u.kind == "order"],
        },
        "limits": {"attributes": MAX_ATTRIBUTES, "variants": MAX_VARIANTS, "tiers": MAX_TIERS, "images": 12},
    }
