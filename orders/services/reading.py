"""Keeps what lists and figures read: the tallies and the words of a search (orders/models/reading.py).

A change of an order lies in ``OrderChange`` until :func:`store_fold` took it into both; who reads adds what lies there
(``orders/tallies.py``, ``orders/search.py``), so nobody ever sees an older state than the order's own.
"""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from bosonline.tenancy import all_stores, store_scope
from orders.figures import MEASURES
from orders.models import Order, OrderChange, OrderSearch, OrderTally, OrderTallyState
from orders.models.reading import ALWAYS, EVERYBODY
from orders.search import words_of
from stores.models import Store

log = structlog.get_logger("tasks")
AXES = ("status", "payment_status", "shipping_status", "followup_status", "risk", "payment_method")
CHUNK = 2000
LOCK = 7201  # of pg_advisory_xact_lock: one fold of a store at a time


def stores_fold(*, rounds: int = 20) -> int:
    """Take in the changes of all stores, each a bounded number of rounds; how many changes."""
    with all_stores():
        waiting = list(OrderChange.objects.order_by("store_id").values_list("store_id", flat=True).distinct())
        built = set(OrderTallyState.objects.values_list("store_id", flat=True))
        new = Store.objects.exclude(pk__in=built).filter(pk__in=Order.objects.values("store_id"))
        waiting += [pk for pk in new.values_list("pk", flat=True) if pk not in waiting]
    done = 0
    for store_id in waiting:
        try:
            for _round in range(rounds):
                taken = store_fold(store_id=store_id)
                done += taken
                if taken < CHUNK:
                    break
        except Exception:
            log.exception("orders_not_folded", store=store_id)
    return done


def store_fold(*, store_id: int) -> int:
    """Take in up to ``CHUNK`` changes of a store; 0 when another process is at it. A store whose tallies are not there,
    or have days of another time zone, gets them anew."""
    with store_scope(store_id):
        zone = Store.objects.values_list("time_zone", flat=True).get(pk=store_id)
        if not OrderTallyState.objects.filter(zone=zone).exists():
            store_rebuild(store_id=store_id)
            return 0
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK, store_id])
            if not cursor.fetchone()[0]:
                return 0
            rows = OrderChange.objects.order_by("id")[:CHUNK]
            ids = list(rows.values_list("id", "order_id", "n"))
            if not ids:
                return 0
            changes = OrderChange.objects.filter(pk__in=[pk for pk, _order, _n in ids])
            _tally_add(store_id, zone, changes.filter(~Q(n=0)))
            _words_write(store_id, {order for _pk, order, _n in ids})
            changes.delete()
        return len(ids)


def store_rebuild(*, store_id: int) -> None:
    """Tallies and words anew from the orders, beside people who work on them."""
    with store_scope(store_id):
        zone = Store.objects.values_list("time_zone", flat=True).get(pk=store_id)
        last = 0
        while True:  # words first: they are many, and a change meanwhile is still in the log
            ids = list(Order.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:5000])
            if not ids:
                break
            _words_write(store_id, set(ids))
            last = ids[-1]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, store_id])
            # one statement is one moment: the changes that go are exactly those that the sums below hold
            rows, params = _sums(Order.objects.filter(is_test=False), zone, changes=False)
            cursor.execute(
                f"WITH gone AS (DELETE FROM orders_orderchange WHERE store_id = %s RETURNING order_id)"  # noqa: S608
                f", sums AS ({rows}) SELECT s.*, (SELECT array_agg(DISTINCT order_id) FROM gone) FROM sums s"
                " UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,"
                " (SELECT array_agg(DISTINCT order_id) FROM gone) WHERE NOT EXISTS (SELECT FROM sums)",
                [store_id, *params],
            )
            found = cursor.fetchall()
            OrderTally.objects.all().delete()
            with cursor.copy(f"COPY orders_ordertally (store_id, {_COLUMNS}) FROM STDIN") as copy:
                for row in found:
                    if row[0] is not None:
                        copy.write_row((store_id, *row[:-1]))
            _words_write(store_id, set(found[0][-1] or ()) if found else set())
            OrderTallyState.objects.update_or_create(
                store_id=store_id, defaults={"zone": zone, "built_at": timezone.now()}
            )


_COLUMNS = f"day, cs, {', '.join(AXES)}, n, {', '.join(MEASURES)}"


def _sums(rows: QuerySet[Any], zone: str, *, changes: bool) -> tuple[str, tuple[Any, ...]]:
    """``rows`` summed over all days, per day and per CS: statement and parameters, columns as ``_COLUMNS``."""
    named = rows.order_by().annotate(
        local_day=TruncDate("created_at", tzinfo=zoneinfo.ZoneInfo(zone)),
        one=F("n") if changes else F("id") * 0 + 1,
        **{f"m_{key}": (measure * F("n") if changes else measure * 1) for key, measure in MEASURES.items()},
    )
    sql, params = named.values(
        "local_day", "assigned_to_id", *AXES, "one", *(f"m_{key}" for key in MEASURES)
    ).query.sql_with_params()
    axes, sums = ", ".join(AXES), ", ".join(f"sum(m_{key})::bigint" for key in MEASURES)
    text = (
        f"SELECT coalesce(local_day, '{ALWAYS.isoformat()}') AS day, coalesce(cs, {EVERYBODY}) AS cs, {axes}, "  # noqa: S608
        f"sum(one)::bigint AS n, {sums} FROM ({sql}) AS x(local_day, cs, {axes}, one, "
        f"{', '.join(f'm_{key}' for key in MEASURES)}) "
        f"GROUP BY GROUPING SETS (({axes}), (local_day, {axes}), (cs, {axes}))"
        " HAVING NOT (GROUPING(cs) = 0 AND cs IS NULL)"
    )
    return text, params


def _tally_add(store_id: int, zone: str, changes: QuerySet[Any]) -> None:
    text, params = _sums(changes, zone, changes=True)
    sums = ", ".join(f"{key} = t.{key} + excluded.{key}" for key in ("n", *MEASURES))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO orders_ordertally AS t (store_id, {_COLUMNS}) SELECT %s, s.* FROM ({text}) s"  # noqa: S608
            f" ON CONFLICT (store_id, day, cs, {', '.join(AXES)}) DO UPDATE SET {sums}",
            [store_id, *params],
        )


def _words_write(store_id: int, order_ids: set[int]) -> None:
    """The words of these orders as they are now; none for what is gone or a test."""
    rows = words_of(order_ids)
    known = {row.order_id for row in rows}
    OrderSearch.objects.filter(pk__in=order_ids - known).delete()
    OrderSearch.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["order"], update_fields=["text", "phone"], batch_size=2000
    )


@dataclass(frozen=True)
class Difference:
    store_id: int
    day: str
    axes: tuple[str, ...]
    kept: tuple[int, ...]
    true: tuple[int, ...]


def store_check(*, store_id: int) -> list[Difference]:
    """Where the tallies with what is not yet folded differ from the orders, read at one moment."""
    with store_scope(store_id):
        zone = Store.objects.values_list("time_zone", flat=True).get(pk=store_id)
        if not OrderTallyState.objects.filter(zone=zone).exists():
            return []
        true, true_params = _sums(Order.objects.filter(is_test=False), zone, changes=False)
        new, new_params = _sums(OrderChange.objects.filter(~Q(n=0)), zone, changes=True)
        keys, sums = f"day, cs, {', '.join(AXES)}", ("n", *MEASURES)
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                WITH kept AS (
                    SELECT {keys}, {", ".join(f"sum({c})::bigint AS {c}" for c in sums)} FROM (
                        SELECT {_COLUMNS} FROM orders_ordertally WHERE store_id = %s
                        UNION ALL SELECT * FROM ({new}) AS d({_COLUMNS})) k GROUP BY {keys}
                ), really AS (SELECT * FROM ({true}) AS r({_COLUMNS}))
                SELECT * FROM (
                    SELECT {keys}, {", ".join(f"coalesce(k.{c}, 0) AS k_{c}" for c in sums)},
                           {", ".join(f"coalesce(r.{c}, 0) AS r_{c}" for c in sums)}
                    FROM kept k FULL JOIN really r USING ({keys})) x
                WHERE ({", ".join(f"k_{c}" for c in sums)}) IS DISTINCT FROM ({", ".join(f"r_{c}" for c in sums)})
                ORDER BY day, cs LIMIT 100
                """,  # noqa: S608
                [store_id, *new_params, *true_params],
            )
            width = len(sums)
            return [
                Difference(
                    store_id, str(row[0]), tuple(map(str, row[1:8])), tuple(row[8 : 8 + width]), tuple(row[8 + width :])
                )
                for row in cursor.fetchall()
            ]
