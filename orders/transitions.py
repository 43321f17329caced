"""The one table of allowed status moves (product.md §7). Nothing else decides them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Flag, auto

from orders.models import Order

S = Order.Status


class Rule(Flag):
    """What a move by a person needs besides being in the table."""

    NONE = 0
    REOPEN = auto()  # * the right "reopen" and a reason
    CANCEL_BOOKING = auto()  # † with an AWB the courier booking is cancelled first
    PAID = auto()  # prepaid orders must be paid, or the right "ship unpaid" and a reason


@dataclass(frozen=True, slots=True)
class Move:
    to: str
    rule: Rule = Rule.NONE


BY_PERSON: Mapping[str, tuple[Move, ...]] = {
    S.NEW: (Move(S.CONFIRMED), Move(S.PROCESSING, Rule.PAID), Move(S.READY, Rule.PAID), Move(S.CANCELLED)),
    S.CONFIRMED: (
        Move(S.NEW, Rule.REOPEN),
        Move(S.PROCESSING, Rule.PAID),
        Move(S.READY, Rule.PAID),
        Move(S.CANCELLED),
    ),
    S.PROCESSING: (
        Move(S.CONFIRMED, Rule.REOPEN),
        Move(S.READY, Rule.PAID),
        Move(S.SHIPPED, Rule.PAID),
        Move(S.CANCELLED, Rule.CANCEL_BOOKING),
    ),
    S.READY: (
        Move(S.PROCESSING, Rule.REOPEN),
        Move(S.SHIPPED, Rule.PAID),
        Move(S.CANCELLED, Rule.CANCEL_BOOKING),
    ),
    S.SHIPPED: (Move(S.DELIVERED), Move(S.RETURNING), Move(S.CLOSED), Move(S.READY, Rule.REOPEN)),
    S.DELIVERED: (Move(S.COMPLETED), Move(S.RETURNING)),
    S.RETURNING: (Move(S.RETURNED), Move(S.SHIPPED, Rule.REOPEN), Move(S.CLOSED)),
    S.RETURNED: (Move(S.RETURNING, Rule.REOPEN),),
    S.COMPLETED: (Move(S.DELIVERED, Rule.REOPEN),),
    S.CANCELLED: (Move(S.NEW, Rule.REOPEN),),
    S.CLOSED: (Move(S.SHIPPED, Rule.REOPEN),),
}

# ``returned`` is the event that the store received the parcel; a courier's "returned" leads as far as ``returning``
# (orders.services.shipping), because only the store can say what came back.
BY_EVENT: Mapping[str, frozenset[str]] = {
    S.NEW: frozenset({S.CONFIRMED, S.CANCELLED}),
    S.CONFIRMED: frozenset({S.PROCESSING}),
    S.PROCESSING: frozenset({S.READY, S.SHIPPED}),
    S.READY: frozenset({S.SHIPPED}),
    S.SHIPPED: frozenset({S.DELIVERED, S.RETURNING, S.CLOSED}),
    S.DELIVERED: frozenset({S.COMPLETED}),
    S.RETURNING: frozenset({S.RETURNED}),
    S.RETURNED: frozenset(),
    S.COMPLETED: frozenset(),
    S.CANCELLED: frozenset(),
    S.CLOSED: frozenset(),
}

# An event may skip stages that nobody clicked: a parcel that was delivered was also shipped.
EVENT_PATH: tuple[str, ...] = (S.NEW, S.CONFIRMED, S.PROCESSING, S.READY, S.SHIPPED, S.DELIVERED, S.COMPLETED)


def move_of(current: str, target: str) -> Move | None:
    """The person's move from ``current`` to ``target``, or None when the table has none."""
    return next((move for move in BY_PERSON.get(current, ()) if move.to == target), None)


def event_steps(current: str, target: str) -> list[str]:
    """The legal event moves that lead from ``current`` to ``target``, in order; empty when there is no such way."""
    if target in BY_EVENT.get(current, frozenset()):
        return [target]
    if current in EVENT_PATH and target in EVENT_PATH:
        start, end = EVENT_PATH.index(current), EVENT_PATH.index(target)
        return list(EVENT_PATH[start + 1 : end + 1]) if end > start else []
    if current in EVENT_PATH and target in (S.RETURNING, S.CLOSED):
        way = event_steps(current, S.SHIPPED) if current != S.SHIPPED else []
        return [*way, target] if way or current == S.SHIPPED else []
    if target == S.RETURNED:
        return [*event_steps(current, S.RETURNING), target] if event_steps(current, S.RETURNING) else []
    return []


# While the order is in these states its pieces are reserved; from SHIPPED on they have left the shelf.
RESERVED_IN = frozenset({S.NEW, S.CONFIRMED, S.PROCESSING, S.READY})
GONE_IN = frozenset({S.SHIPPED, S.DELIVERED, S.COMPLETED, S.RETURNING, S.CLOSED, S.RETURNED})
OPEN = frozenset({S.NEW, S.CONFIRMED, S.PROCESSING, S.READY, S.SHIPPED})
