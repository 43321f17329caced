"""The one statement that writes an order (``orders/sql/order_place.sql``)."""

from __future__ import annotations

import threading
from typing import Any

import orjson
from psycopg.types.json import Jsonb, set_json_dumps

from bosonline.sqlfunctions import RuleRefused, call
from orders.services.placement.refusals import refusal

# How many orders a process writes at once. More only queue inside PostgreSQL, where they hold locks while they wait.
_SLOTS = threading.BoundedSemaphore(2)


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


set_json_dumps(_dumps)


def order_write(payload: dict[str, Any]) -> dict[str, Any]:
    """One round trip. A rule that the database refuses comes back as the refusal it is."""
    try:
        with _SLOTS:
            row = call("order_place", Jsonb(payload))
    except RuleRefused as refused:
        raise refusal(refused.code, refused.detail) from None
    answer: dict[str, Any] = row if isinstance(row, dict) else orjson.loads(row)
    return answer
