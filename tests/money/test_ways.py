"""Ways to pay at Winpay, over the sandbox: what is no longer wanted is closed, a lost answer is found out, every open
way is asked in its turn, and nothing expires unasked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone

from bosonline import outbox
from bosonline.gateways.base import GatewayError, breakers_reset
from bosonline.models import OutboxMessage
from bosonline.tenancy import store_scope
from orders.models import Order, Payment, Receipt
from orders.money import clocks, ways
from orders.money.methods import buyer_method, seller_method
from orders.services.buyer import buyer_cancel
from orders.services.status import order_set_status
from tests.factories import Shop, make_shop

CONTROL = os.environ["SANDBOX_URL"] + "/control"


@pytest.fixture
def winpay() -> Iterator[Callable[..., None]]:
    """Make the sandbox's Winpay misbehave; it behaves again afterwards."""

    def fail(mode: str, **more: Any) -> None:
        breakers_reset()
        body = {"service": "winpay", "mode": mode, **more}
        requests.post(f"{CONTROL}/failures", json=body, timeout=5).raise_for_status()

    yield fail
    requests.post(f"{CONTROL}/failures", json={"service": "winpay", "mode": "none"}, timeout=5)
    breakers_reset()


def at_winpay(reference: str | None) -> dict[str, Any] | None:
    rows = requests.get(f"{CONTROL}/payments", timeout=5).json()["data"]
    return next((row for row in rows if row["id"] == reference), None)


def pay(reference: str | None, **more: Any) -> None:
    requests.post(f"{CONTROL}/payments/{reference}/pay", json={"silent": 1, **more}, timeout=5).raise_for_status()


def issued(shop: Shop, **changes: Any) -> tuple[Order, Payment]:
    order = shop.order(**({"payment_method": "va", "payment_channel": "BCA"} | changes))
    with store_scope(shop.store):
        payment = ways.payment_issue(order_id=order.pk)
    assert payment is not None and payment.status == "pending"
    return order, payment


def drain() -> None:
    while outbox.drain():
        pass


LEAVING: dict[str, Callable[[Shop, Order], Any]] = {
    "another bank": lambda shop, order: buyer_method(order=order, method="va", channel="BRI"),
    "QRIS": lambda shop, order: buyer_method(order=order, method="qris", channel=""),
    "transfer": lambda shop, order: buyer_method(order=order, method="bank_transfer", channel=""),
    "COD by the seller": lambda shop, order: seller_method(order=order, method="cod", channel="", actor=shop.owner),
    "renewed": lambda shop, order: seller_method(order=order, method="va", channel="BCA", actor=shop.owner),
    "cancelled by the buyer": lambda shop, order: buyer_cancel(order=order, reason=""),
    "cancelled by the seller": lambda shop, order: order_set_status(
        order_id=order.pk, status="cancelled", actor=shop.owner
    ),
}


@pytest.mark.parametrize("why", LEAVING)
def test_a_va_that_is_no_longer_wanted_is_closed_at_winpay(committed_db: None, why: str) -> None:
    shop = make_shop()
    order, payment = issued(shop)
    assert at_winpay(payment.reference)
    with store_scope(shop.store):
        LEAVING[why](shop, order)
    drain()
    assert at_winpay(payment.reference) is None or at_winpay(payment.reference)["deleted"]  # type: ignore[index]
    payment.refresh_from_db()
    assert payment.status == "cancelled" and payment.closed_at is not None


def test_closing_is_tried_again_while_winpay_is_away_and_says_so(committed_db: None, winpay: Any) -> None:
    shop = make_shop()
    order, payment = issued(shop)
    with store_scope(shop.store):
        order_set_status(order_id=order.pk, status="cancelled", actor=shop.owner)
    winpay("down")
    drain()
    payment.refresh_from_db()
    assert payment.closed_at is None and payment.close_wanted_at and payment.close_error
    winpay("none")
    OutboxMessage.objects.filter(topic="payment.close").update(due_at=timezone.now())
    drain()
    payment.refresh_from_db()
    assert payment.closed_at and not payment.close_error


def test_a_va_paid_in_the_moment_it_is_left_is_a_visible_conflict(committed_db: None) -> None:
    shop = make_shop()
    order, payment = issued(shop)
    pay(payment.reference)
    with store_scope(shop.store):
        seller_method(order=order, method="cod", channel="", actor=shop.owner)
    drain()
    order.refresh_from_db()
    assert (order.payment_status, order.paid_amount) == ("conflict", payment.amount)


@pytest.mark.parametrize(
    "lost", [{"mode": "error500"}, {"mode": "timeout_after_acting", "seconds": 1}, {"mode": "slow", "seconds": 1}]
)
@pytest.mark.parametrize("method", ["va", "qris"])
def test_a_lost_answer_is_tried_again_until_it_is_known(
    committed_db: None, winpay: Any, settings: Any, lost: dict[str, Any], method: str
) -> None:
    settings.GATEWAY_READ_TIMEOUT = 0.4
    shop = make_shop()
    order = shop.order(payment_method=method)
    winpay(**lost, times=1)
    for _round in range(3):
        OutboxMessage.objects.filter(topic="payment.create").update(due_at=timezone.now())
        drain()
    with store_scope(shop.store):
        assert Payment.objects.filter(order=order, status="pending").count() == 1
        assert not Payment.objects.filter(order=order, status="failed").exists()
        # the one whose answer was lost, if Winpay has it, is still known by its reference
        known = set(Payment.objects.filter(order=order).values_list("reference", flat=True))
    rows = requests.get(f"{CONTROL}/payments", timeout=5).json()["data"]
    assert {row["id"] for row in rows if row["id"].startswith(order.order_number)} <= known


def test_a_number_that_comes_after_the_buyer_chose_another_way_is_closed_too(committed_db: None, winpay: Any) -> None:
    shop = make_shop()
    order = shop.order(payment_method="va", payment_channel="BCA")
    with store_scope(shop.store):
        creating = Payment.objects.get(order=order)
        answer = ways._issue(ways.winpay_client(), creating)  # Winpay has answered …
        seller_method(order=order, method="bank_transfer", channel="", actor=shop.owner)  # … meanwhile
        ways._issued(creating, answer)
    drain()
    creating.refresh_from_db()
    assert creating.status == "cancelled" and creating.va_number and creating.closed_at


def test_every_open_way_gets_its_turn_however_many_there_are(db: None) -> None:
    shop = make_shop(stock=100)
    made = [issued(shop, phone=f"08123456{n:04d}", payment_method=("va", "qris")[n % 2]) for n in range(12)]
    _order, last = made[-1]
    Payment.objects.with_scopes_disabled().update(created_at=timezone.now() - timedelta(minutes=5))
    pay(last.reference)
    assert sum(clocks.payments_inquire(limit=5) for _round in range(3)) == 1
    with store_scope(shop.store):
        assert Receipt.objects.get().payment_id == last.pk
        asked = Payment.objects.filter(next_ask_at__isnull=False).count()
    assert asked == 12  # nobody was left out, and nobody was asked twice before the others
    assert clocks.payments_inquire(limit=50) == 0


def test_a_call_that_fails_costs_only_its_own_turn(db: None, winpay: Any) -> None:
    shop = make_shop(stock=100)
    made = [issued(shop, phone=f"08123456{n:04d}") for n in range(4)]
    Payment.objects.with_scopes_disabled().update(created_at=timezone.now() - timedelta(minutes=5))
    for _order, payment in made[1:]:
        pay(payment.reference)
    winpay("error500", times=1)
    assert clocks.payments_inquire() == 3


def test_nothing_expires_before_winpay_says_that_it_is_unpaid(db: None, winpay: Any) -> None:
    shop = make_shop()
    paid_order, paid = issued(shop)
    open_order, _unpaid = issued(shop, phone="081234567891", payment_method="qris")
    pay(paid.reference)
    past = timezone.now() - timedelta(minutes=1)
    Payment.objects.with_scopes_disabled().update(expires_at=past, created_at=timezone.now() - timedelta(hours=25))
    winpay("down")
    assert clocks.payments_expire() == 0
    open_order.refresh_from_db()
    assert (open_order.status, open_order.payment_status) == ("new", "unpaid")
    winpay("none")
    Payment.objects.with_scopes_disabled().update(next_ask_at=None)
    assert clocks.payments_expire() == 1
    for order in (paid_order, open_order):
        order.refresh_from_db()
    assert (paid_order.status, paid_order.payment_status) == ("confirmed", "paid")
    assert (open_order.status, open_order.payment_status) == ("cancelled", "expired")


def test_a_refused_payment_and_its_order_follow_the_stores_expiry(db: None, winpay: Any) -> None:
    shop = make_shop()
    order = shop.order(payment_method="va", payment_channel="BCA")
    with store_scope(shop.store):
        Payment.objects.filter(order=order).update(channel="NOBANK")
        failed = ways.payment_issue(order_id=order.pk)
    assert failed and failed.status == "failed" and failed.error
    assert shop.level().reserved == 1
    Payment.objects.with_scopes_disabled().update(expires_at=timezone.now() - timedelta(minutes=1))
    assert clocks.payments_expire() == 1
    order.refresh_from_db()
    assert (order.status, order.payment_status, shop.level().reserved) == ("cancelled", "expired", 0)


def test_late_money_on_a_closed_way_is_found_by_asking(db: None) -> None:
    shop = make_shop()
    order, payment = issued(shop, payment_method="qris")
    with store_scope(shop.store):
        buyer_method(order=order, method="bank_transfer", channel="")
    pay(payment.reference)
    Payment.objects.with_scopes_disabled().update(created_at=timezone.now() - timedelta(minutes=5))
    clocks.payments_inquire()
    order.refresh_from_db()
    assert order.paid_amount == payment.amount and order.payment_status in ("paid", "conflict")
    with store_scope(shop.store):
        assert Receipt.objects.get(order=order).payment_id == payment.pk


def test_winpay_away_is_said_and_tried_again(db: None, winpay: Any) -> None:
    shop = make_shop()
    order = shop.order(payment_method="va", payment_channel="BCA")
    winpay("down")
    with store_scope(shop.store), pytest.raises(GatewayError):
        ways.payment_issue(order_id=order.pk)
    with store_scope(shop.store):
        assert Payment.objects.get(order=order).status == "creating"
