"""The catalogue's pages: rights, tenants, what they show and do without a script."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bosonline import outbox
from bosonline.actor import SYSTEM
from bosonline.tenancy import store_scope
from catalog.models import BulkChange, ImportRun, Product, Voucher
from catalog.services.products import product_create
from catalog.services.variants import VariantInput
from stores.queries import store_today
from tests.factories import PASSWORD, Shop, make_shop, make_voucher


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop(stock=10)


def log_in(client: Client, shop: Shop, user: Any = None) -> Client:
    answer = client.post("/masuk", {"email": (user or shop.user).email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content[:300]
    return client


def post_json(client: Client, path: str, data: Any) -> Any:
    return client.post(path, json.dumps(data), content_type="application/json", HTTP_ACCEPT="application/json")


PAGES = (
    "/produk",
    "/produk/baru",
    "/produk/varian",
    "/produk/impor",
    "/inventori",
    "/inventori/riwayat",
    "/voucher",
    "/voucher/baru",
)


def test_every_page_answers_empty_and_filled(client: Client, shop: Shop) -> None:
    log_in(client, shop)
    make_voucher(shop)
    shop.place()
    for path in (
        *PAGES,
        f"/produk/{shop.product.pk}",
        "/produk?status=draft",
        "/inventori?stock=low",
        "/voucher?active=0",
    ):
        answer = client.get(path)
        assert answer.status_code == 200, path
        body = answer.content.decode()
        assert "style=" not in body.replace("data-style=", "") and "onclick" not in body, path
    with store_scope(shop.store):
        Product.objects.all().update(deleted_at="2026-01-01T00:00:00Z")
        Voucher.objects.all().update(deleted_at="2026-01-01T00:00:00Z")
    for path, text in (
        ("/produk", "Belum ada produk"),
        ("/voucher", "Belum ada voucher"),
        ("/inventori", "Belum ada stok"),
    ):
        assert text in client.get(path).content.decode(), path


def test_pages_show_only_what_the_role_may_do(client: Client, shop: Shop) -> None:
    viewer = log_in(Client(), shop, shop.staff("viewer").user)
    page = viewer.get("/produk").content.decode()
    assert "Tambah produk" not in page and "Ubah massal" not in page and "/produk/unduh/" not in page
    assert "HPP" not in viewer.get("/produk/varian").content.decode()
    for path in (
        "/produk/baru",
        f"/produk/{shop.product.pk}",
        "/voucher/baru",
        "/produk/impor",
        "/produk/unduh/products",
    ):
        assert viewer.get(path).status_code == 403, path
    assert post_json(viewer, "/produk/simpan", {}).status_code == 403
    assert post_json(viewer, "/inventori/simpan", {"lines": []}).status_code == 403
    cs = log_in(Client(), shop, shop.staff("customer_service").user)
    assert cs.get("/inventori").status_code == 403
    assert "/inventori" not in cs.get("/produk").content.decode()


def test_another_stores_rows_are_404_on_pages_too(client: Client, shop: Shop) -> None:
    other = make_shop()
    voucher = make_voucher(other)
    log_in(client, shop)
    for path in (f"/produk/{other.product.pk}", f"/voucher/{voucher.pk}", "/produk/impor/999", "/unduhan/999"):
        assert client.get(path).status_code == 404, path
    assert post_json(client, f"/produk/{other.product.pk}/simpan", {"name": "x"}).status_code == 404
    for path in (
        f"/produk/{other.product.pk}/hapus",
        f"/produk/{other.product.pk}/salin",
        f"/voucher/{voucher.pk}/hapus",
    ):
        assert client.post(path).status_code == 404, path
    with store_scope(other.store):
        assert Product.objects.get().name == "Madu Hutan" and Voucher.objects.get().deleted_at is None


def test_the_editor_saves_through_the_apis_rules(client: Client, shop: Shop) -> None:
    log_in(client, shop)
    body = {"name": "Kopi", "attributes": [{"name": "Ukuran", "items": ["S", "M"]}],
            "variants": [{"options": ["S"], "price": 1000, "sku": "K-S", "stock": 3}, {"options": ["M"], "price": -1, "sku": "K-M"}]}  # fmt: skip
    answer = post_json(client, "/produk/simpan", body)
    assert answer.status_code == 422 and "variants.1.price" in answer.json()["errors"]
    body["variants"][1]["price"] = 2000  # type: ignore[index]
    url = post_json(client, "/produk/simpan", body).json()["data"]["url"]
    assert "K-S" in client.get(url).content.decode()
    small = {
        "attributes": [{"name": "Ukuran", "items": ["100gr"]}],
        "variants": [{"id": shop.variants[0].pk, "options": ["100gr"]}],
    }
    told = post_json(client, f"/produk/{shop.product.pk}/simpan", small)
    assert told.status_code == 409 and told.json()["code"] == "variants_in_use" and told.json()["forms"]
    for bad in ("{", "[]"):
        assert client.post("/produk/simpan", bad, content_type="application/json").status_code == 400


def test_bulk_edit_from_the_list_to_the_undo(client: Client, shop: Shop) -> None:
    log_in(client, shop)
    form = {"ids": str(shop.product.pk), "field": "price", "mode": "add", "value_price": "5000", "round_to": "1"}
    assert client.post("/produk/ubah/products", {"ids": str(shop.product.pk)}).status_code == 200
    preview = client.post("/produk/ubah/products", form | {"step": "preview"}).content.decode()
    assert "Rp 55.000" in preview and "Rp 95.000" in preview
    assert client.post("/produk/ubah/products", form | {"step": "preview", "value_price": "murah"}).status_code == 422
    done = client.post("/produk/ubah/products", form | {"step": "apply"}, follow=True)
    assert "Batalkan" in done.content.decode() or "Urungkan" in done.content.decode()
    with store_scope(shop.store):
        change = BulkChange.objects.get()
    assert shop.snapshot.variants[shop.variants[0].pk].price == 55_000
    client.post(f"/produk/ubah/{change.pk}/batal", {"next": "/produk"})
    assert shop.snapshot.variants[shop.variants[0].pk].price == 50_000
    everything = {
        "all": "1",
        "query": "status=active",
        "field": "status",
        "value_status": "draft",
        "step": "apply",
        "ids": "",
    }
    client.post("/produk/ubah/products", everything)
    with store_scope(shop.store):
        assert Product.objects.get().status == "draft"


def test_a_voucher_is_made_and_refused_on_its_page(client: Client, shop: Shop) -> None:
    log_in(client, shop)
    today = store_today(shop.store)
    form = {"code": "hemat 10", "kind": "product", "value_type": "percent", "percent": "101", "start_date": today.isoformat(),
            "end_date": (today - timedelta(1)).isoformat(), "voucher_stok": "5", "voucher_limit": "1", "apply_target_type": "all"}  # fmt: skip
    answer = client.post("/voucher/baru", form)
    page = answer.content.decode()
    assert answer.status_code == 422 and "1 sampai 100" in page and "mendahului" in page and "HEMAT10" in page
    good = form | {
        "code": "hemat10",
        "percent": "10",
        "end_date": today.isoformat(),
        "is_listed": "on",
        "product_ids": [str(shop.product.pk)],
    }
    assert client.post("/voucher/baru", good).status_code == 302
    with store_scope(shop.store):
        voucher = Voucher.objects.get()
    assert client.get(f"/voucher/{voucher.pk}").status_code == 200
    client.post(f"/voucher/{voucher.pk}/mati")
    voucher.refresh_from_db()
    assert voucher.is_active is False
    assert client.post(f"/voucher/{voucher.pk}", good | {"percent": "20"}).status_code == 302
    voucher.refresh_from_db()
    assert (voucher.value, voucher.is_active, voucher.code) == (20, False, "HEMAT10")
    client.post(f"/voucher/{voucher.pk}/hapus")
    assert client.get(f"/voucher/{voucher.pk}").status_code == 404


def test_the_wizard_and_the_download_as_pages(client: Client, committed_db: None) -> None:
    shop = make_shop(stock=10)
    outbox.drain()
    log_in(client, shop)
    assert client.post("/produk/impor", {"kind": "products"}).status_code == 422
    refused = client.post("/produk/impor", {"kind": "products", "file": SimpleUploadedFile("x.csv", b"\xff\xfe\xff")})
    assert refused.status_code == 422 and "CSV" in refused.content.decode()
    file = SimpleUploadedFile("daftar.csv", b"Nama Produk,SKU,Harga\nKopi,K-1,5000\nTeh,T-1,murah\n")
    answer = client.post("/produk/impor", {"kind": "products", "file": file})
    path = answer.headers["Location"]
    assert "Kolom mana berisi apa" in client.get(path).content.decode()
    columns = {"column-0": "product", "column-1": "sku", "column-2": "price"}
    assert client.post(path, {"step": "check", **columns, "column-1": ""}).status_code == 422
    assert client.post(path, {"step": "check", **columns}).status_code == 302
    assert "progress" in client.get(f"{path}/proses").content.decode()
    outbox.drain()
    assert client.get(f"{path}/proses").headers["HX-Refresh"] == "true"
    page = client.get(path).content.decode()
    assert "Impor tanpa 1 baris yang salah" in page and "bukan bilangan bulat" in page
    client.post(path, {"step": "apply", "skip_errors": "1"})
    outbox.drain()
    with store_scope(shop.store):
        assert ImportRun.objects.get().status == "applied" and Product.objects.filter(name="Kopi").exists()
    assert "Impor selesai" in client.get(path).content.decode()
    listed = client.get("/produk/unduh/products?format=csv&keyword=kopi").headers["Location"]
    page, _sep, number = listed.partition("#job-")
    outbox.drain()
    file = f"{page}/{number}"
    assert file in client.get(page).content.decode()
    assert b"K-1" in b"".join(client.get(file).streaming_content)
    other = log_in(Client(), make_shop())
    assert other.get(path).status_code == 404 and other.get(file).status_code == 404
    assert other.get(f"{page}?job={number}").status_code == 404 and file not in other.get(page).content.decode()


def test_pages_cost_the_same_for_ten_times_the_rows(client: Client, shop: Shop) -> None:
    log_in(client, shop)
    paths = ("/produk", "/produk/varian", "/inventori", "/inventori/riwayat", "/voucher", f"/produk/{shop.product.pk}")
    make_voucher(shop, products=[shop.product])

    def queries() -> list[int]:
        counts = []
        for path in paths:
            client.get(path)
            with CaptureQueriesContext(connection) as caught:
                assert client.get(path).status_code == 200
            counts.append(len(caught))
        return counts

    few = queries()
    with store_scope(shop.store):
        for n in range(10):
            product_create(
                store=shop.store,
                name=f"Kopi {n}",
                category_name=f"K{n}",
                variants=[VariantInput([], 1000, stock=5)],
                actor=SYSTEM,
            )
    for _n in range(10):
        make_voucher(shop, products=[shop.product])
    assert queries() == few


@pytest.mark.parametrize("path", ["/produk/varian", "/inventori", "/voucher", "/form"])
def test_a_list_sorts_on_a_phone_by_what_its_heads_sort_by(client: Client, shop: Shop, path: str) -> None:
    log_in(client, shop)
    make_voucher(shop)
    page = client.get(f"{path}?keyword=a&limit=7&start=0").content.decode()
    heads = re.findall(r'class="th-sort" href="[^"]*sort_by=(\w+)', page)
    form = page[page.index('class="toolbar-sort"') : page.index("</noscript>", page.index('class="toolbar-sort"'))]
    keys = [key for key in re.findall(r'<option value="(\w*)"', form) if key]
    assert keys == heads and heads
    # the filter and the page's length travel along, its number does not
    assert 'name="keyword" value="a"' in form and 'name="limit" value="7"' in form and 'name="start"' not in form
    for key in keys:
        sorted_page = client.get(f"{path}?sort_by={key}&sort_dir=desc").content.decode()
        assert f'<option value="{key}"' in sorted_page and "sort_dir=asc" in sorted_page
        assert re.search(rf'<option value="{key}"[^>]* selected>', sorted_page)
