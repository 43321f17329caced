"""Periodic work on orders: thin, idempotent."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import structlog
from celery import shared_task
from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q, Value
from django.utils import timezone

from bosonline.actor import SYSTEM
from bosonline.tenancy import all_stores, store_scope
from orders.models import Order
from orders.money import clocks
from orders.services import callbacks, reading, shipping, trials
from orders.services.status import order_event, order_lock

log = structlog.get_logger("tasks")
ROUND_SECONDS = 600.0  # a round ends well before the next one begins


@shared_task(name="orders.expire_payments")
def expire_payments() -> int:
    return clocks.payments_expire()


@shared_task(name="orders.inquire_payments")
def inquire_payments() -> int:
    return clocks.payments_inquire()


@shared_task(name="orders.poll_silent_parcels")
def poll_silent_parcels() -> int:
    return shipping.parcels_poll()


@shared_task(name="orders.process_callbacks")
def process_callbacks() -> int:
    return callbacks.callbacks_sweep()


@shared_task(name="orders.fold_reading")
def fold_reading() -> int:
    """Tallies and search words of what changed since the last round."""
    return reading.stores_fold()


@shared_task(name="orders.complete_delivered")
def complete_delivered(seconds: float = ROUND_SECONDS) -> int:
    """Delivered and paid for as many days as the store says: completed. Who waits longest comes first; one that cannot be
    completed costs only its own turn."""
    started, done = time.monotonic(), 0
    last = (datetime.min.replace(tzinfo=UTC), 0)
    while time.monotonic() - started < seconds:
        due = _delivered_due(last)
        if not due:
            break
        for store_id, pk, delivered_at in due:
            last = (delivered_at, pk)
            try:
                with store_scope(store_id), transaction.atomic():
                    order_event(order=order_lock(pk), status=Order.Status.COMPLETED, actor=SYSTEM, reason="days_passed")
                done += 1
            except Exception:
                log.exception("order_not_completed", order=pk)
    return done


def _delivered_due(after: tuple[datetime, int], limit: int = 500) -> list[tuple[int, int, datetime]]:
    """Store, order and moment of the next ones behind ``after``, by the rule of each one's store."""
    days = ExpressionWrapper(F("store__complete_after_days") * Value(timedelta(days=1)), output_field=DurationField())
    with all_stores():
        rows = Order.objects.filter(status=Order.Status.DELIVERED, delivered_at__lt=timezone.now() - days).filter(
            Q(delivered_at__gt=after[0]) | Q(delivered_at=after[0], pk__gt=after[1])
        )
        return list(rows.order_by("delivered_at", "pk").values_list("store_id", "pk", "delivered_at")[:limit])


@shared_task(name="orders.remove_trials")
def remove_trials() -> int:
    """Test orders older than a day."""
    return trials.trial_orders_remove()
