"""People's judgement on held orders."""

from __future__ import annotations

from django.db import transaction

from bosonline import timeline
from orders.models import Order
from orders.services.status import order_lock
from sellers.rights import Member


@transaction.atomic
def risk_clear(*, order_id: int, member: Member) -> Order:
    """Take an order out of "Mencurigakan". Clearing twice changes nothing."""
    order = order_lock(order_id)
    if order.is_held or order.risk == Order.Risk.WATCH:
        before, order.risk = order.risk, Order.Risk.CLEARED
        order.save(update_fields=["risk"])
        timeline.record(
            store_id=order.store_id, subject="order", subject_id=order.pk, kind="order.cleared",
            actor_id=member.user.pk, data={"before": before, "reasons": order.risk_reasons},
        )  # fmt: skip
    return order
