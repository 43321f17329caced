"""The daily digest of a store's bell by e-mail: optional, per person and store."""

from __future__ import annotations

import zoneinfo
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from bosonline import mail, outbox
from bosonline.actor import Actor
from bosonline.hosts import platform_url
from bosonline.outbox import handler
from bosonline.tenancy import store_scope
from sellers.models import Membership
from stores.models import Notification, NotificationState
from stores.notices import audible, not_muted, told

DIGEST_HOUR = 7


def digests_enqueue(now: datetime | None = None) -> int:
    """Once a day per person and store, at seven in the store's zone; run every half hour. How many were enqueued."""
    now = now or timezone.now()
    count = 0
    for row in NotificationState.objects.filter(digest=True, store__is_active=True).select_related("store"):
        local = now.astimezone(zoneinfo.ZoneInfo(row.store.time_zone))
        if local.hour < DIGEST_HOUR or row.digest_sent_on == local.date():
            continue
        with transaction.atomic():
            mine = NotificationState.objects.filter(pk=row.pk).filter(
                Q(digest_sent_on__isnull=True) | Q(digest_sent_on__lt=local.date())
            )
            if mine.update(digest_sent_on=local.date()):
                outbox.enqueue("mail.digest", {"state_id": row.pk, "day": local.date().isoformat()})
                count += 1
    return count


@handler("mail.digest", lane="tell", limit=mail.LIMIT)
def digest_send(payload: dict[str, Any]) -> None:
    """The lines of the bell since yesterday. Nothing new: no mail. A place that is gone: no mail."""
    row = NotificationState.objects.select_related("user", "store").filter(pk=payload["state_id"], digest=True).first()
    if row is None or not row.user.is_active:
        return
    since = timezone.now() - timedelta(days=1)
    with store_scope(row.store):
        place = (
            Membership.objects.select_related("role")
            .filter(user_id=row.user_id, is_active=True, removed_at__isnull=True)
            .first()
        )
        if place is None:
            return
        actor = Actor(row.user, None, place, row.store, place.role.granted)
        rows = Notification.objects.filter(audible(actor), created_at__gte=since)
        lines = list(rows.filter(not_muted(row.muted)).order_by("-id")[:30])
    if not lines:
        return
    with translation.override(row.user.language):
        mail.send(
            row.user.email,
            mail.Letter(
                _("%(store)s: %(count)s news since yesterday") % {"store": row.store.name, "count": len(lines)},
                [
                    _("Hello %(name)s,") % {"name": row.user.name},
                    *[f"{n.title} – {n.body}".rstrip(" –") for n in map(told, lines)],
                ],
                (_("Open the dashboard"), platform_url("/beranda")),
                foot=_("You can switch this letter off under Settings, Notifications."),
            ),
        )
