"""Words and amounts follow the state of the money, not the method: in every state of every axis."""

from __future__ import annotations

from itertools import product

from django.test import Client

from orders.figures import cod_due
from orders.models import Order
from orders.presentation import next_steps, next_text, payment_word
from tests.factories import make_shop

OVER = ("cancelled", "returning", "returned", "closed")


def test_no_order_that_owes_nothing_is_asked_for_money() -> None:
    for status, payment, method in product(Order.Status.values, Order.PaymentStatus.values, Order.Method.values):
        if (method == "cod") != (payment in ("cod_pending", "cod_collected")) and payment not in (
            "settled", "conflict", "refunded"
        ):  # fmt: skip
            continue
        paid = 50_000 if payment in ("paid", "settled", "cod_collected") else 0
        order = Order(
            status=status, payment_status=payment, payment_method=method, goods=50_000, total=50_000, paid_amount=paid
        )
        said = " ".join([payment_word(order), next_text(order), *next_steps(order)]).lower()
        if status in OVER or paid:
            assert cod_due(order) == 0, (status, payment)
            assert "uang pas" not in said and "bayar di tempat" not in said, (status, payment, said)
        if paid and status != "cancelled":
            assert payment_word(order) == "LUNAS"
        if payment == "cod_pending" and status not in OVER:
            assert cod_due(order) == 50_000 and payment_word(order) == "BAYAR DI TEMPAT (COD)"


def test_a_change_of_method_shows_its_total_before_it_is_chosen(db: None, client: Client) -> None:
    shop = make_shop(payment_methods=[{"method": "cod", "fee": 0}, {"method": "va", "fee": -5_000}])
    order = shop.order(payment_method="cod")
    page = client.get(f"/o/{order.token}", headers={"host": f"{shop.store.subdomain}.localhost"}).content.decode()
    assert "Rp 60.000" in page  # 50.000 + 15.000 − 5.000, no COD fee
