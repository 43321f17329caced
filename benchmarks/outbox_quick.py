"""Rows per second of what follows orders: bell, task, stock alerts, conversion events (performance.md, "Sustained")."""

from __future__ import annotations

import os
import statistics
from typing import Any

from benchmarks.common import environment, record
from benchmarks.workers import QUICK, until, workers

ROWS = int(os.environ.get("OUTBOX_ROWS", "5000"))
RUNS = int(os.environ.get("OUTBOX_RUNS", "3"))
WANTED = 500


def rate(shop: Any, order_id: int, topic: str) -> float:
    """One pile of rows, from the moment they are due until the last is done, by the worker process."""
    from benchmarks.backlog import pile
    from bosonline import outbox
    from bosonline.models import OutboxMessage

    pile(shop.store, order_id, ROWS, topic)
    outbox.wake()
    left = OutboxMessage.objects.filter(done_at__isnull=True, failed_at__isnull=True)
    return ROWS / until(lambda: not left.exists(), 600, 0.05)


def main() -> None:
    with environment() as env:
        from benchmarks.data import bench_shop
        from benchmarks.sustained import place

        shop = bench_shop()
        order_id = place(shop)
        with workers(env, QUICK):
            for topic in ("order.placed", "payment.received", "order.status_changed"):
                found = [rate(shop, order_id, topic) for _n in range(RUNS)]
                record(
                    f"outbox_{topic.replace('.', '_')}", value=statistics.median(found), floor=WANTED, unit="rows/s",
                    note=f"{ROWS} rows of one store, one quick worker; the floor is what is wanted",
                )  # fmt: skip


if __name__ == "__main__":
    main()
