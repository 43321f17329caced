"""After-commit work that cannot be lost (architecture.md, habit 4).

A service calls :func:`enqueue` inside its transaction; the row commits with the business rows or not at all.
The worker drains due rows under ``SKIP LOCKED``; a handler that raises is tried again with backoff until
``MAX_ATTEMPTS``, after which the row is kept as failed and shown to the platform's staff.
Handlers must be idempotent: a crash after the work and before the mark runs them again.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import redis
import structlog
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from bosonline.models import OutboxMessage
from bosonline.redis import redis_ask, redis_client

log = structlog.get_logger("outbox")

Handler = Callable[[dict[str, Any]], None]
MAX_ATTEMPTS = 12
WAKE_KEY = "bos:outbox:wake"
_handlers: dict[str, Handler] = {}


class RetryLater(Exception):
    """A handler that wants to be called again in ``seconds`` without counting as a failure."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"retry in {seconds} s")
        self.seconds = seconds


def handler(topic: str) -> Callable[[Handler], Handler]:
    """Register the function that does the work of ``topic``."""

    def register(function: Handler) -> Handler:
        _handlers[topic] = function
        return function

    return register


def enqueue(topic: str, payload: dict[str, Any], *, dedup_key: str | None = None, delay_seconds: int = 0) -> None:
    """Add work to the running transaction. With a ``dedup_key`` a second identical request is a no-op."""
    OutboxMessage.objects.bulk_create(
        [
            OutboxMessage(
                topic=topic,
                payload=payload,
                dedup_key=dedup_key,
                due_at=timezone.now() + timedelta(seconds=delay_seconds),
            )
        ],
        ignore_conflicts=dedup_key is not None,
    )
    transaction.on_commit(wake)


def wake() -> None:
    """Tell the drain that there is work. Best effort: it looks by itself every second anyway."""
    redis_ask(lambda client: client.rpush(WAKE_KEY, 1), otherwise=0)  # Redis away: the periodic look finds the row


def backoff_seconds(attempts: int) -> int:
    """2, 4, 8 … seconds, at most an hour, with jitter so that retries of one outage do not come together."""
    return min(3600, 2**attempts) + random.randint(0, max(1, attempts))  # noqa: S311 - jitter, not security


def drain(limit: int = 50) -> int:
    """Do what is due, row by row, and return how many were done or put off."""
    handled = 0
    while handled < limit and _drain_one():
        handled += 1
    return handled


def _drain_one() -> bool:
    with transaction.atomic():
        message = (
            OutboxMessage.objects.select_for_update(skip_locked=True)
            .filter(done_at__isnull=True, failed_at__isnull=True, due_at__lte=timezone.now())
            .order_by("due_at", "id")
            .first()
        )
        if message is None:
            return False
        # Lease: hand the row over by time instead of holding the lock through an outside call.
        lease = timezone.now() + timedelta(seconds=120)
        OutboxMessage.objects.filter(pk=message.pk).update(due_at=lease, attempts=F("attempts") + 1)
    _run(message)
    return True


def _run(message: OutboxMessage) -> None:
    rows = OutboxMessage.objects.filter(pk=message.pk)
    attempts = message.attempts + 1
    try:
        function = _handlers.get(message.topic)
        if function is None:
            raise LookupError(f"no handler for {message.topic}")
        function(message.payload)
    except RetryLater as exc:
        rows.update(due_at=timezone.now() + timedelta(seconds=exc.seconds), attempts=F("attempts") - 1)
    except Exception as exc:
        log.exception("outbox_failed", topic=message.topic, id=message.pk, attempts=attempts)
        if connection.in_atomic_block and connection.needs_rollback:
            raise
        error = f"{type(exc).__name__}: {exc}"[:500]
        if attempts >= MAX_ATTEMPTS:
            rows.update(failed_at=timezone.now(), last_error=error)
        else:
            rows.update(due_at=timezone.now() + timedelta(seconds=backoff_seconds(attempts)), last_error=error)
    else:
        rows.update(done_at=timezone.now(), last_error="")


class Relay(threading.Thread):
    """Runs :func:`drain` in the worker process, woken by Redis, at the latest every second."""

    def __init__(self) -> None:
        super().__init__(name="outbox-relay", daemon=True)
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                if not drain():
                    self._wait()
            except Exception:
                log.exception("outbox_relay")
                connection.close()
                self.stopping.wait(1)
        connection.close()

    def _wait(self) -> None:
        try:
            redis_client(blocking=True).blpop([WAKE_KEY], timeout=1)
        except redis.RedisError:  # nobody can wake us: look again in a second
            self.stopping.wait(1)
