"""The buyer's side of a form: what it loads, what it asks, what it refuses, what it never does twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bosonline import pagecache
from bosonline.templatetags.bos import axes, offer_mode
from bosonline.tenancy import store_scope
from catalog.models import Variant, VoucherUse
from forms.models import AbandonedCheckout, BlockEntry, OrderForm
from forms.services import rates
from forms.services.forms import products_changed
from forms.tokens import trial_token as token_for
from orders.models import Customer, Order, Payment
from orders.money.ways import payment_issue
from orders.services.events import order_placed
from stores.models import BankAccount
from tests.factories import GAMBIR, JUWANA, Shop, make_products, make_shop, make_voucher
from tests.forms.test_forms_api import Api

Republish = Callable[..., None]
Buyer = Callable[..., Any]


def data_of(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content[:400]
    return answer.json()["data"]


def refused(answer: Any, status: int, *, code: str = "", field: str = "") -> dict[str, Any]:
    assert answer.status_code == status, (answer.status_code, answer.content[:400])
    body: dict[str, Any] = answer.json()
    assert not code or body["code"] == code, body
    assert not field or field in body["errors"], body
    return body


# -- loading the form ---------------------------------------------------------------------------------------------------


def test_the_form_loads_in_one_answer_and_only_when_it_changed(shop: Shop, buyer: Buyer) -> None:
    path = f"/api/v1/checkout/forms/{shop.form.slug}"
    answer = buyer(shop, "get", path)
    form = data_of(answer)
    assert {"items", "payment_methods", "sections", "buyer_fields", "store", "pixels", "prefill"} <= set(form)
    assert form["items"][0]["price"] == 50_000 and form["items"][0]["stock_left"] is None and form["pixels"] is None
    assert buyer(shop, "get", path, HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304
    assert data_of(Client().get(f"{path}?store={shop.store.subdomain}"))["slug"] == shop.form.slug
    assert Client().get(path).status_code == 404


def test_stock_is_told_only_when_it_is_nearly_gone(db: None, buyer: Buyer) -> None:
    shop = make_shop(stock=3)
    form = data_of(buyer(shop, "get", f"/api/v1/checkout/forms/{shop.form.slug}"))
    assert form["items"][0]["stock_left"] == 3
    assert "stok tinggal 3" in buyer(shop, "get", f"/{shop.form.slug}").content.decode()


def test_a_long_choice_is_drawn_by_attributes_and_a_short_one_as_cards() -> None:
    def drawn(*options: dict[str, str], products: int = 1) -> str:
        items = [{"product_id": n % products, "options": o} for n, o in enumerate(options)]
        return offer_mode({"items": items, "packages": []})

    sizes = [{"Ukuran": str(n)} for n in range(8)]
    assert drawn(*sizes[:6]) == "variant" and drawn(*sizes) == "options"
    assert drawn({"Ukuran": "S", "Warna": "Hitam"}, {"Ukuran": "M", "Warna": "Hitam"}) == "options"
    assert drawn({"Ukuran": "S", "Warna": "Hitam"}, {"Ukuran": "M"}) == "variant"  # nothing is out of reach
    assert drawn({}) == "one" and drawn({}, {}) == "variant" and drawn(*sizes, products=2) == "many"
    both = {"items": [{"options": {"Ukuran": "M", "Warna": "Hitam"}}, {"options": {"Ukuran": "S", "Warna": "Hitam"}}]}
    assert axes(both) == [("Ukuran", ["M", "S"]), ("Warna", ["Hitam"])]


def test_several_products_stand_together_and_are_told_apart(shop: Shop, buyer: Buyer, republish: Republish) -> None:
    (kaos,) = make_products(shop, 1)
    one, two = (v.pk for v in shop.variants)
    republish(shop, variant_ids=[two, kaos, one])
    page = buyer(shop, "get", f"/{shop.form.slug}").content.decode()
    rows = re.findall(r'data-variant="(\d+)"', page)
    assert rows == [str(two), str(one)]  # of one product, together under its name; the other one is sold out
    assert page.index(f'data-variant="{one}"') < page.index("<b>Kaos Motif 0</b>")
    assert page.count('<h3 class="group">') == 1
    assert 'aria-label="Kurangi Madu Hutan 200gr"' in page


def test_sections_come_in_the_sellers_order_and_the_button_last(shop: Shop, buyer: Buyer, republish: Republish) -> None:
    republish(
        shop, benefits=["Asli"], faqs=[{"q": "Halal?", "a": "Ya"}], voucher_enabled=False,
        sections=["headline", "faq", "button", "payment", "benefits", "fields"],
    )  # fmt: skip
    keys = shop.snapshot.content["sections"]
    assert keys[:2] == ["headline", "faq"] and keys[-1] == "button" and "voucher" not in keys
    assert {"area", "courier", "summary", "variants"} <= set(keys)
    page = buyer(shop, "get", f"/{shop.form.slug}").content.decode()
    assert page.index("Halal?") < page.index('name="payment_method"') < page.index('id="submit"')
    assert 'id="voucher"' not in page and '<div class="shots"' not in page


def test_a_script_in_a_label_is_text(shop: Shop, buyer: Buyer, republish: Republish) -> None:
    evil = "<script>alert(1)</script>"
    republish(
        shop, title=f"Madu {evil}", fields=[{"key": "warna", "label": evil, "help": evil}],
        benefits=[evil], faqs=[{"q": evil, "a": evil}], buyer_fields={"name": {"label": evil}},
    )  # fmt: skip
    page = buyer(shop, "get", f"/{shop.form.slug}").content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;" in page and "\\u003Cscript\\u003E" in page


def test_the_page_is_kept_for_everybody_whatever_the_advertisement_adds(
    shop: Shop, buyer: Buyer, republish: Republish
) -> None:
    path = f"/{shop.form.slug}"
    first = buyer(shop, "get", path)
    assert first["Cache-Control"] == "public, max-age=0, must-revalidate"
    with CaptureQueriesContext(connection) as queries:
        again = buyer(shop, "get", f"{path}?utm_source=fb&fbclid=abc")
    assert again.content == first.content and not len(queries)
    assert again["Content-Security-Policy"] == first["Content-Security-Policy"]


def test_only_the_embedded_page_may_be_framed_and_only_by_the_named_sites(
    shop: Shop, buyer: Buyer, republish: Republish
) -> None:
    path = f"/{shop.form.slug}"
    refusing = buyer(shop, "get", f"{path}?embed=1")
    assert "frame-ancestors 'none'" in refusing["Content-Security-Policy"] and refusing["X-Frame-Options"] == "DENY"
    republish(shop, embed={"enabled": True, "origins": ["https://blog.example.com"]})
    framed = buyer(shop, "get", f"{path}?embed=1&utm_source=blog")
    assert "frame-ancestors https://blog.example.com;" in framed["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed and "is-embed" in framed.content.decode()
    plain = buyer(shop, "get", path)
    assert "frame-ancestors 'none'" in plain["Content-Security-Policy"] and "is-embed" not in plain.content.decode()
    republish(shop, embed={"enabled": True, "origins": []})
    assert "frame-ancestors *" in buyer(shop, "get", f"{path}?embed=1")["Content-Security-Policy"]


def test_only_a_form_with_pixels_opens_the_policy_to_their_hosts(
    shop: Shop, buyer: Buyer, republish: Republish
) -> None:
    path = f"/{shop.form.slug}"
    assert "facebook" not in buyer(shop, "get", path)["Content-Security-Policy"]
    pagecache.drop(f"{shop.store.subdomain}.localhost", path)
    republish(shop, pixels={"meta": ["1234567890123"]})
    for _cold_then_cached in range(2):
        policy = buyer(shop, "get", path)["Content-Security-Policy"]
        assert "https://connect.facebook.net" in policy and "tiktok" not in policy and "unsafe" not in policy


# -- what is typed against what the form asks ------------------------------------------------------------------------------


def test_answers_are_checked_all_at_once_by_api_too(shop: Shop, buyer: Buyer, republish: Republish) -> None:
    republish(
        shop,
        fields=[
            {"key": "warna", "label": "Warna", "kind": "radio", "options": ["hijau", "biru"], "required": True},
            {"key": "jumlah", "label": "Jumlah", "kind": "number"},
            {"key": "tanggal", "label": "Tanggal", "kind": "date"},
            {"key": "setuju", "label": "Setuju", "kind": "checkbox", "required": True},
        ],
        buyer_fields={"landmark": {"required": True}, "note": {"required": True}, "email": {"show": True, "required": True}},
    )  # fmt: skip
    fields = {"jumlah": "dua", "tanggal": "besok", "asing": "x", "setuju": ""}
    body = refused(buyer(shop, "post", "/api/v1/checkout/orders", shop.body(raw={"fields": fields})), 422)
    assert set(body["errors"]) == {
        "fields.warna", "fields.jumlah", "fields.tanggal", "fields.asing", "fields.setuju", "note",
        "address.landmark", "customer.email",
    }  # fmt: skip
    good = shop.body(raw={
        "fields": {"warna": "biru", "jumlah": "2", "tanggal": "2026-12-01", "setuju": "ya"}, "note": "Bungkus kado",
        "customer": {"name": "Siti", "phone": "081234567890", "email": "siti@contoh.id"},
        "address": {"district_id": GAMBIR, "street": "Jl. Melati 5", "landmark": "dekat masjid"},
    })  # fmt: skip
    placed = data_of(buyer(shop, "post", "/api/v1/checkout/orders", good), 201)
    with store_scope(shop.store):
        order = Order.objects.get(order_number=placed["order_number"])
    assert order.fields["warna"] == "biru" and order.note == "Bungkus kado"


def test_a_note_of_five_thousand_characters_is_refused_at_the_note(shop: Shop, buyer: Buyer) -> None:
    answer = buyer(shop, "post", "/api/v1/checkout/orders", shop.body(raw={"note": "x" * 5000}))
    refused(answer, 422, field="note")


def test_a_package_of_another_form_is_not_offered(shop: Shop, buyer: Buyer, republish: Republish) -> None:
    package = {
        "id": "hemat",
        "name": "Hemat",
        "price": 90_000,
        "items": [{"variant_id": shop.variants[0].pk, "qty": 2}],
    }
    republish(shop, packages=[package])
    body = shop.body(package_id="hemat")
    other = make_shop()
    foreign = {**body, "form": other.form.slug, "store": other.store.subdomain}
    refused(buyer(other, "post", "/api/v1/checkout/orders", foreign), 422, field="package_id")
    assert data_of(buyer(shop, "post", "/api/v1/checkout/orders", body), 201)["bill"]["goods"] == 90_000


# -- the world moves while the buyer types ---------------------------------------------------------------------------------


def test_a_form_closed_meanwhile_says_so_and_takes_nothing(shop: Shop, buyer: Buyer) -> None:
    body = shop.body()
    with store_scope(shop.store):
        OrderForm.objects.filter(pk=shop.form.pk).update(status="closed")
    refused(buyer(shop, "post", "/api/v1/checkout/orders", body), 409, code="form_closed")
    assert shop.level().reserved == 0


def test_a_price_changed_meanwhile_is_shown_and_confirmed_anew(open_shop: Shop, buyer: Buyer) -> None:
    shop = open_shop
    body = shop.body()
    seen = data_of(buyer(shop, "post", "/api/v1/checkout/orders", {**body, "expected_total": None}), 201)["bill"][
        "total"
    ]
    with store_scope(shop.store):
        Variant.objects.filter(pk=shop.variants[0].pk).update(price=60_000)
        OrderForm.objects.filter(pk=shop.form.pk).update(revision=99)
    answer = refused(
        buyer(shop, "post", "/api/v1/checkout/orders", {**body, "expected_total": seen}), 409, code="price_changed"
    )
    new = answer["bill"]["total"]
    assert new > seen and "Rp " in answer["message"]
    again = data_of(buyer(shop, "post", "/api/v1/checkout/orders", {**body, "expected_total": new}), 201)
    assert again["bill"]["total"] == new


@pytest.fixture
def open_shop(committed_db: None) -> Shop:
    return make_shop(stock=50)


def test_a_voucher_with_one_use_left_goes_to_one_of_many(open_shop: Shop) -> None:
    shop = open_shop
    voucher = make_voucher(shop, stock=1, voucher_limit=5)
    bodies = [shop.body(raw={"voucher_codes": [voucher.code], "customer": {"name": "Siti", "phone": f"08129990{n:04d}"}})
              for n in range(8)]  # fmt: skip

    def send(body: dict[str, Any]) -> int:
        try:
            return Client().post("/api/v1/checkout/orders", body, content_type="application/json").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(send, bodies))
    assert sorted(statuses) == [201] + [422] * 7
    with store_scope(shop.store):
        assert VoucherUse.objects.count() == 1 and Order.objects.count() == 1


def test_a_double_tap_is_one_order_even_when_the_last_piece_went_with_the_first(
    committed_db: None, buyer: Buyer
) -> None:
    shop = make_shop(stock=1)
    body = shop.body()
    first = buyer(shop, "post", "/api/v1/checkout/orders", body, HTTP_IDEMPOTENCY_KEY="satu")
    assert shop.snapshot.variants[shop.variants[0].pk].left == 0
    again = buyer(shop, "post", "/api/v1/checkout/orders", body, HTTP_IDEMPOTENCY_KEY="satu")
    assert data_of(again, 201)["order_number"] == data_of(first, 201)["order_number"]
    assert again["Idempotent-Replayed"] == "true"
    refused(buyer(shop, "post", "/api/v1/checkout/orders", body), 409, code="out_of_stock")
    changed = {**body, "note": "lain"}
    answer = buyer(shop, "post", "/api/v1/checkout/orders", changed, HTTP_IDEMPOTENCY_KEY="satu")
    refused(answer, 409, code="idempotency_conflict")


def test_a_retry_after_the_quote_expired_still_gets_its_order(shop: Shop, buyer: Buyer) -> None:
    body = shop.body()
    first = data_of(buyer(shop, "post", "/api/v1/checkout/orders", body, HTTP_IDEMPOTENCY_KEY="k"), 201)
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=True):
        again = data_of(buyer(shop, "post", "/api/v1/checkout/orders", body, HTTP_IDEMPOTENCY_KEY="k"), 201)
        refused(buyer(shop, "post", "/api/v1/checkout/orders", body), 409, code="quote_expired")
    assert again["token"] == first["token"]


def test_the_buyers_clock_decides_nothing(shop: Shop, buyer: Buyer) -> None:
    """A phone that is a year off: what its script measures is only a hint, also when it is absurd."""
    for milliseconds in (-5, 0, 10**15, None):
        body = shop.body(phone=f"08127770{abs(milliseconds or 1) % 1000:04d}", raw={"filled_in_ms": milliseconds})
        assert buyer(shop, "post", "/api/v1/checkout/orders", body).status_code == 201
    ahead = {**shop.body(), "created_at": "2040-01-01", "utm": {"at": "2040"}}
    placed = data_of(buyer(shop, "post", "/api/v1/checkout/orders", ahead), 201)
    with store_scope(shop.store):
        order = Order.objects.get(order_number=placed["order_number"])
    assert abs((order.created_at - timezone.now()).total_seconds()) < 60


# -- couriers ------------------------------------------------------------------------------------------------------------


def rates_path(shop: Shop, **changes: Any) -> str:
    query = {"form": shop.form.slug, "district": GAMBIR, "items": f"{shop.variants[0].pk}:1"} | changes
    return "/api/v1/checkout/rates?" + "&".join(f"{k}={v}" for k, v in query.items())


def test_couriers_come_with_signed_quotes_and_one_recommended(shop: Shop, buyer: Buyer) -> None:
    answer = buyer(shop, "get", rates_path(shop))
    rows = data_of(answer)
    assert len(rows) > 2 and sum(r["recommended"] for r in rows) == 1 and answer.json()["refreshing"] is False
    placed = buyer(shop, "post", "/api/v1/checkout/orders", shop.body(courier_quote=rows[0]["quote"]))
    assert data_of(placed, 201)["bill"]["shipping"] == rows[0]["price"]


def test_no_courier_to_the_district_leaves_the_fee_to_cs(shop: Shop, buyer: Buyer, monkeypatch: Any) -> None:
    rates._store(shop.snapshot.origin_id, GAMBIR, 1000, [])
    rows = data_of(buyer(shop, "get", rates_path(shop)))
    assert [r["courier_code"] for r in rows] == ["manual"]
    assert buyer(shop, "post", "/api/v1/checkout/orders", shop.body(courier_quote=rows[0]["quote"])).status_code == 201
    refused(buyer(shop, "get", rates_path(shop, district=1)), 422, field="district")


def test_where_nobody_collects_cash_the_buyer_is_led_on(shop: Shop, buyer: Buyer, republish: Republish) -> None:
    stored = [rates.StoredRate("idx", "ID Express", "03", "", 15_000, 16_000, "2-3", False)]
    rates._store(shop.snapshot.origin_id, GAMBIR, 1000, stored)
    assert data_of(buyer(shop, "get", rates_path(shop, payment_method="cod"))) == []  # the page: another method
    (row,) = data_of(buyer(shop, "get", rates_path(shop, payment_method="qris")))
    assert row["courier_code"] == "idx"
    republish(shop, payment_methods=[{"method": "cod"}])
    (row,) = data_of(buyer(shop, "get", rates_path(shop, payment_method="cod")))
    assert row["courier_code"] == "manual"  # there is no other: CS finds a way
    republish(shop, payment_methods=[{"method": "cod"}, {"method": "qris"}], courier_codes=["sap"])
    (row,) = data_of(buyer(shop, "get", rates_path(shop, payment_method="cod")))
    assert row["courier_code"] == "manual" and row["cod_fee"] == 0  # none of the form's couriers goes there
    body = shop.body(courier_quote=row["quote"], raw={"expected_total": shop.variants[0].price})
    bill = data_of(buyer(shop, "post", "/api/v1/checkout/orders", body), 201)["bill"]
    assert bill["cod_fee"] == 0 and bill["total"] == shop.variants[0].price


@pytest.mark.parametrize("method", ["bank_transfer", "va", "qris"])
def test_an_order_that_costs_nothing_waits_for_no_money(shop: Shop, method: str) -> None:
    make_voucher(shop, code="GRATIS", kind="product", value_type="percent", value=100, max_discount=None)
    make_voucher(shop, code="ONGKIR", kind="ongkir", value_type="percent", value=100, max_discount=None)
    placed = shop.place(payment_method=method, voucher_codes=["GRATIS", "ONGKIR"])
    assert placed.bill.total == 0 == placed.bill.unique_code
    for _n in range(2):
        order_placed([{"store_id": shop.store.pk, "order_id": placed.order_id}])
    with store_scope(shop.store):
        order = Order.objects.get(pk=placed.order_id)
        (payment,) = Payment.objects.filter(order=order)
        assert payment_issue(order_id=order.pk) in (None, payment)
    assert (order.payment_status, order.status, order.paid_amount, payment.status) == ("paid", "confirmed", 0, "paid")


def test_without_an_account_there_is_no_transfer(shop: Shop, buyer: Buyer) -> None:
    placed = shop.place(payment_method="qris")
    with store_scope(shop.store):
        BankAccount.objects.update(is_active=False)
    assert list(shop.snapshot.methods) == ["cod", "va", "qris"]
    transfer = {"payment_method": "bank_transfer"}
    refused(
        buyer(shop, "put", f"/api/v1/checkout/orders/{placed.token}/payment-method", transfer),
        422,
        field="payment_method",
    )


def test_a_changed_price_is_noticed_with_a_voucher_too(open_shop: Shop, buyer: Buyer) -> None:
    shop = open_shop
    make_voucher(shop, code="POTONG", kind="product", value_type="fixed", value=1_000)
    body = shop.body(voucher_codes=["POTONG"], raw={"expected_goods": 50_000})
    with store_scope(shop.store):
        Variant.objects.filter(pk=shop.variants[0].pk).update(price=90_000)
        products_changed(shop.store.pk, [shop.product.pk])
    told = buyer(shop, "post", "/api/v1/checkout/orders", body)
    refused(told, 409, code="price_changed")
    assert told.json()["bill"]["goods"] == 90_000 and told.json()["bill"]["unique_code"] == 0
    data_of(buyer(shop, "post", "/api/v1/checkout/orders", body | {"expected_goods": 90_000}), 201)


def test_boscod_down_gives_yesterdays_prices_as_an_estimate_else_cs_decides(
    shop: Shop, buyer: Buyer, fail: Any
) -> None:
    known = data_of(buyer(shop, "get", rates_path(shop)))
    fail("boscod", "down")
    rows = data_of(buyer(shop, "get", rates_path(shop, district=JUWANA)))
    assert [r["courier_code"] for r in rows] == ["manual"]
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=True):
        rows = data_of(buyer(shop, "get", rates_path(shop)))
    assert len(rows) == len(known) and all(r["estimate"] for r in rows)


def test_slow_couriers_hold_nobody_and_are_there_a_moment_later(
    shop: Shop, buyer: Buyer, fail: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(rates, "BUDGET_SECONDS", 0.05)
    fail("boscod", "slow", seconds=0.6, times=1)
    first = buyer(shop, "get", rates_path(shop)).json()
    assert first["refreshing"] and [r["courier_code"] for r in first["data"]] == ["manual"]
    rates._flights[next(iter(rates._flights))].future.result(timeout=10)
    second = buyer(shop, "get", rates_path(shop)).json()
    assert not second["refreshing"] and len(second["data"]) > 2


def test_many_buyers_with_one_question_ask_the_couriers_once(shop: Shop, fail: Any) -> None:
    origin = shop.snapshot.origin_id
    fail("boscod", "slow", seconds=0.5)
    flights = {id(rates._flight(origin, GAMBIR, 1000)) for _n in range(5)}
    assert len(flights) == 1
    found = rates.rates_look(origin, GAMBIR, 1000, seconds=15)
    assert found.rates and not rates._flights


def test_the_sellers_share_of_the_shipping_follows_the_province(shop: Shop, buyer: Buyer, republish: Republish) -> None:
    republish(
        shop,
        shipping_subsidy={"kind": "fixed", "value": 1_000},
        shipping_rules=[
            {"kind": "percent", "value": 50, "province_codes": ["31"]},
            {"kind": "free_above", "min_goods": 100_000, "province_codes": ["31"]},
        ],
    )
    jakarta = data_of(buyer(shop, "get", rates_path(shop)))[0]
    assert jakarta["subsidy"] == jakarta["price"] // 2
    free = data_of(buyer(shop, "get", rates_path(shop, items=f"{shop.variants[0].pk}:2")))[0]
    assert free["subsidy"] == free["price"]
    pati = data_of(buyer(shop, "get", rates_path(shop, district=JUWANA)))[0]
    assert pati["subsidy"] == 1_000
    placed = data_of(buyer(shop, "post", "/api/v1/checkout/orders", shop.body(courier_quote=jakarta["quote"])), 201)
    assert placed["bill"]["shipping_discount"] == jakarta["subsidy"]


# -- vouchers ------------------------------------------------------------------------------------------------------------


def test_usable_vouchers_are_listed_with_what_they_take_off(shop: Shop, buyer: Buyer) -> None:
    good = make_voucher(shop, value=12_000, stock=5)
    make_voucher(shop, min_purchase=999_000)
    make_voucher(shop, payment_methods=["va"])
    free = make_voucher(shop, kind="ongkir", value_type="percent", value=100, stock=5)
    quote = data_of(buyer(shop, "get", rates_path(shop)))[0]
    path = rates_path(shop, payment_method="cod").replace("/rates?", "/vouchers?")
    rows = {r["code"]: r for r in data_of(buyer(shop, "get", path))}
    assert set(rows) == {good.code, free.code}
    assert rows[good.code]["discount"] == 12_000 and rows[free.code]["shipping_discount"] is None
    rows = {r["code"]: r for r in data_of(buyer(shop, "get", f"{path}&courier_quote={quote['quote']}"))}
    assert rows[free.code]["shipping_discount"] == quote["price"] - quote["subsidy"]


def test_a_single_code_gets_its_reason(shop: Shop, buyer: Buyer, republish: Republish) -> None:
    voucher = make_voucher(shop, min_purchase=999_000, stock=5)
    once = make_voucher(shop, stock=5, voucher_limit=1)
    shop.place(voucher_codes=[once.code])
    path = rates_path(shop).replace("/rates?", "/vouchers?")
    assert data_of(buyer(shop, "get", f"{path}&code={voucher.code.lower()}"))[0]["reason"] == "voucher_min_purchase"
    used = data_of(buyer(shop, "get", f"{path}&code={once.code}&phone=081234567890"))[0]
    assert used["reason"] == "voucher_limit_reached" and not used["usable"] and used["message"]
    for code in ("APA", "%00", "' OR 1=1"):
        assert data_of(buyer(shop, "get", f"{path}&code={code}"))[0]["reason"] == "voucher_not_found"
    theirs = make_voucher(make_shop(), stock=5)
    assert data_of(buyer(shop, "get", f"{path}&code={theirs.code}"))[0]["usable"] is False
    republish(shop, voucher_enabled=False)
    assert data_of(buyer(shop, "get", path)) == []


def test_listing_vouchers_asks_as_often_for_one_as_for_many(shop: Shop, buyer: Buyer) -> None:
    path = rates_path(shop).replace("/rates?", "/vouchers?")
    make_voucher(shop, stock=5)
    buyer(shop, "get", path)
    with CaptureQueriesContext(connection) as few:
        buyer(shop, "get", path)
    for _n in range(10):
        make_voucher(shop, stock=5)
    with CaptureQueriesContext(connection) as many:
        assert len(data_of(buyer(shop, "get", path))) == 11
    assert len(few) == len(many)


# -- spam: held, never lost -------------------------------------------------------------------------------------------------


def test_the_blacklist_holds_by_phone_ip_and_address(shop: Shop) -> None:
    with store_scope(shop.store):
        for kind, value in (("phone", "+6281111111111"), ("ip", "10.0.0.1"), ("address", "melati 5")):
            BlockEntry.objects.create(store=shop.store, kind=kind, value=value)
    assert shop.snapshot.blocked["ip"] == ["10.0.0.1"]
    order = shop.order(phone="081111111111", street="Jl.  MELATI 5 RT 1")
    assert order.is_held and set(order.risk_reasons) >= {"blocked_phone", "blocked_ip", "blocked_address"}
    with store_scope(shop.store):
        assert Order.objects.count() == 1


def test_a_form_decides_what_a_yellow_light_means(shop: Shop, buyer: Buyer, republish: Republish) -> None:
    yellow = {"customer": {"name": "test", "phone": "081234567890"}}
    path = "/api/v1/checkout/orders"
    republish(shop, risk_actions={"watch": "confirm"})
    refused(buyer(shop, "post", path, shop.body(raw=yellow)), 409, code="confirmation_required")
    placed = data_of(buyer(shop, "post", path, shop.body(raw={**yellow, "confirmed": True})), 201)
    with store_scope(shop.store):
        assert Order.objects.get(order_number=placed["order_number"]).risk == "watch"
    republish(shop, risk_actions={"watch": "no_cod"})
    refused(buyer(shop, "post", path, shop.body(raw=yellow)), 422, code="cod_not_offered", field="payment_method")
    assert buyer(shop, "post", path, shop.body(raw=yellow, payment_method="va")).status_code == 201
    republish(shop, risk_actions={"watch": "hold"})
    placed = data_of(buyer(shop, "post", path, shop.body(raw=yellow)), 201)
    with store_scope(shop.store):
        assert Order.objects.get(order_number=placed["order_number"]).is_held


def test_parcels_this_phone_refused_elsewhere_count_without_showing_where(
    shop: Shop, buyer: Buyer, republish: Republish
) -> None:
    """The light and what the form does with it see the deliveries of all stores (product.md §10)."""
    other = make_shop(stock=5)
    other.order()
    with store_scope(other.store):
        Customer.objects.update(returned_count=3, delivered_count=1)
    path = "/api/v1/checkout/orders"
    republish(shop, risk_actions={"watch": "no_cod"})
    answer = refused(buyer(shop, "post", path, shop.body()), 422, code="cod_not_offered", field="payment_method")
    assert "return" not in str(answer) and other.store.name not in str(answer)
    with store_scope(shop.store):
        assert not Order.objects.exists() and not Customer.objects.exists()
    assert shop.level().reserved == 0
    placed = data_of(buyer(shop, "post", path, shop.body(payment_method="va")), 201)
    with store_scope(shop.store):
        order = Order.objects.get(order_number=placed["order_number"])
    assert (order.risk, order.risk_reasons) == ("watch", ["return_history"])
    republish(shop, risk_actions={"watch": "confirm"})
    refused(buyer(shop, "post", path, shop.body()), 409, code="confirmation_required")
    data_of(buyer(shop, "post", path, shop.body(raw={"confirmed": True})), 201)
    republish(shop, risk_actions={"watch": "hold"})
    placed = data_of(buyer(shop, "post", path, shop.body()), 201)
    with store_scope(shop.store):
        assert Order.objects.get(order_number=placed["order_number"]).is_held
    republish(shop, risk_actions={"watch": "no_cod"}, payment_methods=[{"method": "cod"}])
    data_of(buyer(shop, "post", path, shop.body()), 201)  # nothing else to offer: taken, with its light


def test_many_tries_by_one_phone_turn_the_light_and_lose_nothing(shop: Shop) -> None:
    risks = [shop.order().risk for _n in range(10)]
    assert risks[0] == "clear" and risks[4] == "watch" and risks[9] == "suspicious"
    with store_scope(shop.store):
        assert Order.objects.count() == 10


# -- test mode ----------------------------------------------------------------------------------------------------------------


def test_a_test_order_leaves_no_trace(committed_db: None, buyer: Buyer) -> None:
    shop = make_shop(stock=2)
    voucher = make_voucher(shop, stock=5)
    shop.place(name="Siti Asli")
    with store_scope(shop.store):
        row = AbandonedCheckout.objects.create(
            store=shop.store, form=shop.form, token="t" * 22, phone="+6281234567890", name="Siti"
        )
    token = token_for(shop.form.pk)
    body = shop.body(raw={"customer": {"name": "Uji Coba", "phone": "081234567890"}, "voucher_codes": [voucher.code],
                          "test_token": token, "abandoned_token": row.token})  # fmt: skip
    placed = data_of(buyer(shop, "post", "/api/v1/checkout/orders", body), 201)
    assert placed["bill"]["discount"] == 10_000 and shop.level().reserved == 1
    assert "bos_buyer" not in buyer.client.cookies  # type: ignore[attr-defined]  # ours
    with store_scope(shop.store):
        order = Order.objects.get(order_number=placed["order_number"])
        voucher.refresh_from_db()
        row.refresh_from_db()
        customer = Customer.objects.get()
        assert order.is_test and voucher.used == 0 and row.status == "open"
        assert customer.name == "Siti Asli" and customer.orders_count == 1
    real = shop.order()
    assert real.possible_duplicate_of_id != order.pk


def test_a_test_order_needs_no_published_form_and_makes_no_payment_number(shop: Shop, buyer: Buyer) -> None:
    from bosonline.models import OutboxMessage

    with store_scope(shop.store):
        OrderForm.objects.filter(pk=shop.form.pk).update(status="draft", quota=0)
    before = OutboxMessage.objects.count()
    for method in ("va", "qris", "bank_transfer", "cod"):
        body = shop.body(payment_method=method, raw={"test_token": token_for(shop.form.pk), "website": "spam"})
        assert buyer(shop, "post", "/api/v1/checkout/orders", body).status_code == 201
    with store_scope(shop.store):
        assert set(Payment.objects.values_list("reference", flat=True)) == {None}
        assert set(Order.objects.values_list("risk", flat=True)) == {"clear"}
    assert OutboxMessage.objects.count() == before


def test_test_mode_asks_couriers_and_prices_of_the_draft(shop: Shop, buyer: Buyer) -> None:
    package = {"id": "baru", "name": "Baru", "price": 70_000, "items": [{"variant_id": shop.variants[0].pk, "qty": 2}]}
    with store_scope(shop.store):
        form = OrderForm.objects.get(pk=shop.form.pk)
        form.draft["packages"] = [package]
        form.status, form.published = "draft", None
        form.save()
    path = f"/api/v1/checkout/rates?form={shop.form.slug}&district={GAMBIR}&package=baru"
    refused(buyer(shop, "get", path), 404)
    token = token_for(shop.form.pk)
    quote = data_of(buyer(shop, "get", f"{path}&test_token={token}"))[0]["quote"]
    refused(buyer(make_shop(), "get", f"{path}&test_token={token}"), 404)
    body = {
        "form": shop.form.slug, "package_id": "baru", "customer": {"name": "Uji", "phone": "081234567890"},
        "address": {"district_id": GAMBIR, "street": "Jl. Melati 5"}, "courier_quote": quote, "payment_method": "cod",
        "test_token": token,
    }  # fmt: skip
    placed = data_of(buyer(shop, "post", "/api/v1/checkout/orders", body), 201)
    assert placed["bill"]["goods"] == 70_000
    assert "Mode uji" in buyer(shop, "get", f"/o/{placed['token']}?baru=1").content.decode()


def test_a_full_quota_closes_the_page_as_well(shop: Shop, buyer: Buyer) -> None:
    with store_scope(shop.store):
        OrderForm.objects.filter(pk=shop.form.pk).update(quota=1)
    assert shop.snapshot.quota_left == 1
    shop.place()
    assert shop.snapshot.quota_left == 0
    assert buyer(shop, "get", f"/{shop.form.slug}").status_code == 410


def test_a_test_link_is_for_one_form_and_two_hours(shop: Shop, buyer: Buyer) -> None:
    other = make_shop()
    body = shop.body(raw={"test_token": token_for(other.form.pk)})
    refused(buyer(shop, "post", "/api/v1/checkout/orders", body), 404)
    for token in ("palsu", "x" * 301):
        refused(buyer(shop, "post", "/api/v1/checkout/orders", shop.body(raw={"test_token": token})), 422)
    token = token_for(shop.form.pk)
    page = buyer(shop, "get", f"/{shop.form.slug}?uji={token}")
    assert "Mode uji" in page.content.decode() and page["Cache-Control"] == "private, no-store"
    with time_machine.travel(timezone.now() + timedelta(hours=3), tick=True):
        body = shop.body(raw={"test_token": token})
        refused(buyer(shop, "post", "/api/v1/checkout/orders", body), 422, code="test_expired")
        assert "Mode uji" not in buyer(shop, "get", f"/{shop.form.slug}?uji={token}").content.decode()


def test_test_orders_are_removed_after_a_day_and_real_ones_stay(shop: Shop) -> None:
    from orders.services.trials import trial_orders_remove as remove

    real, old, young = shop.order(), shop.place(is_test=True, phone="081299990000"), shop.place(is_test=True)
    with store_scope(shop.store):
        Order.objects.filter(pk__in=[real.pk, old.order_id]).update(created_at=timezone.now() - timedelta(hours=25))
    assert remove() == 1
    with store_scope(shop.store):
        assert set(Order.objects.values_list("pk", flat=True)) == {real.pk, young.order_id}
        assert not Customer.objects.filter(phone="+6281299990000").exists()


# -- abandoned -------------------------------------------------------------------------------------------------------------------


def test_an_unfinished_checkout_is_kept_once_updated_and_converted(shop: Shop, buyer: Buyer) -> None:
    path = "/api/v1/checkout/abandoned"
    first = data_of(buyer(shop, "post", path, {"form": shop.form.slug, "phone": "0812-3456-7890", "name": "Si"}), 201)
    again = data_of(buyer(shop, "post", path, {"form": shop.form.slug, "phone": "+6281234567890", "name": "Siti"}), 201)
    assert first["token"] != again["token"]  # a number alone proves nothing: see below
    body = {
        "name": "Siti Aminah",
        "data": {"street": "Jl. Melati 5", "area": "Gambir", "f_warna": "hijau", "x": {"y": 1}},
    }
    assert data_of(buyer(shop, "put", f"{path}/{first['token']}", body))["status"] == "open"
    with store_scope(shop.store):
        row = AbandonedCheckout.objects.get()
    assert row.name == "Siti Aminah" and row.data == {"street": "Jl. Melati 5", "area": "Gambir", "f_warna": "hijau"}
    placed = shop.place(abandoned_token=first["token"])
    row.refresh_from_db()
    assert row.status == "converted" and row.order_id == placed.order_id
    assert data_of(buyer(shop, "put", f"{path}/{first['token']}", {"name": "Lain"}))["status"] == "converted"
    refused(buyer(shop, "put", f"{path}/{'x' * 22}", {}), 404)
    refused(buyer(make_shop(), "put", f"{path}/{first['token']}", {}), 404)
    refused(buyer(shop, "post", path, {"form": shop.form.slug, "phone": "08"}), 422, field="phone")


def test_a_corrected_number_leaves_no_second_lead(shop: Shop, buyer: Buyer) -> None:
    path = "/api/v1/checkout/abandoned"
    first = data_of(buyer(shop, "post", path, {"form": shop.form.slug, "phone": "081234567891"}), 201)
    body = {"form": shop.form.slug, "phone": "081234567890", "token": first["token"]}
    assert data_of(buyer(shop, "post", path, body), 201)["token"] == first["token"]
    with store_scope(shop.store):
        assert list(AbandonedCheckout.objects.values_list("phone", flat=True)) == ["+6281234567890"]


def recovery_of(shop: Shop) -> str:
    with store_scope(shop.store):
        return str(AbandonedCheckout.objects.get().recovery)


def test_who_knows_a_phone_reads_empties_and_moves_nothing(shop: Shop, buyer: Buyer) -> None:
    path, phone = "/api/v1/checkout/abandoned", "081234567890"
    form = {"form": shop.form.slug}
    secret = {"name": "Siti Asli", "data": {"street": "Jl. Rahasia 7"}}
    own = data_of(buyer(shop, "post", path, form | {"phone": phone} | secret), 201)["token"]
    guest = data_of(buyer(shop, "post", path, form | {"phone": phone}), 201)["token"]
    assert guest != own
    for token in (own, guest):
        assert (
            "Rahasia"
            not in buyer(shop, "get", f"/{shop.form.slug}", **{"QUERY_STRING": f"lanjut={token}"}).content.decode()
        )
    data_of(buyer(shop, "put", f"{path}/{guest}", {"name": "", "data": {"street": "", "area": "Gambir"}}))
    data_of(buyer(shop, "post", path, form | {"phone": "081234567899", "token": guest}), 201)
    with store_scope(shop.store):
        row = AbandonedCheckout.objects.get(phone="+6281234567890")
        assert row.name == "Siti Asli" and row.data == {"street": "Jl. Rahasia 7", "area": "Gambir"}
        assert AbandonedCheckout.objects.count() == 2
    # begun by somebody else first: the buyer's own page is the guest, and what it writes is not readable either
    other = data_of(buyer(shop, "post", path, form | {"phone": "081234567895"}), 201)["token"]
    mine = data_of(buyer(shop, "post", path, form | {"phone": "081234567895"} | secret), 201)["token"]
    assert "Rahasia" not in buyer(shop, "get", f"/{shop.form.slug}?lanjut={other}").content.decode()
    data_of(buyer(shop, "post", path, form | {"phone": "081234567896", "token": other}), 201)  # moved away
    refused(buyer(shop, "put", f"{path}/{mine}", secret), 404)  # the page begins anew with its own number
    assert shop.place(phone="081234567890", abandoned_token=guest).order_id
    with store_scope(shop.store):
        assert AbandonedCheckout.objects.get(phone="+6281234567890").status == "converted"


def test_a_recovery_link_brings_the_entries_back_to_nobody_else(shop: Shop, buyer: Buyer) -> None:
    body = {
        "form": shop.form.slug,
        "phone": "081234567890",
        "name": "Siti Rahasia",
        "data": {"street": "Jl. Rahasia 1"},
    }
    written = data_of(buyer(shop, "post", "/api/v1/checkout/abandoned", body), 201)["token"]
    token = recovery_of(shop)
    assert "Rahasia" not in buyer(shop, "get", f"/{shop.form.slug}?lanjut={written}").content.decode()
    page = buyer(shop, "get", f"/{shop.form.slug}?lanjut={token}")
    assert "Jl. Rahasia 1" in page.content.decode() and page["Cache-Control"] == "private, no-store"
    assert page["X-Robots-Tag"] == "noindex"
    for query in ("", "?lanjut=salah", "?lanjut=%00", f"?lanjut={'x' * 100}"):
        assert "Rahasia" not in buyer(shop, "get", f"/{shop.form.slug}{query}").content.decode()
    other = make_shop()
    assert "Rahasia" not in buyer(other, "get", f"/{other.form.slug}?lanjut={token}").content.decode()
    shop.place(abandoned_token=written)
    assert "Rahasia" not in buyer(shop, "get", f"/{shop.form.slug}?lanjut={token}").content.decode()


def test_abandoned_checkouts_are_listed_to_cs_after_fifteen_minutes(shop: Shop, buyer: Buyer) -> None:
    body = {"form": shop.form.slug, "phone": "081234567890", "name": "Siti", "data": {"area": "Gambir"}}
    data_of(buyer(shop, "post", "/api/v1/checkout/abandoned", body), 201)
    token = recovery_of(shop)
    api = Api(shop)
    assert api("get", "/store/forms/abandoned").json()["total"] == 0
    with store_scope(shop.store):
        AbandonedCheckout.objects.update(updated_at=timezone.now() - timedelta(minutes=16))
    row = api("get", "/store/forms/abandoned?keyword=0812-3456").json()["data"][0]
    assert row["recovery_url"].endswith(f"/{shop.form.slug}?lanjut={token}") and row["phone"] == "+6281234567890"
    # nobody who may not see phones gets one, nor the link that would show it
    masked = Api(shop, _without_phones(shop))("get", "/store/forms/abandoned").json()["data"][0]
    assert masked["recovery_url"] is None and "3456" not in masked["phone"]
    path = f"/store/forms/abandoned/{row['id']}"
    assert Api(make_shop())("patch", path, {"status": "dismissed"}).status_code == 404
    assert api("patch", path, {"status": "converted"}).status_code == 422
    assert api("patch", path, {"status": "dismissed"}).json()["data"]["status"] == "dismissed"
    assert api("get", "/store/forms/abandoned").json()["total"] == 0
    again = data_of(buyer(shop, "post", "/api/v1/checkout/abandoned", body), 201)["token"]
    assert again != token and api("patch", path, {"status": "open"}).json()["code"] == "newer_exists"
    shop.place(abandoned_token=again)
    with store_scope(shop.store):
        converted = AbandonedCheckout.objects.get(token=again).pk
    assert api("patch", f"/store/forms/abandoned/{converted}", {"status": "open"}).json()["code"] == "converted"
    assert api("get", "/store/forms/abandoned?status=apa").status_code == 422


def _without_phones(shop: Shop) -> Any:
    from sellers.models import Role

    member = shop.staff("viewer")
    assert member.membership is not None
    role = Role.objects.create(store=shop.store, name="Pengamat", rights=["followups.view"])
    member.membership.role = role
    member.membership.save()
    return member.user


# -- returning buyers ---------------------------------------------------------------------------------------------------------------


def test_a_returning_buyer_is_known_on_this_host_until_bukan_saya(shop: Shop, buyer: Buyer) -> None:
    assert buyer(shop, "post", "/api/v1/checkout/orders", shop.body()).status_code == 201
    cookie = buyer.client.cookies["bos_buyer"]  # type: ignore[attr-defined]  # ours
    assert cookie["httponly"] and cookie["max-age"] == 31 * 24 * 3600 and "Siti" not in cookie.value
    page = buyer(shop, "get", f"/{shop.form.slug}")
    assert "Siti Aminah" in page.content.decode() and page["Cache-Control"] == "private, no-store"
    answer = buyer(shop, "get", f"/api/v1/checkout/forms/{shop.form.slug}")
    assert data_of(answer)["prefill"]["name"] == "Siti Aminah" and answer["Cache-Control"] == "private, no-store"
    other = make_shop()
    assert "Siti Aminah" not in buyer(other, "get", f"/{other.form.slug}").content.decode()
    assert (
        "Siti Aminah"
        not in Client().get(f"/{shop.form.slug}", HTTP_HOST=f"{shop.store.subdomain}.localhost").content.decode()
    )
    assert buyer(shop, "post", "/api/v1/checkout/forget").status_code == 204
    assert "Siti Aminah" not in buyer(shop, "get", f"/{shop.form.slug}").content.decode()


def test_a_forged_cookie_is_ignored(shop: Shop, buyer: Buyer) -> None:
    for value in ("x", "gAAAA" + "x" * 100, "y" * 5000):
        buyer.client.cookies["bos_buyer"] = value  # type: ignore[attr-defined]  # ours
        assert buyer(shop, "get", f"/{shop.form.slug}").status_code == 200


# -- WhatsApp ---------------------------------------------------------------------------------------------------------------------


def test_a_whatsapp_number_is_checked_by_form(shop: Shop, buyer: Buyer) -> None:
    path = "/api/v1/checkout/whatsapp/validate?phone="
    good = data_of(buyer(shop, "get", path + "0812-3456-7890"))
    assert good == {"phone": "+6281234567890", "valid": True, "registered": None, "source": "format"}
    for text in ("", "abc", "0812", "%F0%9F%98%80", "0" * 500, "021-5555555"):
        assert data_of(buyer(shop, "get", path + text))["valid"] is False, text


# -- after the order ------------------------------------------------------------------------------------------------------------------


def test_the_success_page_fills_its_variables_and_leads_to_the_assigned_cs(shop: Shop, buyer: Buyer) -> None:
    cs = shop.staff("customer_service")
    with store_scope(shop.store):
        OrderForm.objects.filter(pk=shop.form.pk).update(
            success={"kind": "whatsapp", "message": "Halo {nama}, {produk} {total} {nomor} {{nama}}",
                     "whatsapp_text": "Saya {nama} & {nomor}", "url": "", "pixels": True}
        )  # fmt: skip
    assert shop.snapshot.success["kind"] == "whatsapp"
    placed = data_of(buyer(shop, "post", "/api/v1/checkout/orders", shop.body()), 201)
    assert placed["success"]["message"].startswith("Halo Siti Aminah, Madu Hutan 100gr Rp ")
    assert placed["success"]["redirect_url"].startswith(f"https://wa.me/{cs.user.phone.lstrip('+')}?text=Saya%20Siti")
    assert "%26" in placed["success"]["redirect_url"]
    page = buyer(shop, "get", f"/o/{placed['token']}?baru=1").content.decode()
    assert "Halo Siti Aminah, Madu Hutan 100gr" in page and cs.user.phone.lstrip("+") in page


def test_a_redirect_whose_host_was_taken_off_leads_to_our_page(shop: Shop, buyer: Buyer) -> None:
    from forms.models import RedirectHost

    with store_scope(shop.store):
        RedirectHost.objects.create(store=shop.store, host="shop.example.com")
        OrderForm.objects.filter(pk=shop.form.pk).update(
            success={"kind": "url", "message": "", "url": "https://shop.example.com/ok?no={nomor}", "pixels": True}
        )
    assert shop.snapshot
    placed = data_of(buyer(shop, "post", "/api/v1/checkout/orders", shop.body()), 201)
    assert placed["success"]["redirect_url"] == f"https://shop.example.com/ok?no={placed['order_number']}"
    with store_scope(shop.store):
        RedirectHost.objects.all().delete()
    assert shop.snapshot
    placed = data_of(buyer(shop, "post", "/api/v1/checkout/orders", shop.body()), 201)
    assert placed["success"]["redirect_url"] == f"{placed['url']}?baru=1"


def test_changing_the_method_changes_the_fees_that_belong_to_it(shop: Shop, buyer: Buyer, republish: Republish) -> None:
    republish(
        shop,
        payment_methods=[{"method": "cod"}, {"method": "va", "fee": 4_000}, {"method": "bank_transfer", "fee": -5_000}],
    )
    placed = data_of(buyer(shop, "post", "/api/v1/checkout/orders", shop.body()), 201)
    path = f"/api/v1/checkout/orders/{placed['token']}/payment-method"
    base = placed["bill"]["total"] - placed["bill"]["cod_fee"]
    assert placed["bill"]["cod_fee"] > 0
    assert (
        data_of(buyer(shop, "put", path, {"payment_method": "va", "payment_channel": "BCA"}))["amount"] == base + 4_000
    )
    transfer = data_of(buyer(shop, "put", path, {"payment_method": "bank_transfer"}))
    assert 1 <= transfer["amount"] - (base - 5_000) <= 999
    with store_scope(shop.store):
        order = Order.objects.get(order_number=placed["order_number"])
    assert order.total == transfer["amount"] and order.cod_fee == 0 and order.unique_code
    # and back: the chosen service collects cash at this address
    cash = data_of(buyer(shop, "put", path, {"payment_method": "cod"}))
    assert cash["amount"] == placed["bill"]["total"]
    with store_scope(shop.store):
        order.refresh_from_db()
        assert order.payment_status == "cod_pending" and order.unique_code == 0 and order.payment_due_at is None
        assert [p.status for p in order.payments.order_by("id")] == ["cancelled"] * 3 + ["pending"]
    refused(buyer(shop, "put", path, {"payment_method": "qris"}), 422, field="payment_method")
    refused(buyer(make_shop(), "put", path, {"payment_method": "va"}), 404)


def test_cash_on_delivery_is_offered_only_where_it_can_be_had(shop: Shop, buyer: Buyer, republish: Republish) -> None:
    """Not where the courier collects none, not against the risk light, not against a voucher's own rule."""
    path = "/api/v1/checkout/orders/{}/payment-method"
    cod = {"payment_method": "cod"}
    quote = shop.quote(shop.checkout(), cod=False)
    uncovered = shop.order(payment_method="va", courier_quote=quote)
    assert uncovered.cod_covered is False
    refused(buyer(shop, "put", path.format(uncovered.token), cod), 422, field="payment_method")
    answer = Client().patch(
        f"/api/v1/store/orders/{uncovered.pk}/payment-method", cod, content_type="application/json", **shop.bearer()
    )
    assert "tunai" in refused(answer, 422, field="payment_method")["errors"]["payment_method"][0]

    voucher = make_voucher(shop, payment_methods=["va", "qris"])
    republish(shop, voucher_enabled=True, risk_actions={"watch": "no_cod"})
    bound = shop.order(payment_method="va", voucher_codes=[voucher.code], phone="081299990001")
    refused(buyer(shop, "put", path.format(bound.token), cod), 422, field="payment_method")
    data_of(buyer(shop, "put", path.format(bound.token), {"payment_method": "qris"}))
    bound.refresh_from_db()
    assert bound.discount == 10_000

    doubtful = shop.order(payment_method="va", name="test", phone="081299990002")
    assert doubtful.risk == "watch" and doubtful.cod_covered
    refused(buyer(shop, "put", path.format(doubtful.token), cod), 422, field="payment_method")


def test_a_seller_who_changes_the_method_changes_the_bill(shop: Shop, republish: Republish) -> None:
    republish(shop, payment_methods=[{"method": "cod"}, {"method": "va", "fee": 4_000}])
    order = shop.order()
    base = order.total - order.cod_fee
    for body, total in (
        ({"payment_method": "va", "payment_channel": "BRI"}, base + 4_000),
        ({"payment_method": "qris"}, base),
        ({"payment_method": "cod"}, base + order.cod_fee),
    ):
        answer = Client().patch(
            f"/api/v1/store/orders/{order.pk}/payment-method", body, content_type="application/json", **shop.bearer()
        )
        assert data_of(answer)["amount"] == total
        with store_scope(shop.store):
            assert Order.objects.get(pk=order.pk).total == total


def test_the_order_page_is_not_indexed_and_shows_nobody_elses_data(shop: Shop, buyer: Buyer) -> None:
    placed = shop.place(payment_method="bank_transfer")
    other = shop.place(name="Orang Lain", phone="081299998888")
    page = buyer(shop, "get", f"/o/{placed.token}")
    text = page.content.decode()
    assert page["X-Robots-Tag"] == "noindex, nofollow" and "no-store" in page["Cache-Control"]
    assert "Orang Lain" not in text and other.token not in text and str(shop.user.email) not in text


def test_a_qris_code_is_a_png_for_its_own_host_only(shop: Shop, buyer: Buyer) -> None:
    from orders.money.ways import payment_issue

    placed = shop.place(payment_method="qris")
    path = f"/api/v1/checkout/orders/{placed.token}/qris"
    refused(buyer(shop, "get", path), 404)
    with store_scope(shop.store):
        payment_issue(order_id=placed.order_id)
    png = buyer(shop, "get", path)
    assert png["Content-Type"] == "image/png" and png.content.startswith(b"\x89PNG")
    refused(buyer(make_shop(), "get", path), 404)


def test_every_bank_has_its_own_steps() -> None:
    from orders.va_guides import va_guides

    for channel in ("BCA", "BRI", "BNI", "MANDIRI", "PERMATA", "BSI", "CIMB", "MUAMALAT", "INDOMARET"):
        guides = va_guides(channel)
        assert guides and all(len(g["steps"]) >= 3 for g in guides), channel  # type: ignore[arg-type]  # lists
    assert va_guides("BRI") != va_guides("BNI")


def test_sold_out_meanwhile_says_what_is_left(committed_db: None, buyer: Buyer) -> None:
    shop = make_shop(stock=3)
    body = shop.body(items=[{"variant_id": shop.variants[0].pk, "qty": 3}])
    assert shop.place(phone="081299990001").order_id
    answer = refused(buyer(shop, "post", "/api/v1/checkout/orders", body), 409, code="out_of_stock", field="items")
    assert answer["left"] == 2 and answer["variant_id"] == shop.variants[0].pk
