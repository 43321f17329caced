"""Periodic work of the kernel."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from bosonline import jobs, outbox
from bosonline.models import IdempotencyRecord, OutboxMessage


@shared_task(name="bosonline.drain_outbox")
def drain_outbox() -> int:
    return outbox.drain()


@shared_task(name="bosonline.housekeeping")
def housekeeping() -> None:
    """Idempotency answers live 24 hours (``api.md``); done outbox rows are of no use after a week."""
    now = timezone.now()
    IdempotencyRecord.objects.filter(created_at__lt=now - timedelta(hours=24)).delete()
    OutboxMessage.objects.filter(done_at__lt=now - timedelta(days=7)).delete()
    jobs.jobs_sweep()
