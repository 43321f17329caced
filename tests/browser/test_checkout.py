"""The public checkout in a real browser: fast, calm, never two orders; at a phone's and a desk's width."""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from bosonline.actor import SYSTEM
from bosonline.tenancy import store_scope
from catalog.models import Variant
from catalog.services.products import product_create
from catalog.services.variants import VariantInput
from forms.models import AbandonedCheckout, OrderForm
from forms.services.forms import form_publish, form_save_draft, products_changed
from orders.models import Order
from tests.browser.axe import assert_accessible
from tests.browser.test_main_job import SIZES, Tour, choose_area, until
from tests.conftest import LiveApp
from tests.factories import Shop, make_shop, make_voucher

pytestmark = pytest.mark.browser
PIXEL = "1234567890123456"


@pytest.fixture(params=list(SIZES))
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shop(live_app: LiveApp) -> Shop:
    return make_shop(stock=30)


@pytest.fixture
def blog() -> Iterator[Callable[[str], str]]:
    """Somebody else's site on a host of its own: ``blog("<h1>…")`` is its address."""
    pages: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(pages[-1])

        def log_message(self, *_args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def site(html: str) -> str:
        pages.append(html.encode())
        return f"http://blog.localhost:{server.server_port}"

    yield site
    server.shutdown()
    server.server_close()


def change(shop: Shop, **content: Any) -> None:
    with store_scope(shop.store):
        form = OrderForm.objects.get(pk=shop.form.pk)
        form_publish(form=form_save_draft(form=form, content={**form.draft, **content}, actor=SYSTEM), actor=SYSTEM)


def address(app: LiveApp, shop: Shop, query: str = "") -> str:
    return app.store(str(shop.store.subdomain), f"/{shop.form.slug}{query}")


def fill(page: Any, *, phone: str = "081234567890", name: str = "Siti Aminah") -> None:
    fill_contact(page, phone=phone, name=name)
    page.locator("#courier-list .pick").first.wait_for()


def fill_contact(page: Any, *, phone: str = "081234567890", name: str = "Siti Aminah") -> None:
    page.get_by_label("Nama penerima").fill(name)
    page.get_by_label("No. WhatsApp").fill(phone)
    choose_area(page, "juwana pati", "Juwana.*Pati")
    page.get_by_label("Jalan, nomor rumah").fill("Jl. Melati 5 RT 02 RW 03")


def press(page: Any) -> None:
    page.locator("#submit").click()


def arrived(page: Any) -> None:
    page.get_by_text("Pesananmu sudah kami terima").wait_for()


def orders(shop: Shop) -> list[Order]:
    with store_scope(shop.store):
        return list(Order.objects.order_by("id"))


def test_the_form_and_the_order_page_are_accessible_by_keyboard_and_reader(
    live_app: LiveApp, chromium: Any, shop: Shop, size: str
) -> None:
    change(
        shop, benefits=["Asli"], faqs=[{"q": "Halal?", "a": "Ya"}], testimonies=[{"name": "Budi", "text": "Enak"}],
        fields=[{"key": "warna", "label": "Warna", "kind": "radio", "options": ["hijau", "biru"], "required": True}],
        bump={"variant_id": shop.variants[1].pk, "title": "Tambah 200gr", "text": "", "price": 70_000},
    )  # fmt: skip
    tour = Tour(chromium, size)
    page = tour.page
    page.goto(address(live_app, shop))
    assert_accessible(page, f"form at {size}")
    press(page)
    page.get_by_text("Mohon isi nama penerima").or_(page.locator("#name-error:visible")).first.wait_for()
    assert_accessible(page, f"form with errors at {size}")
    fill(page)
    page.get_by_label("hijau").check()
    tour.shot("form-terisi")
    assert_accessible(page, f"filled form at {size}")
    press(page)
    arrived(page)
    assert_accessible(page, f"success page at {size}")
    tour.shot("sukses")
    page.get_by_role("link", name="Buka halaman pesanan").click()
    page.wait_for_url(re.compile(r"/o/[^?]+$"))
    assert_accessible(page, f"order page at {size}")
    tour.shot("halaman-pesanan")
    assert orders(shop)[0].fields == {"warna": "hijau"}
    tour.close()


def gamis_of(shop: Shop) -> dict[str, int]:
    """The form sells a product of two attributes; one combination is sold out. SKU → variant."""
    with store_scope(shop.store):
        gamis = product_create(
            store=shop.store, name="Gamis", attributes=[{"name": "Ukuran", "items": ["S", "M"]}, {"name": "Warna", "items": ["Hitam", "Marun"]}],
            variants=[
                VariantInput(["S", "Hitam"], 100_000, "G-S-H", stock=20), VariantInput(["S", "Marun"], 100_000, "G-S-M", stock=3),
                VariantInput(["M", "Hitam"], 120_000, "G-M-H", stock=20), VariantInput(["M", "Marun"], 120_000, "G-M-M", stock=0),
            ], actor=SYSTEM,
        )  # fmt: skip
        ids = {v.sku: v.pk for v in gamis.variants.all()}
    change(shop, variant_ids=list(ids.values()))
    return ids


def bought(shop: Shop) -> dict[int, int]:
    """variant → pieces of the one order."""
    with store_scope(shop.store):
        (order,) = orders(shop)
        return {i.variant_id: i.qty for i in order.items.all()}


def test_a_variant_is_chosen_by_its_attributes(live_app: LiveApp, chromium: Any, shop: Shop, size: str) -> None:
    ids = gamis_of(shop)
    tour = Tour(chromium, size)
    page = tour.page
    page.goto(address(live_app, shop))
    offer = page.locator('[data-field="items"]')
    note, button = offer.get_by_role("status"), page.locator("#submit")
    size_of, colour = offer.get_by_role("group", name="Ukuran"), offer.get_by_role("group", name="Warna")
    assert size_of.get_by_role("radio", name="S", exact=True).is_checked() and "100.000" in note.inner_text()
    size_of.get_by_role("radio", name="S", exact=True).press("ArrowRight")  # a row of radio buttons, by keyboard as any
    assert "120.000" in note.inner_text() and "120.000" in button.inner_text()
    colour.get_by_role("radio", name="Marun (Habis)", exact=True).check()
    note.get_by_text("Pilihan ini habis").wait_for()
    assert "Rp" not in button.inner_text()
    assert_accessible(page, f"sold out choice at {size}")
    fill_contact(page)
    press(page)
    offer.locator(".error", has_text="Pilihan ini habis").wait_for()
    size_of.get_by_role("radio", name="S", exact=True).check()
    note.get_by_text("stok tinggal 3").wait_for()
    tour.shot("form-pilihan-varian")
    kept = f"sessionStorage.getItem('bos-draft:{shop.form.slug}') || ''"
    until(lambda: f'"variant":"{ids["G-S-M"]}"' in page.evaluate(kept))
    page.reload()
    page.locator("#axis-now", has_text="stok tinggal 3").wait_for()  # what was chosen is chosen again
    page.locator("#courier-list .pick").first.wait_for()
    press(page)
    arrived(page)
    assert bought(shop) == {ids["G-S-M"]: 1}
    tour.close()


def test_several_variants_go_into_one_order(live_app: LiveApp, chromium: Any, shop: Shop, size: str) -> None:
    ids = gamis_of(shop)
    tour = Tour(chromium, size)
    page = tour.page
    page.goto(address(live_app, shop))
    offer, button = page.locator('[data-field="items"]'), page.locator("#submit")
    inside = offer.get_by_role("list", name="Isi pesanan ini")

    def pick(size: str, colour: str) -> None:
        offer.get_by_role("radio", name=size, exact=True).check()
        offer.get_by_role("radio", name=colour, exact=True).check()

    pick("S", "Hitam")
    offer.get_by_label("Berapa Jumlah").fill("2")
    offer.get_by_role("button", name="Tambah varian lain").click()
    offer.get_by_text("Mohon pilih variannya").wait_for()
    assert inside.get_by_role("listitem").count() == 1 and "200.000" in button.inner_text()
    pick("M", "Hitam")
    assert inside.get_by_role("listitem").count() == 2 and "320.000" in button.inner_text()
    offer.get_by_role("button", name="Tambah varian lain").click()
    pick("S", "Hitam")  # once more of the first
    assert "420.000" in button.inner_text()
    assert_accessible(page, f"several variants at {size}")
    tour.shot("form-beberapa-varian")
    fill(page)
    kept = f"sessionStorage.getItem('bos-draft:{shop.form.slug}') || ''"
    until(lambda: "Melati" in page.evaluate(kept))
    page.reload()
    inside.get_by_role("listitem").nth(1).wait_for()
    assert "420.000" in page.locator("#sum-rows").inner_text()
    inside.get_by_role("button", name="Hapus M / Hitam").click()
    inside.wait_for(state="hidden")  # one variant again: nothing to list
    pick("S", "Marun")
    offer.get_by_label("Berapa Jumlah").fill("1")
    offer.get_by_role("button", name="Tambah varian lain").click()
    pick("S", "Hitam")
    offer.get_by_label("Berapa Jumlah").fill("3")
    press(page)  # at once: the couriers are asked anew first, and another total is shown before it is agreed to
    renewed = page.get_by_text("Ongkir sudah diperbarui")
    renewed.or_(page.get_by_text("Pesananmu sudah kami terima")).first.wait_for()
    if renewed.is_visible():
        press(page)
    arrived(page)
    assert bought(shop) == {ids["G-S-M"]: 1, ids["G-S-H"]: 3}
    tour.close()


def test_what_is_typed_before_the_script_is_there_counts(
    live_app: LiveApp, chromium: Any, shop: Shop, size: str
) -> None:
    tour = Tour(chromium, size)
    page, held = tour.page, []
    page.route(re.compile(r"/buyer[^/]*\.js"), lambda route: held.append(route))
    page.goto(address(live_app, shop), wait_until="commit")
    page.get_by_label("Nama penerima").fill("Siti Aminah")
    page.get_by_label("No. WhatsApp").fill("0812 3456 7890")
    page.locator("[data-area-input]").fill("juwana pati")
    page.get_by_role("button", name="Pesan Sekarang").click()
    assert "?" not in page.url, "nothing of it goes into the address"
    held.pop().continue_()
    until(lambda: "Jawa Tengah" in page.locator("[data-area-input]").input_value())
    page.get_by_label("Jalan, nomor rumah").fill("Jl. Melati 5 RT 02 RW 03")
    page.get_by_text("ID Express").first.wait_for()
    press(page)
    arrived(page)
    assert (orders(shop)[0].buyer_name, orders(shop)[0].buyer_phone) == ("Siti Aminah", "+6281234567890")
    tour.close()


def test_a_mistake_is_said_beside_its_field_when_one_leaves_it_and_goes_when_mended(
    live_app: LiveApp, chromium: Any, shop: Shop, size: str
) -> None:
    tour = Tour(chromium, size)
    page = tour.page
    page.goto(address(live_app, shop))
    box = page.get_by_label("No. WhatsApp")
    box.fill("0812")
    box.press("Tab")
    page.locator("#phone-error:visible").wait_for()
    assert box.get_attribute("aria-invalid") == "true"
    box.fill("081234567890")
    page.locator("#phone-error").wait_for(state="hidden")
    assert page.locator("#name-error").is_hidden()  # what nobody has touched is not blamed
    tour.close()


def test_a_double_tap_is_one_order_and_back_leads_to_it(
    live_app: LiveApp, chromium: Any, shop: Shop, size: str
) -> None:
    tour = Tour(chromium, size)
    page = tour.page
    page.goto("about:blank")
    page.goto(
        address(live_app, shop, "?utm_source=fb&utm_campaign=lebaran&fbclid=klik1"), referer="https://contoh.id/artikel"
    )
    fill(page)
    page.locator("#submit").dblclick()
    arrived(page)
    assert len(orders(shop)) == 1
    order = orders(shop)[0]
    assert order.utm["source"] == "fb" and order.utm["campaign"] == "lebaran" and order.utm["fbclid"] == "klik1"
    page.go_back()
    page.wait_for_load_state()
    assert f"/o/{order.token}" in page.url and "Pesan Sekarang" not in page.content()
    tour.close()


def test_a_lost_answer_is_tried_again_and_makes_one_order(
    live_app: LiveApp, chromium: Any, shop: Shop, size: str
) -> None:
    tour = Tour(chromium, size)
    page = tour.page
    page.goto(address(live_app, shop))
    fill(page)
    lost: list[str] = []

    def drop_first(route: Any) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.request.headers["idempotency-key"])
        # the server gets it, the buyer never hears the answer
        requests.post(
            f"http://127.0.0.1:{live_app.port}/api/v1/checkout/orders", data=route.request.post_data, timeout=10,
            headers={"Content-Type": "application/json", "Idempotency-Key": lost[0],
                     "Host": f"{shop.store.subdomain}.localhost"},
        ).raise_for_status()  # fmt: skip
        route.abort()

    page.route("**/api/v1/checkout/orders", drop_first)
    press(page)
    arrived(page)
    assert lost and len(orders(shop)) == 1
    tour.close()


def rupiah_of(text: str) -> int:
    digits = int(re.sub(r"\D", "", text))
    return -digits if "−" in text or "-" in text else digits


def test_a_price_changed_while_typing_is_shown_and_confirmed_anew(
    live_app: LiveApp, chromium: Any, shop: Shop, size: str
) -> None:
    tour = Tour(chromium, size)
    page = tour.page
    page.goto(address(live_app, shop))
    fill(page)
    with store_scope(shop.store):
        Variant.objects.filter(pk=shop.variants[0].pk).update(price=65_000)
        products_changed(shop.store.pk, [shop.product.pk])
    press(page)
    page.get_by_text("Harga berubah").or_(page.locator("#problem:visible")).first.wait_for()
    assert orders(shop) == []
    # every line of the new bill is there, and it adds up
    amounts = [rupiah_of(text) for text in page.locator("#sum-rows dd").all_inner_texts()]
    assert 65_000 in amounts and sum(amounts[:-1]) == amounts[-1]
    page.get_by_label("Nama penerima").fill("Siti Aminah Putri")  # nothing of the price: it stays
    assert rupiah_of(page.locator("#sum-rows dd").last.inner_text()) == amounts[-1]
    tour.shot("harga-berubah")
    press(page)
    arrived(page)
    assert orders(shop)[0].goods == 65_000
    tour.close()


def test_a_form_closed_while_typing_says_so(live_app: LiveApp, chromium: Any, shop: Shop, size: str) -> None:
    tour = Tour(chromium, size)
    page = tour.page
    page.goto(address(live_app, shop))
    fill(page)
    with store_scope(shop.store):
        OrderForm.objects.filter(pk=shop.form.pk).update(status="closed")
    press(page)
    page.locator("#problem", has_text="ditutup").wait_for()
    assert page.locator("#submit").is_disabled() and orders(shop) == []
    tour.close()


def test_slow_couriers_block_nothing_and_come_by_themselves(
    live_app: LiveApp, chromium: Any, shop: Shop, size: str
) -> None:
    requests.post(
        f"{live_app.sandbox}/control/failures", timeout=5,
        json={"service": "boscod", "mode": "slow", "seconds": 2.5, "times": 1, "path": "rates_stream"},
    )  # fmt: skip
    tour = Tour(chromium, size)
    page = tour.page
    page.goto(address(live_app, shop))
    page.get_by_label("Nama penerima").fill("Siti")
    choose_area(page, "juwana pati", "Juwana.*Pati")
    page.get_by_label("Jalan, nomor rumah").fill("Jl. Melati 5 RT 02")  # meanwhile one goes on typing
    page.get_by_text("ID Express").first.wait_for()
    tour.close()


def test_the_parcel_goes_to_another_kecamatan_at_its_price(
    live_app: LiveApp, chromium: Any, shop: Shop, size: str
) -> None:
    tour = Tour(chromium, size)
    page = tour.page
    page.goto(live_app.store(str(shop.store.subdomain), f"/o/{shop.place().token}"))
    page.locator("summary", has_text="Perbaiki alamat").click()
    choose_area(page, "juwana pati", "Juwana.*Pati")
    page.get_by_role("button", name="Simpan Perubahan").click()
    page.get_by_role("heading", name="Kirim ke Juwana").wait_for()
    assert_accessible(page, f"another kecamatan at {size}")
    tour.shot("pesanan-pindah-kecamatan")
    assert orders(shop)[0].district_name == "Gambir"
    page.get_by_role("button", name="Setuju, ubah alamat").click()
    page.get_by_text("Juwana, Kab. Pati").first.wait_for()
    until(lambda: orders(shop)[0].district_name == "Juwana")
    tour.close()


def test_a_voucher_says_what_it_takes_off_or_why_not(live_app: LiveApp, chromium: Any, shop: Shop, size: str) -> None:
    good, other = make_voucher(shop, stock=5), make_voucher(shop, stock=5, min_purchase=900_000)
    tour = Tour(chromium, size)
    page = tour.page
    page.goto(address(live_app, shop))
    fill(page)
    page.get_by_text("Punya voucher").or_(page.locator("#voucher summary")).first.click()
    page.locator("#voucher-code").fill(other.code)
    page.locator("#voucher-use").click()
    page.locator("#voucher-error:visible").wait_for()
    page.locator("#voucher-code").fill(good.code.lower())
    page.locator("#voucher-use").click()
    page.get_by_text("Voucher memotong Rp 10.000").wait_for()
    press(page)
    arrived(page)
    assert orders(shop)[0].discount == 10_000
    tour.close()


def test_an_unfinished_checkout_is_recovered_by_its_link(
    live_app: LiveApp, chromium: Any, shop: Shop, size: str
) -> None:
    change(shop, fields=[{"key": "ukir", "label": "Ukiran nama", "kind": "text"}])
    first = Tour(chromium, size)
    first.page.goto(address(live_app, shop))
    first.page.get_by_label("Nama penerima").fill("Siti Aminah")
    first.page.get_by_label("No. WhatsApp").fill("081234567890")
    first.page.get_by_label("Ukiran nama").fill("SITI")
    choose_area(first.page, "juwana pati", "Juwana.*Pati")
    first.page.get_by_label("Jalan, nomor rumah").fill("Jl. Melati 5 RT 02")

    def kept() -> AbandonedCheckout | None:
        with store_scope(shop.store):
            row = AbandonedCheckout.objects.first()
        return row if row and row.data.get("street") == "Jl. Melati 5 RT 02" else None

    row = until(kept)
    first.close()
    second = Tour(chromium, size)
    second.page.goto(address(live_app, shop, f"?lanjut={row.recovery}"))
    assert second.page.get_by_label("Nama penerima").input_value() == "Siti Aminah"
    assert second.page.get_by_label("Ukiran nama").input_value() == "SITI"
    second.page.locator("#courier-list .pick").first.wait_for()
    press(second.page)
    arrived(second.page)
    with store_scope(shop.store):
        assert AbandonedCheckout.objects.get().status == "converted"
    second.close()


def test_a_returning_buyer_is_known_until_bukan_saya(live_app: LiveApp, chromium: Any, shop: Shop, size: str) -> None:
    tour = Tour(chromium, size)
    page = tour.page
    page.goto(address(live_app, shop))
    fill(page)
    press(page)
    arrived(page)
    page.goto(address(live_app, shop))
    assert page.get_by_label("Nama penerima").input_value() == "Siti Aminah"
    with page.expect_response("**/checkout/forget"):
        page.get_by_role("button", name="Bukan saya").click()
    assert page.get_by_label("Nama penerima").input_value() == ""
    page.reload()
    assert page.get_by_label("Nama penerima").input_value() == ""
    tour.close()


def _pixel_hosts(tour: Tour) -> list[str]:
    """Answers the providers' scripts with one that writes its calls down; nothing leaves the machine."""
    asked: list[str] = []

    def answer(route: Any) -> None:
        asked.append(route.request.url)
        body = "window.fbq.callMethod = (...a) => (window.heard = window.heard || []).push(a); window.fbq.queue.forEach((a) => window.fbq.callMethod(...a));"
        route.fulfill(status=200, content_type="text/javascript", body=body)

    for host in ("connect.facebook.net", "www.facebook.com", "analytics.tiktok.com", "www.googletagmanager.com"):
        tour.context.route(f"https://{host}/**", answer)
    return asked


def test_pixels_load_only_where_the_form_has_them_and_after_the_page_can_be_used(
    live_app: LiveApp, chromium: Any, shop: Shop, size: str
) -> None:
    plain = Tour(chromium, size)
    asked = _pixel_hosts(plain)
    plain.page.goto(address(live_app, shop))
    plain.page.wait_for_load_state("networkidle")
    assert asked == [] and plain.page.evaluate("typeof fbq") == "undefined"
    plain.close()

    shop = make_shop(stock=30, pixels={"meta": [PIXEL], "purchase_at": "placed"})
    tour = Tour(chromium, size)
    asked = _pixel_hosts(tour)
    page = tour.page
    page.goto(address(live_app, shop))
    until(lambda: page.evaluate("Boolean(window.heard)"))
    assert asked == ["https://connect.facebook.net/en_US/fbevents.js"]
    order = page.evaluate(
        "[performance.getEntriesByName(document.querySelector('script[src*=\"pixels\"]').src)[0].startTime,"
        " performance.getEntriesByType('navigation')[0].loadEventStart]"
    )
    assert order[0] >= order[1]
    fill(page)
    names = {call[1] for call in page.evaluate("window.heard") if call[0] == "track"}
    assert {"PageView", "ViewContent", "InitiateCheckout"} <= names
    press(page)
    arrived(page)
    until(lambda: page.evaluate("(window.heard || []).some((c) => c[1] === 'Purchase')"))
    placed = orders(shop)[0]
    heard = {c[1]: c for c in page.evaluate("window.heard") if c[0] == "track"}
    assert heard["Purchase"][3]["eventID"] == placed.event_ids["purchase"]
    assert heard["Lead"][3]["eventID"] == placed.event_ids["lead"] and heard["Purchase"][2]["value"] == placed.total
    page.reload()
    page.get_by_text("Pesananmu sudah kami terima").wait_for()
    page.wait_for_load_state("networkidle")
    assert not page.evaluate("(window.heard || []).some((c) => c[1] === 'Purchase')")  # a reload tells nothing twice
    tour.close()


def test_the_form_works_inside_another_site_and_leads_out_of_it(
    live_app: LiveApp, chromium: Any, shop: Shop, size: str, blog: Callable[[str], str]
) -> None:
    tour = Tour(chromium, size)
    script = live_app.store(str(shop.store.subdomain), "/static/embed.js")
    html = (
        f'<!doctype html><title>Blog</title><h1>Blog</h1><script src="{script}" data-form="{shop.form.slug}"></script>'
    )
    site = blog(html)
    change(shop, embed={"enabled": True, "origins": [site]})
    page = tour.page
    page.goto(f"{site}/artikel?utm_source=blog&utm_medium=embed")
    frame = page.frame_locator("iframe")
    frame.get_by_label("Nama penerima").wait_for()
    height = until(lambda: page.evaluate("document.querySelector('iframe').getBoundingClientRect().height > 1000"))
    assert height
    fill(frame)
    frame.locator("#submit").click()
    arrived(page)
    assert f"{shop.store.subdomain}.localhost" in page.url
    assert orders(shop)[0].utm["source"] == "blog"
    tour.close()


def test_a_stranger_may_not_frame_the_form(
    live_app: LiveApp, chromium: Any, shop: Shop, blog: Callable[[str], str]
) -> None:
    change(shop, embed={"enabled": True, "origins": ["https://contoh.id"]})
    context = chromium.new_context()
    page = context.new_page()
    page.goto(blog(f'<iframe src="{address(live_app, shop, "?embed=1")}"></iframe>'))
    page.wait_for_load_state("networkidle")
    assert page.frame_locator("iframe").get_by_label("Nama penerima").count() == 0
    context.close()


def test_the_page_weighs_at_most_fifty_kilobytes_before_its_pictures(
    live_app: LiveApp, chromium: Any, shop: Shop
) -> None:
    """Everything the browser fetches to show and use the form, compressed as it travels, pixels included."""
    change(
        shop, description="Kalimat tentang produk. " * 40, benefits=["Asli"] * 8, pixels={"meta": [PIXEL]},
        faqs=[{"q": f"Pertanyaan {n}?", "a": "Jawaban. " * 10} for n in range(8)],
        testimonies=[{"name": "Budi", "text": "Enak sekali. " * 8}] * 6,
        fields=[{"key": f"k{n}", "label": f"Kolom {n}", "kind": "text"} for n in range(8)],
    )  # fmt: skip
    tour = Tour(chromium, "phone")
    _pixel_hosts(tour)
    answers: list[Any] = []
    tour.page.on("response", lambda answer: answers.append(answer))
    tour.page.goto(address(live_app, shop))
    tour.page.wait_for_load_state("networkidle")
    until(lambda: tour.page.evaluate("Boolean(window.heard)"))
    weights = {
        answer.url: len(gzip.compress(answer.body(), 6))
        for answer in answers
        if "localhost" in answer.url and answer.request.resource_type in ("document", "script", "stylesheet")
    }
    assert len(weights) >= 4 and any("pixels" in url for url in weights), weights
    assert sum(weights.values()) <= 50 * 1024, json.dumps(weights, indent=1)
    tour.close()


def test_nothing_jumps_while_the_page_comes(live_app: LiveApp, chromium: Any, shop: Shop, size: str) -> None:
    change(shop, benefits=["Asli"], faqs=[{"q": "Halal?", "a": "Ya"}])
    tour = Tour(chromium, size)
    tour.context.add_init_script(
        "window.jump = 0; new PerformanceObserver((l) => { for (const e of l.getEntries()) if (!e.hadRecentInput) window.jump += e.value; })"
        ".observe({type: 'layout-shift', buffered: true});"
    )
    tour.page.goto(address(live_app, shop))
    tour.page.wait_for_load_state("networkidle")
    assert tour.page.evaluate("window.jump") < 0.05
    tour.close()
