"""After-commit work that cannot be lost (architecture.md, habit 4; mechanisms.md, 3).

A service calls :func:`enqueue` inside its transaction; the row commits with the business rows or not at all. The relay
(:mod:`bosonline.lanes`) gives due rows a claim for a short while and hands it to the Celery queue of their lane;
:func:`run` changes that claim into its own by a conditional update, so a repeated message finds nothing. While it works
a heartbeat renews the lease; when the worker dies the lease runs out and the relay hands the row over again. Redis
only carries claims: what is lost there is handed over anew.

A handler that raises is tried again with backoff until ``MAX_ATTEMPTS``, after which the row is kept as failed and
shown to the platform's staff. There are two kinds:

* one row at a time. It may ask outside services and must be idempotent: a crash after the work and before the mark runs
  it again.
* ``batch=N``: it gets the payloads of up to N rows of one topic and store and only writes to the database; its writes and
  the mark are one transaction, so they happen once. When it fails, each row is done alone and only the bad one waits.
"""

from __future__ import annotations

import contextvars
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from typing import Any, Literal, TypeVar

import orjson
import redis
import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from prometheus_client import Counter

from bosonline.models import OutboxMessage
from bosonline.redis import redis_ask, redis_client

log = structlog.get_logger("outbox")

Lane = Literal["buyer", "parcels", "tell", "long"]
Payload = dict[str, Any]
MAX_ATTEMPTS = 12
WAKE_KEY = "bos:outbox:wake"
CHUNK = {"buyer": 1, "parcels": 1, "tell": 20, "long": 1}  # rows in one message, where the handler says nothing else

DONE = Counter("bosonline_outbox_done", "After-commit work that was done", ["lane"])
FAILURES = Counter("bosonline_outbox_failures", "Tries of after-commit work that failed", ["lane", "topic"])


@dataclass(frozen=True)
class Limit:
    """How many messages may be at work at once, over all machines, for topics that wait for the same outside service."""

    name: str
    at_once: int


@dataclass
class Handler:
    function: Callable[[Any], None]
    lane: Lane
    batch: int = 1
    limit: Limit | None = None

    @property
    def chunk(self) -> int:
        return self.batch if self.batch > 1 else CHUNK[self.lane]


class ClaimLost(BaseException):
    """Somebody else has taken the row over (we were silent for too long): nothing may be written any more.

    No ``Exception``, so that a handler's own rescue does not swallow it.
    """


_handlers: dict[str, Handler] = {}
_Function = TypeVar("_Function", bound=Callable[[Any], None])


def handler(
    topic: str, *, lane: Lane = "buyer", batch: int = 1, limit: Limit | int | None = None
) -> Callable[[_Function], _Function]:
    """Register the function that does the work of ``topic``.

    What names no lane may be waited for by somebody, so it goes with the buyers. ``batch``: see above. ``limit``: at most
    so many at once.
    """

    def register(function: _Function) -> _Function:
        places = Limit(topic, limit) if isinstance(limit, int) else limit
        _handlers[topic] = Handler(function, lane, batch, places)
        return function

    return register


def limit_topics(at_once: int, *topics: str) -> None:
    """A limit that several topics share, or one that is decided away from the handler."""
    places = Limit(topics[0], at_once)
    for topic in topics:
        _handlers[topic].limit = places


def lane_of(topic: str) -> Lane:
    """A topic that nobody knows (a newer release wrote it) waits in ``tell`` for a worker that does."""
    found = _handlers.get(topic)
    return found.lane if found else "tell"


def handlers() -> dict[str, Handler]:
    return _handlers


# -- writing -----------------------------------------------------------------------------------------------------------


def enqueue(topic: str, payload: Payload, *, dedup_key: str | None = None, delay_seconds: int = 0) -> None:
    """Add work to the running transaction. With a ``dedup_key`` a second identical request is a no-op."""
    enqueue_many(topic, [(payload, dedup_key)], delay_seconds=delay_seconds)


def enqueue_many(topic: str, rows: Iterable[tuple[Payload, str | None]], *, delay_seconds: int = 0) -> None:
    """The same for many, in one statement: ``(payload, dedup_key)``."""
    due = timezone.now() + timedelta(seconds=delay_seconds)
    made = [OutboxMessage(topic=topic, payload=payload, dedup_key=key, due_at=due) for payload, key in rows]
    if made:
        OutboxMessage.objects.bulk_create(made, ignore_conflicts=any(row.dedup_key is not None for row in made))
        transaction.on_commit(wake)


def enqueue_again(topic: str, rows: Iterable[tuple[Payload, str]]) -> int:
    """Work that was to be done and is not: queue it, also when its row is done or was given up. A row that still waits
    stays as it is. How many were queued."""
    made = list(rows)
    if not made:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO bosonline_outboxmessage (topic, payload, dedup_key, attempts, due_at, created_at, last_error)
            SELECT %s, p::jsonb, k, 0, %s, now(), '' FROM unnest(%s::text[], %s::text[]) AS x(p, k)
            ON CONFLICT (dedup_key) DO UPDATE
            SET due_at = excluded.due_at, attempts = 0, done_at = NULL, failed_at = NULL, claim = NULL, leased_until = NULL
            WHERE bosonline_outboxmessage.done_at IS NOT NULL OR bosonline_outboxmessage.failed_at IS NOT NULL
            """,
            [
                topic,
                timezone.now(),
                [orjson.dumps(payload).decode() for payload, _key in made],
                [key for _payload, key in made],
            ],
        )
        count = int(cursor.rowcount)
    if count:
        transaction.on_commit(wake)
    return count


def wake() -> None:
    """Tell a relay that there is work. Best effort: it looks by itself every second anyway."""
    redis_ask(lambda client: client.rpush(WAKE_KEY, 1), otherwise=0)  # Redis away: the periodic look finds the row


def wait_for_wake(stopping: threading.Event) -> None:
    """Until somebody calls :func:`wake`, at most a second."""
    try:
        redis_client(blocking=True).blpop([WAKE_KEY], timeout=1)
    except redis.RedisError:  # nobody can wake us: look again in a second
        stopping.wait(1)
    # a hundred calls are one look; a call that comes after this line wakes us again
    redis_ask(lambda client: client.delete(WAKE_KEY), otherwise=0)


def backoff_seconds(attempts: int) -> int:
    """2, 4, 8 … seconds, at most an hour, with jitter so that retries of one outage do not come together."""
    return min(3600, 2**attempts) + random.randint(0, max(1, attempts))  # noqa: S311 - jitter, not security


# -- claims ------------------------------------------------------------------------------------------------------------


@dataclass
class Run:
    """Rows that are at work in this process under one claim."""

    claim: uuid.UUID
    ids: set[int]
    renewed: float = field(default_factory=time.monotonic)
    lost: bool = False


_current: contextvars.ContextVar[Run | None] = contextvars.ContextVar("outbox_run", default=None)


def claim_check() -> None:
    """For handlers that work long: raises :class:`ClaimLost` when this run may not go on."""
    run_ = _current.get()
    if run_ is not None and (run_.lost or time.monotonic() - run_.renewed > settings.OUTBOX_LEASE_SECONDS):
        raise ClaimLost


class Heartbeat:
    """Renews the leases of what runs in this process, three times within a lease."""

    def __init__(self) -> None:
        self.runs: dict[uuid.UUID, Run] = {}
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None

    @contextmanager
    def beating(self, run_: Run) -> Iterator[None]:
        with self.lock:
            self.runs[run_.claim] = run_
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._beat, name="outbox-heartbeat", daemon=True)
                self.thread.start()
        try:
            yield
        finally:
            with self.lock:
                self.runs.pop(run_.claim, None)

    def _beat(self) -> None:
        while True:
            time.sleep(settings.OUTBOX_LEASE_SECONDS / 3)
            with self.lock:
                runs = list(self.runs.values())
            try:
                for run_ in runs:
                    self._renew(run_)
            except Exception:  # the database is away: the next beat tries again, or the lease runs out
                log.exception("outbox_heartbeat")
            finally:
                connection.close()  # back to the pool

    def _renew(self, run_: Run) -> None:
        now = time.monotonic()
        with self.lock:
            ids = list(run_.ids)
        if not ids:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE bosonline_outboxmessage SET leased_until = clock_timestamp() + make_interval(secs => %s)"
                " WHERE id = ANY(%s) AND claim = %s RETURNING id",
                [settings.OUTBOX_LEASE_SECONDS, ids, run_.claim],
            )
            kept = {row[0] for row in cursor.fetchall()}
        with self.lock:  # what was done meanwhile has left ``run_.ids`` before it gave up its claim
            run_.lost = bool(run_.ids - kept)
        run_.renewed = now


_heart = Heartbeat()


def _take(ids: Sequence[int], handed: uuid.UUID, claim: uuid.UUID) -> list[OutboxMessage]:
    """Make the claim that the relay gave our own. Empty for a message that comes a second time."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE bosonline_outboxmessage
            SET claim = %s, leased_until = clock_timestamp() + make_interval(secs => %s), attempts = attempts + 1
            WHERE id = ANY(%s) AND claim = %s AND done_at IS NULL AND failed_at IS NULL
            RETURNING id
            """,
            [claim, settings.OUTBOX_LEASE_SECONDS, list(ids), handed],
        )
        taken = [row[0] for row in cursor.fetchall()]
    return list(OutboxMessage.objects.filter(pk__in=taken).order_by("due_at", "id")) if taken else []


# -- running -----------------------------------------------------------------------------------------------------------


def run(ids: Sequence[int], handed: str, *, heartbeat: bool = True) -> int:
    """Do the rows that the relay handed over under this claim; how many were done or put off."""
    claim = uuid.uuid4()
    rows = _take(ids, uuid.UUID(handed), claim)
    if not rows:
        return 0
    run_ = Run(claim, {row.pk for row in rows})
    token = _current.set(run_)
    try:
        if heartbeat:
            with _heart.beating(run_):
                _run_all(rows, run_)
        else:
            _run_all(rows, run_)
    except ClaimLost:
        log.warning("outbox_claim_lost", topic=rows[0].topic, ids=sorted(run_.ids)[:20])
    finally:
        _current.reset(token)
    return len(rows)


def _run_all(rows: list[OutboxMessage], run_: Run) -> None:
    found = _handlers.get(rows[0].topic)
    if found is None or found.batch == 1:
        for row in rows:
            claim_check()
            _run_one(row, found, run_)
        return
    by_store = sorted(rows, key=lambda row: row.payload.get("store_id") or 0)
    for _store, group in groupby(by_store, key=lambda row: row.payload.get("store_id")):
        members = list(group)
        for at in range(0, len(members), found.batch):
            claim_check()
            _run_batch(members[at : at + found.batch], found, run_)


def _run_one(row: OutboxMessage, found: Handler | None, run_: Run) -> None:
    try:
        if found is None:
            raise LookupError(f"no handler for {row.topic}")
        found.function(row.payload)
    except Exception as exc:  # noqa: BLE001 - whatever a handler raises is kept with its row
        _failed(row, run_, exc)
    else:
        _done([row], run_)


def _run_batch(rows: list[OutboxMessage], found: Handler, run_: Run) -> None:
    try:
        with transaction.atomic():
            found.function([row.payload for row in rows])
            _done(rows, run_)
    except Exception as exc:  # noqa: BLE001 - as above
        with _heart.lock:  # rolled back: they are ours still
            run_.ids |= {row.pk for row in rows}
        if len(rows) == 1:
            _failed(rows[0], run_, exc)
            return
        log.warning("outbox_batch_failed", topic=rows[0].topic, rows=len(rows), error=repr(exc)[:200])
        for row in rows:
            _run_batch([row], found, run_)


def _mine(rows: list[OutboxMessage], run_: Run) -> Any:
    return OutboxMessage.objects.filter(pk__in=[row.pk for row in rows], claim=run_.claim)


def _release(rows: list[OutboxMessage], run_: Run, **values: Any) -> None:
    with _heart.lock:
        run_.ids -= {row.pk for row in rows}
    if _mine(rows, run_).update(claim=None, leased_until=None, **values) != len(rows):
        raise ClaimLost


def _done(rows: list[OutboxMessage], run_: Run) -> None:
    _release(rows, run_, done_at=timezone.now(), last_error="")
    DONE.labels(lane_of(rows[0].topic)).inc(len(rows))


def _failed(row: OutboxMessage, run_: Run, exc: Exception) -> None:
    log.error("outbox_failed", topic=row.topic, id=row.pk, attempts=row.attempts, exc_info=exc)
    if connection.in_atomic_block and connection.needs_rollback:
        raise exc
    FAILURES.labels(lane_of(row.topic), row.topic).inc()
    error = f"{type(exc).__name__}: {exc}"[:500]
    if row.attempts >= MAX_ATTEMPTS:
        _release([row], run_, failed_at=timezone.now(), last_error=error)
    else:
        due = timezone.now() + timedelta(seconds=backoff_seconds(row.attempts))
        _release([row], run_, due_at=due, last_error=error)


def drain(limit: int = 50) -> int:
    """Do what is due here and now, without Celery, at most ``limit`` rows; how many were done or put off."""
    from bosonline import lanes

    handled = 0
    while handled < limit:
        messages = lanes.hand_over(rows=limit - handled, widths={})
        if not messages:
            break
        handled += sum(run(message.ids, message.claim, heartbeat=False) for message in messages)
    return handled
