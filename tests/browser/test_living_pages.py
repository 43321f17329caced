"""Pages that live: they follow the order whatever has the focus, say prices before they are chosen, and fit a finger."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bosonline.tenancy import store_scope
from orders.models import Order
from tests.browser.kit import enter
from tests.browser.test_checkout import address, arrived, change, fill, orders, press
from tests.browser.test_main_job import SIZES, Tour, until
from tests.conftest import LiveApp
from tests.factories import Shop, make_shop

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(live_app: LiveApp) -> Shop:
    return make_shop(stock=30)


def rupiah(text: str) -> list[int]:
    return [int(found.replace(".", "")) for found in re.findall(r"Rp ([\d.]+)", text)]


def test_every_price_is_said_before_it_is_chosen_and_stays_the_same(
    live_app: LiveApp, chromium: Any, shop: Shop
) -> None:
    change(shop, shipping_subsidy={"kind": "fixed", "value": 4_000, "min_goods": 0})
    tour = Tour(chromium, "phone")
    page = tour.page
    page.goto(address(live_app, shop))
    cash = page.locator('.pick:has(input[value="cod"])')
    assert "biaya COD 2,5" in cash.inner_text()  # the couriers' rate, before there is an address
    fill(page)
    card = page.locator("#courier-list .pick.is-on")
    before, after = rupiah(card.locator(".pick-price").inner_text())
    page.locator('input[value="bank_transfer"]').check()
    assert "kode unik paling banyak Rp 999" in page.locator('.pick:has(input[value="bank_transfer"])').inner_text()
    said = until(lambda: rupiah(cash.locator("[data-cod-fee]").inner_text()))[-1]
    page.locator('input[value="cod"]').check()
    rows = page.locator("#sum-rows")
    until(lambda: "Biaya COD" in rows.inner_text())
    summary = rows.inner_text()
    assert said in rupiah(summary.split("Biaya COD")[1])[:1]
    assert rupiah(summary.split("Pengiriman")[1])[:2] == [before, before - after]
    press(page)
    arrived(page)
    (order,) = orders(shop)
    assert (order.shipping, order.shipping_discount, order.cod_fee) == (before, before - after, said)
    bill = page.locator(".box .sum").inner_text()
    assert {before, before - after, said, order.total} <= set(rupiah(bill))
    tour.close()


def test_a_refused_voucher_is_removed_with_one_tap_and_never_blocks(
    live_app: LiveApp, chromium: Any, shop: Shop
) -> None:
    change(shop, voucher_enabled=True)
    tour = Tour(chromium, "phone")
    page = tour.page
    page.goto(address(live_app, shop))
    fill(page)
    page.locator("#voucher summary").click()
    page.locator("#voucher-code").fill("NGAWUR")
    page.locator("#voucher-use").click()
    page.locator("#voucher-error", has_text="tetap bisa dilanjutkan").wait_for()
    assert "NGAWUR" not in page.locator("#sum-rows").inner_text()
    page.locator("#voucher-remove").click()
    assert page.locator("#voucher-code").input_value() == "" and page.locator("#voucher-error").is_hidden()
    page.locator("#voucher-code").fill("NGAWUR")
    page.locator("#voucher-use").click()
    page.locator("#voucher-error", has_text="tetap bisa dilanjutkan").wait_for()
    press(page)
    arrived(page)
    tour.close()


def test_the_buyers_page_goes_on_after_a_tap_and_stands_still_while_somebody_types(
    live_app: LiveApp, chromium: Any, shop: Shop
) -> None:
    placed = shop.place(payment_method="bank_transfer")
    tour = Tour(chromium, "phone")
    page = tour.page
    page.goto(live_app.store(str(shop.store.subdomain), f"/o/{placed.token}"))
    page.locator("[data-copy]").first.click()  # the focus stays on it
    page.locator("#alamat summary").click()
    page.get_by_label("Jalan, nomor rumah").fill("Jl. Sedang Diketik 7")
    page.locator("[data-copy]").first.click()
    with store_scope(shop.store):
        Order.objects.filter(pk=placed.order_id).update(payment_status="paid", paid_amount=1, status="confirmed")
    page.get_by_text("Lunas").first.wait_for(timeout=25_000)
    assert page.locator('[data-part="pay"]').inner_text().strip() == ""
    assert page.get_by_label("Jalan, nomor rumah").input_value() == "Jl. Sedang Diketik 7"
    tour.close()


def test_the_sellers_page_shows_the_awb_by_itself_and_a_row_what_was_done(
    live_app: LiveApp, chromium: Any, shop: Shop
) -> None:
    order = shop.order()
    tour = Tour(chromium, "desk")
    page = tour.page
    enter(tour, shop.user, shop.store)
    page.goto(live_app.url + "/pesanan")
    row = page.locator(f'[data-row][data-id="{order.pk}"]')
    assert "belum dihubungi" in row.inner_text()
    tour.context.route("https://wa.me/**", lambda route: route.fulfill(status=200, body="chat"))
    with tour.context.expect_page():
        row.get_by_role("button", name="WhatsApp").click()
    until(lambda: "belum dihubungi" not in row.inner_text())
    page.goto(live_app.url + f"/pesanan/{order.pk}")
    page.locator('.move-buttons button[value="confirmed"]').click()
    page.get_by_role("button", name="Pesan kurir").click()

    def awb() -> str:
        with store_scope(shop.store):
            return str(Order.objects.get(pk=order.pk).awb)

    number = until(awb, 40)
    page.locator('[data-part="shipping"]', has_text=number).wait_for(timeout=20_000)  # nobody reloads
    assert page.get_by_role("button", name="Pesan kurir").count() == 0
    tour.close()


PAGES = ("/beranda", "/pesanan", "/antrean", "/form", "/terbengkalai", "/produk", "/inventori", "/voucher", "/voucher/baru",
         "/notifikasi", "/unduhan", "/pengaturan/toko", "/pengaturan/gudang", "/pengaturan/rekening", "/pengaturan/karyawan",
         "/pengaturan/sesi")  # fmt: skip
SMALL = """() => [...document.querySelectorAll("button, a.btn, .link-button, summary, input[type=submit]")]
  .filter((node) => node.offsetParent && node.getBoundingClientRect().width > 1)
  .map((node) => [Math.round(node.getBoundingClientRect().height), node.textContent.trim().slice(0, 30), node.className])
  .filter(([height]) => height < 44)"""


def test_nothing_to_press_is_smaller_than_a_finger(live_app: LiveApp, chromium: Any, shop: Shop) -> None:
    order = shop.order()
    tour = Tour(chromium, "phone", has_touch=True, is_mobile=True)
    page = tour.page
    small: dict[str, Any] = {}
    enter(tour, shop.user, shop.store)
    paths = [*PAGES, f"/pesanan/{order.pk}", f"/produk/{shop.product.pk}"]
    buyers = [f"/{shop.form.slug}", f"/o/{order.token}", f"/o/{order.token}?baru=1"]
    for url in [*(live_app.url + p for p in paths), *(live_app.store(str(shop.store.subdomain), p) for p in buyers)]:
        answer = page.goto(url)
        assert answer is not None and answer.status == 200, url
        if found := page.evaluate(SMALL):
            small[url] = found
    assert small == {}
    tour.close()


@pytest.mark.parametrize("size", list(SIZES))
def test_the_tiles_of_the_home_page_stand_in_rows_of_equal_length(
    live_app: LiveApp, chromium: Any, shop: Shop, size: str
) -> None:
    shop.order()
    tour = Tour(chromium, size)
    page = tour.page
    for user in (
        shop.user,
        shop.staff("customer_service").user,
        shop.staff("warehouse").user,
        shop.staff("finance").user,
    ):
        tour.context.clear_cookies()
        enter(tour, user, shop.store)
        page.goto(live_app.url + "/beranda")
        for grid in page.locator(".tiles").all():
            ends = grid.evaluate("""grid => { const rows = {}; for (const tile of grid.children) { const box = tile.getBoundingClientRect();
                rows[Math.round(box.top)] = Math.max(rows[Math.round(box.top)] || 0, Math.round(box.right)); } return Object.values(rows); }""")
            assert len(set(ends)) <= 1, (size, user.name, ends)
    tour.close()
