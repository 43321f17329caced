"""Reads about stock: the grid, the ledger, the proof that both agree."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline.api.lists import ListSpec, Page, page_of, parse_date, parse_int
from bosonline.errors import ValidationFailed
from catalog import ports
from catalog.models import StockEntry, StockLevel
from stores.models import Store
from stores.queries import store_today

__all__ = [
    "LEDGER_DAYS",
    "inventory_counts",
    "inventory_page",
    "ledger_page",
    "ledger_rows",
    "level_as_api",
    "stock_mismatches",
    "warehouse_holds_stock",
]

LEDGER_DAYS = 30
SALES_DAYS = 28
STATES = ("all", "low", "empty", "oversold")
LEVEL_SPEC = ListSpec(
    sorts={"id": "id", "sku": "variant__sku", "on_hand": "on_hand", "reserved": "reserved",
           "name": "variant__product__name", "sold": "sold_recently"},
    searches={
        "name": lambda text: Q(variant__product__name__icontains=text),
        "sku": lambda text: Q(variant__sku__icontains=text),
    },
)  # fmt: skip
ENTRY_SPEC = ListSpec(
    sorts={"created_at": "id"},
    searches={
        "sku": lambda text: Q(variant__sku__icontains=text),
        "name": lambda text: Q(variant__product__name__icontains=text),
        "reason": lambda text: Q(reason__icontains=text),
    },
)


def _levels(params: Mapping[str, str]) -> QuerySet[StockLevel]:
    rows = StockLevel.objects.filter(
        variant__deleted_at__isnull=True, variant__product__deleted_at__isnull=True, warehouse__deleted_at__isnull=True
    )
    for name, column in (
        ("warehouse", "warehouse_id"), ("variant_id", "variant_id"), ("product_id", "variant__product_id"),
    ):  # fmt: skip
        if params.get(name):
            rows = rows.filter(**{column: parse_int(params, name, 0, maximum=2**62)})
    return rows


def _in_state(rows: QuerySet[StockLevel], state: str) -> QuerySet[StockLevel]:
    match state or "all":
        case "low":
            return rows.filter(low_since__isnull=False, sell_when_empty=False)
        case "empty":
            return rows.filter(on_hand__lte=F("reserved"), sell_when_empty=False)
        case "oversold":
            return rows.filter(on_hand__lt=F("reserved"))
        case "all":
            return rows
        case _:
            raise ValidationFailed.field("stock", _("Use %(choices)s.") % {"choices": ", ".join(STATES)})


def levels_filtered(params: Mapping[str, str]) -> QuerySet[StockLevel]:
    """Levels of living variants; filters ``warehouse``, ``product_id``, ``variant_id``, ``stock`` (low, empty, oversold)."""
    return _in_state(_levels(params), params.get("stock", ""))


def inventory_page(params: Mapping[str, str]) -> Page:
    """One page of levels."""
    rows = levels_filtered(params)
    return page_of(rows.select_related("variant__product", "warehouse"), params, LEVEL_SPEC)


def inventory_counts(params: Mapping[str, str]) -> dict[str, int]:
    """How many levels each state's tab shows."""
    return {state: _in_state(_levels(params), state).count() for state in ("all", "low", "empty")}


def level_as_api(level: StockLevel) -> dict[str, Any]:
    """A line of the grid. ``days_of_cover``: how long what is available lasts at the pace of the last 28 days; null
    without a sale in them."""
    sold = level.sold_recently
    return {
        "id": level.pk,
        "variant_id": level.variant_id,
        "warehouse_id": level.warehouse_id,
        "product_id": level.variant.product_id,
        "product": level.variant.product.name,
        "variant": level.variant.name,
        "sku": level.variant.sku,
        "warehouse": level.warehouse.name,
        "on_hand": level.on_hand,
        "reserved": level.reserved,
        "available": level.available,
        "sell_when_empty": level.sell_when_empty,
        "low": level.low_since is not None and not level.sell_when_empty,
        "sold_28d": sold,
        "days_of_cover": max(level.available, 0) * SALES_DAYS // sold if sold else None,
    }


def ledger_page(params: Mapping[str, str], store: Store) -> Page:
    """The ledger, newest first: ``from``/``to`` (store's days; the last 30 when neither these nor a variant or order is
    named), ``variant_id``, ``warehouse``, ``kind``, ``order_id``."""
    zone = zoneinfo.ZoneInfo(store.time_zone)
    start, end = parse_date(params, "from"), parse_date(params, "to")
    if start is None and not params.get("variant_id") and not params.get("order_id"):
        start = store_today(store) - timedelta(days=LEDGER_DAYS)
    rows = StockEntry.objects.select_related("variant__product", "warehouse", "actor")
    if start:
        rows = rows.filter(created_at__gte=datetime.combine(start, time.min, zone))
    if end:
        rows = rows.filter(created_at__lt=datetime.combine(end + timedelta(days=1), time.min, zone))
    for name, column in (("warehouse", "warehouse_id"), ("variant_id", "variant_id"), ("order_id", "order_id")):
        if params.get(name):
            rows = rows.filter(**{column: parse_int(params, name, 0, maximum=2**62)})
    kind = params.get("kind", "")
    if kind:
        if kind not in StockEntry.Kind.values:
            raise ValidationFailed.field("kind", _("Unknown kind."))
        rows = rows.filter(kind=kind)
    return page_of(rows, params, ENTRY_SPEC)


def ledger_rows(page: Page, store: Store) -> list[dict[str, Any]]:
    """Each change with who did it, why, and for which order."""
    zone = zoneinfo.ZoneInfo(store.time_zone)
    numbers = ports.order_names({e.order_id for e in page.rows if e.order_id})
    return [
        {
            "id": e.pk,
            "created_at": timezone.localtime(e.created_at, zone).isoformat(),
            "kind": e.kind,
            "kind_label": str(StockEntry.Kind(e.kind).label),
            "variant_id": e.variant_id,
            "product": e.variant.product.name,
            "variant": e.variant.name,
            "sku": e.variant.sku,
            "warehouse_id": e.warehouse_id,
            "warehouse": e.warehouse.name,
            "on_hand_before": e.on_hand_before,
            "on_hand_after": e.on_hand_after,
            "on_hand_change": e.on_hand_after - e.on_hand_before,
            "reserved_before": e.reserved_before,
            "reserved_after": e.reserved_after,
            "reserved_change": e.reserved_after - e.reserved_before,
            "reason": e.reason,
            "order_id": e.order_id,
            "order_number": numbers.get(e.order_id, "") if e.order_id else "",
            "actor": e.actor.name if e.actor else None,
        }
        for e in page.rows
    ]


def stock_mismatches() -> list[dict[str, Any]]:
    """Levels of all stores that do not equal the sum of their ledger: must always be empty (``manage.py check_stock``)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT l.id, l.on_hand, l.reserved, coalesce(s.on_hand, 0), coalesce(s.reserved, 0)
            FROM catalog_stocklevel l
            LEFT JOIN (
                SELECT variant_id, warehouse_id, sum(on_hand_after - on_hand_before) AS on_hand,
                       sum(reserved_after - reserved_before) AS reserved
                FROM catalog_stockentry GROUP BY variant_id, warehouse_id
            ) s USING (variant_id, warehouse_id)
            WHERE (l.on_hand, l.reserved) IS DISTINCT FROM (coalesce(s.on_hand, 0), coalesce(s.reserved, 0))
            ORDER BY l.id
            """
        )
        return [
            {"level": row[0], "level_says": (row[1], row[2]), "ledger_says": (int(row[3]), int(row[4]))}
            for row in cursor.fetchall()
        ]


def warehouse_holds_stock(store_id: int, warehouse_id: int) -> list[str]:
    """Guard: pieces that lie in the warehouse or are promised from it."""
    levels = StockLevel.objects.filter(store_id=store_id, warehouse_id=warehouse_id)
    sums = levels.aggregate(on_hand=Sum("on_hand", filter=Q(on_hand__gt=0)), reserved=Sum("reserved"))
    if sums["on_hand"] or sums["reserved"]:
        return [_("%(n)s pieces of stock are here. Move them first.") % {"n": sums["on_hand"] or sums["reserved"]}]
    return []
