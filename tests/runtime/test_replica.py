"""A real streaming replica: read where a few seconds do not matter, left out when it is late, away or not asked."""

from __future__ import annotations

import csv
import io
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bosonline import outbox, replica
from bosonline.redis import redis_client
from bosonline.tenancy import store_scope
from orders.models import Order
from tests.factories import PASSWORD, Shop, make_shop
from tests.machines import Replica

User = get_user_model()


@pytest.fixture(scope="module")
def server(worker_name: str, django_db_setup: None) -> Iterator[Replica]:
    found = Replica(f"replica-{os.environ['TEST_RUN']}-{worker_name}", os.environ["DATABASE_URL"])
    found.start()
    yield found
    found.remove()


@pytest.fixture
def standby(server: Replica, committed_db: None, settings: Any) -> Iterator[Replica]:
    """The replica as the second database of this process."""
    if server.process is None or server.process.poll() is not None:
        server.start()
    server.resume()
    own = connection.settings_dict
    options = {**own["OPTIONS"], "pool": {**own["OPTIONS"]["pool"], "min_size": 0, "timeout": 1}}
    found = {**connections.settings["default"], "NAME": own["NAME"], "PORT": server.port, "OPTIONS": options}
    connections.settings["replica"] = found
    replica._state.forget()
    settings.REPLICA_MAX_LAG_SECONDS = 2.0
    yield server
    connections["replica"].close()
    connections["replica"].close_pool()  # type: ignore[attr-defined]  # PostgreSQL's
    del connections["replica"]
    del connections.settings["replica"]
    replica._state.forget()


def asked(call: Callable[[], Any]) -> tuple[int, Any]:
    """How many questions went to the replica (our looking after it not counted), and the answer."""
    with CaptureQueriesContext(connections["replica"]) as found:
        answer = call()
    return len([q for q in found.captured_queries if "pg_is_in_recovery" not in q["sql"]]), answer


def caught_up(server: Replica) -> None:
    """Everything that was committed here is there."""
    where, _at = replica._primary()
    ends = time.monotonic() + 20
    while not server.ask(f"SELECT pg_last_wal_replay_lsn() - '0/0' >= {where}"):
        assert time.monotonic() < ends
        time.sleep(0.05)


def logged_in(shop: Shop) -> Client:
    client = Client()
    client.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    return client


@pytest.fixture
def shop(standby: Replica) -> Shop:
    shop = make_shop(stock=100)
    outbox.drain(500)
    caught_up(standby)
    return shop


LISTS = ("/pesanan", "/beranda", "/api/v1/store/orders", "/api/v1/store/orders/recap")


def opened(client: Client, shop: Shop, url: str) -> Any:
    headers: Any = shop.extra.setdefault("bearer", shop.bearer()) if url.startswith("/api") else {}
    answer = client.get(url, **headers)
    assert answer.status_code == 200, answer.content
    return answer


@pytest.mark.parametrize("url", LISTS)
def test_lists_and_reports_are_read_from_the_replica(standby: Replica, shop: Shop, url: str) -> None:
    order, client = shop.order(), logged_in(shop)
    caught_up(standby)
    count, answer = asked(lambda: opened(client, shop, url))
    assert count > 0
    assert url not in LISTS[::2] or order.order_number in answer.content.decode()
    count, _answer = asked(lambda: client.get(f"/pesanan/{order.pk}"))
    assert count == 0, "one order is what it is now"


@pytest.mark.parametrize("url", LISTS)
def test_who_has_just_written_reads_the_primary_in_every_session(standby: Replica, shop: Shop, url: str) -> None:
    order, client = shop.order(), logged_in(shop)
    caught_up(standby)
    standby.pause()
    changed = Client().put(
        "/api/v1/store/orders/status", {"ids": [order.pk], "status": "confirmed"}, content_type="application/json",
        **shop.bearer(),
    )  # fmt: skip
    assert changed.status_code == 200, changed.content
    count, _answer = asked(lambda: opened(client, shop, url))
    assert count == 0
    colleague = shop.staff("administrator")
    assert not redis_client().exists(replica._key(colleague.user.pk)), "for others a few seconds are right"
    redis_client().delete(replica._key(shop.user.pk))  # the time is over
    standby.resume()
    caught_up(standby)
    count, _answer = asked(lambda: opened(client, shop, url))
    assert count > 0


def test_a_transaction_and_everything_that_writes_stay_on_the_primary(standby: Replica, shop: Shop) -> None:
    order = shop.order()
    with replica.reading(shop.user.pk), store_scope(shop.store), transaction.atomic():
        count, _rows = asked(lambda: list(Order.objects.all()))
        assert count == 0
    caught_up(standby)
    with replica.reading(shop.user.pk), store_scope(shop.store):
        count, (found,) = asked(lambda: list(Order.objects.filter(pk=order.pk)))
        assert count == 1
        found.note = "ditulis"
        found.save(update_fields=["note"])
        count, again = asked(lambda: Order.objects.get(pk=order.pk))
        assert count == 0 and again.note == "ditulis", "what was written here is read here"
    with store_scope(shop.store):
        assert Order.objects.get(pk=order.pk).note == "ditulis"
        count, _items = asked(lambda: list(found.items.all()))
    assert count == 0, "a row from the replica takes no later question there"


def test_a_late_replica_is_left_out_and_comes_back(standby: Replica, shop: Shop) -> None:
    client = logged_in(shop)
    redis_client().flushdb()
    assert asked(lambda: opened(client, shop, "/pesanan"))[0] > 0
    standby.pause()
    order = shop.order()
    ends = time.monotonic() + 15
    while asked(lambda: opened(client, shop, "/pesanan"))[0]:  # within the bound it may be read
        assert time.monotonic() < ends
        time.sleep(0.2)
    assert order.order_number in opened(client, shop, "/pesanan").content.decode(), "beyond it nobody misses anything"
    text = client.get("/metrics", HTTP_HOST="localhost").content.decode()
    lag = next(line.split()[1] for line in text.splitlines() if line.startswith("bosonline_replica_lag_seconds"))
    assert float(lag) > 2.0
    standby.resume()
    ends = time.monotonic() + 15
    while not asked(lambda: opened(client, shop, "/pesanan"))[0]:
        assert time.monotonic() < ends
        time.sleep(0.2)


def test_a_replica_that_stops_is_nobodys_error_and_comes_back(
    standby: Replica, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "PAUSE_SECONDS", 2.0)
    monkeypatch.setattr(replica, "LOOK_SECONDS", 5.0)  # the question itself meets the dead server
    client = logged_in(shop)
    client.raise_request_exception = False  # as a real server: what fails is tried once more
    redis_client().flushdb()
    assert asked(lambda: opened(client, shop, "/pesanan"))[0] > 0
    standby.stop()
    began = time.monotonic()
    for url in LISTS * 2:
        opened(client, shop, url)
    assert time.monotonic() - began < 10, "at most one of them waits for it"
    standby.start()
    caught_up(standby)
    connections["replica"].settings_dict["PORT"] = standby.port
    ends = time.monotonic() + 30
    while not asked(lambda: opened(client, shop, "/pesanan"))[0]:
        assert time.monotonic() < ends
        time.sleep(0.3)


def test_a_download_holds_what_was_there_when_it_began(standby: Replica, shop: Shop) -> None:
    client = logged_in(shop)
    shop.order()

    def downloaded() -> list[str]:
        bearer: Any = shop.bearer()
        job = client.post("/api/v1/store/orders/download", {"format": "csv"}, content_type="application/json", **bearer)
        outbox.drain(500)
        answer: Any = client.get(f"/api/v1/store/exports/{job.json()['data']['id']}/file", **bearer)
        assert answer.status_code == 200
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        return [row["order_number"] for row in csv.DictReader(io.StringIO(text))]

    last = shop.order()  # a moment before: the replica is waited for
    count, numbers = asked(downloaded)
    assert count > 0 and last.order_number in numbers and len(numbers) == 2
    standby.pause()
    last = shop.order()
    count, numbers = asked(downloaded)  # it does not come so far: the primary
    assert count == 0 and last.order_number in numbers and len(numbers) == 3


def test_a_download_begins_anew_on_the_primary_when_the_replica_dies_under_it(
    standby: Replica, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bosonline import jobs

    shop.order()
    caught_up(standby)
    work, tries = jobs._kinds["orders.download"], []

    def dying(job: Any, path: Any) -> Iterator[int]:
        tries.append(1)
        if len(tries) == 1:
            standby.stop()
        yield from work(job, path)

    monkeypatch.setitem(jobs._kinds, "orders.download", dying)
    with store_scope(shop.store):
        job = jobs.job_start(kind="orders.download", store_id=shop.store.pk, user_id=shop.user.pk, filename="p.csv",
                             params={"filters": {}, "format": "csv"}, rows=1)  # fmt: skip
        outbox.drain(500)
        job.refresh_from_db()
    assert (job.status, job.rows_done, len(tries)) == ("done", 1, 2), job.error


def test_who_wrote_is_remembered_for_longer_than_the_replica_may_be_late() -> None:
    import subprocess
    import sys

    env = {**os.environ, "REPLICA_MAX_LAG_SECONDS": "20", "DJANGO_SETTINGS_MODULE": "bosonline.settings"}
    told = subprocess.run(
        [sys.executable, "-c", "import bosonline.settings"], env=env, capture_output=True, text=True, check=False
    )
    assert ImproperlyConfigured.__name__ in told.stderr
    assert "replica" not in django_settings.DATABASES
