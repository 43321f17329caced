"""The first steps, left in the middle and taken up again after a new log-in, to a link that opens."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.kit import log_in
from tests.browser.test_main_job import SIZES, Tour, choose_area
from tests.conftest import LiveApp
from tests.factories import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture(params=list(SIZES))
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _next(page: Any, heading: str) -> None:
    page.get_by_role("button", name="Simpan dan lanjut").click()
    page.get_by_role("heading", name=heading).wait_for()


def test_left_after_two_steps_and_taken_up_again(live_app: LiveApp, chromium: Any, size: str) -> None:
    tour = Tour(chromium, size)
    page = tour.page
    page.goto(live_app.url + "/daftar")
    page.get_by_label("Namamu").fill("Ratna Sari")
    page.get_by_label("E-mail").fill("ratna@uji.id")
    page.get_by_label("No. WhatsApp").fill("0812 9876 5402")
    page.get_by_label("Kata sandi").fill("ratna")
    page.get_by_role("button", name="Buat akun").click()
    page.get_by_text("terlalu pendek").wait_for()
    assert page.get_by_label("E-mail").input_value() == "ratna@uji.id"
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Buat akun").click()
    page.get_by_label("Nama toko").fill("Madu Pati")
    _next(page, "Alamat tokomu")
    page.get_by_label("Alamat toko").fill("madu-lanjut")
    page.get_by_text("Tersedia").wait_for()
    _next(page, "Kurir menjemput di mana?")

    page.get_by_role("link", name="Selesaikan nanti").click()
    page.wait_for_url(live_app.url + "/beranda")
    tour.shot("beranda-belum-selesai")
    page.locator("[popovertarget=user-menu]").click()
    page.get_by_role("menuitem", name="Keluar").click()
    page.get_by_role("heading", name="Masuk").wait_for()
    log_in(tour, live_app, "ratna@uji.id")
    page.get_by_role("link", name="Lanjutkan").click()
    page.get_by_role("heading", name="Kurir menjemput di mana?").wait_for()
    assert page.locator(".stepper .is-done").count() == 2
    tour.shot("lanjut-gudang")

    # an area is missing: what was typed stays
    page.get_by_label("Alamat lengkap").fill("Jl. Silugonggo No. 12, Bakaran")
    page.get_by_role("button", name="Simpan dan lanjut").click()
    page.get_by_text("Pilih wilayah dari daftar").wait_for()
    assert page.get_by_label("Alamat lengkap").input_value() == "Jl. Silugonggo No. 12, Bakaran"
    tour.shot("gudang-tanpa-wilayah")
    choose_area(page, "juwana pati", "Juwana.*Pati")
    _next(page, "Pembeli transfer ke mana?")
    page.get_by_role("button", name="Lewati dulu").click()
    page.get_by_role("button", name="Pakai produk contoh").click()
    page.get_by_label("Nama form").wait_for()
    page.get_by_role("button", name="Simpan dan lanjut").click()
    page.get_by_text("Formmu sudah aktif").wait_for()
    tour.shot("selesai-contoh")
    link = page.locator("#form-link").inner_text().strip()
    assert link.startswith(live_app.store("madu-lanjut"))
    buyer = Tour(chromium, size)
    assert buyer.page.goto(link).status == 200
    buyer.page.get_by_label("Nama penerima").wait_for()
    buyer.shot("form-contoh")
    # finished: the way in leads to the link, the home page asks no more
    page.goto(live_app.url + "/onboarding")
    page.get_by_text("Formmu sudah aktif").wait_for()
    page.goto(live_app.url + "/beranda")
    onward = [link.get_attribute("href") for link in page.get_by_role("link", name="Lanjutkan").all()]
    assert "/onboarding" not in onward, "what is left is the list of first steps, not the way in"
    tour.close()
    buyer.close()
