"""Products with their variants: created, changed, copied and taken away as one thing (product.md §5)."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bosonline import changes, cleaning, timeline
from bosonline.actor import Actor
from bosonline.errors import Conflict, NotFound, ValidationFailed
from catalog import ports
from catalog.models import Category, Image, Product, ProductImage, StockLevel, Variant
from catalog.services.stock import StockLine, levels_ensure, stock_write
from catalog.services.variants import (
    KEPT,
    VariantInput,
    attributes_clean,
    sku_available,
    sku_error,
    sku_suggestions,
    skus_fill,
    skus_taken,
    values_check,
    variants_check,
    variants_match,
)
from stores.models import Store, Warehouse

__all__ = [
    "VariantInput", "product_create", "product_delete", "product_dummy", "product_duplicate", "product_set_status",
    "product_update", "sku_available", "sku_suggestions", "slug_for", "variant_set_status", "variant_update",
]  # fmt: skip


def slug_for(store: Store, name: str, model: Any, *, max_length: int = 60) -> str:
    """A slug of ``name`` that is free in the store."""
    base = slugify(name)[:max_length].strip("-") or "produk"
    stem = base[: max_length - 6].rstrip("-")  # room for "-99999"
    rows = model.objects.filter(slug__startswith=stem, deleted_at__isnull=True)
    taken = set(rows.values_list("slug", flat=True))
    return next(s for n in itertools.count(1) if (s := base if n == 1 else f"{stem}-{n}") not in taken)


def names_lock(store_id: int) -> None:
    """One at a time: who looks for a free link or category of a store keeps it until the transaction ends.

    The weaker lock on the store's row, which no order waits for. Before any product's own lock.
    """
    Store.objects.select_for_update(no_key=True).values_list("pk").get(pk=store_id)


@transaction.atomic
def product_create(
    *,
    store: Store,
    name: str,
    variants: Sequence[VariantInput],
    attributes: Sequence[Mapping[str, Any]] = (),
    description: str = "",
    category_name: str = "",
    status: str = Product.Status.ACTIVE,
    sell_when_empty: bool = False,
    image_ids: Sequence[int] = (),
    slug: str = "",
    actor: Actor,
) -> Product:
    """A product, its variants, their opening stock and images. Errors name ``variants.<n>.<field>``."""
    actor.require("products.create")
    names_lock(store.pk)
    clean = attributes_clean(attributes)
    variants = [replace(v, options=[o.strip() for o in v.options]) for v in variants]
    variants_check(clean, variants)
    if errors := {f"variants.{n}.id": [_("Unknown variant.")] for n, v in enumerate(variants) if v.id is not None}:
        raise ValidationFailed(_("Unknown variant."), errors=errors)
    name = cleaning.line(name)
    product = Product.objects.create(
        store=store,
        name=name,
        slug=_slug_checked(slug) if slug.strip() else slug_for(store, name, Product, max_length=120),
        description=description,
        category=category_ensure(store=store, name=category_name),
        status=status,
        attributes=clean,
        sell_when_empty=sell_when_empty,
    )
    images_set(product=product, image_ids=image_ids)
    rows = _variants_insert(product, list(enumerate(variants)))
    _opening_stock(product, list(zip(rows, variants, strict=True)), actor)
    timeline.record(store_id=store.pk, subject="product", subject_id=product.pk, kind="product.created", actor=actor)
    return product


def _slug_checked(slug: str, *, exclude: int | None = None) -> str:
    clean = slugify(slug)[:120].strip("-")
    if not clean:
        raise ValidationFailed.field("slug", _("Use letters and digits for the link."))
    if Product.objects.filter(slug=clean, deleted_at__isnull=True).exclude(pk=exclude).exists():
        raise ValidationFailed.field("slug", _("Another product already has this link."))
    return clean


def _variants_insert(product: Product, given: Sequence[tuple[int, VariantInput]]) -> list[Variant]:
    """New variants at their positions in the list. Raises at ``variants.<n>.sku`` and ``.image_id``."""
    if not given:
        return []
    taken = skus_taken([v.sku for _n, v in given])
    for index, variant in given:
        if cleaning.same(variant.sku) in taken:
            raise sku_error(cleaning.code(variant.sku), f"variants.{index}.sku")
    _check_images(given)
    skus = skus_fill([v.sku for _n, v in given], f"{product.slug[:40]}-{product.pk}")
    rows = [
        Variant(
            store_id=product.store_id, product=product, sku=sku, options=list(v.options), price=v.price,
            compare_at_price=v.compare_at_price, cost_price=v.cost_price or 0, weight_grams=v.weight_grams,
            length_cm=v.length_cm, width_cm=v.width_cm, height_cm=v.height_cm, tiers=v.tiers, image_id=v.image_id,
            is_active=v.is_active, position=index,
        )
        for (index, v), sku in zip(given, skus, strict=True)
    ]  # fmt: skip
    try:
        with transaction.atomic():
            return list(Variant.objects.bulk_create(rows))
    except IntegrityError as exc:
        if "variant_sku_once" not in str(exc):
            raise
        raise _sku_race(given, skus) from None


def _sku_race(given: Sequence[tuple[int, VariantInput]], skus: Sequence[str]) -> ValidationFailed:
    """Another request took a SKU between our look and our write."""
    taken = skus_taken(skus)
    found = next(((index, s) for (index, _v), s in zip(given, skus, strict=True) if s.lower() in taken), (0, skus[0]))
    return sku_error(found[1], f"variants.{found[0]}.sku")


def _check_images(given: Sequence[tuple[int, VariantInput]]) -> None:
    """A variant's picture must be the store's own: another store's is as unknown as one that never was."""
    wanted = {v.image_id for _n, v in given if v.image_id}
    known = set(Image.objects.filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
    for index, variant in given:
        if variant.image_id and variant.image_id not in known:
            raise ValidationFailed.field(f"variants.{index}.image_id", _("Unknown image."))


def _opening_stock(product: Product, pairs: Sequence[tuple[Variant, VariantInput]], actor: Actor) -> None:
    warehouses = list(Warehouse.objects.filter(deleted_at__isnull=True).order_by("id"))
    levels_ensure(
        pairs=[(row.pk, w.pk) for row, _v in pairs for w in warehouses], store_id=product.store_id,
        sell_when_empty=product.sell_when_empty,
    )  # fmt: skip
    default = next((w for w in warehouses if w.is_default), None)
    opening = [StockLine(row.pk, default.pk, "set", v.stock) for row, v in pairs if v.stock and default]
    if opening:
        stock_write(lines=opening, reason=_("Opening stock"), actor=actor)


def category_ensure(*, store: Store, name: str) -> Category | None:
    """The category of this name, made when it is new; None for an empty name."""
    name = cleaning.line(name)[:60].strip()
    if not name:
        return None
    same = Category.objects.annotate(low=Lower("name")).filter(low=Lower(Value(name)))
    try:
        with transaction.atomic():
            return same.first() or Category.objects.create(store=store, name=name)
    except IntegrityError:  # somebody made it between our look and our write
        return same.get()


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


def product_of(product_id: int) -> Product:
    """A living product of the current store; anything else is 404."""
    product: Product | None = Product.objects.filter(pk=product_id, deleted_at__isnull=True).first()
    if product is None:
        raise NotFound()
    return product


def product_lock(product_id: int) -> Product:
    """The product's row, locked; another store's, a deleted or an unknown one is 404."""
    product: Product | None = (
        Product.objects.select_for_update(of=("self",)).filter(pk=product_id, deleted_at__isnull=True).first()
    )
    if product is None:
        raise NotFound()
    return product


@transaction.atomic
def product_update(
    *,
    product_id: int,
    values: Mapping[str, Any],
    confirm_removal: bool = False,
    expected_updated_at: datetime | None = None,
    actor: Actor,
) -> Product:
    """Change what ``values`` names: the arguments of :func:`product_create`, ``variants`` as dicts or inputs.

    Variants that still exist keep their id, stock and whatever a dict does not name. Before one goes that a form sells
    or an open order waits for, 409 ``variants_in_use`` says which; ``confirm_removal`` goes ahead. A product that
    somebody saved after ``expected_updated_at`` is 409 ``product_changed``.
    """
    actor.require("products.edit")
    if {"slug", "category_name"} & values.keys():
        names_lock(product_of(product_id).store_id)
    product = product_lock(product_id)
    if expected_updated_at is not None and expected_updated_at != product.updated_at:
        raise Conflict(_("Somebody else saved this product meanwhile. Load it again."), code="product_changed")
    before = {"name": product.name, "status": product.status, "attributes": product.attributes}
    _set_fields(product, values)
    removed: list[str] = []
    if "variants" in values or "attributes" in values:
        removed = _set_variants(product, values, confirm_removal, actor)
    if "image_ids" in values:
        images_set(product=product, image_ids=values["image_ids"])
    product.save()
    after = {"name": product.name, "status": product.status, "attributes": product.attributes}
    changed = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
    timeline.record(
        store_id=product.store_id, subject="product", subject_id=product.pk, kind="product.changed", actor=actor,
        data=changed | ({"removed_variants": removed} if removed else {}),
    )  # fmt: skip
    changes.announce("product", product.store_id, [product.pk])
    return product


def _set_fields(product: Product, values: Mapping[str, Any]) -> None:
    if "name" in values:
        product.name = cleaning.line(values["name"])
    for name in ("description", "status"):
        if name in values:
            setattr(product, name, values[name])
    if "category_name" in values:
        product.category = category_ensure(store=product.store, name=values["category_name"])
    if values.get("slug"):
        product.slug = _slug_checked(values["slug"], exclude=product.pk)
    if "sell_when_empty" in values and values["sell_when_empty"] != product.sell_when_empty:
        product.sell_when_empty = values["sell_when_empty"]
        switch_sell_when_empty(product)


def switch_sell_when_empty(product: Product) -> None:
    """The levels carry the switch, because the database itself refuses to oversell by it."""
    levels = StockLevel.objects.filter(variant__product=product)
    if not product.sell_when_empty:
        oversold = levels.filter(on_hand__lt=F("reserved")).select_related("variant").first()
        if oversold is not None:
            raise Conflict(
                _("%(sku)s has more pieces reserved than in stock. Enter its stock first.")
                % {"sku": oversold.variant.sku},
                code="oversold",
                errors={"sell_when_empty": [_("Orders already took more than there is.")]},
            )
    levels.update(sell_when_empty=product.sell_when_empty)


def _set_variants(product: Product, values: Mapping[str, Any], confirm_removal: bool, actor: Actor) -> list[str]:
    """Bring the product's variants to what was given; the SKUs of those that went."""
    old = list(Variant.objects.select_for_update().filter(product=product, deleted_at__isnull=True))
    attributes = attributes_clean(values.get("attributes", product.attributes))
    raw = values.get("variants")
    if raw is None:
        raise ValidationFailed.field("variants", _("Send the variants together with the attributes."))
    matched = variants_match(
        [a["name"] for a in product.attributes], [(v.pk, v.options) for v in old],
        [a["name"] for a in attributes], [_named(v) for v in raw],
    )  # fmt: skip
    by_id = {v.pk: v for v in old}
    _refuse_foreign(product, raw)
    inputs = [
        _input(v, by_id.get(pk or 0), f"variants.{n}") for n, (v, pk) in enumerate(zip(raw, matched, strict=True))
    ]
    variants_check(attributes, inputs)
    kept = {pk for pk in matched if pk is not None}
    gone = [v for v in old if v.pk not in kept]
    _refuse_touched(product, gone, confirm_removal)
    Variant.objects.filter(pk__in=[v.pk for v in gone]).update(deleted_at=timezone.now())
    product.attributes = attributes
    _variants_rewrite(
        [(by_id[pk], n, v) for n, (v, pk) in enumerate(zip(inputs, matched, strict=True)) if pk is not None]
    )
    new = [(n, v) for n, (v, pk) in enumerate(zip(inputs, matched, strict=True)) if pk is None]
    rows = _variants_insert(product, new)
    _opening_stock(product, [(row, v) for row, (_n, v) in zip(rows, new, strict=True)], actor)
    return [v.sku for v in gone]


def _refuse_foreign(product: Product, raw: Sequence[Any]) -> None:
    """An id that was never one of this product's variants is a mistake, and none to be passed over."""
    given = [_named(v)[0] for v in raw]
    ours = Variant.objects.filter(product=product, pk__in=[pk for pk in given if pk]).values_list("pk", flat=True)
    unknown = {pk for pk in given if pk} - set(ours)
    errors = {f"variants.{n}.id": [_("Unknown variant.")] for n, pk in enumerate(given) if pk in unknown}
    if errors:
        raise ValidationFailed(_("Unknown variant."), errors=errors)


def _named(raw: Any) -> tuple[int | None, list[str]]:
    if isinstance(raw, VariantInput):
        return raw.id, list(raw.options)
    return raw.get("id"), [str(o).strip() for o in raw.get("options", [])]


def _input(raw: Any, existing: Variant | None, where: str) -> VariantInput:
    """What was given over what is there."""
    if isinstance(raw, VariantInput):
        given: dict[str, Any] = {name: getattr(raw, name) for name in (*KEPT, "stock")}
    else:
        given = {name: value for name, value in raw.items() if name in KEPT or name == "stock"}
    given["options"] = [str(o).strip() for o in given.get("options", [])]
    if existing is not None:
        base = {name: getattr(existing, name) for name in KEPT} | {"id": existing.pk}
        if not cleaning.code(given.get("sku", "x")):
            del given["sku"]
        if given.get("cost_price", 0) is None:
            del given["cost_price"]
        return VariantInput(**(base | given))
    if "price" not in given:
        raise ValidationFailed.field(f"{where}.price", _("Enter a price."))
    return VariantInput(**given)


def _refuse_touched(product: Product, gone: Sequence[Variant], confirmed: bool) -> None:
    """409 naming the forms and open orders that use variants about to go, unless that was confirmed."""
    if not gone or confirmed:
        return
    ids = {v.pk for v in gone}
    uses = [use for use in ports.uses_of([product.pk]) if use.active and use.variant_ids & ids]
    if not uses:
        return
    names = ", ".join(use.name for use in uses[:5]) + ("…" if len(uses) > 5 else "")
    message = ngettext(
        "%(count)s variant would go that is still used by: %(names)s.",
        "%(count)s variants would go that are still used by: %(names)s.",
        len(gone),
    ) % {"count": len(gone), "names": names}
    raise Conflict(
        message,
        code="variants_in_use",
        extra={
            "variants": [{"id": v.pk, "sku": v.sku, "name": v.name} for v in gone],
            "forms": [{"id": u.id, "name": u.name} for u in uses if u.kind == "form"],
            "orders": [{"id": u.id, "number": u.name} for u in uses if u.kind == "order"],
        },
    )


def _variants_rewrite(rows: Sequence[tuple[Variant, int, VariantInput]]) -> None:
    """Write what variants became. Two may swap options or SKUs, so those step aside first."""
    taken = skus_taken([v.sku for _row, _n, v in rows], exclude=[row.pk for row, _n, _v in rows])
    for _row, index, given in rows:
        if cleaning.same(given.sku) in taken:
            raise sku_error(cleaning.code(given.sku), f"variants.{index}.sku")
    _check_images([(index, v) for _row, index, v in rows])
    moving = [row for row, _n, v in rows if row.sku.lower() != cleaning.same(v.sku) or row.options != v.options]
    for row in moving:
        row.sku, row.options = f"\x01{row.pk}", [f"\x01{row.pk}"]
    if moving:
        Variant.objects.bulk_update(moving, ["sku", "options"])
    for row, index, given in rows:
        for name in KEPT:
            setattr(row, name, getattr(given, name))
        row.sku, row.position = cleaning.code(given.sku), index
    try:
        with transaction.atomic():
            Variant.objects.bulk_update(
                [row for row, _n, _v in rows], [*(k if k != "image_id" else "image" for k in KEPT), "position"]
            )
    except IntegrityError as exc:
        if "variant_sku_once" not in str(exc):
            raise
        raise _sku_race([(n, v) for _row, n, v in rows], [v.sku for _row, _n, v in rows]) from None


@transaction.atomic
def variant_update(*, variant_id: int, actor: Actor, **values: Any) -> Variant:
    """Change a variant's price, SKU, weight … Buyers see the new price from the next load on."""
    actor.require("products.edit")
    variant = Variant.objects.select_for_update().filter(pk=variant_id, deleted_at__isnull=True).first()
    if variant is None:
        raise NotFound()
    if "sku" in values:
        values["sku"] = cleaning.code(values["sku"]) or variant.sku
    before = {name: getattr(variant, name) for name in values}
    for name, value in values.items():
        setattr(variant, name, value)
    values_check(variant)
    if values.get("image_id"):
        _check_images([(0, VariantInput([], 0, image_id=values["image_id"]))])
    try:
        with transaction.atomic():
            variant.save(update_fields=["image" if name == "image_id" else name for name in values])
    except IntegrityError as exc:
        if "variant_sku_once" not in str(exc):
            raise
        raise sku_error(values["sku"], "sku") from None
    timeline.record(
        store_id=variant.store_id, subject="product", subject_id=variant.product_id, kind="variant.changed",
        actor=actor, data={"variant_id": variant.pk, "before": before, "after": values},
    )  # fmt: skip
    changes.announce("product", variant.store_id, [variant.product_id])
    return variant


def variant_set_status(*, variant_id: int, is_active: bool, actor: Actor) -> Variant:
    """Offer a variant or stop offering it; forms drop it at once."""
    actor.require("products.edit")
    return variant_update(variant_id=variant_id, is_active=is_active, actor=actor)


def product_set_status(*, product_id: int, status: str, actor: Actor) -> Product:
    """Draft, active or inactive. Forms that sell it stop offering it when it is not active."""
    actor.require("products.edit")
    return product_update(product_id=product_id, values={"status": status}, actor=actor)


def refuse_when_sold(products: Collection[int]) -> None:
    """409 while active forms sell one of the products (product.md §5)."""
    forms = [use for use in ports.uses_of(products) if use.kind == "form" and use.active]
    if forms:
        raise Conflict(
            _("This product is sold by active forms: %(names)s.") % {"names": ", ".join(f.name for f in forms[:10])},
            code="product_in_use",
            extra={"forms": [{"id": f.id, "name": f.name} for f in forms]},
        )


@transaction.atomic
def product_delete(*, product_id: int, actor: Actor) -> None:
    """Take a product away. Past orders keep it, its link and SKUs are free again. 409 while an active form sells it."""
    actor.require("products.delete")
    product = product_lock(product_id)
    refuse_when_sold([product.pk])
    now = timezone.now()
    product.deleted_at = now
    product.save(update_fields=["deleted_at", "updated_at"])
    Variant.objects.filter(product=product, deleted_at__isnull=True).update(deleted_at=now)
    timeline.record(
        store_id=product.store_id, subject="product", subject_id=product.pk, kind="product.deleted", actor=actor,
        data={"name": product.name},
    )  # fmt: skip
    changes.announce("product", product.store_id, [product.pk])


@transaction.atomic
def product_duplicate(*, product_id: int, actor: Actor) -> Product:
    """A draft copy "(Salinan)" with everything but stock; its SKUs are new ones made from the old."""
    actor.require("products.create")
    names_lock(product_of(product_id).store_id)
    source = product_lock(product_id)
    variants = list(Variant.objects.filter(product=source, deleted_at__isnull=True).order_by("position", "id"))
    suffix = " (Salinan)"
    copy = product_create(
        store=source.store,
        name=source.name[: 120 - len(suffix)] + suffix,
        description=source.description,
        category_name=source.category.name if source.category else "",
        status=Product.Status.DRAFT,
        attributes=source.attributes,
        sell_when_empty=source.sell_when_empty,
        image_ids=list(ProductImage.objects.filter(product=source).values_list("image_id", flat=True)),
        variants=[
            replace(VariantInput(**{name: getattr(v, name) for name in KEPT}), sku=sku)
            for v, sku in zip(variants, _copied_skus([v.sku for v in variants]), strict=True)
        ],
        actor=actor,
    )
    return copy


def _copied_skus(skus: Sequence[str]) -> list[str]:
    """``M-100`` → ``M-100-2``, ``-3`` …: the first ending that is free for all of them."""
    for n in itertools.count(2):
        made = [f"{sku[:54]}-{n}" for sku in skus]
        if len({m.lower() for m in made}) == len(made) and not skus_taken(made):
            return made
        if n > 200:
            return [""] * len(skus)
    raise AssertionError("unreachable")


def product_dummy(*, store: Store, actor: Actor) -> Product:
    """A sample product for a new shop: two sizes, a wholesale tier, some stock; to be changed or thrown away."""
    actor.require("products.create")
    return product_create(
        store=store,
        name="Madu Hutan (contoh)",
        description="Produk contoh. Ubah nama, harga dan fotonya, atau hapus saja.",
        category_name="Contoh",
        attributes=[{"name": "Ukuran", "items": ["250 ml", "500 ml"]}],
        variants=[
            VariantInput(["250 ml"], 55_000, compare_at_price=70_000, cost_price=30_000, weight_grams=350, stock=20),
            VariantInput(["500 ml"], 95_000, compare_at_price=120_000, cost_price=55_000, weight_grams=650, stock=20,
                         tiers=[{"min_qty": 3, "price": 90_000}]),
        ],
        actor=actor,
    )  # fmt: skip
