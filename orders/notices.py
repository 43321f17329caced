"""The bell's lines about orders, money and parcels."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from bosonline.money import format_rupiah
from orders.models import Order, ParcelAlert
from orders.presentation import wish_text
from stores.notices import Facts, Notice, Words, declare
from stores.services.bell import Line


def order_line(order: Order, kind: str, **facts: Any) -> Line:
    """A line about an order, with what every one of them may say."""
    about = {"order_id": order.pk, "number": order.order_number, "name": order.buyer_name, "total": order.total}
    return Line(kind, about | facts, order.pk)


def _order(kind: str, group: str, right: str, title: Words, body: Words, tail: Words = lambda f: "") -> Notice:
    return Notice(kind, group, title, body, right, "order-detail", ("order_id",), tail)


def _buyer(facts: Facts) -> str:
    return f"{facts['name']} · {format_rupiah(facts['total'])}"


def _amount(facts: Facts) -> str:
    return format_rupiah(facts["amount"])


def _receipt(facts: Facts) -> str:
    return f"#uang-{facts['receipt_id']}" if facts.get("receipt_id") else ""


# what ``payment.received`` says of money that needs a person
LOOK = ("partially_paid", "conflict", "second_money", "taken_back", "payment_id_reused", "other")

declare(
    _order("order.new", "orders", "orders.view", lambda f: _("New order %(number)s") % f, _buyer),
    _order(
        "order.cancelled_by_buyer", "orders", "orders.view",
        lambda f: _("The buyer cancelled order %(number)s") % f,
        lambda f: " · ".join(part for part in (_buyer(f), f["reason"]) if part),
    ),
    _order("payment.paid", "payments", "payments.view", lambda f: _("Order %(number)s is paid") % f, _amount),
    *(
        _order(
            f"payment.{outcome}", "payments", "payments.view",
            lambda f: _("Payment of order %(number)s needs a look") % f, _amount, _receipt,
        )
        for outcome in LOOK
    ),
    _order(
        "payment.proof", "payments", "payments.view",
        lambda f: _("Transfer proof of order %(number)s") % f, _buyer,
    ),
    _order(
        "shipment.problem", "problems", "shipping.view",
        lambda f: _("Order %(number)s could not be delivered") % f, lambda f: str(f["text"]),
    ),
    _order(
        "shipment.redelivery", "problems", "shipping.view",
        lambda f: _("Order %(number)s: the buyer asks for another delivery") % f, wish_text,
    ),
    *(
        _order(
            f"shipment.{kind}", "problems", "shipping.view",
            lambda f: _("Parcel of order %(number)s needs a look") % f, lambda f: str(f["text"]),
        )
        for kind in ParcelAlert.Kind.values
    ),
)  # fmt: skip
