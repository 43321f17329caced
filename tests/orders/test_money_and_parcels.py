"""Money and parcels are never lost, doubled or invented, whatever the outside services do."""

from __future__ import annotations

import hashlib
import hmac
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.db import connection
from django.test import Client
from django.utils import timezone

from bosonline import outbox
from bosonline.actor import BOSCOD
from bosonline.errors import DomainError
from bosonline.gateways.base import GatewayError, breakers_reset
from bosonline.models import OutboxMessage, TimelineEntry
from bosonline.tenancy import all_stores, store_scope
from catalog.queries import stock_mismatches
from orders.models import GatewayCallback, Order, Payment, Shipment, TrackingEvent
from orders.money import clocks, receipts, ways
from orders.services import shipping
from orders.services.callbacks import callback_keep, callback_process
from orders.services.shipping import awb_assigned, shipment_refresh
from orders.services.status import order_event, order_lock, order_set_status
from tests.factories import Shop, make_shop

CONTROL = os.environ["SANDBOX_URL"] + "/control"


@pytest.fixture
def boscod() -> Any:
    """Make the sandbox's BosCOD or Winpay misbehave; it behaves again afterwards."""

    def fail(service: str, mode: str, **more: Any) -> None:
        breakers_reset()
        requests.post(
            f"{CONTROL}/failures", json={"service": service, "mode": mode, **more}, timeout=5
        ).raise_for_status()

    yield fail
    for service in ("boscod", "winpay"):
        requests.post(f"{CONTROL}/failures", json={"service": service, "mode": "none"}, timeout=5)


def paid(order: Order, amount: int | None = None, money: str = "PAY1") -> str:
    reference = Payment.objects.with_scopes_disabled().get(order=order, reference__isnull=False).reference
    return receipts.gateway_paid(
        reference=reference or "", paid_amount=order.total if amount is None else amount, gateway_payment_id=money,
        paid_at=timezone.now(),
    )  # fmt: skip


def parcels_of(order: Order) -> list[dict[str, Any]]:
    rows = requests.get(f"{CONTROL}/parcels", timeout=5).json()["data"]
    return [p for p in rows if p["order_code"].startswith(order.order_number)]


# -- payments --------------------------------------------------------------------------------------------------------


def test_a_virtual_account_is_issued_once_however_often_it_is_asked_for(db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="va", payment_channel="BCA")
    with store_scope(shop.store):
        first = ways.payment_issue(order_id=order.pk)
        again = ways.payment_issue(order_id=order.pk)
    assert first and again and first.va_number and first.va_number == again.va_number


def test_a_virtual_account_whose_answer_was_lost_is_replaced_and_money_on_it_still_finds_the_order(
    db: None, boscod: Any, settings: Any
) -> None:
    shop = make_shop()
    order = shop.order(payment_method="va", payment_channel="BRI")
    settings.GATEWAY_READ_TIMEOUT = 0.4
    boscod("winpay", "timeout_after_acting", seconds=1, times=1, path="create-va")
    with store_scope(shop.store):
        with pytest.raises(GatewayError):
            ways.payment_issue(order_id=order.pk)
        payment = ways.payment_issue(order_id=order.pk)  # as the outbox does
        assert payment and payment.status == "pending" and payment.va_number and payment.reference != order.order_number
        assert not Payment.objects.filter(status="failed").exists()
    lost = receipts.gateway_paid(
        reference=order.order_number, paid_amount=order.total, gateway_payment_id="LOST1", paid_at=timezone.now()
    )
    assert lost == "paid"


def test_winpay_down_leaves_the_order_and_tries_again(committed_db: None, boscod: Any) -> None:
    shop = make_shop()
    order = shop.order(payment_method="qris")
    boscod("winpay", "down")
    outbox.drain()
    with store_scope(shop.store):
        payment = Payment.objects.get(order=order)
        assert payment.status == "creating" and payment.error
    message = OutboxMessage.objects.get(topic="payment.create")
    assert message.done_at is None and message.attempts == 1 and message.due_at > timezone.now()
    boscod("winpay", "none")
    OutboxMessage.objects.filter(pk=message.pk).update(due_at=timezone.now())
    outbox.drain()
    with store_scope(shop.store):
        assert Payment.objects.get(order=order).qr_content.startswith("000201")


def test_equal_money_pays_and_confirms_the_order(db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="va")
    assert paid(order) == "paid"
    order.refresh_from_db()
    assert (order.payment_status, order.status, order.paid_amount) == ("paid", "confirmed", order.total)


def test_a_callback_that_comes_twice_counts_once(db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="va")
    assert [paid(order), paid(order), paid(order)] == ["paid", "already_recorded", "already_recorded"]
    lines = TimelineEntry.objects.with_scopes_disabled().filter(subject_id=order.pk, kind="payment.status")
    assert lines.count() == 1


def test_less_money_is_partial_and_more_is_a_conflict(db: None) -> None:
    shop = make_shop()
    short = shop.order(payment_method="va")
    assert paid(short, short.total - 1000) == "partially_paid"
    much = shop.order(payment_method="va", phone="081234567891")
    assert paid(much, much.total + 1000, "PAY2") == "conflict"
    much.refresh_from_db()
    assert much.payment_status == "conflict" and much.status == "new"


def test_money_for_a_cancelled_order_is_kept_as_a_conflict(db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="va")
    with store_scope(shop.store):
        order_set_status(order_id=order.pk, status="cancelled", actor=shop.owner)
    assert paid(order) == "conflict"
    order.refresh_from_db()
    assert order.status == "cancelled" and order.paid_amount == order.total


def test_an_unknown_reference_is_kept_for_the_platform(db: None) -> None:
    body = {"reference": "TIDAK-ADA", "amount": 5000, "payment_id": "PX", "paid_at": ""}
    callback_keep(service="winpay", event_id="25:PX", kind="va", body=body)
    row = GatewayCallback.objects.get(event_id="25:PX")
    callback_process({"callback_id": row.pk})
    row.refresh_from_db()
    assert row.outcome == "unknown_reference" and row.processed_at


def test_twenty_equal_callbacks_at_once_pay_once(committed_db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="va")

    def one(_n: int) -> str:
        try:
            return paid(order)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(one, range(20)))
    assert outcomes.count("paid") == 1
    with store_scope(shop.store):
        assert Order.objects.get(pk=order.pk).paid_amount == order.total


def test_confirming_a_transfer_twice_changes_nothing(db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="bank_transfer")
    with store_scope(shop.store):
        assert receipts.payment_confirm(order_id=order.pk, amount=order.total, actor=shop.owner) == "paid"
        assert receipts.payment_confirm(order_id=order.pk, amount=order.total, actor=shop.owner) == "already_recorded"
        assert Order.objects.get(pk=order.pk).paid_amount == order.total
        assert Payment.objects.get(order=order).unique_code is None  # the number is free again


def test_two_part_payments_complete_a_transfer(db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="bank_transfer")
    with store_scope(shop.store):
        assert receipts.payment_confirm(order_id=order.pk, amount=10_000, actor=shop.owner) == "partially_paid"
        assert receipts.payment_confirm(order_id=order.pk, amount=order.total - 10_000, actor=shop.owner) == "paid"


def test_an_expired_payment_frees_the_stock_and_the_number(db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="bank_transfer")
    Payment.objects.with_scopes_disabled().filter(order=order).update(expires_at=timezone.now() - timedelta(minutes=1))
    assert clocks.payments_expire() == 1
    order.refresh_from_db()
    assert (order.status, order.payment_status) == ("cancelled", "expired")
    assert shop.level().reserved == 0
    assert clocks.payments_expire() == 0


def test_an_inquiry_finds_money_whose_callback_was_lost(db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="va")
    with store_scope(shop.store):
        ways.payment_issue(order_id=order.pk)
    requests.post(f"{CONTROL}/payments/{order.order_number}/pay", json={"silent": 1}, timeout=5)
    Payment.objects.with_scopes_disabled().update(created_at=timezone.now() - timedelta(minutes=5))
    assert clocks.payments_inquire() == 1
    order.refresh_from_db()
    assert order.payment_status == "paid"


# -- parcels ---------------------------------------------------------------------------------------------------------


def book(shop: Shop, order: Order) -> Shipment:
    with store_scope(shop.store):
        return shipping.shipment_book(order_id=order.pk, actor=shop.owner)


def test_a_courier_is_booked_once(db: None) -> None:
    shop = make_shop()
    order = shop.order()
    shipment = book(shop, order)
    assert shipment.boscod_number and len(parcels_of(order)) == 1
    with pytest.raises(DomainError) as caught:
        book(shop, order)
    assert caught.value.code == "already_booked"


def test_a_booking_whose_answer_was_lost_is_found_and_not_sent_again(db: None, boscod: Any, settings: Any) -> None:
    shop = make_shop()
    order = shop.order()
    settings.GATEWAY_READ_TIMEOUT = 0.4
    boscod("boscod", "timeout_after_acting", seconds=1, times=1, path="/order")
    shipment = book(shop, order)
    assert shipment.boscod_number == parcels_of(order)[0]["order_number"] and len(parcels_of(order)) == 1


def test_boscod_down_while_booking_is_tried_again_by_itself_and_books_once(committed_db: None, boscod: Any) -> None:
    shop = make_shop()
    order = shop.order()
    boscod("boscod", "down")
    with pytest.raises(DomainError) as caught:
        book(shop, order)
    assert caught.value.status == 503 and caught.value.extra["service"] == "boscod"
    assert parcels_of(order) == []
    boscod("boscod", "none")
    OutboxMessage.objects.filter(topic="shipment.send").update(due_at=timezone.now())
    outbox.drain()
    with store_scope(shop.store):
        assert Shipment.objects.get(order=order).boscod_number and len(parcels_of(order)) == 1


def test_a_garbage_answer_to_a_booking_never_makes_two_parcels(db: None, boscod: Any) -> None:
    shop = make_shop()
    order = shop.order()
    boscod("boscod", "garbage", times=1, path="/order")
    book(shop, order)
    assert len(parcels_of(order)) == 1


def test_ten_people_press_book_at_once(committed_db: None) -> None:
    shop = make_shop()
    order = shop.order()

    def press(_n: int) -> str:
        try:
            book(shop, order)
            return "booked"
        except DomainError as exc:
            return exc.code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(press, range(10)))
    assert len(parcels_of(order)) == 1
    with store_scope(shop.store):
        assert Shipment.objects.filter(order=order).count() == 1


def test_news_that_comes_twice_or_out_of_order_never_moves_a_parcel_back(db: None) -> None:
    shop = make_shop()
    order = shop.order()
    number = book(shop, order).boscod_number or ""
    assert awb_assigned(boscod_number=number, order_code="", awb="IDE1") == "awb_stored"
    assert awb_assigned(boscod_number=number, order_code="", awb="IDE1") == "already_known"
    for step in ("picked_up", "in_transit", "out_for_delivery", "delivered"):
        requests.post(f"{CONTROL}/parcels/{number}/advance", json={"to": step}, timeout=5)
    with store_scope(shop.store):
        shipment = Shipment.objects.get(order=order)
    shipment_refresh(shipment_id=shipment.pk)
    shipment_refresh(shipment_id=shipment.pk)
    assert awb_assigned(boscod_number=number, order_code="", awb="IDE1") == "already_known"
    order.refresh_from_db()
    assert (order.status, order.shipping_status, order.payment_status) == ("delivered", "delivered", "cod_collected")
    with store_scope(shop.store):
        assert TrackingEvent.objects.filter(shipment=shipment).count() == 5
        assert shop.level().on_hand == 9 and shop.level().reserved == 0
        assert order.customer.delivered_count == 1


def test_a_message_with_a_text_no_database_keeps_is_not_lost(db: None, client: Client, settings: Any) -> None:
    shop = make_shop()
    number = book(shop, shop.order()).boscod_number or ""
    body = (
        b'{"event_id": "E\\u0000-\\ud800-1", "event": "awb", "data": {"order_number": "%s", "awb": "IDE\\u000077", '
        b'"note": "\\udfff"}}' % number.encode()
    )
    signature = hmac.new(settings.BOSCOD_WEBHOOK_SECRET.encode(), body, hashlib.sha256).hexdigest()
    answer = client.post(
        "/callbacks/boscod", body, content_type="application/json", HTTP_X_BOSCOD_SIGNATURE=f"sha256={signature}"
    )
    assert answer.status_code == 200, answer.content
    kept = GatewayCallback.objects.get(event_id="E--1")
    assert kept.body["awb"] == "IDE77" and kept.body["raw"]["data"]["note"] == ""


def test_a_delivery_without_any_earlier_news_still_ships_the_stock_once(db: None) -> None:
    shop = make_shop()
    order = shop.order()
    with store_scope(shop.store):
        order_event(order=order_lock(order.pk), status="delivered", actor=BOSCOD)
    order.refresh_from_db()
    assert order.status == "delivered" and order.shipped_at
    assert (shop.level().on_hand, shop.level().reserved) == (9, 0)


def test_a_cancelled_order_gives_back_stock_and_voucher_once(db: None) -> None:
    from tests.factories import make_voucher

    shop = make_shop()
    voucher = make_voucher(shop)
    order = shop.order(voucher_codes=[voucher.code])
    with store_scope(shop.store):
        order_set_status(order_id=order.pk, status="cancelled", actor=shop.owner)
        voucher.refresh_from_db()
        assert voucher.used == 0 and shop.level().reserved == 0
        with pytest.raises(DomainError):
            order_set_status(order_id=order.pk, status="cancelled", actor=shop.owner)
        order_set_status(order_id=order.pk, status="new", actor=shop.owner, reason="pembeli jadi")
        assert shop.level().reserved == 1
    with all_stores():
        assert stock_mismatches() == []


def test_an_unpaid_prepaid_order_does_not_ship_without_the_right_and_a_reason(db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="bank_transfer")
    cs = shop.staff("customer_service")
    with store_scope(shop.store):
        with pytest.raises(DomainError) as caught:
            order_set_status(order_id=order.pk, status="ready", actor=cs)
        assert caught.value.code == "not_paid"
        with pytest.raises(DomainError) as caught:
            order_set_status(order_id=order.pk, status="ready", actor=shop.owner)
        assert caught.value.code == "reason_required"
        order_set_status(order_id=order.pk, status="ready", actor=shop.owner, reason="pelanggan lama")


def test_the_documented_journey_of_the_courier_is_answered_to_the_letter(client: Any, db: None) -> None:
    import json
    from pathlib import Path

    shop = make_shop()
    order = shop.order()
    number = book(shop, order).boscod_number
    requests.post(f"{CONTROL}/boscod/replay-seed", json={"order_number": number}, timeout=5).raise_for_status()
    with store_scope(shop.store):
        shipment = Shipment.objects.get(order=order)
    shipment_refresh(shipment_id=shipment.pk)
    answer = client.get("/api/v1/store/order/tracking?awb=IDE987651421", **shop.bearer())
    expected = Path(__file__).parent.parent / "data" / "tracking_IDE987651421.json"
    assert answer.status_code == 200
    got, wanted = json.loads(answer.content), json.loads(expected.read_text())
    assert got == wanted
    assert [list(row) for row in got["data"]] == [list(row) for row in wanted["data"]]  # the order of the fields too
    other = make_shop()
    assert client.get("/api/v1/store/order/tracking?awb=IDE987651421", **other.bearer()).status_code == 404


def test_a_gateway_that_is_down_never_breaks_the_rates_while_the_cache_lives(db: None, boscod: Any) -> None:
    from forms.services import rates

    fresh, estimate = rates.rates_find(15780, 14910, 1000)
    assert fresh and not estimate
    boscod("boscod", "down")
    settings_seconds, rates.FRESH_SECONDS = rates.FRESH_SECONDS, -1
    try:
        cached, estimate = rates.rates_find(15780, 14910, 1000)
    finally:
        rates.FRESH_SECONDS = settings_seconds
    assert cached == fresh and estimate
    with pytest.raises(DomainError) as caught:
        rates.rates_find(15780, 14911, 1000)
    assert caught.value.status == 503 and caught.value.extra["service"] == "boscod"
    assert GatewayError


def test_without_any_rate_the_order_is_taken_and_cs_confirms_the_fee(db: None, boscod: Any) -> None:
    from forms.pricing import basket_of
    from forms.services.rates import shipping_options

    shop = make_shop()
    boscod("boscod", "down")
    basket = basket_of(
        shop.snapshot, items=[{"variant_id": shop.variants[0].pk, "qty": 1}], package_id=None, bump=False
    )
    (option,), _more = shipping_options(shop.snapshot, basket, destination_id=14910, method="cod")
    assert option["estimate"]
    order = shop.order(courier_quote=option["quote"])
    assert (order.shipping, order.courier_code) == (0, "")
    with pytest.raises(DomainError) as caught:
        book(shop, order)
    assert caught.value.code == "no_courier"
