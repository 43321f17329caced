from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from bosonline.tenancy import StoreOwned
from orders.models.orders import Order
from sellers.models import Membership


class FollowUp(StoreOwned):
    """An attempt to reach the buyer (product.md §10): who, when, how, with which text, and what came of it."""

    class Channel(models.TextChoices):
        CLICK_TO_CHAT = "click_to_chat"
        GATEWAY = "gateway"

    class Result(models.TextChoices):
        PENDING = ""
        NO_ANSWER = "no_answer"
        WILL_PAY = "will_pay"
        LATER = "later"
        PRICE = "price"
        WRONG_NUMBER = "wrong_number"
        CANCEL = "cancel"
        CONFIRMED = "confirmed"

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="followups")
    actor = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+")
    channel = models.CharField(max_length=15, choices=Channel.choices)
    stage = models.CharField(max_length=30)
    text = models.TextField(max_length=4000)
    delivery_state = models.CharField(max_length=12, blank=True, default="")
    result = models.CharField(max_length=12, choices=Result.choices, blank=True, default="")
    next_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["order", "-id"], name="followup_order")]


class Task(StoreOwned):
    """Tugas: what is due next for an order, by when, and for whom. One open task per order and kind."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="tasks")
    kind = models.CharField(max_length=30)
    assigned_to = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+")
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "kind"], name="task_one_open", condition=Q(done_at__isnull=True))
        ]
        indexes = [models.Index(fields=["store", "due_at"], name="task_due", condition=Q(done_at__isnull=True))]


class MessageTemplate(StoreOwned):
    """A store's own wordings of a stage; several rotate. Without a row the built-in wording is used."""

    stage = models.CharField(max_length=30)
    texts = models.JSONField(default=list)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "stage"], name="messagetemplate_once")]
