"""Money coming in (product.md §8): gateway payments, transfers confirmed by people, cash collected by couriers.

Two facts keep money from being doubled: ``Payment.gateway_payment_id`` is unique, and every change happens under the
order's row lock after looking at the payment's present state.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import outbox, timeline
from bosonline.errors import Conflict, NotFound, ServiceFailed, ValidationFailed
from bosonline.gateways.base import GatewayError, GatewayOutcomeUnknown, GatewayRejected
from bosonline.gateways.winpay import TrxIdExists, winpay_client
from bosonline.outbox import handler
from bosonline.tenancy import all_stores, store_scope
from orders.models import Order, Payment
from orders.services.status import SYSTEM, WINPAY, Actor, order_event, order_lock
from sellers.rights import Member
from stores.models import BankAccount

log = structlog.get_logger("payments")

S, P = Payment.Status, Order.PaymentStatus
WAITING = (S.CREATING, S.PENDING, S.PARTIAL, S.CONFLICT)
GATEWAY_METHODS = (Order.Method.VA, Order.Method.QRIS)
DEFAULT_CHANNEL = {"va": "BCA", "qris": "QRIS"}


# -- creating ------------------------------------------------------------------------------------------------------


@handler("payment.create")
def payment_create_task(payload: dict[str, Any]) -> None:
    """After the order's commit: have the VA or QR issued. An outage is retried by the outbox."""
    with store_scope(payload["store_id"]):
        payment_issue(order_id=payload["order_id"])


def payment_issue(*, order_id: int, tries: int = 3) -> Payment | None:
    """Ask Winpay for the open gateway payment of an order. Repeating it gives the same VA.

    Raises :class:`GatewayError` when Winpay is away (the caller retries); a refusal is stored and shown.
    """
    payment = Payment.objects.select_related("order").filter(order_id=order_id, status=S.CREATING).first()
    if payment is None:
        return Payment.objects.filter(order_id=order_id, status=S.PENDING).first()
    if payment.amount == 0:
        payment_free(order_id=order_id)
        return Payment.objects.get(pk=payment.pk)
    order = payment.order
    expires = payment.expires_at or timezone.now() + timedelta(hours=24)
    client = winpay_client()
    rows = Payment.objects.filter(pk=payment.pk, status=S.CREATING)
    try:
        if payment.method == Order.Method.VA:
            channel = payment.channel or DEFAULT_CHANNEL["va"]
            va = client.create_va(
                trx_id=payment.reference or "", channel=channel, name=order.buyer_name, amount=payment.amount,
                expires_at=expires,
            )  # fmt: skip
            rows.update(status=S.PENDING, channel=channel, va_number=va.va_number, contract_id=va.contract_id, error="")
        else:
            qr = client.create_qris(reference=payment.reference or "", amount=payment.amount, expires_at=expires)
            rows.update(
                status=S.PENDING, channel="QRIS", qr_content=qr.qr_content, contract_id=qr.contract_id, error=""
            )
    except TrxIdExists as exc:
        # an earlier try arrived and its answer was lost; without its contract nobody can ask for it
        rows.update(error=exc.message[:200])
        _reference_anew(payment)
        if tries > 1:
            return payment_issue(order_id=order_id, tries=tries - 1)
        raise GatewayOutcomeUnknown(exc.service, exc.message, code=exc.code) from exc
    except GatewayRejected as exc:
        rows.update(error=exc.message[:200], status=S.FAILED)
        with transaction.atomic():
            payment_line(order, "payment.failed", SYSTEM, {"method": payment.method, "error": exc.message[:200]})
    except GatewayOutcomeUnknown as exc:
        rows.update(error=exc.message[:200])
        if tries == 3:  # the same reference once more: either it had not arrived, or Winpay says that it had
            return payment_issue(order_id=order_id, tries=tries - 1)
        raise
    except GatewayError as exc:
        rows.update(error=exc.message[:200])
        raise
    return Payment.objects.get(pk=payment.pk)


@transaction.atomic
def _reference_anew(payment: Payment) -> None:
    """The payment goes on under a reference Winpay has not seen. The old one stays known: money on it finds the order."""
    order = order_lock(payment.order_id)
    if not Payment.objects.filter(pk=payment.pk, status=S.CREATING).update(status=S.CANCELLED, unique_code=None):
        return
    payment.pk = None
    payment._state.adding = True
    payment.reference = f"{order.order_number}-{Payment.objects.filter(order=order).count() + 1}"
    payment.save()


@transaction.atomic
def payment_renew(*, order_id: int, method: str, channel: str, actor: Actor) -> Payment:
    """A new open payment by ``method``; the old one is closed first, so that only one can be paid.

    Raises 409 when the order is paid, cancelled or already on its way.
    """
    order = order_lock(order_id)
    if order.payment_status in (P.PAID, P.SETTLED, P.COD_COLLECTED, P.REFUNDED, P.PARTIAL, P.CONFLICT, P.WAITING):
        raise Conflict(_("Money for this order has come already, so its payment method stays."), code="already_paid")
    if order.status not in (Order.Status.NEW, Order.Status.CONFIRMED):
        raise Conflict(_("The payment method cannot change any more."), code="too_late")
    if method not in Order.Method.values:
        raise ValidationFailed.field("payment_method", _("Choose a payment method."))
    Payment.objects.filter(order=order, status__in=WAITING).update(status=S.CANCELLED, unique_code=None)
    number = Payment.objects.filter(order=order).count() + 1
    gateway = method in GATEWAY_METHODS
    due = None if method == Order.Method.COD else timezone.now() + timedelta(hours=order.store.payment_hours)
    account = BankAccount.objects.filter(is_active=True, deleted_at__isnull=True).order_by("-is_default", "id").first()
    payment = Payment.objects.create(
        store_id=order.store_id,
        order=order,
        method=method,
        channel=channel or DEFAULT_CHANNEL.get(method, ""),
        status=S.CREATING if gateway else S.PENDING,
        amount=order.total,
        reference=f"{order.order_number}-{number}" if gateway else None,
        expires_at=due,
        bank_account=account if method == Order.Method.BANK_TRANSFER else None,
    )
    order.payment_method = method
    order.payment_channel = payment.channel
    order.payment_due_at = due
    order.payment_status = P.COD_PENDING if method == Order.Method.COD else P.UNPAID
    order.save(update_fields=["payment_method", "payment_channel", "payment_due_at", "payment_status"])
    payment_line(order, "payment.method", actor, {"method": method, "channel": payment.channel})
    if gateway:
        outbox.enqueue("payment.create", {"order_id": order.pk, "store_id": order.store_id})
    return payment


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


# -- receiving -----------------------------------------------------------------------------------------------------


def gateway_paid(
    *, reference: str, paid_amount: int, gateway_payment_id: str, paid_at: datetime, reference_no: str = ""
) -> str:
    """A verified callback or inquiry says that ``paid_amount`` rupiah came. Returns what was done, for the log.

    Idempotent by the gateway's own payment id (an inquiry knows only ``reference_no``), safe in any order: late money on
    an expired or replaced payment is still recorded, as a conflict when it does not fit.
    """
    with all_stores():
        known = Payment.objects.filter(reference=reference).values_list("store_id", "order_id", "pk").first()
        if known is None:
            return "unknown_reference"
        if Payment.objects.filter(gateway_payment_id=gateway_payment_id).exists():
            return "already_recorded"
    store_id, order_id, payment_id = known
    with store_scope(store_id), transaction.atomic():
        order = order_lock(order_id)
        payment = Payment.objects.select_for_update().get(pk=payment_id)
        if payment.gateway_payment_id is not None:
            if payment.gateway_payment_id in {gateway_payment_id, reference_no or gateway_payment_id}:
                return "already_recorded"
            payment_line(order, "payment.second_money", WINPAY, {"amount": paid_amount, "id": gateway_payment_id})
            order.payment_status = P.CONFLICT
            order.save(update_fields=["payment_status"])
            return "second_payment"
        payment.gateway_payment_id = gateway_payment_id
        return _settle(order, payment, paid_amount, paid_at, WINPAY)


@transaction.atomic
def payment_free(*, order_id: int) -> None:
    """What vouchers or rewards have paid for in full waits for no money. Repeating it changes nothing."""
    order = order_lock(order_id)
    if order.total or order.is_cod or order.is_test or order.payment_status != P.UNPAID:
        return
    payment = Payment.objects.select_for_update().filter(order=order, status__in=WAITING).order_by("-id").first()
    if payment is not None:
        _settle(order, payment, 0, timezone.now(), SYSTEM)


def payment_confirm(
    *,
    order_id: int,
    amount: int,
    member: Member,
    paid_at: datetime | None = None,
    bank_account_id: int | None = None,
    proof: str = "",
) -> str:
    """Endpoint "Confirm Payment": a person saw the transfer. Confirming a paid order again changes nothing."""
    if amount <= 0:
        raise ValidationFailed.field("amount", _("Enter the amount received, in rupiah."))
    account = None
    if bank_account_id is not None:
        account = BankAccount.objects.filter(pk=bank_account_id, deleted_at__isnull=True).first()
        if account is None:
            raise ValidationFailed.field("bank_account_id", _("Choose one of your bank accounts."))
    with transaction.atomic():
        order = order_lock(order_id)
        if order.payment_status in (P.PAID, P.SETTLED):
            return "already_paid"
        if order.is_cod:
            raise Conflict(_("This is a COD order: the courier collects the money."), code="is_cod")
        if order.status == Order.Status.CANCELLED:
            raise Conflict(_("This order is cancelled."), code="order_cancelled")
        payment = (
            Payment.objects.select_for_update().filter(order=order).exclude(status=S.CANCELLED).order_by("-id").first()
        )
        if payment is None:
            raise NotFound(_("This order has no open payment."))
        payment.bank_account = account or payment.bank_account
        payment.confirmed_by = member.membership
        payment.proof = proof or payment.proof
        return _settle(order, payment, payment.paid_amount + amount, paid_at or timezone.now(), Actor.of(member))


def _settle(order: Order, payment: Payment, received: int, paid_at: datetime, actor: Actor) -> str:
    """Equal → paid; less → partially paid; more, or money for an order that no longer waits → conflict."""
    payment.paid_amount = received
    stale = payment.status in (S.CANCELLED, S.EXPIRED, S.FAILED) and payment.amount != order.total
    if order.status == Order.Status.CANCELLED or stale or received > payment.amount:
        outcome, payment.status, order.payment_status = "conflict", S.CONFLICT, P.CONFLICT
        others = Payment.objects.filter(order=order, status__in=WAITING).exclude(pk=payment.pk)
        others.update(status=S.CANCELLED, unique_code=None)
    elif received < payment.amount:
        outcome, payment.status, order.payment_status = "partially_paid", S.PARTIAL, P.PARTIAL
    else:
        outcome, payment.status, order.payment_status = "paid", S.PAID, P.PAID
        payment.paid_at = order.paid_at = paid_at
        Payment.objects.filter(order=order, status__in=WAITING).exclude(pk=payment.pk).update(
            status=S.CANCELLED, unique_code=None
        )
    payment.unique_code = None  # the number is free again
    payment.save()
    order.paid_amount = received
    order.save(update_fields=["payment_status", "paid_at", "paid_amount"])
    payment_line(
        order, f"payment.{outcome}", actor, {"amount": received, "expected": payment.amount, "method": payment.method}
    )
    if outcome == "paid" and order.status == Order.Status.NEW and not order.is_held:
        order_event(order=order, status=Order.Status.CONFIRMED, actor=actor, reason="paid")
    outbox.enqueue("payment.received", {"order_id": order.pk, "store_id": order.store_id, "outcome": outcome})
    return outcome


def cod_collected(order: Order, actor: Actor) -> None:
    """The parcel was delivered: the courier has the cash. The order's row is locked."""
    if order.payment_status != P.COD_PENDING:
        return
    order.payment_status = P.COD_COLLECTED
    order.paid_amount = order.total
    order.save(update_fields=["payment_status", "paid_amount"])
    Payment.objects.filter(order=order, method=Order.Method.COD, status=S.PENDING).update(
        status=S.PAID, paid_amount=order.total, paid_at=timezone.now()
    )
    payment_line(order, "payment.cod_collected", actor, {"amount": order.total})


# -- time ----------------------------------------------------------------------------------------------------------


def payments_expire(limit: int = 200) -> int:
    """Payments whose time is over: the number is freed, the order is cancelled when the store wants it so."""
    with all_stores():
        due = list(
            Payment.objects.filter(status__in=[S.CREATING, S.PENDING], expires_at__lt=timezone.now())
            .exclude(order__payment_status=P.WAITING)
            .values_list("store_id", "order_id", "pk")[:limit]
        )
    done = 0
    for store_id, order_id, payment_id in due:
        with store_scope(store_id), transaction.atomic():
            done += _expire(order_id, payment_id)
    return done


def _expire(order_id: int, payment_id: int) -> int:
    order = order_lock(order_id)
    expired = Payment.objects.filter(pk=payment_id, status__in=[S.CREATING, S.PENDING]).update(
        status=S.EXPIRED, unique_code=None
    )
    if not expired or order.payment_status not in (P.UNPAID, P.EXPIRED):
        return 0
    order.payment_status = P.EXPIRED
    order.save(update_fields=["payment_status"])
    payment_line(order, "payment.expired", SYSTEM, {})
    if order.store.cancel_when_expired and order.status == Order.Status.NEW:
        order_event(order=order, status=Order.Status.CANCELLED, actor=SYSTEM, reason="payment_expired")
    return 1


def payments_inquire(limit: int = 50) -> int:
    """Ask Winpay about open payments that are older than two minutes: their callback may be lost."""
    with all_stores():
        rows = list(
            Payment.objects.filter(
                status=S.PENDING, method__in=GATEWAY_METHODS, created_at__lt=timezone.now() - timedelta(minutes=2)
            ).order_by("id")[:limit]
        )
    found = 0
    client = winpay_client()
    for payment in rows:
        try:
            state = (
                client.va_status(
                    va_number=payment.va_number, trx_id=payment.reference or "", contract_id=payment.contract_id,
                    channel=payment.channel,
                )
                if payment.method == Order.Method.VA
                else client.query_qris(reference=payment.reference or "", contract_id=payment.contract_id)
            )  # fmt: skip
        except GatewayError:
            continue
        if state.state == "paid":
            outcome = gateway_paid(
                reference=payment.reference or "", paid_amount=state.amount,
                gateway_payment_id=state.reference_no or payment.reference or "", reference_no=state.reference_no,
                paid_at=state.paid_at or timezone.now(),
            )  # fmt: skip
            found += outcome == "paid"
    return found


def payment_line(order: Order, kind: str, actor: Actor, data: dict[str, Any]) -> None:
    timeline.record(
        store_id=order.store_id, subject="order", subject_id=order.pk, kind=kind, actor_id=actor.user_id,
        actor_label=actor.label, data=data,
    )  # fmt: skip
