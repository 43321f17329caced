"""The lists of orders, declared (bosonline/lists)."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bosonline import phone as phones
from bosonline.actor import Actor
from bosonline.lists import Column, Resource, Tab, choice, dates, flag, reference, text
from bosonline.phone import search_digits
from orders.models import FormerAwb, Order, OrderItem, ParcelAlert
from orders.search import orders_holding
from orders.tallies import OrderTallies

S, P, SS = Order.Status, Order.PaymentStatus, Order.ShippingStatus
HELD = ["suspicious", "blocked"]
NOT_HELD = ~Q(risk__in=HELD)
LATE_CONTACT = timedelta(minutes=15)

TABS: dict[str, Tab] = {
    "all": Tab(_("All"), Q),
    "new": Tab(_("New"), lambda: Q(status=S.NEW) & ~Q(payment_status__in=[P.UNPAID, P.WAITING]) & NOT_HELD),
    "unpaid": Tab(
        _("Awaiting payment"),
        lambda: Q(
            status__in=[S.NEW, S.CONFIRMED], payment_status__in=[P.UNPAID, P.WAITING, P.PARTIAL, P.CONFLICT]
        ) & NOT_HELD,
    ),
    "confirmed": Tab(_("Confirmed"), lambda: Q(status__in=[S.CONFIRMED, S.PROCESSING])),
    "ready": Tab(_("Ready to ship"), lambda: Q(status=S.READY)),
    "shipped": Tab(_("Shipped"), lambda: Q(status=S.SHIPPED) & ~Q(shipping_status=SS.PROBLEM)),
    "problem": Tab(_("Delivery failed"), lambda: Q(shipping_status=SS.PROBLEM)),
    "done": Tab(_("Done"), lambda: Q(status__in=[S.DELIVERED, S.COMPLETED])),
    "returns": Tab(_("Returns"), lambda: Q(status__in=[S.RETURNING, S.RETURNED])),
    "cancelled": Tab(_("Cancelled"), lambda: Q(status__in=[S.CANCELLED, S.CLOSED])),
    "held": Tab(_("Suspicious"), lambda: Q(risk__in=HELD) & Q(status__in=[S.NEW, S.CONFIRMED])),
}  # fmt: skip


def orders_visible(member: Actor) -> QuerySet[Order]:
    """The orders this person may see at all (product.md §3)."""
    rows: QuerySet[Order] = Order.objects.filter(is_test=False)
    return rows if member.may("see_all_orders") else rows.filter(assigned_to=member.membership)


def has_open_alert() -> Exists:
    """Orders with news of their parcel that a person must look at."""
    return Exists(ParcelAlert.objects.filter(shipment__order_id=OuterRef("pk"), seen_at__isnull=True))


def _uncontacted() -> Q:
    late = timezone.now() - LATE_CONTACT
    return Q(status=S.NEW, followup_status="not_contacted", created_at__lt=late) & NOT_HELD


def _by_phone(typed: str, member: Actor) -> Q:
    """Any part of the number; only the whole one for who may not see it, who could find it out digit by digit."""
    digits = search_digits(typed)
    if not digits:
        return Q(pk__in=[])
    if member.may("see_phone"):
        return Q(buyer_phone__contains=digits)
    try:
        return Q(buyer_phone=phones.normalise(typed))
    except phones.InvalidPhone:
        return Q(pk__in=[])


def _by_awb(typed: str, _member: Actor) -> Q:
    former = FormerAwb.objects.filter(awb__icontains=typed).values("shipment__order_id")
    return Q(awb__icontains=typed) | Q(pk__in=former)


def _by_product(typed: str, _member: Actor) -> Q:
    items = OrderItem.objects.filter(Q(product_name__icontains=typed) | Q(sku__icontains=typed))
    return Q(pk__in=items.values("order_id"))


def _by_place(typed: str, _member: Actor) -> Q:
    return Q(district_name__icontains=typed) | Q(city_name__icontains=typed)


def _local(member: Actor) -> Callable[[datetime | None], str]:
    assert member.store is not None
    zone = zoneinfo.ZoneInfo(member.store.time_zone)
    return lambda moment: moment.astimezone(zone).isoformat(" ", "seconds")[:19] if moment else ""


def _phone_cell(member: Actor) -> Callable[[str], str]:
    return phones.display if member.may("see_phone") else phones.masked


def _plain(key: str, **more: Any) -> Column:
    return Column(key, export=lambda _member: None, **more)


BOUND = 10_000  # where no tally answers, a page counts no further

ORDERS = Resource(
    name="orders",
    base=orders_visible,
    find=orders_holding,
    bound=BOUND,
    tally=OrderTallies(),
    default_sort="-created_at",
    tabs=TABS,
    joined=lambda rows: rows.select_related("customer", "assigned_to__user", "form")
    .prefetch_related("items")
    .annotate(parcel_alert=has_open_alert()),
    filters=(
        choice("status", _("Status"), S),
        choice("payment_status", _("Payment"), P),
        choice("shipping_status", _("Shipping"), SS),
        choice("followup_status", _("Follow up"), Order.FollowUpStatus),
        choice("payment_method", _("Method"), Order.Method),
        choice("risk", _("Risk"), Order.Risk),
        reference("form", _("Form"), "form_id"),
        reference("cs", _("CS"), "assigned_to_id"),
        reference("customer", _("Buyer"), "customer_id"),
        text("courier", _("Courier"), "courier_code", length=20),
        flag("parcel_alert", _("Parcel needs a look"), has_open_alert),
        flag("uncontacted", _("Not contacted for 15 minutes"), _uncontacted),
        dates(
            {"created": "created_at", "paid": "paid_at", "shipped": "shipped_at", "delivered": "delivered_at"},
            default="created", labels=(_("From"), _("To")),
        ),
    ),
    columns=(
        Column("id", sort="id"),
        Column("name", sort="buyer_name", search=lambda typed, _m: Q(buyer_name__icontains=typed)),
        Column("phone", search=_by_phone),
        _plain("order_number", sort="order_number", search=lambda typed, _m: Q(order_number__icontains=typed)),
        Column("created_at", sort="created_at", export=_local),
        _plain("buyer_name"),
        Column("buyer_phone", export=_phone_cell),
        *(_plain(key) for key in ("street", "district_name", "city_name", "province_name", "postal_code")),
        *(_plain(key) for key in ("goods", "discount", "shipping", "shipping_discount", "insurance", "other_fee",
                                  "method_fee", "cod_fee", "cod_round", "unique_code")),
        _plain("total", sort="total"),
        _plain("paid_amount"),
        _plain("payment_method"),
        _plain("status", sort="status,created_at"),
        *(_plain(key) for key in ("payment_status", "shipping_status", "courier_name", "service_code")),
        _plain("awb", search=_by_awb),
        _plain("note"),
        Column("product", search=_by_product),
        Column("district", search=_by_place),
    ),
)  # fmt: skip


def orders_for(member: Actor, params: Mapping[str, str]) -> QuerySet[Order]:
    """The orders this person may see, narrowed by the list's parameters. Unknown values → 422 at the parameter."""
    rows: QuerySet[Order] = ORDERS.rows(member, params)
    return rows


def orders_seen_by(member: Actor) -> QuerySet[Any]:
    """The ids of all orders this person may see."""
    return orders_visible(member).order_by().values("pk")
