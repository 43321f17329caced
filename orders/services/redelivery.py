"""A delivery failed: when should the courier come again? Asked of the buyer on their page, told to CS."""

from __future__ import annotations

import zoneinfo
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import timeline
from bosonline.actor import BUYER
from bosonline.errors import Conflict, ValidationFailed
from bosonline.models import TimelineEntry
from bosonline.tenancy import store_scope
from orders.models import Order, Shipment
from orders.notices import order_line
from orders.presentation import HOURS
from orders.services.status import order_lock
from stores.services.bell import notify_many

DAYS = 7  # couriers hold a parcel no longer
WISH = "shipping.redelivery"
_OVER = (
    Order.Status.CANCELLED,
    Order.Status.DELIVERED,
    Order.Status.COMPLETED,
    Order.Status.RETURNED,
    Order.Status.CLOSED,
)


def has_failed(order: Order) -> bool:
    """Whether the parcel waits at the courier for another try."""
    return order.shipping_status == Order.ShippingStatus.PROBLEM and order.status not in _OVER


def failure_reason(order: Order) -> str:
    """What the courier said when the delivery failed, in its own words; empty when it said nothing."""
    shipment = Shipment.objects.filter(order=order).exclude(status="cancelled").order_by("-id").first()
    return shipment.courier_text if shipment else ""


def days_open(order: Order) -> list[date]:
    """The store's next days, from which one can be chosen."""
    today = timezone.now().astimezone(zoneinfo.ZoneInfo(order.store.time_zone)).date()
    return [today + timedelta(days=n) for n in range(1, DAYS + 1)]


def wish_of(order: Order) -> dict[str, Any] | None:
    """What the buyer asked for after the last failed try; None when they have not said anything yet."""
    rows = TimelineEntry.objects.filter(subject="order", subject_id=order.pk, kind__in=[WISH, "shipping.status"])
    last = rows.order_by("-id").first()
    return dict(last.data) if last is not None and last.kind == WISH else None


def redelivery_ask(*, order: Order, day: str, hours: str, note: str) -> None:
    """Keep the buyer's wish and tell CS. A later wish takes the place of the one before.

    Raises at ``day`` and ``hours``; 409 when the parcel does not wait for another try.
    """
    note = note.replace("\x00", "").strip()
    if day not in {d.isoformat() for d in days_open(order)}:
        raise ValidationFailed.field("day", _("Choose one of the next days."))
    if hours not in HOURS:
        raise ValidationFailed.field("hours", _("Choose a time of day."))
    if len(note) > 200:
        raise ValidationFailed.field("note", _("At most %(count)s characters.") % {"count": 200})
    with store_scope(order.store_id), transaction.atomic():
        locked = order_lock(order.pk)
        if not has_failed(locked):
            raise Conflict(_("The parcel is on its way again. Look at its journey below."), code="too_late")
        wish = {"day": day, "hours": hours, "note": note}
        if wish_of(locked) == wish:  # sent twice: nobody is told again
            return
        timeline.record(
            store_id=locked.store_id, subject="order", subject_id=locked.pk, kind=WISH, actor=BUYER, data=wish
        )  # fmt: skip
        notify_many(store_id=locked.store_id, lines=[order_line(locked, "shipment.redelivery", **wish)])
