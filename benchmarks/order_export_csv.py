"""The download of 1,000,000 orders as CSV: rows a second, memory above idle; beside ``COPY`` of the same columns."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from benchmarks.catalog_transfer import Memory
from benchmarks.common import record
from benchmarks.orders_ask import Asked
from benchmarks.orders_data import orders_environment

WANTED = 40_000
RUNS = 3


def main() -> None:
    with orders_environment() as env:
        from django.db import connection

        from bosonline.actor import Actor
        from bosonline.sheets import write_rows
        from bosonline.tenancy import store_scope
        from orders.lists import ORDERS

        asked = Asked(env)
        place = asked.membership
        member = Actor(asked.user, None, place, asked.store, place.role.granted)
        columns = ", ".join(c.reads or c.key for c in ORDERS.columns if c.export)
        subjects, floors, rows = [], [], 0
        with tempfile.TemporaryDirectory() as folder, store_scope(asked.store), Memory() as memory:
            for _run in range(RUNS):
                began = time.perf_counter()
                with connection.cursor() as cursor, cursor.copy(
                    f"COPY (SELECT {columns} FROM orders_order WHERE store_id = {asked.store.pk} ORDER BY created_at DESC)"
                    " TO STDOUT (FORMAT csv)"
                ) as copy:  # fmt: skip
                    for _block in copy:
                        pass
                floors.append(time.perf_counter() - began)
                began = time.perf_counter()
                for done in write_rows(Path(folder) / "all.csv", "csv", title="Pesanan", header=ORDERS.header(member),
                                       rows=ORDERS.export(member, {})):  # fmt: skip
                    rows = done
                subjects.append(time.perf_counter() - began)
        grown = memory.growth
        record(
            "order_export_csv", value=rows / sorted(subjects)[1], floor=rows / sorted(floors)[1], unit="rows/s",
            note=f"at least {WANTED:,} wanted (load was {os.getloadavg()[0]:.1f}); {rows:,} rows of {len(columns.split(','))} "
            f"columns, +{grown:.0f} MB; floor is COPY",
        )  # fmt: skip


if __name__ == "__main__":
    main()
