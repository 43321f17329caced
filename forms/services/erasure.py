"""What forms know of buyers, removed when a store's last owner is erased."""

from __future__ import annotations

from django.utils import timezone

from forms.models import AbandonedCheckout, BlockEntry, ConversionEvent, OrderForm, PixelToken, RestockWish


def store_erase(store_id: int) -> None:
    """Close the store's forms and forget who began to order. Inside the caller's transaction and the store's scope."""
    AbandonedCheckout.objects.all().delete()
    RestockWish.objects.all().delete()
    # hashed phones, addresses of connections, credentials
    for rows in (ConversionEvent, BlockEntry, PixelToken):
        rows.objects.all().delete()
    OrderForm.objects.filter(deleted_at__isnull=True).update(status="closed", deleted_at=timezone.now())
