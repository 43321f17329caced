"""The ways to pay an order: opened, issued at Winpay, replaced, and closed there when they are no longer wanted.

A row is committed before Winpay is asked and has a reference of ours that Winpay takes once: an answer that is lost
leaves a row that is asked for again, never two VAs for one row and never a row that nobody looks at any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import outbox, timeline
from bosonline.actor import SYSTEM, Actor
from bosonline.errors import Conflict, NotFound, ServiceFailed, ValidationFailed
from bosonline.gateways.base import GatewayError, GatewayRejected
from bosonline.gateways.winpay import TrxIdExists, WinpayClient, winpay_client
from bosonline.outbox import handler
from bosonline.tenancy import store_scope
from orders.models import Order, Payment
from orders.services.axes import axis_set
from orders.services.status import order_lock
from stores.models import BankAccount

S, P = Payment.Status, Order.PaymentStatus
OPEN = (S.CREATING, S.PENDING, S.PARTIAL)
GATEWAY_METHODS = (Order.Method.VA, Order.Method.QRIS)
DEFAULT_CHANNEL = {"va": "BCA", "qris": "QRIS"}
ANSWER_LOST = "answer_lost"
REISSUES = 3  # new references for one request when Winpay says that each exists


# -- opening -------------------------------------------------------------------------------------------------------


@transaction.atomic
def payment_renew(*, order_id: int, method: str, channel: str, actor: Actor) -> Payment:
    """A new open way by ``method``; the old one is closed, at Winpay as well.

    Raises 409 when money came, or the order is cancelled or on its way; at ``payment_method`` for an unknown one.
    """
    order = order_lock(order_id)
    if order.payment_status not in (P.UNPAID, P.EXPIRED, P.COD_PENDING) or order.paid_amount:
        raise Conflict(_("Money for this order has come already, so its payment method stays."), code="already_paid")
    if order.status not in (Order.Status.NEW, Order.Status.CONFIRMED):
        raise Conflict(_("The payment method cannot change any more."), code="too_late")
    if method not in Order.Method.values:
        raise ValidationFailed.field("payment_method", _("Choose a payment method."))
    payment = way_open(order, method=method, channel=channel)
    data = {"method": method, "channel": payment.channel, "total": order.total}
    timeline.record(
        store_id=order.store_id, subject="order", subject_id=order.pk, kind="payment.method", actor=actor, data=data,
    )  # fmt: skip
    axis_set(order, "payment_status", P.COD_PENDING if method == Order.Method.COD else P.UNPAID, actor)
    return payment


def way_open(order: Order, *, method: str, channel: str) -> Payment:
    """Replace the open way of the (locked) order by a new one over what is still due."""
    ways_close(list(Payment.objects.select_for_update().filter(order=order, status__in=(*OPEN, S.FAILED))))
    gateway = method in GATEWAY_METHODS
    due = None if method == Order.Method.COD else timezone.now() + timedelta(hours=order.store.payment_hours)
    account = BankAccount.objects.filter(is_active=True, deleted_at__isnull=True).order_by("-is_default", "id").first()
    payment = Payment.objects.create(
        store_id=order.store_id,
        order=order,
        method=method,
        channel=channel or DEFAULT_CHANNEL.get(method, ""),
        status=S.CREATING if gateway else S.PENDING,
        amount=max(order.total - order.paid_amount, 0),
        reference=_next_reference(order) if gateway else None,
        expires_at=due,
        bank_account=account if method == Order.Method.BANK_TRANSFER else None,
    )
    order.payment_method, order.payment_channel, order.payment_due_at = method, payment.channel, due
    order.save(update_fields=["payment_method", "payment_channel", "payment_due_at"])
    if gateway:
        outbox.enqueue("payment.create", {"order_id": order.pk, "store_id": order.store_id})
    return payment


def _next_reference(order: Order) -> str:
    return f"{order.order_number}-{Payment.objects.filter(order=order).count() + 1}"


# -- issuing -------------------------------------------------------------------------------------------------------


@handler("payment.create")
def payment_create_task(payload: dict[str, Any]) -> None:
    """After the order's commit: have the VA or QR issued. What is not known is tried again by the outbox."""
    with store_scope(payload["store_id"]):
        payment_issue(order_id=payload["order_id"])


def payment_issue(*, order_id: int) -> Payment | None:
    """Ask Winpay for the open gateway payment of an order. Repeating it gives the same VA.

    A refusal is stored and shown (``failed``). Raises :class:`GatewayError` when Winpay is away or its answer was lost:
    the caller tries again with the same reference. Winpay answers that with "exists" when the first try had arrived;
    its number cannot be asked for then, so the row is put aside (money on it is still found by its reference) and
    another is issued.
    """
    for _attempt in range(REISSUES):
        payment = Payment.objects.select_related("order").filter(order_id=order_id, status=S.CREATING).first()
        if payment is None:
            return Payment.objects.filter(order_id=order_id, status=S.PENDING).first()
        if payment.amount == 0:
            return payment  # nothing to pay: the order's own task says so
        try:
            issued = _issue(winpay_client(), payment)
        except TrxIdExists:
            _put_aside(payment)
            continue
        except GatewayRejected as exc:
            _refused(payment, exc.message[:200])
            return Payment.objects.get(pk=payment.pk)
        except GatewayError as exc:
            Payment.objects.filter(pk=payment.pk).update(error=exc.message[:200])
            raise
        return _issued(payment, issued)
    raise GatewayRejected("winpay", "every reference exists", code="trx_id_exists")


def _issue(client: WinpayClient, payment: Payment) -> dict[str, Any]:
    """What Winpay answers, as columns of the payment."""
    expires = payment.expires_at or timezone.now() + timedelta(hours=24)
    reference = payment.reference or ""
    if payment.method == Order.Method.VA:
        channel = payment.channel or DEFAULT_CHANNEL["va"]
        va = client.create_va(
            trx_id=reference, channel=channel, name=payment.order.buyer_name, amount=payment.amount, expires_at=expires
        )
        return {"channel": channel, "va_number": va.va_number, "contract_id": va.contract_id}
    qr = client.create_qris(reference=reference, amount=payment.amount, expires_at=expires)
    return {"channel": "QRIS", "qr_content": qr.qr_content, "qr_url": qr.qr_url, "contract_id": qr.contract_id}


@transaction.atomic
def _issued(payment: Payment, columns: dict[str, Any]) -> Payment:
    """Keep the number, also when the buyer has chosen another way meanwhile: then it is to be closed."""
    order_lock(payment.order_id)
    now = Payment.objects.select_for_update().get(pk=payment.pk)
    for name, value in columns.items():
        setattr(now, name, value)
    now.error = ""
    if now.status == S.CREATING:
        now.status = S.PENDING
    now.save(update_fields=[*columns, "error", "status"])
    if now.status != S.PENDING:
        _close_wanted(now)
    return now


@transaction.atomic
def _refused(payment: Payment, why: str) -> None:
    order = order_lock(payment.order_id)
    if Payment.objects.filter(pk=payment.pk, status=S.CREATING).update(error=why, status=S.FAILED):
        timeline.record(
            store_id=order.store_id, subject="order", subject_id=order.pk, kind="payment.failed",
            actor=SYSTEM, data={"method": payment.method, "error": why},
        )  # fmt: skip


@transaction.atomic
def _put_aside(payment: Payment) -> None:
    """Winpay has our reference and we have no number: the row waits for late money, a new one is issued."""
    order = order_lock(payment.order_id)
    now = Payment.objects.select_for_update().get(pk=payment.pk)
    if now.status != S.CREATING:
        return
    now.status, now.error, now.close_error = S.CANCELLED, "", ANSWER_LOST
    now.close_wanted_at = timezone.now()
    now.save(update_fields=["status", "error", "close_error", "close_wanted_at"])
    Payment.objects.create(
        store_id=now.store_id, order=order, method=now.method, channel=now.channel, status=S.CREATING,
        amount=now.amount, reference=_next_reference(order), expires_at=now.expires_at,
    )  # fmt: skip


def payment_issue_now(*, order_id: int) -> Payment:
    """Endpoint "Winpay service": create or renew and answer with the number. Says which service failed."""
    try:
        payment = payment_issue(order_id=order_id)
    except GatewayError as exc:
        raise ServiceFailed(
            _("Winpay does not answer right now. The payment will be created as soon as it does."),
            extra={"service": "winpay"},
        ) from exc
    if payment is None:
        raise NotFound(_("This order has no open payment."))
    if payment.status == S.FAILED:
        raise ServiceFailed(payment.error, code="gateway_refused", status=502, extra={"service": "winpay"})
    return payment


# -- closing -------------------------------------------------------------------------------------------------------


def ways_close(ways: Iterable[Payment]) -> None:
    """These ways (locked, open) are no longer wanted: their numbers are free, and Winpay is told."""
    for way in ways:
        if way.status == S.CREATING and way.error:  # an answer was lost: there may be a VA that nobody can name
            way.close_wanted_at, way.close_error = timezone.now(), ANSWER_LOST
        way.status, way.unique_code = S.CANCELLED, None
        way.save(update_fields=["status", "unique_code", "close_wanted_at", "close_error"])
        if way.va_number:
            _close_wanted(way)


def _close_wanted(way: Payment) -> None:
    if way.closed_at is not None:
        return
    way.close_wanted_at = timezone.now()
    way.save(update_fields=["close_wanted_at"])
    outbox.enqueue(
        "payment.close", {"payment_id": way.pk, "store_id": way.store_id}, dedup_key=f"payment.close:{way.pk}"
    )
