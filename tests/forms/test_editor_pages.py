"""The seller's form pages: editor, autosave, preview, doctor, list actions, success page."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image as Pillow

from bosonline.actor import SYSTEM
from bosonline.models import BackgroundJob
from bosonline.tenancy import store_scope
from catalog.models import Product, StockLevel, Variant
from forms.models import AbandonedCheckout, BlockEntry, FormStat, OrderForm
from forms.services import blocklist, doctor
from forms.services.rates import _store
from orders.models import Order
from stores.models import BankAccount, Warehouse
from tests.factories import PASSWORD, Shop, make_shop


@pytest.fixture
def seller(shop: Shop) -> Client:
    client = Client()
    client.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    return client


def put(client: Client, path: str, body: Any) -> Any:
    return client.put(path, json.dumps(body), content_type="application/json", HTTP_ACCEPT="application/json")


def test_the_editor_holds_everything_it_needs(shop: Shop, seller: Client) -> None:
    page = seller.get(f"/form/{shop.form.pk}").content.decode()
    assert 'id="editor-data"' in page and "Madu Hutan 100gr" in page and "ID Express" in page
    assert "style=" not in page.replace("text/css", "") and "onclick" not in page


def test_typing_is_saved_and_named_where_it_is_wrong(shop: Shop, seller: Client) -> None:
    path = f"/form/{shop.form.pk}/draf"
    with store_scope(shop.store):
        content = OrderForm.objects.get(pk=shop.form.pk).draft
    good = put(seller, path, {"content": {**content, "title": "Baru"}, "name": "Nama baru", "draft_rev": 0})
    assert good.status_code == 200 and good.json()["data"]["draft_rev"] == 1 and good.json()["data"]["changed"]
    stale = put(seller, path, {"content": content, "draft_rev": 0})
    assert stale.status_code == 409 and stale.json()["code"] == "draft_changed"
    bad = put(seller, path, {"content": {**content, "benefits": ["x" * 500]}, "draft_rev": 1})
    assert bad.status_code == 422 and "benefits.0" in bad.json()["errors"]
    for body in ("{", "[]", "1"):
        answer = seller.put(path, body, content_type="application/json", HTTP_ACCEPT="application/json")
        assert answer.status_code == 400, body
    published = put(seller, path, {"publish": True})
    assert published.json()["data"]["changed"] is False


def test_the_preview_is_the_buyers_page_over_the_draft_and_leaves_no_trace(shop: Shop, seller: Client) -> None:
    with store_scope(shop.store):
        form = OrderForm.objects.get(pk=shop.form.pk)
        put(
            seller,
            f"/form/{form.pk}/draf",
            {"content": {**form.draft, "title": "Judul draf", "pixels": {"meta": ["1234567890123"]}}},
        )
    page = seller.get(f"/form/{shop.form.pk}/pratinjau")
    text = page.content.decode()
    assert "Judul draf" in text and 'id="order"' in text and '"preview": true' in text and "pixels.js" not in text
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"] and "X-Frame-Options" not in page
    with store_scope(shop.store):
        assert not FormStat.objects.exists() and not Order.objects.exists() and not AbandonedCheckout.objects.exists()


def test_a_test_order_begins_with_a_signed_link_to_the_stores_own_host(shop: Shop, seller: Client) -> None:
    answer = seller.get(f"/form/{shop.form.pk}/uji")
    assert answer.status_code == 302 and f"//{shop.store.subdomain}.localhost" in answer["Location"]
    assert "?uji=" in answer["Location"]


def test_a_version_is_restored_into_the_draft(shop: Shop, seller: Client, republish: Callable[..., None]) -> None:
    republish(shop, title="Versi dua")
    assert "Versi 2" in seller.get(f"/form/{shop.form.pk}/versi").content.decode()
    assert seller.post(f"/form/{shop.form.pk}/versi", {"number": "1"}).status_code == 302
    with store_scope(shop.store):
        form = OrderForm.objects.get(pk=shop.form.pk)
    assert form.draft["title"] == "Madu Hutan" and shop.snapshot.content["title"] == "Versi dua"


def test_a_picture_is_uploaded_for_the_form_and_rubbish_is_refused(shop: Shop, seller: Client) -> None:
    buffer = io.BytesIO()
    Pillow.new("RGB", (300, 200), "orange").save(buffer, "PNG")
    buffer.name = "foto.png"
    buffer.seek(0)
    answer = seller.post(f"/form/{shop.form.pk}/gambar", {"image": buffer}, HTTP_ACCEPT="application/json")
    assert answer.status_code == 201 and answer.json()["data"]["thumb"].endswith(".webp")
    junk = io.BytesIO(b"<?php evil")
    junk.name = "foto.png"
    refused = seller.post(f"/form/{shop.form.pk}/gambar", {"image": junk}, HTTP_ACCEPT="application/json")
    assert refused.status_code == 422 and "image" in refused.json()["errors"]


def test_the_list_acts_on_many_and_asks_as_often_for_one_as_for_many(shop: Shop, seller: Client) -> None:
    seller.get("/form")
    with CaptureQueriesContext(connection) as few:
        assert "Madu Hutan" in seller.get("/form?limit=100").content.decode()
    seller.post("/form/massal/duplikat", {"ids": str(shop.form.pk)})
    with store_scope(shop.store):
        ids = ",".join(str(pk) for pk in OrderForm.objects.values_list("pk", flat=True))
    for _n in range(3):
        seller.post("/form/massal/duplikat", {"ids": ids})
    with CaptureQueriesContext(connection) as many:
        assert seller.get("/form?limit=100").content.decode().count("data-row ") == 8
    assert len(many) == len(few)
    seller.post("/form/massal/hapus", {"ids": ids})
    with store_scope(shop.store):
        assert OrderForm.objects.filter(deleted_at__isnull=True).count() == 6
    seller.post("/form/massal/unduh", {"format": "csv"})
    with store_scope(shop.store):
        assert BackgroundJob.objects.get().kind == "forms.download"


def test_a_new_form_opens_in_the_editor(shop: Shop, seller: Client) -> None:
    assert seller.post("/form/baru", {"name": ""}).status_code == 422
    answer = seller.post("/form/baru", {"name": "Iklan baru", "products": [str(shop.product.pk)]})
    with store_scope(shop.store):
        form = OrderForm.objects.get(name="Iklan baru")
    assert answer["Location"] == f"/form/{form.pk}" and len(form.draft["variant_ids"]) == 2


def test_the_success_page_is_edited_and_previewed(shop: Shop, seller: Client) -> None:
    path = f"/form/{shop.form.pk}/sukses"
    assert seller.post(path, {"kind": "page", "message": "Halo {umur}"}).status_code == 422
    assert seller.post(path, {"kind": "page", "message": "Halo {nama}"}).status_code == 302
    assert "Halo {nama}" in seller.get(path).content.decode()
    preview = seller.get(f"{path}/pratinjau?message=Hai+{{nama}}+%3Cscript%3E")
    assert "Hai Siti Aminah &lt;script&gt;" in preview.content.decode()
    assert "frame-ancestors 'self'" in preview["Content-Security-Policy"]


def test_another_stores_form_pages_are_404(shop: Shop, seller: Client) -> None:
    other = make_shop().form.pk
    for tail in ("", "/pratinjau", "/uji", "/periksa", "/versi", "/sukses", "/sukses/pratinjau", "/qr.png"):
        assert seller.get(f"/form/{other}{tail}").status_code == 404, tail
    assert put(seller, f"/form/{other}/draf", {"name": "x"}).status_code == 404
    for tail in ("/versi", "/gambar", "/sukses"):
        assert seller.post(f"/form/{other}{tail}", {"number": "1", "kind": "page"}).status_code == 404, tail


def test_who_may_only_look_cannot_save(shop: Shop) -> None:
    viewer = shop.staff("viewer")
    client = Client()
    client.post("/masuk", {"email": viewer.user.email, "password": PASSWORD})
    page = client.get(f"/form/{shop.form.pk}")
    assert page.status_code == 200 and '"may_edit": false' in page.content.decode()
    assert put(client, f"/form/{shop.form.pk}/draf", {"name": "x"}).status_code == 403
    assert client.get(f"/form/{shop.form.pk}/uji").status_code == 403


# -- the doctor ------------------------------------------------------------------------------------------------------------


def codes(shop: Shop) -> dict[str, str]:
    with store_scope(shop.store):
        return {f.code: f.level for f in doctor.form_examine(OrderForm.objects.get(pk=shop.form.pk))}


def test_a_healthy_form_has_nothing_that_stops_orders(shop: Shop, seller: Client) -> None:
    found = codes(shop)
    assert "stop" not in found.values() and found["path"] == "ok" and found["stock"] == "ok"
    assert "bisa memesan" in seller.get(f"/form/{shop.form.pk}/periksa").content.decode()


def test_the_doctor_finds_what_would_stop_an_order(shop: Shop) -> None:
    with store_scope(shop.store):
        StockLevel.objects.update(on_hand=0, reserved=0)
        BankAccount.objects.update(is_active=False)
        OrderForm.objects.filter(pk=shop.form.pk).update(closes_at=timezone.now() - timezone.timedelta(hours=1))
    found = codes(shop)
    assert {"no_stock", "schedule_over"} <= {c for c, level in found.items() if level == "stop"}
    assert found["no_bank_account"] == "warn"  # the other methods are offered
    with store_scope(shop.store):
        form = OrderForm.objects.get(pk=shop.form.pk)
        form.draft["payment_methods"] = [m for m in form.draft["payment_methods"] if m["method"] == "bank_transfer"]
        form.save(update_fields=["draft"])
    assert codes(shop)["no_bank_account"] == "stop"
    with store_scope(shop.store):
        Variant.objects.filter(pk=shop.variants[0].pk).update(is_active=False)
        Warehouse.objects.update(district=shop.warehouse.district)
        shop.warehouse.district.__class__.objects.filter(pk=shop.warehouse.district_id).update(boscod_id=None)
    try:
        found = codes(shop)
        assert found["variant_gone"] == "stop" and found["warehouse_unknown"] == "stop"
    finally:
        shop.warehouse.district.__class__.objects.filter(pk=shop.warehouse.district_id).update(boscod_id=15780)


def test_the_doctor_sees_couriers_pixels_and_success_pages(shop: Shop, fail: Any) -> None:
    with store_scope(shop.store):
        form = OrderForm.objects.get(pk=shop.form.pk)
        form.draft["pixels"] = {**form.draft["pixels"], "meta": ["12", "1234567890123"]}
        form.success = {
            "kind": "url",
            "url": "https://evil.example/",
            "message": "",
            "whatsapp_text": "",
            "pixels": True,
        }
        form.save()
        Product.objects.update(sell_when_empty=True)
    _store(shop.snapshot.origin_id, 14910, 1000, [])
    found = codes(shop)
    assert (
        found["pixel_malformed"] == found["pixel_token"] == found["host_not_allowed"] == found["no_courier"] == "warn"
    )


# -- blacklist ----------------------------------------------------------------------------------------------------------


def test_the_blacklist_page_adds_shows_and_removes(shop: Shop, seller: Client) -> None:
    assert 'href="/daftar-hitam"' in seller.get("/pesanan").content.decode()
    assert "Daftar hitam masih kosong" in seller.get("/daftar-hitam").content.decode()
    entry = {"kind": "phone", "value": "0812-3456-7890", "note": "<b>tiga kali retur</b>"}
    assert seller.post("/daftar-hitam", entry).status_code == 302
    page = seller.get("/daftar-hitam").content.decode()
    assert "0812-3456-7890" in page and "&lt;b&gt;tiga kali retur" in page
    assert shop.order().is_held
    for kind, value, field in (("phone", "x", "value"), ("ip", "300.1.1.1", "value"), ("negara", "ID", "kind"),
                               ("address", "", "value"), ("address", "j" * 200, "value")):  # fmt: skip
        answer = seller.post("/daftar-hitam", {"kind": kind, "value": value})
        assert answer.status_code == 422 and f'id="block-{field}-error"' in answer.content.decode(), (kind, value)
    with store_scope(shop.store):
        row = BlockEntry.objects.get()
    stranger = make_shop()
    other = Client()
    other.post("/masuk", {"email": stranger.user.email, "password": PASSWORD})
    assert "0812-3456-7890" not in other.get("/daftar-hitam").content.decode()
    other.post("/daftar-hitam", {"remove": row.pk})
    with store_scope(shop.store):
        assert BlockEntry.objects.filter(pk=row.pk).exists()
    assert seller.post("/daftar-hitam", {"remove": row.pk}).status_code == 302
    with store_scope(shop.store):
        assert not BlockEntry.objects.exists()
    assert not shop.order().is_held


def test_a_long_blacklist_is_paged_searched_and_masked(shop: Shop, seller: Client) -> None:
    with store_scope(shop.store):
        for n in range(25):
            blocklist.block_add(
                store=shop.store, kind="phone", value=f"0812345678{n:02d}", note=f"retur {n}", actor=SYSTEM
            )
    page = seller.get("/daftar-hitam").content.decode()
    assert page.count("<tr data-row") == 10 and 'rel="next"' in page
    page = seller.get("/daftar-hitam?keyword=0812-3456-7824").content.decode()
    assert page.count("<tr data-row") == 1 and "retur 24" in page
    assert "retur" not in seller.get("/daftar-hitam?keyword=tidak-ada").content.decode()
    viewer = shop.staff("viewer").user
    looking = Client()
    looking.post("/masuk", {"email": viewer.email, "password": PASSWORD})
    page = looking.get("/daftar-hitam").content.decode()
    assert "••••" in page and "0812-3456-78" not in page
    rows = Client().get("/api/v1/store/forms/blocklist?limit=100", **shop.bearer(viewer)).json()
    assert rows["total"] == 25 and all("••••" in row["value"] for row in rows["data"])


def test_who_may_only_look_at_the_blacklist_gets_no_buttons(shop: Shop) -> None:
    viewer = Client()
    viewer.post("/masuk", {"email": shop.staff("viewer").user.email, "password": PASSWORD})
    page = viewer.get("/daftar-hitam")
    assert page.status_code == 200 and 'name="value"' not in page.content.decode()
    viewer.post("/daftar-hitam", {"kind": "phone", "value": "081234567890"})
    with store_scope(shop.store):
        assert not BlockEntry.objects.exists()


def test_a_draft_that_is_too_large_is_refused_with_a_sentence(shop: Shop, seller: Client) -> None:
    path = f"/form/{shop.form.pk}/draf"
    with store_scope(shop.store):
        content = OrderForm.objects.get(pk=shop.form.pk).draft
    for size in (210_000, 2_000_000):  # more than a draft may hold, more than the server reads
        answer = put(seller, path, {"content": {**content, "title": "x" * size}, "draft_rev": 0})
        assert answer.status_code == 422, answer.content[:300]
        assert answer.json()["errors"] == {"content": ["Isi form terlalu panjang."]}
    with store_scope(shop.store):
        form = OrderForm.objects.get(pk=shop.form.pk)
    assert form.draft == content and form.draft_rev == 0
