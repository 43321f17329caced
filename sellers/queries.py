"""Reads about people and their places."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from bosonline.tenancy import all_stores
from sellers.models import LoginSession, Membership
from sellers.rights import Member


def member_of_session(session_id: int, kind: str) -> Member | None:
    """The person behind a live session, with role and store: two queries. None when ended, expired or removed."""
    session = (
        LoginSession.objects.select_related("user")
        .filter(pk=session_id, kind=kind, ended_at__isnull=True, expires_at__gt=timezone.now())
        .first()
    )
    if session is None or not session.user.is_active:
        return None
    with all_stores():
        membership = (
            Membership.objects.select_related("role", "store")
            .filter(user_id=session.user.pk, store_id=session.store_id, is_active=True, removed_at__isnull=True)
            .first()
        )
    if membership is None:
        if session.user.internal_role:
            return Member(session.user, session, None, None)
        return None
    membership.user = session.user
    return Member(session.user, session, membership, membership.store, frozenset(membership.role.rights))


def stores_of(user_id: int, current_id: int | None) -> list[dict[str, Any]]:
    """The store switcher's rows."""
    with all_stores():
        rows = Membership.objects.filter(user_id=user_id, is_active=True, removed_at__isnull=True).order_by("id")
        return [
            {"id": store_id, "name": name, "current": store_id == current_id}
            for store_id, name in rows.values_list("store_id", "store__name")
        ]
