"""Writing a line into the bell."""

from __future__ import annotations

from stores.models import Notification


def notify(
    *, store_id: int, kind: str, title: str, body: str = "", url: str = "", user_id: int | None = None
) -> Notification:
    """A line in the bell of one user, or of everyone in the store."""
    return Notification.objects.create(
        store_id=store_id, user_id=user_id, kind=kind, title=title[:120], body=body[:300], url=url
    )
