"""Parcels (product.md §9): booking through BosCOD, following them, and what their news does to the order.

Never booked twice: ``Shipment.order_code`` is created once, travels as BosCOD's idempotency key, and an answer that
got lost is looked up by it before anything is sent again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import cleaning, outbox, timeline
from bosonline.actor import BOSCOD, Actor
from bosonline.errors import Conflict, NotFound, ServiceFailed, ValidationFailed
from bosonline.gateways.base import GatewayError, GatewayOutcomeUnknown, GatewayRejected
from bosonline.gateways.boscod import BookedParcel, ShipmentRequest, boscod_client
from bosonline.gateways.boscod.client import Tracking
from bosonline.gateways.boscod.status_map import reading_of
from bosonline.gateways.boscod.words import Reading
from bosonline.tenancy import all_stores, store_scope
from orders.figures import cod_due
from orders.models import FormerAwb, Order, ParcelAlert, Shipment, TrackingEvent
from orders.notices import order_line
from orders.services.axes import axis_set
from orders.services.status import PAID_ENOUGH, order_event, order_lock
from orders.transitions import EVENT_PATH, OPEN
from stores.services.bell import notify_many

log = structlog.get_logger("shipping")

SS = Order.ShippingStatus
BOOKABLE = (Order.Status.NEW, Order.Status.CONFIRMED, Order.Status.PROCESSING)
FINAL = (SS.DELIVERED, SS.RETURNED, SS.LOST, SS.DAMAGED, SS.CANCELLED)
AK = ParcelAlert.Kind


def shipment_book(*, order_id: int, actor: Actor) -> Shipment:
    """Book the order's courier. An order that is booked already answers 409 ``already_booked``.

    The shipment row is committed before BosCOD is called, so a crash in between leaves a row in ``booking`` that the
    next try (or the poller) resolves by asking.
    """
    actor.require("shipping.create")
    shipment = _shipment_open(order_id, actor)
    return shipment_send(shipment_id=shipment.pk, actor=actor)


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
        cod_amount=cod_due(order),
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


@outbox.handler("shipment.send", lane="parcels", limit=2)
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
    """The AWB exists. Returns what was done. May come before our own booking answer was stored, and late.

    Raises :class:`GatewayError` when another AWB is known and BosCOD cannot be asked which one is true.
    """
    awb = awb.strip()
    if not awb or len(awb) > 40 or len(boscod_number) > 40:
        return "unreadable"
    shipment = _shipment_by(boscod_number, order_code)
    if shipment is None:
        return "unknown_shipment"
    with store_scope(shipment.store_id):
        if FormerAwb.objects.filter(shipment=shipment, awb=awb).exists():
            return "already_known"  # an old message that comes late
        number = shipment.boscod_number or boscod_number
        if shipment.awb and shipment.awb != awb and number:
            awb = boscod_client().tracking(number).awb or awb
        with transaction.atomic():
            order = order_lock(shipment.order_id)
            shipment = Shipment.objects.get(pk=shipment.pk)
            shipment.boscod_number = number or None
            outcome = _awb_now(order, shipment, awb)
            shipment.save()
    return outcome


def _awb_now(order: Order, shipment: Shipment, awb: str) -> str:
    """This is the parcel's AWB. The order's row is locked, the caller saves the shipment."""
    awb = awb.strip()
    if not awb or len(awb) > 40:
        return "unreadable"
    if shipment.awb == awb:
        return "already_known"
    with all_stores():
        taken = Shipment.objects.filter(courier_code=shipment.courier_code, awb=awb).exclude(pk=shipment.pk).exists()
    if taken:
        _alert(order, shipment, AK.AWB_TAKEN, awb)
        return "awb_taken"
    before, shipment.awb, order.awb = shipment.awb, awb, awb
    if not before:
        order.save(update_fields=["awb"])
        if shipment.booked_at is None:
            shipment.booked_at = shipment.ordered_at = timezone.now()
        _line(order, "shipping.awb", BOSCOD, {"awb": awb})
        if shipment.status in (SS.BOOKING, SS.BOOKED):
            shipment.status = SS.AWAITING_PICKUP
            axis_set(order, "shipping_status", SS.AWAITING_PICKUP, BOSCOD)
        order_event(order=order, status=Order.Status.READY, actor=BOSCOD, reason="awb")
        return "awb_stored"
    order.label_printed_at = None  # what is printed leads nowhere
    order.save(update_fields=["awb", "label_printed_at"])
    FormerAwb.objects.get_or_create(store_id=shipment.store_id, shipment=shipment, awb=before)
    FormerAwb.objects.filter(shipment=shipment, awb=awb).delete()
    _alert(order, shipment, AK.AWB, f"{before} → {awb}")
    return "awb_replaced"


def _shipment_by(boscod_number: str, order_code: str) -> Shipment | None:
    with all_stores():
        found = Shipment.objects.filter(boscod_number=boscod_number).first() if boscod_number else None
        return found or (Shipment.objects.filter(order_code=order_code).first() if order_code else None)


def shipment_refresh(*, shipment_id: int) -> str:
    """Ask BosCOD for the parcel's whole journey and apply what is new. The source of truth after any webhook."""
    with all_stores():
        shipment = Shipment.objects.get(pk=shipment_id)
        if not shipment.boscod_number:
            return "not_booked"
        Shipment.objects.filter(pk=shipment_id).update(asked_at=timezone.now())
    tracking = boscod_client().tracking(shipment.boscod_number)
    with store_scope(shipment.store_id), transaction.atomic():
        order = order_lock(shipment.order_id)
        return _journey_apply(order, Shipment.objects.get(pk=shipment_id), tracking)


def _journey_apply(order: Order, shipment: Shipment, tracking: Tracking) -> str:
    newest = max(tracking.events, key=lambda event: event.occurred_at) if tracking.events else None
    known = TrackingEvent.objects.filter(shipment=shipment).aggregate(last=Max("occurred_at"))["last"]
    new = _store_events(shipment, tracking.events)
    shipment.polled_at = timezone.now()
    if tracking.ordered_at and (ordered := _moment(tracking.ordered_at)):
        shipment.ordered_at = ordered
    if tracking.reconciled_at:
        shipment.reconciled_at = _moment(tracking.reconciled_at)
    if tracking.awb:
        _awb_now(order, shipment, tracking.awb)
    # an answer that was on its way while a newer one was applied says nothing of the present
    is_stale = known is not None and (newest is None or (_moment(newest.occurred_at) or known) < known)
    if not is_stale:
        if newest is not None:
            shipment.courier_text = newest.note[:300]
        _apply_reading(order, shipment, reading_of(tracking, shipment.status), tracking.last_status)
    shipment.save()
    return f"{new} new events"


def _moment(epoch: int) -> datetime | None:
    """None for a number that is no moment of this century."""
    return datetime.fromtimestamp(epoch, tz=UTC) if 978_307_200 <= epoch < 4_102_444_800 else None


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
                courier_status=(event.status or "")[:40],
                occurred_at=_moment(event.occurred_at) or shipment.created_at,
                pod_photo=(event.pod_photo or "")[:300],
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
    SS.RETURNED: Order.Status.RETURNING,  # the store ends a return, when it has the parcel in its hands
    SS.LOST: Order.Status.CLOSED,
    SS.DAMAGED: Order.Status.CLOSED,
}


def _apply_reading(order: Order, shipment: Shipment, reading: Reading, code: str) -> None:
    """Write the shipping axis and let it drive the status axis. The order's row is locked.

    What is unclear or contradicts what was sure before changes nothing and is shown to a person.
    """
    if reading.doubtful:
        _alert(order, shipment, AK.WORDS, shipment.courier_text or code)
        return
    if reading.status is None:
        return
    before, status = SS(shipment.status), SS(reading.status)
    if status == before:
        return
    if _contradicts(before, status, reading.by_code):
        _alert(order, shipment, AK.CONTRADICTION, f"{before.value} → {status.value}: {shipment.courier_text}")
        return
    lowest = _RANK[SS.PICKED_UP] if before == SS.PROBLEM else _RANK[before]
    if before in FINAL or _RANK[status] < lowest:
        return
    ParcelAlert.objects.filter(shipment=shipment, kind=AK.WORDS, seen_at__isnull=True).update(seen_at=timezone.now())
    now = timezone.now()
    shipment.status = status
    if status != SS.CANCELLED and _RANK[status] >= _RANK[SS.PICKED_UP] and shipment.picked_up_at is None:
        shipment.picked_up_at = now
    if status == SS.DELIVERED:
        shipment.delivered_at = now
    axis_set(order, "shipping_status", status, BOSCOD, courier=shipment.courier_text)
    if status == SS.PROBLEM:
        notify_many(store_id=order.store_id, lines=[order_line(order, "shipment.problem", text=shipment.courier_text)])
    target = _ORDER_STATUS.get(status)
    if target is None or order.status == target:
        return
    moved = order_event(order=order, status=target, actor=BOSCOD, reason=shipment.courier_text)
    if not moved and not _is_beyond(order.status, target):
        _alert(order, shipment, AK.ORDER_STAYS, f"{order.status} · {status.value}: {shipment.courier_text}")


def _contradicts(before: SS, status: SS, by_code: bool) -> bool:
    """Whether ``status`` cannot be true if ``before`` was. Words that are not final say nothing against what is."""
    on_its_way = _RANK[status] >= _RANK[SS.PICKED_UP] and status != SS.CANCELLED
    if before == SS.CANCELLED:
        return on_its_way
    if before in FINAL:
        return status in FINAL or status in (SS.RETURN_IN_TRANSIT, SS.PROBLEM) or (by_code and on_its_way)
    if before == SS.RETURN_IN_TRANSIT:
        return status == SS.DELIVERED
    return status == SS.CANCELLED and _RANK[before] >= _RANK[SS.PICKED_UP]


def _is_beyond(current: str, target: str) -> bool:
    """Whether an order need not move to ``target`` any more."""
    if current in EVENT_PATH and target in EVENT_PATH:
        return EVENT_PATH.index(current) >= EVENT_PATH.index(target)
    return target == Order.Status.RETURNING and current == Order.Status.RETURNED


def _alert(order: Order, shipment: Shipment, kind: str, text: str) -> None:
    """Show a person what the courier says: once per text, on the order, in its timeline and in the bell."""
    text = text[:300]
    _row, is_new = ParcelAlert.objects.get_or_create(
        shipment=shipment, kind=kind, text=text, defaults={"store_id": shipment.store_id}
    )
    if not is_new:
        return
    _line(order, "shipping.alert", BOSCOD, {"alert": kind, "text": text})
    notify_many(store_id=order.store_id, lines=[order_line(order, f"shipment.{kind}", text=text)])


@transaction.atomic
def alerts_seen(*, order_id: int, actor: Actor) -> int:
    """A person has looked at the open alerts of the order's parcels. Repeating it changes nothing."""
    actor.require("shipping.edit")
    order = order_lock(order_id)
    rows = ParcelAlert.objects.filter(shipment__order=order, seen_at__isnull=True)
    seen = rows.update(seen_at=timezone.now(), seen_by=actor.membership)
    if seen:
        _line(order, "shipping.alert_seen", actor, {"number": seen})
    return seen


POLL_EVERY = timedelta(hours=3)
POLLED = (*OPEN, Order.Status.RETURNING)


def parcels_poll(limit: int = 100) -> int:
    """Ask about open parcels that were silent for three hours, and resolve bookings whose answer was lost.

    Who was never asked comes first, then who waits longest; a call that fails costs only its own turn. Returns how many
    answered.
    """
    with all_stores():
        waiting = F("asked_at").asc(nulls_first=True)
        rows = Shipment.objects.filter(boscod_number__isnull=False, order__status__in=list(POLLED))
        rows = rows.exclude(status__in=FINAL).exclude(polled_at__gt=timezone.now() - POLL_EVERY)
        ids = list(rows.order_by(waiting, "id").values_list("pk", flat=True)[:limit])
        lost = list(
            Shipment.objects.filter(
                status=SS.BOOKING, boscod_number__isnull=True, created_at__lt=timezone.now() - timedelta(minutes=2)
            )
            .order_by(waiting, "id")
            .values_list("pk", "store_id")[:limit]
        )
    for shipment_id, store_id in lost:
        row = Shipment.objects.with_scopes_disabled().filter(pk=shipment_id)
        row.update(asked_at=timezone.now())
        row.filter(error="").update(error="unknown")
        try:
            shipment_send_task({"shipment_id": shipment_id, "store_id": store_id})
        except Exception:
            log.exception("booking_not_resolved", shipment=shipment_id)
    done = 0
    for shipment_id in ids:
        try:
            shipment_refresh(shipment_id=shipment_id)
            done += 1
        except GatewayError as exc:
            if exc.code == "breaker_open":
                return done  # the service is away: the next run begins with those who were not asked
            log.warning("parcel_not_asked", shipment=shipment_id, code=exc.code)
        except Exception:
            log.exception("parcel_not_understood", shipment=shipment_id)
    return done


# -- by hand -------------------------------------------------------------------------------------------------------


def shipment_cancel(*, order_id: int, reason: str, actor: Actor) -> None:
    """Take a booking back. If the courier refuses (already picked up) the order stays and says why."""
    actor.require("shipping.edit")
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
        _line(order, "shipping.cancelled", actor, {"reason": reason})


@transaction.atomic
def shipment_by_hand(*, order_id: int, courier_name: str, awb: str, actor: Actor) -> Shipment:
    """Own courier, or an AWB made elsewhere (endpoint "Update Pengiriman Kurir")."""
    actor.require("shipping.edit")
    awb = cleaning.code(awb)
    order = order_lock(order_id)
    if order.is_held or order.status not in (*BOOKABLE, Order.Status.READY):
        raise Conflict(_("This order cannot get an AWB now."), code="illegal_transition")
    if Shipment.objects.filter(order=order).exclude(status=SS.CANCELLED).exists():
        raise Conflict(_("A courier is already booked for this order."), code="already_booked")
    if not order.is_cod and order.payment_status not in PAID_ENOUGH:
        actor.require("ship_unpaid")
    number = Shipment.objects.filter(order=order).count() + 1
    try:
        with transaction.atomic():
            shipment = Shipment.objects.create(
                store_id=order.store_id, order=order, order_code=f"{order.order_number}-H{number}",
                courier_code=(order.courier_code or "own"), is_own_courier=True, awb=awb,
                status=SS.AWAITING_PICKUP, weight_grams=max(order.weight_grams, 1),
                cod_amount=cod_due(order), booked_at=timezone.now(), ordered_at=timezone.now(),
            )  # fmt: skip
    except IntegrityError:
        raise ValidationFailed.field("awb", _("This AWB belongs to another parcel.")) from None
    order.awb, order.shipping_status = awb, SS.AWAITING_PICKUP
    order.courier_name = courier_name.strip() or order.courier_name
    order.save(update_fields=["awb", "shipping_status", "courier_name"])
    _line(order, "shipping.by_hand", actor, {"awb": awb, "courier": order.courier_name})
    order_event(order=order, status=Order.Status.READY, actor=actor, reason="awb")
    return shipment


def _line(order: Order, kind: str, actor: Actor, data: dict[str, Any]) -> None:
    timeline.record(
        store_id=order.store_id, subject="order", subject_id=order.pk, kind=kind, actor=actor, data=data,
    )  # fmt: skip
