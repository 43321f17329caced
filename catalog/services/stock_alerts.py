"""Low-stock alerts: told once per fall to the store's limit, forgotten when the level has risen again."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db import connection

from catalog.models import StockLevel, Variant
from stores.models import Store
from stores.services.bell import notify


def levels_watch(levels: Sequence[StockLevel]) -> int:
    """Look at levels that just changed; how many fell. Concurrent looks tell a fall once, by a conditional update."""
    if not levels:
        return 0
    store_id = levels[0].store_id
    limit = Store.objects.values_list("low_stock_at", flat=True).get(pk=store_id)
    risen = [x.pk for x in levels if x.low_since is not None and (x.sell_when_empty or x.available > limit)]
    fallen = [x.pk for x in levels if x.low_since is None and not x.sell_when_empty and x.available <= limit]
    if not risen and not fallen:
        return 0
    with connection.cursor() as cursor:
        if risen:
            cursor.execute(
                "UPDATE catalog_stocklevel SET low_since = NULL WHERE id = ANY(%s) AND low_since IS NOT NULL"
                " AND (sell_when_empty OR on_hand - reserved > %s)",
                [risen, limit],
            )
        if not fallen:
            return 0
        cursor.execute(
            "UPDATE catalog_stocklevel SET low_since = now() WHERE id = ANY(%s) AND low_since IS NULL"
            " AND NOT sell_when_empty AND on_hand - reserved <= %s RETURNING variant_id, on_hand - reserved",
            [fallen, limit],
        )
        told = cursor.fetchall()
    if told:
        _tell(store_id, told)
    return len(told)


def _tell(store_id: int, fallen: Sequence[tuple[int, int]]) -> None:
    names = {
        v.pk: f"{v.product.name} {v.name}".strip()
        for v in Variant.objects.select_related("product").filter(pk__in=[pk for pk, _left in fallen[:3]])
    }
    low = [{"name": names.get(pk, ""), "left": left} for pk, left in fallen[:3]]
    notify(store_id=store_id, kind="stock.low", facts={"low": low, "count": len(fallen)})


def order_watch(*, variant_ids: Collection[int], warehouse_id: int) -> int:
    """After an order took its pieces (the order's own statement does not look, so that it stays short)."""
    return levels_watch(list(StockLevel.objects.filter(variant_id__in=variant_ids, warehouse_id=warehouse_id)))


def levels_review(store_id: int, _ids: Collection[int]) -> None:
    """Subscriber: the store's settings changed, perhaps its limit. What is low by the new one is marked without an alert:
    nothing fell."""
    limit = Store.objects.values_list("low_stock_at", flat=True).get(pk=store_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalog_stocklevel SET low_since = CASE WHEN on_hand - reserved <= %(limit)s AND NOT sell_when_empty"
            " THEN now() END WHERE store_id = %(store)s"
            " AND (low_since IS NOT NULL) <> (on_hand - reserved <= %(limit)s AND NOT sell_when_empty)",
            {"limit": limit, "store": store_id},
        )
