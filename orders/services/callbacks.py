"""Messages from outside services: kept first, understood later.

The intake verifies the signature, inserts one row and answers; the work is done by an outbox handler. A message whose
event id is known is a repetition and changes nothing. What nobody can read or use is kept with an outcome that says so
(``ALARMS``) for the platform's staff.
"""

from __future__ import annotations

import hashlib
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone

from bosonline import outbox, timeline
from bosonline.actor import WINPAY
from bosonline.gateways.boscod import WebhookEvent
from bosonline.gateways.winpay.values import moment_of
from bosonline.outbox import handler
from bosonline.tenancy import all_stores
from orders.models import GatewayCallback, Payment, Receipt, Shipment
from orders.money.receipts import gateway_paid
from orders.services.shipping import awb_assigned, shipment_refresh

log = structlog.get_logger("callbacks")


# Outcomes that somebody of the platform has to look at; the others say what was done.
ALARMS = frozenset(
    {"unreadable", "unreadable_amount", "unknown_reference", "unknown_shipment", "payment_id_reused", "amount_changed",
     "awb_taken", "status_04", "status_05", "status_06"}
)  # fmt: skip
# one queue's slow service is not the other's: money is a buyer's matter, news of parcels can take their time
TOPICS = {"winpay": "callback.process", "boscod": "callback.parcel"}


@transaction.atomic
def callback_keep(*, service: str, event_id: str, kind: str, body: dict[str, Any]) -> int:
    """Store a message and queue its work. Answers its row, which for a repetition is the row of the first time."""
    if len(event_id) > 120:
        event_id = f"{event_id[:55]}:{hashlib.sha256(event_id.encode()).hexdigest()}"
    row = GatewayCallback(service=service, event_id=event_id, kind=kind[:30], body=body)
    GatewayCallback.objects.bulk_create([row], ignore_conflicts=True)
    known = GatewayCallback.objects.filter(service=service, event_id=event_id).values_list("pk", flat=True).get()
    outbox.enqueue(TOPICS[service], {"callback_id": known}, dedup_key=f"callback.process:{known}")
    return known


@handler("callback.process", lane="buyer")
@handler("callback.parcel", lane="parcels", limit=3)
def callback_process(payload: dict[str, Any]) -> None:
    """Do what a message says, once."""
    row = GatewayCallback.objects.get(pk=payload["callback_id"])
    if row.processed_at is not None:
        return
    if row.service == "winpay":
        _process_locked(row.pk)
    else:
        _done(row, _boscod(row))  # BosCOD is asked, so the row is not locked; the outbox runs it in one place only


def _process_locked(pk: int) -> None:
    """Money: nothing outside is asked, so the row stays locked until it is booked and marked."""
    with transaction.atomic():
        row = GatewayCallback.objects.select_for_update().get(pk=pk)
        if row.processed_at is None:
            _done(row, _winpay(row))


def _done(row: GatewayCallback, outcome: str) -> None:
    if outcome in ALARMS:
        log.error("callback_alarm", service=row.service, callback=row.pk, outcome=outcome)
    GatewayCallback.objects.filter(pk=row.pk).update(processed_at=timezone.now(), outcome=outcome[:40])


def _winpay(row: GatewayCallback) -> str:
    body = row.body
    status, problem = body.get("status", "00"), body.get("problem", "")
    reference, payment_id = body.get("reference", ""), body.get("payment_id", "")
    if problem or not reference:
        return problem or "unreadable"
    with all_stores():
        owner = Payment.objects.filter(reference=reference).values_list("store_id", "order_id").first()
    if status != "00":
        outcome = f"status_{status}"[:40]
        if owner is not None and outcome in ALARMS:
            _tell(owner, outcome, body)
        return outcome
    outcome = gateway_paid(
        reference=reference,
        paid_amount=int(body["amount"]),
        gateway_payment_id=payment_id,
        reference_no=body.get("reference_no", ""),
        paid_at=moment_of(body.get("paid_at")) or row.received_at,
    )
    if outcome == "already_recorded" and _recorded_amount(payment_id) not in (None, body["amount"]):
        return "amount_changed"
    return outcome


def _recorded_amount(payment_id: str) -> int | None:
    with all_stores():
        rows = Receipt.objects.filter(source="winpay", source_id=payment_id)
        return rows.values_list("amount", flat=True).first()


def _tell(owner: tuple[int, int], outcome: str, body: dict[str, Any]) -> None:
    """The seller sees on the order what the platform sees in its list."""
    timeline.record(
        store_id=owner[0], subject="order", subject_id=owner[1], kind="payment.gateway_alarm", actor=WINPAY,
        data={"outcome": outcome, "amount": body.get("amount") or 0, "id": body.get("payment_id", "")[:100]},
    )  # fmt: skip


def _boscod(row: GatewayCallback) -> str:
    body = row.body
    if row.kind == "unreadable":
        return "unreadable"
    number, code = body.get("order_number", "")[:41], body.get("order_code", "")
    if len(number) > 40:
        return "unreadable"
    if row.kind == "awb.created":
        return awb_assigned(boscod_number=number, order_code=code, awb=body.get("awb", ""))
    with all_stores():
        shipment = Shipment.objects.filter(boscod_number=number).first() if number else None
        shipment = shipment or Shipment.objects.filter(order_code=code).exclude(order_code="").first()
        if shipment is not None and shipment.boscod_number is None and number:
            Shipment.objects.filter(pk=shipment.pk).update(boscod_number=number)
    if shipment is None:
        return "unknown_shipment"
    return shipment_refresh(shipment_id=shipment.pk)


def boscod_body(event: WebhookEvent) -> dict[str, Any]:
    """What is kept of a BosCOD webhook."""
    return {"order_number": event.order_number, "order_code": event.order_code, "awb": event.awb, "raw": event.raw}


def callbacks_sweep(limit: int = 1000) -> int:
    """Hand over again what was left: messages without a result whose outbox row is gone, was done without one, or was
    given up an hour ago. What is handed over waits like any other, so the next round takes the next ones."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.id, c.service FROM orders_gatewaycallback c
            LEFT JOIN bosonline_outboxmessage o ON o.dedup_key = 'callback.process:' || c.id
            WHERE c.processed_at IS NULL AND c.received_at < now() - interval '1 minute'
              AND (o.id IS NULL OR o.done_at < now() - interval '1 minute' OR o.failed_at < now() - interval '1 hour')
            ORDER BY c.id LIMIT %s
            """,
            [limit],
        )
        rows = cursor.fetchall()
    left = 0
    for service, topic in TOPICS.items():
        mine = [pk for pk, name in rows if name == service]
        left += outbox.enqueue_again(topic, [({"callback_id": pk}, f"callback.process:{pk}") for pk in mine])
    return left
