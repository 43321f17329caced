"""The first steps: by API and by pages alike, resumable, with errors at the field."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from bosonline.tenancy import store_scope
from catalog.models import Product, StockLevel
from forms.models import OrderForm
from stores.models import BankAccount, Store, Warehouse
from tests.accounts.helpers import call
from tests.factories import JUWANA, PASSWORD, make_shop

STEPS: list[tuple[str, dict[str, Any]]] = [
    ("store", {"name": "Madu Uji", "whatsapp": "081211112222", "time_zone": "Asia/Jakarta"}),
    ("subdomain", {"subdomain": "madu-uji"}),
    ("warehouse", {"name": "Gudang", "contact_name": "Budi", "phone": "081211112222", "district_id": JUWANA, "address": "Jl. Silugonggo No. 12"}),
    ("bank_account", {"bank_code": "014", "number": "1234567890", "holder": "Budi"}),
    ("product", {"name": "Madu", "attribute": "Ukuran", "variants": [{"option": "100gr", "price": 50000, "stock": 5}, {"option": "200gr", "price": 90000}]}),
    ("form", {"name": "Madu", "payment_methods": ["cod", "bank_transfer"]}),
]  # fmt: skip


@pytest.fixture
def newcomer(client: Client, db: None) -> dict[str, str]:
    body = {"name": "Budi", "email": "budi@uji.id", "phone": "081211112222", "password": PASSWORD}
    token = call(client, "post", "/auth/register", body).json()["token"]["access_token"]
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}


def test_six_calls_lead_to_a_form_that_buyers_can_open(client: Client, newcomer: dict[str, str]) -> None:
    assert call(client, "get", "/store/onboarding", **newcomer).json()["data"]["next"] == "store"
    for number, (step, data) in enumerate(STEPS, 1):
        answer = call(client, "post", "/store/onboarding", {"step": step, "data": data}, **newcomer)
        assert answer.status_code == 200, (step, answer.content)
        assert answer.json()["data"]["done"] == number
    done = call(client, "get", "/store/onboarding", **newcomer).json()["data"]
    assert done["finished"] and done["percent"] == 100 and done["next"] is None
    assert done["form_url"] == "http://madu-uji.localhost:8000/madu"
    assert client.get("/madu", HTTP_HOST="madu-uji.localhost").status_code == 200
    store = Store.objects.get(subdomain="madu-uji")
    assert store.onboarded_at is not None
    with store_scope(store):
        assert sum(StockLevel.objects.values_list("on_hand", flat=True)) == 5


def test_it_can_be_left_and_taken_up_again_in_any_order(client: Client, newcomer: dict[str, str]) -> None:
    for index in (2, 0):
        step, data = STEPS[index]
        call(client, "post", "/store/onboarding", {"step": step, "data": data}, **newcomer)
    state = call(client, "get", "/store/onboarding", **newcomer).json()["data"]
    assert [s["key"] for s in state["steps"] if s["done"]] == ["store", "warehouse"] and state["next"] == "subdomain"


def test_a_second_tap_makes_nothing_twice(client: Client, newcomer: dict[str, str]) -> None:
    for step, data in STEPS:
        call(client, "post", "/store/onboarding", {"step": step, "data": data}, **newcomer)
    for step in ("warehouse", "bank_account", "product", "form"):
        again = call(client, "post", "/store/onboarding", {"step": step, "data": dict(STEPS)[step]}, **newcomer)
        assert again.status_code == 409 and again.json()["code"] == "step_done", step
    for step in ("store", "subdomain"):  # these say what is, so they may be said again
        again = call(client, "post", "/store/onboarding", {"step": step, "data": dict(STEPS)[step]}, **newcomer)
        assert again.status_code == 200, step
    store = Store.objects.get(subdomain="madu-uji")
    with store_scope(store):
        counts = [m.objects.count() for m in (Product, Warehouse, BankAccount, OrderForm)]
    assert counts == [1, 1, 1, 1]
    client.post("/masuk", {"email": "budi@uji.id", "password": PASSWORD})
    page = client.get("/onboarding/product").content.decode()
    assert "Langkah ini sudah selesai" in page and 'name="price"' not in page
    for body in ({"sample": "1"}, {"name": "Lain", "attribute": "", "price": "1000"}):
        assert client.post("/onboarding/product", body).status_code == 302
    with store_scope(store):
        assert Product.objects.count() == 1


def test_what_is_made_elsewhere_counts_as_done(client: Client, newcomer: dict[str, str]) -> None:
    call(client, "post", "/store/bank-accounts", STEPS[3][1], **newcomer)
    call(client, "put", "/store/subdomain", {"subdomain": "madu-uji"}, **newcomer)
    state = call(client, "get", "/store/onboarding", **newcomer).json()["data"]
    assert [s["key"] for s in state["steps"] if s["done"]] == ["subdomain", "bank_account"]


def test_only_the_bank_account_can_be_skipped(client: Client, newcomer: dict[str, str]) -> None:
    skipped = call(client, "post", "/store/onboarding", {"step": "bank_account", "skip": True}, **newcomer)
    assert skipped.status_code == 200
    assert "bank_account" in [s["key"] for s in skipped.json()["data"]["steps"] if s["done"]]
    for step in ("store", "subdomain", "warehouse", "product", "form"):
        refused = call(client, "post", "/store/onboarding", {"step": step, "skip": True}, **newcomer)
        assert refused.status_code == 422 and "step" in refused.json()["errors"], step


def test_a_sample_product_is_enough_to_go_on(client: Client, newcomer: dict[str, str]) -> None:
    call(client, "post", "/store/onboarding", {"step": "warehouse", "data": STEPS[2][1]}, **newcomer)
    body = {"step": "product", "data": {"sample": True}}
    assert call(client, "post", "/store/onboarding", body, **newcomer).status_code == 200
    assert (
        call(client, "post", "/store/onboarding", {"step": "form", "data": STEPS[5][1]}, **newcomer).status_code == 200
    )


@pytest.mark.parametrize(
    ("step", "data", "field"),
    [
        ("store", {"name": "", "whatsapp": "x", "time_zone": "Asia/Jakarta"}, "data.name"),
        ("store", {"name": "A", "whatsapp": "abc", "time_zone": "Asia/Jakarta"}, "whatsapp"),
        ("store", {"name": "A", "whatsapp": "081211112222", "time_zone": "Europe/Berlin"}, "data.time_zone"),
        ("subdomain", {"subdomain": "www"}, "subdomain"),
        ("warehouse", {"name": "G"}, "data.address"),
        ("bank_account", {"bank_code": "999", "number": "1234567890", "holder": "B"}, "bank_code"),
        ("product", {}, "data.name"),
        ("product", {"name": "Madu", "variants": []}, "variants"),
        ("product", {"name": "Madu", "variants": [{"price": -1}]}, "data.variants.0.price"),
        ("form", {"name": "Madu", "payment_methods": []}, "payment_methods"),
        ("form", {"name": "Madu", "payment_methods": ["emas"]}, "data.payment_methods.0"),
        ("form", {"name": "Madu", "payment_methods": ["cod"]}, "name"),
    ],
)
def test_a_wrong_step_says_what_is_wrong_and_saves_nothing(
    client: Client, newcomer: dict[str, str], step: str, data: dict[str, Any], field: str
) -> None:
    answer = call(client, "post", "/store/onboarding", {"step": step, "data": data}, **newcomer)
    assert answer.status_code == 422 and field in answer.json()["errors"], answer.content
    assert not call(client, "get", "/store/onboarding", **newcomer).json()["data"]["done"]
    for wrong in ({"step": "hack"}, {}, {"step": step, "data": "x"}, {"step": step, "data": {"name": "a\x00"}}):
        assert call(client, "post", "/store/onboarding", wrong, **newcomer).status_code == 422


def test_the_pages_do_the_same_steps(client: Client, db: None) -> None:
    client.post("/daftar", {"name": "Budi", "email": "budi@uji.id", "phone": "081211112222", "password": PASSWORD})
    assert client.get("/onboarding")["Location"] == "/onboarding/store"
    client.post("/onboarding/store", STEPS[0][1])
    client.post("/onboarding/subdomain", STEPS[1][1])
    client.post("/onboarding/warehouse", STEPS[2][1])
    client.post("/onboarding/bank_account", {"skip": "1"})
    refused = client.post("/onboarding/form", {"name": "Madu", "cod": "on"})
    assert refused.status_code == 422
    client.post("/onboarding/product", {"sample": "1"})
    client.post("/onboarding/form", {"name": "Madu", "cod": "on"})
    done = client.get("/onboarding/selesai")
    assert b"madu-uji.localhost" in done.content
    assert client.post("/onboarding").status_code == 404 and client.post("/onboarding/hack").status_code == 404
    with store_scope(Store.objects.get(subdomain="madu-uji")):
        assert Product.objects.get().name == "Madu Hutan (contoh)"


def test_another_store_is_not_touched(client: Client, newcomer: dict[str, str]) -> None:
    other = make_shop()
    call(client, "post", "/store/onboarding", {"step": "store", "data": STEPS[0][1]}, **newcomer)
    other.store.refresh_from_db()
    assert other.store.name != "Madu Uji"
