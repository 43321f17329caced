"""Ten buyers per second on one variant while the warehouse counts and orders are cancelled: the stock stays exact."""

from __future__ import annotations

import statistics
import threading
import time
from typing import Any

from benchmarks.common import environment, record

SECONDS, PER_SECOND = 20, 10


def main() -> None:
    with environment():
        from django.db import connections

        from benchmarks.data import GAMBIR, bench_shop
        from bosonline.actor import SYSTEM
        from bosonline.errors import DomainError
        from bosonline.tenancy import store_scope
        from catalog.models import StockLevel
        from catalog.queries import stock_mismatches
        from catalog.services.stock import StockLine, stock_update
        from orders.models import Order
        from orders.services.placement import Caller, CheckoutInput, order_place
        from orders.services.status import order_event, order_lock
        from orders.stock_uses import reserved_mismatches
        from stores.models import Store

        shop = bench_shop()
        store = Store.objects.get(pk=shop.store)
        variant = shop.variants[0]
        with store_scope(store):  # the shop of the order benchmark has more than a person could count
            start = [StockLine(v, shop.warehouse, "set", 100_000) for v in shop.variants[:3]]
            stock_update(store=store, lines=start, reason="", actor=SYSTEM)
        times: list[float] = []
        refused: list[str] = []

        def buy(n: int) -> None:
            data = CheckoutInput(
                form_slug=shop.slug, name="Siti", phone=f"0812{n:08d}", payment_method="cod", district_id=GAMBIR,
                items=[{"variant_id": variant, "qty": 2}], street="Jl. Melati 5", courier_quote=shop.quote,
            )  # fmt: skip
            began = time.perf_counter()
            try:
                placed = order_place(store_id=shop.store, data=data, caller=Caller(f"10.0.{n // 250}.{n % 250}"))
                times.append(time.perf_counter() - began)
                if n % 3 == 0:
                    from django.db import transaction

                    with store_scope(store), transaction.atomic():
                        order_event(order=order_lock(placed.order_id), status="cancelled", actor=SYSTEM)
            except DomainError as exc:
                refused.append(exc.code)
            finally:
                connections.close_all()

        def count() -> None:
            for _n in range(SECONDS * 5):
                with store_scope(store):
                    lines = [StockLine(v, shop.warehouse, "adjust", 1) for v in reversed(shop.variants[:3])]
                    stock_update(store=store, lines=lines, reason="", actor=SYSTEM)
                time.sleep(0.2)
            connections.close_all()

        threads: list[Any] = [threading.Thread(target=count)]
        threads[0].start()
        for n in range(SECONDS * PER_SECOND):
            threads.append(threading.Thread(target=buy, args=(n,)))
            threads[-1].start()
            time.sleep(1 / PER_SECOND)
        for thread in threads:
            thread.join()
        with store_scope(store):
            waiting = Order.objects.filter(status="new").count()
            level = StockLevel.objects.get(variant_id=variant)
        wrong = len(stock_mismatches()) + len(reserved_mismatches())
        assert level.reserved == waiting * 2, (level.reserved, waiting)
        assert level.on_hand == 100_000 + SECONDS * 5, level.on_hand
        record(
            "catalog_hot_variant", value=statistics.quantiles(times, n=20)[-1] * 1000, floor=100, unit="ms p95",
            note=f"{len(times)} orders at {PER_SECOND}/s on one variant beside counts and cancellations; {len(refused)} refused, "
            f"{wrong} levels off ledger or orders",
        )  # fmt: skip


if __name__ == "__main__":
    main()
