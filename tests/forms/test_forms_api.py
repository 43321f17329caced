"""The contract's group "form": list, create, edit, status, success page, delete, download, copies, versions."""

from __future__ import annotations

import base64
import csv
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bosonline import jobs
from bosonline.actor import SYSTEM
from bosonline.errors import DomainError
from bosonline.models import BackgroundJob
from bosonline.tenancy import store_scope
from catalog.models import Product, Variant
from forms.models import FormStat, OrderForm, RedirectHost
from forms.services import stats
from forms.services.copies import forms_duplicate
from forms.services.forms import form_publish, form_save_draft
from forms.success import url_allowed
from orders.models import Order
from tests.factories import PASSWORD, Shop, make_shop


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop(stock=50)


@pytest.fixture
def open_shop(committed_db: None) -> Shop:
    """With real commits: caches are dropped after them."""
    return make_shop(stock=50)


class Api:
    """A seller's client: ``api.post("/store/forms", {...})``."""

    def __init__(self, shop: Shop, user: Any = None) -> None:
        self.client, self.headers = Client(), shop.bearer(user)

    def __call__(self, method: str, path: str, body: Any = None, **headers: Any) -> Any:
        return getattr(self.client, method)(
            f"/api/v1{path}", json.dumps(body if body is not None else {}) if method != "get" else {},
            content_type="application/json", **self.headers, **headers,
        )  # fmt: skip


def content_of(shop: Shop, **changes: Any) -> dict[str, Any]:
    return {"variant_ids": [v.pk for v in shop.variants], "payment_methods": [{"method": "cod"}]} | changes


def test_the_list_shows_views_starts_orders_and_conversion(shop: Shop) -> None:
    for _n in range(4):
        stats.count(form_id=shop.form.pk, time_zone="Asia/Jakarta", kind="views")
    stats.count(form_id=shop.form.pk, time_zone="Asia/Jakarta", kind="starts")
    stats.flush()
    shop.place()
    shop.place(is_test=True)
    row = Api(shop)("get", "/store/forms").json()["data"][0]
    assert (row["views"], row["starts"], row["orders"], row["conversion_bp"]) == (4, 1, 1, 2500)
    with store_scope(shop.store):
        assert row["amount"] == Order.objects.get(is_test=False).total


def test_the_list_asks_as_often_for_one_form_as_for_many(shop: Shop) -> None:
    api = Api(shop)
    api("get", "/store/forms?limit=100")
    with CaptureQueriesContext(connection) as few:
        assert len(api("get", "/store/forms?limit=100").json()["data"]) == 1
    with store_scope(shop.store):
        forms_duplicate(store=shop.store, form_ids=[shop.form.pk], actor=SYSTEM)
        for _n in range(3):
            ids = list(OrderForm.objects.values_list("pk", flat=True))[:10]
            forms_duplicate(store=shop.store, form_ids=ids, actor=SYSTEM)
    with CaptureQueriesContext(connection) as many:
        assert len(api("get", "/store/forms?limit=100").json()["data"]) > 10
    assert len(few) == len(many)


def test_the_list_filters_sorts_and_refuses_what_it_does_not_know(shop: Shop) -> None:
    api = Api(shop)
    api("post", "/store/forms", {"name": "Arang Batok", "content": content_of(shop)})
    assert api("get", "/store/forms?status=draft").json()["total"] == 1
    assert [r["name"] for r in api("get", "/store/forms?sort_by=name").json()["data"]] == ["Arang Batok", "Madu Hutan"]
    first = api("get", "/store/forms?sort_by=views&sort_dir=desc&limit=1").json()
    second = api("get", f"/store/forms?sort_by=views&sort_dir=desc&limit=1&after={first['next']}").json()
    assert {first["data"][0]["name"], second["data"][0]["name"]} == {"Arang Batok", "Madu Hutan"}
    assert api("get", "/store/forms?keyword=batok").json()["total"] == 1
    assert api("get", "/store/forms?status=buka").status_code == 422
    assert api("get", "/store/forms?sort_by=harga").status_code == 422


@pytest.fixture
def busy_shop(shop: Shop) -> Shop:
    """Four forms. Views 10, 40, 0, 5; starts 3, 1, 0, 2; orders 2, 4, 0, 1: conversion 20 %, 10 %, none, 20 %."""
    with store_scope(shop.store):
        forms = [shop.form, *forms_duplicate(store=shop.store, form_ids=[shop.form.pk], actor=SYSTEM)]
        forms += forms_duplicate(store=shop.store, form_ids=[f.pk for f in forms], actor=SYSTEM)
        for form, name, views, starts, orders in zip(
            forms, ("A", "B", "C", "D"), (10, 40, 0, 5), (3, 1, 0, 2), (2, 4, 0, 1), strict=True
        ):
            OrderForm.objects.filter(pk=form.pk).update(name=name)
            if views:
                FormStat.objects.create(store=shop.store, form_id=form.pk, day="2026-11-01", views=views, starts=starts)
            for n in range(orders):
                pk = shop.place(phone=f"08127{form.pk:05d}{n:02d}").order_id
                Order.objects.filter(pk=pk).update(form_id=form.pk)
        test = shop.place(is_test=True).order_id
        Order.objects.filter(pk=test).update(form_id=forms[2].pk)
    return shop


@pytest.mark.parametrize(
    ("column", "falling"),
    [("orders", "BADC"), ("conversion", "DABC"), ("conversion_bp", "DABC"), ("views", "BADC"), ("starts", "ADBC")],
)
def test_the_list_is_sorted_by_its_figures_and_paged_through(busy_shop: Shop, column: str, falling: str) -> None:
    api = Api(busy_shop)

    def names(query: str) -> str:
        return "".join(r["name"] for r in api("get", f"/store/forms?sort_by={column}&{query}").json()["data"])

    # of equal ones the newer comes first when falling, the older when rising
    assert names("sort_dir=desc") == falling and names("sort_dir=asc") == falling[::-1]
    assert names("sort_dir=desc&start=1&limit=2") == falling[1:3]
    for direction, wanted in (("desc", falling), ("asc", falling[::-1])):
        found, after = "", ""
        for _n in range(4):
            answer = api("get", f"/store/forms?sort_by={column}&sort_dir={direction}&limit=1&after={after}").json()
            found, after = found + answer["data"][0]["name"], answer["next"] or ""
            assert answer["total"] == 4
        assert found == wanted
    seller = Client()
    seller.post("/masuk", {"email": busy_shop.user.email, "password": PASSWORD})
    page = seller.get(f"/form?sort_by={column}&sort_dir=desc").content.decode()
    shown = [page.index(f"data-open>{name}</a>") for name in falling]
    assert shown == sorted(shown)
    if column != "conversion_bp":
        assert page.count('aria-sort="descending"') == 1
    assert seller.get("/form?sort_by=laba").status_code == 302  # back, with the sentence
    assert api("get", "/store/forms?sort_by=laba").status_code == 422


def test_sorting_by_orders_asks_as_often_for_one_form_as_for_many(shop: Shop) -> None:
    api = Api(shop)
    path = "/store/forms?limit=100&sort_by=conversion&sort_dir=desc"
    api("get", path)
    with CaptureQueriesContext(connection) as few:
        assert len(api("get", path).json()["data"]) == 1
    with store_scope(shop.store):
        for _n in range(4):
            forms_duplicate(
                store=shop.store, form_ids=list(OrderForm.objects.values_list("pk", flat=True)), actor=SYSTEM
            )
    with CaptureQueriesContext(connection) as many:
        assert len(api("get", path).json()["data"]) == 16
    assert len(few) == len(many)


def test_a_form_goes_from_draft_to_published_to_closed_and_back(shop: Shop) -> None:
    api = Api(shop)
    made = api("post", "/store/forms", {"name": "Madu Iklan", "content": content_of(shop)})
    assert made.status_code == 201
    form = made.json()["data"]
    assert form["status"] == "draft" and form["slug"] == "madu-iklan" and form["problems"] == {}
    path = f"/store/forms/{form['id']}/status"
    assert api("patch", path, {"status": "closed"}).json()["code"] == "not_published"
    assert api("patch", path, {"status": "published"}).json()["data"]["version"] == 1
    assert api("patch", path, {"status": "closed"}).json()["data"]["status"] == "closed"
    assert api("patch", path, {"status": "published"}).json()["data"]["version"] == 1
    assert api("patch", path, {"status": "draft"}).status_code == 422


def test_a_draft_may_be_unfinished_but_not_published(shop: Shop) -> None:
    api = Api(shop)
    body = {"name": "Belum Jadi", "content": {
        "packages": [{"id": "a", "name": "", "items": [], "price": 0}], "faqs": [{"q": "Halal?", "a": ""}],
        "fields": [{"key": "w", "label": "", "kind": "select"}], "pixels": {"meta": ["12"]},
        "shipping_subsidy": {"kind": "percent", "value": 125}, "shipping_rules": [{"kind": "fixed", "province_codes": ["33"]}],
    }}  # fmt: skip
    form = api("post", "/store/forms", body).json()["data"]
    assert set(form["problems"]) == {
        "payment_methods", "packages.0.name", "packages.0.items", "faqs.0.q", "fields.0.label", "fields.0.options",
        "pixels.meta.0", "shipping_subsidy.value", "shipping_rules.0.value",
    }  # fmt: skip
    answer = api("put", f"/store/forms/{form['id']}", {"publish": True})
    assert answer.status_code == 422 and answer.json()["code"] == "not_publishable"
    assert "packages.0.name" in answer.json()["errors"]


def test_editing_changes_only_what_was_sent(shop: Shop) -> None:
    api = Api(shop)
    path = f"/store/forms/{shop.form.pk}"
    before = api("get", path).json()["data"]
    after = api("put", path, {"name": "Madu Baru"}).json()["data"]
    assert after["name"] == "Madu Baru" and after["content"] == before["content"] and after["version"] == 1
    after = api("put", path, {"content": content_of(shop, title="Judul baru")}).json()["data"]
    assert after["content"]["title"] == "Judul baru" and after["unpublished_changes"]
    assert shop.snapshot.content["title"] == "Madu Hutan"  # buyers see nothing of it
    api("put", path, {"publish": True})
    assert shop.snapshot.content["title"] == "Judul baru"


def test_two_editors_of_one_form_notice_each_other(shop: Shop) -> None:
    api = Api(shop)
    path = f"/store/forms/{shop.form.pk}"
    rev = api("get", path).json()["data"]["draft_rev"]
    first = api("put", path, {"content": content_of(shop, title="Satu"), "draft_rev": rev})
    assert first.json()["data"]["draft_rev"] == rev + 1
    second = api("put", path, {"content": content_of(shop, title="Dua"), "draft_rev": rev})
    assert second.status_code == 409 and second.json()["code"] == "draft_changed"
    assert api("get", path).json()["data"]["content"]["title"] == "Satu"


def test_wrong_content_is_named_at_its_field(shop: Shop) -> None:
    api = Api(shop)
    cases = [
        ({"theme": "red"}, "theme"),
        ({"packages": [{"id": "a", "name": "A", "price": -1, "items": []}]}, "packages.0.price"),
        ({"packages": [{"id": "a", "name": "A", "price": 1, "items": []}] * 2}, "packages"),
        ({"payment_methods": [{"method": "bitcoin"}]}, "payment_methods.0.method"),
        ({"payment_methods": [{"method": "cod"}, {"method": "cod"}]}, "payment_methods"),
        ({"fields": [{"key": "a", "label": "A"}, {"key": "a", "label": "B"}]}, "fields"),
        ({"fields": [{"key": "a b", "label": "A"}]}, "fields.0.key"),
        ({"variant_ids": [999_999]}, "variant_ids"),
        ({"variant_ids": [10**30]}, "variant_ids.0"),
        ({"sections": ["iklan"]}, "sections.0"),
        ({"pixels": {"meta": ["<script>"]}}, "pixels.meta.0"),
        ({"pixels": {"purchase_at": "soon"}}, "pixels.purchase_at"),
        ({"embed": {"origins": ["javascript:alert(1)"]}}, "embed.origins.0"),
        ({"shipping_rules": [{"kind": "fixed", "value": -5}]}, "shipping_rules.0.value"),
        ({"description": "x" * 6000}, "description"),
        ({"countdown_until": "besok"}, "countdown_until"),
        ({"countdown_until": "9999-12-31T23:59:59Z"}, "countdown_until"),
        ({"fields": "warna"}, "fields"),
    ]
    for content, field in cases:
        answer = api("post", "/store/forms", {"name": "Uji", "content": content})
        assert answer.status_code == 422, (content, answer.content[:200])
        assert field in answer.json()["errors"], (field, answer.json())
    huge = {"fields": [], "benefits": ["x" * 100] * 5000}
    assert api("post", "/store/forms", {"name": "Uji", "content": huge}).status_code == 422
    with store_scope(shop.store):
        assert OrderForm.objects.count() == 1


def test_a_date_no_calendar_shows_is_refused(shop: Shop) -> None:
    api, path = Api(shop), f"/store/forms/{shop.form.pk}"
    for moment in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+07:00", "1" * 400):
        answer = api("put", path, {"closes_at": moment})
        assert answer.status_code == 422 and "closes_at" in answer.json()["errors"], moment
    assert api("get", "/store/forms").status_code == 200


def test_long_names_are_copied_as_often_as_one_likes(shop: Shop) -> None:
    api = Api(shop)
    first = api("post", "/store/forms", {"name": "M" * 80}).json()["data"]
    for _n in range(3):
        assert api("post", "/store/forms", {"name": "M" * 80}).status_code == 201
        assert api("post", f"/store/forms/{first['id']}/duplicate").status_code == 201


def test_many_at_once_want_the_same_link(committed_db: None) -> None:
    shop = make_shop()
    bearer = shop.bearer()

    def post(slug: str) -> int:
        body = json.dumps({"name": "Promo", "slug": slug})
        return Client().post("/api/v1/store/forms", body, content_type="application/json", **bearer).status_code

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(post, ["promo-a"] * 8)) == {201: 1, 422: 7}
        assert Counter(pool.map(post, [""] * 8)) == {201: 8}


def test_what_cannot_be_published_is_not_made_or_restored(shop: Shop) -> None:
    api = Api(shop)
    assert api("post", "/store/forms", {"name": "Kosong", "content": {}, "publish": True}).status_code == 422
    assert api("get", "/store/forms?keyword=Kosong").json()["total"] == 0
    path = f"/store/forms/{shop.form.pk}"
    api("put", path, {"content": content_of(shop, title="Sekarang", variant_ids=[shop.variants[1].pk])})
    with store_scope(shop.store):
        Variant.objects.filter(pk=shop.variants[0].pk).update(deleted_at=timezone.now())
    assert api("post", f"{path}/versions/1/restore", {"publish": True}).status_code == 422
    assert api("get", path).json()["data"]["content"]["title"] == "Sekarang"


def test_a_damaged_page_link_and_a_huge_body_are_refused(shop: Shop) -> None:
    api = Api(shop)
    for cursor in ([["-id"], ["x"]], [["-id"], [None]], [["-id"], [{"a": 1}]], 7, [["-id"], 7]):
        after = base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()
        answer = api("get", f"/store/forms?after={after}")
        assert answer.status_code == 422 and "after" in answer.json()["errors"], cursor
    assert api("post", "/store/forms", {"name": "x" * 1_100_000}).status_code == 413
    bad = {"name": "x", "content": {"embed": {"origins": ["https://[::1"]}}}
    assert "embed.origins.0" in api("post", "/store/forms", bad).json()["errors"]


def test_link_schedule_and_quota_take_effect_at_once(open_shop: Shop, client: Client) -> None:
    shop = open_shop
    api = Api(shop)
    path, host = f"/store/forms/{shop.form.pk}", f"{shop.store.subdomain}.localhost"
    old = shop.form.slug
    answer = api("put", path, {"slug": "madu-baru", "opens_at": "2030-01-01T00:00:00+07:00", "quota": 5})
    assert answer.json()["data"]["quota"] == 5 and answer.json()["data"]["opens_at"].startswith("2030-01-01T00:00:00")
    assert client.get("/madu-baru", HTTP_HOST=host).status_code == 410
    assert client.get(f"/{old}", HTTP_HOST=host)["Location"] == "/madu-baru"
    assert api("put", path, {"closes_at": "2029-01-01T00:00:00+07:00"}).json()["errors"].keys() == {"closes_at"}
    assert api("put", path, {"opens_at": None, "quota": None}).json()["data"]["opens_at"] is None
    assert client.get("/madu-baru", HTTP_HOST=host).status_code == 200
    for slug in ("api", "o", "embed"):
        assert "slug" in api("put", path, {"slug": slug}).json()["errors"]
    other = api("post", "/store/forms", {"name": "Lain", "content": {}}).json()["data"]
    assert "slug" in api("put", f"/store/forms/{other['id']}", {"slug": "madu-baru"}).json()["errors"]
    assert "quota" in api("put", path, {"quota": 0}).json()["errors"]


def test_a_version_can_be_restored_and_published(shop: Shop) -> None:
    api = Api(shop)
    path = f"/store/forms/{shop.form.pk}"
    api("put", path, {"content": content_of(shop, title="Versi dua"), "publish": True})
    rows = api("get", f"{path}/versions").json()["data"]
    assert [(r["number"], r["current"]) for r in rows] == [(2, True), (1, False)]
    answer = api("post", f"{path}/versions/1/restore", {"publish": False}).json()["data"]
    assert answer["content"]["title"] == "Madu Hutan" and answer["version"] == 2
    answer = api("post", f"{path}/versions/1/restore", {"publish": True}).json()["data"]
    assert answer["version"] == 3 and shop.snapshot.content["title"] == "Madu Hutan"
    assert api("post", f"{path}/versions/9/restore").status_code == 404


def test_a_deleted_form_is_gone_for_buyers_and_kept_for_its_orders(open_shop: Shop, client: Client) -> None:
    shop = open_shop
    api = Api(shop)
    order = shop.order()
    host = f"{shop.store.subdomain}.localhost"
    assert client.get(f"/{shop.form.slug}", HTTP_HOST=host).status_code == 200
    assert api("delete", f"/store/forms/{shop.form.pk}").status_code == 204
    assert client.get(f"/{shop.form.slug}", HTTP_HOST=host).status_code == 404
    assert api("get", f"/store/forms/{shop.form.pk}").status_code == 404
    assert api("delete", f"/store/forms/{shop.form.pk}").status_code == 404
    order.refresh_from_db()
    assert order.form_id == shop.form.pk
    again = api("post", "/store/forms", {"name": "Madu Hutan", "content": content_of(shop)}).json()["data"]
    assert again["slug"] == shop.form.slug
    with store_scope(shop.store):
        assert Product.objects.get().form_products.count() == 0


def test_a_copy_is_a_draft_with_its_own_link_and_no_figures(shop: Shop) -> None:
    shop.place()
    with store_scope(shop.store):
        FormStat.objects.create(store=shop.store, form=shop.form, day="2026-01-01", views=9)
    answer = Api(shop)("post", f"/store/forms/{shop.form.pk}/duplicate")
    assert answer.status_code == 201
    copy = answer.json()["data"]
    assert copy["name"] == "Madu Hutan (Salinan)" and copy["status"] == "draft" and copy["slug"] != shop.form.slug
    assert (copy["views"], copy["orders"], copy["version"]) == (0, 0, None)
    with store_scope(shop.store):
        assert copy["content"] == OrderForm.objects.get(pk=shop.form.pk).draft


def test_a_batch_of_copies_is_all_or_nothing(shop: Shop) -> None:
    api, other = Api(shop), make_shop()
    answer = api("post", "/store/forms/duplicate", {"ids": [shop.form.pk, shop.form.pk]}).json()
    assert answer["total"] == 1
    copy = answer["data"][0]["id"]
    answer = api("post", "/store/forms/duplicate", {"ids": [shop.form.pk, copy]}).json()
    slugs = {r["slug"] for r in api("get", "/store/forms").json()["data"]}
    assert answer["total"] == 2 and len(slugs) == 4
    for ids in ([shop.form.pk, 999_999], [shop.form.pk, other.form.pk]):
        refused = api("post", "/store/forms/duplicate", {"ids": ids})
        assert refused.status_code == 404 and refused.json()["ids"] == ids[1:]
    assert api("get", "/store/forms").json()["total"] == 4
    assert api("post", "/store/forms/duplicate", {"ids": []}).status_code == 422
    long = api("post", "/store/forms", {"name": "x" * 80, "content": {}}).json()["data"]
    assert api("post", f"/store/forms/{long['id']}/duplicate").json()["data"]["name"].endswith("x (Salinan)")


def test_the_download_holds_the_filtered_list(shop: Shop) -> None:
    api = Api(shop)
    api("post", "/store/forms", {"name": "=cmd()", "content": {}})
    answer = api("post", "/store/forms/download?status=draft", {"format": "csv"})
    assert answer.status_code == 202 and answer.json()["data"]["rows"] == 1
    with store_scope(shop.store):
        job = BackgroundJob.objects.get(pk=answer.json()["data"]["id"])
        jobs.job_run({"job_id": job.pk, "store_id": shop.store.pk})
        job.refresh_from_db()
    rows = list(csv.DictReader(StringIO((Path(settings.PRIVATE_ROOT) / job.file).read_text("utf-8-sig"))))
    assert [(r["name"], r["status"], r["orders"]) for r in rows] == [("'=cmd()", "draft", "0")]
    assert api("post", "/store/forms/download", {"format": "xlsx"}).status_code == 202
    assert api("post", "/store/forms/download", {"format": "pdf"}).status_code == 422


def test_the_success_page_is_created_loaded_and_changed(shop: Shop) -> None:
    api, path = Api(shop), f"/store/forms/{shop.form.pk}/success-page"
    assert api("get", path).json()["data"]["exists"] is False
    assert api("put", path, {"message": "Halo"}).status_code == 404
    made = api("post", path, {"kind": "whatsapp", "message": "Terima kasih {nama}", "whatsapp_text": "{nomor}"})
    assert made.status_code == 201 and made.json()["data"]["exists"]
    assert api("post", path, {"message": "Halo"}).json()["code"] == "already_exists"
    assert api("put", path, {"kind": "page", "message": "Halo {nama}"}).json()["data"]["message"] == "Halo {nama}"
    assert api("get", path).json()["data"]["message"] == "Halo {nama}"
    assert shop.snapshot.success["message"] == "Halo {nama}"  # takes effect at once, no publishing


def test_unknown_variables_and_foreign_hosts_are_refused_when_saved(shop: Shop) -> None:
    api, path = Api(shop), f"/store/forms/{shop.form.pk}/success-page"
    answer = api("post", path, {"message": "Halo {umur} {nama}"})
    assert answer.status_code == 422 and "{umur}" in answer.json()["errors"]["message"][0]
    assert "url" in api("post", path, {"kind": "url"}).json()["errors"]
    for url in ("https://evil.example/x", "http://wa.me/62", "javascript:alert(1)", "https://wa.me@evil.example/",
                "//evil.example", "https://evil.example\\@wa.me/", "https://wa.me.evil.example/", "https://wa.me:8443/"):  # fmt: skip
        answer = api("post", path, {"kind": "url", "url": url})
        assert answer.json()["errors"].keys() == {"url"}, url
    assert api("post", path, {"kind": "url", "url": "https://wa.me/62812"}).status_code == 201


def test_a_host_is_allowed_by_those_who_may_change_the_store(shop: Shop) -> None:
    api, path = Api(shop), f"/store/forms/{shop.form.pk}/success-page"
    row = api("post", "/store/forms/redirect-hosts", {"host": "https://Shop.Example.com/x"}).json()["data"]
    assert row["host"] == "shop.example.com"
    assert api("post", path, {"kind": "url", "url": "https://shop.example.com/terima-kasih"}).status_code == 201
    assert not url_allowed("https://example.com/", ["shop.example.com"])
    for host in ("co.id", "localhost", "10.0.0.1", "a b.com", "x" * 130):
        assert api("post", "/store/forms/redirect-hosts", {"host": host}).status_code == 422, host
    advertiser = shop.staff("advertiser")
    assert Api(shop, advertiser.user)("post", "/store/forms/redirect-hosts", {"host": "a.com"}).status_code == 403
    assert api("delete", f"/store/forms/redirect-hosts/{row['id']}").status_code == 204
    with store_scope(shop.store):
        assert not RedirectHost.objects.exists()


def test_the_qr_code_is_the_forms_link(shop: Shop) -> None:
    api = Api(shop)
    png = api("get", f"/store/forms/{shop.form.pk}/qr")
    assert png["Content-Type"] == "image/png" and png.content.startswith(b"\x89PNG")
    svg = api("get", f"/store/forms/{shop.form.pk}/qr?format=svg")
    assert svg["Content-Type"] == "image/svg+xml" and b"<svg" in svg.content
    assert api("get", f"/store/forms/{shop.form.pk}/qr?format=exe").status_code == 422


def test_another_stores_form_is_404_everywhere(shop: Shop) -> None:
    theirs = make_shop()
    api, pk = Api(shop), theirs.form.pk
    calls = [("get", ""), ("put", ""), ("delete", ""), ("get", "/success-page"), ("post", "/success-page"),
             ("put", "/success-page"), ("post", "/duplicate"), ("get", "/versions"), ("post", "/versions/1/restore"),
             ("get", "/qr"), ("patch", "/status")]  # fmt: skip
    for method, tail in calls:
        body = {"status": "closed"} if tail == "/status" else {}
        assert api(method, f"/store/forms/{pk}{tail}", body).status_code == 404, (method, tail)
    with store_scope(theirs.store):
        row = RedirectHost.objects.create(store=theirs.store, host="a.com")
        assert OrderForm.objects.get(pk=pk).deleted_at is None
    assert api("delete", f"/store/forms/redirect-hosts/{row.pk}").status_code == 404
    content = {"variant_ids": [theirs.variants[0].pk]}
    assert "variant_ids" in api("post", "/store/forms", {"name": "x", "content": content}).json()["errors"]


def test_roles_decide_what_may_be_done_to_forms(shop: Shop) -> None:
    pk = shop.form.pk
    calls = {
        "forms.view": [("get", "/store/forms"), ("get", f"/store/forms/{pk}")],
        "forms.create": [("post", f"/store/forms/{pk}/duplicate")],
        "forms.edit": [("put", f"/store/forms/{pk}"), ("patch", f"/store/forms/{pk}/status")],
        "forms.delete": [("delete", f"/store/forms/{pk}")],
        "export": [("post", "/store/forms/download")],
    }
    for preset in ("customer_service", "warehouse", "viewer", "advertiser"):
        member = shop.staff(preset)
        api = Api(shop, member.user)
        for right, pairs in calls.items():
            for method, path in pairs:
                status = api(method, path, {}).status_code
                assert (status == 403) == (right not in member.rights), (preset, right, method, path, status)


def test_creating_twice_with_one_key_makes_one_form(shop: Shop) -> None:
    api = Api(shop)
    body = {"name": "Sekali", "content": content_of(shop)}
    first = api("post", "/store/forms", body, HTTP_IDEMPOTENCY_KEY="k1")
    second = api("post", "/store/forms", body, HTTP_IDEMPOTENCY_KEY="k1")
    assert first.json()["data"]["id"] == second.json()["data"]["id"] and second["Idempotent-Replayed"] == "true"


def test_autosaving_touches_one_row_in_few_statements(shop: Shop) -> None:
    with store_scope(shop.store):
        form = OrderForm.objects.get(pk=shop.form.pk)
        content = content_of(shop, title="Ketik")
        with CaptureQueriesContext(connection) as queries:
            form_save_draft(form=form, content=content, expected_rev=form.draft_rev, actor=SYSTEM)
    writes = [q for q in queries if q["sql"].startswith(("UPDATE", "INSERT", "DELETE"))]
    assert len(writes) == 1 and len(queries) <= 6


def test_publishing_a_removed_product_is_refused(shop: Shop) -> None:
    with store_scope(shop.store):
        Product.objects.update(deleted_at=timezone.now())
        with pytest.raises(DomainError) as caught:
            form_publish(form=shop.form, actor=SYSTEM)
    assert "variant_ids" in caught.value.errors
