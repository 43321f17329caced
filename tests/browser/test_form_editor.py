"""The form editor in a real browser, at a phone's and a desk's width."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest

from bosonline.actor import SYSTEM
from bosonline.tenancy import store_scope
from catalog.models import Variant
from forms.models import FormStat, OrderForm
from forms.services.forms import form_create
from sellers.services.accounts import store_open
from stores.models import Store
from stores.queries import store_today
from tests.browser.axe import assert_accessible
from tests.browser.kit import switch_store
from tests.browser.test_main_job import SIZES, Tour, until
from tests.conftest import LiveApp
from tests.factories import PASSWORD, Shop, make_products, make_shop

pytestmark = pytest.mark.browser


@pytest.fixture(params=list(SIZES))
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shop(live_app: LiveApp) -> Shop:
    return make_shop(stock=30)


def seller(app: LiveApp, chromium: Any, shop: Shop, size: str, **options: Any) -> Tour:
    tour = Tour(chromium, size, **options)
    tour.page.goto(app.url + "/masuk")
    tour.page.locator("[name=email]").fill(shop.user.email)
    tour.page.locator("[name=password]").fill(PASSWORD)
    tour.page.locator("[name=password]").press("Enter")
    tour.page.wait_for_url("**/beranda")
    return tour


def open_editor(app: LiveApp, tour: Tour, shop: Shop) -> Any:
    tour.page.goto(f"{app.url}/form/{shop.form.pk}")
    tour.page.locator("[data-editor][data-ready]").wait_for()
    return tour.page


def pane(page: Any, name: str) -> None:
    """On a phone the panes are tabs."""
    tab = page.locator(f"[data-editor-tab={name}]")
    if tab.is_visible():
        tab.click()


def panel(page: Any, key: str) -> Any:
    pane(page, "parts")
    page.locator(f"[data-panel-open={key}]").first.click()
    return page.locator(f"[data-panel={key}]")


def saved(page: Any) -> None:
    page.get_by_text("Draf tersimpan").wait_for()


def draft(shop: Shop) -> dict[str, Any]:
    with store_scope(shop.store):
        content: dict[str, Any] = OrderForm.objects.get(pk=shop.form.pk).draft
    return content


def variant_named(shop: Shop, name: str) -> int:
    with store_scope(shop.store):
        return int(Variant.objects.get(product__name=name).pk)


def shown(page: Any) -> list[str]:
    """The sections as the list on the left has them."""
    keys: list[str] = page.locator("li[data-key]").evaluate_all("rows => rows.map(row => row.dataset.key)")
    return keys


class Finger:
    """One finger on the screen, as Chromium itself would feel it."""

    def __init__(self, tour: Tour) -> None:
        self.page = tour.page
        self.devtools = tour.context.new_cdp_session(tour.page)
        self.x = self.y = 0.0

    def _send(self, kind: str, points: list[dict[str, float]]) -> None:
        self.devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def down(self, target: Any) -> None:
        self.x, self.y = middle(target)
        self._send("touchStart", [{"x": self.x, "y": self.y}])

    def move(self, y: float, steps: int = 12) -> None:
        start = self.y
        for n in range(1, steps + 1):
            self.y = start + (y - start) * n / steps
            self._send("touchMove", [{"x": self.x, "y": self.y}])
            self.page.wait_for_timeout(16)

    def up(self) -> None:
        self._send("touchEnd", [])


def middle(target: Any) -> tuple[float, float]:
    box = target.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_what_is_typed_is_saved_shown_in_the_preview_and_published(
    live_app: LiveApp, chromium: Any, shop: Shop, size: str
) -> None:
    tour = seller(live_app, chromium, shop, size)
    page = open_editor(live_app, tour, shop)
    tour.shot("editor")
    assert_accessible(page, f"editor at {size}")
    panel(page, "headline").get_by_label("Judul di halaman").fill("Madu Gunung Muria")
    saved(page)
    pane(page, "preview")
    page.frame_locator("[data-phone-frame] iframe").last.get_by_role("heading", name="Madu Gunung Muria").wait_for()
    tour.shot("editor-pratinjau")

    faq = panel(page, "faq")
    faq.get_by_role("button", name="Tambah").click()
    faq.get_by_label("Pertanyaan").fill("Apakah halal?")
    until(lambda: draft(shop)["faqs"] == [{"q": "Apakah halal?", "a": ""}])
    page.get_by_role("button", name="Terbitkan").click()
    page.get_by_text("Tulis pertanyaan dan jawabannya.").first.wait_for()
    tour.shot("editor-belum-lengkap")
    faq.get_by_label("Jawaban").fill("Ya, bersertifikat.")
    page.get_by_role("button", name="Terbitkan").click()
    until(lambda: shop.snapshot.content["title"] == "Madu Gunung Muria" and shop.snapshot.content["faqs"])
    buyer = Tour(chromium, size)
    buyer.page.goto(live_app.store(str(shop.store.subdomain), f"/{shop.form.slug}"))
    buyer.page.get_by_text("Apakah halal?").wait_for()
    buyer.close()
    tour.close()


def test_sections_move_by_keyboard_and_leave_and_come_back(
    live_app: LiveApp, chromium: Any, shop: Shop, size: str
) -> None:
    tour = seller(live_app, chromium, shop, size)
    page = open_editor(live_app, tour, shop)
    before = draft(shop)["sections"]
    place = before.index("payment")
    button = page.get_by_role("button", name="Naikkan Pembayaran")
    button.focus()
    # the focus stays on the button, so that one can press it again; a reader hears where the section is now
    page.keyboard.press("Enter")
    page.get_by_text(f"Pembayaran sekarang nomor {place} dari {len(before)}.").wait_for(state="attached")
    page.keyboard.press("Enter")
    page.get_by_text(f"Pembayaran sekarang nomor {place - 1} dari {len(before)}.").wait_for(state="attached")
    wanted = [key for key in before if key != "payment"]
    wanted.insert(place - 2, "payment")
    assert shown(page) == wanted
    until(lambda: draft(shop)["sections"] == wanted)
    page.get_by_role("button", name="Lepas Kotak voucher dari halaman").click()
    until(lambda: "voucher" not in draft(shop)["sections"] and draft(shop)["voucher_enabled"] is False)
    page.get_by_label("Tambah bagian").select_option(label="Kotak voucher")
    until(lambda: "voucher" in draft(shop)["sections"] and draft(shop)["voucher_enabled"])
    tour.close()


def test_a_package_a_field_a_fee_and_a_rule_are_built_without_typing_code(
    live_app: LiveApp, chromium: Any, shop: Shop, size: str
) -> None:
    tour = seller(live_app, chromium, shop, size)
    page = open_editor(live_app, tour, shop)
    packages = panel(page, "packages")
    packages.get_by_role("button", name="Tambah paket").click()
    packages.get_by_label("Nama").fill("Beli 2 gratis 1")
    packages.get_by_label("Harga (Rp)").fill("100000")
    packages.get_by_role("button", name="Tambah isi paket").click()
    packages.get_by_label("Jumlah").fill("3")
    packages.get_by_label("Paling hemat").check()
    fields = panel(page, "fields")
    fields.get_by_role("button", name="Tambah kolom").click()
    fields.get_by_label("Nama kolom").fill("Warna")
    fields.get_by_label("Jenis").select_option("radio")
    fields.get_by_label("Pilihan, satu per baris").fill("hijau\nbiru")
    payment = panel(page, "payment")
    payment.locator('[data-value="bank_transfer"]').get_by_label("Biaya (Rp)").fill("-5000")
    rules = panel(page, "courier")
    rules.get_by_role("button", name="Tambah aturan").click()
    rules.locator("[data-repeat-row]").get_by_label("Jawa Tengah").check()
    rules.locator("[data-repeat-row]").get_by_label("Potongan (Rp)").fill("7000")

    def built() -> bool:
        content = draft(shop)
        package = (content["packages"] or [{}])[0]
        rule = (content["shipping_rules"] or [{}])[0]
        field = (content["fields"] or [{}])[0]
        transfer = next(m for m in content["payment_methods"] if m["method"] == "bank_transfer")
        return bool(
            package.get("price") == 100_000
            and package.get("items") == [{"variant_id": shop.variants[0].pk, "qty": 3}]
            and package.get("best_value")
            and field.get("options") == ["hijau", "biru"]
            and transfer["fee"] == -5_000
            and rule.get("province_codes") == ["33"]
            and rule.get("value") == 7_000
        )

    until(built)
    tour.shot("editor-aturan")
    tour.close()


def test_in_a_big_catalogue_products_are_found_by_typing(
    live_app: LiveApp, chromium: Any, shop: Shop, size: str
) -> None:
    make_products(shop, 60)
    tour = seller(live_app, chromium, shop, size)
    page = open_editor(live_app, tour, shop)
    offer = panel(page, "variants")
    offer.get_by_role("checkbox", name="Madu Hutan 100gr").wait_for()
    assert offer.get_by_role("checkbox").count() < 40
    offer.get_by_label("Cari produk").fill("motif 57")
    offer.get_by_role("checkbox", name="Kaos Motif 57").check()
    offer.get_by_label("Cari produk").fill("tidak ada")
    offer.get_by_text("Tidak ditemukan").wait_for()
    assert offer.get_by_role("checkbox", name="Kaos Motif 57").is_checked()  # what is chosen stays in sight
    chosen = variant_named(shop, "Kaos Motif 57")
    until(lambda: chosen in draft(shop)["variant_ids"])

    packages = panel(page, "packages")
    packages.get_by_role("button", name="Tambah paket").click()
    packages.get_by_label("Nama").fill("Dua kaos")
    packages.get_by_role("button", name="Tambah isi paket").click()
    box = packages.get_by_role("combobox", name="Varian")
    box.fill("kd-42")
    packages.get_by_role("option", name="Kaos Motif 42").wait_for()
    tour.shot("editor-cari-varian")
    assert_accessible(page, f"variant list at {size}")
    box.press("Enter")
    until(
        lambda: [i["variant_id"] for i in draft(shop)["packages"][0]["items"]] == [variant_named(shop, "Kaos Motif 42")]
    )
    box.fill("setengah kata")
    box.press("Tab")
    until(lambda: box.input_value() == "Kaos Motif 42")
    tour.close()


def test_doctor_share_and_test_order(live_app: LiveApp, chromium: Any, shop: Shop, size: str) -> None:
    tour = seller(live_app, chromium, shop, size)
    page = open_editor(live_app, tour, shop)
    page.get_by_role("button", name="Periksa").click()
    page.get_by_text("Pembeli bisa memesan.").or_(page.get_by_text("Semua beres")).first.wait_for()
    tour.shot("dokter")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Bagikan").click()
    page.get_by_role("dialog").get_by_text(f"/{shop.form.slug}").first.wait_for()
    page.keyboard.press("Escape")
    with tour.context.expect_page() as opened:
        page.get_by_role("link", name="Pesanan uji").click()
    opened.value.get_by_text("Mode uji").wait_for()
    tour.close()


def test_the_list_is_sorted_on_a_phone_where_its_heads_are_hidden(live_app: LiveApp, chromium: Any, shop: Shop) -> None:
    with store_scope(shop.store):
        for name, views in (("Abon", 3), ("Zaitun", 900)):
            form = form_create(store=shop.store, name=name, content=shop.form.draft, actor=SYSTEM)
            FormStat.objects.create(store=shop.store, form=form, day=store_today(shop.store), views=views)
    tour = seller(live_app, chromium, shop, "phone")
    page = tour.page
    page.goto(live_app.url + "/form?keyword=a&after=")

    def names() -> list[str]:
        return [str(text) for text in page.locator("tbody .cell-1").all_inner_texts()]

    page.get_by_label("Urutkan").select_option(label="Form")
    page.wait_for_url("**/form?keyword=a&sort_by=name&sort_dir=asc")
    assert names() == ["Abon", "Madu Hutan", "Zaitun"]
    page.get_by_label("Urutkan").select_option(label="Dilihat")
    page.wait_for_url("**sort_by=views&sort_dir=desc")
    assert names()[0] == "Zaitun"
    tour.shot("daftar-form-urut")
    assert_accessible(page, "sorted list")
    page.get_by_role("link", name="Menurun. Balik urutannya").click()
    page.wait_for_url("**sort_dir=asc**")
    assert names()[-1] == "Zaitun" and page.get_by_label("Urutkan").input_value() == "views"
    # the filter keeps it, and so does going back
    page.get_by_label("Status").select_option(label="Semua status")
    page.get_by_role("link", name="Menaik. Balik urutannya").wait_for()
    page.get_by_label("Urutkan").select_option(label="Terbaru dulu")
    page.wait_for_url("**sort_by=")
    assert names()[0] == "Zaitun"
    page.go_back()
    page.wait_for_url("**sort_by=views**")
    assert page.get_by_label("Urutkan").input_value() == "views"
    page.set_viewport_size({"width": 1440, "height": 900})
    assert page.get_by_label("Urutkan").is_hidden()  # there the heads do it
    tour.close()


def test_the_list_and_the_success_page_are_accessible(live_app: LiveApp, chromium: Any, shop: Shop, size: str) -> None:
    tour = seller(live_app, chromium, shop, size)
    for path, name in (
        ("/form", "daftar-form"),
        (f"/form/{shop.form.pk}/sukses", "halaman-sukses"),
        ("/form/baru", "form-baru"),
        ("/daftar-hitam", "daftar-hitam"),
    ):
        tour.page.goto(live_app.url + path)
        tour.page.get_by_role("heading", level=1).first.wait_for()
        tour.shot(name)
        assert_accessible(tour.page, f"{path} at {size}")
    tour.page.goto(live_app.url + f"/form/{shop.form.pk}/sukses")
    tour.page.locator("[name=message]").fill("Halo {nama}")
    tour.page.frame_locator("[data-phone-frame] iframe").last.get_by_text("Halo Siti Aminah").wait_for()
    tour.close()


def test_a_section_is_dragged_with_the_mouse(live_app: LiveApp, chromium: Any, shop: Shop) -> None:
    tour = seller(live_app, chromium, shop, "desk")
    page = open_editor(live_app, tour, shop)
    panel(page, "headline").get_by_label("Judul di halaman").fill("Madu Seret")
    saved(page)
    before = draft(shop)["sections"]
    assert before.index("payment") > before.index("fields")
    phone = page.frame_locator("[data-phone-frame] iframe")
    phone.last.get_by_role("heading", name="Madu Seret").wait_for()
    page.locator('[data-key="payment"]').drag_to(page.locator('[data-key="fields"]'))
    wanted = [key for key in before if key != "payment"]
    wanted.insert(before.index("fields"), "payment")
    until(lambda: draft(shop)["sections"] == wanted)
    assert shown(page) == wanted
    # the real page in the preview has the payment before the buyer's fields, too
    payment_first = """() => {
      const frame = [...document.querySelectorAll("[data-phone-frame] iframe")].at(-1)?.contentDocument;
      const [pay, name] = [frame?.querySelector("[name=payment_method]"), frame?.querySelector("[name=name]")];
      return pay && name && Boolean(pay.compareDocumentPosition(name) & Node.DOCUMENT_POSITION_FOLLOWING);
    }"""
    until(lambda: page.evaluate(payment_first))
    tour.shot("editor-seret")
    tour.close()


def test_a_section_is_dragged_with_a_finger(live_app: LiveApp, chromium: Any, shop: Shop) -> None:
    tour = seller(live_app, chromium, shop, "phone", has_touch=True, is_mobile=True)
    page = open_editor(live_app, tour, shop)
    before = draft(shop)["sections"]
    assert before.index("payment") > before.index("fields")
    finger = Finger(tour)
    row = {key: page.locator(f'li[data-key="{key}"]') for key in before}

    # up, over the rows between; they make room before it is let go
    row["payment"].scroll_into_view_if_needed()
    finger.down(row["payment"].locator("[data-grip]"))
    finger.move(middle(row["fields"])[1])
    finger.up()
    wanted = [key for key in before if key != "payment"]
    wanted.insert(before.index("fields"), "payment")
    assert shown(page) == wanted
    until(lambda: draft(shop)["sections"] == wanted)
    assert page.locator("[data-editor]").get_attribute("data-pane") == "parts"  # it was moved, not opened

    # down to the end: held near the edge, the page scrolls along
    page.evaluate("scrollTo(0, 0)")
    first, last = wanted[0], wanted[-1]
    bar = page.locator(".bottombar").bounding_box()["y"]
    assert row[last].bounding_box()["y"] > bar
    finger.down(row[first].locator("[data-grip]"))
    finger.move(bar - 10)
    until(lambda: page.evaluate("scrollY") > 100)
    until(lambda: row[last].bounding_box()["y"] < bar - 10)
    finger.up()
    wanted = [*wanted[1:], first]
    assert shown(page) == wanted
    until(lambda: draft(shop)["sections"] == wanted)

    # a swipe beside the handle scrolls and moves nothing
    page.evaluate("scrollTo(0, 0)")
    finger.down(row[wanted[1]].locator(".part"))
    finger.move(60)
    finger.up()
    until(lambda: page.evaluate("scrollY") > 100)
    page.wait_for_timeout(800)
    assert shown(page) == wanted and draft(shop)["sections"] == wanted
    tour.close()


def test_the_editor_of_another_store_than_the_one_switched_to_saves_nothing(
    live_app: LiveApp, chromium: Any, shop: Shop
) -> None:
    store_open(user=shop.user, name="Toko kedua")
    tour = seller(live_app, chromium, shop, "desk")
    page = open_editor(live_app, tour, shop)
    before = draft(shop)
    switch_store(tour, live_app, "Toko kedua")
    title = panel(page, "headline").get_by_label("Judul di halaman")
    title.fill("Salah toko")
    page.locator("[data-editor-saved]", has_text="Tab lain sudah berpindah ke toko Toko kedua").wait_for()
    assert draft(shop) == before
    switch_store(tour, live_app, str(shop.store.name))
    title.fill("Toko yang benar")
    saved(page)
    assert draft(shop)["title"] == "Toko yang benar"
    tour.close()


@pytest.mark.parametrize(
    ("zone", "name", "utc"),
    [("Asia/Jakarta", "WIB", "13:30"), ("Asia/Makassar", "WITA", "12:30"), ("Asia/Jayapura", "WIT", "11:30")],
)
def test_dates_are_the_stores_wherever_the_browser_is(
    live_app: LiveApp, chromium: Any, shop: Shop, zone: str, name: str, utc: str
) -> None:
    with store_scope(shop.store):
        Store.objects.filter(pk=shop.store.pk).update(time_zone=zone)
    tour = seller(live_app, chromium, shop, "desk")
    # a browser in New York: its own zone must not matter
    devtools = tour.context.new_cdp_session(tour.page)
    devtools.send("Emulation.setTimezoneOverride", {"timezoneId": "America/New_York"})
    page = open_editor(live_app, tour, shop)
    settings = panel(page, "settings")
    settings.get_by_label(f"Dibuka ({name})").fill("2026-12-31T20:30")
    settings.locator("[data-now-save]").click()

    def opens() -> str:
        with store_scope(shop.store):
            at = OrderForm.objects.get(pk=shop.form.pk).opens_at
        return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if at else ""

    until(lambda: opens() == f"2026-12-31 {utc}")
    page = open_editor(live_app, tour, shop)
    assert panel(page, "settings").get_by_label(f"Dibuka ({name})").input_value() == "2026-12-31T20:30"
    tour.close()
