"""A steady rate of orders over HTTP with everything that follows them done beside (performance.md, "Sustained")."""

from __future__ import annotations

import json
import os
import threading
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.common import environment, record, server
from benchmarks.workers import LONG, QUICK, until, workers

RATE = int(os.environ.get("SUSTAINED_RATE", "200"))
SECONDS = min(int(os.environ.get("SUSTAINED_SECONDS", "60")), 60)
OLDEST = 5.0
SENDERS = 16


def place(shop: Any) -> int:
    """One COD order by the service itself; its number."""
    from benchmarks.data import GAMBIR
    from orders.services.placement import Caller, CheckoutInput, order_place

    data = CheckoutInput(
        form_slug=shop.slug, name="Siti", phone="081234567890", payment_method="cod", district_id=GAMBIR,
        items=[{"variant_id": v, "qty": 1} for v in shop.variants[:2]], street="Jl. Melati 5", courier_quote=shop.quote,
    )  # fmt: skip
    placed = order_place(store_id=shop.store, data=data, caller=Caller("10.0.0.1"), idempotency=(uuid.uuid4().hex, "x"))
    return placed.order_id


def send(base: str, shop: Any, number: int) -> bool:
    from benchmarks.data import GAMBIR

    variants = [shop.variants[number % len(shop.variants)], shop.variants[(number * 7 + 1) % len(shop.variants)]]
    body = {
        "form": shop.slug, "store": shop.subdomain, "items": [{"variant_id": v, "qty": 1} for v in sorted(set(variants))],
        "customer": {"name": "Siti Aminah", "phone": f"0812{10_000_000 + number:08d}"},
        "address": {"district_id": GAMBIR, "street": "Jl. Melati 5 RT 02 RW 03", "landmark": "dekat masjid"},
        "courier_quote": shop.quote, "payment_method": "cod",
    }  # fmt: skip
    headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
    request = urllib.request.Request(f"{base}/api/v1/checkout/orders", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bool(answer.status < 300)
    except OSError:
        return False


class Watch(threading.Thread):
    """Looks at the oldest row that is due, twice a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.oldest, self.deepest, self.stopping = 0.0, 0, threading.Event()

    def run(self) -> None:
        from bosonline import lanes

        while not self.stopping.wait(0.5):
            for row in lanes.figures():
                self.oldest, self.deepest = max(self.oldest, row.oldest_seconds), max(self.deepest, row.due)


def main() -> None:
    with environment() as env:
        from benchmarks.data import bench_shop
        from bosonline.models import OutboxMessage

        shop = bench_shop()
        place(shop)
        with workers(env, QUICK, LONG), server("bosonline.wsgi:application", env) as base:
            left = OutboxMessage.objects.filter(done_at__isnull=True, failed_at__isnull=True)
            until(lambda: not left.exists(), 60, 0.1)
            send(base, shop, 0)
            watch = Watch()
            watch.start()
            began = time.monotonic()
            answers = []
            with ThreadPoolExecutor(SENDERS) as pool:
                for number in range(1, RATE * SECONDS + 1):
                    ahead = began + number / RATE - time.monotonic()
                    if ahead > 0:
                        time.sleep(ahead)
                    answers.append(pool.submit(send, base, shop, number))
            took = time.monotonic() - began
            placed = sum(answer.result() for answer in answers)
            rest = until(lambda: not left.exists(), 300, 0.1)
            watch.stopping.set()
            record(
                "sustained_oldest_row", value=watch.oldest, floor=OLDEST, unit="s",
                note=f"{placed} of {RATE * SECONDS} orders in {took:.0f} s ({placed / took:.0f}/s), most rows waiting "
                f"{watch.deepest}, the last done {rest:.1f} s after the last order; the floor is the most that is wanted",
            )  # fmt: skip


if __name__ == "__main__":
    main()
