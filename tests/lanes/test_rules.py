"""Which rows are handed over, how many at once, and what becomes of a batch with a bad row in it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bosonline import files, jobs, lanes, outbox
from bosonline.errors import Conflict
from bosonline.models import BackgroundJob, OutboxMessage
from bosonline.tenancy import store_scope
from orders.models import Order, Task
from orders.tasks import complete_delivered
from stores.models import Notification
from tests.factories import Shop, make_shop


@pytest.fixture
def topics() -> Iterator[dict[str, outbox.Handler]]:
    """The register of handlers, in which a test may add its own."""
    before = dict(outbox.handlers())
    yield outbox.handlers()
    outbox.handlers().clear()
    outbox.handlers().update(before)


def add(topic: str, store: int, count: int = 1) -> None:
    outbox.enqueue_many(topic, [({"store_id": store, "n": n}, None) for n in range(count)])


def given(messages: Sequence[lanes.Message]) -> Counter[tuple[str, int]]:
    rows = OutboxMessage.objects.in_bulk([pk for message in messages for pk in message.ids])
    return Counter((m.lane, rows[pk].payload["store_id"]) for m in messages for pk in m.ids)


def finish(messages: Sequence[lanes.Message]) -> None:
    ids = [pk for message in messages for pk in message.ids]
    OutboxMessage.objects.filter(pk__in=ids).update(done_at=timezone.now())


def test_in_the_long_lane_nobody_waits_behind_another_sellers_twenty(db: None) -> None:
    add("job.run", 1, 20)
    add("job.run", 2)
    first = lanes.hand_over()
    assert given(first) == {("long", 1): 2, ("long", 2): 1}
    assert not lanes.hand_over(), "a store has at most two at work"
    add("job.run", 3, 2)
    assert given(lanes.hand_over()) == {("long", 3): 1}, "four at once in all"
    finish(first)
    assert given(lanes.hand_over()) == {("long", 3): 1, ("long", 1): 2}, "who has less at work comes first"


def test_a_slow_service_never_has_its_whole_lane(db: None) -> None:
    add("payment.create", 1, 30)
    assert given(lanes.hand_over()) == {("buyer", 1): 4}
    add("callback.process", 2, 9)
    assert given(lanes.hand_over()) == {("buyer", 2): 2}, "room was left for the messages about money"
    for topic in ("mail.security", "mail.digest", "conversion.send"):
        add(topic, 1, 500)
    lanes.hand_over()
    add("order.placed", 3, 150)
    assert given(lanes.hand_over()) == {("tell", 3): 150}, "mail and events that hang leave room for the bell"


def test_a_message_that_comes_twice_or_too_late_finds_nothing(db: None, topics: Any) -> None:
    seen: list[int] = []
    outbox.handler("test.once", lane="tell")(lambda payload: seen.append(payload["n"]))
    add("test.once", 1, 3)
    (message,) = lanes.hand_over()
    assert outbox.run(message.ids, message.claim, heartbeat=False) == 3
    assert outbox.run(message.ids, message.claim, heartbeat=False) == 0
    add("test.once", 1)
    (late,) = lanes.hand_over()
    OutboxMessage.objects.filter(done_at=None).update(leased_until=timezone.now() - timedelta(seconds=1))
    (again,) = lanes.hand_over()
    assert again.ids == late.ids and outbox.run(late.ids, late.claim, heartbeat=False) == 0
    assert outbox.run(again.ids, again.claim, heartbeat=False) == 1 and seen == [0, 1, 2, 0]


def test_a_run_whose_row_was_taken_over_writes_nothing_more(db: None, topics: Any) -> None:
    shop = make_shop()

    def slow(payloads: list[dict[str, Any]]) -> None:
        with store_scope(shop.store):
            Notification.objects.create(store=shop.store, kind="test", title="once")
        OutboxMessage.objects.filter(topic="test.stolen").update(claim=uuid.uuid4())  # as another relay would

    outbox.handler("test.stolen", lane="tell", batch=10)(slow)
    OutboxMessage.objects.all().delete()
    add("test.stolen", shop.store.pk)
    (message,) = lanes.hand_over()
    outbox.run(message.ids, message.claim, heartbeat=False)
    with store_scope(shop.store):
        assert not Notification.objects.filter(kind="test").exists()
    assert OutboxMessage.objects.get(topic="test.stolen").done_at is None


def test_what_kills_its_worker_every_time_is_given_up(db: None) -> None:
    add("order.placed", 1)
    OutboxMessage.objects.update(attempts=outbox.MAX_ATTEMPTS, leased_until=timezone.now() - timedelta(seconds=1))
    assert not lanes.hand_over()
    assert OutboxMessage.objects.get().failed_at is not None


def test_one_bad_row_of_a_batch_neither_fails_nor_repeats_the_others(db: None, topics: Any) -> None:
    shop = make_shop()

    def write(payloads: list[dict[str, Any]]) -> None:
        with store_scope(shop.store):
            for payload in payloads:
                Notification.objects.create(store=shop.store, kind="test", title=str(payload["n"]))
                if payload["n"] == 3:
                    raise ValueError("bad")

    outbox.handler("test.batch", lane="tell", batch=50)(write)
    add("test.batch", shop.store.pk, 8)
    outbox.drain()
    with store_scope(shop.store):
        titles = list(Notification.objects.filter(kind="test").values_list("title", flat=True))
    assert Counter(titles) == Counter(str(n) for n in range(8) if n != 3)
    left = OutboxMessage.objects.get(topic="test.batch", done_at=None)
    assert (left.payload["n"], left.attempts, left.last_error) == (3, 1, "ValueError: bad")
    assert left.claim is None and left.due_at > timezone.now()


def followed(shop: Shop, orders: list[Order]) -> int:
    """Statements that what follows these orders takes."""
    outbox.drain(500)
    for topic in ("order.placed", "payment.received", "order.status_changed"):
        rows = [({"order_id": o.pk, "store_id": shop.store.pk, "outcome": "paid"}, None) for o in orders]
        outbox.enqueue_many(topic, rows)
    with CaptureQueriesContext(connection) as queries:
        outbox.drain(500)
    assert not OutboxMessage.objects.filter(done_at=None).exists()
    return len(queries)


def test_what_follows_ten_orders_takes_no_more_statements_than_what_follows_one(db: None) -> None:
    shop = make_shop(stock=1000)
    orders = [shop.order() for _n in range(11)]
    one = followed(shop, orders[:1])
    ten = followed(shop, orders[1:])
    assert ten <= one + 2, (one, ten)
    with store_scope(shop.store):
        assert Task.objects.filter(kind="contact").count() == 11
        assert Notification.objects.filter(kind="payment.paid").count() == 11


def test_every_delivered_order_that_is_due_completes_however_many_are_not(db: None) -> None:
    shop = make_shop(stock=1000)
    patient = make_shop(stock=1000)
    type(patient.store).objects.filter(pk=patient.store.pk).update(complete_after_days=60)
    type(shop.store).objects.filter(pk=shop.store.pk).update(complete_after_days=2)
    now = timezone.now()
    waiting, due = patient.order(), shop.order()
    everything = Order.objects.with_scopes_disabled()
    everything.filter(pk=waiting.pk).update(status="delivered", delivered_at=now - timedelta(days=50))
    everything.filter(pk=due.pk).update(status="delivered", delivered_at=now - timedelta(days=3))
    assert complete_delivered() == 1
    states = dict(everything.values_list("pk", "status"))
    assert states == {waiting.pk: "delivered", due.pk: "completed"}


# -- cancelling --------------------------------------------------------------------------------------------------------


def test_a_download_is_cancelled_while_it_runs_and_leaves_no_file(db: None, monkeypatch: Any) -> None:
    shop = make_shop()
    paths: list[Path] = []
    monkeypatch.setattr(jobs, "LOOK_SECONDS", 0)

    def endless(job: BackgroundJob, path: Path) -> Iterator[int]:
        paths.append(path)
        path.write_text("half")
        for n in range(1000):
            if n == 5:
                jobs.job_cancel(job_id=job.pk, user_id=job.user_id)
            yield n

    monkeypatch.setitem(jobs._kinds, "test.endless", endless)
    with store_scope(shop.store):
        job = jobs.job_start(kind="test.endless", store_id=shop.store.pk, user_id=shop.user.pk, params={},
                             filename="x.csv", rows=1000)  # fmt: skip
        outbox.drain()
        job.refresh_from_db()
        assert job.status == "cancelled" and job.file == "" and job.rows_done < 10
        assert not paths[0].exists() and jobs.job_cancel(job_id=job.pk, user_id=shop.user.pk).status == "cancelled"
    assert not OutboxMessage.objects.filter(topic="job.finished").exists(), "nothing to tell"


def test_a_job_whose_worker_died_starts_anew(db: None) -> None:
    shop = make_shop()
    job = _queued(shop)
    with store_scope(shop.store):
        BackgroundJob.objects.filter(pk=job.pk).update(status="running", rows_done=1)
        outbox.drain()
        job.refresh_from_db()
    assert (job.status, job.rows_done) == ("done", 1) and files.private().exists(job.file)


def _queued(shop: Shop) -> BackgroundJob:
    with store_scope(shop.store):
        return jobs.job_start(kind="forms.download", store_id=shop.store.pk, user_id=shop.user.pk,
                              params={"filters": {}, "format": "csv"}, filename="form.csv", rows=1)  # fmt: skip


def test_the_api_cancels_ones_own_export_and_nobody_elses(db: None, client: Client) -> None:
    shop = make_shop()
    job, other = _queued(shop), make_shop()
    url = f"/api/v1/store/exports/{job.pk}"
    assert client.delete(url, **other.bearer()).status_code == 404  # type: ignore[arg-type]  # headers
    answer = client.delete(url, **shop.bearer())  # type: ignore[arg-type]  # headers
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "cancelled")
    outbox.drain()
    job.refresh_from_db()
    assert job.status == "cancelled", "it was in the queue, and is not begun"
    ended = _queued(shop)
    outbox.drain()
    answer = client.delete(f"/api/v1/store/exports/{ended.pk}", **shop.bearer())  # type: ignore[arg-type]  # headers
    assert (answer.status_code, answer.json()["code"]) == (409, "job_ended")
    with pytest.raises(Conflict), store_scope(shop.store):
        jobs.job_cancel(job_id=ended.pk, user_id=shop.user.pk)


def test_metrics_name_each_lane(db: None, client: Client) -> None:
    add("order.placed", 1, 3)
    OutboxMessage.objects.update(due_at=timezone.now() - timedelta(seconds=90))
    text = client.get("/metrics", HTTP_HOST="localhost").content.decode()
    assert 'bosonline_outbox_pending{lane="tell"} 3.0' in text and 'bosonline_outbox_failed{lane="buyer"} 0.0' in text
    oldest = next(line for line in text.splitlines() if line.startswith('bosonline_outbox_oldest_seconds{lane="tell"}'))
    assert 89 < float(oldest.split()[-1]) < 200
