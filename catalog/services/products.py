"""Products with their variants: created and changed as one thing."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Lower
from django.utils.text import slugify
from django.utils.translation import gettext as _

from bosonline import changes, timeline
from bosonline.errors import Conflict, NotFound, ValidationFailed
from catalog.models import Category, Image, Product, ProductImage, StockLevel, Variant
from catalog.services.stock import StockLine, level_ensure, stock_update
from stores.models import Store, Warehouse

MAX_ATTRIBUTES = 3
MAX_VARIANTS = 200


@dataclass(frozen=True, slots=True)
class VariantInput:
    """One variant as typed. Money in rupiah, weight in grams, sizes in cm; ``stock`` in pieces at the default warehouse."""

    options: list[str]
    price: int
    sku: str = ""
    compare_at_price: int | None = None
    cost_price: int = 0
    weight_grams: int = 1000
    length_cm: int = 10
    width_cm: int = 10
    height_cm: int = 10
    stock: int = 0
    tiers: list[dict[str, int]] = field(default_factory=list)


def slug_for(store: Store, name: str, model: Any, *, max_length: int = 60) -> str:
    """A slug of ``name`` that is free in the store."""
    base = slugify(name)[:max_length].strip("-") or "produk"
    taken = set(model.objects.filter(slug__startswith=base, deleted_at__isnull=True).values_list("slug", flat=True))
    return next(
        s for n in itertools.count(1) if (s := base if n == 1 else f"{base[: max_length - 5]}-{n}") not in taken
    )


def sku_available(*, sku: str, exclude: int | None = None) -> bool:
    """Whether no living variant of the current store has this SKU (case does not matter)."""
    rows = Variant.objects.filter(deleted_at__isnull=True).annotate(low=Lower("sku")).filter(low=sku.strip().lower())
    return not rows.exclude(pk=exclude).exists()


def sku_suggestions(sku: str) -> list[str]:
    base = sku.strip()[:50] or "SKU"
    return [s for n in range(2, 8) if sku_available(sku=(s := f"{base}-{n}"))][:3]


def _validate(attributes: Sequence[dict[str, Any]], variants: Sequence[VariantInput]) -> None:
    if len(attributes) > MAX_ATTRIBUTES:
        raise ValidationFailed.field("attributes", _("At most three attributes."))
    combinations = 1
    for index, attribute in enumerate(attributes):
        items = attribute.get("items", [])
        if not str(attribute.get("name", "")).strip() or not items:
            raise ValidationFailed.field(f"attributes.{index}", _("An attribute needs a name and at least one item."))
        if len({str(i).strip().lower() for i in items}) != len(items):
            raise ValidationFailed.field(f"attributes.{index}.items", _("Two items have the same name."))
        combinations *= len(items)
    if combinations > MAX_VARIANTS or len(variants) > MAX_VARIANTS:
        raise ValidationFailed.field(
            "attributes", _("At most %(count)s variants per product.") % {"count": MAX_VARIANTS}
        )
    if not variants:
        raise ValidationFailed.field("variants", _("A product needs at least one variant."))
    seen: set[tuple[str, ...]] = set()
    skus: set[str] = set()
    for index, variant in enumerate(variants):
        key = tuple(o.lower() for o in variant.options)
        valid = len(variant.options) == len(attributes) and all(
            option in attribute["items"] for option, attribute in zip(variant.options, attributes, strict=True)
        )
        if not valid or key in seen:
            raise ValidationFailed.field(f"variants.{index}.options", _("The options do not fit the attributes."))
        seen.add(key)
        if variant.sku and variant.sku.lower() in skus:
            raise ValidationFailed.field(f"variants.{index}.sku", _("This SKU is used twice."))
        skus.add(variant.sku.lower())
        _validate_tiers(variant, index)


def _validate_tiers(variant: VariantInput, index: int) -> None:
    last_qty, last_price = 1, variant.price
    for tier in variant.tiers:
        if tier["min_qty"] <= last_qty or not 0 <= tier["price"] <= last_price:
            raise ValidationFailed.field(
                f"variants.{index}.tiers", _("Wholesale tiers must grow in quantity and fall in price.")
            )
        last_qty, last_price = tier["min_qty"], tier["price"]


@transaction.atomic
def product_create(
    *,
    store: Store,
    name: str,
    variants: Sequence[VariantInput],
    attributes: Sequence[dict[str, Any]] = (),
    description: str = "",
    category_name: str = "",
    status: str = Product.Status.ACTIVE,
    sell_when_empty: bool = False,
    image_ids: Sequence[int] = (),
    actor_id: int | None = None,
) -> Product:
    """A product, its variants, their opening stock and images. Errors name ``variants.<n>.<field>``."""
    _validate(attributes, variants)
    name = name.strip()
    product = Product.objects.create(
        store=store,
        name=name,
        slug=slug_for(store, name, Product, max_length=120),
        description=description,
        category=category_ensure(store=store, name=category_name),
        status=status,
        attributes=[{"name": a["name"].strip(), "items": list(a["items"])} for a in attributes],
        sell_when_empty=sell_when_empty,
    )
    images_set(product=product, image_ids=image_ids)
    warehouse = Warehouse.objects.filter(is_default=True, deleted_at__isnull=True).first()
    opening: list[StockLine] = []
    for index, given in enumerate(variants):
        variant = _variant_create(product, given, index)
        if warehouse is not None:
            level_ensure(variant=variant, warehouse=warehouse, sell_when_empty=sell_when_empty)
            if given.stock:
                opening.append(StockLine(variant.pk, warehouse.pk, "set", given.stock))
    if opening:
        stock_update(store=store, lines=opening, reason=str(_("Opening stock")), actor_id=actor_id)
    timeline.record(
        store_id=store.pk, subject="product", subject_id=product.pk, kind="product.created", actor_id=actor_id
    )
    return product


def _variant_create(product: Product, given: VariantInput, index: int) -> Variant:
    sku = given.sku.strip() or f"{product.slug[:40]}-{product.pk}-{index + 1}".upper()
    try:
        with transaction.atomic():
            return Variant.objects.create(
                store_id=product.store_id,
                product=product,
                sku=sku,
                options=list(given.options),
                price=given.price,
                compare_at_price=given.compare_at_price,
                cost_price=given.cost_price,
                weight_grams=given.weight_grams,
                length_cm=given.length_cm,
                width_cm=given.width_cm,
                height_cm=given.height_cm,
                tiers=given.tiers,
                position=index,
            )
    except IntegrityError as exc:
        if "variant_sku_once" in str(exc):
            raise ValidationFailed.field(
                f"variants.{index}.sku",
                _("SKU %(sku)s is already used in this store.") % {"sku": sku},
                extra={"suggestions": sku_suggestions(sku)},
            ) from None
        raise


def category_ensure(*, store: Store, name: str) -> Category | None:
    name = name.strip()
    if not name:
        return None
    found = Category.objects.annotate(low=Lower("name")).filter(low=name.lower()).first()
    return found or Category.objects.create(store=store, name=name[:60])


def images_set(*, product: Product, image_ids: Sequence[int]) -> None:
    """The product's images in this order. Another store's image is as unknown as one that never was."""
    known = set(Image.objects.filter(pk__in=image_ids).values_list("pk", flat=True))
    for index, image_id in enumerate(image_ids):
        if image_id not in known:
            raise ValidationFailed.field(f"image_ids.{index}", _("Unknown image."))
    ProductImage.objects.filter(product=product).delete()
    ProductImage.objects.bulk_create(
        ProductImage(store_id=product.store_id, product=product, image_id=pk, position=n)
        for n, pk in enumerate(dict.fromkeys(image_ids))
    )


@transaction.atomic
def variant_update(*, variant_id: int, actor_id: int | None = None, **values: Any) -> Variant:
    """Change a variant's price, SKU, weight … Buyers see the new price from the next load on."""
    variant = Variant.objects.select_for_update().filter(pk=variant_id, deleted_at__isnull=True).first()
    if variant is None:
        raise NotFound()
    before = {name: getattr(variant, name) for name in values}
    for name, value in values.items():
        setattr(variant, name, value)
    try:
        with transaction.atomic():
            variant.save(update_fields=list(values))
    except IntegrityError as exc:
        if "variant_sku_once" not in str(exc):
            raise
        raise ValidationFailed.field(
            "sku", _("SKU %(sku)s is already used in this store.") % {"sku": values["sku"]},
            extra={"suggestions": sku_suggestions(values["sku"])},
        ) from None  # fmt: skip
    timeline.record(
        store_id=variant.store_id, subject="product", subject_id=variant.product_id, kind="variant.changed",
        actor_id=actor_id, data={"variant_id": variant.pk, "before": before, "after": values},
    )  # fmt: skip
    changes.announce("product", variant.store_id, [variant.product_id])
    return variant


def levels_for_warehouse(*, warehouse: Warehouse) -> None:
    """A new warehouse gets a level for every living variant, so that stock can be set there."""
    variants = Variant.objects.filter(deleted_at__isnull=True).select_related("product")
    StockLevel.objects.bulk_create(
        [
            StockLevel(store_id=v.store_id, variant=v, warehouse=warehouse, sell_when_empty=v.product.sell_when_empty)
            for v in variants
        ],
        ignore_conflicts=True,
    )


def refuse_when_sold(product: Product, form_names: Sequence[str]) -> None:
    """409 while active forms sell the product (product.md §5)."""
    if form_names:
        raise Conflict(
            _("This product is sold by active forms: %(names)s.") % {"names": ", ".join(form_names)},
            code="product_in_use",
            extra={"forms": list(form_names)},
        )
