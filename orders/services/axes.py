"""The one writer of the axes beside ``status``: the column and the line that says so, together (product.md §7)."""

from __future__ import annotations

from typing import Any

from bosonline import timeline
from bosonline.actor import Actor
from orders.models import Order

LINES = {
    "payment_status": "payment.status",
    "shipping_status": "shipping.status",
    "followup_status": "followup.status",
    "risk": "risk.status",
}


def axis_set(order: Order, axis: str, to: str, actor: Actor, *, reason: str = "", **facts: Any) -> bool:
    """Move ``order`` (its row is locked) along ``axis``. False when it is there already: nothing is written then.

    ``facts`` go into the timeline beside before and after; values are rupiah, numbers of parcels, names.
    """
    before = getattr(order, axis)
    if before == to:
        return False
    setattr(order, axis, to)
    order.save(update_fields=[axis])
    timeline.record(
        store_id=order.store_id, subject="order", subject_id=order.pk, kind=LINES[axis], actor=actor, data={"before": before, "after": to, "reason": reason} | facts,
    )  # fmt: skip
    return True
