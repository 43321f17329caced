"""What people hear: the bell's preferences, announcements and tips."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline.errors import NotFound, ValidationFailed
from bosonline.outbox import handler
from bosonline.tenancy import store_scope
from stores.models import Announcement, AnnouncementDismissal, Notification, NotificationState, Store
from stores.notices import GROUPS
from stores.services.bell import notify


def preferences_of(*, user_id: int, store: Store) -> NotificationState:
    """The person's choices in this store; not saved when they never chose."""
    found = NotificationState.objects.filter(user_id=user_id, store=store).first()
    return found or NotificationState(user_id=user_id, store=store)


@transaction.atomic
def preferences_set(
    *, user_id: int, store: Store, muted: list[str] | None = None, digest: bool | None = None
) -> NotificationState:
    """Mute groups (``stores.notices.GROUPS``) and switch the digest. Raises at ``muted``."""
    unknown = set(muted or []) - set(GROUPS)
    if unknown:
        raise ValidationFailed.field("muted", _("Unknown group: %(name)s") % {"name": sorted(unknown)[0]})
    row, _made = NotificationState.objects.get_or_create(user_id=user_id, store=store)
    if muted is not None:
        row.muted = [group for group in GROUPS if group in muted]
    if digest is not None:
        row.digest = digest
    row.save(update_fields=["muted", "digest"])
    return row


@handler("job.finished", lane="tell")
def job_finished(payload: dict[str, Any]) -> None:
    """Long work ended: tell the person who started it."""
    with store_scope(payload["store_id"]):
        known = Notification.objects.filter(kind__startswith="job.", user_id=payload["user_id"])
        if known.filter(facts__job_id=payload["job_id"]).exists():
            return
        notify(
            store_id=payload["store_id"], user_id=payload["user_id"],
            kind="job.failed" if payload["status"] == "failed" else "job.done",
            facts={"job_id": payload["job_id"], "filename": payload["filename"]},
        )  # fmt: skip


# -- announcements and tips -------------------------------------------------------------------------------------------


def announcements_for(*, store: Store, user_id: int, kind: str, now: datetime | None = None) -> QuerySet[Announcement]:
    """What this person sees in this store now: by segment and date, without what they closed, newest first."""
    now = now or timezone.now()
    segments = Q(segment="all") | Q(segment="selling" if store.onboarded_at else "starting")
    if store.marking:
        segments |= Q(segment="marked", marking=store.marking)
    closed = AnnouncementDismissal.objects.filter(user_id=user_id, announcement_id=OuterRef("pk"))
    return (
        Announcement.objects.filter(segments, kind=kind, is_active=True, starts_at__lte=now)
        .filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now))
        .filter(~Exists(closed))
        .order_by("-starts_at", "-id")
    )


def announcement_text(row: Announcement, language: str) -> tuple[str, str]:
    """Title and body in the reader's language; Indonesian when there is no English text."""
    if language == "en":
        return row.title_en or row.title_id, row.body_en or row.body_id
    return row.title_id, row.body_id


def announcement_dismiss(*, store: Store, user_id: int, announcement_id: int) -> None:
    """Close it for this person. Closing twice changes nothing; one that they cannot see is 404."""
    row = Announcement.objects.filter(pk=announcement_id, is_active=True).first()
    if row is None or (row.segment == "marked" and row.marking != store.marking):
        raise NotFound()
    AnnouncementDismissal.objects.get_or_create(user_id=user_id, announcement=row)
