"""Reads about orders: rows of the list, the detail, the recap, the home page's figures. Constant query counts."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Expression, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import ngettext

from bosonline import phone as phones
from bosonline.actor import Actor
from bosonline.errors import NotFound
from bosonline.models import TimelineEntry
from bosonline.moments import iso_in
from forms.ports import OrderFigures
from orders.figures import income_of
from orders.lists import ORDERS, orders_for
from orders.models import Order, Payment, Shipment, TrackingEvent
from orders.services.rebill import bill_from
from orders.services.status import allowed_status
from orders.transitions import RESERVED_IN
from stores.models import Store

WIB = zoneinfo.ZoneInfo("Asia/Jakarta")


def order_get(member: Actor, pk: int) -> Order:
    """One order that this person may see, else 404."""
    order = (
        orders_for(member, {})
        .select_related("store", "customer", "assigned_to__user", "form", "warehouse__district", "district")
        .prefetch_related(
            "items",
            "payments__bank_account__bank",
            "shipments__former_awbs",
            "shipments__alerts",
            "followups__actor__user",
            "notes__author__user",
        )
        .filter(pk=pk)
        .first()
    )
    if order is None:
        raise NotFound()
    return order


def orders_of_forms(form_ids: Sequence[int]) -> dict[int, OrderFigures]:
    """Orders per form and their sum in rupiah, tests left out; the sum leaves cancelled ones out, too."""
    rows = Order.objects.filter(form_id__in=form_ids, is_test=False).order_by().values("form_id")
    alive = ~Q(status=Order.Status.CANCELLED)
    return {
        r["form_id"]: OrderFigures(r["orders"], r["amount"] or 0, r["alive"])
        for r in rows.annotate(orders=Count("id"), amount=Sum("total", filter=alive), alive=Count("id", filter=alive))
    }


def order_count_of_form() -> Expression:
    """``orders_of_forms``' number of orders inside a query of forms, answered by the index on the order's form."""
    rows = Order.objects.filter(form_id=OuterRef("pk"), is_test=False).order_by().values("form_id")
    return Coalesce(Subquery(rows.annotate(n=Count("id")).values("n"), output_field=IntegerField()), 0)


def shown_phone(member: Actor, e164: str) -> str:
    return e164 if member.may("see_phone") else phones.masked(e164)


def row_as_api(order: Order, member: Actor) -> dict[str, Any]:
    """A row of ``GET /store/orders`` (api.md)."""
    assert member.store is not None
    store = member.store
    cs = order.assigned_to
    return {
        "id": order.pk,
        "order_number": order.order_number,
        "created_at": iso_in(order.created_at, store.time_zone),
        "customer": {
            "name": order.buyer_name,
            "phone": shown_phone(member, order.buyer_phone),
            "repeat": order.customer.orders_count > 1,
            "risk": order.risk,
        },
        "items": [
            {"name": i.product_name, "variant": i.variant_name, "sku": i.sku, "qty": i.qty, "price": i.unit_price}
            for i in order.items.all()
        ],
        "total": order.total,
        "status": order.status,
        "payment_method": order.payment_method,
        "payment_status": order.payment_status,
        "shipping_status": order.shipping_status,
        "courier": {"code": order.courier_code, "name": order.courier_name, "service": order.service_code},
        "awb": order.awb,
        "destination": {"district": order.district_name, "city": order.city_name, "province": order.province_name},
        "cs": {"id": cs.pk, "name": cs.user.name} if cs else None,
        "followup": {
            "status": order.followup_status,
            "attempts": order.followup_attempts,
            "last_at": iso_in(order.last_contact_at, store.time_zone),
            "next_at": iso_in(order.next_followup_at, store.time_zone),
        },
        "form": {"id": order.form.pk, "name": order.form.name} if order.form else None,
        "tags": order.tags,
        "printed_at": iso_in(order.label_printed_at, store.time_zone),
    }


def detail_as_api(order: Order, member: Actor) -> dict[str, Any]:
    """``GET /store/orders/{id}`` (api.md)."""
    assert member.store is not None
    store = member.store
    income = income_of(order)
    data = row_as_api(order, member)
    data |= {
        "source": order.source,
        "note": order.note,
        "fields": order.fields,
        "utm": order.utm,
        "address": {
            "street": order.street,
            "landmark": order.landmark,
            "district_id": order.district.boscod_id if order.district else None,
            "postal_code": order.postal_code,
        },
        "bill": bill_from(order).as_api(),
        "income": {
            "paid": income.paid,
            "courier_shipping": income.courier_shipping,
            "cod_fee": income.cod_fee,
            "cod_fee_vat": income.cod_fee_vat,
            "method_cost": income.method_cost,
            "net": income.net,
        },
        "payments": [payment_as_api(p, store) for p in order.payments.all()],
        "shipments": [
            {
                "id": s.pk,
                "courier_code": s.courier_code,
                "awb": s.awb,
                "former_awbs": [former.awb for former in s.former_awbs.all()],
                "status": s.status,
                "alerts": [
                    {
                        "kind": a.kind,
                        "label": a.get_kind_display(),
                        "text": a.text,
                        "at": iso_in(a.created_at, store.time_zone),
                    }
                    for a in s.alerts.all()
                    if a.seen_at is None
                ],
                "courier_text": s.courier_text,
                "error": s.error,
                "cod_amount": s.cod_amount,
                "booked_at": iso_in(s.booked_at, store.time_zone),
                "tracking": [event_as_api(e, s) for e in events_of(s)],
            }
            for s in order.shipments.all()
        ],
        "followups": [
            {
                "id": f.pk,
                "at": iso_in(f.created_at, store.time_zone),
                "by": f.actor.user.name if f.actor else None,
                "channel": f.channel,
                "stage": f.stage,
                "text": f.text,
                "result": f.result,
            }
            for f in sorted(order.followups.all(), key=lambda f: -f.pk)
        ],
        "notes": [
            {
                "at": iso_in(n.created_at, store.time_zone),
                "by": n.author.user.name if n.author else None,
                "text": n.text,
            }
            for n in order.notes.all()
        ],
        "risk_reasons": order.risk_reasons,
        "possible_duplicate_of": order.possible_duplicate_of_id,
        "allowed_status": allowed_status(order, member),
        "timeline": timeline_of(order.pk, store),
    }
    if member.may("see_cost"):
        data["income"] |= {"cost_of_goods": income.cost_of_goods, "profit": income.profit}
    return data


def payment_as_api(payment: Payment, store: Store) -> dict[str, Any]:
    account = payment.bank_account
    return {
        "id": payment.pk,
        "method": payment.method,
        "channel": payment.channel,
        "status": payment.status,
        "amount": payment.amount,
        "paid_amount": payment.paid_amount,
        "va_number": payment.va_number,
        "qr_content": payment.qr_content,
        "bank_account": {"bank": account.bank.short_name, "number": account.number, "holder": account.holder}
        if account
        else None,
        "expires_at": iso_in(payment.expires_at, store.time_zone),
        "paid_at": iso_in(payment.paid_at, store.time_zone),
        "error": payment.error,
    }


def timeline_of(order_id: int, store: Store) -> list[dict[str, Any]]:
    rows = TimelineEntry.objects.select_related("actor").filter(subject="order", subject_id=order_id).order_by("-id")
    return [
        {
            "at": iso_in(row.created_at, store.time_zone),
            "kind": row.kind,
            "by": row.actor.name if row.actor else row.actor_label,
            "data": row.data,
        }
        for row in rows[:200]
    ]


def order_stamp(order: Order) -> str:
    """Changes with everything that an order's page tells: its timeline and its parcels' journeys."""
    line = (
        TimelineEntry.objects.filter(subject="order", subject_id=order.pk).order_by("-id").values_list("pk", flat=True)
    )
    event = TrackingEvent.objects.filter(shipment__order=order).order_by("-id").values_list("pk", flat=True)
    return f"{line.first() or 0}-{event.first() or 0}-{order.status}-{order.payment_status}-{order.shipping_status}"


def events_of(shipment: Shipment) -> list[TrackingEvent]:
    """The courier's journey, newest first."""
    return list(shipment.events.order_by("-occurred_at", "-id"))


def event_as_api(event: TrackingEvent, shipment: Shipment) -> dict[str, Any]:
    """A row of ``GET /store/order/tracking``: the fields, types and order of the public documentation."""
    moment = event.occurred_at.astimezone(WIB)
    return {
        "note": event.note,
        "description": event.description,
        "branch": event.branch,
        "tm": _epoch(event.occurred_at),
        "tm_order": _epoch(shipment.ordered_at) if shipment.ordered_at else None,
        "tm_recon": _epoch(shipment.reconciled_at) if shipment.reconciled_at else None,
        "reconciled": "1" if shipment.reconciled_at else "0",
        "time": moment.strftime("%H:%M"),
        "date": f"{moment.day:02d} {_MONTHS[moment.month - 1]}",
    }


# English whatever the process's locale is
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _epoch(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def shipment_by_awb(awb: str) -> Shipment | None:
    """The current store's parcel with this AWB, or with this one before the courier replaced it: for tracking, scanning
    and settlement."""
    if not awb:
        return None
    shipment = Shipment.objects.filter(awb=awb).order_by("-id").first()
    return shipment or Shipment.objects.filter(former_awbs__awb=awb).order_by("-id").first()


def tracking_by_awb(member: Actor, awb: str) -> list[dict[str, Any]]:
    """Rows of the parcel with this AWB in the current store, of an order this person may see, else 404."""
    shipment = shipment_by_awb(awb)
    if shipment is None or not orders_for(member, {}).filter(pk=shipment.order_id).exists():
        raise NotFound()
    return [event_as_api(event, shipment) for event in events_of(shipment)]


def recap(member: Actor, params: Mapping[str, str]) -> dict[str, Any]:
    """Counts and sums per status and payment status for exactly the list's filters, in one query."""
    figures = {"count": ("n", None), "amount": ("total", None)}
    grouped: Any = ORDERS.tally and ORDERS.tally.sums(member, params, figures, group=("status", "payment_status"))
    if grouped is None:
        rows = orders_for(member, params).order_by()
        grouped = rows.values("status", "payment_status").annotate(count=Count("pk"), amount=Sum("total"))
    statuses: dict[str, dict[str, int]] = {}
    payments: dict[str, dict[str, int]] = {}
    count = amount = 0
    for row in grouped:
        if not row["count"]:  # a tally that came to nothing
            continue
        for table, key in ((statuses, row["status"]), (payments, row["payment_status"])):
            cell = table.setdefault(key, {"count": 0, "sum": 0})
            cell["count"] += row["count"]
            cell["sum"] += row["amount"]
        count += row["count"]
        amount += row["amount"]
    return {
        "status": statuses,
        "payment_status": payments,
        "count": count,
        "sum": amount,
        "average": amount // count if count else 0,
    }


def newest_id(member: Actor) -> int:
    return orders_for(member, {}).order_by("-created_at", "-id").values_list("pk", flat=True).first() or 0


def newer_than(member: Actor, order_id: int) -> int:
    """How many orders came after the newest one on screen."""
    return orders_for(member, {}).filter(pk__gt=order_id).order_by()[:100].count()


def cs_queue(member: Actor, limit: int = 50) -> QuerySet[Order]:
    """Orders to be contacted, by due time, then risk and value (ui.md, Antrean CS)."""
    danger = Case(When(risk="watch", then=Value(0)), default=Value(1), output_field=IntegerField())
    return (
        orders_for(member, {})
        .filter(status__in=["new", "confirmed"], next_followup_at__isnull=False)
        .exclude(risk__in=["suspicious", "blocked"])
        .select_related("customer", "assigned_to__user")
        .prefetch_related("items")
        .order_by("next_followup_at", danger, "-total", "id")[:limit]
    )


def warehouse_has_open_orders(store_id: int, warehouse_id: int) -> list[str]:
    """Guard: orders that are to be picked up at the warehouse."""
    count = Order.objects.filter(store_id=store_id, warehouse_id=warehouse_id, status__in=RESERVED_IN).count()
    if not count:
        return []
    text = ngettext("%(n)s order still ships from here.", "%(n)s orders still ship from here.", count)
    return [text % {"n": count}]
