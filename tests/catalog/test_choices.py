"""Choosing products and variants: what a picker finds, and that what was chosen is never out of sight."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bosonline.tenancy import store_scope
from catalog.models import Product, Variant, Voucher
from forms.models import OrderForm
from tests.factories import PASSWORD, Shop, make_products, make_shop, make_voucher


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop(stock=10)


@pytest.fixture
def seller(shop: Shop, client: Client) -> Client:
    client.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    return client


def found(client: Client, keyword: str, kind: str = "varian") -> list[str]:
    answer = client.get(f"/pilihan/{kind}", {"keyword": keyword}, HTTP_ACCEPT="application/json")
    assert answer.status_code == 200, answer.content[:200]
    return [row["name"] for row in answer.json()["data"]["rows"]]


def test_variants_are_found_by_words_of_both_names_and_by_sku(shop: Shop, seller: Client) -> None:
    make_products(shop, 35)
    make_products(make_shop(), 1)
    with store_scope(shop.store):
        Variant.objects.filter(sku="KD-7").update(is_active=False)
        Product.objects.filter(name="Kaos Motif 8").update(deleted_at=timezone.now())
    assert found(seller, "200 madu") == ["Madu Hutan 200gr"]
    assert found(seller, shop.variants[0].sku) == ["Madu Hutan 100gr"]
    assert found(seller, "kd-3") == ["Kaos Motif 3", "Kaos Motif 30", "Kaos Motif 31", "Kaos Motif 32", "Kaos Motif 33",
                                     "Kaos Motif 34"]  # fmt: skip
    assert found(seller, "kd-7") == [] and found(seller, "kd-8") == []  # not on sale, removed
    assert found(seller, "%") == [] and found(seller, "kaos_") == [] and found(seller, "\x00") != []
    everything = seller.get("/pilihan/varian", HTTP_ACCEPT="application/json").json()["data"]
    assert len(everything["rows"]) == 30 and everything["more"] is True
    assert found(seller, "kd-12", "produk") == ["Kaos Motif 12"] == found(seller, "motif 12", "produk")
    assert seller.get("/pilihan/gudang", HTTP_ACCEPT="application/json").status_code == 404


def test_a_store_finds_only_its_own(shop: Shop, seller: Client) -> None:
    make_products(make_shop(), 2)
    assert found(seller, "kaos") == [] == found(seller, "kaos", "produk")


def test_a_voucher_keeps_products_beyond_the_list(shop: Shop, seller: Client) -> None:
    make_products(shop, 40)
    voucher = make_voucher(shop)
    with store_scope(shop.store):
        last = Product.objects.get(name="Kaos Motif 9")  # the last one by name
    page = seller.get("/voucher/baru").content.decode()
    assert "Kaos Motif 9<" not in page and "Masih ada yang lain" in page
    data: dict[str, Any] = {
        "code": "KAOS", "kind": "product", "value_type": "percent", "percent": 10, "start_date": "2026-01-01",
        "end_date": "2099-01-01", "voucher_stok": 5, "voucher_limit": 1, "apply_target_type": "all", "is_listed": "on",
        "product_ids": [last.pk],
    }  # fmt: skip
    assert seller.post("/voucher/baru", data).status_code == 302
    with store_scope(shop.store):
        made = Voucher.objects.exclude(pk=voucher.pk).get()
        assert [p.pk for p in made.products.all()] == [last.pk]
    assert "Kaos Motif 9<" in seller.get(f"/voucher/{made.pk}").content.decode()
    for wrong in (make_shop().product.pk, "²", "x", "9" * 30):
        refused = seller.post("/voucher/baru", data | {"code": "LAIN", "product_ids": [wrong]})
        assert refused.status_code == 422 and "product_ids" in refused.content.decode(), wrong


def test_a_removed_product_of_a_draft_stays_in_sight_until_it_is_unticked(shop: Shop, seller: Client) -> None:
    ids = make_products(shop, 40)
    with store_scope(shop.store):
        form = OrderForm.objects.get(pk=shop.form.pk)
        form.draft["variant_ids"] = [ids[9]]
        form.save(update_fields=["draft"])
        Product.objects.filter(name="Kaos Motif 9").update(deleted_at=timezone.now())
    page = seller.get(f"/form/{shop.form.pk}").content.decode()
    assert "Kaos Motif 9 <em>(sudah dihapus)</em>" in page


def test_a_new_form_sells_any_product_of_the_catalogue(shop: Shop, seller: Client) -> None:
    ids = make_products(shop, 110)
    with store_scope(shop.store):
        last = Variant.objects.get(pk=ids[99]).product_id
    answer = seller.post("/form/baru", {"name": "Kaos", "products": [last]})
    assert answer.status_code == 302, answer.content[:300]
    with store_scope(shop.store):
        assert OrderForm.objects.get(name="Kaos").draft["variant_ids"] == [ids[99]]
    foreign = seller.post("/form/baru", {"name": "Titipan", "products": [make_shop().product.pk]})
    assert foreign.status_code == 422
