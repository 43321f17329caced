"""Tab counts, recap and the home page's figures of the same store, thirty days and all, beside the exact SQL."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from benchmarks.common import record
from benchmarks.orders_ask import Asked, bare, p95
from benchmarks.orders_data import orders_environment

LIMIT = 30
ROUNDS = 40
FLOOR = (
    "SELECT status, payment_status, count(*), sum(total) FROM orders_order WHERE store_id = %(store)s AND NOT is_test"
    " AND created_at > now() - interval '30 days' GROUP BY 1, 2"
)


def main() -> None:
    with orders_environment() as env:
        from datetime import timedelta

        from django.utils import timezone

        from bosonline.actor import Actor
        from bosonline.tenancy import store_scope
        from orders import queries
        from orders.lists import ORDERS
        from orders.models import Order
        from orders.segments import FUNNEL, MONEY, TODO, segments_count
        from orders.services.reading import store_check

        asked = Asked(env)
        place = asked.membership
        member = Actor(asked.user, None, place, asked.store, place.role.granted)
        days = {
            "from": (timezone.now() - timedelta(days=29)).strftime("%Y-%m-%d"),
            "to": timezone.now().strftime("%Y-%m-%d"),
        }
        works: dict[str, Callable[[], Any]] = {
            "tab counts": lambda: ORDERS.tab_counts(member, {}),
            "tab counts of 30 days": lambda: ORDERS.tab_counts(member, days),
            "recap": lambda: queries.recap(member, {}),
            "recap of 30 days": lambda: queries.recap(member, days),
            "to do": lambda: segments_count(member, TODO),
            "money of 30 days": lambda: segments_count(member, MONEY, days),
            "funnel of 30 days": lambda: segments_count(member, FUNNEL, days),
        }
        times: dict[str, list[float]] = {name: [] for name in works}
        floors = []
        with store_scope(asked.store):
            # as in the middle of a busy minute: changes that are not folded
            Order.objects.filter(pk__in=list(Order.objects.order_by("-id").values_list("pk", flat=True)[:500])).update(
                risk="watch"
            )
            for number in range(ROUNDS + 2):
                for name, work in works.items():
                    began = time.perf_counter()
                    work()
                    if number > 1:
                        times[name].append((time.perf_counter() - began) * 1000)
                floors.append(bare(FLOOR, {"store": asked.store.pk}))
            wrong = len(store_check(store_id=asked.store.pk))
        each = {name: p95(values) for name, values in times.items()}
        record(
            "order_counts", value=max(each.values()), floor=p95(floors), unit="ms p95",
            note=f"the slowest of: {', '.join(f'{name} {value:.1f}' for name, value in each.items())}; at most {LIMIT} ms "
            f"wanted (load was {os.getloadavg()[0]:.1f}); 500 orders not folded; {wrong} tallies differ from the exact SQL",
        )  # fmt: skip


if __name__ == "__main__":
    main()
