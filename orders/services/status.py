"""Moving an order along its status axis, with everything that hangs on a move: stock, vouchers, counters, timeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import outbox, timeline
from bosonline.actor import Actor
from bosonline.errors import Conflict, DomainError, Forbidden, NotFound, ValidationFailed
from catalog.services import stock
from catalog.services.vouchers import voucher_release, voucher_retake
from orders.models import Customer, Order
from orders.transitions import BY_PERSON, GONE_IN, RESERVED_IN, Rule, event_steps, move_of

P = Order.PaymentStatus
PAID_ENOUGH = frozenset({P.PAID, P.SETTLED, P.COD_COLLECTED})


# What hangs on a move beside stock and vouchers: registered by the rooms above (orders/apps.py), called in that order
# inside the move's transaction with the locked order, its status before and after, and who moved it.
Effect = Callable[[Order, str, str, Actor], None]
_effects: list[Effect] = []


def on_move(effect: Effect) -> None:
    """Have ``effect`` called at every move. Registering it again changes nothing."""
    if effect not in _effects:
        _effects.append(effect)


def order_lock(order_id: int) -> Order:
    """The order's row, locked: the first lock of every change (docs/architecture.md, Locks)."""
    order = Order.objects.select_for_update(of=("self",)).filter(pk=order_id).first()
    if order is None:
        raise NotFound()
    return order


def why_not(order: Order, target: str, actor: Actor, reason: str) -> DomainError | None:
    """Why a person may not move ``order`` to ``target``, or None when they may."""
    move = move_of(order.status, target)
    if move is None:
        return Conflict(
            _("An order that is “%(now)s” cannot become “%(then)s”.")
            % {"now": order.get_status_display(), "then": Order.Status(target).label},
            code="illegal_transition",
        )
    if order.is_held and target != Order.Status.CANCELLED:
        return Conflict(_("This order is held as suspicious. Clear it first."), code="order_held")
    if Rule.REOPEN in move.rule:
        if not actor.may("reopen"):
            return Forbidden(_("Your role may not move an order back."), code="reopen_forbidden")
        if not reason.strip():
            return ValidationFailed.field("reason", _("Say why the order moves back."), code="reason_required")
    unpaid = not order.is_cod and order.payment_status not in PAID_ENOUGH
    if Rule.PAID in move.rule and unpaid:
        if not actor.may("ship_unpaid"):
            return Conflict(_("This order is not paid yet."), code="not_paid")
        if not reason.strip():
            return ValidationFailed.field("reason", _("Say why it ships before payment."), code="reason_required")
    if Rule.CANCEL_BOOKING in move.rule and order.shipping_status in ("booking", "booked", "awaiting_pickup"):
        return Conflict(_("Cancel the courier booking first."), code="courier_booked")
    return None


def allowed_status(order: Order, actor: Actor) -> list[dict[str, Any]]:
    """What may come next and, for the rest of the table, why not (``GET /store/orders/{id}``)."""
    rows = []
    for move in BY_PERSON.get(order.status, ()):
        error = why_not(order, move.to, actor, reason="…")
        rows.append(
            {
                "status": move.to,
                "label": str(Order.Status(move.to).label),
                "allowed": error is None,
                "why": error.message if error else "",
                "reason_required": bool(
                    Rule.REOPEN in move.rule
                    or (Rule.PAID in move.rule and not order.is_cod and order.payment_status not in PAID_ENOUGH)
                ),
            }
        )
    return rows


@transaction.atomic
def order_set_status(*, order_id: int, status: str, actor: Actor, reason: str = "") -> Order:
    """A person moves an order. Raises the reason when the table or a right says no."""
    actor.require("orders.edit")
    order = order_lock(order_id)
    error = why_not(order, status, actor, reason)
    if error is not None:
        raise error
    _apply(order, status, actor, reason)
    return order


@transaction.atomic
def order_event(*, order: Order, status: str, actor: Actor, reason: str = "") -> bool:
    """An event moves an (already locked) order as far as the table lets it. False when it does not apply."""
    steps = event_steps(order.status, status)
    for step in steps:
        _apply(order, step, actor, reason)
    return bool(steps)


_STAMPS = {
    Order.Status.CONFIRMED: "confirmed_at",
    Order.Status.SHIPPED: "shipped_at",
    Order.Status.DELIVERED: "delivered_at",
    Order.Status.COMPLETED: "completed_at",
    Order.Status.CANCELLED: "cancelled_at",
}


def _apply(order: Order, status: str, actor: Actor, reason: str) -> None:
    """The only place that writes ``Order.status``. The order's row is locked."""
    before = order.status
    order.status = status
    changed = ["status"]
    stamp = _STAMPS.get(Order.Status(status))
    if stamp is not None:
        setattr(order, stamp, timezone.now())
        changed.append(stamp)
    if status == Order.Status.CANCELLED:
        order.next_followup_at = None
        changed.append("next_followup_at")
    order.save(update_fields=changed)
    if not order.is_test:
        _count(order, before, status)
        if status == Order.Status.CANCELLED:
            voucher_release(order_id=order.pk)
        elif before == Order.Status.CANCELLED:
            voucher_retake(order_id=order.pk)
        _move_stock(order, before, status, actor)
    timeline.record(
        store_id=order.store_id,
        subject="order",
        subject_id=order.pk,
        kind="order.status",
        actor=actor,
        data={"before": before, "after": status, "reason": reason},
    )
    for effect in _effects:
        effect(order, before, status, actor)
    outbox.enqueue("order.status_changed", {"order_id": order.pk, "store_id": order.store_id, "status": status})


def pieces_of(order: Order) -> list[stock.Pieces]:
    return [stock.Pieces(v, q) for v, q in order.items.values_list("variant_id", "qty")]


def _move_stock(order: Order, before: str, after: str, actor: Actor) -> None:
    """Reserve, commit, release or restock by where the pieces are before and after the move."""
    arguments: dict[str, Any] = {
        "pieces": pieces_of(order),
        "warehouse_id": order.warehouse_id,
        "order_id": order.pk,
        "actor": actor,
    }
    if before in RESERVED_IN and after in GONE_IN:
        stock.stock_commit(**arguments)
    elif before in RESERVED_IN and after == Order.Status.CANCELLED:
        stock.stock_release(**arguments)
    elif before == Order.Status.CANCELLED and after in RESERVED_IN:
        stock.stock_reserve(**arguments)
    elif before in GONE_IN and after in RESERVED_IN:
        stock.stock_uncommit(**arguments)


def _count(order: Order, before: str, after: str) -> None:
    """The customer's history, from which risk is judged."""
    delta: dict[str, Any] = {}
    s = Order.Status
    if after == s.DELIVERED and before == s.SHIPPED:
        delta = {"delivered_count": F("delivered_count") + 1, "spent": F("spent") + order.total}
    elif after == s.RETURNING and before == s.DELIVERED:
        delta = {"delivered_count": F("delivered_count") - 1, "spent": F("spent") - order.total}
    elif after == s.RETURNED:
        delta = {"returned_count": F("returned_count") + 1}
    elif before == s.RETURNED:
        delta = {"returned_count": F("returned_count") - 1}
    if delta:
        Customer.objects.filter(pk=order.customer_id).update(**delta)
