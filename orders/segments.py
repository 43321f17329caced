"""Named parts of the order list: the number on a tile and the link behind it are one declaration, so they cannot differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Sum
from django.utils.translation import gettext_lazy as _

from bosonline.actor import Actor
from orders.figures import MEASURES
from orders.lists import ORDERS
from orders.models import Order
from orders.tallies import KNOWN

S, P = Order.Status, Order.PaymentStatus


@dataclass(frozen=True, slots=True)
class Segment:
    """``params`` are those of the list; ``measure`` (of ``orders.figures.MEASURES``, rupiah) is summed over
    its rows; without one they are counted."""

    key: str
    label: Any
    params: Mapping[str, str]
    measure: str | None = None
    right: str = "orders.view"

    def query(self, period: Mapping[str, str] | None = None) -> str:
        """The link behind the number, as the list's query string."""
        return urlencode({**(period or {}), **self.params}, safe=",")


def _but(*left_out: str) -> str:
    return ",".join(s for s in S.values if s not in left_out)


TODO = (
    Segment("uncontacted", _("Not contacted for 15 minutes"), {"uncontacted": "1"}, right="followups.view"),
    Segment("proofs", _("Transfer proofs waiting"), {"payment_status": P.WAITING}, right="payments.view"),
    Segment("conflicts", _("Money that does not fit"), {"payment_status": P.CONFLICT}, right="payments.view"),
    Segment("ready", _("Ready to ship"), {"tab": "ready"}, right="shipping.view"),
    Segment("unpicked", _("Not picked up yet"), {"shipping_status": "awaiting_pickup"}, right="shipping.view"),
    Segment("problem", _("Delivery failed"), {"tab": "problem"}, right="shipping.view"),
    Segment("unclear", _("Couriers' news to look at"), {"parcel_alert": "1"}, right="shipping.view"),
    Segment("returning", _("Returns on the way"), {"status": S.RETURNING}, right="shipping.view"),
    Segment("held", _("Suspicious"), {"tab": "held"}),
)
MONEY = (
    Segment("revenue", _("Revenue"), {"status": _but(S.CANCELLED, S.CLOSED)}, "total"),
    Segment("received", _("Received"), {"payment_status": f"{P.PAID},{P.SETTLED}"}, "total"),
    Segment("expected", _("COD on the road"), {"payment_status": P.COD_PENDING,
                                               "status": f"{S.PROCESSING},{S.READY},{S.SHIPPED}"}, "total"),
    Segment("at_courier", _("COD at the courier"), {"payment_status": P.COD_COLLECTED}, "total"),
    Segment("return_cost", _("Cost of returns"), {"status": f"{S.RETURNING},{S.RETURNED}"}, "shipping_borne"),
    Segment("profit", _("Real profit"), {"status": f"{S.DELIVERED},{S.COMPLETED}"}, "profit", right="see_cost"),
)  # fmt: skip
FUNNEL = (
    Segment("ordered", _("Ordered"), {}),
    Segment("confirmed", _("Confirmed"), {"status": _but(S.NEW, S.CANCELLED)}),
    Segment(
        "shipped", _("Shipped"), {"status": _but(S.NEW, S.CONFIRMED, S.PROCESSING, S.READY, S.CANCELLED, S.CLOSED)}
    ),
    Segment("delivered", _("Delivered"), {"status": f"{S.DELIVERED},{S.COMPLETED}"}),
)


def segments_count(
    member: Actor, segments: Sequence[Segment], period: Mapping[str, str] | None = None
) -> dict[str, int]:
    """The number of each segment (its measure's sum, or its rows): from the tallies, the others in one query over the rows."""
    wanted = {s.key: s for s in segments if member.may(s.right)}
    kept = {key: s for key, s in wanted.items() if ORDERS.tally and set(s.params) <= KNOWN}
    figures = {
        key: (s.measure or "n", ORDERS.condition(member, s.params) or None) for key, s in kept.items()
    }  # fmt: skip
    found = ORDERS.tally.sums(member, period or {}, figures) if kept and ORDERS.tally else None
    numbers = {key: int(found[0][key]) for key in kept} if found is not None else {}
    rest: dict[str, Any] = {}
    for key, segment in wanted.items():
        if key not in numbers:
            condition = ORDERS.condition(member, segment.params)
            rest[key] = (condition, segment.measure)
    return {**numbers, **_counted(member, rest, period or {})} if rest else numbers


def _counted(member: Actor, wanted: Mapping[str, tuple[Any, str | None]], period: Mapping[str, str]) -> dict[str, int]:
    """Over the rows that any of them holds, so that the database reads no others."""
    rows = ORDERS.rows(member, period).order_by()
    if all(condition for condition, _measure in wanted.values()):
        rows = rows.filter(reduce(or_, (condition for condition, _measure in wanted.values())))
    figures = {
        f"n_{key}": Sum(MEASURES[measure], filter=condition or None, default=0) if measure
        else Count("pk", filter=condition or None)
        for key, (condition, measure) in wanted.items()
    }  # fmt: skip
    return {key: int(value) for key, value in ((k[2:], v) for k, v in rows.aggregate(**figures).items())}
