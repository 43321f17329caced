from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from bosonline.tenancy import StoreOwned
from orders.models.orders import Order
from sellers.models import Membership


class Shipment(StoreOwned):
    """A parcel. ``order_code`` is ours and goes to BosCOD as the idempotency key: never booked twice."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="shipments")
    order_code = models.CharField(max_length=40, unique=True)
    courier_code = models.CharField(max_length=20)
    service_code = models.CharField(max_length=20, blank=True, default="")
    is_own_courier = models.BooleanField(default=False)
    boscod_number = models.CharField(max_length=40, null=True, unique=True)
    awb = models.CharField(max_length=40, blank=True, default="")
    status = models.CharField(max_length=20, choices=Order.ShippingStatus.choices, default=Order.ShippingStatus.BOOKING)
    courier_text = models.CharField(max_length=300, blank=True, default="")
    cod_amount = models.BigIntegerField(default=0)
    goods_value = models.BigIntegerField(default=0)
    cost = models.BigIntegerField(default=0)
    insurance = models.BigIntegerField(default=0)
    weight_grams = models.PositiveIntegerField()
    length_cm = models.PositiveSmallIntegerField(default=10)
    width_cm = models.PositiveSmallIntegerField(default=10)
    height_cm = models.PositiveSmallIntegerField(default=10)
    contents = models.CharField(max_length=200, blank=True, default="")
    error = models.CharField(max_length=300, blank=True, default="")
    # when the courier side took the order in (``tm_order``) and when its money was reconciled (``tm_recon``)
    ordered_at = models.DateTimeField(null=True)
    reconciled_at = models.DateTimeField(null=True)
    hold_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    booked_at = models.DateTimeField(null=True)
    picked_up_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    # when BosCOD answered last, and when it was asked last: who waits longest is asked first, also when the call failed
    polled_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order"], name="shipment_one_open", condition=~Q(status__in=["cancelled"])),
            models.UniqueConstraint(fields=["courier_code", "awb"], name="shipment_awb_once", condition=~Q(awb="")),
        ]
        indexes = [models.Index(fields=["store", "awb"], name="shipment_awb", condition=~Q(awb=""))]


class ParcelAlert(StoreOwned):
    """News of a parcel that a person must look at. It stays open until somebody has, and is raised once per text."""

    class Kind(models.TextChoices):
        WORDS = "words", _("The courier's words are not clear")
        CONTRADICTION = "contradiction", _("The courier contradicts itself")
        ORDER_STAYS = "order_stays", _("The order does not follow its parcel")
        AWB = "awb", _("The AWB was replaced: print the label again")
        AWB_TAKEN = "awb_taken", _("The courier gave an AWB that another parcel has")

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    text = models.CharField(max_length=300)
    created_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shipment", "kind", "text"], name="parcelalert_once")]
        indexes = [models.Index(fields=["store", "-id"], name="parcelalert_open", condition=Q(seen_at__isnull=True))]


class FormerAwb(StoreOwned):
    """An AWB that the courier replaced: tracking, scanning, settlement and search still know the parcel by it."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="former_awbs")
    awb = models.CharField(max_length=40)
    replaced_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shipment", "awb"], name="formerawb_once")]
        indexes = [models.Index(fields=["store", "awb"], name="formerawb_awb")]


class TrackingEvent(StoreOwned):
    """A line of the courier's journey, its own words kept (``note``, ``description``, ``branch``)."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="events")
    note = models.CharField(max_length=300)
    description = models.CharField(max_length=300, blank=True, default="")
    branch = models.CharField(max_length=100, blank=True, default="")
    courier_status = models.CharField(max_length=40, blank=True, default="")
    occurred_at = models.DateTimeField()
    pod_photo = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shipment", "occurred_at", "note", "branch"], name="trackingevent_once")
        ]
