from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from bosonline.tenancy import StoreOwned


class Customer(StoreOwned):
    """Pelanggan: per store, one per phone. Counters are kept by the services that move orders."""

    phone = models.CharField(max_length=16)
    name = models.CharField(max_length=80)
    email = models.EmailField(blank=True, default="")
    orders_count = models.PositiveIntegerField(default=0)
    delivered_count = models.PositiveIntegerField(default=0)
    returned_count = models.PositiveIntegerField(default=0)
    spent = models.PositiveBigIntegerField(default=0)
    tags = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    is_blacklisted = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    last_order_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "phone"], name="customer_once"),
            models.CheckConstraint(condition=Q(phone__regex=r"^\+\d{8,15}$"), name="customer_phone_e164"),
        ]
        # risk looks at a phone's history across stores (product.md §10)
        indexes = [models.Index(fields=["phone"], name="customer_phone")]
