"""Orders and their rows of the outbox, made in SQL: what follows placing, measured without placing."""

from __future__ import annotations

from django.db import connection


def pile(store_id: int, order_id: int, count: int, topic: str = "order.placed") -> None:
    """``count`` copies of an order with its items, and a due row of ``topic`` for each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = 'orders_order'::regclass"
            " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attname NOT IN ('id', 'order_number', 'token')"
        )
        columns = cursor.fetchone()[0]
        cursor.execute(
            "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = 'orders_orderitem'::regclass"
            " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attname NOT IN ('id', 'order_id')"
        )
        items = cursor.fetchone()[0]
        cursor.execute(
            f"""
            WITH made AS (
                INSERT INTO orders_order (order_number, token, {columns})
                SELECT left(md5(random()::text || g), 16), left(md5(random()::text || g), 30), {columns}
                FROM orders_order, generate_series(1, %s) g WHERE id = %s RETURNING id
            ), sold AS (
                INSERT INTO orders_orderitem (order_id, {items})
                SELECT made.id, {items} FROM orders_orderitem, made WHERE order_id = %s
            )
            INSERT INTO bosonline_outboxmessage (topic, payload, attempts, due_at, created_at, last_error)
            SELECT %s, jsonb_build_object('order_id', id, 'store_id', %s::bigint, 'outcome', 'paid'), 0, now(), now(), ''
            FROM made
            """,
            [count, order_id, order_id, topic, store_id],
        )
