from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from bosonline.tenancy import StoreOwned
from orders.models.orders import Order


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
    polled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order"], name="shipment_one_open", condition=~Q(status__in=["cancelled"])),
            models.UniqueConstraint(fields=["courier_code", "awb"], name="shipment_awb_once", condition=~Q(awb="")),
        ]
        indexes = [models.Index(fields=["store", "awb"], name="shipment_awb", condition=~Q(awb=""))]


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
