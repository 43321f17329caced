"""Parcels (product.md §9): booking through BosCOD, following them, and what their news does to the order.

Never booked twice: ``Shipment.order_code`` is created once, travels as BosCOD's idempotency key, and an answer that
got lost is looked up by it before anything is sent again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import cleaning, outbox, timeline
from bosonline.errors import Conflict, DomainError, NotFound, ServiceFailed, ValidationFailed
from bosonline.gateways.base import GatewayError, GatewayOutcomeUnknown, GatewayRejected
from bosonline.gateways.boscod import BookedParcel, ShipmentRequest, boscod_client
from bosonline.gateways.boscod.status_map import shipping_status_of
from bosonline.tenancy import all_stores, store_scope
from orders.models import Order, Shipment, TrackingEvent
from orders.services.payments import cod_collected
from orders.services.status import BOSCOD, PAID_ENOUGH, Actor, order_event, order_lock
from orders.transitions import OPEN
from sellers.rights import Member

log = structlog.get_logger("shipping")

SS = Order.ShippingStatus
BOOKABLE = (Order.Status.NEW, Order.Status.CONFIRMED, Order.Status.PROCESSING)
FINAL = (SS.DELIVERED, SS.RETURNED, SS.LOST, SS.CANCELLED)


def shipments_book(*, order_ids: list[int], member: Member) -> list[tuple[int, DomainError | None]]:
    """Book couriers for many orders, one request per order, each with its own result."""
    results: list[tuple[int, DomainError | None]] = []
    for order_id in dict.fromkeys(order_ids):
        try:
            shipment_book(order_id=order_id, member=member)
            results.append((order_id, None))
        except DomainError as exc:
            results.append((order_id, exc))
    return results


def shipment_book(*, order_id: int, member: Member) -> Shipment:
    """Book the order's courier. An order that is booked already answers 409 ``already_booked``.

    The shipment row is committed before BosCOD is called, so a crash in between leaves a row in ``booking`` that the
    next try (or the poller) resolves by asking.
    """
    shipment = _shipment_open(order_id, Actor.of(member))
    return shipment_send(shipment_id=shipment.pk, actor=Actor.of(member))


@transaction.atomic
def _shipment_open(order_id: int, actor: Actor) -> Shipment:
    order = order_lock(order_id)
    existing = Shipment.objects.filter(order=order).exclude(status=SS.CANCELLED).first()
    if existing is not None:
        if existing.status == SS.BOOKING and existing.boscod_number is None:
            return existing  # an earlier try whose outcome is not known yet
        raise Conflict(_("A courier is already booked for this order."), code="already_booked")
    _check_bookable(order)
    number = Shipment.objects.filter(order=order).count() + 1
    items = list(order.items.all())
    shipment = Shipment.objects.create(
        store_id=order.store_id,
        order=order,
        order_code=order.order_number if number == 1 else f"{order.order_number}-{number}",
        courier_code=order.courier_code,
        service_code=order.service_code,
        cod_amount=order.total if order.is_cod else 0,
        goods_value=max(order.goods - order.discount, 0),
        cost=order.shipping,
        insurance=order.insurance,
        weight_grams=max(order.weight_grams, 500),
        contents=", ".join(f"{i.qty}× {i.product_name} {i.variant_name}".strip() for i in items)[:200],
    )
    order.shipping_status = SS.BOOKING
    order.save(update_fields=["shipping_status"])
    _line(order, "shipping.booking", actor, {"courier": order.courier_name, "service": order.service_name})
    return shipment


def _check_bookable(order: Order) -> None:
    if order.is_held:
        raise Conflict(_("This order is held as suspicious. Clear it first."), code="order_held")
    if order.status not in BOOKABLE:
        raise Conflict(
            _("An order that is “%(status)s” cannot be booked.") % {"status": order.get_status_display()},
            code="illegal_transition",
        )
    if not order.courier_code:
        raise ValidationFailed.field("courier", _("Choose a courier for this order first."), code="no_courier")
    if not order.is_cod and order.payment_status not in PAID_ENOUGH:
        raise Conflict(_("This order is not paid yet."), code="not_paid")
    if order.district is None or not order.district.boscod_id:
        raise ValidationFailed.field("address", _("The address has no district the courier knows."))
    if len(order.street) < 5:
        raise ValidationFailed.field("address", _("The street address is too short for the courier."))


def shipment_send(*, shipment_id: int, actor: Actor) -> Shipment:
    """Send a shipment in ``booking`` to BosCOD, outside any transaction. Safe to repeat."""
    shipment = Shipment.objects.select_related("order__warehouse__district", "order__district").get(pk=shipment_id)
    client = boscod_client()
    try:
        # an earlier try may have acted: ask before sending
        booked = client.find_order(shipment.order_code) if shipment.error else None
        if not booked:
            try:
                booked = client.create_order(_request(shipment))
            except GatewayOutcomeUnknown:
                booked = client.find_order(shipment.order_code)
                if not booked:
                    raise
    except GatewayRejected as exc:
        _booking_refused(shipment, exc.message, actor)
        raise Conflict(_("BosCOD refused the booking: %(why)s") % {"why": exc.message}, code="booking_refused") from exc
    except GatewayError as exc:
        Shipment.objects.filter(pk=shipment.pk).update(error=exc.message[:300] or "unknown")
        outbox_retry(shipment)
        raise ServiceFailed(
            _("BosCOD does not answer right now. The booking is tried again by itself."), extra={"service": "boscod"}
        ) from exc
    return _booked(shipment.pk, booked[0], actor)


def outbox_retry(shipment: Shipment) -> None:
    with transaction.atomic():
        outbox.enqueue(
            "shipment.send", {"shipment_id": shipment.pk, "store_id": shipment.store_id}, delay_seconds=15,
            dedup_key=f"shipment.send:{shipment.pk}:{int(timezone.now().timestamp()) // 15}",
        )  # fmt: skip


@outbox.handler("shipment.send")
def shipment_send_task(payload: dict[str, Any]) -> None:
    with store_scope(payload["store_id"]):
        shipment = Shipment.objects.filter(pk=payload["shipment_id"], status=SS.BOOKING).first()
        if shipment is not None and shipment.boscod_number is None:
            try:
                shipment_send(shipment_id=shipment.pk, actor=BOSCOD)
            except (Conflict, ServiceFailed) as exc:
                log.warning("booking_retry", shipment=shipment.pk, code=exc.code)


def _request(shipment: Shipment) -> ShipmentRequest:
    order, warehouse = shipment.order, shipment.order.warehouse
    address = " ".join(part for part in (order.street, order.landmark) if part)
    area = f"{order.district_name}, {order.city_name}, {order.province_name} {order.postal_code}"
    return ShipmentRequest(
        order_code=shipment.order_code,
        courier_code=shipment.courier_code,
        service_code=shipment.service_code,
        sender_name=warehouse.contact_name[:50],
        sender_phone=warehouse.phone,
        sender_address=warehouse.address[:500],
        sender_district_id=warehouse.district.boscod_id or 0,
        receiver_name=order.buyer_name[:50],
        receiver_phone=order.buyer_phone,
        receiver_address=f"{address}, {area}"[:200],
        receiver_district_id=(order.district.boscod_id if order.district else 0) or 0,
        weight_grams=shipment.weight_grams,
        length_cm=shipment.length_cm,
        width_cm=shipment.width_cm,
        height_cm=shipment.height_cm,
        goods_value=shipment.goods_value,
        cod_amount=shipment.cod_amount,
        insured=shipment.insurance > 0,
        description=shipment.contents[:100] or order.order_number,
        quantity=order.quantity,
        note=order.note[:100],
    )


@transaction.atomic
def _booking_refused(shipment: Shipment, why: str, actor: Actor) -> None:
    order = order_lock(shipment.order_id)
    Shipment.objects.filter(pk=shipment.pk).update(status=SS.CANCELLED, error=why[:300])
    order.shipping_status = SS.NONE
    order.save(update_fields=["shipping_status"])
    _line(order, "shipping.refused", actor, {"why": why[:300]})


@transaction.atomic
def _booked(shipment_id: int, parcel: BookedParcel, actor: Actor) -> Shipment:
    shipment = Shipment.objects.get(pk=shipment_id)
    order = order_lock(shipment.order_id)
    shipment.refresh_from_db()
    if shipment.boscod_number is None:
        shipment.boscod_number = parcel.order_number
        shipment.booked_at = shipment.ordered_at = timezone.now()
        shipment.error = ""
        if shipment.status == SS.BOOKING:
            shipment.status = SS.BOOKED
            order.shipping_status = SS.BOOKED
            order.save(update_fields=["shipping_status"])
        shipment.save()
        _line(order, "shipping.booked", actor, {"number": parcel.order_number})
        order_event(order=order, status=Order.Status.PROCESSING, actor=actor, reason="courier_booked")
    return shipment


# -- news from the courier -----------------------------------------------------------------------------------------


def awb_assigned(*, boscod_number: str, order_code: str, awb: str) -> str:
    """The AWB exists. Returns what was done. May come before our own booking answer was stored."""
    shipment = _shipment_by(boscod_number, order_code)
    if shipment is None:
        return "unknown_shipment"
    with store_scope(shipment.store_id), transaction.atomic():
        order = order_lock(shipment.order_id)
        shipment.refresh_from_db()
        if shipment.awb == awb:
            return "already_known"
        if shipment.awb:
            _line(order, "shipping.awb_differs", BOSCOD, {"known": shipment.awb, "new": awb})
            return "awb_differs"
        shipment.awb = awb
        shipment.boscod_number = shipment.boscod_number or boscod_number
        if shipment.booked_at is None:
            shipment.booked_at = shipment.ordered_at = timezone.now()
        if shipment.status in (SS.BOOKING, SS.BOOKED):
            shipment.status = SS.AWAITING_PICKUP
        shipment.save()
        order.awb = awb
        order.shipping_status = shipment.status
        order.save(update_fields=["awb", "shipping_status"])
        _line(order, "shipping.awb", BOSCOD, {"awb": awb})
        order_event(order=order, status=Order.Status.READY, actor=BOSCOD, reason="awb")
    return "awb_stored"


def _shipment_by(boscod_number: str, order_code: str) -> Shipment | None:
    with all_stores():
        found = Shipment.objects.filter(boscod_number=boscod_number).first() if boscod_number else None
        return found or (Shipment.objects.filter(order_code=order_code).first() if order_code else None)


def shipment_refresh(*, shipment_id: int) -> str:
    """Ask BosCOD for the parcel's whole journey and apply what is new. The source of truth after any webhook."""
    with all_stores():
        shipment = Shipment.objects.select_related("store").get(pk=shipment_id)
    if not shipment.boscod_number:
        return "not_booked"
    tracking = boscod_client().tracking(shipment.boscod_number)
    with store_scope(shipment.store_id), transaction.atomic():
        order = order_lock(shipment.order_id)
        shipment = Shipment.objects.select_related("order").get(pk=shipment_id)
        new = _store_events(shipment, tracking.events)
        shipment.polled_at = timezone.now()
        if tracking.ordered_at:
            shipment.ordered_at = _moment(tracking.ordered_at)
        if tracking.reconciled_at:
            shipment.reconciled_at = _moment(tracking.reconciled_at)
        if tracking.awb and not shipment.awb:
            shipment.awb = order.awb = tracking.awb
            order.save(update_fields=["awb"])
        if tracking.events:
            shipment.courier_text = tracking.events[0].note[:300]
        status = shipping_status_of(tracking.last_status, tracking.events[0].note if tracking.events else "")
        _apply_shipping(order, shipment, status)
        shipment.save()
    return f"{new} new events"


def _moment(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, tz=UTC)


def _store_events(shipment: Shipment, events: Any) -> int:
    before = TrackingEvent.objects.filter(shipment=shipment).count()
    TrackingEvent.objects.bulk_create(
        [
            TrackingEvent(
                store_id=shipment.store_id,
                shipment=shipment,
                note=event.note[:300],
                description=event.description[:300],
                branch=event.branch[:100],
                courier_status=event.status or "",
                occurred_at=_moment(event.occurred_at),
                pod_photo=event.pod_photo or "",
            )
            for event in events
        ],
        ignore_conflicts=True,
    )
    return TrackingEvent.objects.filter(shipment=shipment).count() - before


# How far a parcel is: news that comes late (out of order) never moves it back, except into a problem or a return.
_RANK = {
    SS.NONE: 0, SS.BOOKING: 1, SS.BOOKED: 2, SS.AWAITING_PICKUP: 3, SS.PICKED_UP: 4, SS.IN_TRANSIT: 5,
    SS.OUT_FOR_DELIVERY: 6, SS.PROBLEM: 6, SS.RETURN_IN_TRANSIT: 7, SS.DELIVERED: 8, SS.RETURNED: 8, SS.LOST: 8,
    SS.DAMAGED: 8, SS.CANCELLED: 8,
}  # fmt: skip

_ORDER_STATUS = {
    SS.PICKED_UP: Order.Status.SHIPPED,
    SS.IN_TRANSIT: Order.Status.SHIPPED,
    SS.OUT_FOR_DELIVERY: Order.Status.SHIPPED,
    SS.PROBLEM: Order.Status.SHIPPED,
    SS.DELIVERED: Order.Status.DELIVERED,
    SS.RETURN_IN_TRANSIT: Order.Status.RETURNING,
    SS.RETURNED: Order.Status.RETURNED,
    SS.LOST: Order.Status.CLOSED,
}


def _apply_shipping(order: Order, shipment: Shipment, status: str | None) -> None:
    """Write the shipping axis and let it drive the status axis. The order's row is locked."""
    if status is None or status == shipment.status or shipment.status in FINAL:
        return
    if _RANK[SS(status)] < _RANK[SS(shipment.status)] and shipment.status != SS.PROBLEM:
        return
    before, shipment.status = shipment.status, SS(status)
    now = timezone.now()
    if status != SS.CANCELLED and _RANK[SS(status)] >= _RANK[SS.PICKED_UP] and shipment.picked_up_at is None:
        shipment.picked_up_at = now
    if status == SS.DELIVERED:
        shipment.delivered_at = now
    order.shipping_status = SS(status)
    order.save(update_fields=["shipping_status"])
    _line(order, "shipping.status", BOSCOD, {"before": before, "after": status, "courier": shipment.courier_text})
    target = _ORDER_STATUS.get(SS(status))
    if target is not None and order.status != target:
        order_event(order=order, status=target, actor=BOSCOD, reason=shipment.courier_text)
    if status == SS.DELIVERED:
        cod_collected(order, BOSCOD)


def parcels_poll(limit: int = 100) -> int:
    """Ask about open parcels that were silent for three hours, and resolve bookings whose answer was lost."""
    quiet = timezone.now() - timedelta(hours=3)
    with all_stores():
        rows = (
            Shipment.objects.filter(boscod_number__isnull=False, order__status__in=list(OPEN))
            .exclude(status__in=FINAL)
            .exclude(polled_at__gt=quiet)
        )
        ids = list(rows.order_by("polled_at").values_list("pk", flat=True)[:limit])
        lost = list(
            Shipment.objects.filter(
                status=SS.BOOKING, boscod_number__isnull=True, created_at__lt=timezone.now() - timedelta(minutes=2)
            ).values_list("pk", "store_id")[:limit]
        )
    for shipment_id, store_id in lost:
        Shipment.objects.with_scopes_disabled().filter(pk=shipment_id, error="").update(error="unknown")
        shipment_send_task({"shipment_id": shipment_id, "store_id": store_id})
    done = 0
    for shipment_id in ids:
        try:
            shipment_refresh(shipment_id=shipment_id)
            done += 1
        except GatewayError:
            return done  # the service is away: the next run tries again
    return done


# -- by hand -------------------------------------------------------------------------------------------------------


def shipment_cancel(*, order_id: int, reason: str, member: Member) -> None:
    """Take a booking back. If the courier refuses (already picked up) the order stays and says why."""
    shipment = Shipment.objects.filter(order_id=order_id).exclude(status=SS.CANCELLED).first()
    if shipment is None:
        raise NotFound(_("No courier is booked for this order."))
    if shipment.boscod_number and not shipment.is_own_courier:
        try:
            boscod_client().cancel([shipment.boscod_number], reason or "cancelled by seller")
        except GatewayRejected as exc:
            raise Conflict(
                _("The courier did not accept the cancellation: %(why)s") % {"why": exc.message}, code="cancel_refused"
            ) from exc
        except GatewayError as exc:
            raise ServiceFailed(_("BosCOD does not answer right now."), extra={"service": "boscod"}) from exc
    with transaction.atomic():
        order = order_lock(order_id)
        Shipment.objects.filter(pk=shipment.pk).update(status=SS.CANCELLED)
        order.shipping_status, order.awb = SS.NONE, ""
        order.save(update_fields=["shipping_status", "awb"])
        _line(order, "shipping.cancelled", Actor.of(member), {"reason": reason})


@transaction.atomic
def shipment_by_hand(*, order_id: int, courier_name: str, awb: str, member: Member) -> Shipment:
    """Own courier, or an AWB made elsewhere (endpoint "Update Pengiriman Kurir")."""
    awb = cleaning.code(awb)
    order = order_lock(order_id)
    if order.is_held or order.status not in (*BOOKABLE, Order.Status.READY):
        raise Conflict(_("This order cannot get an AWB now."), code="illegal_transition")
    if Shipment.objects.filter(order=order).exclude(status=SS.CANCELLED).exists():
        raise Conflict(_("A courier is already booked for this order."), code="already_booked")
    if not order.is_cod and order.payment_status not in PAID_ENOUGH:
        member.require("ship_unpaid")
    number = Shipment.objects.filter(order=order).count() + 1
    try:
        with transaction.atomic():
            shipment = Shipment.objects.create(
                store_id=order.store_id, order=order, order_code=f"{order.order_number}-H{number}",
                courier_code=(order.courier_code or "own"), is_own_courier=True, awb=awb,
                status=SS.AWAITING_PICKUP, weight_grams=max(order.weight_grams, 1),
                cod_amount=order.total if order.is_cod else 0, booked_at=timezone.now(), ordered_at=timezone.now(),
            )  # fmt: skip
    except IntegrityError:
        raise ValidationFailed.field("awb", _("This AWB belongs to another parcel.")) from None
    order.awb, order.shipping_status = awb, SS.AWAITING_PICKUP
    order.courier_name = courier_name.strip() or order.courier_name
    order.save(update_fields=["awb", "shipping_status", "courier_name"])
    actor = Actor.of(member)
    _line(order, "shipping.by_hand", actor, {"awb": awb, "courier": order.courier_name})
    order_event(order=order, status=Order.Status.READY, actor=actor, reason="awb")
    return shipment


def _line(order: Order, kind: str, actor: Actor, data: dict[str, Any]) -> None:
    timeline.record(
        store_id=order.store_id, subject="order", subject_id=order.pk, kind=kind, actor_id=actor.user_id,
        actor_label=actor.label, data=data,
    )  # fmt: skip
