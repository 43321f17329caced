"""Real workers: killed in the middle, their queue emptied under them, two of them at one long row."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.utils import timezone

from bosonline import outbox
from bosonline.models import OutboxMessage
from tests.conftest import ROOT, LiveApp
from tests.factories import make_shop
from tests.machines import Workers, all_done, until

LEASE = 3.0


@pytest.fixture
def broker(worker_name: str) -> str:
    return f"{django_settings.REDIS_URL.rsplit('/', 1)[0]}/{24 + int(worker_name.removeprefix('gw'))}"


@pytest.fixture
def workers(committed_db: None, broker: str, worker_name: str) -> Iterator[Workers]:
    env = {
        **os.environ,
        "DATABASE_URL": f"{os.environ['DATABASE_URL'].rsplit('/', 1)[0]}/test_{worker_name}",
        "REDIS_URL": django_settings.REDIS_URL,
        "CELERY_BROKER_URL": broker,
        "OUTBOX_LEASE_SECONDS": str(LEASE),
        "OUTBOX_HAND_SECONDS": "3",
        "DB_POOL_SIZE": "8",
    }
    redis.Redis.from_url(broker).flushdb()
    found = Workers(env, ROOT / "var" / "log" / f"{os.environ['TEST_RUN']}-{worker_name}")
    yield found
    found.stop()


def queue(topic: str, file: Path, count: int, seconds: float) -> None:
    payloads: list[tuple[dict[str, Any], str | None]] = [
        ({"n": n, "file": str(file), "seconds": seconds, "store_id": n}, None) for n in range(count)
    ]
    outbox.enqueue_many(topic, payloads)


def traces(file: Path, what: str) -> list[tuple[int, int]]:
    """``(row, process)`` of every line of this kind."""
    lines = file.read_text().splitlines() if file.exists() else []
    return [(int(n), int(pid)) for kind, n, pid, _at in map(str.split, lines) if kind == what]


def test_the_rows_of_a_killed_worker_are_taken_over_and_each_ends_once(workers: Workers, tmp_path: Path) -> None:
    file = tmp_path / "traces"
    workers.start(2)
    queue("test.quick", file, 30, 0.4)
    ours = {process.pid for process in workers.started}
    until(lambda: {pid for _n, pid in traces(file, "start")} == ours and len(traces(file, "end")) > 4, 40)
    victim = next(pid for n, pid in traces(file, "start") if n not in {n for n, _pid in traces(file, "end")})
    workers.kill(victim)
    took = until(all_done, 30)
    ends = Counter(n for n, _pid in traces(file, "end"))
    assert ends == Counter(range(30)), "nothing lost, nothing finished twice"
    starts = Counter(n for n, _pid in traces(file, "start"))
    begun_twice = {n for n, times in starts.items() if times > 1}
    assert begun_twice and all(starts[n] == 2 for n in begun_twice), "only what the dead one had in its hands"
    assert took < 60 and set(OutboxMessage.objects.values_list("failed_at", flat=True)) == {None}


def test_an_emptied_redis_loses_nothing_and_a_long_row_runs_once(workers: Workers, broker: str, tmp_path: Path) -> None:
    quick, slow = tmp_path / "quick", tmp_path / "slow"
    workers.start(2)
    queue("test.long", slow, 1, LEASE * 3)  # longer than its lease, and two workers look for work all the time
    queue("test.quick", quick, 25, 0.3)
    until(lambda: len(traces(quick, "end")) > 3 and bool(traces(slow, "start")), 40)
    for _n in range(3):
        redis.Redis.from_url(broker).flushdb()
        redis.Redis.from_url(django_settings.REDIS_URL).flushdb()
        time.sleep(0.2)
    until(all_done, 40)
    assert Counter(n for n, _pid in traces(quick, "start")) == Counter(range(25))
    assert len(traces(slow, "start")) == len(traces(slow, "end")) == 1
    assert OutboxMessage.objects.get(topic="test.long").attempts == 1


def test_a_slow_winpay_does_not_hold_the_bell(live_app: LiveApp) -> None:
    import requests

    from bosonline.tenancy import store_scope
    from orders.models import Payment
    from stores.models import Notification

    shop = make_shop(stock=100)
    failure = {"service": "winpay", "mode": "slow", "seconds": 5}
    requests.post(f"{live_app.sandbox_url}/control/failures", json=failure, timeout=5).raise_for_status()
    for _n in range(10):
        shop.order(payment_method="va")
    began = timezone.now()
    order = shop.order(payment_method="cod")

    def rung() -> bool:
        with store_scope(shop.store):
            return Notification.objects.filter(order_id=order.pk).exists()

    took = until(rung, 20)
    with store_scope(shop.store):
        waiting = Payment.objects.filter(method="va", status="creating").count()
    assert waiting, f"Winpay was to be slow, and the bell rang after {took:.1f} s (since {began})"
    assert took < 4
