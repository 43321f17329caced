"""A code is cleaned at every door it comes in by, so that what nobody sees never makes a second thing of one."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bosonline import outbox
from bosonline.tenancy import store_scope
from catalog.models import Product, Variant
from orders.models import Order
from sellers.models import User
from tests.catalog.api import call, refused
from tests.factories import PASSWORD, Shop, make_shop


def pasted(text: str) -> str:
    """As a chat gives it: direction marks around it, other dashes, hard spaces, something invisible within."""
    return "\u202a" + text[:1] + "\u200b" + text[1:].replace("-", "\u2011").replace(" ", "\u00a0") + "\ufe0f\u202c"


@pytest.fixture
def shop(committed_db: None) -> Shop:
    return make_shop(stock=10)


def product(sku: str) -> dict[str, Any]:
    return {"name": "Kopi", "variants": [{"options": [], "price": 10_000, "sku": sku, "stock": 1}]}


def test_a_pasted_sku_is_the_sku_by_the_api(client: Client, shop: Shop) -> None:
    made = call(client, shop, "post", "/products", product(pasted("KOPI-1")))
    assert made.status_code == 201, made.content
    with store_scope(shop.store):
        assert Variant.objects.filter(sku="KOPI-1").count() == 1
    refused(call(client, shop, "post", "/products", product(pasted("kopi-1"))), 422, field="variants.0.sku")
    answer = call(client, shop, "get", "/variants/check-sku", {"sku": pasted("Kopi-1")})
    assert answer.json()["data"]["available"] is False


def test_a_pasted_sku_is_the_sku_in_a_file(client: Client, shop: Shop) -> None:
    with store_scope(shop.store):
        sku = Variant.objects.get(pk=shop.variants[0].pk).sku
    name = shop.product.name
    text = f"SKU,Nama,Harga jual\n{pasted(sku.lower())},{name},77000\n{pasted('BARU-1')},Baru,5000\n"
    file = SimpleUploadedFile("p.csv", text.encode())
    made = client.post("/api/v1/store/imports", {"kind": "products", "file": file}, **shop.bearer())
    run = made.json()["data"]
    call(client, shop, "put", f"/imports/{run['id']}", {"mapping": run["mapping"]})
    outbox.drain()
    call(client, shop, "post", f"/imports/{run['id']}/apply")
    outbox.drain()
    run = call(client, shop, "get", f"/imports/{run['id']}").json()["data"]
    assert run["counts"] == {"new": 1, "changed": 1, "unchanged": 0, "errors": 0}, run
    with store_scope(shop.store):
        assert Variant.objects.get(pk=shop.variants[0].pk).price == 77_000
        assert Variant.objects.filter(sku="BARU-1").count() == 1


def test_a_pasted_voucher_code_is_the_code(client: Client, shop: Shop) -> None:
    body = {"code": pasted("HEMAT-10"), "type": "product", "value_type": "fixed", "value": 5000, "voucher_stok": 5,
            "start_date": "2020-01-01", "end_date": "2099-01-01"}  # fmt: skip
    made = call(client, shop, "post", "/vouchers", body)
    assert made.status_code == 201 and made.json()["data"]["code"] == "HEMAT-10", made.content
    refused(call(client, shop, "post", "/vouchers", body | {"code": "hemat-10"}), 422, field="code")
    order = shop.order(voucher_codes=[pasted("hemat-10")])
    assert order.discount == 5000
    query = {"form": shop.form.slug, "store": shop.store.subdomain, "code": pasted("hemat-10")}
    rows = client.get("/api/v1/checkout/vouchers", query | {"items": f"{shop.variants[0].pk}:1"}).json()["data"]
    assert rows[0]["code"] == "HEMAT-10" and rows[0]["usable"]


def test_a_pasted_e_mail_logs_in_and_registers_only_once(client: Client, shop: Shop) -> None:
    login = {"email": pasted(shop.user.email), "password": PASSWORD}
    assert client.post("/api/v1/auth/login", login, content_type="application/json").status_code == 200
    body = {"name": "Budi", "email": pasted(shop.user.email.upper()), "phone": "081299998888", "password": PASSWORD}
    answer = client.post("/api/v1/auth/register", body, content_type="application/json")
    refused(answer, 422, field="email")
    page = client.post("/daftar", body)
    assert page.status_code in (200, 422) and User.objects.filter(phone="+6281299998888").count() == 0


def test_a_pasted_phone_logs_in(client: Client, shop: Shop) -> None:
    assert shop.user.phone
    login = {"email": pasted(shop.user.phone), "password": PASSWORD}
    assert client.post("/api/v1/auth/login", login, content_type="application/json").status_code == 200


def test_a_pasted_subdomain_is_the_subdomain(client: Client, shop: Shop) -> None:
    answer = call(client, shop, "put", "/subdomain", {"subdomain": pasted("Toko-Madu-Baru")})
    assert answer.status_code == 200, answer.content
    shop.store.refresh_from_db()
    assert shop.store.subdomain == "toko-madu-baru"


def test_a_pasted_awb_is_kept_plain(client: Client, shop: Shop) -> None:
    order = shop.order()
    call(client, shop, "put", "/orders/status", {"ids": [order.pk], "status": "confirmed"})
    answer = call(client, shop, "patch", f"/orders/{order.pk}/shipping", {"awb": pasted("KURIR-12345")})
    assert answer.status_code == 200, answer.content
    with store_scope(shop.store):
        assert Order.objects.get(pk=order.pk).awb == "KURIR-12345"


@pytest.mark.parametrize("word", ["order_number", "buyer_phone", "awb"])
def test_a_pasted_keyword_finds_what_it_means(client: Client, shop: Shop, word: str) -> None:
    order = shop.order()
    with store_scope(shop.store):
        Order.objects.filter(pk=order.pk).update(awb="KURIR-12345")
        order.refresh_from_db()
    rows = call(client, shop, "get", "/orders", {"keyword": pasted(getattr(order, word))}).json()["data"]
    assert [row["id"] for row in rows] == [order.pk]


def test_a_buyer_s_pasted_data_are_kept_plain(client: Client, shop: Shop) -> None:
    body = shop.body(name=pasted("Ibu Sri"), phone=pasted("0812-3456-7890"), street=pasted("Jl. Melati 5"))
    body["customer"]["email"] = pasted("sri@contoh.id")
    headers = {"HTTP_IDEMPOTENCY_KEY": "pasted-1", "HTTP_HOST": f"{shop.store.subdomain}.localhost"}
    answer = client.post("/api/v1/checkout/orders", body, content_type="application/json", **headers)
    assert answer.status_code == 201, answer.content
    with store_scope(shop.store):
        order = Order.objects.get(token=answer.json()["data"]["token"])
    assert (order.buyer_phone, order.buyer_email) == ("+6281234567890", "sri@contoh.id")
    assert order.buyer_name.isascii() and order.street.startswith("Jl.")


def test_a_pasted_product_name_makes_no_second_link(client: Client, shop: Shop) -> None:
    call(client, shop, "post", "/products", product("A-1") | {"name": pasted("Kopi Susu")})
    with store_scope(shop.store):
        assert Product.objects.get(variants__sku="A-1").name.startswith("Kopi Susu")
