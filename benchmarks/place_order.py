"""Placing an order over HTTP, and the same with everybody buying one variant (performance.md, rows 1 and 2)."""

from __future__ import annotations

from typing import Any

from benchmarks.common import Load, alternate, environment, median, record, server, wrk

PATH = "/api/v1/checkout/orders"


def measure(env: dict[str, str], shop: Any, *, hot: bool) -> None:
    from django.db import connection

    from benchmarks.data import lua
    from bosonline.tenancy import all_stores
    from catalog.queries import stock_mismatches

    name = "place_order_hot" if hot else "place_order"
    script = lua(shop, hot=hot)
    with server("bosonline.wsgi:application", env) as ours, server("benchmarks.floor_wsgi:application", env) as bare:

        def load(base: str, connections: int = 8) -> Load:
            return wrk(base + PATH, connections=connections, script=script)

        floors, subjects = alternate(lambda: load(bare), lambda: load(ours))
        wide = load(ours, 32)
    errors = sum(x.errors for x in [*subjects, wide])
    connection.close()
    with all_stores():
        wrong = len(stock_mismatches())
    record(
        name,
        value=median(subjects),
        floor=median(floors),
        unit="orders/s",
        note=f"p99 {subjects[0].p99:.0f} ms at 8, {wide.p99:.0f} ms at 32 connections ({wide.per_second:.0f}/s); "
        f"{errors} refused, {wrong} stock levels off their ledger",
    )


def round_trips(shop: Any) -> None:
    """Database round trips of one order, counted by Django."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from benchmarks.data import GAMBIR
    from orders.services.placement import Caller, CheckoutInput, order_place

    data = CheckoutInput(
        form_slug=shop.slug, name="Siti", phone="081234567890", payment_method="cod", district_id=GAMBIR,
        items=[{"variant_id": v, "qty": 1} for v in shop.variants[:2]], street="Jl. Melati 5", courier_quote=shop.quote,
    )  # fmt: skip
    order_place(store_id=shop.store, data=data, caller=Caller("10.0.0.1"), idempotency=("warm", "x"))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        order_place(store_id=shop.store, data=data, caller=Caller("10.0.0.1"), idempotency=("count", "x"))
    record("place_order_round_trips", value=len(queries), floor=12, unit="round trips", note="at most 12 wanted")


def main() -> None:
    with environment() as env:
        from benchmarks.data import bench_shop  # models exist once Django is set up

        shop = bench_shop()
        round_trips(shop)
        measure(env, shop, hot=False)
        measure(env, shop, hot=True)


if __name__ == "__main__":
    main()
