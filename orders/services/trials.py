"""Test orders go after a day (product.md §6): they never touched stock, vouchers, money or statistics."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from bosonline.tenancy import all_stores
from orders.models import Customer, Order

KEEP = timedelta(hours=24)


def trial_orders_remove(limit: int = 500) -> int:
    """Remove test orders older than a day, and customers that only they had made. Returns how many orders went."""
    with all_stores(), transaction.atomic():
        rows = Order.objects.select_for_update(skip_locked=True).filter(
            is_test=True, created_at__lt=timezone.now() - KEEP
        )
        found = list(rows.order_by("id").values_list("pk", "customer_id")[:limit])
        Order.objects.filter(pk__in=[pk for pk, _customer in found]).delete()
        Customer.objects.filter(
            pk__in={customer for _pk, customer in found}, orders_count=0, orders__isnull=True
        ).delete()
        return len(found)
