"""The one statement that writes an order (``orders/sql/order_place_v3.sql``)."""

from __future__ import annotations

import threading
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.utils import InternalError
from psycopg.types.json import Jsonb, set_json_dumps

from orders.services.placement.refusals import refusal

# How many orders a process writes at once. More only queue inside PostgreSQL, where they hold locks while they wait.
_SLOTS = threading.BoundedSemaphore(2)


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


set_json_dumps(_dumps)


def order_write(payload: dict[str, Any]) -> dict[str, Any]:
    """One round trip. A rule that the database refuses comes back as SQLSTATE BO001."""
    try:
        # a savepoint only where a caller already opened a transaction; alone the statement is its own transaction
        if connection.in_atomic_block:
            with transaction.atomic():
                return _execute(payload)
        return _execute(payload)
    except (InternalError, Exception) as exc:
        cause = exc.__cause__
        if getattr(cause, "sqlstate", None) == "BO001":
            raise refusal(str(cause.diag.message_primary), orjson.loads(cause.diag.message_detail or "{}")) from None  # type: ignore[union-attr]  # psycopg's error
        raise


def _execute(payload: dict[str, Any]) -> dict[str, Any]:
    with _SLOTS, connection.cursor() as cursor:
        cursor.execute("SELECT order_place_v3(%s)", [Jsonb(payload)])  # type: ignore[list-item]  # psycopg adapts it
        row: dict[str, Any] = cursor.fetchone()[0]
        return row if isinstance(row, dict) else orjson.loads(row)
