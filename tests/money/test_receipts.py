"""One receipt is one thing with its own identity: told twice it counts once, a mistake is taken back with a trace."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bosonline.actor import BOSCOD, Actor
from bosonline.errors import DomainError, Forbidden
from bosonline.models import TimelineEntry
from bosonline.tenancy import store_scope
from orders.models import Order, Payment, Receipt
from orders.money import receipts
from orders.money.states import sums_of
from orders.services.status import order_event, order_lock, order_set_status
from tests.factories import Shop, make_shop


def again(order: Order) -> Order:
    order.refresh_from_db()
    return order


def confirm(shop: Shop, order: Order, amount: int, **more: Any) -> str:
    with store_scope(shop.store):
        return receipts.payment_confirm(order_id=order.pk, amount=amount, actor=more.pop("by", shop.owner), **more)


def gateway(order: Order, amount: int, number: str, reference: str = "") -> str:
    ways = Payment.objects.with_scopes_disabled().filter(order=order, reference__isnull=False).order_by("id")
    return receipts.gateway_paid(
        reference=reference or ways[0].reference or "", paid_amount=amount, gateway_payment_id=number,
        paid_at=timezone.now(),
    )  # fmt: skip


def test_two_people_who_confirm_the_same_transfer_count_it_once(db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="bank_transfer")
    colleague = shop.staff("finance")
    half = order.total // 2
    assert confirm(shop, order, half) == "partially_paid"
    assert confirm(shop, order, half, by=colleague) == "already_recorded"
    assert again(order).paid_amount == half and order.payment_status == "partially_paid"
    # a second transfer of the same amount is said to be one
    assert confirm(shop, order, half, by=colleague, is_another=True) == (
        "paid" if half * 2 == order.total else "partially_paid"
    )
    assert again(order).paid_amount == half * 2


def test_an_amount_that_is_too_much_pressed_again_adds_nothing_and_has_a_way_out(db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="bank_transfer")
    much = order.total + 150_000
    assert [confirm(shop, order, much) for _ in range(3)] == ["conflict", "already_recorded", "already_recorded"]
    assert again(order).paid_amount == much
    with store_scope(shop.store):
        row = receipts.refund_record(order_id=order.pk, actor=shop.owner, to="BCA 123 Siti", key="form-1")
        assert receipts.refund_record(order_id=order.pk, actor=shop.owner, to="BCA 123 Siti", key="form-1") == row
    assert row.amount == -150_000
    assert (again(order).payment_status, order.paid_amount, order.status) == ("paid", order.total, "confirmed")


def test_a_typing_mistake_is_taken_back_and_stays_visible(db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="bank_transfer")
    confirm(shop, order, order.total * 10)
    with store_scope(shop.store):
        row = Receipt.objects.get(order=order)
        with pytest.raises(DomainError):
            receipts.receipt_take_back(receipt_id=row.pk, order_id=order.pk, actor=shop.owner, reason=" ")
        receipts.receipt_take_back(receipt_id=row.pk, order_id=order.pk, actor=shop.owner, reason="salah ketik nol")
        with pytest.raises(DomainError):
            receipts.receipt_take_back(receipt_id=row.pk, order_id=order.pk, actor=shop.owner, reason="lagi")
        assert (again(order).payment_status, order.paid_amount) == ("unpaid", 0)
        assert Payment.objects.get(order=order).status == "pending"
    assert confirm(shop, order, order.total) == "paid"
    lines = TimelineEntry.objects.with_scopes_disabled().filter(subject_id=order.pk, kind="money.taken_back")
    assert [line.data["reason"] for line in lines] == ["salah ketik nol"]


def test_what_the_gateway_said_is_given_back_not_taken_back(db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="va")
    gateway(order, order.total, "P1")
    with store_scope(shop.store):
        row = Receipt.objects.get(order=order)
        with pytest.raises(DomainError) as refused:
            receipts.receipt_take_back(receipt_id=row.pk, order_id=order.pk, actor=shop.owner, reason="x")
        assert refused.value.code == "not_by_person"


def test_credit_kept_from_one_order_pays_the_next_and_is_never_spent_twice(db: None) -> None:
    shop = make_shop()
    first = shop.order(payment_method="bank_transfer")
    confirm(shop, first, first.total + 40_000)
    second, third = (shop.order(payment_method="bank_transfer") for _ in range(2))
    with store_scope(shop.store):
        kept = receipts.surplus_keep(order_id=first.pk, actor=shop.owner)
        assert again(first).payment_status == "paid" and receipts.credit_of(first.customer_id) == 40_000
        receipts.credit_use(order_id=second.pk, actor=shop.owner)
        assert (again(second).paid_amount, second.payment_status) == (40_000, "partially_paid")
        assert receipts.credit_of(first.customer_id) == 0
        with pytest.raises(DomainError) as empty:
            receipts.credit_use(order_id=third.pk, actor=shop.owner)
        assert empty.value.code == "no_credit"
        with pytest.raises(DomainError) as spent:
            receipts.receipt_take_back(receipt_id=kept.pk, order_id=first.pk, actor=shop.owner, reason="keliru")
        assert spent.value.code == "credit_used"


def test_a_small_rest_is_waived_with_a_reason(db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="bank_transfer")
    confirm(shop, order, order.total - 6_500)
    with store_scope(shop.store):
        with pytest.raises(DomainError):
            receipts.difference_waive(order_id=order.pk, actor=shop.owner, reason="")
        receipts.difference_waive(order_id=order.pk, actor=shop.owner, reason="biaya antar bank")
    assert (again(order).payment_status, order.paid_amount) == ("paid", order.total)


def test_without_the_right_no_money_is_written(db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="bank_transfer")
    cs = shop.staff("customer_service")
    writes = [
        lambda m: receipts.payment_confirm(order_id=order.pk, amount=1_000, actor=m),
        lambda m: receipts.refund_record(order_id=order.pk, actor=m, amount=1, to="x"),
        lambda m: receipts.surplus_keep(order_id=order.pk, actor=m),
        lambda m: receipts.credit_use(order_id=order.pk, actor=m),
        lambda m: receipts.difference_waive(order_id=order.pk, actor=m, reason="x"),
        lambda m: receipts.receipt_take_back(receipt_id=1, order_id=order.pk, actor=m, reason="x"),
    ]
    with store_scope(shop.store):
        for write in writes:
            with pytest.raises(Forbidden):
                write(cs)
        assert not Receipt.objects.exists()


def test_both_virtual_accounts_paid_is_a_conflict_that_is_told_and_can_be_resolved(db: None) -> None:
    from orders.money.methods import buyer_method

    shop = make_shop()
    order = shop.order(payment_method="va", payment_channel="BCA")
    buyer_method(order=order, method="va", channel="BRI")
    with store_scope(shop.store):
        old, new = Payment.objects.filter(order=order).order_by("id")
    assert gateway(order, order.total, "P-old", old.reference or "") == "paid"
    assert gateway(order, order.total, "P-new", new.reference or "") == "conflict"
    assert (again(order).payment_status, order.paid_amount) == ("conflict", 2 * order.total)
    with store_scope(shop.store):
        receipts.refund_record(order_id=order.pk, actor=shop.owner, to="BRI Siti")
    assert (again(order).payment_status, order.paid_amount) == ("paid", order.total)


def test_money_on_an_old_va_of_an_order_that_the_courier_collects_is_a_conflict(db: None) -> None:
    from orders.money.methods import seller_method

    shop = make_shop()
    order = shop.order(payment_method="va", payment_channel="BCA")
    with store_scope(shop.store):
        seller_method(order=order, method="cod", channel="", actor=shop.owner)
    amount = Payment.objects.with_scopes_disabled().filter(order=order).order_by("id")[0].amount
    assert gateway(order, amount, "P1") == "conflict"
    with store_scope(shop.store):
        receipts.refund_record(order_id=order.pk, actor=shop.owner, to="BCA Siti")
        assert again(order).payment_status == "cod_pending"


def test_late_money_for_a_cancelled_order_is_a_conflict_until_it_is_given_back(db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="bank_transfer")
    with store_scope(shop.store):
        order_set_status(order_id=order.pk, status="cancelled", actor=shop.owner)
    assert confirm(shop, order, order.total) == "conflict"
    with store_scope(shop.store):
        receipts.refund_record(order_id=order.pk, actor=shop.owner, to="BCA Siti")
    assert (again(order).payment_status, order.paid_amount, order.status) == ("refunded", 0, "cancelled")


def test_an_inquiry_and_its_callback_are_the_same_money_in_any_order(db: None) -> None:
    shop = make_shop()

    def told(order: Order, steps: list[tuple[str, str]]) -> list[str]:
        reference = Payment.objects.with_scopes_disabled().get(order=order).reference or ""
        return [
            receipts.gateway_paid(
                reference=reference, paid_amount=order.total, gateway_payment_id=number, reference_no=bank,
                paid_at=timezone.now(),
            )
            for number, bank in steps
        ]  # fmt: skip

    histories = [
        [("", "R1"), ("P1", "R1"), ("", "R1")],
        [("P1", "R1"), ("", "R1"), ("P1", "R1")],
        [("", ""), ("P1", "R1"), ("P1", "")],
        [("", "R1"), ("P1", ""), ("P1", "R1")],
        [("P1", ""), ("", "R9"), ("P1", "R9")],
    ]
    for n, steps in enumerate(histories):
        order = shop.order(payment_method="va", phone=f"08123456780{n}")
        named = [(f"{p}-{order.pk}" if p else "", b) for p, b in steps]
        assert told(order, named) == ["paid", "already_recorded", "already_recorded"], steps
        assert again(order).paid_amount == order.total
        # another number of the gateway's is other money
        assert told(order, [(f"P2-{order.pk}", f"R2-{order.pk}")]) == ["conflict"]


def test_one_payment_told_for_two_orders_is_an_alarm_and_pays_only_one(db: None) -> None:
    shop = make_shop()
    one = shop.order(payment_method="va")
    two = shop.order(payment_method="va", phone="081234567891")
    assert gateway(one, one.total, "PX") == "paid"
    assert gateway(two, two.total, "PX") == "payment_id_reused"
    assert again(two).payment_status == "unpaid"
    with store_scope(shop.store):
        assert TimelineEntry.objects.filter(subject_id=two.pk, kind="payment.gateway_alarm").count() == 1


def test_cod_is_collected_whoever_says_that_it_was_delivered(db: None) -> None:
    shop = make_shop()
    for n, by_person in enumerate((True, False)):
        order = shop.order(phone=f"08123456780{n}")
        with store_scope(shop.store):
            for step in ("confirmed", "processing", "ready", "shipped"):
                order_set_status(order_id=order.pk, status=step, actor=shop.owner)
            if by_person:
                order_set_status(order_id=order.pk, status="delivered", actor=shop.owner)
            else:
                order_event(order=order_lock(order.pk), status="delivered", actor=BOSCOD)
        assert (again(order).payment_status, order.paid_amount) == ("cod_collected", order.total), by_person
        with store_scope(shop.store):
            assert Receipt.objects.get(order=order).kind == "cash"
            # it comes back after all: the cash that the delivery promised is none
            order_set_status(order_id=order.pk, status="returning", actor=shop.owner)
        assert (again(order).payment_status, order.paid_amount) == ("cod_pending", 0)


def test_a_reopened_prepaid_order_can_be_paid(db: None) -> None:
    shop = make_shop()
    shop.store.unique_code_enabled = True
    shop.store.save()
    for n, method in enumerate(("bank_transfer", "va", "qris")):
        order = shop.order(payment_method=method, phone=f"08123456780{n}")
        with store_scope(shop.store):
            old = Payment.objects.get(order=order)
            order_set_status(order_id=order.pk, status="cancelled", actor=shop.owner)
            order_set_status(order_id=order.pk, status="new", actor=shop.owner, reason="berubah pikiran")
            new = Payment.objects.exclude(pk=old.pk).get(order=order)
            again(order)
            assert (order.payment_status, new.amount) == ("unpaid", order.total)
            assert new.expires_at and new.expires_at > timezone.now()
            if method == "bank_transfer":
                assert new.bank_account_id and new.unique_code == order.unique_code
                assert confirm(shop, order, order.total) == "paid"
            else:
                assert new.reference != old.reference and new.status == "creating"
                assert gateway(order, order.total, f"P{n}", new.reference or "") == "paid"


def test_a_reopened_order_that_was_paid_stays_paid(db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="bank_transfer")
    confirm(shop, order, order.total)
    with store_scope(shop.store):
        order_set_status(order_id=order.pk, status="cancelled", actor=shop.owner)
        assert again(order).payment_status == "conflict"
        order_set_status(order_id=order.pk, status="new", actor=shop.owner, reason="keliru")
    assert (again(order).payment_status, order.paid_amount) == ("paid", order.total)


def test_ten_people_at_once_record_one_transfer(committed_db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="bank_transfer")

    def one(_n: int) -> str:
        try:
            return confirm(shop, order, order.total)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(one, range(10)))
    assert outcomes.count("paid") == 1 and outcomes.count("already_recorded") == 9
    with store_scope(shop.store):
        assert Receipt.objects.count() == 1


steps = st.lists(
    st.sampled_from(["transfer", "same", "va", "refund", "keep", "waive", "take_back", "cancel", "reopen", "use"]),
    min_size=1, max_size=8,
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=steps, data=st.data())
def test_paid_amount_is_the_sum_of_live_receipts_after_any_history(db: None, history: list[str], data: Any) -> None:
    shop = make_shop()
    order = shop.order(payment_method="va")
    member: Actor = shop.owner
    with store_scope(shop.store):
        for n, step in enumerate(history):
            amount = data.draw(st.sampled_from([1_000, order.total, order.total + 5_000]))
            try:
                match step:
                    case "transfer":
                        receipts.payment_confirm(order_id=order.pk, amount=amount, actor=member, is_another=True)
                    case "same":
                        receipts.payment_confirm(order_id=order.pk, amount=amount, actor=member)
                    case "va":
                        gateway(order, amount, f"{order.pk}-{n % 3}")
                    case "refund":
                        receipts.refund_record(order_id=order.pk, actor=member, to="x")
                    case "keep":
                        receipts.surplus_keep(order_id=order.pk, actor=member)
                    case "use":
                        receipts.credit_use(order_id=order.pk, actor=member)
                    case "waive":
                        receipts.difference_waive(order_id=order.pk, actor=member, reason="x")
                    case "take_back":
                        row = Receipt.objects.filter(order=order, taken_back_at=None).order_by("-id").first()
                        receipts.receipt_take_back(
                            receipt_id=row.pk if row else 0, order_id=order.pk, actor=member, reason="x"
                        )
                    case "cancel":
                        order_set_status(order_id=order.pk, status="cancelled", actor=member)
                    case "reopen":
                        order_set_status(order_id=order.pk, status="new", actor=member, reason="x")
            except DomainError:
                pass
            again(order)
            live = Receipt.objects.filter(order=order, taken_back_at=None)
            assert order.paid_amount == sums_of(live).net >= 0
            assert receipts.credit_of(order.customer_id) >= 0
            assert Payment.objects.filter(order=order, status__in=["creating", "pending", "partial"]).count() <= 1
            if receipts.surplus_of(order):
                assert order.payment_status == "conflict"
            if order.status != "cancelled" and order.payment_status in ("unpaid", "partially_paid"):
                # what is still due can be paid: some way is open
                assert Payment.objects.filter(order=order, status__in=["creating", "pending", "partial"]).exists()


def test_the_api_says_what_is_left_and_settles_a_difference_once(db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="bank_transfer")
    api = Client(**shop.bearer())
    url = f"/api/v1/store/orders/{order.pk}"
    first = api.put(f"{url}/confirm-payment", {"amount": 10_000}, content_type="application/json").json()["data"]
    assert (first["outcome"], first["left"]) == ("partially_paid", order.total - 10_000)
    twice = api.put(f"{url}/confirm-payment", {"amount": 10_000}, content_type="application/json").json()["data"]
    assert (twice["outcome"], twice["left"]) == ("already_recorded", order.total - 10_000)
    api.put(f"{url}/confirm-payment", {"amount": order.total}, content_type="application/json")
    body = {"action": "refund", "to": "BCA 1 Siti"}
    key = {"HTTP_IDEMPOTENCY_KEY": "k1"}
    made = api.post(f"{url}/receipts", body, content_type="application/json", **key)
    same = api.post(f"{url}/receipts", body, content_type="application/json", **key)
    assert made.status_code == same.status_code == 201 and made.json() == same.json()
    assert made.json()["data"]["payment_status"] == "paid" and made.json()["data"]["amount"] == -10_000
    rows = api.get(f"{url}/receipts").json()
    assert [row["amount"] for row in rows["data"]] == [10_000, order.total, -10_000] and rows["surplus"] == 0
