"""A person's devices, password, second factor and account in a real browser."""

from __future__ import annotations

import re
import time
from typing import Any

import pyotp
import pytest

from tests.browser.kit import enter, log_in, mailed_link, shop_for_log_in
from tests.browser.test_main_job import SIZES, Tour
from tests.conftest import LiveApp
from tests.factories import PASSWORD

pytestmark = pytest.mark.browser
NEW = "Lebih-rahasia-8"


@pytest.fixture(params=list(SIZES))
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _is_out(tour: Tour) -> bool:
    """The next click of an open page leads to the log-in."""
    tour.page.get_by_role("link", name="Pesanan").first.click()
    tour.page.wait_for_url(re.compile(r"/masuk\?next=%2Fpesanan"))
    return True


def test_devices_are_listed_and_ended(live_app: LiveApp, chromium: Any, size: str, settings: Any) -> None:
    shop = shop_for_log_in(settings)
    one, two, three = (Tour(chromium, size) for _n in range(3))
    page = one.page
    log_in(one, live_app, shop.user.email, "salah-sekali-1")
    page.get_by_text("kata sandi salah").wait_for()
    assert page.get_by_label("E-mail atau no. WhatsApp").input_value() == shop.user.email
    one.shot("masuk-salah")
    for tour in (one, two):
        log_in(tour, live_app, shop.user.email)
        tour.page.wait_for_url(live_app.url + "/beranda")

    page.goto(live_app.url + "/pengaturan/sesi")
    devices = page.locator(".account")
    assert devices.count() == 2
    assert "Perangkat ini" in devices.nth(0).inner_text()
    assert "terakhir aktif" in devices.nth(1).inner_text()
    tries = page.locator("tbody tr")
    assert tries.count() == 3
    assert "Ditolak" in tries.nth(2).inner_text() and "kata sandi salah" in tries.nth(2).inner_text()
    one.shot("sesi")
    devices.nth(1).get_by_role("button", name="Keluar").click()
    page.get_by_text("Sesi sudah diakhiri").wait_for()
    assert devices.count() == 1
    assert _is_out(two)

    for tour in (two, three):
        log_in(tour, live_app, shop.user.email)
        tour.page.wait_for_url(live_app.url + "/beranda")
    page.reload()
    page.get_by_role("button", name="Keluarkan semua yang lain").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Batal").click()
    assert devices.count() == 3
    page.get_by_role("button", name="Keluarkan semua yang lain").click()
    dialog.get_by_role("button", name="Keluar").click()
    page.get_by_text("Perangkat lain sudah dikeluarkan").wait_for()
    assert devices.count() == 1
    assert _is_out(two) and _is_out(three)
    # what was wanted before the log-in is shown after it
    two.page.get_by_label("E-mail atau no. WhatsApp").fill(shop.user.email)
    two.page.get_by_label("Kata sandi").fill(PASSWORD)
    two.page.get_by_role("button", name="Masuk", exact=True).click()
    two.page.wait_for_url(live_app.url + "/pesanan")
    for tour in (one, two, three):
        tour.close()


def test_an_ended_session_comes_back_to_the_page_of_the_form(live_app: LiveApp, chromium: Any, settings: Any) -> None:
    """A button of a page that was open when the session ended: its address takes no GET, so the page is shown again."""
    shop = shop_for_log_in(settings)
    tour, other = Tour(chromium, "desk"), Tour(chromium, "desk")
    enter(tour, shop.user, shop.store)
    enter(other, shop.user, shop.store)
    tour.page.goto(live_app.url + "/pengaturan/rekening")
    other.page.goto(live_app.url + "/pengaturan/sesi")
    other.page.get_by_role("button", name="Keluarkan semua yang lain").click()
    other.page.get_by_role("dialog").get_by_role("button", name="Keluar").click()
    other.page.get_by_text("Perangkat lain sudah dikeluarkan").wait_for()
    tour.page.get_by_role("button", name="Sembunyikan").click()
    tour.page.wait_for_url(re.compile(r"/masuk\?next=%2Fpengaturan%2Frekening$"))
    tour.page.get_by_label("E-mail atau no. WhatsApp").fill(shop.user.email)
    tour.page.get_by_label("Kata sandi").fill(PASSWORD)
    tour.page.get_by_role("button", name="Masuk", exact=True).click()
    tour.page.get_by_role("heading", name="Rekening").wait_for()
    assert tour.page.get_by_role("button", name="Sembunyikan").is_visible()  # nothing was changed unasked
    tour.close()
    other.close()


def test_a_forgotten_password(live_app: LiveApp, chromium: Any, size: str, settings: Any) -> None:
    shop = shop_for_log_in(settings)
    tour, inside = Tour(chromium, size), Tour(chromium, size)
    enter(inside, shop.user, shop.store)
    inside.page.goto(live_app.url + "/beranda")
    page = tour.page
    page.goto(live_app.url + "/masuk")
    page.get_by_role("link", name="Lupa kata sandi?").click()
    page.get_by_label("E-mail atau no. WhatsApp").fill(shop.user.email)
    page.get_by_role("button", name="Kirim tautan").click()
    page.get_by_role("heading", name="Periksa kotak masukmu").wait_for()
    tour.shot("lupa-terkirim")
    link = mailed_link(live_app, shop.user.email, "/kata-sandi/baru")
    page.goto(link)
    page.get_by_label("Kata sandi baru").fill("12345678")
    page.get_by_role("button", name="Simpan kata sandi").click()
    page.locator(".field-error").first.wait_for()
    tour.shot("sandi-lemah")
    page.get_by_label("Kata sandi baru").fill(NEW)
    page.get_by_role("button", name="Simpan kata sandi").click()
    page.get_by_text("Kata sandi baru tersimpan").wait_for()
    tour.shot("sandi-tersimpan")
    assert _is_out(inside)
    log_in(tour, live_app, shop.user.email, PASSWORD)
    page.get_by_text("kata sandi salah").wait_for()
    log_in(tour, live_app, shop.user.email, NEW)
    page.wait_for_url(live_app.url + "/beranda")
    assert inside.page.goto(link).status == 404
    inside.page.get_by_role("link", name="Minta tautan baru").wait_for()
    tour.close()
    inside.close()


def _log_out(tour: Tour) -> None:
    tour.page.locator("[popovertarget=user-menu]").click()
    tour.page.get_by_role("menuitem", name="Keluar").click()
    tour.page.get_by_role("heading", name="Masuk").wait_for()


def _second_step(tour: Tour, code: str) -> None:
    tour.page.get_by_role("heading", name="Langkah kedua").wait_for()
    tour.page.get_by_label("Kode").fill(code)
    tour.page.get_by_role("button", name="Masuk", exact=True).click()


def test_the_second_factor(live_app: LiveApp, chromium: Any, size: str, settings: Any) -> None:
    shop = shop_for_log_in(settings)
    tour = Tour(chromium, size)
    page = tour.page
    enter(tour, shop.user, shop.store)
    page.goto(live_app.url + "/pengaturan/keamanan")
    page.get_by_role("link", name="Atur", exact=True).click()
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Lanjutkan").click()
    secret = page.locator(".factor-key code").inner_text().replace(" ", "")
    tour.shot("dua-langkah-pindai")
    page.get_by_label("Kode").fill("12")
    page.get_by_role("button", name="Aktifkan").click()
    page.get_by_text("Kode salah").or_(page.locator(".field-error")).first.wait_for()
    assert page.locator(".factor-key code").inner_text().replace(" ", "") == secret
    page.get_by_label("Kode").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Aktifkan").click()
    page.get_by_role("heading", name="Kode pemulihanmu").wait_for()
    codes = page.locator("#codes code").all_inner_texts()
    assert len(set(codes)) == 10
    tour.shot("kode-pemulihan")
    page.get_by_role("link", name="Sudah saya simpan").click()
    page.get_by_text("10 kode pemulihan").wait_for()
    tour.shot("keamanan-aktif")

    _log_out(tour)
    log_in(tour, live_app, shop.user.email)
    _second_step(tour, "000000")
    page.locator(".field-error").wait_for()
    tour.shot("kode-salah")
    # each code once: the one of the set-up is spent, the phone's next one is right
    _second_step(tour, pyotp.TOTP(secret).at(int(time.time()) + 30))
    page.wait_for_url(live_app.url + "/beranda")

    _log_out(tour)
    log_in(tour, live_app, shop.user.email)
    _second_step(tour, codes[3].upper())
    page.wait_for_url(live_app.url + "/beranda")
    page.goto(live_app.url + "/pengaturan/keamanan")
    page.get_by_text("9 kode pemulihan").wait_for()
    _log_out(tour)
    log_in(tour, live_app, shop.user.email)
    _second_step(tour, codes[3])
    page.locator(".field-error").wait_for()
    tour.close()


def test_an_account_is_deleted_and_taken_back(live_app: LiveApp, chromium: Any, size: str, settings: Any) -> None:
    shop = shop_for_log_in(settings)
    tour = Tour(chromium, size)
    page = tour.page
    enter(tour, shop.user, shop.store)
    page.goto(live_app.url + "/pengaturan/hapus-akun")
    assert shop.store.name in page.locator(".fact-list").inner_text()
    page.get_by_label("Kata sandi").fill("salah")
    page.get_by_role("button", name="Hapus akun saya").click()
    page.locator(".field-error").wait_for()
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Hapus akun saya").click()
    page.get_by_text("Akunmu akan dihapus pada").wait_for()
    tour.shot("hapus-akun-diminta")
    page.goto(live_app.url + "/pesanan")
    tour.shot("pesanan-akan-dihapus")
    page.get_by_role("link", name="Batalkan penghapusan").click()
    page.get_by_role("button", name="Pertahankan akun saya").click()
    page.get_by_text("Akunmu tetap ada").wait_for()
    assert page.get_by_role("button", name="Hapus akun saya").is_visible()
    assert page.get_by_role("link", name="Batalkan penghapusan").count() == 0
    tour.close()
