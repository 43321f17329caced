"""Messages from outside services: kept first, understood later.

The intake verifies the signature, inserts one row and answers; the work is done by an outbox handler. A message whose
event id is known is a repetition and changes nothing. Unknown references are kept for the platform's staff.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from bosonline import outbox
from bosonline.gateways.boscod import WebhookEvent
from bosonline.outbox import handler
from bosonline.tenancy import all_stores
from orders.models import GatewayCallback, Shipment
from orders.money.receipts import gateway_paid
from orders.services.shipping import awb_assigned, shipment_refresh

log = structlog.get_logger("callbacks")


@transaction.atomic
def callback_keep(*, service: str, event_id: str, kind: str, body: dict[str, Any]) -> bool:
    """Store a message and queue its work. False when it was here before."""
    row = GatewayCallback(service=service, event_id=event_id[:120], kind=kind[:30], body=body)
    GatewayCallback.objects.bulk_create([row], ignore_conflicts=True)
    known = GatewayCallback.objects.filter(service=service, event_id=event_id[:120]).values_list("pk", flat=True).get()
    outbox.enqueue("callback.process", {"callback_id": known}, dedup_key=f"callback.process:{known}")
    return True


@handler("callback.process")
def callback_process(payload: dict[str, Any]) -> None:
    """Do what a message says, once. The row is locked so that two workers cannot both do it."""
    row = GatewayCallback.objects.get(pk=payload["callback_id"])
    if row.processed_at is not None:
        return
    outcome = _winpay(row) if row.service == "winpay" else _boscod(row)
    GatewayCallback.objects.filter(pk=row.pk).update(processed_at=timezone.now(), outcome=outcome[:40])


def _winpay(row: GatewayCallback) -> str:
    body = row.body
    return gateway_paid(
        reference=body["reference"],
        paid_amount=int(body["amount"]),
        gateway_payment_id=body["payment_id"],
        paid_at=parse_datetime(body.get("paid_at") or "") or row.received_at,
    )


def _boscod(row: GatewayCallback) -> str:
    body = row.body
    number, code = body.get("order_number", ""), body.get("order_code", "")
    if row.kind == "awb.created":
        return awb_assigned(boscod_number=number, order_code=code, awb=body.get("awb", ""))
    with all_stores():
        shipment = Shipment.objects.filter(boscod_number=number).first()
        shipment = shipment or Shipment.objects.filter(order_code=code).exclude(order_code="").first()
        if shipment is not None and shipment.boscod_number is None:
            Shipment.objects.filter(pk=shipment.pk).update(boscod_number=number)
    if shipment is None:
        return "unknown_shipment"
    return shipment_refresh(shipment_id=shipment.pk)


def boscod_body(event: WebhookEvent) -> dict[str, Any]:
    """What is kept of a BosCOD webhook."""
    return {"order_number": event.order_number, "order_code": event.order_code, "awb": event.awb, "raw": event.raw}


def callbacks_sweep(limit: int = 200) -> int:
    """Messages that were kept but not processed within a minute: queue them again (a worker died in between)."""
    old = timezone.now() - timedelta(minutes=1)
    rows = GatewayCallback.objects.filter(processed_at__isnull=True, received_at__lt=old).values_list("pk", flat=True)
    done = 0
    for pk in rows[:limit]:
        try:
            callback_process({"callback_id": pk})
            done += 1
        except Exception:
            log.exception("callback_failed", callback=pk)
    return done
