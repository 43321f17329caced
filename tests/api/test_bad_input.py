"""Bad input gets the error of api.md at the field, writes nothing and is never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from bosonline.tenancy import store_scope
from orders.models import Customer, Order
from tests.factories import GAMBIR, Shop, make_shop

HOSTILE = (
    "<script>alert(1)</script>",
    "'; DROP TABLE orders_order; --",
    "😀" * 20,
    "{{7*7}}",
    "%00",
    "=1+1",
    "\u202etxt",
    "Ñandú",
)


def post(client: Client, body: Any, **headers: Any) -> Any:
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post("/api/v1/checkout/orders", data, content_type="application/json", **headers)


def assert_error(answer: Any, status: int, code: str = "", field: str = "") -> dict[str, Any]:
    assert answer.status_code == status, answer.content[:300]
    body = answer.json()
    assert set(body) >= {"message", "code", "errors"} and body["message"]
    if code:
        assert body["code"] == code, body
    if field:
        assert field in body["errors"], body
    return body


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop()


def test_every_wrong_field_is_named_and_nothing_is_written(shop: Shop, client: Client) -> None:
    good = shop.body()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"customer": {"name": "", "phone": "081234567890"}}, "customer.name"),
        ({"customer": {"name": "x" * 10_000, "phone": "081234567890"}}, "customer.name"),
        ({"customer": {"name": "Siti", "phone": "bukan nomor"}}, "customer.phone"),
        ({"customer": {"name": "Siti", "phone": "123"}}, "customer.phone"),
        ({"customer": "Siti"}, "customer"),
        ({"customer": None}, "customer"),
        ({"items": [{"variant_id": shop.variants[0].pk, "qty": -1}]}, "items.0.qty"),
        ({"items": [{"variant_id": shop.variants[0].pk, "qty": 10**12}]}, "items.0.qty"),
        ({"items": [{"variant_id": 999_999, "qty": 1}]}, "items.0.variant_id"),
        ({"items": [{"variant_id": 10**30, "qty": 1}]}, "items.0.variant_id"),
        ({"items": []}, "items"),
        ({"items": "dua"}, "items"),
        ({"address": {"district_id": 1, "street": "Jl. Melati 5"}}, "address.district_id"),
        ({"address": {"district_id": GAMBIR, "street": "x"}}, "address.street"),
        ({"address": {"district_id": GAMBIR, "street": "Jl. Melati 5", "postal_code": "99999"}}, "address.postal_code"),
        ({"payment_method": "bitcoin"}, "payment_method"),
        ({"payment_method": "va", "payment_channel": "XYZ"}, "payment_channel"),
        ({"courier_quote": "palsu"}, "courier_quote"),
        ({"fields": {"tidak_ada": "x"}}, "fields.tidak_ada"),
        ({"package_id": "tidak-ada"}, "package_id"),
        ({"voucher_codes": ["APA"]}, "voucher_codes"),
        ({"note": "x" * 5_000}, "note"),
    ]
    for changes, field in cases:
        assert_error(post(client, good | changes), 422, field=field)
    with store_scope(shop.store):
        assert not Order.objects.exists() and not Customer.objects.exists()
    assert shop.level().reserved == 0


def test_broken_bodies_are_malformed_not_mistakes_of_ours(shop: Shop, client: Client) -> None:
    for body in ("{", "[]", '"x"', "null", "123", b"\xff\xfe", '{"form": NaN}'):
        answer = post(client, body)
        assert answer.status_code in (400, 422), (body, answer.content[:200])
        assert answer.json()["errors"] is not None
    assert_error(client.post("/api/v1/checkout/orders", "a=1", content_type="application/x-www-form-urlencoded"), 415)
    assert_error(client.get("/api/v1/checkout/orders"), 405)


def test_hostile_text_is_stored_as_text(shop: Shop, client: Client) -> None:
    for n, text in enumerate(HOSTILE):
        body = shop.body(phone=f"0812340000{n:02d}")
        body["customer"]["name"] = text
        body["address"]["street"] = f"Jl. {text} 12"[:200]
        body["note"] = text
        answer = post(client, body)
        assert answer.status_code == 201, (text, answer.content[:300])
        token = answer.json()["data"]["token"]
        page = client.get(f"/o/{token}", HTTP_HOST=f"{shop.store.subdomain}.localhost")
        assert page.status_code == 200 and b"<script>alert" not in page.content


def test_a_nul_byte_is_refused_at_the_field(shop: Shop, client: Client) -> None:
    body = shop.body()
    body["customer"]["name"] = "Si\x00ti"
    assert_error(post(client, body), 422, field="customer.name")
    assert_error(client.get("/api/v1/store/orders?keyword=a%00b", **shop.bearer()), 422, field="keyword")


def test_phones_in_odd_forms_are_one_customer(shop: Shop, client: Client) -> None:
    for phone in ("081234567890", "+62 812-3456-7890", "62812 3456 7890", "0812.3456.7890", "812-3456-7890"):
        body = shop.body()
        body["customer"]["phone"] = phone
        assert post(client, body).status_code == 201
    with store_scope(shop.store):
        assert list(Customer.objects.values_list("phone", "orders_count")) == [("+6281234567890", 5)]


def test_unknown_store_or_form_is_404(shop: Shop, client: Client) -> None:
    assert_error(post(client, shop.body() | {"form": "tidak-ada"}), 404)
    assert_error(post(client, shop.body() | {"store": "tidak-ada"}), 404)
    for host, path in (("tidak-ada.localhost", "/madu"), (f"{shop.store.subdomain}.localhost", "/tidak-ada")):
        page = client.get(path, HTTP_HOST=host)
        assert page.status_code == 404 and b"<html" in page.content


def test_the_browsers_price_is_never_looked_at(shop: Shop, client: Client) -> None:
    body = shop.body()
    body["items"][0]["price"] = 1
    body["total"] = 1
    assert post(client, body).json()["data"]["bill"]["goods"] == 50_000


def test_a_missing_expired_or_foreign_token_is_401(shop: Shop, client: Client) -> None:
    assert_error(client.get("/api/v1/store/orders"), 401, "not_authenticated")
    assert_error(client.get("/api/v1/store/orders", HTTP_AUTHORIZATION="Bearer x.y.z"), 401, "token_invalid")
    assert_error(client.get("/api/v1/store/orders", HTTP_AUTHORIZATION="Basic abc"), 401, "token_invalid")
    from sellers.models import LoginSession
    from sellers.tokens import _encode

    headers = shop.bearer()
    session = LoginSession.objects.latest("id")
    expired = _encode("access", session, -1)
    assert_error(client.get("/api/v1/me", HTTP_AUTHORIZATION=f"Bearer {expired}"), 401, "token_expired")
    assert client.get("/api/v1/me", **headers).status_code == 200
    assert client.post("/api/v1/auth/logout", **headers).status_code == 200
    assert_error(client.get("/api/v1/me", **headers), 401, "session_ended")


def test_errors_speak_english_when_asked(shop: Shop, client: Client) -> None:
    answer = client.get("/api/v1/store/orders", HTTP_ACCEPT_LANGUAGE="en")
    assert answer.json()["message"] == "Please log in."


def test_both_spellings_of_a_path_answer_without_a_redirect(shop: Shop, client: Client) -> None:
    for path in ("/api/v1/regions/provinces", "/api/v1/regions/provinces/"):
        assert client.get(path).status_code == 200
    assert client.post("/api/v1/auth/refresh", "{}", content_type="application/json").status_code == 422
    assert client.post("/api/v1/auth/refresh/", "{}", content_type="application/json").status_code == 422


def test_a_date_no_calendar_shows_is_refused_before_it_is_kept(shop: Shop, client: Client) -> None:
    order, headers = shop.order(payment_method="bank_transfer"), shop.bearer()
    path = f"/api/v1/store/orders/{order.pk}"
    late = "9999-12-31T23:59:59Z"
    told = json.dumps({"text": "Halo", "result": "later", "next_at": late})
    paid = json.dumps({"amount": order.total, "paid_at": late})
    answer = client.post(f"{path}/follow-ups", told, content_type="application/json", **headers)
    assert_error(answer, 422, field="next_at")
    answer = client.put(f"{path}/confirm-payment", paid, content_type="application/json", **headers)
    assert_error(answer, 422, field="paid_at")
    assert client.get(path, **headers).status_code == client.get("/api/v1/store/orders", **headers).status_code == 200


def test_unknown_sorting_and_columns_are_422(shop: Shop, client: Client) -> None:
    for query, field in (("sort_by=apa", "sort_by"), ("category=apa&keyword=x", "category"), ("limit=1000", "limit"), ("start=x", "start"),
                         ("after=x", "after"), ("status=apa", "status"), ("from=kemarin", "from"), ("tab=apa", "tab")):  # fmt: skip
        assert_error(client.get(f"/api/v1/store/orders?{query}", **shop.bearer()), 422, field=field)
