"""People's judgement on held orders."""

from __future__ import annotations

from django.db import transaction

from bosonline import timeline
from bosonline.actor import Actor
from orders.models import Order
from orders.services.status import order_lock


@transaction.atomic
def risk_clear(*, order_id: int, actor: Actor) -> Order:
    """Take an order out of "Mencurigakan". Clearing twice changes nothing."""
    actor.require("orders.edit")
    order = order_lock(order_id)
    if order.is_held or order.risk == Order.Risk.WATCH:
        before, order.risk = order.risk, Order.Risk.CLEARED
        order.save(update_fields=["risk"])
        timeline.record(
            store_id=order.store_id, subject="order", subject_id=order.pk, kind="order.cleared",
            actor=actor, data={"before": before, "reasons": order.risk_reasons},
        )  # fmt: skip
    return order
