"""The audit timeline: who changed what, when, from which value to which (product.md §7)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connection, transaction

from bosonline.actor import Actor
from bosonline.models import TimelineEntry


def record(
    *,
    store_id: int,
    subject: str,
    subject_id: int,
    kind: str,
    actor: Actor,
    data: dict[str, Any] | None = None,
) -> None:
    """Append a line in the name of ``actor``."""
    TimelineEntry.objects.create(
        store_id=store_id,
        subject=subject,
        subject_id=subject_id,
        kind=kind,
        actor_id=actor.user_id,
        actor_label=actor.label,
        data=data or {},
    )


# The append-only trigger lets these through inside a transaction that says so: personal data must go when people ask.
_ALLOW = "SELECT set_config('bosonline.erasing', 'on', true)"
_FORBID = "SELECT set_config('bosonline.erasing', 'off', true)"


@transaction.atomic
def forget(*, subject: str, ids: Collection[int]) -> None:
    """Empty the details of lines that name a person; that something happened, when and to what stays."""
    _erase(
        "UPDATE bosonline_timelineentry SET data = '{}' WHERE subject = %s AND subject_id = ANY(%s)",
        [subject, list(ids)],
    )


@transaction.atomic
def forget_store(*, store_id: int) -> None:
    """The same for all lines of a store; changes from one state to another keep the two states."""
    _erase(
        """UPDATE bosonline_timelineentry SET data = CASE
             WHEN jsonb_typeof(data -> 'before') = 'string' AND jsonb_typeof(data -> 'after') = 'string'
             THEN jsonb_build_object('before', data -> 'before', 'after', data -> 'after') ELSE '{}' END
           WHERE store_id = %s""",
        [store_id],
    )


def _erase(sql: str, params: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ALLOW)
        cursor.execute(sql, params)
        cursor.execute(_FORBID)
