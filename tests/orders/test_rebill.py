"""An order is priced again by what it was promised, in one place."""

from __future__ import annotations

from typing import Any

from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bosonline import sqlfunctions
from bosonline.actor import SYSTEM
from bosonline.tenancy import store_scope
from forms.services.forms import form_publish, form_save_draft
from orders.models import Order
from orders.money.methods import seller_method
from orders.services.rebill import bill_from, rebill
from tests.factories import Shop, make_shop, make_voucher

METHODS = ("cod", "bank_transfer", "va", "qris")


def shop_with_fees(**more: Any) -> Shop:
    fees = {"cod": 2_000, "bank_transfer": -5_000, "va": 4_000, "qris": 0}
    return make_shop(
        payment_methods=[{"method": m, "fee": fee} for m, fee in fees.items()],
        shipping_subsidy={"kind": "percent", "value": 50, "min_goods": 0, "maximum": 6_000},
        insurance_enabled=True,
        **more,
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(METHODS), other=st.sampled_from(METHODS), qty=st.integers(1, 4), insured=st.booleans(),
    vouchers=st.booleans(), payer=st.sampled_from(["buyer", "seller"]), step=st.sampled_from([0, 500, 1000]),
)  # fmt: skip
def test_pricing_again_without_a_change_changes_nothing_and_a_way_there_and_back_leads_home(
    db: None, method: str, other: str, qty: int, insured: bool, vouchers: bool, payer: str, step: int
) -> None:
    shop = shop_with_fees()
    shop.store.cod_fee_payer, shop.store.cod_round_to = payer, step
    shop.store.save()
    codes = [make_voucher(shop, value=7_000).code, make_voucher(shop, kind="shipping", value=3_000).code]
    order = shop.order(
        payment_method=method, items=[{"variant_id": shop.variants[1].pk, "qty": qty}], insurance=insured,
        voucher_codes=codes if vouchers else [],
    )  # fmt: skip
    placed = bill_from(order)
    with store_scope(shop.store):
        same = rebill(order, unique_code=order.unique_code)
        assert same.after == placed and same.difference == 0
        for part in ({"shipping": order.shipping}, {"goods": order.goods}, {"method": method}, {"courier_code": "idx"}):
            assert rebill(order, **part, unique_code=order.unique_code).after == placed, part  # type: ignore[arg-type]
        there = rebill(order, method=other).after
        # what the other way would have cost from the beginning: the same bill by checkout's own function
        fresh = shop.order(
            payment_method=other, items=[{"variant_id": shop.variants[1].pk, "qty": qty}], insurance=insured,
            phone="081234567899", voucher_codes=[],
        )  # fmt: skip
        if not vouchers:
            assert there.total == fresh.total - fresh.unique_code
        seller_method(order=order, method=other, channel="", actor=SYSTEM)
        seller_method(order=Order.objects.get(pk=order.pk), method=method, channel="", actor=SYSTEM)
        home = Order.objects.get(pk=order.pk)
    assert home.total - home.unique_code == placed.total - placed.unique_code


def test_a_form_that_changed_later_does_not_change_what_was_promised(db: None) -> None:
    shop = shop_with_fees()
    order = shop.order(payment_method="cod")
    with store_scope(shop.store):
        expected = rebill(order, method="va").after.total
        content = shop.form.draft | {"payment_methods": [{"method": m, "fee": 50_000} for m in METHODS]}
        form_save_draft(form=shop.form, content=content, actor=SYSTEM)
        form_publish(form=shop.form, actor=SYSTEM)
        seller_method(order=Order.objects.get(pk=order.pk), method="va", channel="BCA", actor=SYSTEM)
        assert Order.objects.get(pk=order.pk).total == expected


def test_cod_totals_are_rounded_up_where_the_store_wants_it_and_the_line_says_so(db: None) -> None:
    shop = make_shop()
    items = [{"variant_id": shop.variants[0].pk, "qty": 3}]
    exact = shop.order(payment_method="cod", items=items)
    shop.store.cod_round_to = 1000
    shop.store.save()
    rounded = shop.order(payment_method="cod", items=items, phone="081234567891")
    prepaid = shop.order(payment_method="va", items=items, phone="081234567892")
    assert (exact.cod_round, prepaid.cod_round) == (0, 0) and exact.total % 1000
    assert rounded.total % 1000 == 0 and rounded.total - rounded.cod_round == exact.total
    assert 0 < rounded.cod_round < 1000


def test_a_column_added_by_a_later_release_stops_nobody(committed_db: None) -> None:
    """Rows of every table that an order writes: a new NOT NULL column with a default is invisible to running processes."""
    shop = make_shop()
    voucher = make_voucher(shop, stock=5)
    tables = (
        "orders_order", "orders_orderitem", "orders_payment", "orders_customer", "catalog_stockentry",
        "catalog_voucheruse", "bosonline_timelineentry", "bosonline_outboxmessage", "bosonline_idempotencyrecord",
        "forms_abandonedcheckout",
    )  # fmt: skip
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ADD COLUMN later_release integer NOT NULL DEFAULT 7")
    try:
        placed = shop.place(idempotency=("k", "h"), voucher_codes=[voucher.code], abandoned_token="x" * 22)
        again = shop.place(idempotency=("k", "h"), voucher_codes=[voucher.code], abandoned_token="x" * 22)
        assert placed.order_id == again.order_id and again.replayed
        with connection.cursor() as cursor:
            cursor.execute("SELECT later_release FROM orders_order WHERE id = %s", [placed.order_id])
            assert cursor.fetchone() == (7,)
    finally:
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DROP COLUMN later_release")


def test_database_functions_are_named_by_their_text_and_old_ones_go_after_a_while(committed_db: None) -> None:
    name = sqlfunctions.name_of("order_place")
    assert name.startswith("order_place_") and sqlfunctions.name_of("stock_reserve") in sqlfunctions.text_of(
        "order_place"
    )
    with connection.cursor() as cursor:
        for real, when in (("order_place_aaaaaaaa", "2020-01-01T00:00:00+00:00"), ("order_place_bbbbbbbb", None)):
            cursor.execute(f"CREATE FUNCTION {real}(p jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT p'")
            if when:
                cursor.execute(f"COMMENT ON FUNCTION {real} IS 'bosonline {when}'")
        sqlfunctions.install()
        sqlfunctions.install()
        cursor.execute("SELECT proname FROM pg_proc WHERE proname LIKE 'order_place%'")
        left = {row[0] for row in cursor.fetchall()}
        cursor.execute("DROP FUNCTION order_place_bbbbbbbb(jsonb)")
    assert left == {name, "order_place_bbbbbbbb"}  # not ours, or not old: it stays
