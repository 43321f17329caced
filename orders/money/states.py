"""What the receipts of an order make of its ``payment_status``: one pure function, property-tested."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from orders.models import Order, Receipt

P, K = Order.PaymentStatus, Receipt.Kind


@dataclass(frozen=True, slots=True)
class Sums:
    """The live receipts of one order in rupiah. ``came``: everything in, with what was waived; ``left``: given back or
    kept as credit, as a positive number; ``cash``: what a courier collected."""

    came: int = 0
    left: int = 0
    cash: int = 0

    @property
    def net(self) -> int:
        return self.came - self.left


def sums_of(receipts: Iterable[Receipt]) -> Sums:
    """Of receipts that were not taken back."""
    came = left = cash = 0
    for receipt in receipts:
        if receipt.taken_back_at is not None:
            continue
        if receipt.kind == K.REFUND or (receipt.kind == K.CREDIT and receipt.amount < 0):
            left -= receipt.amount
        else:
            came += receipt.amount
        if receipt.kind == K.CASH:
            cash += receipt.amount
    return Sums(came, left, cash)


def payment_state(
    sums: Sums,
    *,
    total: int,
    is_cod: bool,
    is_cancelled: bool,
    proof_waits: bool = False,
    is_expired: bool = False,
    is_settled: bool = False,
) -> str:
    """The payment status of an order over ``total`` rupiah.

    Money that nobody asked for is always a conflict: more than the bill, any on a cancelled order, prepaid money on an
    order that the courier collects. Giving back from a paid order leaves it paid until nothing is left.
    """
    if sums.net == 0 and sums.left > 0 and (sums.cash or is_cancelled or not is_cod):
        return P.REFUNDED
    if is_cancelled:
        if sums.net:
            return P.CONFLICT
        return P.COD_PENDING if is_cod else (P.EXPIRED if is_expired else P.UNPAID)
    if sums.net > total:
        return P.CONFLICT
    if is_cod:
        if sums.cash == 0:
            return P.CONFLICT if sums.net else P.COD_PENDING
        if sums.came < total:
            return P.CONFLICT
        return P.SETTLED if is_settled else P.COD_COLLECTED
    if sums.came >= total:
        return P.PAID
    if proof_waits:
        return P.WAITING
    if sums.came > 0:
        return P.PARTIAL
    return P.EXPIRED if is_expired else P.UNPAID


def surplus(sums: Sums, *, total: int, is_cod: bool, is_cancelled: bool) -> int:
    """Rupiah that belong to the buyer: what a conflict's "give back" proposes."""
    if is_cancelled or (is_cod and not sums.cash):
        return max(sums.net, 0)
    return max(sums.net - total, 0)
