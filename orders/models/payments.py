from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from bosonline.tenancy import StoreOwned
from orders.models.orders import Order
from sellers.models import Membership
from stores.models import BankAccount


class Payment(StoreOwned):
    """One way the order's money may come: a transfer, a VA, a QR, or cash at the door. At most one is open.

    What came is told by :class:`Receipt`; ``status`` and ``paid_amount`` follow from those of this way.
    """

    class Status(models.TextChoices):
        CREATING = "creating"  # the gateway has not answered yet
        PENDING = "pending"
        PAID = "paid"
        PARTIAL = "partial"
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
    # QRIS whose content the gateway did not tell: the picture's address instead
    qr_url = models.URLField(max_length=500, blank=True, null=True)
    # a way that is no longer wanted is closed at the gateway: asked for, done, and why not yet
    close_wanted_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    close_error = models.CharField(max_length=200, blank=True, null=True)
    # when the gateway is to be asked next whether money came; NULL = never asked
    next_ask_at = models.DateTimeField(null=True)
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
                condition=Q(status__in=["creating", "pending", "partial"]),
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="payment_amount"),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                name="payment_due",
                condition=Q(status__in=["creating", "pending", "failed"]),
            ),
            models.Index(
                fields=["next_ask_at"],
                name="payment_to_ask",
                condition=Q(
                    method__in=["va", "qris"], closed_at__isnull=True, status__in=["pending", "cancelled", "expired"]
                ),
            ),
        ]


class Receipt(StoreOwned):
    """One movement of money that belongs to an order, with an identity of its own (product.md §8).

    ``amount`` in rupiah: positive came in, negative left again. A row is never changed or removed; a person's mistake
    is taken back, which leaves it visible and out of every sum. ``Order.paid_amount`` is the sum of the live ones.
    """

    class Kind(models.TextChoices):
        GATEWAY = "gateway", _("Winpay")
        TRANSFER = "transfer", _("Bank transfer")
        CASH = "cash", _("Cash at the door (COD)")
        REFUND = "refund", _("Given back")
        CREDIT = "credit", _("Customer's credit")
        CORRECTION = "correction", _("Difference waived")

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="receipts")
    payment = models.ForeignKey(Payment, null=True, on_delete=models.SET_NULL, related_name="receipts")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    amount = models.BigIntegerField()
    # whose word it is ("winpay", "person", "courier") and that source's own id of this money, unique there
    source = models.CharField(max_length=12)
    source_id = models.CharField(max_length=120, null=True)
    # the bank's or issuer's number, which an inquiry knows though it does not know the callback's id
    reference_no = models.CharField(max_length=80, blank=True, default="")
    received_at = models.DateTimeField()
    bank_account = models.ForeignKey(
        BankAccount, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    note = models.CharField(max_length=200, blank=True, default="")
    recorded_by = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now())
    taken_back_at = models.DateTimeField(null=True)
    taken_back_by = models.ForeignKey(
        Membership, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    taken_back_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            # the same money counts once, however often it is told
            models.UniqueConstraint(fields=["source", "source_id"], name="receipt_source_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["gateway", "transfer", "cash"], amount__gt=0)
                | Q(kind="refund", amount__lt=0)
                | (Q(kind__in=["credit", "correction"]) & ~Q(amount=0)),
                name="receipt_sign",
            ),
        ]
        indexes = [models.Index(fields=["store", "-received_at"], name="receipt_store")]


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
