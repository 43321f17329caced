"""What orders answer to the catalogue (``catalog.ports``) and to the proof of the stock."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connection

from catalog.ports import Use
from orders.models import Order, OrderItem
from orders.transitions import RESERVED_IN

MAX_NAMED = 100


def uses_of(product_ids: Collection[int]) -> list[Use]:
    """Open orders that wait for these products' variants, the newest hundred."""
    items = OrderItem.objects.filter(
        product_id__in=product_ids, order__status__in=RESERVED_IN, order__is_test=False
    ).order_by("-order_id")
    found: dict[int, tuple[str, set[int]]] = {}
    for order_id, number, variant_id in items.values_list("order_id", "order__order_number", "variant_id")[:500]:
        found.setdefault(order_id, (number, set()))[1].add(variant_id)
    return [
        Use("order", order_id, number, frozenset(variants), True)
        for order_id, (number, variants) in list(found.items())[:MAX_NAMED]
    ]


def order_names(order_ids: Collection[int]) -> dict[int, str]:
    """Order id → number, for the ledger and the vouchers' history."""
    return dict(Order.objects.filter(pk__in=order_ids).values_list("pk", "order_number"))


def reserved_mismatches() -> list[dict[str, Any]]:
    """Levels of all stores whose reserved pieces are not what open orders wait for: must always be empty."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(l.variant_id, o.variant_id), coalesce(l.warehouse_id, o.warehouse_id),
                   coalesce(l.reserved, 0), coalesce(o.pieces, 0)
            FROM catalog_stocklevel l
            FULL JOIN (
                SELECT i.variant_id, r.warehouse_id, sum(i.qty) AS pieces
                FROM orders_orderitem i JOIN orders_order r ON r.id = i.order_id
                WHERE r.status = ANY(%s) AND NOT r.is_test
                GROUP BY i.variant_id, r.warehouse_id
            ) o USING (variant_id, warehouse_id)
            WHERE coalesce(l.reserved, 0) <> coalesce(o.pieces, 0)
            ORDER BY 1, 2
            """,
            [sorted(RESERVED_IN)],
        )
        return [
            {"variant": row[0], "warehouse": row[1], "level_says": row[2], "orders_say": int(row[3])}
            for row in cursor.fetchall()
        ]
