"""Periodic work on orders: thin, idempotent."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from bosonline.tenancy import all_stores, store_scope
from orders.models import Order
from orders.money import clocks
from orders.services import callbacks, shipping, trials
from orders.services.actors import SYSTEM
from orders.services.status import order_event, order_lock


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


@shared_task(name="orders.complete_delivered")
def complete_delivered(limit: int = 500) -> int:
    """Delivered and paid for as many days as the store says: completed."""
    now = timezone.now()
    with all_stores():
        rows = Order.objects.filter(status=Order.Status.DELIVERED, delivered_at__lt=now - timedelta(days=1))
        due = [
            (store_id, pk)
            for store_id, pk, at, days in rows.values_list(
                "store_id", "pk", "delivered_at", "store__complete_after_days"
            )[:limit]
            if at < now - timedelta(days=days)
        ]
    for store_id, pk in due:
        with store_scope(store_id), transaction.atomic():
            order_event(order=order_lock(pk), status=Order.Status.COMPLETED, actor=SYSTEM, reason="days_passed")
    return len(due)


@shared_task(name="orders.remove_trials")
def remove_trials() -> int:
    """Test orders older than a day."""
    return trials.trial_orders_remove()
