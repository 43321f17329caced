"""A minute of disorder: two machines that share no disk, a pooler and a replica before one database, files in a bucket.

Both workers are killed again and again under orders, Winpay's callbacks, bookings and downloads, and Redis is emptied in
between. Afterwards nothing is lost and nothing is there twice.
"""

from __future__ import annotations

import csv
import io
import os
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
import requests
from django.conf import settings as django_settings
from django.db import connection

from bosonline import outbox
from bosonline.models import BackgroundJob, OutboxMessage
from bosonline.runtime.ports import free_port
from bosonline.runtime.services import Sandbox
from bosonline.tenancy import store_scope
from catalog.queries import stock_mismatches
from orders.models import Order, Payment, Receipt, Shipment, Task
from stores.models import Notification
from tests.conftest import ROOT
from tests.factories import Shop, make_shop
from tests.machines import S3, Bouncer, Machine, Replica, Workers, all_done, database_url, product_env, until

LOG = ROOT / "var" / "log"
SECONDS = 45.0
LEASE = 4


@dataclass
class World:
    base: str
    sandbox: str
    env: dict[str, str]
    workers: list[Workers]
    bouncer: Bouncer
    s3: S3
    machines: list[Machine]
    kills: int = 0


@pytest.fixture
def world(committed_db: None, worker_name: str, tmp_path: Path) -> Iterator[World]:
    name = f"chaos-{os.environ['TEST_RUN']}-{worker_name}"
    port = free_port(8580 + os.getpid() % 15)
    sandbox = Sandbox(ROOT, app_url=f"http://127.0.0.1:{port}", name=f"sandbox-{name}", wanted_port=8650)
    s3 = S3(LOG / f"{name}-s3.log")
    bouncer = Bouncer(Path("/tmp") / f"bosonline-{name}", database_url(), connections=12)
    replica = Replica(f"replica-{name}", os.environ["DATABASE_URL"])
    workers: list[Workers] = []
    try:
        sandbox.launch()
        s3.start()
        bouncer.start()
        replica.start()
        sandbox.wait()
        requests.post(f"{sandbox.url}/control/reset", timeout=5)
        env = product_env(
            worker_name, sandbox, DATABASE_URL=bouncer.url, PGBOUNCER="1", STORAGE_URL=s3.url,
            DATABASE_REPLICA_URL=replica.database(database_url().rsplit("/", 1)[1]),
            OUTBOX_LEASE_SECONDS=str(LEASE), OUTBOX_HAND_SECONDS=str(LEASE),
        )  # fmt: skip
        machines = [Machine.make(tmp_path / each, env) for each in ("satu", "dua")]
        workers += [Workers(m.env, LOG / name, m.folder, "bosonline", threads=6) for m in machines]
        with machines[0].web(LOG / f"{name}-web.log", port) as base:
            for each in workers:
                each.start()
            yield World(base, sandbox.url, env, workers, bouncer, s3, machines)
    finally:
        for each in workers:
            each.stop()
        sandbox.stop()
        bouncer.stop()
        s3.stop()
        replica.remove()


@dataclass
class Done:
    """What the outside world was promised."""

    placed: dict[str, dict[str, Any]] = field(default_factory=dict)  # idempotency key → answer
    paid: set[str] = field(default_factory=set)
    booked: set[int] = field(default_factory=set)
    jobs: set[int] = field(default_factory=set)
    errors: Counter[str] = field(default_factory=Counter)


def people(world: World, shop: Shop, done: Done, stopping: threading.Event) -> list[threading.Thread]:
    """Buyers, a buyer's bank, and the seller; each tries again what was not answered, with the same key."""
    bearer = {"Authorization": shop.bearer()["HTTP_AUTHORIZATION"]}
    bodies = [shop.body(payment_method=method) for method in ("cod", "va")]

    def call(method: str, path: str, **more: Any) -> Any:
        answer = requests.request(method, f"{world.base}/api/v1{path}", timeout=20, **more)
        if answer.status_code >= 300:
            done.errors[f"{method} {path.split('/')[-1]} {answer.status_code}"] += 1
            return None
        return answer.json()

    def buy() -> None:
        key = uuid.uuid4().hex
        headers = {"Idempotency-Key": key}
        for _try in range(3):
            found = call("POST", "/checkout/orders", json=random.choice(bodies), headers=headers)
            if found:
                assert done.placed.setdefault(key, found["data"]) == found["data"]
                break
            time.sleep(0.2)
        time.sleep(0.1)

    def pay() -> None:
        """Each buyer pays the number that the order shows. A VA that Winpay made for a worker who died before he could
        write it down is shown to nobody."""
        shown = Payment.objects.with_scopes_disabled().exclude(va_number="").values_list("reference", flat=True)
        for reference in set(shown) - done.paid:
            url = f"{world.sandbox}/control/payments/{reference}/pay"
            if requests.post(url, json={"repeat": 2}, timeout=10).ok:
                done.paid.add(reference)
        connection.close()
        time.sleep(0.5)

    def book() -> None:
        found = call("GET", "/store/orders?payment_method=cod&limit=50", headers=bearer)
        ids = [row["id"] for row in (found or {"data": []})["data"] if row["id"] not in done.booked]
        answer = ids and call("POST", "/store/orders/shipments", json={"ids": ids[:10]}, headers=bearer)
        for row in (answer or {"data": []})["data"]:
            done.booked |= {row["id"]} if row.get("ok", row.get("success", not row.get("message"))) else set()
        time.sleep(0.5)

    def fetch() -> None:
        found = call("POST", "/store/orders/download", json={"format": "csv"}, headers=bearer)
        done.jobs |= {found["data"]["id"]} if found else set()
        time.sleep(2)

    def forever(step: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            while not stopping.is_set():
                try:
                    step()
                except (requests.RequestException, KeyError, TypeError) as exc:
                    done.errors[type(exc).__name__] += 1

        return run

    return [threading.Thread(target=forever(step)) for step in (buy, buy, pay, book, fetch)]


def works(workers: Workers, port: int) -> bool:
    """Whether the newest of them has a connection to the database: its relay looks for rows."""
    found = psutil.Process(workers.started[-1].pid).net_connections()
    return any(link.raddr and link.raddr.port == port for link in found)


def disorder(world: World, seconds: float) -> None:
    """Kills each worker in turn, a random moment after it has begun to look for work, and starts another one in its place;
    empties Redis in between."""
    ends = time.monotonic() + seconds
    turn = 0
    while time.monotonic() < ends:
        victim = world.workers[turn % 2]
        until(lambda victim=victim: works(victim, world.bouncer.port))  # type: ignore[misc]  # bound now
        time.sleep(random.uniform(1.0, 4.0))
        victim.kill(victim.started[-1].pid)
        world.kills += 1
        victim.started[-1].wait(5)
        victim.start()
        if turn % 2:
            for url in (world.env["CELERY_BROKER_URL"], django_settings.REDIS_URL):
                redis.Redis.from_url(url).flushdb()
        turn += 1


def test_a_minute_of_killed_workers_and_an_emptied_redis_loses_and_doubles_nothing(world: World) -> None:
    shop = make_shop(stock=100_000)
    outbox.drain(500)
    done, stopping = Done(), threading.Event()
    threads = people(world, shop, done, stopping)
    for thread in threads:
        thread.start()
    try:
        disorder(world, SECONDS)
    finally:
        stopping.set()
        for thread in threads:
            thread.join(40)
    assert world.kills >= 4 and len(done.placed) > 30 and done.jobs and done.booked and done.paid, (done, world.kills)
    # what a lost message or a dead worker held is taken up again; retries of what failed in between wait for seconds
    until(all_done, 180)
    until(lambda: not Payment.objects.with_scopes_disabled().filter(method="va", status="creating").exists(), 60)
    assert not OutboxMessage.objects.exclude(failed_at=None).exists()

    with store_scope(shop.store):
        orders = {order.order_number: order for order in Order.objects.all()}
        promised = {row["order_number"] for row in done.placed.values()}
        assert promised <= orders.keys(), "every order that was confirmed to its buyer is there"
        assert len(orders) - len(promised) <= sum(done.errors.values()), "and no other than one whose answer was lost"

        bell = Counter(Notification.objects.filter(kind="order.new").values_list("order_id", flat=True))
        assert bell == Counter(order.pk for order in orders.values()), "each rang once"
        tasks = Counter(Task.objects.filter(kind="contact").values_list("order_id", flat=True))
        assert set(tasks.values()) <= {1}

        at_winpay = {p["id"]: p for p in requests.get(f"{world.sandbox}/control/payments", timeout=10).json()["data"]}
        receipts = Counter(Receipt.objects.values_list("order__order_number", flat=True))
        assert set(receipts.values()) <= {1}, "every payment was received once, however often it was told"
        paid = {order.order_number for order in orders.values() if order.payment_status == "paid"}
        assert len(paid) == len(receipts) == len(done.paid) == sum(1 for p in at_winpay.values() if p["paid"])
        assert all(order.paid_amount == order.total for order in orders.values() if order.order_number in paid)

        reserved = sum(item.qty for order in orders.values() for item in order.items.all())
        levels = [shop.level(n) for n in range(2)]
        assert stock_mismatches() == []
        assert sum(100_000 - level.on_hand + level.reserved for level in levels) == reserved

        parcels = Counter(
            p["order_code"] for p in requests.get(f"{world.sandbox}/control/parcels", timeout=10).json()["data"]
        )
        booked = Counter(Shipment.objects.exclude(status="cancelled").values_list("order_id", flat=True))
        assert set(parcels.values()) == {1} and set(booked.values()) == {1}
        assert len(parcels) == len(booked) >= len(done.booked) > 0, "as many parcels at the courier as here"

        jobs = {job.pk: job for job in BackgroundJob.objects.filter(kind="orders.download")}
        assert done.jobs <= jobs.keys() and {job.status for job in jobs.values()} == {"done"}
        told = Counter(Notification.objects.filter(kind="job.done").values_list("facts__job_id", flat=True))
        assert set(told.values()) == {1} and told.keys() == jobs.keys(), (
            "every download ended once and its owner was told once"
        )
        kept = {job.file for job in jobs.values()}
        assert len(kept) == len(jobs) and {f"private/{name}" for name in kept} <= set(world.s3.names())
        last = world.s3.client.get_object(Bucket="berkas", Key=f"private/{jobs[max(jobs)].file}")["Body"].read()
        rows = [row["order_number"] for row in csv.DictReader(io.StringIO(last.decode("utf-8-sig")))]
        assert len(rows) == len(set(rows)) == jobs[max(jobs)].rows_done
