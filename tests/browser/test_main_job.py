"""The main job in a real browser, at a phone's and a desk's width: from registering to the money on the home page."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import LiveApp

pytestmark = pytest.mark.browser
SIZES = {"phone": (360, 780), "desk": (1440, 900)}
SHOTS = Path(os.environ["SCREENSHOTS"]) if os.environ.get("SCREENSHOTS") else None


class Tour:
    """A browser window that fails the test on any script error, policy violation or sideways scrolling."""

    def __init__(self, browser: Any, size: str, **options: Any) -> None:
        width, height = SIZES[size]
        self.size = size
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, locale="id-ID", reduced_motion="reduce", **options
        )
        self.context.set_default_timeout(20_000)
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._console)

    def _console(self, message: Any) -> None:
        # a refused answer (422, 404) is logged by Chromium itself and belongs to the flow
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    def shot(self, name: str) -> None:
        # the locator waits for a whole document when a click has just begun to replace this one
        sideways = self.page.locator("html").evaluate("html => html.scrollWidth - html.clientWidth")
        assert sideways <= 0, f"{name} scrolls sideways by {sideways} px at {self.size}"
        self.picture(name)

    def picture(self, name: str) -> None:
        """A screenshot for people to look at, when ``SCREENSHOTS`` names a folder."""
        if SHOTS:
            SHOTS.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=SHOTS / f"{name}-{self.size}.png", full_page=True)

    def close(self) -> None:
        self.context.close()
        assert self.errors == []


def until(check: Any, seconds: float = 20) -> Any:
    """Poll until ``check`` answers something true."""
    ends = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < ends, "did not happen in time"
        time.sleep(0.1)
    return found


@pytest.fixture(params=list(SIZES))
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def choose_area(page: Any, text: str, wanted: str) -> None:
    page.locator("[data-area-input]").fill(text)
    page.get_by_role("option", name=re.compile(wanted)).first.click()


def onboard(tour: Tour, app: LiveApp, subdomain: str) -> str:
    """Register and walk the six steps; the link of the form."""
    page = tour.page
    page.goto(app.url + "/daftar")
    page.get_by_label("Namamu").fill("Ratna Sari")
    page.get_by_label("E-mail").fill(f"{subdomain}@uji.id")
    page.get_by_label("No. WhatsApp").fill("0812 " + "".join(str(ord(c) % 10) for c in (subdomain * 3)[-8:]))
    page.get_by_label("Kata sandi").fill("Rahasia-sekali-9")
    tour.shot("daftar")
    page.get_by_role("button", name="Buat akun").click()

    page.get_by_label("Nama toko").fill("Madu Pati")
    tour.shot("onboarding-toko")
    page.get_by_role("button", name="Simpan dan lanjut").click()

    page.get_by_label("Alamat toko").wait_for()
    page.wait_for_load_state()  # the live check listens once its script has run
    page.get_by_label("Alamat toko").fill("www")
    page.get_by_text("dicadangkan").wait_for()
    page.get_by_label("Alamat toko").fill(subdomain)
    page.get_by_text("Tersedia").wait_for()
    tour.shot("onboarding-alamat")
    page.get_by_role("button", name="Simpan dan lanjut").click()

    choose_area(page, "juwana pati", "Juwana.*Pati")
    page.get_by_label("Alamat lengkap").fill("Jl. Silugonggo No. 12, Bakaran")
    tour.shot("onboarding-gudang")
    page.get_by_role("button", name="Simpan dan lanjut").click()

    page.get_by_label("Bank", exact=True).select_option(label="BCA")
    page.get_by_label("Nomor rekening").fill("1234567890")
    page.get_by_role("button", name="Simpan dan lanjut").click()

    page.get_by_label("Nama produk").fill("Madu Hutan")
    page.get_by_label("Pembeda antarvarian").fill("Ukuran")
    for n, (name, price) in enumerate((("100gr", "50000"), ("200gr", "90000")), 1):
        row = page.get_by_role("group", name=f"Varian {n}")
        row.get_by_label("Nama").fill(name)
        row.get_by_label("Harga").fill(price)
        row.get_by_label("Stok").fill("20")
        row.get_by_label("Berat").fill("300")
    tour.shot("onboarding-produk")
    page.get_by_role("button", name="Simpan dan lanjut").click()

    page.get_by_label("Nama form").fill("Madu Hutan")
    page.get_by_role("button", name="Simpan dan lanjut").click()
    page.get_by_text("Formmu sudah aktif").wait_for()
    tour.shot("onboarding-selesai")
    return str(page.locator("#form-link").inner_text()).strip()


def order(tour: Tour, url: str, *, name: str, phone: str, method: str) -> str:
    """A buyer orders; the address of their order page."""
    page = tour.page
    page.goto(url)
    page.get_by_label("100gr").first.check(force=True)
    page.get_by_label("Nama penerima").fill(name)
    page.get_by_label("No. WhatsApp").fill(phone)
    choose_area(page, "juwana pati", "Juwana.*Pati")
    page.get_by_label("Jalan, nomor rumah").fill("Jl. Melati 5 RT 02 RW 03")
    page.get_by_text(method, exact=True).first.click()
    page.get_by_text("ID Express").first.wait_for()
    tour.shot(f"form-{phone[-1]}")
    page.get_by_role("button", name=re.compile("Pesan Sekarang")).click()
    page.get_by_text("Pesananmu sudah kami terima").wait_for()
    tour.shot(f"sukses-{phone[-1]}")
    return str(page.url).split("?")[0]


def test_the_main_job_from_registering_to_the_money(live_app: LiveApp, chromium: Any, size: str) -> None:
    subdomain = f"madu-{size}"
    seller = Tour(chromium, size)
    form_url = onboard(seller, live_app, subdomain)
    assert form_url == live_app.store(subdomain, "/madu-hutan")

    seller.page.goto(live_app.url + "/pesanan")
    seller.page.get_by_text("Tidak ada pesanan di sini").wait_for()
    seller.shot("pesanan-kosong")

    buyer = Tour(chromium, "phone" if size == "phone" else "desk")
    buyer_url = order(buyer, form_url, name="Siti Aminah", phone="081298765430", method="Bayar di Tempat (COD)")
    assert "Siti Aminah" in buyer.page.content()

    # the order appears on the open list without a reload
    seller.page.get_by_text("1 pesanan baru, tampilkan").click()
    seller.page.get_by_role("link", name=re.compile(r"^\d{6}-")).first.wait_for()
    seller.shot("pesanan")
    number = seller.page.get_by_role("link", name=re.compile(r"^\d{6}-")).first.inner_text()
    seller.page.get_by_role("link", name=number).click()
    seller.shot("detail-baru")

    # WhatsApp opens with the right text and the attempt is kept
    seller.context.route("https://wa.me/**", lambda route: route.fulfill(status=200, body="wa"))
    with seller.context.expect_page() as opened:
        seller.page.locator("main").get_by_role("button", name="WhatsApp").first.click()
    opened.value.wait_for_url("https://wa.me/**")
    assert "6281298765430" in opened.value.url
    assert number in opened.value.url
    opened.value.close()
    seller.page.reload()
    seller.page.get_by_role("button", name="Dikonfirmasi", exact=True).first.click()
    seller.page.get_by_text("Hasil disimpan").or_(seller.page.get_by_text("Dikonfirmasi.")).first.wait_for()

    seller.page.get_by_role("button", name="Pesan kurir").click()
    seller.page.get_by_text("No. resi datang sebentar lagi").wait_for()
    awb = until(lambda: _awb(seller))
    seller.shot("detail-resi")
    for kind in ("label", "invoice"):
        pdf = seller.context.request.get(f"{seller.page.url}/{kind}.pdf")
        assert pdf.status == 200
        assert pdf.body().startswith(b"%PDF")

    parcel = requests.get(f"{live_app.sandbox}/control/parcels", timeout=5).json()["data"][0]
    assert parcel["awb"] == awb
    for step, text in (("picked_up", "Dikirim"), ("in_transit", "Dikirim"), ("delivered", "Diterima")):
        requests.post(
            f"{live_app.sandbox}/control/parcels/{parcel['order_number']}/advance", json={"to": step}, timeout=5
        ).raise_for_status()
        until(lambda text=text: text in _reloaded(seller).locator(".stepper .is-current").inner_text())
    buyer.page.goto(buyer_url)
    buyer.page.get_by_text("Perjalanan paket").click()
    buyer.page.get_by_text("Paket telah diterima –").wait_for()
    buyer.shot("lacak")
    seller.shot("detail-diterima")

    seller.page.goto(live_app.url + "/beranda")
    tile = seller.page.locator(".tile", has_text="COD di kurir")
    assert tile.locator(".tile-figure").inner_text() != "Rp 0", "delivered: the courier has the money now"
    seller.shot("beranda")

    _pays_by_virtual_account(live_app, buyer, seller, form_url)
    buyer.close()
    seller.close()


def _reloaded(tour: Tour) -> Any:
    tour.page.wait_for_load_state()
    tour.page.reload()
    return tour.page


def _awb(tour: Tour) -> str | None:
    found = re.search(r"IDE\d{9}", _reloaded(tour).content())
    return found.group() if found else None


def _pays_by_virtual_account(app: LiveApp, buyer: Tour, seller: Tour, form_url: str) -> None:
    order(buyer, form_url, name="Budi Santoso", phone="081298765431", method="Virtual Account")
    payment = until(lambda: _open_payment(app))
    # on the page that came after ordering, by itself
    buyer.page.get_by_text(payment["number"][-6:]).first.wait_for()
    buyer.shot("bayar-va")
    requests.post(
        f"{app.sandbox}/control/payments/{payment['id']}/pay", json={"repeat": 2}, timeout=5
    ).raise_for_status()
    buyer.page.get_by_text("Pembayaran diterima").wait_for()
    seller.page.goto(app.url + "/pesanan")
    until(lambda: "Lunas" in _reloaded(seller).locator("tbody tr").first.inner_text())
    assert "Dikonfirmasi" in seller.page.locator("tbody tr").first.inner_text()


def _open_payment(app: LiveApp) -> dict[str, Any] | None:
    rows = requests.get(f"{app.sandbox}/control/payments", timeout=5).json()["data"]
    return rows[0] if rows else None


def test_a_store_or_form_that_does_not_exist_has_a_designed_page(live_app: LiveApp, chromium: Any, size: str) -> None:
    tour = Tour(chromium, size)
    answer = tour.page.goto(live_app.store("tidak-ada", "/madu"))
    assert answer.status == 404
    tour.page.get_by_role("heading", name="Toko ini tidak ada").wait_for()
    tour.shot("toko-tidak-ada")
    tour.close()
