"""What the buyer's pages offer next, in every state: one main step, on top, and what no longer holds is gone."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from bosonline import outbox
from bosonline.actor import SYSTEM
from bosonline.models import TimelineEntry
from bosonline.tenancy import store_scope
from catalog.models import StockLevel
from catalog.services.stock import StockLine, stock_update
from forms.models import RestockWish
from orders.models import Order, Shipment
from stores.models import Notification
from tests.factories import JUWANA, PASSWORD, Shop, make_shop
from tests.forms.test_order_page import Page, asked, opened, quotes


def parts(html: str) -> dict[str, str]:
    """The page's parts, in their order."""
    found = re.split(r'<div data-part="(\w+)">', html)
    return dict(zip(found[1::2], found[2::2], strict=True))


def write(page: Page, **columns: Any) -> None:
    with store_scope(page.shop.store):
        Order.objects.filter(token=page.token).update(**columns)


# -- the first thing -----------------------------------------------------------------------------------------------------


def test_the_buyers_confirmation_is_the_first_card_of_both_pages(shop: Shop) -> None:
    page = opened(shop)
    for html in (page.text(), page.get("?baru=1").content.decode()):
        cards = html[html.index("<main") :].split('<section class="box')
        assert "do=confirm" in cards[1] and "Ya, kirim pesanan saya" in cards[1]
        assert cards[1].count("btn-buy") == 1
    assert page.do("confirm").status_code == 302
    for html in (page.text(), page.get("?baru=1").content.decode()):
        assert "do=confirm" not in html


def test_each_page_has_one_whatsapp_button_and_it_leads_to_their_own_cs(shop: Shop, republish: Any) -> None:
    with store_scope(shop.store):
        type(shop.store).objects.filter(pk=shop.store.pk).update(whatsapp="+628999000111")
    cs = shop.staff("customer_service")
    cod = opened(shop)
    transfer = opened(shop, payment_method="bank_transfer", phone="081299998888")
    for page in (cod, transfer):
        write(page, assigned_to=cs.membership)
    broken = opened(shop, phone="081277776666")
    write(broken, status="shipped", shipping_status="problem", assigned_to=cs.membership)
    gone = opened(shop, phone="081277775555")
    write(gone, status="cancelled", assigned_to=cs.membership)
    for page in (cod, transfer, broken, gone):
        for path in ("", "?baru=1"):
            links = re.findall(r'href="https://wa\.me/(\d+)', page.get(path).content.decode())
            assert links == [cs.user.phone.lstrip("+")], (page.order.status, path, links)
    for path in ("/tidak-ada", f"/{shop.form.slug}"):
        html = Client().get(path, HTTP_HOST=cod.host).content.decode()
        assert re.sub(r"<noscript>.*?</noscript>", "", html).count("wa.me") <= 1, path


def test_parts_that_no_longer_hold_are_empty_in_what_the_page_asks_for(shop: Shop) -> None:
    page = opened(shop, payment_method="bank_transfer")
    before = parts(page.get("/status").content.decode())
    assert "do=proof" in before["pay"] and "do=method" in before["acts"] and "do=address" in before["acts"]
    write(page, payment_status="paid", paid_amount=page.order.total, status="processing")
    after = parts(page.get("/status").content.decode())
    for action in ("proof", "method", "address", "cancel", "confirm"):
        assert f"do={action}" not in "".join(after.values())
    assert "Lunas" in after["head"] and "Rp" not in after["pay"]
    for action in ("method", "address", "cancel", "proof"):  # pressed on a page that is late
        answer = page.do(action, payment_method="cod", street="Jl. Baru 12 RT 1", proof="")
        html = answer.content.decode()
        assert answer.status_code in (409, 422) and 'role="alert"' in html and f"do={action}" not in html, action


# -- a delivery that failed ----------------------------------------------------------------------------------------------


def failed(shop: Shop) -> Page:
    page = opened(shop)
    write(page, status="shipped", shipping_status="problem", awb="IDE123456789")
    with store_scope(shop.store):
        Shipment.objects.create(
            store=shop.store, order=page.order, order_code=f"{page.token}-1", courier_code="idx", weight_grams=300,
            status="problem", courier_text="UNDELIVERED - NOBODY HOME",
        )  # fmt: skip
    return page


def test_a_failed_delivery_says_why_and_asks_when_to_come_again(shop: Shop) -> None:
    page = failed(shop)
    html = page.text()
    first = html[html.index("<main") :].split('<section class="box')[1]
    assert "NOBODY HOME" in first and "do=again" in first
    day = (date.today() + timedelta(days=2)).isoformat()
    assert f'value="{day}"' in first
    assert page.do("again", day=day, hours="morning", note="Telepon dulu <b>").status_code == 302
    told = page.text()
    assert "pagi (08.00–12.00) · Telepon dulu &lt;b&gt;" in told
    seller = Client()
    seller.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    detail = seller.get(f"/pesanan/{page.order.pk}").content.decode()
    assert "Pembeli minta diantar lagi" in detail and detail.count("Telepon dulu") >= 2  # on the order, in the timeline
    with store_scope(shop.store):
        (line,) = Notification.objects.filter(kind="shipment.redelivery")
        assert line.order_id == page.order.pk and line.facts["note"] == "Telepon dulu <b>"
    assert page.do("again", day=day, hours="morning", note="Telepon dulu <b>").status_code == 302
    with store_scope(shop.store):
        assert Notification.objects.filter(kind="shipment.redelivery").count() == 1, "the same wish is told once"
        assert TimelineEntry.objects.filter(kind="shipping.redelivery").count() == 1
    assert page.do("again", day=day, hours="evening", note="").status_code == 302
    assert "malam" in page.text() and "Telepon dulu" not in page.text()  # the later wish counts


@pytest.mark.parametrize(
    "bad",
    [{"day": "x"}, {"day": "2001-01-01"}, {"day": (date.today() + timedelta(days=99)).isoformat()}, {"hours": "x"},
     {"hours": ""}, {"note": "x" * 201}],
)  # fmt: skip
def test_a_wish_must_be_one_of_those_offered(shop: Shop, bad: dict[str, str]) -> None:
    page = failed(shop)
    good = {"day": (date.today() + timedelta(days=2)).isoformat(), "hours": "any", "note": ""}
    answer = page.do("again", **(good | bad))
    assert answer.status_code == 422 and 'role="alert"' in answer.content.decode()
    with store_scope(shop.store):
        assert not TimelineEntry.objects.filter(kind="shipping.redelivery").exists()


def test_a_wish_is_for_a_parcel_that_waits(shop: Shop) -> None:
    page = failed(shop)
    good = {"day": (date.today() + timedelta(days=2)).isoformat(), "hours": "any", "note": ""}
    write(page, shipping_status="out_for_delivery")
    answer = page.do("again", **good)
    assert answer.status_code == 409 and "do=again" not in page.text()


# -- once more -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["cancelled", "returned", "closed", "completed"])
def test_an_order_that_is_over_can_be_ordered_again_with_everything_filled_in(shop: Shop, status: str) -> None:
    page = opened(shop, items=[{"variant_id": shop.variants[1].pk, "qty": 2}], district_id=JUWANA)
    assert "?lagi=" not in page.text()
    write(page, status=status)
    (address,) = re.findall(r'href="(/[^"]+\?lagi=[^"]+)"', page.text())
    form = page.client.get(address, HTTP_HOST=page.host)
    html = form.content.decode()
    assert f'"items": "{shop.variants[1].pk}:2"' in html and "Jl. Melati 5 RT 02" in html and "+6281234567890" in html
    assert "no-store" in form["Cache-Control"]
    stranger = opened(make_shop(stock=5))
    other = stranger.client.get(f"/{stranger.shop.form.slug}?lagi={page.token}", HTTP_HOST=stranger.host)
    assert "Melati" not in other.content.decode()
    assert page.client.get(f"/{shop.form.slug}?lagi=x", HTTP_HOST=page.host).status_code == 200


# -- another address -----------------------------------------------------------------------------------------------------


def test_a_moved_address_tells_the_new_total_and_is_what_the_next_order_begins_with(shop: Shop) -> None:
    client = Client()
    host = f"{shop.store.subdomain}.localhost"
    answer = client.post(
        "/api/v1/checkout/orders", shop.body(), content_type="application/json", HTTP_HOST=host,
        HTTP_IDEMPOTENCY_KEY="a" * 32,
    )  # fmt: skip
    page = Page(shop, answer.json()["data"]["token"])
    page.client = client
    before = page.order.total
    quote, total = next(row for row in quotes(asked(page)) if row[1] != before)
    moved = asked(page, quote=quote)
    told = client.get(moved["Location"], HTTP_HOST=host).content.decode()
    assert f"Rp {total:,}".replace(",", ".") in told and f"Rp {before:,}".replace(",", ".") in told
    form = client.get(f"/{shop.form.slug}", HTTP_HOST=host).content.decode()
    assert "Jl. Silugonggo 7" in form and "Juwana" in form and "Melati" not in form
    other = Page(shop, shop.place(phone="081355556666", name="Budi").token)
    other.client = client  # somebody else's order, mended on this phone
    assert other.do("address", street="Jl. Orang Lain 9 RT 1").status_code == 302
    assert "Orang Lain" not in client.get(f"/{shop.form.slug}", HTTP_HOST=host).content.decode()


# -- sold out ------------------------------------------------------------------------------------------------------------


def stock(shop: Shop, pieces: int) -> None:
    with store_scope(shop.store):
        lines = [StockLine(v.pk, shop.warehouse.pk, "set", pieces) for v in shop.variants]
        stock_update(store=shop.store, lines=lines, reason="", actor=SYSTEM)


def test_a_sold_out_page_shows_the_product_and_takes_a_number_and_sells_at_once_when_stock_is_back(
    shop: Shop, django_capture_on_commit_callbacks: Any
) -> None:
    client, host, path = Client(), f"{shop.store.subdomain}.localhost", f"/{shop.form.slug}"
    assert 'id="order"' in client.get(path, HTTP_HOST=host).content.decode()  # the copy that is kept from now on
    with django_capture_on_commit_callbacks(execute=True):
        stock(shop, 0)
    html = client.get(path, HTTP_HOST=host).content.decode()
    assert "Madu Hutan" in html and "Rp 50.000" in html and f'action="{path}/kabari"' in html
    for phone, status in (
        ("081234567890", 302),
        ("0812-3456-7890", 302),
        ("081299998888", 302),
        ("12", 422),
        ("", 422),
    ):
        answer = client.post(f"{path}/kabari", {"phone": phone}, HTTP_HOST=host)
        assert answer.status_code == status, phone
    assert "Terima kasih" in client.get(f"{path}?kabari=ya", HTTP_HOST=host).content.decode()
    seller = Client()
    seller.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    assert "2 menunggu stok" in seller.get("/form").content.decode()
    waiting = f"/form/{shop.form.pk}/menunggu"
    assert "Masih habis" in seller.get(waiting).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        stock(shop, 5)
    outbox.drain()
    assert 'id="order"' in client.get(path, HTTP_HOST=host).content.decode()  # not after a minute: now
    assert client.post(f"{path}/kabari", {"phone": "081211112222"}, HTTP_HOST=host)["Location"] == path
    with store_scope(shop.store):
        (line,) = Notification.objects.filter(kind="form.restocked")
        assert line.facts["count"] == 2
        wish = RestockWish.objects.order_by("id")[0]
    with django_capture_on_commit_callbacks(execute=True):
        stock(shop, 6)
    outbox.drain()
    answer = seller.post(waiting, {"wish": wish.pk})
    assert answer["Location"].startswith("https://wa.me/6281234567890?text=") and path.strip("/") in answer["Location"]
    with store_scope(shop.store):
        assert Notification.objects.filter(kind="form.restocked").count() == 1
        assert RestockWish.objects.filter(told_at__isnull=True).count() == 1
    assert "1 menunggu stok" in seller.get("/form").content.decode()
    viewer = Client()
    viewer.post("/masuk", {"email": shop.staff("viewer").user.email, "password": PASSWORD})
    assert viewer.get(waiting).status_code == 403 and viewer.post(waiting, {"wish": wish.pk}).status_code == 403
    outsider = Client()
    outsider.post("/masuk", {"email": make_shop().user.email, "password": PASSWORD})
    assert outsider.get(waiting).status_code == 404 and outsider.post(waiting, {"wish": wish.pk}).status_code == 404


def test_every_way_stock_comes_back_is_on_the_page_at_once(shop: Shop, django_capture_on_commit_callbacks: Any) -> None:
    host, path = f"{shop.store.subdomain}.localhost", f"/{shop.form.slug}"
    with django_capture_on_commit_callbacks(execute=True):
        stock(shop, 1)
    pages = [opened(shop, items=[{"variant_id": v.pk, "qty": 1}], phone=f"08129999888{n}")
             for n, v in enumerate(shop.variants)]  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        stock(shop, 1)
    assert shop.snapshot and "Habis" in Client().get(path, HTTP_HOST=host).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert pages[0].do("cancel").status_code == 302
    assert 'id="order"' in Client().get(path, HTTP_HOST=host).content.decode()
    with store_scope(shop.store):
        assert StockLevel.objects.get(variant=shop.variants[0], warehouse=shop.warehouse).available == 1
