"""Vouchers: made, changed, judged for a checkout, given back and taken again (product.md §5).

The rules are in :mod:`catalog.services.voucher_rules`. A use is taken by ``order_place`` under the voucher's row
lock; here it is given back when the order is cancelled and taken again when that order is reopened.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, F
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import cleaning, timeline
from bosonline.actor import Actor
from bosonline.errors import Conflict, NotFound, ValidationFailed
from catalog.models import Product, Voucher, VoucherUse
from catalog.services.voucher_rules import VoucherContext, voucher_amount, voucher_check, voucher_message
from stores.models import Courier, Province, Store

__all__ = ["Verdict", "VoucherContext", "voucher_amount", "voucher_check", "voucher_message", "vouchers_judge"]

CODE = re.compile(r"^[A-Z0-9][A-Z0-9_-]{2,29}$")
METHODS = ("cod", "bank_transfer", "va", "qris")
MONEY_MAX = 1_000_000_000
COUNT_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a voucher stands to a checkout. ``discount`` off the goods, ``shipping_discount`` off the shipping, rupiah."""

    voucher: Voucher
    applicable: bool
    code: str
    message: str
    discount: int
    shipping_discount: int


def vouchers_judge(context: VoucherContext, *, codes: Collection[str] = ()) -> list[Verdict]:
    """Judge the current store's vouchers for a checkout: the listed ones, and those whose ``codes`` were typed.

    Three queries whatever their number. Those that apply come first, the biggest saving on top; the others say by code
    and message which of the twelve checks they fail first. Vouchers that are off or over are not listed.
    """
    typed = {key for code in codes if (key := cleaning.same(code))}
    rows = [
        v
        for v in Voucher.objects.filter(deleted_at__isnull=True, is_active=True, end_date__gte=context.today)
        if v.is_listed or v.code.lower() in typed
    ]
    covered = products_covered([v.pk for v in rows])
    uses = uses_by_phone([v.pk for v in rows], context.phone)
    verdicts = [
        _judge(v, covered.get(v.pk, frozenset()), replace(context, uses_by_buyer=uses.get(v.pk, 0))) for v in rows
    ]
    return sorted(verdicts, key=lambda v: (not v.applicable, -(v.discount + v.shipping_discount), v.voucher.code))


def _judge(voucher: Voucher, product_ids: Collection[int], context: VoucherContext) -> Verdict:
    failed = voucher_check(voucher, product_ids, context)
    if failed:
        return Verdict(voucher, False, failed, voucher_message(failed, voucher), 0, 0)
    amount = voucher_amount(voucher, product_ids, context)
    shipping = voucher.kind == Voucher.Kind.SHIPPING
    return Verdict(voucher, True, "ok", "", 0 if shipping else amount, amount if shipping else 0)


def products_covered(voucher_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Voucher id → the products it covers; a voucher that covers everything is not in it."""
    found: dict[int, set[int]] = {}
    pairs = Voucher.products.through.objects.filter(voucher_id__in=voucher_ids)
    for voucher_id, product_id in pairs.values_list("voucher_id", "product_id"):
        found.setdefault(voucher_id, set()).add(product_id)
    return {voucher_id: frozenset(ids) for voucher_id, ids in found.items()}


def uses_by_phone(voucher_ids: Collection[int], phone: str) -> dict[int, int]:
    """Voucher id → how often this buyer has used it and not given it back."""
    if not phone:
        return {}
    rows = VoucherUse.objects.filter(voucher_id__in=voucher_ids, phone=phone, released_at__isnull=True)
    return dict(rows.values("voucher_id").annotate(n=Count("id")).values_list("voucher_id", "n"))


@dataclass(frozen=True, slots=True)
class VoucherInput:
    """A voucher as typed. ``value`` is per cent or rupiah, by ``value_type``; empty lists mean no restriction."""

    code: str
    kind: str
    value_type: str
    value: int
    start_date: date
    end_date: date
    stock: int
    description: str = ""
    max_discount: int | None = None
    voucher_limit: int = 1
    min_purchase: int = 0
    min_qty: int = 0
    payment_methods: tuple[str, ...] = ()
    apply_target_type: str = "all"
    province_codes: tuple[str, ...] = ()
    courier_codes: tuple[str, ...] = ()
    product_ids: tuple[int, ...] = ()
    is_active: bool = True
    is_listed: bool = True


def _clean(data: VoucherInput, *, used: int = 0) -> dict[str, Any]:
    """The model's values. Raises everything that is wrong at once, each at its field."""
    errors: dict[str, list[str]] = {}
    code = cleaning.code(data.code).upper()
    if not CODE.match(code):
        errors["code"] = [_("Use 3 to 30 letters, digits, - or _, for example HEMAT10.")]
    if data.value_type == "percent" and not 1 <= data.value <= 100:
        errors["value"] = [_("A percentage is from 1 to 100.")]
    if data.value_type == "fixed" and not 1 <= data.value <= MONEY_MAX:
        errors["value"] = [_("Enter an amount of at least Rp 1.")]
    if data.end_date < data.start_date:
        errors["end_date"] = [_("The end is before the start.")]
    if not 1 <= data.stock <= COUNT_MAX:
        errors["voucher_stok"] = [_("Enter how often the voucher can be used, at least once.")]
    elif data.stock < used:
        errors["voucher_stok"] = [_("It was already used %(count)s times.") % {"count": used}]
    if not 1 <= data.voucher_limit <= COUNT_MAX:
        errors["voucher_limit"] = [_("Enter how often one buyer may use it, at least once.")]
    if unknown := sorted(set(data.payment_methods) - set(METHODS)):
        errors["payment_methods"] = [_("Unknown payment method: %(name)s.") % {"name": unknown[0][:20]}]
    errors |= _target_errors(data)
    if data.product_ids:
        known = Product.objects.filter(pk__in=data.product_ids, deleted_at__isnull=True).count()
        if known != len(set(data.product_ids)):
            errors["product_ids"] = [_("Unknown product.")]
    if errors:
        raise ValidationFailed(next(iter(errors.values()))[0], errors=errors)
    area, courier = data.apply_target_type == "area", data.apply_target_type == "courier"
    return {
        "code": code, "description": data.description.strip()[:200], "kind": data.kind, "value_type": data.value_type,
        "value": data.value, "max_discount": data.max_discount if data.value_type == "percent" else None,
        "start_date": data.start_date, "end_date": data.end_date, "stock": data.stock,
        "voucher_limit": data.voucher_limit, "min_purchase": data.min_purchase, "min_qty": data.min_qty,
        "payment_methods": sorted(set(data.payment_methods)), "apply_target_type": data.apply_target_type,
        "province_codes": sorted(set(data.province_codes)) if area else [],
        "courier_codes": sorted(set(data.courier_codes)) if courier else [],
        "is_active": data.is_active, "is_listed": data.is_listed,
    }  # fmt: skip


def _target_errors(data: VoucherInput) -> dict[str, list[str]]:
    if data.apply_target_type == "area":
        known = Province.objects.filter(code__in=data.province_codes).count()
        if not data.province_codes or known != len(set(data.province_codes)):
            return {"province_codes": [_("Choose the provinces from the list.")]}
    if data.apply_target_type == "courier":
        known = Courier.objects.filter(code__in=data.courier_codes).count()
        if not data.courier_codes or known != len(set(data.courier_codes)):
            return {"courier_codes": [_("Choose the couriers from the list.")]}
    return {}


def voucher_problems(data: VoucherInput) -> dict[str, list[str]]:
    """Everything that is wrong with it, by field; nothing is written."""
    try:
        _clean(data)
    except ValidationFailed as exc:
        return exc.errors
    return {}


@transaction.atomic
def voucher_create(*, store: Store, data: VoucherInput, actor: Actor) -> Voucher:
    """A voucher. Raises at the fields of api.md (``code``, ``value``, ``voucher_stok`` …)."""
    actor.require("vouchers.create")
    values = _clean(data)
    try:
        with transaction.atomic():
            voucher: Voucher = Voucher.objects.create(store=store, **values)
    except IntegrityError as exc:
        raise _taken(exc) from None
    voucher.products.set(data.product_ids)
    timeline.record(
        store_id=store.pk, subject="voucher", subject_id=voucher.pk, kind="voucher.created", actor=actor,
        data={"code": voucher.code},
    )  # fmt: skip
    return voucher


@transaction.atomic
def voucher_update(*, voucher_id: int, data: VoucherInput, actor: Actor) -> Voucher:
    """Change a voucher. Its uses stay; the stock cannot fall below them."""
    actor.require("vouchers.edit")
    voucher = _locked(voucher_id)
    values = _clean(data, used=voucher.used)
    changed = {k: [str(getattr(voucher, k)), str(v)] for k, v in values.items() if getattr(voucher, k) != v}
    for name, value in values.items():
        setattr(voucher, name, value)
    try:
        with transaction.atomic():
            voucher.save(update_fields=list(values))
    except IntegrityError as exc:
        raise _taken(exc) from None
    voucher.products.set(data.product_ids)
    timeline.record(
        store_id=voucher.store_id, subject="voucher", subject_id=voucher.pk, kind="voucher.changed", actor=actor,
        data=changed,
    )  # fmt: skip
    return voucher


def _taken(exc: IntegrityError) -> Exception:
    if "voucher_code_once" in str(exc):
        return ValidationFailed.field("code", _("Another voucher has this code."), code="voucher_code_taken")
    return exc


def _locked(voucher_id: int) -> Voucher:
    voucher: Voucher | None = Voucher.objects.select_for_update().filter(pk=voucher_id, deleted_at__isnull=True).first()
    if voucher is None:
        raise NotFound()
    return voucher


@transaction.atomic
def voucher_set_active(*, voucher_id: int, is_active: bool, actor: Actor) -> Voucher:
    """Switch a voucher on or off."""
    actor.require("vouchers.edit")
    voucher = _locked(voucher_id)
    voucher.is_active = is_active
    voucher.save(update_fields=["is_active"])
    timeline.record(
        store_id=voucher.store_id, subject="voucher", subject_id=voucher.pk, kind="voucher.status", actor=actor,
        data={"is_active": is_active},
    )  # fmt: skip
    return voucher


@transaction.atomic
def voucher_delete(*, voucher_id: int, actor: Actor) -> None:
    """Nobody can use the voucher any more and its code is free again; orders that used it keep their discount."""
    actor.require("vouchers.delete")
    voucher = _locked(voucher_id)
    voucher.deleted_at = timezone.now()
    voucher.is_active = False
    voucher.save(update_fields=["deleted_at", "is_active"])
    timeline.record(
        store_id=voucher.store_id, subject="voucher", subject_id=voucher.pk, kind="voucher.deleted", actor=actor,
        data={"code": voucher.code},
    )  # fmt: skip


@transaction.atomic
def voucher_release(*, order_id: int) -> None:
    """Give the uses of a cancelled order back. Twice gives nothing twice."""
    for use in VoucherUse.objects.filter(order_id=order_id, released_at__isnull=True).order_by("voucher_id"):
        taken = VoucherUse.objects.filter(pk=use.pk, released_at__isnull=True).update(released_at=timezone.now())
        if taken:
            Voucher.objects.filter(pk=use.voucher_id).update(used=F("used") - 1)


@transaction.atomic
def voucher_retake(*, order_id: int) -> None:
    """A cancelled order comes back with its discount: take its uses again, or refuse when somebody else has them.

    Raises 409 ``voucher_used_up`` or ``voucher_limit_reached``; then the order stays cancelled.
    """
    uses = VoucherUse.objects.filter(order_id=order_id, released_at__isnull=False).order_by("voucher_id")
    for use in uses.select_related("voucher"):
        if not Voucher.objects.filter(pk=use.voucher_id, used__lt=F("stock")).update(used=F("used") + 1):
            raise Conflict(
                _("Voucher %(code)s is used up meanwhile.") % {"code": use.voucher.code}, code="voucher_used_up"
            )
        # the voucher's row is locked by the update: nobody counts beside us
        count = VoucherUse.objects.filter(voucher_id=use.voucher_id, phone=use.phone, released_at__isnull=True).count()
        if count >= use.voucher.voucher_limit:
            raise Conflict(
                _("The buyer has used voucher %(code)s in another order meanwhile.") % {"code": use.voucher.code},
                code="voucher_limit_reached",
            )
        VoucherUse.objects.filter(pk=use.pk).update(released_at=None)
