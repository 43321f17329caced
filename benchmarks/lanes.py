"""Seconds until a VA number, a bell and a four-row download are there: idle, and beside a large download, an import and
other buyers at a slow Winpay (performance.md, "Lanes")."""

from __future__ import annotations

import json
import os
import statistics
import urllib.request
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from benchmarks.common import environment, record
from benchmarks.workers import LONG, QUICK, until, workers

BIG = int(os.environ.get("LANES_ROWS", "1000000"))
IMPORTED = 10_000
RUNS = int(os.environ.get("LANES_RUNS", "5"))
WINPAY_SECONDS = 1.0
FOUR = "Empat Baris"


def va(shop: Any) -> int:
    from benchmarks.data import GAMBIR
    from orders.services.placement import Caller, CheckoutInput, order_place

    data = CheckoutInput(
        form_slug=shop.slug, name="Siti", phone="081234567890", payment_method="va", district_id=GAMBIR,
        items=[{"variant_id": shop.variants[0], "qty": 1}], street="Jl. Melati 5", courier_quote=shop.quote,
    )  # fmt: skip
    return order_place(
        store_id=shop.store, data=data, caller=Caller("10.0.0.1"), idempotency=(os.urandom(8).hex(), "x")
    ).order_id


def seconds_va(shop: Any) -> float:
    from bosonline.tenancy import store_scope
    from orders.models import Payment

    order = va(shop)
    with store_scope(shop.store):
        return until(lambda: Payment.objects.filter(order_id=order).exclude(va_number="").exists(), 120)


def seconds_bell(shop: Any) -> float:
    from benchmarks.sustained import place
    from bosonline.tenancy import store_scope
    from stores.models import Notification

    order = place(shop)
    with store_scope(shop.store):
        return until(lambda: Notification.objects.filter(order_id=order).exists(), 120)


def seconds_download(shop: Any, user: int) -> float:
    from bosonline.models import BackgroundJob
    from bosonline.tenancy import store_scope

    with store_scope(shop.store):
        job = download(shop, user, {"keyword": FOUR}, 4)
        took = until(lambda: BackgroundJob.objects.get(pk=job).status in ("done", "failed"), 300)
        assert BackgroundJob.objects.get(pk=job).rows_done == 4
        return took


def download(shop: Any, user: int, filters: dict[str, str], rows: int) -> int:
    from bosonline.jobs import job_start

    return job_start(
        kind="orders.download", store_id=shop.store, user_id=user, rows=rows, filename="pesanan.csv",
        params={"filters": filters, "format": "csv"},
    ).pk  # fmt: skip


def import_start(shop: Any, user: Any) -> None:
    """The check of a file with ten thousand rows of the inventory's columns."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from bosonline.actor import Actor
    from bosonline.tenancy import store_scope
    from catalog.services.imports import import_check, import_upload
    from sellers.models import Membership

    lines = ["sku,harga,berat", *(f"B-{n % 200},{50_000 + n},300" for n in range(IMPORTED))]
    with store_scope(shop.store):
        place = Membership.objects.select_related("role", "user", "store").get(user=user)
        member = Actor(place.user, None, place, place.store, place.role.granted)
        run = import_upload(
            actor=member, kind="variants", upload=SimpleUploadedFile("varian.csv", "\n".join(lines).encode())
        )
        import_check(run_id=run.pk, mapping=run.mapping, actor=member)


def slow_winpay(env: dict[str, str]) -> None:
    body = json.dumps({"service": "winpay", "mode": "slow", "seconds": WINPAY_SECONDS}).encode()
    request = urllib.request.Request(
        f"{env['SANDBOX_URL']}/control/failures", body, {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=5).close()


def measured(shop: Any, user: int, load: Callable[[], None] = lambda: None) -> dict[str, float]:
    """Medians of each; ``load`` is called before every round."""
    found: dict[str, list[float]] = {"va": [], "bell": [], "download": []}
    for _n in range(RUNS):
        load()
        found["va"].append(seconds_va(shop))
        found["bell"].append(seconds_bell(shop))
        found["download"].append(seconds_download(shop, user))
    return {name: statistics.median(times) for name, times in found.items()}


def main() -> None:
    with environment() as env:
        from benchmarks.backlog import pile
        from benchmarks.data import bench_shop
        from benchmarks.sustained import place
        from bosonline.models import BackgroundJob, OutboxMessage
        from orders.models import Order
        from sellers.models import User

        shop = bench_shop("va")
        user = User.objects.get(email="bench@bosonline.id")
        four = [place(shop) for _n in range(4)]
        everything = Order.objects.with_scopes_disabled()
        everything.filter(pk__in=four).update(buyer_name=FOUR)
        pile(shop.store, place(shop), BIG)
        OutboxMessage.objects.filter(done_at__isnull=True).update(done_at=timezone.now())
        slow_winpay(env)
        with workers(env, QUICK, LONG):
            measured(shop, user.pk)  # warms up
            idle = measured(shop, user.pk)
            big = download_of_all(shop, user.pk)
            import_start(shop, user)

            def others() -> None:
                for _n in range(3):
                    va(shop)

            loaded = measured(shop, user.pk, others)
            state = BackgroundJob.objects.with_scopes_disabled().get(pk=big)
            note = (
                f"medians of {RUNS}; the download of {BIG:,} rows was {state.status} at {state.progress} % afterwards"
            )
        for name, value in loaded.items():
            record(f"lanes_{name}", value=value, floor=idle[name], unit="s", note=note)


def download_of_all(shop: Any, user: int) -> int:
    from bosonline.tenancy import store_scope

    with store_scope(shop.store):
        return download(shop, user, {}, BIG)


if __name__ == "__main__":
    main()
