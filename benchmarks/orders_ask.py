"""Asks pages and API of the large store in this process: server time without the network, every kind of question alike."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.common import record

ROUNDS = int(os.environ.get("ORDERS_ROUNDS", "6"))


def p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]


class Asked:
    """The owner of the large store, signed in at pages and API."""

    def __init__(self, env: dict[str, str]) -> None:
        from django.conf import settings
        from django.test import Client

        from bosonline.tenancy import all_stores
        from sellers.models import LoginSession, Membership, User
        from sellers.services.sessions import session_open
        from sellers.tokens import access_token

        settings.ALLOWED_HOSTS = ["*"]
        self.user = User.objects.get(email="bench@bosonline.id")
        with all_stores():
            self.membership = Membership.objects.select_related("store").get(user=self.user)
        self.store = self.membership.store
        session = session_open(user=self.user, store=self.store, kind=LoginSession.Kind.API, ip="127.0.0.1",
                               user_agent="bench")  # fmt: skip
        self.api = Client(HTTP_AUTHORIZATION=f"Bearer {access_token(session)}")
        self.pages = Client()
        answer = self.pages.post("/masuk", {"identifier": "bench@bosonline.id", "email": "bench@bosonline.id",
                                            "password": "Bench-rahasia-1"})  # fmt: skip
        assert answer.status_code == 302, answer.status_code

    def get(self, path: str) -> Any:
        answer = (self.api if path.startswith("/api") else self.pages).get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.content[:200])
        return answer

    def deep(self, path: str, rows: int = 100_000) -> str:
        """The page behind a hundred thousand rows, by its cursor."""
        from urllib.parse import parse_qsl

        from bosonline.api.lists import ListSpec, _cursor, _order
        from bosonline.tenancy import store_scope
        from orders.lists import ORDERS
        from orders.models import Order

        params = dict(parse_qsl(path.partition("?")[2]))
        order = _order(params, ListSpec({c.key: c.sort for c in ORDERS.columns if c.sort}, {}, ORDERS.default_sort))
        with store_scope(self.store):
            row = Order.objects.filter(is_test=False).order_by(*order)[rows : rows + 1].get()
        return f"{path}&after={_cursor(row, order)}"

    def milliseconds(self, path: str) -> float:
        began = time.perf_counter()
        self.get(path)
        return (time.perf_counter() - began) * 1000


def bare(sql: str, params: dict[str, Any]) -> float:
    from django.db import connection

    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        cursor.fetchall()
    return (time.perf_counter() - began) * 1000


def measured(name: str, asked: Asked, paths: Sequence[str], floor: str, limit: int, **params: Any) -> None:
    """Every path in turn with the bare SQL; the figure is the p95 of all of them."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    times: dict[str, list[float]] = {path: [] for path in paths}
    floors: list[float] = []
    queries = set()
    for path in paths:
        asked.get(path)
        with CaptureQueriesContext(connection) as seen:
            asked.get(path)
        queries.add(len(seen))
    for _round in range(ROUNDS):
        for path in paths:
            times[path].append(asked.milliseconds(path))
            floors.append(bare(floor, {"store": asked.store.pk, **params}))
    every = [value for values in times.values() for value in values]
    slowest = sorted(times, key=lambda path: -statistics.median(times[path]))[:3]
    worst = "; ".join(f"{path[:70]} {statistics.median(times[path]):.0f} ms" for path in slowest)
    record(
        name, value=p95(every), floor=p95(floors), unit="ms p95",
        note=f"at most {limit} ms wanted (load was {os.getloadavg()[0]:.1f}); {len(paths)} kinds of question, {min(queries)}"
        f"–{max(queries)} queries; medians of the slowest: {worst}",
    )  # fmt: skip
