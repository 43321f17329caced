"""What time does to payments: asking the gateway about late money, and expiring what nobody paid.

Every open way gets its turn: the one that was asked longest ago (or never) comes first, its next turn is set before it
is asked, and a call that fails costs only its own turn. Nothing expires before the gateway has said that it is unpaid.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from bosonline.actor import SYSTEM
from bosonline.gateways.base import GatewayError
from bosonline.gateways.winpay import AlreadyPaid, ContractUnknown, NotFoundAtGateway, winpay_client
from bosonline.outbox import handler
from bosonline.tenancy import all_stores, store_scope
from orders.models import Order, Payment
from orders.money.receipts import gateway_paid, money_follow
from orders.money.ways import GATEWAY_METHODS, OPEN
from orders.services.status import order_event, order_lock

log = structlog.get_logger("payments")

S, P = Payment.Status, Order.PaymentStatus
LATE = timedelta(days=2)  # so long after its end a way that is not surely closed is still asked about
FIRST_ASK = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(minutes=30)
ROUND_SECONDS = 45  # a round ends before the next begins; who was not asked comes first then


def way_ask(way: Payment) -> str:
    """Ask Winpay whether money came on this way, and record it.

    Returns ``paid``, ``unpaid``, or ``check`` when Winpay itself is not sure. Raises :class:`GatewayError`.
    """
    client = winpay_client()
    if way.method == Order.Method.VA:
        state = client.va_status(
            va_number=way.va_number, trx_id=way.reference or "", contract_id=way.contract_id, channel=way.channel
        )
    else:
        state = client.query_qris(reference=way.reference or "", contract_id=way.contract_id)
    if state.state == "paid":
        gateway_paid(
            reference=way.reference or "", paid_amount=state.amount, gateway_payment_id="",
            paid_at=state.paid_at or timezone.now(), reference_no=state.reference_no,
        )  # fmt: skip
    return state.state


def _askable() -> Q:
    return Q(method__in=GATEWAY_METHODS, reference__isnull=False) & ~Q(contract_id="")


def _claim(way: Payment, now: datetime) -> bool:
    """Set the way's next turn before it is asked: two rounds at once never ask the same."""
    pause = min(max((now - way.created_at) / 10, FIRST_ASK), LONGEST_PAUSE)
    rows = Payment.objects.filter(pk=way.pk).filter(Q(next_ask_at__isnull=True) | Q(next_ask_at__lte=now))
    return bool(rows.update(next_ask_at=now + pause))


def payments_inquire(limit: int = 500) -> int:
    """Ask Winpay about ways whose callback may be lost, closed ones included until they surely take no money.

    Returns how many were found paid.
    """
    now, started, found = timezone.now(), time.monotonic(), 0
    watched = Q(status=S.PENDING) | Q(
        status__in=[S.CANCELLED, S.EXPIRED], closed_at__isnull=True, expires_at__gt=now - LATE
    )
    with all_stores():
        rows = list(
            Payment.objects.filter(_askable() & watched, created_at__lt=now - FIRST_ASK)
            .filter(Q(next_ask_at__isnull=True) | Q(next_ask_at__lte=now))
            .order_by(F("next_ask_at").asc(nulls_first=True), "id")[:limit]
        )
    for way in rows:
        if time.monotonic() - started > ROUND_SECONDS:
            break
        with store_scope(way.store_id):
            if not _claim(way, now):
                continue
            try:
                found += way_ask(way) == "paid"
            except GatewayError as exc:
                log.warning("payment_not_asked", payment=way.pk, why=exc.code)
    return found


def payments_expire(limit: int = 500) -> int:
    """Ways whose time is over: the number is freed, the order is cancelled when the store wants it so.

    A way that Winpay knows is asked about first; while Winpay is away, it does not expire. Returns how many did.
    """
    now, started, done = timezone.now(), time.monotonic(), 0
    with all_stores():
        rows = list(
            Payment.objects.filter(status__in=[S.CREATING, S.PENDING, S.FAILED], expires_at__lt=now)
            .exclude(order__payment_status=P.WAITING)
            .filter(~_askable() | Q(status=S.FAILED) | Q(next_ask_at__isnull=True) | Q(next_ask_at__lte=now))
            .order_by("expires_at", "id")[:limit]
        )
    for way in rows:
        if time.monotonic() - started > ROUND_SECONDS:
            break
        with store_scope(way.store_id):
            if way.status == S.PENDING and way.method in GATEWAY_METHODS and way.contract_id:
                if not _claim(way, now):
                    continue
                try:
                    state = way_ask(way)
                    if state == "paid" or (state == "check" and way.expires_at and way.expires_at > now - LATE):
                        continue
                except (NotFoundAtGateway, ContractUnknown):
                    pass  # Winpay has no such way any more, so nobody can pay it
                except GatewayError as exc:
                    log.warning("payment_not_asked", payment=way.pk, why=exc.code)
                    continue
            done += _expire(way.order_id, way.pk)
    return done


@transaction.atomic
def _expire(order_id: int, payment_id: int) -> int:
    order = order_lock(order_id)
    waiting = Payment.objects.filter(pk=payment_id, status__in=[S.CREATING, S.PENDING, S.FAILED])
    if not waiting.update(status=S.EXPIRED, unique_code=None):
        return 0
    if money_follow(order, SYSTEM) != P.EXPIRED:
        return 0
    if order.store.cancel_when_expired and order.status == Order.Status.NEW:
        order_event(order=order, status=Order.Status.CANCELLED, actor=SYSTEM, reason="payment_expired")
    return 1


# -- closing -------------------------------------------------------------------------------------------------------


@handler("payment.close")
def payment_close_task(payload: dict[str, Any]) -> None:
    with store_scope(payload["store_id"]):
        way_close_at_gateway(payment_id=payload["payment_id"])


def way_close_at_gateway(*, payment_id: int) -> None:
    """Delete the VA of a way that is no longer wanted. Raises :class:`GatewayError` when Winpay is away (tried again).

    A VA that was paid in the same moment is not closed but asked for: its money is recorded. A QRIS cannot be closed
    and ends with its validity; until then the look for late payments asks for it too.
    """
    way = Payment.objects.get(pk=payment_id)
    if way.closed_at is not None or way.status in (*OPEN, S.PAID):
        return
    rows = Payment.objects.filter(pk=way.pk)
    if way.method != Order.Method.VA or not way.va_number:
        return
    try:
        winpay_client().delete_va(
            trx_id=way.reference or "", va_number=way.va_number, contract_id=way.contract_id, channel=way.channel
        )
    except NotFoundAtGateway:
        pass  # it is gone: deleted by an earlier try, or expired
    except AlreadyPaid:
        rows.update(close_error="paid")
        way_ask(way)
        return
    except GatewayError as exc:
        rows.update(close_error=exc.message[:200])
        raise
    rows.update(closed_at=timezone.now(), close_error=None)
