"""The kernel's tables: after-commit work, background jobs, idempotency, the audit timeline."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from bosonline.tenancy import StoreOwned


class OutboxMessage(models.Model):
    """Work to do after a commit. Written in the business transaction, run by the worker, retried with backoff.

    ``dedup_key`` makes "once" a constraint: a second row with the same key is refused by the database.
    """

    topic = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    dedup_key = models.CharField(max_length=120, null=True, unique=True)
    attempts = models.PositiveSmallIntegerField(db_default=0, default=0)
    due_at = models.DateTimeField(db_default=Now())
    # whose it is until when: first the message's that carries it to a worker, then the worker's (bosonline.outbox)
    claim = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    last_error = models.TextField(db_default="", default="")

    class Meta:
        indexes = [
            models.Index(
                fields=["topic", "due_at", "id"],
                name="outbox_due",
                condition=Q(done_at__isnull=True, failed_at__isnull=True),
            ),
            models.Index(
                fields=["leased_until"],
                name="outbox_leased",
                condition=Q(done_at__isnull=True, failed_at__isnull=True, leased_until__isnull=False),
            ),
            models.Index(fields=["topic"], name="outbox_given_up", condition=Q(failed_at__isnull=False)),
        ]


class BackgroundJob(StoreOwned):
    """Long work with progress, an owner and perhaps a file (exports, batch prints, imports)."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    kind = models.CharField(max_length=60)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    params = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    file = models.CharField(max_length=300, blank=True, default="")
    filename = models.CharField(max_length=200, blank=True, default="")
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["store", "user", "-id"], name="job_owner")]

    @property
    def progress(self) -> int:
        """Per cent, 0–100."""
        if self.status == self.Status.DONE:
            return 100
        return min(99, self.rows_done * 100 // self.rows_total) if self.rows_total else 0


class IdempotencyRecord(models.Model):
    """A stored answer per ``Idempotency-Key`` (``api.md``), kept 24 hours. ``scope`` names the caller."""

    scope = models.CharField(max_length=60)
    key = models.CharField(max_length=100)
    body_hash = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    order_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="idempotency_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]


class TimelineEntry(StoreOwned):
    """Who did what to which row, when (product.md §7). Append-only: a trigger refuses change and removal."""

    subject = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    actor_label = models.CharField(max_length=80, db_default="", default="")
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["store", "subject", "subject_id", "-id"], name="timeline_subject")]
