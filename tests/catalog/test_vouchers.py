"""Vouchers: the contract's list and the twelve checks, what they take off, and uses that are never doubled or lost."""

from __future__ import annotations

import json
import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from bosonline.errors import DomainError
from bosonline.tenancy import store_scope
from catalog.models import Voucher, VoucherUse
from catalog.services.voucher_rules import VoucherContext, voucher_amount, voucher_check, voucher_message
from catalog.services.vouchers import vouchers_judge
from orders.services.status import order_set_status
from stores.queries import store_today
from tests.factories import Shop, make_shop, make_voucher

TODAY = date(2026, 6, 15)
URL = "/api/v1/store/vouchers"


def voucher(**changes: Any) -> Voucher:
    values: dict[str, Any] = {
        "code": "HEMAT", "kind": "product", "value_type": "fixed", "value": 10_000, "stock": 5, "used": 0,
        "voucher_limit": 1, "start_date": TODAY, "end_date": TODAY, "is_active": True,
    } | changes  # fmt: skip
    return Voucher(**values)


def context(**changes: Any) -> VoucherContext:
    values: dict[str, Any] = {
        "payment_method": "cod", "phone": "+6281234567890", "today": TODAY, "goods_by_product": {1: 100_000},
        "quantity": 2, "province_code": "33", "courier_code": "idx", "shipping": 20_000,
    } | changes  # fmt: skip
    return VoucherContext(**values)


# each step: the code, what breaks it in the voucher and in the checkout
CHECKS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("voucher_not_found", {"is_active": False}, {}),
    ("voucher_payment_method", {"payment_methods": ["va"]}, {}),
    ("voucher_limit_reached", {}, {"uses_by_buyer": 1}),
    ("voucher_used_up", {"used": 5}, {}),
    ("voucher_not_now", {"start_date": TODAY + timedelta(1), "end_date": TODAY + timedelta(2)}, {}),
    ("voucher_product", {}, {}),
    ("voucher_min_purchase", {"min_purchase": 100_001}, {}),
    ("voucher_area", {"apply_target_type": "area", "province_codes": ["31"]}, {}),
    ("voucher_courier", {"apply_target_type": "courier", "courier_codes": ["jne"]}, {}),
    ("voucher_min_qty", {"min_qty": 3}, {}),
    ("voucher_percent", {"value_type": "percent", "value": 101}, {}),
    ("voucher_value", {"value_type": "fixed", "value": 0}, {}),
]


def test_each_check_has_its_own_code_and_message() -> None:
    messages = set()
    for code, broken, situation in CHECKS:
        covered = {2} if code == "voucher_product" else set()
        assert voucher_check(voucher(**broken), covered, context(**situation)) == code
        messages.add(voucher_message(code))
    assert len(messages) == 12
    assert voucher_check(None, (), context()) == "voucher_not_found"
    assert voucher_check(voucher(), (), context()) is None


@given(st.integers(0, 10), st.integers(0, 11))
def test_the_first_failing_check_is_the_answer(first: int, second: int) -> None:
    low, high = sorted((first, second))
    broken: dict[str, Any] = {}
    situation: dict[str, Any] = {}
    covered: set[int] = set()
    for n in (high, low):  # the earlier one written last, so that it wins where both set the same field
        broken |= CHECKS[n][1]
        situation |= CHECKS[n][2]
        covered |= {2} if CHECKS[n][0] == "voucher_product" else set()
    assert voucher_check(voucher(**broken), covered, context(**situation)) == CHECKS[low][0]


@given(
    kind=st.sampled_from(["product", "ongkir"]),
    percent=st.booleans(),
    value=st.integers(1, 10**9),
    maximum=st.none() | st.integers(0, 10**8),
    goods=st.dictionaries(st.integers(1, 4), st.integers(0, 10**9), min_size=1),
    shipping=st.integers(0, 10**7),
    covered=st.sets(st.integers(1, 4)),
)
def test_a_voucher_never_takes_more_than_what_it_is_for(
    kind: str, percent: bool, value: int, maximum: int | None, goods: dict[int, int], shipping: int, covered: set[int]
) -> None:
    value = value % 100 + 1 if percent else value
    given_voucher = voucher(kind=kind, value_type="percent" if percent else "fixed", value=value, max_discount=maximum)
    amount = voucher_amount(given_voucher, covered, context(goods_by_product=goods, shipping=shipping))
    base = shipping if kind == "ongkir" else sum(v for k, v in goods.items() if not covered or k in covered)
    assert 0 <= amount <= base
    if percent:
        exact = base * value // 100
        assert amount == (exact if maximum is None else min(exact, maximum))
    else:
        assert amount == min(value, base)


def test_the_shops_vouchers_are_judged_for_a_checkout(db: None) -> None:
    shop = make_shop()
    make_voucher(shop, code="KECIL", value=5_000)
    make_voucher(shop, code="BESAR", value=20_000)
    make_voucher(shop, code="ONGKIR", kind="ongkir", value=9_000)
    make_voucher(shop, code="MAHAL", min_purchase=1_000_000)
    make_voucher(shop, code="MATI", is_active=False)
    make_voucher(shop, code="RAHASIA", is_listed=False)
    with store_scope(shop.store):
        situation = context(today=date.today(), goods_by_product={shop.product.pk: 100_000})
        rows = vouchers_judge(situation)
        assert [(v.voucher.code, v.applicable, v.code, v.discount, v.shipping_discount) for v in rows] == [
            ("BESAR", True, "ok", 20_000, 0),
            ("ONGKIR", True, "ok", 0, 9_000),
            ("KECIL", True, "ok", 5_000, 0),
            ("MAHAL", False, "voucher_min_purchase", 0, 0),
        ]
        assert "1.000.000" in rows[-1].message
        assert "RAHASIA" in {v.voucher.code for v in vouchers_judge(situation, codes=["rahasia"])}


def test_judging_costs_the_same_for_many_vouchers(db: None) -> None:
    shop = make_shop()
    situation = context(today=date.today(), goods_by_product={shop.product.pk: 100_000})

    def queries() -> int:
        with store_scope(shop.store), CaptureQueriesContext(connection) as caught:
            vouchers_judge(situation)
        return len(caught)

    make_voucher(shop)
    few = queries()
    for _n in range(20):
        make_voucher(shop, products=[shop.product])
    assert queries() == few == 3


def body(**changes: Any) -> dict[str, Any]:
    return {
        "code": "hemat10", "description": "Hemat 10 %", "type": "product", "value_type": "percent", "value": 10,
        "start_date": "2026-06-01", "end_date": "30/06/2026", "voucher_stok": 100, "voucher_limit": 2,
    } | changes  # fmt: skip


def send(client: Client, shop: Shop, method: str, path: str, data: Any = None, user: Any = None) -> Any:
    return getattr(client, method)(
        f"{URL}{path}",
        json.dumps(data if data is not None else {}),
        content_type="application/json",
        **shop.bearer(user),
    )


def test_a_voucher_is_made_changed_switched_and_deleted(client: Client, db: None) -> None:
    shop = make_shop()
    answer = send(client, shop, "post", "", body(product_ids=[shop.product.pk]))
    assert answer.status_code == 201, answer.content
    made = answer.json()["data"]
    assert made["code"] == "HEMAT10" and made["end_date"] == "2026-06-30"
    pk = made["id"]
    changed = send(client, shop, "put", f"/{pk}", body(code="HEMAT15", value=15, max_discount=20_000)).json()["data"]
    assert (changed["code"], changed["value"], changed["max_discount"], changed["product_ids"]) == (
        "HEMAT15",
        15,
        20_000,
        [],
    )
    assert send(client, shop, "patch", f"/{pk}/status", {"status": 0}).json()["data"]["status"] == 0
    assert client.get(f"{URL}/{pk}", **shop.bearer()).json()["data"]["is_active"] is False
    assert send(client, shop, "delete", f"/{pk}").status_code == 204
    assert client.get(f"{URL}/{pk}", **shop.bearer()).status_code == 404
    assert send(client, shop, "post", "", body(code="HEMAT15")).status_code == 201


def test_the_list_is_exactly_the_contracts(client: Client, db: None) -> None:
    shop = make_shop()
    today = store_today(shop.store)
    ended = make_voucher(shop, code="A", start_date=today - timedelta(9), end_date=today - timedelta(5))
    off = make_voucher(shop, code="B", is_active=False)
    later = make_voucher(shop, code="C", start_date=today + timedelta(1), end_date=today + timedelta(9), kind="ongkir")
    used = make_voucher(shop, code="D", used=1)
    active = make_voucher(shop, code="24H81H0", kind="ongkir", stock=100, used=4, description="Gratis ongkir",
                          products=[shop.product])  # fmt: skip

    def rows(query: str = "") -> list[dict[str, Any]]:
        answer = client.get(f"{URL}{query}", **shop.bearer())
        assert answer.status_code == 200, answer.content
        assert list(answer.json())[:2] == ["data", "total"] and answer.json()["total"] == len(answer.json()["data"])
        return answer.json()["data"]

    assert {r["code"]: r["status"] for r in rows()} == {"A": 4, "B": 0, "C": 1, "D": 2, "24H81H0": 3}
    (row,) = rows("?keyword=24h8&category=code")
    assert list(row.items()) == [
        ("id", active.pk), ("code", "24H81H0"), ("description", "Gratis ongkir"), ("type", "DISKON ONGKIR"),
        ("start_date", active.start_date.isoformat()), ("end_date", active.end_date.isoformat()), ("status", 3),
        ("amount_used", 4), ("voucher_stok", 100),
        ("voucher_item", [{"product_name": "Madu Hutan", "sku": shop.variants[0].sku}]),
    ]  # fmt: skip
    assert [r["id"] for r in rows("?active=1")] == [active.pk]
    assert {r["id"] for r in rows("?active=0")} == {ended.pk, off.pk, later.pk, used.pk}
    assert {r["type"] for r in rows("?type=product")} == {"DISKON PRODUK"}
    assert {r["id"] for r in rows("?type=ongkir")} == {later.pk, active.pk}
    assert [r["id"] for r in rows(f"?end_date={(today - timedelta(4)).strftime('%d/%m/%Y')}")] == [ended.pk]
    assert [r["id"] for r in rows(f"?start_date={(today + timedelta(5)).isoformat()}")] == [later.pk]
    assert [r["status"] for r in rows("?sort_by=status&sort_dir=desc")] == [4, 3, 2, 1, 0]
    assert [r["code"] for r in rows("?sort_by=code")] == ["24H81H0", "A", "B", "C", "D"]
    assert [r["id"] for r in rows("?category=description&keyword=gratis")] == [active.pk]
    for bad, field in (("active=2", "active"), ("type=x", "type"), ("sort_by=id2", "sort_by"), ("category=sku", "category"),
                       ("start_date=kemarin", "start_date"), ("start_date=2026-02-02&end_date=2026-01-01", "end_date")):  # fmt: skip
        answer = client.get(f"{URL}?{bad}", **shop.bearer())
        assert answer.status_code == 422 and field in answer.json()["errors"], bad


def test_the_list_costs_the_same_for_ten_times_the_rows(client: Client, db: None) -> None:
    shop = make_shop()
    headers = shop.bearer()

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(f"{URL}?limit=100", **headers).status_code == 200
        return len(caught)

    make_voucher(shop, products=[shop.product])
    client.get(URL, **headers)
    few = queries()
    for _n in range(10):
        make_voucher(shop, products=[shop.product])
    assert queries() == few


BAD: list[tuple[dict[str, Any], str]] = [
    ({"code": "a b"}, "code"),
    ({"code": "X" * 31}, "code"),
    ({"value": 0}, "value"),
    ({"value": 101}, "value"),
    ({"value": -5}, "value"),
    ({"value_type": "fixed", "value": 0}, "value"),
    ({"end_date": "2026-05-31"}, "end_date"),
    ({"end_date": "besok"}, "end_date"),
    ({"voucher_stok": 0}, "voucher_stok"),
    ({"voucher_limit": 0}, "voucher_limit"),
    ({"payment_methods": ["bitcoin"]}, "payment_methods"),
    ({"apply_target_type": "area", "province_codes": []}, "province_codes"),
    ({"apply_target_type": "area", "province_codes": ["99"]}, "province_codes"),
    ({"apply_target_type": "courier", "courier_codes": ["tidakada"]}, "courier_codes"),
    ({"product_ids": [999_999]}, "product_ids"),
    ({"type": "hadiah"}, "type"),
    ({"min_purchase": -1}, "min_purchase"),
]


@pytest.mark.parametrize(("changes", "field"), BAD)
def test_a_wrong_voucher_is_refused_at_its_field(client: Client, db: None, changes: dict[str, Any], field: str) -> None:
    shop = make_shop()
    answer = send(client, shop, "post", "", body(**changes))
    assert answer.status_code == 422, answer.content
    assert any(name.split(".")[0] == field for name in answer.json()["errors"]), answer.json()
    with store_scope(shop.store):
        assert not Voucher.objects.exists()


def test_a_code_is_once_in_a_store_and_free_in_another(client: Client, db: None) -> None:
    mine, theirs = make_shop(), make_shop()
    assert send(client, mine, "post", "", body()).status_code == 201
    again = send(client, mine, "post", "", body(code="Hemat10"))
    assert again.status_code == 422 and "code" in again.json()["errors"]
    assert send(client, theirs, "post", "", body()).status_code == 201


def test_another_stores_product_cannot_be_covered(client: Client, db: None) -> None:
    mine, theirs = make_shop(), make_shop()
    answer = send(client, mine, "post", "", body(product_ids=[theirs.product.pk]))
    assert answer.status_code == 422 and "product_ids" in answer.json()["errors"]


def test_the_stock_cannot_fall_below_what_was_used(client: Client, db: None) -> None:
    shop = make_shop()
    made = make_voucher(shop, stock=5, used=3)
    answer = send(client, shop, "put", f"/{made.pk}", body(voucher_stok=2))
    assert answer.status_code == 422 and "voucher_stok" in answer.json()["errors"]


def test_vouchers_of_another_store_do_not_exist(client: Client, db: None) -> None:
    mine, theirs = make_shop(), make_shop()
    pk = make_voucher(theirs).pk
    for method, path, data in (("get", f"/{pk}", None), ("put", f"/{pk}", body()), ("delete", f"/{pk}", None),
                               ("patch", f"/{pk}/status", {"status": 0})):  # fmt: skip
        if method == "get":
            assert client.get(f"{URL}{path}", **mine.bearer()).status_code == 404
        else:
            assert send(client, mine, method, path, data).status_code == 404
    assert client.get(f"{URL}/{pk}/uses", **mine.bearer()).status_code == 404


def test_rights_of_vouchers(client: Client, db: None) -> None:
    shop = make_shop()
    pk = make_voucher(shop).pk
    cs, advertiser, warehouse = (shop.staff(p).user for p in ("customer_service", "advertiser", "warehouse"))
    assert client.get(URL, **shop.bearer(cs)).status_code == 200
    assert client.get(URL, **shop.bearer(warehouse)).status_code == 403
    assert send(client, shop, "post", "", body(), cs).status_code == 403
    assert send(client, shop, "post", "", body(), advertiser).status_code == 201
    assert send(client, shop, "delete", f"/{pk}", None, advertiser).status_code == 403


def test_the_history_names_order_and_buyer(client: Client, db: None) -> None:
    shop = make_shop()
    made = make_voucher(shop)
    order = shop.order(voucher_codes=[made.code])
    (use,) = client.get(f"{URL}/{made.pk}/uses", **shop.bearer()).json()["data"]
    assert (use["order_number"], use["amount"], use["released_at"]) == (order.order_number, 10_000, None)
    assert use["phone"] == "+6281234567890"
    hidden = client.get(f"{URL}/{made.pk}/uses", **shop.bearer(shop.staff("advertiser").user)).json()["data"][0]
    assert hidden["phone"] == "0812-••••-7890"


def test_a_reopened_order_takes_its_voucher_again_or_stays_cancelled(db: None) -> None:
    shop = make_shop()
    made = make_voucher(shop, stock=1)
    order = shop.order(voucher_codes=[made.code])
    with store_scope(shop.store):
        order_set_status(order_id=order.pk, status="cancelled", actor=shop.owner)
        order_set_status(order_id=order.pk, status="new", actor=shop.owner, reason="salah pencet")
        made.refresh_from_db()
        assert made.used == 1 == VoucherUse.objects.filter(released_at__isnull=True).count()
        order_set_status(order_id=order.pk, status="cancelled", actor=shop.owner)
        other = shop.order(voucher_codes=[made.code], phone="081299999999")
        with pytest.raises(DomainError) as caught:
            order_set_status(order_id=order.pk, status="new", actor=shop.owner, reason="jadi lagi")
        assert caught.value.code == "voucher_used_up"
        order.refresh_from_db()
        made.refresh_from_db()
        assert order.status == "cancelled" and made.used == 1
        assert VoucherUse.objects.get(released_at__isnull=True).order_id == other.pk


def _at_once(count: int, work: Any) -> list[Any]:
    results: list[Any] = [None] * count
    gate = threading.Barrier(count)

    def run(n: int) -> None:
        gate.wait()
        try:
            results[n] = work(n)
        except DomainError as exc:
            results[n] = exc.code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_uses_equal_orders_whatever_happens_at_once(committed_db: None) -> None:
    """Twelve buyers for five uses while the orders that win are cancelled again: used is what living orders hold."""
    shop = make_shop(stock=100)
    made = make_voucher(shop, stock=5)

    def buy_and_sometimes_cancel(n: int) -> str:
        order = shop.order(voucher_codes=[made.code], phone=f"0812777{n:05d}")
        if n % 3 == 0:
            with store_scope(shop.store):
                order_set_status(order_id=order.pk, status="cancelled", actor=shop.owner)
        return order.status

    results = _at_once(12, buy_and_sometimes_cancel)
    assert set(results) <= {"new", "voucher_used_up"}
    with store_scope(shop.store):
        made.refresh_from_db()
        assert made.used == VoucherUse.objects.filter(released_at__isnull=True).count() <= 5
