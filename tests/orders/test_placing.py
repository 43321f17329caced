"""Placing an order: what is written, what is refused, and that nothing is ever written twice or half."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bosonline.actor import SYSTEM
from bosonline.bill import CodTerms
from bosonline.errors import DomainError
from bosonline.models import IdempotencyRecord, OutboxMessage, TimelineEntry
from bosonline.tenancy import all_stores, store_scope
from catalog.models import StockEntry, VoucherUse
from catalog.queries import stock_mismatches
from catalog.services.products import variant_update
from forms.services.forms import form_set_status
from orders.models import Customer, Order, OrderItem, Payment
from tests.factories import GAMBIR, Shop, make_shop, make_voucher


def test_an_order_has_its_bill_items_payment_stock_timeline_and_outbox(db: None) -> None:
    shop = make_shop()
    order = shop.order(
        items=[{"variant_id": shop.variants[0].pk, "qty": 2}, {"variant_id": shop.variants[1].pk, "qty": 3}]
    )
    with store_scope(shop.store):
        assert order.goods == 2 * 50_000 + 3 * 80_000  # the wholesale tier of three
        fee = CodTerms(300, 2000)
        base = order.goods + 15_000
        assert order.cod_fee == max(-(-base * fee.rate_bp // 10_000), fee.minimum)
        assert order.total == base + order.cod_fee
        assert order.cost_of_goods == 2 * 20_000 + 3 * 40_000
        assert [(i.qty, i.unit_price, i.total) for i in order.items.order_by("id")] == [
            (2, 50_000, 100_000),
            (3, 80_000, 240_000),
        ]
        payment = Payment.objects.get(order=order)
        assert (payment.method, payment.status, payment.amount) == ("cod", "pending", order.total)
        assert [shop.level(0).reserved, shop.level(1).reserved] == [2, 3]
        entries = StockEntry.objects.filter(order_id=order.pk)
        assert sorted(e.reserved_after - e.reserved_before for e in entries) == [2, 3]
        assert TimelineEntry.objects.filter(subject="order", subject_id=order.pk).get().kind == "order.placed"
        assert OutboxMessage.objects.get(topic="order.placed", payload__order_id=order.pk).done_at is None
        assert order.customer.orders_count == 1
        assert order.assigned_to is not None


def test_placing_takes_at_most_twelve_round_trips(db: None, django_assert_max_num_queries: Any) -> None:
    shop = make_shop()
    checkout = shop.checkout()
    from orders.services.placement import Caller, order_place

    with django_assert_max_num_queries(12):
        order_place(store_id=shop.store.pk, data=checkout, caller=Caller("10.0.0.1"), idempotency=("k", "h"))


def test_the_same_key_and_body_give_the_same_order(db: None) -> None:
    shop = make_shop()
    first = shop.place(idempotency=("kunci", "isi"))
    again = shop.place(idempotency=("kunci", "isi"))
    assert again.replayed and again.order_id == first.order_id
    with store_scope(shop.store):
        assert Order.objects.count() == 1 and shop.level().reserved == 1


def test_the_same_key_with_another_body_is_a_conflict(db: None) -> None:
    shop = make_shop()
    shop.place(idempotency=("kunci", "isi"))
    with pytest.raises(DomainError) as caught:
        shop.place(idempotency=("kunci", "lain"))
    assert (caught.value.status, caught.value.code) == (409, "idempotency_conflict")


def test_a_sold_out_item_is_refused_and_nothing_is_written(db: None) -> None:
    shop = make_shop(stock=2)
    with pytest.raises(DomainError) as caught:
        shop.place(items=[{"variant_id": shop.variants[0].pk, "qty": 3}], idempotency=("k", "h"))
    assert caught.value.code == "out_of_stock" and caught.value.extra["left"] == 2
    with store_scope(shop.store):
        assert not Order.objects.exists() and not Customer.objects.exists() and not IdempotencyRecord.objects.exists()
        assert shop.level().reserved == 0


def test_a_quote_for_another_district_weight_or_store_is_refused(db: None) -> None:
    shop, other = make_shop(), make_shop()
    quote = shop.quote(shop.checkout(courier_quote="x"))
    for changes, code in (
        ({"courier_quote": quote, "district_id": 14911}, "quote_mismatch"),
        ({"courier_quote": quote, "items": [{"variant_id": shop.variants[0].pk, "qty": 9}]}, "quote_mismatch"),
        ({"courier_quote": other.quote(other.checkout(courier_quote="x"))}, "quote_mismatch"),
        ({"courier_quote": quote[:-2] + "AA"}, "quote_invalid"),
        ({"courier_quote": "gratis"}, "quote_invalid"),
        ({"courier_quote": shop.quote(shop.checkout(courier_quote="x"), cod=False)}, "quote_no_cod"),
    ):
        with pytest.raises(DomainError) as caught:
            shop.place(**changes)
        assert caught.value.code == code, changes
    with store_scope(shop.store):
        assert not Order.objects.exists()


def test_an_expired_quote_says_so_and_brings_fresh_rates_when_known(db: None, settings: Any) -> None:
    shop = make_shop()
    settings.QUOTE_SECONDS = -1
    stale = shop.quote(shop.checkout(courier_quote="x"))
    settings.QUOTE_SECONDS = 1800
    with pytest.raises(DomainError) as caught:
        shop.place(courier_quote=stale)
    assert caught.value.code == "quote_expired"
    from forms.services.rates import rates_find

    rates_find(shop.snapshot.origin_id, GAMBIR, 300)
    with pytest.raises(DomainError) as caught:
        shop.place(courier_quote=stale)
    fresh = caught.value.extra["rates"]
    assert fresh and shop.place(courier_quote=next(r["quote"] for r in fresh if r["courier_code"] == "idx")).order_id


def test_a_price_that_changed_meanwhile_is_never_charged_silently(db: None) -> None:
    shop = make_shop()
    checkout = shop.checkout(expected_total=50_000 + 15_000 + 2_000)
    with store_scope(shop.store):
        variant_update(variant_id=shop.variants[0].pk, price=60_000, actor=SYSTEM)
    with pytest.raises(DomainError) as caught:
        shop.place(expected_total=checkout.expected_total)
    assert caught.value.code == "price_changed" and caught.value.extra["bill"]["goods"] == 60_000
    assert shop.place().bill.goods == 60_000


def test_a_stale_snapshot_is_noticed_by_the_database(committed_db: None) -> None:
    shop = make_shop()
    old = shop.snapshot
    with store_scope(shop.store):
        variant_update(variant_id=shop.variants[0].pk, price=60_000, actor=SYSTEM)
    from forms import snapshot as module

    module._local[f"bos:form:{shop.store.pk}:{shop.form.slug}"] = (1e18, b"", old)  # a process that missed the change
    assert shop.place().bill.goods == 60_000


def test_a_closed_form_takes_no_order(db: None) -> None:
    shop = make_shop()
    checkout = shop.checkout()
    with store_scope(shop.store):
        form_set_status(form_id=shop.form.pk, status="closed", actor=SYSTEM)
    from orders.services.placement import Caller, order_place

    with pytest.raises(DomainError) as caught:
        order_place(store_id=shop.store.pk, data=checkout, caller=Caller())
    assert caught.value.code == "form_closed"


def test_a_quota_closes_the_form_after_its_last_order(db: None) -> None:
    shop = make_shop()
    with store_scope(shop.store):
        shop.form.quota = 1
        shop.form.save(update_fields=["quota"])
    shop.place()
    with pytest.raises(DomainError) as caught:
        shop.place(phone="081234567891")
    assert caught.value.code == "form_closed"


def test_a_test_order_takes_no_stock_and_counts_nowhere(db: None) -> None:
    shop = make_shop()
    placed = shop.place(is_test=True)
    with store_scope(shop.store):
        order = Order.objects.get(pk=placed.order_id)
        assert order.is_test and shop.level().reserved == 0 and order.customer.orders_count == 0


def test_the_same_buyer_and_product_within_the_window_is_flagged_not_blocked(db: None) -> None:
    shop = make_shop()
    first, second = shop.order(), shop.order()
    assert second.possible_duplicate_of_id == first.pk
    assert second.assigned_reason == "returning_buyer" and second.assigned_to_id == first.assigned_to_id


def test_a_trap_field_holds_the_order_visibly(db: None) -> None:
    shop = make_shop()
    order = shop.order(trap="http://spam.example")
    assert order.risk == "suspicious" and "trap_field" in order.risk_reasons and order.is_held


def test_a_blacklisted_customer_is_held(db: None) -> None:
    shop = make_shop()
    shop.order()
    with store_scope(shop.store):
        Customer.objects.update(is_blacklisted=True)
    assert shop.order().risk_reasons == ["blacklisted"]


def test_bank_transfers_have_unique_amounts_while_they_are_open(db: None) -> None:
    shop = make_shop(stock=100)
    orders = [shop.order(payment_method="bank_transfer", phone=f"0812345678{n:02d}") for n in range(20)]
    assert all(1 <= o.unique_code <= 999 for o in orders)
    assert len({o.total for o in orders}) == 20


def test_a_package_is_priced_as_one_and_its_lines_sum_to_it(db: None) -> None:
    shop = make_shop()
    ids = [v.pk for v in shop.variants]
    shop = make_shop(
        packages=[], stock=20,
    )  # fmt: skip
    ids = [v.pk for v in shop.variants]
    from forms.services.forms import form_publish, form_save_draft

    with store_scope(shop.store):
        package = {
            "id": "hemat",
            "name": "Hemat",
            "price": 100_001,
            "items": [{"variant_id": ids[0], "qty": 3}, {"variant_id": ids[1], "qty": 1}],
        }
        form_save_draft(form=shop.form, content={**shop.form.draft, "packages": [package]}, actor=SYSTEM)
        form_publish(form=shop.form, actor=SYSTEM)
    order = shop.order(package_id="hemat")
    with store_scope(shop.store):
        assert order.goods == 100_001 == sum(OrderItem.objects.filter(order=order).values_list("total", flat=True))
        assert [shop.level(0).reserved, shop.level(1).reserved] == [3, 1]


def test_a_voucher_with_one_use_is_used_once(db: None) -> None:
    shop = make_shop()
    voucher = make_voucher(shop)
    assert shop.place(voucher_codes=[voucher.code.lower()]).bill.discount == 10_000
    with pytest.raises(DomainError) as caught:
        shop.place(voucher_codes=[voucher.code], phone="081234567899")
    assert caught.value.code == "voucher_used_up" and "voucher_codes" in caught.value.errors


def test_an_unknown_voucher_is_named(db: None) -> None:
    shop = make_shop()
    with pytest.raises(DomainError) as caught:
        shop.place(voucher_codes=["TIDAKADA"])
    assert caught.value.code == "voucher_not_found"


# -- concurrency: real threads, real connections ---------------------------------------------------------------------


def _parallel(count: int, work: Any) -> list[Any]:
    def one(n: int) -> Any:
        try:
            return work(n)
        except DomainError as exc:
            return exc
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=min(count, 10)) as pool:
        return list(pool.map(one, range(count)))


def test_twenty_submits_at_once_with_one_key_make_one_order(committed_db: None) -> None:
    shop = make_shop(stock=100)
    results = _parallel(20, lambda _n: shop.place(idempotency=("sama", "isi")))
    assert len({r.order_id for r in results}) == 1 and sum(not r.replayed for r in results) == 1
    with store_scope(shop.store):
        assert Order.objects.count() == 1 and shop.level().reserved == 1


def test_fifty_buyers_for_ten_pieces_make_ten_orders(committed_db: None) -> None:
    shop = make_shop(stock=10)
    quotes = shop.checkout().courier_quote
    results = _parallel(50, lambda n: shop.place(phone=f"0812555{n:05d}", courier_quote=quotes))
    placed = [r for r in results if not isinstance(r, DomainError)]
    assert len(placed) == 10 and {r.code for r in results if isinstance(r, DomainError)} == {"out_of_stock"}
    with store_scope(shop.store):
        assert shop.level().available == 0 and Order.objects.count() == 10
    with all_stores():
        assert stock_mismatches() == []


def test_one_voucher_use_and_many_buyers_at_once(committed_db: None) -> None:
    shop = make_shop(stock=100)
    voucher = make_voucher(shop)
    results = _parallel(12, lambda n: shop.place(phone=f"0812666{n:05d}", voucher_codes=[voucher.code]))
    assert sum(not isinstance(r, DomainError) for r in results) == 1
    with store_scope(shop.store):
        voucher.refresh_from_db()
        assert voucher.used == 1 == VoucherUse.objects.count()


def test_one_buyer_cannot_use_a_limited_voucher_twice_at_once(committed_db: None) -> None:
    shop = make_shop(stock=100)
    voucher = make_voucher(shop, stock=50)
    results = _parallel(10, lambda _n: shop.place(voucher_codes=[voucher.code]))
    assert sum(not isinstance(r, DomainError) for r in results) == 1


def test_orders_of_two_variants_in_opposite_order_do_not_deadlock(committed_db: None) -> None:
    shop = make_shop(stock=1000)
    a, b = (v.pk for v in shop.variants)
    forth, back = (
        [{"variant_id": a, "qty": 1}, {"variant_id": b, "qty": 1}],
        [{"variant_id": b, "qty": 1}, {"variant_id": a, "qty": 1}],
    )
    results = _parallel(40, lambda n: shop.place(phone=f"0812777{n:05d}", items=forth if n % 2 else back))
    assert not [r for r in results if isinstance(r, DomainError)]
    assert shop.level(0).reserved == shop.level(1).reserved == 40


# -- the same rows as a plain ORM version -----------------------------------------------------------------------------


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.integers(0, 4), second=st.integers(0, 5), method=st.sampled_from(["cod", "bank_transfer", "va"]),
    shipping=st.integers(0, 60_000), bump=st.booleans(),
)  # fmt: skip
def test_it_writes_what_plain_orm_calls_would_write(
    db: None, first: int, second: int, method: str, shipping: int, bump: bool
) -> None:
    from tests.orders.plain import placed_rows, plain_rows

    if first + second == 0:
        first = 1
    shop = _shared_shop()
    items = [{"variant_id": v.pk, "qty": q} for v, q in zip(shop.variants, (first, second), strict=True) if q]
    checkout = shop.checkout(courier_quote="x", items=items, payment_method=method, bump=bump)
    quote = shop.quote(checkout, price=shipping)
    order = shop.order(items=items, payment_method=method, bump=bump, courier_quote=quote)
    with store_scope(shop.store):
        assert placed_rows(order) == plain_rows(shop, order, items, method, shipping)


_shared: dict[int, Shop] = {}


def _shared_shop() -> Shop:
    shop = _shared.get(0)
    if shop is not None and type(shop.store).objects.filter(pk=shop.store.pk).exists():
        return shop
    _shared[0] = make_shop(stock=100_000)
    return _shared[0]
