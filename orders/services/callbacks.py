"""Messages from outside services: kept first, understood later.

The intake verifies the signature, inserts one row and answers; the work is done by an outbox handler. A message whose
event id is known is a repetition and changes nothing. What nobody can read or use is kept with an outcome that says so
(``ALARMS``) for the platform's staff.
"""

from __future__ import annotations

import hashlib
import time
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from bosonline import outbox, timeline
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
_CLAIM_SECONDS = 120  # longer than any call to BosCOD with its retries


@transaction.atomic
def callback_keep(*, service: str, event_id: str, kind: str, body: dict[str, Any]) -> int:
    """Store a message and queue its work. Answers its row, which for a repetition is the row of the first time."""
    if len(event_id) > 120:
        event_id = f"{event_id[:55]}:{hashlib.sha256(event_id.encode()).hexdigest()}"
    row = GatewayCallback(service=service, event_id=event_id, kind=kind[:30], body=body)
    GatewayCallback.objects.bulk_create([row], ignore_conflicts=True)
    known = GatewayCallback.objects.filter(service=service, event_id=event_id).values_list("pk", flat=True).get()
    outbox.enqueue("callback.process", {"callback_id": known}, dedup_key=f"callback.process:{known}")
    return known


@handler("callback.process")
def callback_process(payload: dict[str, Any]) -> None:
    """Do what a message says, once, however many workers are at it."""
    row = GatewayCallback.objects.get(pk=payload["callback_id"])
    if row.processed_at is not None:
        return
    if row.service == "winpay":
        _process_locked(row.pk)
    else:
        _process_claimed(row)


def _process_locked(pk: int) -> None:
    """Money: nothing outside is asked, so the row stays locked until it is booked and marked."""
    with transaction.atomic():
        row = GatewayCallback.objects.select_for_update().get(pk=pk)
        if row.processed_at is None:
            _done(row, _winpay(row))


def _process_claimed(row: GatewayCallback) -> None:
    """Parcels: BosCOD is asked, so the row is not locked but claimed; a claim whose worker died runs out."""
    if row.outcome.startswith("claimed:") and time.time() - float(row.outcome[8:]) < _CLAIM_SECONDS:
        return
    claim = f"claimed:{time.time():.6f}"
    rows = GatewayCallback.objects.filter(pk=row.pk, processed_at__isnull=True)
    if not rows.filter(outcome=row.outcome).update(outcome=claim):
        return  # another worker was quicker
    try:
        outcome = _boscod(row)
    except BaseException:
        rows.filter(outcome=claim).update(outcome="")
        raise
    _done(row, outcome)


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
        store_id=owner[0], subject="order", subject_id=owner[1], kind="payment.gateway_alarm", actor_label="winpay",
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


def callbacks_sweep(limit: int = 200) -> int:
    """Messages that were kept but not processed within a minute (a worker died in between). One that failed goes behind
    those that have not been tried, and behind those that failed before it."""
    old = timezone.now() - timedelta(minutes=1)
    rows = GatewayCallback.objects.filter(processed_at__isnull=True, received_at__lt=old)
    done = 0
    for pk in list(rows.order_by("outcome", "id").values_list("pk", flat=True)[:limit]):
        try:
            callback_process({"callback_id": pk})
            done += 1
        except Exception:
            log.exception("callback_failed", callback=pk)
            GatewayCallback.objects.filter(pk=pk, processed_at__isnull=True).update(outcome=f"failed:{time.time():.6f}")
    return done
