"""Two people make the same thing at the same moment: one has it or both share it, and nobody sees a mistake of ours."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from bosonline import outbox
from bosonline.tenancy import store_scope
from catalog.models import Category, Image
from tests.factories import GAMBIR, PASSWORD, Shop, make_shop

AT_ONCE = 4
Send = Callable[[Client, Shop, int], Any]


@pytest.fixture
def shop(committed_db: None) -> Shop:
    made = make_shop(stock=100)
    outbox.drain()
    return made


def post(path: str, body: dict[str, Any], method: str = "post") -> Send:
    """The same request by everybody."""

    def send(client: Client, shop: Shop, n: int) -> Any:
        headers = {"HTTP_IDEMPOTENCY_KEY": f"at-once-{n}"}
        return getattr(client, method)(
            f"/api/v1{path}", body, content_type="application/json", **shop.extra["bearer"], **headers
        )

    return send


def product(sku: str = "", **more: Any) -> dict[str, Any]:
    return {"name": "Kopi Susu", "variants": [{"options": [], "price": 10_000, "sku": sku}], **more}


def account(**more: str) -> dict[str, Any]:
    return {"name": "Budi", "email": "budi@contoh.id", "phone": "081211112222", "password": PASSWORD, **more}


def own_account(client: Client, shop: Shop, n: int) -> Any:
    """Everybody with an e-mail of their own and the same phone."""
    body = account(email=f"budi{n}@contoh.id")
    return client.post("/api/v1/auth/register", body, content_type="application/json")


def order(client: Client, shop: Shop, n: int) -> Any:
    host = f"{shop.store.subdomain}.localhost"
    return client.post(
        "/api/v1/checkout/orders", shop.extra["bodies"][n], content_type="application/json", HTTP_HOST=host,
        HTTP_IDEMPOTENCY_KEY=f"order-{n}",
    )  # fmt: skip


def abandoned(client: Client, shop: Shop, n: int) -> Any:
    body = {"form": shop.form.slug, "store": shop.store.subdomain, "phone": "081234567890", "name": f"Budi {n}"}
    return client.post("/api/v1/checkout/abandoned", body, content_type="application/json")


FORM = {"name": "Promo", "content": {}}
CREATORS: dict[str, tuple[Send, bool]] = {
    # what is sent by all at once, and whether all of them must succeed
    "products of one name": (post("/store/products", product()), True),
    "products of one link": (post("/store/products", product(slug="kopi")), False),
    "products of one SKU": (post("/store/products", product("KOPI-1")), False),
    "products of one new category": (post("/store/products", product(category_name="Minuman")), True),
    "copies of a product": (lambda c, s, n: post(f"/store/products/{s.product.pk}/duplicate", {})(c, s, n), True),
    "vouchers of one code": (
        post("/store/vouchers", {"code": "HEMAT10", "type": "product", "value_type": "percent", "value": 10, "voucher_stok": 5,
                                 "start_date": "2020-01-01", "end_date": "2099-01-01"}), False),
    "forms of one name": (post("/store/forms", FORM), True),
    "forms of one link": (post("/store/forms", {**FORM, "slug": "promo"}), False),
    "copies of a form": (lambda c, s, n: post(f"/store/forms/{s.form.pk}/duplicate", {})(c, s, n), True),
    "roles of one name": (post("/store/roles", {"name": "Gudang malam", "rights": ["orders.view"]}), False),
    "people of one e-mail": (lambda c, s, n: post("/store/staff", account(role_id=s.extra["role"]))(c, s, n), False),
    "accounts of one e-mail": (post("/auth/register", account()), False),
    "accounts of one phone": (own_account, False),
    "one address of a store": (post("/store/subdomain", {"subdomain": "kopi-enak"}, "put"), True),
    "one domain": (post("/store/domains", {"hostname": "kopienak.com"}), False),
    "one bank account": (post("/store/bank-accounts", {"bank_code": "014", "number": "1234567890", "holder": "Budi"}), False),
    "warehouses of one name": (post("/store/warehouses", {"name": "Gudang Barat", "contact_name": "Budi", "phone": "081211112222", "is_default": True,
                                              "district_id": GAMBIR, "address": "Jl. Merdeka Barat No. 1"}), False),
    "one entry of the blacklist": (post("/store/forms/blocklist", {"kind": "phone", "value": "081211112222"}), True),
    "one customer": (order, True),
    "one checkout that is not finished": (abandoned, True),
}  # fmt: skip


def sent_at_once(shop: Shop, send: Send, count: int = AT_ONCE) -> list[tuple[int, Any]]:
    answers: list[tuple[int, Any]] = []
    begin = threading.Barrier(count)

    def run(n: int) -> None:
        client = Client(raise_request_exception=False)
        begin.wait()
        try:
            answer = send(client, shop, n)
            answers.append((answer.status_code, answer.content[:400]))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.parametrize("what", CREATORS)
def test_the_same_thing_at_once_is_no_mistake(shop: Shop, what: str) -> None:
    send, all_succeed = CREATORS[what]
    shop.extra["bearer"] = shop.bearer()
    shop.extra["role"] = shop.staff("warehouse").membership.role_id  # type: ignore[union-attr]
    shop.extra["bodies"] = [shop.body() for _n in range(AT_ONCE)]
    outbox.drain()
    answers = sent_at_once(shop, send)
    statuses = [status for status, _body in answers]
    assert len(statuses) == AT_ONCE and set(statuses) <= {200, 201, 409, 422}, answers
    good = sum(status < 300 for status in statuses)
    assert good == AT_ONCE if all_succeed else good == 1, answers


def test_a_category_made_by_many_at_once_is_one(shop: Shop) -> None:
    shop.extra["bearer"] = shop.bearer()
    sent_at_once(shop, CREATORS["products of one new category"][0], 6)
    with store_scope(shop.store):
        assert Category.objects.filter(name="Minuman").count() == 1


# -- ids of another store -----------------------------------------------------------------------------------------------
def content(**more: Any) -> dict[str, Any]:
    return {"name": "Promo", "content": more}


FOREIGN: dict[str, tuple[str, Callable[[Shop], dict[str, Any]]]] = {
    "content.cs.0.membership_id": ("/store/forms", lambda s: content(cs=[{"membership_id": s.owner.membership.pk}])),  # type: ignore[union-attr]
    "content.image_ids.0": ("/store/forms", lambda s: content(image_ids=[s.extra["image"]])),
    "content.variant_ids": ("/store/forms", lambda s: content(variant_ids=[s.variants[0].pk])),
    "content.packages": ("/store/forms", lambda s: content(packages=[
        {"id": "a", "name": "A", "price": 1, "items": [{"variant_id": s.variants[0].pk, "qty": 1}]}])),
    "content.bump": ("/store/forms", lambda s: content(bump={"variant_id": s.variants[0].pk, "title": "A", "price": 1})),
    "image_ids.0": ("/store/products", lambda s: product(image_ids=[s.extra["image"]])),
    "variants.0.image_id": ("/store/products", lambda s: {
        "name": "A", "variants": [{"options": [], "price": 1, "image_id": s.extra["image"]}]}),
    "variants.0.id": ("/store/products", lambda s: {
        "name": "A", "variants": [{"options": [], "price": 1, "id": s.variants[0].pk}]}),
    "product_ids": ("/store/vouchers", lambda s: {
        "code": "ASING", "type": "product", "value_type": "percent", "value": 10, "voucher_stok": 5, "start_date": "2020-01-01",
        "end_date": "2099-01-01", "product_ids": [s.product.pk]}),
    "lines.0.variant_id": ("/store/inventory", lambda s: {
        "reason": "x", "lines": [{"variant_id": s.variants[0].pk, "warehouse_id": s.warehouse.pk, "mode": "set", "qty": 1}]}),
}  # fmt: skip


@pytest.mark.parametrize("where", FOREIGN)
def test_another_store_s_id_is_refused_at_its_field(client: Client, shop: Shop, where: str) -> None:
    other = make_shop(stock=10)
    with store_scope(other.store):
        other.extra["image"] = Image.objects.create(store=other.store, width=1, height=1).pk
    path, body = FOREIGN[where]
    method = client.put if path == "/store/inventory" else client.post
    answer = method(f"/api/v1{path}", body(other), content_type="application/json", **shop.bearer())
    assert answer.status_code == 422, answer.content
    named = list(answer.json()["errors"])
    wanted = where.removeprefix("content.")
    assert any(name.removeprefix("content.") == wanted for name in named) or (
        where in ("content.packages", "content.bump") and named == ["variant_ids"]
    ), named


def test_a_draft_takes_no_other_store_s_people_later_either(client: Client, shop: Shop) -> None:
    other = make_shop()
    assert other.owner.membership
    body = {"content": {**shop.form.draft, "cs": [{"membership_id": other.owner.membership.pk}]}}
    answer = client.put(f"/api/v1/store/forms/{shop.form.pk}", body, content_type="application/json", **shop.bearer())
    assert answer.status_code == 422 and "cs.0.membership_id" in str(answer.json()["errors"]), answer.content
