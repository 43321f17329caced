"""Periodic work about people."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from sellers.models import EmailToken, LoginAttempt, LoginSession
from sellers.services import deletion, digests, sessions

KEEP_HISTORY = timedelta(days=180)


@shared_task(name="sellers.tell_new_devices")
def tell_new_devices() -> int:
    return sessions.new_devices_tell()


@shared_task(name="sellers.send_digests")
def send_digests() -> int:
    return digests.digests_enqueue()


@shared_task(name="sellers.erase_accounts")
def erase_accounts() -> int:
    """Accounts whose 30 days are over (product.md §14)."""
    return deletion.accounts_erase_due()


@shared_task(name="sellers.forget_history")
def forget_history() -> None:
    """Log-in history is kept half a year; links that cannot work any more a month."""
    old = timezone.now() - KEEP_HISTORY
    LoginAttempt.objects.filter(created_at__lt=old).delete()
    LoginSession.objects.filter(ended_at__lt=old).delete()
    LoginSession.objects.filter(ended_at__isnull=True, expires_at__lt=old).delete()
    EmailToken.objects.filter(expires_at__lt=timezone.now() - timedelta(days=30)).delete()
