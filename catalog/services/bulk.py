"""Bulk edit of price, weight, status and category: computed first, shown, applied per row, and undone (product.md §5)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import changes, timeline
from bosonline.actor import Actor
from bosonline.errors import Conflict, DomainError, NotFound, ValidationFailed
from catalog.models import BulkChange, Category, Product, Variant
from catalog.services.products import category_ensure, names_lock
from catalog.services.variants import values_check
from stores.models import Store

VARIANT_FIELDS = {"price": "price", "weight": "weight_grams"}
PRODUCT_FIELDS = {"status": "status", "category": "category_id"}
MAX_VARIANTS = 5000


@dataclass(frozen=True, slots=True)
class BulkEdit:
    """What to do to what. ``value`` is rupiah, grams, whole per cent, a status or a category's name."""

    target: str
    ids: tuple[int, ...]
    field: str
    mode: str
    value: str
    round_to: int = 1


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One row's outcome. ``before`` and ``after`` as they are shown; ``error`` says why it stays."""

    id: int
    name: str
    before: Any
    after: Any
    error: str = ""
    code: str = "ok"

    @property
    def changes(self) -> bool:
        return not self.error and self.before != self.after


def edit_of(*, target: str, ids: Sequence[int], field: str, mode: str, value: str, round_to: int = 1) -> BulkEdit:
    """A checked edit. Raises at ``value`` or ``mode``."""
    if field in VARIANT_FIELDS:
        if not re.fullmatch(r"[+-]?\d{1,10}", value.strip()):
            raise ValidationFailed.field("value", _("Enter a whole number."))
        number = int(value)
        if mode == "percent" and not -100 < number <= 1000:
            raise ValidationFailed.field("value", _("A percentage is between -99 and 1000."))
        if mode == "set" and number < 0:
            raise ValidationFailed.field("value", _("Enter a number of 0 or more."))
    elif mode != "set":
        raise ValidationFailed.field("mode", _("This can only be set."))
    elif field == "status" and value not in Product.Status.values:
        raise ValidationFailed.field("value", _("Use %(choices)s.") % {"choices": ", ".join(Product.Status.values)})
    elif field in PRODUCT_FIELDS and target == "variants":
        raise ValidationFailed.field("field", _("Variants have no status or category of their own here."))
    return BulkEdit(target, tuple(dict.fromkeys(ids)), field, mode, value.strip(), round_to)


def computed(before: int, edit: BulkEdit) -> int:
    """The new price or weight: rounded **down** to ``round_to``, never below zero."""
    number = int(edit.value)
    match edit.mode:
        case "add":
            after = before + number
        case "percent":
            after = before * (100 + number) // 100
        case _:
            after = number
    return max(after, 0) // edit.round_to * edit.round_to


def bulk_preview(edit: BulkEdit) -> list[BulkRow]:
    """What the edit would do to each row; nothing is written."""
    return [row for row, _object in _rows(edit, lock=False)]


def _rows(edit: BulkEdit, *, lock: bool) -> list[tuple[BulkRow, Any]]:
    if edit.field in VARIANT_FIELDS:
        return _variant_rows(edit, lock=lock)
    objects = Product.objects.filter(pk__in=edit.ids, deleted_at__isnull=True)
    found = {p.pk: p for p in (objects.select_for_update() if lock else objects).order_by("id")}
    names = dict(Category.objects.values_list("pk", "name")) if edit.field == "category" else {}
    rows: list[tuple[BulkRow, Any]] = []
    for pk in edit.ids:
        product = found.get(pk)
        if product is None:
            rows.append((_unknown(pk), None))
        elif edit.field == "status":
            rows.append((BulkRow(pk, product.name, product.status, edit.value), product))
        else:
            rows.append((BulkRow(pk, product.name, names.get(product.category_id, ""), edit.value), product))
    return rows


def _variant_rows(edit: BulkEdit, *, lock: bool) -> list[tuple[BulkRow, Any]]:
    column = "product_id" if edit.target == "products" else "pk"
    objects = Variant.objects.filter(**{f"{column}__in": edit.ids}, deleted_at__isnull=True).select_related("product")
    if lock:
        objects = objects.select_for_update(of=("self",))
    variants = list(objects.order_by("id")[: MAX_VARIANTS + 1])
    if len(variants) > MAX_VARIANTS:
        raise ValidationFailed.field("ids", _("At most %(count)s variants at once.") % {"count": MAX_VARIANTS})
    known = {v.product_id if edit.target == "products" else v.pk for v in variants}
    rows: list[tuple[BulkRow, Any]] = [(_unknown(pk), None) for pk in edit.ids if pk not in known]
    name = VARIANT_FIELDS[edit.field]
    for variant in variants:
        before = getattr(variant, name)
        after = computed(before, edit)
        setattr(variant, name, after)
        label = f"{variant.product.name} {variant.name}".strip()
        try:
            values_check(variant)
            rows.append((BulkRow(variant.pk, label, before, after), variant))
        except DomainError as exc:
            rows.append((BulkRow(variant.pk, label, before, after, exc.message, exc.code), None))
    return rows


def _unknown(pk: int) -> BulkRow:
    return BulkRow(pk, "", None, None, _("Not found."), "not_found")


@transaction.atomic
def bulk_apply(*, store: Store, edit: BulkEdit, actor: Actor) -> tuple[BulkChange | None, list[BulkRow]]:
    """Do it to every row that can; the others say why. What was there before is kept for the undo."""
    actor.require("products.edit")
    if edit.field == "category":
        names_lock(store.pk)
    pairs = _rows(edit, lock=True)
    todo = [(row, thing) for row, thing in pairs if thing is not None and row.changes]
    if not todo:
        return None, [row for row, _thing in pairs]
    kept = [{"id": row.id, "before": row.before, "after": row.after} for row, _thing in todo]
    if edit.field in VARIANT_FIELDS:
        Variant.objects.bulk_update([thing for _row, thing in todo], [VARIANT_FIELDS[edit.field]], batch_size=500)
        products = {thing.product_id for _row, thing in todo}
    else:
        products = {thing.pk for _row, thing in todo}
        _products_write(store, edit.field, {thing.pk: edit.value for _row, thing in todo})
    change = BulkChange.objects.create(
        store=store, field=edit.field, user_id=actor.user_id, rows=kept,
        change={"mode": edit.mode, "value": edit.value, "round_to": edit.round_to},
    )  # fmt: skip
    _told(store.pk, "product.bulk", products, actor, {"change_id": change.pk, "field": edit.field})
    return change, [row for row, _thing in pairs]


def _products_write(store: Store, field: str, values: dict[int, str]) -> None:
    """Status or category (by name) of products, one update per distinct value."""
    for value in sorted(set(values.values())):
        ids = [pk for pk, wanted in values.items() if wanted == value]
        rows = Product.objects.filter(pk__in=ids)
        if field == "status":
            rows.update(status=value, updated_at=timezone.now())
        else:
            rows.update(category=category_ensure(store=store, name=value), updated_at=timezone.now())


def _told(store_id: int, kind: str, products: set[int], actor: Actor, data: dict[str, Any]) -> None:
    timeline.record(
        store_id=store_id, subject="product", subject_id=0, kind=kind, actor=actor,
        data=data | {"products": sorted(products)[:200]},
    )  # fmt: skip
    changes.announce("product", store_id, products)


@transaction.atomic
def bulk_undo(*, change_id: int, actor: Actor) -> list[BulkRow]:
    """Put back what the edit changed. A row that is not as the edit left it was changed since and stays.

    Raises 409 ``already_undone`` the second time.
    """
    actor.require("products.edit")
    change: BulkChange | None = BulkChange.objects.select_for_update().filter(pk=change_id).first()
    if change is None:
        raise NotFound()
    if change.undone_at is not None:
        raise Conflict(_("This change was undone already."), code="already_undone")
    kept = {row["id"]: row for row in change.rows}
    if change.field in VARIANT_FIELDS:
        rows, products = _undo_variants(kept, VARIANT_FIELDS[change.field])
    else:
        rows, products = _undo_products(change, kept)
    change.undone_at = timezone.now()
    change.save(update_fields=["undone_at"])
    _told(change.store_id, "product.bulk_undone", products, actor, {"change_id": change.pk, "field": change.field})
    return rows


def _undo_row(pk: int, name: str, now: Any, kept: dict[str, Any]) -> BulkRow:
    if now != kept["after"]:
        return BulkRow(pk, name, now, now, _("Changed by somebody since; left as it is."), "changed_since")
    return BulkRow(pk, name, now, kept["before"])


def _undo_variants(kept: dict[int, dict[str, Any]], name: str) -> tuple[list[BulkRow], set[int]]:
    found = Variant.objects.select_for_update(of=("self",)).filter(pk__in=kept, deleted_at__isnull=True)
    rows, back = [], []
    for variant in found.select_related("product").order_by("id"):
        label = f"{variant.product.name} {variant.name}".strip()
        row = _undo_row(variant.pk, label, getattr(variant, name), kept[variant.pk])
        if not row.error:
            setattr(variant, name, row.after)
            back.append(variant)
        rows.append(row)
    Variant.objects.bulk_update(back, [name], batch_size=500)
    return rows, {v.product_id for v in back}


def _undo_products(change: BulkChange, kept: dict[int, dict[str, Any]]) -> tuple[list[BulkRow], set[int]]:
    found = Product.objects.select_for_update().filter(pk__in=kept, deleted_at__isnull=True)
    names = dict(Category.objects.values_list("pk", "name"))
    rows = []
    for product in found.order_by("id"):
        now = product.status if change.field == "status" else names.get(product.category_id, "")
        rows.append(_undo_row(product.pk, product.name, now, kept[product.pk]))
    back = {row.id: row.after for row in rows if not row.error}
    _products_write(change.store, change.field, back)
    return rows, set(back)


def as_api(rows: Sequence[BulkRow]) -> dict[str, Any]:
    """The bulk answer of api.md, each row with what was and what is."""
    data = [
        {"id": r.id, "name": r.name, "ok": not r.error, "message": r.error, "code": r.code, "before": r.before,
         "after": r.after}
        for r in rows
    ]  # fmt: skip
    good = sum(1 for row in data if row["ok"])
    return {"data": data, "succeeded": good, "failed": len(data) - good}
