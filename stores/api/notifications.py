"""What the platform and the store tell a person: bell, preferences, announcements, tips."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline.api.lists import parse_int
from bosonline.api.views import ApiView
from bosonline.moments import iso_in
from stores import queries
from stores.api import serializers as s
from stores.models import Announcement, NotificationState
from stores.notices import GROUPS
from stores.services import bell
from stores.services import notifications as told


class NotificationsView(ApiView):
    """The bell: latest lines and the unread count. PATCH marks read: all up to ``last_id``, all, or ``only`` one."""

    group = "store"

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        limit = parse_int(request.query_params, "limit", 20, minimum=1, maximum=100)
        rows, unread = queries.notifications_of(self.member, limit)
        data = [
            {
                "id": r.pk, "kind": r.kind, "title": r.told.title, "body": r.told.body,
                "url": r.told.url,
                "created_at": iso_in(r.created_at, self.member.store.time_zone), "read": not r.is_unread,
            }
            for r in rows
        ]  # fmt: skip
        return Response({"data": data, "total": len(data), "unread": unread})

    @extend_schema(request=s.ReadIn, responses={200: dict})
    def patch(self, request: Request) -> Response:
        data = self.parse(s.ReadIn)
        bell.notifications_mark_read(user_id=self.member.user.pk, store=self.member.store, **data)
        return Response({"message": _("Marked as read")})


class PreferencesView(ApiView):
    """What one wants to hear of in this store, and whether a digest is mailed every morning."""

    group = "store"

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        return Response(
            {"data": _preferences(told.preferences_of(user_id=self.member.user.pk, store=self.member.store))}
        )

    @extend_schema(request=s.PreferencesIn(partial=True), responses={200: dict})
    def put(self, request: Request) -> Response:
        data = self.parse(s.PreferencesIn, partial=True)
        row = told.preferences_set(user_id=self.member.user.pk, store=self.member.store, **data)
        return Response({"data": _preferences(row)})


def _preferences(row: NotificationState) -> dict[str, Any]:
    groups = [{"key": key, "name": str(label), "muted": key in row.muted} for key, label in GROUPS.items()]
    return {"groups": groups, "muted": row.muted, "digest": row.digest}


class AnnouncementsView(ApiView):
    """Words of the platform for this store, newest first."""

    group = "store"
    kind = Announcement.Kind.ANNOUNCEMENT

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        rows = told.announcements_for(store=self.member.store, user_id=self.member.user.pk, kind=self.kind)
        language = get_language() or "id"
        data = []
        for row in rows[:50]:
            title, body = told.announcement_text(row, language)
            ends = iso_in(row.ends_at, self.member.store.time_zone)
            data.append(
                {
                    "id": row.pk,
                    "title": title,
                    "body": body,
                    "url": row.url,
                    "starts_at": iso_in(row.starts_at, self.member.store.time_zone),
                    "ends_at": ends,
                }
            )
        return Response({"data": data, "total": len(data)})


class TipsView(AnnouncementsView):
    """Hints that fit where the store stands."""

    kind = Announcement.Kind.TIP


class DismissView(ApiView):
    """Close an announcement or tip for oneself."""

    group = "store"

    @extend_schema(request=None, responses={200: dict})
    def post(self, request: Request, pk: int) -> Response:
        told.announcement_dismiss(store=self.member.store, user_id=self.member.user.pk, announcement_id=pk)
        return Response({"message": _("Closed")})
