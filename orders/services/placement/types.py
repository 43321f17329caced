"""What comes in when an order is placed, and what goes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bosonline.bill import Bill
from orders.models import Order
from orders.services.rebill import bill_from


@dataclass(frozen=True, slots=True)
class CheckoutInput:
    """What the buyer sent, types already checked (``POST /checkout/orders`` of api.md)."""

    form_slug: str
    name: str
    phone: str
    payment_method: str
    items: list[dict[str, int]] = field(default_factory=list)
    package_id: str | None = None
    bump: bool = False
    email: str = ""
    district_id: int | None = None
    street: str = ""
    landmark: str = ""
    postal_code: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    courier_quote: str = ""
    insurance: bool = False
    payment_channel: str = ""
    voucher_codes: list[str] = field(default_factory=list)
    note: str = ""
    utm: dict[str, str] = field(default_factory=dict)
    event_ids: dict[str, str] = field(default_factory=dict)
    abandoned_token: str = ""
    # what the page showed, in rupiah: of the goods before any discount, and of everything but the unique code
    expected_goods: int | None = None
    expected_total: int | None = None
    filled_in_ms: int | None = None
    trap: str = ""
    # the buyer pressed again after ``confirmation_required``
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """Where the request came from."""

    ip: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """The order as answered to the buyer."""

    order_id: int
    order_number: str
    token: str
    status: str
    payment_status: str
    risk: str
    bill: Bill
    payment_method: str
    payment_channel: str
    payment_due_at: datetime | None
    replayed: bool = False
    assigned_to_id: int | None = None
    courier_name: str = ""
    buyer_name: str = ""
    products: str = ""
    is_test: bool = False


def placed_of(order_id: int, *, replayed: bool = False) -> Placed:
    """The answer for an order that exists."""
    order = Order.objects.get(pk=order_id)
    return Placed(
        order_id=order.pk,
        order_number=order.order_number,
        token=order.token,
        status=order.status,
        payment_status=order.payment_status,
        risk=order.risk,
        bill=bill_from(order),
        payment_method=order.payment_method,
        payment_channel=order.payment_channel,
        payment_due_at=order.payment_due_at,
        replayed=replayed,
        assigned_to_id=order.assigned_to_id,
        courier_name=order.courier_name,
        buyer_name=order.buyer_name,
        products=", ".join(
            f"{i.product_name} {i.variant_name}".strip() + (f" ×{i.qty}" if i.qty > 1 else "")
            for i in order.items.order_by("id")
        ),
        is_test=order.is_test,
    )
