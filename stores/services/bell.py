"""Writing a line into the bell: its kind and its facts (``stores.notices``)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from stores.models import Notification, NotificationState, Store
from stores.notices import NOTICES

# lines read one by one before "all read" is pressed; with more the oldest are taken for read
READ_ONE_BY_ONE = 300


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the bell. ``facts`` are what its kind's words are made of."""

    kind: str
    facts: dict[str, Any] = field(default_factory=dict)
    order_id: int | None = None


def notify(
    *, store_id: int, kind: str, facts: dict[str, Any], user_id: int | None = None, order_id: int | None = None
) -> None:
    """A line in the bell of one user, or of everyone in the store who may see what it is about (the kind's right, and
    the order with ``order_id``)."""
    notify_many(store_id=store_id, lines=[Line(kind, facts, order_id)], user_id=user_id)


def notify_many(*, store_id: int, lines: Iterable[Line], user_id: int | None = None) -> None:
    """Several lines in one statement."""
    rows = []
    for line in lines:
        told = NOTICES[line.kind]  # unknown kinds and missing facts fail here, not in the reader's bell
        told.title(line.facts), told.body(line.facts), told.url(line.facts)
        rows.append(
            Notification(
                store_id=store_id, user_id=user_id, kind=line.kind, facts=line.facts, order_id=line.order_id
            )
        )  # fmt: skip
    Notification.objects.bulk_create(rows)


@transaction.atomic
def notifications_mark_read(*, user_id: int, store: Store, last_id: int | None = None, only: int | None = None) -> None:
    """``only``: this one line. Otherwise everything up to ``last_id`` (the newest when None); never goes backwards."""
    row, _made = NotificationState.objects.select_for_update().get_or_create(user_id=user_id, store=store)
    if only is not None:
        ids = sorted({*row.read_ids, only} if only > row.last_id else row.read_ids)
        if len(ids) > READ_ONE_BY_ONE:
            row.last_id, ids = ids[0], ids[1:]
        row.read_ids = ids
    else:
        newest = last_id or Notification.objects.order_by("-id").values_list("id", flat=True).first() or 0
        row.last_id = max(row.last_id, newest)
        row.read_ids = [pk for pk in row.read_ids if pk > row.last_id]
    row.save(update_fields=["last_id", "read_ids"])
