"""Test orders go after a day (product.md §6): they never touched stock, vouchers, money or statistics."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone

from bosonline.tenancy import all_stores
from orders.models import Customer, Order

log = structlog.get_logger("trials")

KEEP = timedelta(hours=24)


def trial_orders_remove(limit: int = 500) -> int:
    """Remove test orders older than a day, and customers that only they had made. Returns how many orders went. One that
    cannot go costs only its own turn."""
    removed, last = 0, 0
    while True:
        with all_stores():
            old = Order.objects.filter(is_test=True, created_at__lt=timezone.now() - KEEP, pk__gt=last)
            ids = list(old.order_by("pk").values_list("pk", flat=True)[:limit])
        if not ids:
            return removed
        last = ids[-1]
        try:
            removed += _remove(ids)
        except DatabaseError:
            for pk in ids:
                try:
                    removed += _remove([pk])
                except DatabaseError:
                    log.exception("trial_order_stays", order=pk)


@transaction.atomic
def _remove(ids: list[int]) -> int:
    with all_stores():
        rows = Order.objects.select_for_update(skip_locked=True).filter(pk__in=ids, is_test=True)
        found = list(rows.values_list("pk", "customer_id"))
        Order.objects.filter(pk__in=[pk for pk, _customer in found]).delete()
        customers = Customer.objects.filter(pk__in={customer for _pk, customer in found}, orders_count=0)
        customers.filter(orders__isnull=True).delete()
        return len(found)
