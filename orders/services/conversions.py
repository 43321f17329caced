"""An order's facts for conversion events (forms.services.conversions): how far it has come, and what it was worth."""

from __future__ import annotations

from collections.abc import Sequence

from bosonline.gateways.conversions import EventItem
from forms.services.conversions import OrderFacts, conversions_plan
from orders.models import Order
from stores.queries import public_url

_S, _P = Order.Status, Order.PaymentStatus
_GONE = frozenset({_S.CANCELLED, _S.RETURNING, _S.RETURNED, _S.CLOSED})
_WAY = (_S.NEW, _S.CONFIRMED, _S.PROCESSING, _S.READY, _S.SHIPPED, _S.DELIVERED, _S.COMPLETED)
_PAID = frozenset({_P.PAID, _P.COD_COLLECTED, _P.SETTLED})


def reached(order: Order) -> set[str]:
    """The stages of ``PURCHASE_AT`` this order has come to. A cancelled or returned one reaches nothing more."""
    if order.status in _GONE:
        return set()
    at = _WAY.index(Order.Status(order.status))
    found = {"placed"}
    for stage, status in (("confirmed", _S.CONFIRMED), ("shipped", _S.SHIPPED), ("delivered", _S.DELIVERED)):
        if at >= _WAY.index(status):
            found.add(stage)
    if order.payment_status in _PAID:
        found.add("paid")
    return found


def order_tell(order: Order) -> int:
    """Plan the events this order has become due for. Safe to repeat."""
    return orders_tell([order])


def orders_tell(orders: Sequence[Order]) -> int:
    """The same for many orders of one store."""
    told = [order for order in orders if not order.is_test]
    return conversions_plan([_facts(order, order.form_id) for order in told if order.form_id is not None])


def _facts(order: Order, form_id: int) -> OrderFacts:
    slug = order.form.slug if order.form else ""
    return OrderFacts(
        order_id=order.pk,
        store_id=order.store_id,
        form_id=form_id,
        number=order.order_number,
        gross=order.total,
        net=order.goods - order.discount,
        phone=order.buyer_phone,
        name=order.buyer_name,
        city=order.city_name,
        ip=order.ip or "",
        user_agent=order.user_agent,
        url=public_url(order.store, f"/{slug}"),
        happened_at=order.created_at,
        reached=reached(order),
        held=order.is_held,
        is_test=order.is_test,
        items=[
            EventItem(str(i.variant_id), f"{i.product_name} {i.variant_name}".strip(), i.qty, i.unit_price)
            for i in sorted(order.items.all(), key=lambda item: item.pk)
        ],
        event_ids=order.event_ids,
        source=order.utm,
    )
