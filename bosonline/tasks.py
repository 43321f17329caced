"""Work of the kernel: the rows of the outbox, and what is done from time to time."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from bosonline import jobs, outbox
from bosonline.models import IdempotencyRecord, OutboxMessage


@shared_task(name="bosonline.outbox_run", acks_late=False)
def outbox_run(ids: list[int], claim: str) -> None:
    """A message of a lane. Taken from the queue at once: the row says what is left to do, not the queue."""
    if outbox.run(ids, claim):
        outbox.wake()  # there is room in the lane


@shared_task(name="bosonline.housekeeping")
def housekeeping() -> None:
    """Idempotency answers live 24 hours (``api.md``); done outbox rows are of no use after a week."""
    now = timezone.now()
    IdempotencyRecord.objects.filter(created_at__lt=now - timedelta(hours=24)).delete()
    OutboxMessage.objects.filter(done_at__lt=now - timedelta(days=7)).delete()
    jobs.jobs_sweep()
