"""A person's open work: counted before their place is removed, and moved to somebody else (sellers/ports.py)."""

from __future__ import annotations

from django.db import transaction

from bosonline.actor import Actor
from bosonline.models import TimelineEntry
from orders.models import Order, Task

# finished orders stay with whoever worked them: reports of the past do not change
FINISHED = (Order.Status.COMPLETED, Order.Status.CANCELLED, Order.Status.CLOSED, Order.Status.RETURNED)


def open_orders_of(membership_id: int) -> int:
    """How many orders would be left without anybody."""
    return Order.objects.filter(assigned_to_id=membership_id).exclude(status__in=FINISHED).count()


@transaction.atomic
def hand_over(from_id: int, to_id: int, actor: Actor) -> int:
    """Give the open orders and tasks of one place to another; each order's timeline says so."""
    orders = list(
        Order.objects.select_for_update(of=("self",))
        .filter(assigned_to_id=from_id)
        .exclude(status__in=FINISHED)
        .order_by("id")
        .values_list("pk", "store_id")
    )
    ids = [pk for pk, _store in orders]
    Order.objects.filter(pk__in=ids).update(assigned_to_id=to_id, assigned_reason="handed_over")
    Task.objects.filter(assigned_to_id=from_id, done_at__isnull=True).update(assigned_to_id=to_id)
    TimelineEntry.objects.bulk_create(
        [
            TimelineEntry(
                store_id=store_id, subject="order", subject_id=pk, kind="order.handed_over", actor_id=actor.user_id,
                data={"from": from_id, "to": to_id},
            )
            for pk, store_id in orders
        ],
        batch_size=1000,
    )  # fmt: skip
    return len(ids)
