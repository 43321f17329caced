"""What a move along the status axis does to the money. Called by the move itself, whoever caused it."""

from __future__ import annotations

from bosonline.actor import Actor
from orders.models import Order, Payment
from orders.money.methods import payment_again
from orders.money.receipts import cod_collected, cod_not_collected, money_follow
from orders.money.ways import OPEN, ways_close

S = Order.Status
HAD = (S.DELIVERED, S.COMPLETED)


def money_follows_move(order: Order, before: str, after: str, actor: Actor) -> None:
    """``order`` is locked and has moved. A cancelled order waits for no money; one that is reopened waits anew, with a
    new number and a new time; one that is delivered was paid at the door; one that comes back was not."""
    if after == S.CANCELLED:
        ways_close(list(Payment.objects.select_for_update().filter(order=order, status__in=OPEN)))
        money_follow(order, actor)
    elif order.is_test:
        return
    elif before == S.CANCELLED:
        money_follow(order, actor, reason="reopened", is_reopening=not order.paid_amount)
        if order.payment_status in (Order.PaymentStatus.UNPAID, Order.PaymentStatus.EXPIRED,
                                    Order.PaymentStatus.COD_PENDING):  # fmt: skip
            payment_again(order=order, actor=actor)
            order.refresh_from_db()
    elif after in HAD and before not in HAD:
        cod_collected(order, actor)
    elif before in HAD and after not in HAD:
        cod_not_collected(order, actor, reason="came_back")
