"""Reads about vouchers: the contract's list, the details, who used them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Case, F, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext as _

from bosonline import phone as phones
from bosonline.api.lists import ListSpec, Page, page_of, parse_date
from bosonline.errors import NotFound, ValidationFailed
from catalog import ports
from catalog.models import Product, Variant, Voucher, VoucherUse
from catalog.queries.moments import moment
from stores.models import Store
from stores.queries import store_today

__all__ = [
    "STATUS_OFF",
    "VOUCHER_STATUS",
    "voucher_as_api",
    "voucher_get",
    "voucher_row",
    "voucher_uses_page",
    "vouchers_page",
]

STATUS_OFF, STATUS_SCHEDULED, STATUS_USED_UP, STATUS_ACTIVE, STATUS_ENDED = range(5)
VOUCHER_STATUS = (STATUS_OFF, STATUS_SCHEDULED, STATUS_USED_UP, STATUS_ACTIVE, STATUS_ENDED)
TYPES = ("all", Voucher.Kind.PRODUCT, Voucher.Kind.SHIPPING)
SPEC = ListSpec(
    sorts={"code": "code", "description": "description", "type": "kind", "status": "status_number"},
    searches={"code": lambda text: Q(code__icontains=text), "description": lambda text: Q(description__icontains=text)},
)
USE_SPEC = ListSpec(sorts={"created_at": "id"}, searches={"phone": lambda text: Q(phone__contains=_digits(text))})


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdecimal()).lstrip("0") or "-"


def vouchers(today: date) -> QuerySet[Voucher]:
    """The store's vouchers with ``status_number``: 0 off, 1 scheduled, 2 used up, 3 active, 4 ended (api.md).

    Off wins over everything, the end over the stock: a voucher has one state, the one that explains most.
    """
    first_sku = (
        Variant.objects.filter(product=OuterRef("pk"), deleted_at__isnull=True).order_by("position", "id").values("sku")
    )
    covered = Product.objects.annotate(first_sku=Subquery(first_sku[:1])).order_by("name", "id")
    return (
        Voucher.objects.filter(deleted_at__isnull=True)
        .annotate(
            status_number=Case(
                When(is_active=False, then=Value(STATUS_OFF)),
                When(end_date__lt=today, then=Value(STATUS_ENDED)),
                When(used__gte=F("stock"), then=Value(STATUS_USED_UP)),
                When(start_date__gt=today, then=Value(STATUS_SCHEDULED)),
                default=Value(STATUS_ACTIVE),
                output_field=IntegerField(),
            )
        )
        .prefetch_related(Prefetch("products", covered))
    )


def vouchers_page(params: Mapping[str, str], store: Store) -> Page:
    """The list with the contract's parameters. ``active`` 1: those of status 3, 0: all others; the dates: valid at some
    time between them."""
    rows = vouchers(store_today(store))
    active = params.get("active", "")
    if active not in ("", "0", "1"):
        raise ValidationFailed.field("active", _("Use 0 or 1."))
    if active:
        wanted = Q(status_number=STATUS_ACTIVE)
        rows = rows.filter(wanted if active == "1" else ~wanted)
    kind = params.get("type", "") or "all"
    if kind not in TYPES:
        raise ValidationFailed.field("type", _("Use all, product or ongkir."))
    if kind != "all":
        rows = rows.filter(kind=kind)
    start, end = parse_date(params, "start_date"), parse_date(params, "end_date")
    if start and end and end < start:
        raise ValidationFailed.field("end_date", _("The end is before the start."))
    if start:
        rows = rows.filter(end_date__gte=start)
    if end:
        rows = rows.filter(start_date__lte=end)
    return page_of(rows, params, SPEC)


def voucher_row(voucher: Any) -> dict[str, Any]:
    """One row of ``GET /store/vouchers``: exactly the fields of api.md, in their order."""
    return {
        "id": voucher.pk,
        "code": voucher.code,
        "description": voucher.description,
        "type": str(Voucher.Kind(voucher.kind).label),
        "start_date": voucher.start_date.isoformat(),
        "end_date": voucher.end_date.isoformat(),
        "status": voucher.status_number,
        "amount_used": voucher.used,
        "voucher_stok": voucher.stock,
        "voucher_item": [{"product_name": p.name, "sku": p.first_sku or ""} for p in voucher.products.all()],
    }


def voucher_get(pk: int, store: Store) -> Voucher:
    voucher = vouchers(store_today(store)).filter(pk=pk).first()
    if voucher is None:
        raise NotFound()
    return voucher


def voucher_as_api(voucher: Any) -> dict[str, Any]:
    """Everything the editor needs: the row and the rules."""
    return voucher_row(voucher) | {
        "kind": voucher.kind,
        "value_type": voucher.value_type,
        "value": voucher.value,
        "max_discount": voucher.max_discount,
        "voucher_limit": voucher.voucher_limit,
        "min_purchase": voucher.min_purchase,
        "min_qty": voucher.min_qty,
        "payment_methods": voucher.payment_methods,
        "apply_target_type": voucher.apply_target_type,
        "province_codes": voucher.province_codes,
        "courier_codes": voucher.courier_codes,
        "product_ids": sorted(p.pk for p in voucher.products.all()),
        "is_active": voucher.is_active,
        "is_listed": voucher.is_listed,
    }


def voucher_uses_page(
    voucher: Voucher, params: Mapping[str, str], *, see_phone: bool
) -> tuple[Page, list[dict[str, Any]]]:
    """Who used the voucher, in which order, for how much; a use that was given back says when."""
    page = page_of(VoucherUse.objects.filter(voucher=voucher), params, USE_SPEC)
    numbers = ports.order_names([use.order_id for use in page.rows])
    return page, [
        {
            "id": use.pk,
            "order_id": use.order_id,
            "order_number": numbers.get(use.order_id, ""),
            "phone": use.phone if see_phone else phones.masked(use.phone),
            "amount": use.amount,
            "used_at": moment(use.created_at),
            "released_at": moment(use.released_at) if use.released_at else None,
        }
        for use in page.rows
    ]
