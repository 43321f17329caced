from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from bosonline.tenancy import StoreOwned
from orders.models.orders import Order
from sellers.models import Membership
from stores.models import BankAccount


class Payment(StoreOwned):
    """One way the order's money may come: a transfer, a VA, a QR, or cash at the door. At most one is open."""

    class Status(models.TextChoices):
        CREATING = "creating"  # the gateway has not answered yet
        PENDING = "pending"
        PAID = "paid"
        PARTIAL = "partial"
        CONFLICT = "conflict"
        EXPIRED = "expired"
        FAILED = "failed"
        CANCELLED = "cancelled"

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="payments")
    method = models.CharField(max_length=15, choices=Order.Method.choices)
    channel = models.CharField(max_length=20, blank=True, default="")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    amount = models.BigIntegerField()
    paid_amount = models.BigIntegerField(default=0)
    # 1–999 on top of the bill; set to NULL when paid or expired so that the number is free again
    unique_code = models.PositiveSmallIntegerField(null=True)
    # our reference at the gateway (trxId / partnerReferenceNo): the idempotency key of the outside call
    reference = models.CharField(max_length=50, null=True, unique=True)
    contract_id = models.CharField(max_length=80, blank=True, default="")
    va_number = models.CharField(max_length=30, blank=True, default="")
    qr_content = models.TextField(blank=True, default="")
    error = models.CharField(max_length=200, blank=True, default="")
    expires_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    bank_account = models.ForeignKey(
        BankAccount, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    proof = models.CharField(max_length=200, blank=True, default="")
    proof_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    # the gateway's own id of the money received: the same money can never count twice
    gateway_payment_id = models.CharField(max_length=100, null=True, unique=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            # two open transfers of one store never wait for the same amount, so that a transfer names its order
            models.UniqueConstraint(
                fields=["store", "amount"],
                name="payment_unique_amount",
                condition=Q(unique_code__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["order"],
                name="payment_one_open",
                condition=Q(status__in=["creating", "pending", "partial", "conflict"]),
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="payment_amount"),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], name="payment_expiring", condition=Q(status__in=["creating", "pending"])
            )
        ]


class GatewayCallback(models.Model):
    """Every message an outside service sent us, kept whether or not we knew what to do with it."""

    service = models.CharField(max_length=12)
    event_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=30)
    body = models.JSONField()
    received_at = models.DateTimeField(db_default=Now())
    processed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, db_default="", default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "event_id"], name="callback_once")]
        indexes = [models.Index(fields=["id"], name="callback_pending", condition=Q(processed_at__isnull=True))]
