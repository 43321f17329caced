"""The end of an account (product.md §14): asked with the password, 30 days to take it back, then erased for good."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from bosonline import changes, outbox, timeline
from bosonline.tenancy import all_stores, store_scope
from sellers import ports
from sellers.models import EmailToken, Invitation, LoginAttempt, LoginSession, Membership, RecoveryCode, TwoFactor, User
from sellers.services import sessions
from stores.models import AnnouncementDismissal, BankAccount, Domain, Notification, NotificationState, Store, Warehouse
from stores.queries import refresh_host

log = structlog.get_logger("deletion")


def erase_at(user: User) -> datetime | None:
    """When the account is erased, or None."""
    if user.deletion_requested_at is None:
        return None
    return user.deletion_requested_at + timedelta(days=settings.ACCOUNT_DELETION_DAYS)


def stores_that_close(user: User) -> list[Store]:
    """Stores that would be closed with this person: those without another owner."""
    with all_stores():
        own = Membership.objects.filter(user=user, removed_at__isnull=True, role__preset="owner").values("store_id")
        shared = (
            Membership.objects.filter(
                store_id__in=own, removed_at__isnull=True, is_active=True, role__preset="owner",
                user__deletion_requested_at__isnull=True,
            )
            .exclude(user=user)
            .values("store_id")
        )  # fmt: skip
        return list(Store.objects.filter(pk__in=own).exclude(pk__in=shared).order_by("id"))


@transaction.atomic
def deletion_request(*, user: User, password: str, session_id: int | None) -> datetime:
    """Ask for the end. Other sessions end now; nothing is erased before the returned moment. Asking twice changes nothing."""
    sessions.password_check(user=user, password=password)
    now = timezone.now()
    if User.objects.filter(pk=user.pk, deletion_requested_at__isnull=True).update(deletion_requested_at=now):
        user.deletion_requested_at = now
        outbox.enqueue("mail.security", {"user_id": user.pk, "what": "deletion_requested"})
        sessions.sessions_end_others(user_id=user.pk, keep_id=session_id, reason="deletion_requested")
    else:
        user.refresh_from_db(fields=["deletion_requested_at"])
    moment = erase_at(user)
    assert moment is not None
    return moment


@transaction.atomic
def deletion_cancel(*, user: User) -> bool:
    """Take it back while the account is still there. Whether there was something to take back."""
    changed = User.objects.filter(pk=user.pk, deletion_requested_at__isnull=False, erased_at__isnull=True).update(
        deletion_requested_at=None
    )
    user.deletion_requested_at = None
    if changed:
        outbox.enqueue("mail.security", {"user_id": user.pk, "what": "deletion_cancelled"})
    return bool(changed)


def accounts_erase_due() -> int:
    """Erase what is due, one account per transaction: a failing one does not hold the others up."""
    limit = timezone.now() - timedelta(days=settings.ACCOUNT_DELETION_DAYS)
    due = User.objects.filter(deletion_requested_at__lte=limit, erased_at__isnull=True).values_list("pk", flat=True)
    erased = 0
    for user_id in list(due.order_by("deletion_requested_at", "pk")):
        try:
            erased += account_erase(user_id=user_id, not_after=limit)
        except Exception:
            log.exception("account_erase_failed", user=user_id)
    return erased


@transaction.atomic
def account_erase(*, user_id: int, not_after: datetime) -> int:
    """Erase a person whose request is older than ``not_after``: 1, or 0 when it was taken back meanwhile."""
    user = User.objects.select_for_update().filter(pk=user_id, erased_at__isnull=True).first()
    if user is None or user.deletion_requested_at is None or user.deletion_requested_at > not_after:
        return 0
    for store in stores_that_close(user):
        _store_close(store)
    with all_stores():
        Membership.objects.filter(user=user, removed_at__isnull=True).update(removed_at=timezone.now(), is_active=False)
        invited = list(Invitation.objects.filter(email=user.email).values_list("pk", flat=True))
        timeline.forget(subject="invitation", ids=invited)
        Invitation.objects.filter(pk__in=invited).update(
            email=f"erased-{user.pk}@erased.invalid", name="", phone="", withdrawn_at=timezone.now(), digest=None
        )
        NotificationState.objects.filter(user=user).delete()
    for model in (TwoFactor, RecoveryCode, EmailToken, AnnouncementDismissal):
        model.objects.filter(user=user).delete()
    LoginSession.objects.filter(user=user).delete()
    LoginAttempt.objects.filter(user=user).delete()
    LoginAttempt.objects.filter(identifier__in=[user.email, user.phone or user.email]).delete()
    _person_erase(user)
    return 1


def _person_erase(user: User) -> None:
    values: dict[str, Any] = {
        "name": "Pengguna dihapus", "email": f"erased-{user.pk}@erased.invalid", "phone": None, "pending_email": "",
        "password": make_password(None), "is_active": False, "erased_at": timezone.now(), "email_confirmed_at": None,
        "managed_by": None,
    }  # fmt: skip
    User.objects.filter(pk=user.pk).update(**values)
    with all_stores():
        places = list(Membership.objects.filter(user=user).values_list("pk", flat=True))
    timeline.forget(subject="staff", ids=places)  # lines that name the person in words


def _store_close(store: Store) -> None:
    """Close a store for good and anonymise its rows; amounts and counts stay."""
    with store_scope(store):
        hosts = [f"{store.subdomain}.{settings.BASE_DOMAIN}"] if store.subdomain else []
        hosts += Domain.objects.values_list("hostname", flat=True)
        ports.erase_store(store.pk)
        for membership in Membership.objects.filter(removed_at__isnull=True):
            sessions.sessions_end_in_store(user_ids=[membership.user_id], store_id=store.pk, reason="store_closed")
        Membership.objects.filter(removed_at__isnull=True).update(removed_at=timezone.now(), is_active=False)
        Invitation.objects.update(
            email="erased@erased.invalid", name="", phone="", digest=None, withdrawn_at=timezone.now()
        )
        Domain.objects.all().delete()
        BankAccount.objects.update(
            holder="–", number="000000", is_active=False, is_default=False, deleted_at=timezone.now()
        )
        Warehouse.objects.update(
            contact_name="–", phone="", address="–", is_active=False, is_default=False, deleted_at=timezone.now()
        )
        Notification.objects.all().delete()
        timeline.forget_store(store_id=store.pk)
    Store.objects.filter(pk=store.pk).update(
        name=f"Toko dihapus {store.pk}", whatsapp="", email="", address="", logo="", invoice_note="", subdomain=None,
        is_active=False,
    )  # fmt: skip
    changes.announce("store", store.pk, [store.pk])
    for host in hosts:
        transaction.on_commit(partial(refresh_host, host))
