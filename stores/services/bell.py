"""Writing a line into the bell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stores.models import Notification


@dataclass(frozen=True, slots=True)
class Line:
    """What a line of the bell says, and where it leads."""

    kind: str
    title: str
    body: str = ""
    url: str = ""
    order_id: int | None = None


def notify(
    *,
    store_id: int,
    kind: str,
    title: str,
    body: str = "",
    url: str = "",
    user_id: int | None = None,
    order_id: int | None = None,
) -> Notification:
    """A line in the bell of one user, or of everyone in the store who may see what it is about
    (``stores.notifications.RIGHTS``, and the order with ``order_id``)."""
    return Notification.objects.create(
        store_id=store_id, user_id=user_id, kind=kind, title=title[:120], body=body[:300], url=url, order_id=order_id
    )


def notify_many(*, store_id: int, lines: Iterable[Line], user_id: int | None = None) -> None:
    """Several lines in one statement."""
    Notification.objects.bulk_create(
        [
            Notification(
                store_id=store_id, user_id=user_id, kind=line.kind, title=line.title[:120], body=line.body[:300],
                url=line.url, order_id=line.order_id,
            )
            for line in lines
        ]
    )  # fmt: skip
