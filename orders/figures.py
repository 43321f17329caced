"""The figures of orders: one definition each, for a row in Python and for many in SQL, rounded per order."""

from __future__ import annotations

from typing import Any

from django.db.models import BigIntegerField, F
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from bosonline.bill import VAT_BP, SellerIncome, seller_income
from bosonline.money import BASIS_POINTS
from orders.models import Order


def income_of(order: Order) -> SellerIncome:
    """Seller's income of an order, in rupiah (product.md §4)."""
    return seller_income(
        total=order.total,
        courier_shipping=order.shipping,
        insurance=order.insurance,
        cod_fee=order.cod_fee,
        method_cost=0,
        cost_of_goods=order.cost_of_goods,
    )


def cod_due(order: Order) -> int:
    """Rupiah the courier is to collect at the door: what is still due of a COD order that may be delivered, else 0."""
    over = (Order.Status.CANCELLED, Order.Status.RETURNING, Order.Status.RETURNED, Order.Status.CLOSED)
    if not order.is_cod or order.status in over:
        return 0
    return max(order.total - order.paid_amount, 0)


def _vat() -> Combinable:
    """VAT on the COD fee, rounded up for each order: whole numbers, so that SQL and Python divide alike."""
    return Cast((F("cod_fee") * VAT_BP + (BASIS_POINTS - 1)) / BASIS_POINTS, BigIntegerField())


# name → rupiah of one order, as an SQL expression that equals the Python of the same name in ``income_of``
NET: Any = F("total") - F("shipping") - F("insurance") - F("cod_fee") - _vat()
PROFIT: Any = NET - F("cost_of_goods")
SHIPPING_BORNE: Any = F("shipping") - F("shipping_discount")
# what is summed over orders; the tallies keep each under its name
MEASURES: dict[str, Any] = {"total": F("total"), "shipping_borne": SHIPPING_BORNE, "profit": PROFIT}
