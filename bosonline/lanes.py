"""Lanes: which rows of the outbox are handed to which Celery queue, how many at once, and what is waiting.

One message carries rows of one topic. Each lane has a width, a number of messages that may be on their way or at work at
once over all machines; topics that wait for an outside service have a limit below that (``outbox.Limit``), so a slow
service never holds its whole lane. The long lane is fair: a store has at most ``PER_STORE`` messages there, and stores
take turns. Relays on several machines take turns by an advisory lock, so that widths hold.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter as Count
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bosonline import outbox
from bosonline.models import OutboxMessage

log = structlog.get_logger("lanes")

LANES: tuple[outbox.Lane, ...] = ("buyer", "parcels", "tell", "long")
PER_STORE = 2  # messages of one store in the long lane
UNKNOWN_EVERY = 30.0  # seconds between looks for topics that this release does not know
_LOCK = 4_714_001
_MANY = 1_000_000


@dataclass
class Message:
    lane: outbox.Lane
    topic: str
    ids: list[int] = field(default_factory=list)
    claim: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class _Room:
    """What may still be handed over: per lane, per limit, and per store in the long lane."""

    lanes: dict[str, int]
    limits: Count[str] = field(default_factory=Count)
    stores: Count[str] = field(default_factory=Count)

    def take(self, topic: str, lane: str, store: str = "") -> None:
        self.lanes[lane] = self.lanes[lane] - 1
        limit = _limit(topic)
        if limit is not None:
            self.limits[limit.name] += 1
        if lane == "long":
            self.stores[store] += 1

    def has(self, topic: str, lane: str, *, limited: bool) -> bool:
        limit = _limit(topic)
        return self.lanes[lane] > 0 and (not limited or limit is None or self.limits[limit.name] < limit.at_once)


def _limit(topic: str) -> outbox.Limit | None:
    found = outbox.handlers().get(topic)
    return found.limit if found else None


def hand_over(*, rows: int = _MANY, widths: Mapping[str, int] | None = None, unknown: bool = True) -> list[Message]:
    """Claim due rows for messages and return these; the caller sends them. Empty ``widths``: as many as there are."""
    limited = widths is None or bool(widths)
    widths = dict(settings.OUTBOX_WIDTHS if widths is None else widths) or dict.fromkeys(LANES, _MANY)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        room = _Room(widths)
        if limited:
            _count_busy(cursor, room)
        messages = [*_quick(cursor, room, rows, limited=limited), *_long(cursor, room, rows, limited=limited)]
        if unknown:
            messages += _unknown(cursor, rows)
        return _cut(_claimed(cursor, messages), rows)


def _count_busy(cursor: Any, room: _Room) -> None:
    cursor.execute(
        """
        SELECT topic, min(payload ->> 'store_id') FROM bosonline_outboxmessage
        WHERE done_at IS NULL AND failed_at IS NULL AND leased_until > clock_timestamp() GROUP BY topic, claim
        """
    )
    for topic, store in cursor.fetchall():
        room.take(topic, outbox.lane_of(topic), store or "")


_FREE = "done_at IS NULL AND failed_at IS NULL AND (leased_until IS NULL OR leased_until <= clock_timestamp())"


def _quick(cursor: Any, room: _Room, rows: int, *, limited: bool) -> list[Message]:
    """Lanes but the long one: the oldest rows first, a topic's rows together."""
    wanted: list[tuple[str, int]] = []
    for topic, found in outbox.handlers().items():
        places = room.lanes[found.lane]
        if found.lane != "long" and room.has(topic, found.lane, limited=limited):
            wanted.append((topic, min(places * found.chunk, rows, _MANY)))
    if not wanted:
        return []
    cursor.execute(
        f"""
        SELECT x.topic, x.id, x.due_at FROM unnest(%s::text[], %s::int[]) AS t(topic, places)
        CROSS JOIN LATERAL (
            SELECT topic, id, due_at FROM bosonline_outboxmessage o WHERE o.topic = t.topic AND due_at <= %s AND {_FREE}
            ORDER BY due_at, id LIMIT t.places
        ) x
        """,  # noqa: S608 - a constant
        [[topic for topic, _places in wanted], [places for _topic, places in wanted], timezone.now()],
    )
    waiting: dict[str, deque[tuple[Any, int]]] = {}
    for topic, pk, due_at in cursor.fetchall():
        waiting.setdefault(topic, deque()).append((due_at, pk))
    messages = []
    while waiting:
        topic = min(waiting, key=lambda name: waiting[name][0])
        found, line = outbox.handlers()[topic], waiting[topic]
        if not room.has(topic, found.lane, limited=limited):
            del waiting[topic]
            continue
        ids = [line.popleft()[1] for _n in range(min(found.chunk, len(line)))]
        messages.append(Message(found.lane, topic, ids))
        room.take(topic, found.lane)
        if not line:
            del waiting[topic]
    return messages


def _long(cursor: Any, room: _Room, rows: int, *, limited: bool) -> list[Message]:
    """One row a message; stores take turns and none has more than its share."""
    topics = [topic for topic, found in outbox.handlers().items() if found.lane == "long"]
    if not topics or room.lanes["long"] <= 0:
        return []
    share = PER_STORE if limited else _MANY
    cursor.execute(
        f"""
        SELECT topic, id, store FROM (
            SELECT topic, id, due_at, coalesce(payload ->> 'store_id', '') AS store, row_number() OVER (
                PARTITION BY coalesce(payload ->> 'store_id', '') ORDER BY due_at, id) AS place
            FROM bosonline_outboxmessage WHERE topic = ANY(%s) AND due_at <= %s AND {_FREE}
        ) x WHERE place <= %s ORDER BY place, due_at, id LIMIT %s
        """,  # noqa: S608 - a constant
        [topics, timezone.now(), share, max(rows, 0)],
    )
    # who has nothing at work comes before who has one
    found = sorted(enumerate(cursor.fetchall()), key=lambda pair: (room.stores[pair[1][2]] if limited else 0, pair[0]))
    messages = []
    for _place, (topic, pk, store) in found:
        if room.has(topic, "long", limited=limited) and room.stores[store] < share:
            messages.append(Message("long", topic, [pk]))
            room.take(topic, "long", store)
    return messages


def _unknown(cursor: Any, rows: int) -> list[Message]:
    """Rows whose topic nobody here knows: tried, so that they are seen to fail and wait with a growing pause."""
    cursor.execute(
        f"SELECT topic, id FROM bosonline_outboxmessage WHERE topic <> ALL(%s) AND due_at <= %s AND {_FREE} ORDER BY due_at, id LIMIT %s",  # noqa: S608 - a constant
        [list(outbox.handlers()), timezone.now(), min(rows, 20)],
    )
    return [Message("tell", topic, [pk]) for topic, pk in cursor.fetchall()]


def _claimed(cursor: Any, messages: list[Message]) -> list[Message]:
    """Write the claims. A row whose workers died every time is given up instead of killing the next one."""
    ids = [pk for message in messages for pk in message.ids]
    if not ids:
        return []
    cursor.execute(
        """
        UPDATE bosonline_outboxmessage SET failed_at = clock_timestamp(), claim = NULL, leased_until = NULL,
            last_error = 'its worker died every time' WHERE id = ANY(%s) AND attempts >= %s RETURNING id
        """,
        [ids, outbox.MAX_ATTEMPTS],
    )
    hopeless = {row[0] for row in cursor.fetchall()}
    cursor.execute(
        f"""
        UPDATE bosonline_outboxmessage o
        SET claim = x.claim, leased_until = clock_timestamp() + make_interval(secs => %s)
        FROM unnest(%s::bigint[], %s::uuid[]) AS x(id, claim)
        WHERE o.id = x.id AND {_FREE} RETURNING o.id
        """,  # noqa: S608 - a constant
        [settings.OUTBOX_HAND_SECONDS, ids, [message.claim for message in messages for _pk in message.ids]],
    )
    ours = {row[0] for row in cursor.fetchall()} - hopeless
    for message in messages:
        message.ids = [pk for pk in message.ids if pk in ours]
    return [message for message in messages if message.ids]


def _cut(messages: list[Message], rows: int) -> list[Message]:
    """No more than ``rows`` rows; what is too much is given back."""
    kept, given_back = [], []
    for message in messages:
        take = max(min(rows, len(message.ids)), 0)
        given_back += message.ids[take:]
        message.ids, rows = message.ids[:take], rows - take
        if message.ids:
            kept.append(message)
    if given_back:
        OutboxMessage.objects.filter(pk__in=given_back).update(claim=None, leased_until=None)
    return kept


def give_back(message: Message) -> None:
    """The message could not be sent: its rows are free again."""
    OutboxMessage.objects.filter(pk__in=message.ids, claim=message.claim).update(claim=None, leased_until=None)


class Relay(threading.Thread):
    """Hands over in a worker process, woken by Redis, at the latest every second."""

    def __init__(self) -> None:
        super().__init__(name="outbox-relay", daemon=True)
        self.stopping = threading.Event()
        self.unknown_at = 0.0

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                self._round()
                outbox.wait_for_wake(self.stopping)
            except Exception:
                log.exception("outbox_relay")
                self.stopping.wait(1)
            finally:
                connection.close()
        connection.close()

    def _round(self) -> None:
        unknown = time.monotonic() >= self.unknown_at
        if unknown:
            self.unknown_at = time.monotonic() + UNKNOWN_EVERY
        messages = hand_over(unknown=unknown)
        for at, message in enumerate(messages):
            try:
                send(message)
            except (OperationalError, OSError) as exc:
                log.warning("outbox_not_sent", error=type(exc).__name__)
                self._without_redis(messages[at:])
                return

    def _without_redis(self, messages: list[Message]) -> None:
        """Nobody can be told, so the quick ones are done here, one after the other; the next round tries again."""
        for message in messages:
            if message.lane == "long" or self.stopping.is_set():
                give_back(message)
        for message in messages:
            if message.lane != "long" and not self.stopping.is_set():
                outbox.run(message.ids, message.claim)


def send(message: Message) -> None:
    from bosonline.tasks import outbox_run

    outbox_run.apply_async(
        (message.ids, message.claim),
        queue=message.lane,
        expires=settings.OUTBOX_HAND_SECONDS * 3,  # long handed over anew by then
        retry_policy={"max_retries": 1, "interval_start": 0},
    )


# -- figures -----------------------------------------------------------------------------------------------------------


@dataclass
class Figures:
    """Of one lane: rows that are due, the age of the oldest in seconds, rows that wait after a failure, rows given up."""

    lane: str
    due: int = 0
    oldest_seconds: float = 0.0
    waiting: int = 0
    given_up: int = 0


def figures() -> list[Figures]:
    found = {lane: Figures(lane) for lane in LANES}
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT topic, count(*) FILTER (WHERE due_at <= %(now)s), min(due_at),
                   count(*) FILTER (WHERE due_at > %(now)s AND attempts > 0)
            FROM bosonline_outboxmessage WHERE done_at IS NULL AND failed_at IS NULL GROUP BY topic
            """,
            {"now": now},
        )
        for topic, due, oldest, waiting in cursor.fetchall():
            row = found[outbox.lane_of(topic)]
            row.due += due
            row.waiting += waiting
            row.oldest_seconds = max(row.oldest_seconds, (now - oldest).total_seconds())
        cursor.execute("SELECT topic, count(*) FROM bosonline_outboxmessage WHERE failed_at IS NOT NULL GROUP BY topic")
        for topic, count in cursor.fetchall():
            found[outbox.lane_of(topic)].given_up += count
    return list(found.values())


class LaneCollector(Collector):
    """The figures for Prometheus, read from the database when they are asked for: true for all machines."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        pending = GaugeMetricFamily("bosonline_outbox_pending", "After-commit work that is due", labels=["lane"])
        oldest = GaugeMetricFamily(
            "bosonline_outbox_oldest_seconds", "Age of the oldest row that is due", labels=["lane"]
        )
        waiting = GaugeMetricFamily(
            "bosonline_outbox_waiting", "Work that failed and will be tried again", labels=["lane"]
        )
        failed = GaugeMetricFamily("bosonline_outbox_failed", "After-commit work that was given up", labels=["lane"])
        for row in figures():
            pending.add_metric([row.lane], row.due)
            oldest.add_metric([row.lane], row.oldest_seconds)
            waiting.add_metric([row.lane], row.waiting)
            failed.add_metric([row.lane], row.given_up)
        yield from (pending, oldest, waiting, failed)
