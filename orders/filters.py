"""One filter for the order list, its recap, tabs and exports (architecture.md, habit 1)."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bosonline.api.lists import ListSpec, parse_date
from bosonline.errors import ValidationFailed
from bosonline.phone import search_digits
from orders.models import FormerAwb, Order, OrderItem, ParcelAlert
from sellers.rights import Member

S, P, SS = Order.Status, Order.PaymentStatus, Order.ShippingStatus
HELD = ["suspicious", "blocked"]
NOT_HELD = ~Q(risk__in=HELD)

# Tabs of the order page, in their order: key → (label, condition)
TABS: dict[str, tuple[Any, Q]] = {
    "all": (gettext_lazy("All"), Q()),
    "new": (gettext_lazy("New"), Q(status=S.NEW) & ~Q(payment_status__in=[P.UNPAID, P.WAITING]) & NOT_HELD),
    "unpaid": (
        gettext_lazy("Awaiting payment"),
        Q(status__in=[S.NEW, S.CONFIRMED], payment_status__in=[P.UNPAID, P.WAITING, P.PARTIAL, P.CONFLICT]) & NOT_HELD,
    ),
    "confirmed": (gettext_lazy("Confirmed"), Q(status__in=[S.CONFIRMED, S.PROCESSING])),
    "ready": (gettext_lazy("Ready to ship"), Q(status=S.READY)),
    "shipped": (gettext_lazy("Shipped"), Q(status=S.SHIPPED) & ~Q(shipping_status=SS.PROBLEM)),
    "problem": (gettext_lazy("Delivery failed"), Q(shipping_status=SS.PROBLEM)),
    "done": (gettext_lazy("Done"), Q(status__in=[S.DELIVERED, S.COMPLETED])),
    "returns": (gettext_lazy("Returns"), Q(status__in=[S.RETURNING, S.RETURNED])),
    "cancelled": (gettext_lazy("Cancelled"), Q(status__in=[S.CANCELLED, S.CLOSED])),
    "held": (gettext_lazy("Suspicious"), Q(risk__in=HELD) & Q(status__in=[S.NEW, S.CONFIRMED])),
}

CHOICES = {
    "status": S.values,
    "payment_status": P.values,
    "shipping_status": SS.values,
    "followup_status": Order.FollowUpStatus.values,
    "payment_method": Order.Method.values,
    "risk": Order.Risk.values,
}
BASES = {"created": "created_at", "paid": "paid_at", "shipped": "shipped_at", "delivered": "delivered_at"}


def _phone(text: str) -> Q:
    digits = search_digits(text)
    return Q(buyer_phone__contains=digits) if digits else Q(pk__in=[])


SPEC = ListSpec(
    sorts={
        "id": "id",
        "created_at": "id",
        "total": "total",
        "name": "buyer_name",
        "status": "status",
        "order_number": "order_number",
    },
    searches={
        "name": lambda text: Q(buyer_name__icontains=text),
        "phone": _phone,
        "order_number": lambda text: Q(order_number__icontains=text),
        "awb": lambda text: (
            Q(awb__icontains=text)
            | Q(pk__in=FormerAwb.objects.filter(awb__icontains=text).values("shipment__order_id"))
        ),
        "product": lambda text: Q(
            pk__in=OrderItem.objects.filter(Q(product_name__icontains=text) | Q(sku__icontains=text)).values("order_id")
        ),
    },
)


def has_open_alert() -> Exists:
    """Orders with news of their parcel that a person must look at."""
    return Exists(ParcelAlert.objects.filter(shipment__order_id=OuterRef("pk"), seen_at__isnull=True))


def orders_seen_by(member: Member) -> QuerySet[Any]:
    """The ids of all orders this person may see."""
    return orders_for(member, {}).order_by().values("pk")


def orders_for(member: Member, params: Mapping[str, str]) -> QuerySet[Order]:
    """The orders this person may see, narrowed by the parameters. Unknown values → 422 at the parameter."""
    rows: QuerySet[Order] = Order.objects.filter(is_test=False)
    if not member.may("see_all_orders"):
        rows = rows.filter(assigned_to=member.membership)
    tab = params.get("tab", "")
    if tab and tab not in TABS:
        raise ValidationFailed.field("tab", _("Unknown tab."))
    if tab:
        rows = rows.filter(TABS[tab][1])
    for name, values in CHOICES.items():
        chosen = [v for v in params.get(name, "").split(",") if v]
        if any(v not in values for v in chosen):
            raise ValidationFailed.field(name, _("Unknown value."))
        if chosen:
            rows = rows.filter(**{f"{name}__in": chosen})
    for name, field in (("form", "form_id"), ("cs", "assigned_to_id"), ("customer", "customer_id")):
        raw = params.get(name, "")
        if raw:
            if not raw.isdecimal() or len(raw) > 18:
                raise ValidationFailed.field(name, _("Enter a whole number."))
            rows = rows.filter(**{field: int(raw)})
    if params.get("parcel_alert"):
        rows = rows.filter(has_open_alert())
    if params.get("courier"):
        rows = rows.filter(courier_code=params["courier"][:20])
    return _dates(rows, member, params)


def _dates(rows: QuerySet[Order], member: Member, params: Mapping[str, str]) -> QuerySet[Order]:
    basis = params.get("basis", "created")
    if basis not in BASES:
        raise ValidationFailed.field("basis", _("Use created, paid, shipped or delivered."))
    start, end = parse_date(params, "from"), parse_date(params, "to")
    if start and end and end < start:
        raise ValidationFailed.field("to", _("The end lies before the start."))
    assert member.store is not None
    zone = zoneinfo.ZoneInfo(member.store.time_zone)
    column = BASES[basis]
    if start:
        rows = rows.filter(**{f"{column}__gte": datetime.combine(start, time.min, zone)})
    if end:
        rows = rows.filter(**{f"{column}__lt": datetime.combine(end + timedelta(days=1), time.min, zone)})
    return rows
