"""Writing a line into the bell."""

from __future__ import annotations

from stores.models import Notification


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
