"""Named parts of the order list: the number on a tile and the link behind it are one declaration, so they cannot differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Sum
from django.utils.translation import gettext_lazy as _

from bosonline.actor import Actor
from orders.figures import PROFIT, SHIPPING_BORNE
from orders.lists import ORDERS
from orders.models import Order

S, P = Order.Status, Order.PaymentStatus


@dataclass(frozen=True, slots=True)
class Segment:
    """``params`` are those of the list; ``measure`` is summed over its rows (rupiah), without one they are counted."""

    key: str
    label: Any
    params: Mapping[str, str]
    measure: Any = None
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
    Segment("return_cost", _("Cost of returns"), {"status": f"{S.RETURNING},{S.RETURNED}"}, SHIPPING_BORNE),
    Segment("profit", _("Real profit"), {"status": f"{S.DELIVERED},{S.COMPLETED}"}, PROFIT, right="see_cost"),
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
    """The number of each segment (its measure's sum, or its rows), in one query over what the person may see."""
    wanted = {s.key: s for s in segments if member.may(s.right)}
    figures: dict[str, Any] = {}
    for key, segment in wanted.items():
        condition = ORDERS.condition(member, {**(period or {}), **segment.params}) or None
        figures[f"n_{key}"] = (
            Sum(segment.measure, filter=condition, default=0) if segment.measure is not None
            else Count("pk", filter=condition)
        )  # fmt: skip
    found = ORDERS.rows(member, period or {}).order_by().aggregate(**figures) if figures else {}
    return {key: int(found[f"n_{key}"]) for key in wanted}
