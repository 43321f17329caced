"""The store's options and logo over the API and the page."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pypdf import PdfReader

from bosonline import files, outbox
from bosonline.models import OutboxMessage, TimelineEntry
from bosonline.tenancy import store_scope
from forms.snapshot import snapshot_of
from orders.documents import invoices_pdf
from stores.models import Store
from stores.services.stores import LIMITS
from tests.factories import Shop, make_shop
from tests.stores.people import login

URL, LOGO = "/api/v1/store", "/api/v1/store/logo"


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop()


def picture(kind: str = "PNG", size: tuple[int, int] = (800, 400)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, kind)
    return buffer.getvalue()


def put(client: Client, shop: Shop, body: Any) -> Any:
    return client.put(URL, body, content_type="application/json", **shop.bearer())


def test_every_option_comes_back_as_it_was_set(shop: Shop, client: Client) -> None:
    wanted = {
        "name": "Madu Pati", "colour": "#B45309", "whatsapp": "0812 3456 7890", "email": "halo@madu.id", "address": "Juwana",
        "time_zone": "Asia/Makassar", "invoice_heading": "NPWP 01.234", "invoice_note": "Terima kasih", "unique_code_enabled": False,
        "cod_fee_payer": "seller", "payment_hours": 48, "cancel_when_expired": False, "complete_after_days": 3,
        "duplicate_window_hours": 0, "low_stock_at": 12,
    }  # fmt: skip
    assert put(client, shop, wanted).status_code == 200
    data = client.get(URL, **shop.bearer()).json()["data"]
    expected = wanted | {"colour": "#b45309", "whatsapp": "+6281234567890"}
    assert {name: data[name] for name in wanted} == expected
    assert data["url"] == f"http://{shop.store.subdomain}.localhost:8000/"
    with store_scope(shop.store):
        line = TimelineEntry.objects.get(kind="store.updated")
        assert line.actor_id == shop.user.pk and line.data["payment_hours"] == [24, 48]
        put(client, shop, {"payment_hours": 48})
        assert TimelineEntry.objects.filter(kind="store.updated").count() == 1  # nothing changed


def test_what_is_not_sent_stays(shop: Shop, client: Client) -> None:
    put(client, shop, {"address": "Juwana"})
    before = client.get(URL, **shop.bearer()).json()["data"]
    assert put(client, shop, {"name": "Lain"}).json()["data"] == before | {"name": "Lain"}
    assert put(client, shop, {}).json()["data"]["name"] == "Lain"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"), ({"name": "   "}, "name"), ({"name": "x" * 81}, "name"), ({"name": None}, "name"), ({"name": "a\x00"}, "name"),
        ({"colour": "merah"}, "colour"), ({"colour": "#12345"}, "colour"), ({"colour": "#gggggg"}, "colour"), ({"whatsapp": "bukan"}, "whatsapp"),
        ({"email": "bukan"}, "email"), ({"time_zone": "Asia/Tokyo"}, "time_zone"), ({"cod_fee_payer": "kurir"}, "cod_fee_payer"),
        ({"address": "x" * 301}, "address"), ({"invoice_note": "x" * 301}, "invoice_note"), ({"payment_hours": "lama"}, "payment_hours"),
        ({"payment_hours": 1.5}, "payment_hours"), ({"unique_code_enabled": "ya mungkin"}, "unique_code_enabled"),
        *[({name: low - 1}, name) for name, (low, _high) in LIMITS.items()],
        *[({name: high + 1}, name) for name, (_low, high) in LIMITS.items()], *[({name: 10**20}, name) for name in LIMITS],
    ],
)  # fmt: skip
def test_bad_input_is_named_at_the_field_by_api_and_page(
    shop: Shop, client: Client, body: dict[str, Any], field: str
) -> None:
    answer = put(client, shop, body)
    assert answer.status_code == 422 and field in answer.json()["errors"], answer.content
    login(client, shop.user)
    form = {
        "name": "Madu", "colour": "#0f766e", "time_zone": "Asia/Jakarta", "cod_fee_payer": "buyer", "payment_hours": 24, "complete_after_days": 7,
        "duplicate_window_hours": 24, "low_stock_at": 5,
    } | {k: ("" if v is None else v) for k, v in body.items()}  # fmt: skip
    page = client.post("/pengaturan/toko", form)
    if field != "unique_code_enabled":  # a box is on or off
        assert page.status_code == 422 and b"field-error" in page.content
        assert Store.objects.get(pk=shop.store.pk).name == shop.store.name


def test_a_change_reaches_the_buyers_form(shop: Shop, client: Client) -> None:
    revision = shop.snapshot.revision
    put(client, shop, {"colour": "#b45309", "payment_hours": 6})
    snapshot = snapshot_of(shop.store.pk, shop.form.slug, fresh=True)
    assert snapshot is not None and snapshot.revision == revision + 1
    assert (snapshot.store["colour"], snapshot.store["payment_hours"]) == ("#b45309", 6)


def test_only_who_may_edit_the_store_changes_it(shop: Shop, client: Client) -> None:
    for preset in ("customer_service", "advertiser", "warehouse", "finance", "viewer"):
        headers = shop.bearer(shop.staff(preset).user)
        assert client.get(URL, **headers).status_code == 403, "as its page"
        assert client.put(URL, {"name": "x"}, content_type="application/json", **headers).status_code == 403
        assert client.delete(LOGO, **headers).status_code == 403
    headers = shop.bearer(shop.staff("administrator").user)
    assert client.put(URL, {"name": "Boleh"}, content_type="application/json", **headers).status_code == 200


# -- logo --------------------------------------------------------------------------------------------------------------


def send(client: Client, shop: Shop, data: bytes, name: str = "logo.png", kind: str = "image/png") -> Any:
    return client.post(LOGO, {"logo": SimpleUploadedFile(name, data, kind)}, **shop.bearer())


def test_a_logo_is_kept_small_and_shown_to_buyers(shop: Shop, client: Client) -> None:
    answer = send(client, shop, picture())
    assert answer.status_code == 200
    url = answer.json()["data"]["logo"]
    assert url.startswith(f"/media/images/{shop.store.pk}/logo-") and url.endswith(".webp")
    host = f"{shop.store.subdomain}.localhost"
    served = client.get(url, HTTP_HOST=host)
    assert served.status_code == 200
    kept = Image.open(io.BytesIO(b"".join(served.streaming_content)))
    assert kept.size == (320, 160) and kept.format == "WEBP"
    assert url.encode() in client.get(f"/{shop.form.slug}", HTTP_HOST=host).content
    assert url.encode() in client.get("/tidak-ada", HTTP_HOST=host).content

    first = Store.objects.get(pk=shop.store.pk).logo
    second = send(client, shop, picture("JPEG"), "x.jpg").json()["data"]["logo"]
    assert second != url
    OutboxMessage.objects.update(due_at="2020-01-01T00:00:00Z")
    OutboxMessage.objects.exclude(topic="store.file_delete").delete()
    outbox.drain()
    assert not files.public().exists(first)
    assert client.delete(LOGO, **shop.bearer()).json()["data"]["logo"] == ""
    assert client.delete(LOGO, **shop.bearer()).status_code == 200


def test_an_invoice_carries_logo_heading_and_note_and_does_without_a_lost_file(shop: Shop, client: Client) -> None:
    def page() -> Any:
        with store_scope(shop.store):
            return PdfReader(io.BytesIO(invoices_pdf(replace(shop.owner, store=store), [order.pk]))).pages[0]

    order = shop.order()
    send(client, shop, picture())
    put(client, shop, {"invoice_heading": "NPWP 01.234", "invoice_note": "Terima kasih"})
    store = Store.objects.get(pk=shop.store.pk)
    first = page()
    assert len(first.images) == 1 and "NPWP 01.234" in first.extract_text() and "Terima kasih" in first.extract_text()
    files.public().delete(store.logo)
    assert len(page().images) == 0


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo.svg", "image/svg+xml"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "logo.png", "image/png"),
        (b"%PDF-1.7", "logo.png", "image/png"), (b"#!/bin/sh", "logo.jpg", "image/jpeg"), (picture()[:200], "logo.png", "image/png"), (b"", "logo.png", "image/png"),
    ],
)  # fmt: skip
def test_what_is_no_whole_picture_is_refused_at_the_field(
    shop: Shop, client: Client, data: bytes, name: str, kind: str
) -> None:
    answer = send(client, shop, data, name, kind)
    assert answer.status_code == 422 and "logo" in answer.json()["errors"], answer.content
    page = login(client, shop.user).post("/pengaturan/toko/logo", {"logo": SimpleUploadedFile(name, data, kind)})
    assert page.status_code == 422 and b"field-error" in page.content
    assert Store.objects.get(pk=shop.store.pk).logo == ""


def test_without_a_file_the_field_is_named(shop: Shop, client: Client) -> None:
    assert "logo" in client.post(LOGO, {}, **shop.bearer()).json()["errors"]
    assert "logo" in client.post(LOGO, {"logo": "teks"}, **shop.bearer()).json()["errors"]
    assert (
        client.post(LOGO, json.dumps({"logo": "x"}), content_type="application/json", **shop.bearer()).status_code
        == 422
    )


def test_too_large_a_file_is_413_and_too_large_a_request_too(shop: Shop, client: Client) -> None:
    big = picture() + b"\0" * django_settings.UPLOAD_MAX_BYTES
    answer = send(client, shop, big)
    assert answer.status_code == 413 and answer.json()["code"] == "too_large" and "8 MB" in answer.json()["message"]
    page = login(client, shop.user).post(
        "/pengaturan/toko/logo", {"logo": SimpleUploadedFile("x.png", big, "image/png")}
    )
    assert page.status_code == 413 and b"8 MB" in page.content


class Endless(io.RawIOBase):
    """A body of any length that is never in memory as a whole."""

    def __init__(self, length: int) -> None:
        self.left, self.largest = length, 0

    def read(self, size: int = -1) -> bytes:
        assert 0 < size <= 1024 * 1024, "asked for everything at once"
        self.largest = max(self.largest, size)
        size = min(size, self.left)
        self.left -= size
        return b"\0" * size


def test_a_request_of_50_mb_is_refused_without_keeping_any_of_it() -> None:
    from bosonline.wsgi import application

    for path, accept in ((LOGO, "application/json"), ("/pengaturan/toko/logo", "text/html"), ("/", "")):
        body = Endless(50 * 1024 * 1024)
        seen: list[str] = []
        environ = {
            "REQUEST_METHOD": "POST", "PATH_INFO": path, "SERVER_NAME": "localhost", "SERVER_PORT": "8000", "wsgi.input": body,
            "wsgi.url_scheme": "http", "HTTP_HOST": "localhost", "CONTENT_LENGTH": str(50 * 1024 * 1024), "HTTP_ACCEPT": accept,
            "CONTENT_TYPE": "multipart/form-data; boundary=x", "wsgi.errors": io.StringIO(),
        }  # fmt: skip
        content = b"".join(application(environ, lambda status, headers, seen=seen: seen.append(status)))
        assert seen[0].startswith("413"), (path, seen, content[:200])
        assert b"40 MB" in content
        assert body.left == 0  # the sender has sent it all and reads the answer
