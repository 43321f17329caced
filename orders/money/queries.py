"""What people see of an order's money."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from bosonline.actor import Actor
from bosonline.moments import iso_in
from orders.models import Order, Payment, Receipt
from orders.money.receipts import credit_of
from orders.money.states import sums_of, surplus
from orders.money.ways import ANSWER_LOST
from stores.models import Store


@dataclass(frozen=True, slots=True)
class MoneyView:
    """Amounts in rupiah. ``due``: what the buyer still has to pay; ``surplus``: what is too much; ``key``: one per shown
    form, so that a form sent twice is one entry."""

    total: int
    paid: int
    due: int
    surplus: int
    credit: int
    is_open: bool
    may_waive: bool
    receipts: list[Receipt] = field(default_factory=list)
    closing: list[Payment] = field(default_factory=list)
    key: str = ""


def due_of(order: Order) -> int:
    """What the buyer still has to pay before the parcel goes, in rupiah. A cancelled or COD order waits for nothing."""
    if (
        order.is_cod
        or order.status == Order.Status.CANCELLED
        or order.payment_status in ("paid", "refunded", "settled")
    ):
        return 0
    return max(order.total - order.paid_amount, 0)


def money_context(order: Order, actor: Actor) -> MoneyView:
    """The payment card of the order page."""
    receipts = receipts_of(order)
    sums = sums_of(receipts)
    is_cancelled = order.status == Order.Status.CANCELLED
    difference = order.total - sums.net
    return MoneyView(
        total=order.total,
        paid=sums.net,
        due=due_of(order),
        surplus=surplus(sums, total=order.total, is_cod=order.is_cod, is_cancelled=is_cancelled),
        credit=credit_of(order.customer_id) if actor.may("payments.view") else 0,
        is_open=not order.is_cod or bool(sums.net),
        may_waive=bool(sums.came and difference and not sums.left and not is_cancelled)
        and (not order.is_cod or bool(sums.cash)),
        receipts=receipts,
        closing=[
            p
            for p in order.payments.all()
            if p.close_wanted_at and not p.closed_at and p.status in ("cancelled", "expired")
        ],
        key=secrets.token_urlsafe(12),
    )


def receipts_of(order: Order) -> list[Receipt]:
    """All receipts of an order, the oldest first, taken-back ones included."""
    rows = Receipt.objects.filter(order=order).select_related(
        "recorded_by__user", "taken_back_by__user", "bank_account__bank"
    )
    return list(rows.order_by("id"))


def receipt_as_api(receipt: Receipt, store: Store) -> dict[str, Any]:
    return {
        "id": receipt.pk,
        "kind": receipt.kind,
        "amount": receipt.amount,
        "source": receipt.source,
        "reference": receipt.reference_no or (receipt.source_id if receipt.source == "winpay" else "") or "",
        "received_at": iso_in(receipt.received_at, store.time_zone),
        "recorded_by": receipt.recorded_by.user.name if receipt.recorded_by else None,
        "note": receipt.note,
        "payment_id": receipt.payment_id,
        "taken_back_at": iso_in(receipt.taken_back_at, store.time_zone),
        "taken_back_reason": receipt.taken_back_reason,
    }


def closing_text(payment: Payment) -> str:
    """The machine's word for where closing stands: ``closed``, ``wanted``, ``answer_lost``, or ``""``."""
    if payment.closed_at:
        return "closed"
    if not payment.close_wanted_at:
        return ""
    return ANSWER_LOST if payment.close_error == ANSWER_LOST else "wanted"
