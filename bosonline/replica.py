"""Reads that may be a few seconds old, from a streaming replica (``DATABASE_REPLICA_URL``).

Only what asks for it is read there: ``with reading(user_id):`` around a list or a report, ``with reading_as_of_now():`` around
a download. Everything else, every write and everything inside a transaction is the primary's; so is what asks for it when

* the person has written something within ``REPLICA_AFTER_WRITE_SECONDS`` (:func:`wrote`), in any process or session;
* the replica is later than ``REPLICA_MAX_LAG_SECONDS``, which is less than that, so nobody misses what they wrote before;
* the replica does not answer: then nobody asks it for :data:`PAUSE_SECONDS`.

How late it is: it has replayed what the primary wrote up to some moment. That moment is now when it has replayed all, else
the commit time of the last transaction it replayed, or when we last saw the primary where the replica is now, whichever
is later. A replica that lost its connection is found out in the same way, for it falls behind the primary.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, OperationalError, connections, transaction
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bosonline.redis import redis_ask

log = structlog.get_logger("replica")

ALIAS = "replica"
LOOK_SECONDS = 1.0
PAUSE_SECONDS = 10.0
CATCH_UP_SECONDS = 2.0
WAL_PAGE, WAL_HEADER = 8192, 40
STREAM = "stream"  # the primary once more, for cursors behind pgbouncer
_PAGE, _DOWNLOAD = "page", "download"
_reads: ContextVar[str] = ContextVar("replica_reads", default="")


class Router:
    """Django's question which database to use. Every answer is explicit: a row that came from the replica must not take
    later reads of its relations there."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        mode = _reads.get()
        if not mode or connections[DEFAULT_DB_ALIAS].in_atomic_block:
            return DEFAULT_DB_ALIAS
        return STREAM if mode == STREAM else ALIAS

    def db_for_write(self, model: Any, **hints: Any) -> str:
        if _reads.get() == _PAGE:  # it shows what it writes; a download only tells how far it is
            _reads.set("")
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS


def configured() -> bool:
    return ALIAS in connections.settings


def _key(user_id: int) -> str:
    return f"bos:wrote:{user_id}"


def wrote(user_id: int | None) -> None:
    """The person has changed something: for a while they read the primary."""
    if configured() and user_id is not None:
        redis_ask(lambda c: c.set(_key(user_id), 1, ex=settings.REPLICA_AFTER_WRITE_SECONDS), otherwise=None)


def _has_written(user_id: int) -> bool:
    return bool(redis_ask(lambda c: c.exists(_key(user_id)), otherwise=1))  # nobody knows: as if they had


@contextmanager
def reading(user_id: int) -> Iterator[None]:
    """Reads inside may be as old as the bound, but hold whatever this person has written."""
    use = configured() and not _in_transaction() and _state.usable() and not _has_written(user_id)
    with _reading(_PAGE if use else ""):
        yield


@contextmanager
def reading_as_of_now() -> Iterator[None]:
    """Reads inside are at least as new as this moment: the replica is given a little time to come so far. Raises
    :class:`ReplicaLost` when it went away meanwhile; the next one then reads the primary.

    Behind pgbouncer a cursor lives as long as its transaction, so there the reads are one, on a connection of their own:
    what is written beside them (how far the work is) must be seen at once.
    """
    use = configured() and not _in_transaction() and _state.catches_up(CATCH_UP_SECONDS)
    own = STREAM in connections.settings and not _in_transaction()
    cursors = transaction.atomic(using=ALIAS if use else STREAM) if own else nullcontext()
    with _reading(_DOWNLOAD if use else STREAM if own else ""), cursors:
        yield


class ReplicaLost(OperationalError):
    """It is gone, or it ended a question that kept it from replaying. Whoever tries again gets the primary: a page is
    tried again by ``DatabaseAwayMiddleware``, to which this is a connection that was lost."""


@contextmanager
def _reading(mode: str) -> Iterator[None]:
    token = _reads.set(mode)
    try:
        yield
    except (OperationalError, InterfaceError) as exc:
        if mode in ("", STREAM):
            raise
        _state.give_up(exc)
        raise ReplicaLost("the replica did not answer") from exc
    finally:
        _reads.reset(token)


def _in_transaction() -> bool:
    return bool(connections[DEFAULT_DB_ALIAS].in_atomic_block)


class _State:
    """What this process knows of the replica. One thread looks, at most once a second; the others do not wait for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.looked = self.away_until = float("-inf")
        self.lag = float("inf")
        self.seen: deque[tuple[float, int]] = deque(maxlen=120)  # (when, where the primary was)

    def usable(self) -> bool:
        now = time.monotonic()
        if now < self.away_until:
            return False
        if now - self.looked > LOOK_SECONDS:
            if not self.lock.acquire(blocking=False):
                return self.lag <= settings.REPLICA_MAX_LAG_SECONDS and now - self.looked < 2 * LOOK_SECONDS
            try:
                self._look()
            finally:
                self.lock.release()
        return self.lag <= settings.REPLICA_MAX_LAG_SECONDS

    def catches_up(self, seconds: float) -> bool:
        if time.monotonic() < self.away_until:
            return False
        ends = time.monotonic() + seconds
        try:
            wanted, _at = _primary()
            while True:
                found = _replayed(None)
                if found is None or found[0] >= wanted:
                    return found is not None
                if time.monotonic() > ends:
                    return False
                time.sleep(0.05)
        except (DatabaseError, InterfaceError) as exc:
            self.give_up(exc)
            return False

    def _look(self) -> None:
        now = time.monotonic()
        try:
            where, at = _primary()
            self.seen.append((now, where))
            found = _replayed(at)
        except (DatabaseError, InterfaceError) as exc:
            self.give_up(exc)
            return
        before, self.looked = self.lag, time.monotonic()
        if found is None:  # somebody has promoted it: it is a primary of its own
            self.lag = float("inf")
            return
        replayed, age = found
        ages = [now - when for when, there in self.seen if there <= replayed]
        self.lag = 0.0 if replayed >= where else min([age, *ages])
        if (before <= settings.REPLICA_MAX_LAG_SECONDS) != (self.lag <= settings.REPLICA_MAX_LAG_SECONDS):
            log.warning("replica_lag", seconds=round(self.lag, 1))

    def give_up(self, error: Exception) -> None:
        log.warning("replica_away", error=repr(error)[:200])
        self.away_until = time.monotonic() + PAUSE_SECONDS
        self.lag = float("inf")
        connections[ALIAS].close()


def _primary() -> tuple[int, Any]:
    """How far the primary has written, commits that are not flushed yet included, and its time."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint, clock_timestamp()")
        where, at = cursor.fetchone()
    past_page = int(where) % WAL_PAGE
    # at the end of a page it tells the place behind the next one's header, where no record ends
    return int(where) - (past_page if past_page <= WAL_HEADER else 0), at


def _replayed(at: Any) -> tuple[int, float] | None:
    """How far the replica has applied, and the age of the last transaction in it; None for a server that is no replica."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT pg_is_in_recovery(), (pg_last_wal_replay_lsn() - '0/0')::bigint,"
            " extract(epoch FROM %s::timestamptz - pg_last_xact_replay_timestamp())",
            [at],
        )
        replica, where, age = cursor.fetchone()
    if not replica or where is None:
        return None
    return int(where), max(0.0, float(age)) if age is not None else float("inf")


_state = _State()


class ReplicaCollector(Collector):
    """How late the replica is, for Prometheus; infinite while it is away, nothing without one."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        if configured():
            _state.usable()
            yield GaugeMetricFamily("bosonline_replica_lag_seconds", "How late the replica is", value=_state.lag)
