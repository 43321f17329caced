"""A seller's own domain in a real browser, at a phone's and a desk's width: added, DNS set, verified, default, the link."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from tests.browser.test_main_job import SIZES, Tour, onboard
from tests.conftest import LiveApp
from tests.dns import DnsServer

pytestmark = pytest.mark.browser


@pytest.fixture(params=list(SIZES))
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def values_shown(page: Any, kind: str) -> str:
    """The value to copy of the record of this kind."""
    record = page.locator(".dns-record", has_text=kind).first
    return str(record.locator("dd [data-copy]").nth(1).get_attribute("data-copy"))


def fetch(app: LiveApp, host: str, path: str) -> requests.Response:
    """What a buyer at ``host`` gets, wherever the machine's resolver would send them."""
    headers = {"Host": f"{host}:{app.port}"}
    return requests.get(f"http://127.0.0.1:{app.port}{path}", headers=headers, allow_redirects=False, timeout=5)


def test_an_own_domain_from_typing_to_the_link(live_app: LiveApp, chromium: Any, dns: DnsServer, size: str) -> None:
    tour = Tour(chromium, size)
    page = tour.page
    form_url = onboard(tour, live_app, f"madu-{size}")
    path = form_url.split(str(live_app.port))[1]

    page.goto(live_app.url + "/pengaturan")
    if size == "phone":
        page.locator(".settings-menu summary").click()
    page.get_by_role("navigation", name="Pengaturan").get_by_role("link", name="Domain").click()
    page.get_by_role("heading", name="Domain", exact=True).wait_for()

    page.get_by_label("Domain", exact=True).fill("10.0.0.1")
    page.get_by_role("button", name="Tambah domain").click()
    page.get_by_text("Alamat IP tidak bisa dipakai").wait_for()
    page.get_by_label("Domain", exact=True).fill("https://order.tokomadu.test/")
    page.get_by_role("button", name="Tambah domain").click()
    card = page.locator(".domain-card", has_text="order.tokomadu.test")
    card.get_by_text("Menunggu DNS").wait_for()
    tour.shot("domain-baru")
    proof, target = values_shown(page, "TXT"), values_shown(page, "CNAME")
    assert proof.startswith("bosonline-verify=") and target == "domains.localhost"

    # not set yet: each record says so, in place
    card.get_by_role("button", name="Periksa sekarang").click()
    card.get_by_text("Catatan ini belum ada").wait_for()
    card.get_by_text("belum mengarah ke mana pun").wait_for()
    tour.shot("domain-belum")

    # the text is right, the name leads elsewhere
    dns.set("_bosonline.order.tokomadu.test", "TXT", proof)
    dns.set("order.tokomadu.test", "CNAME", "toko.lain.test")
    dns.set("toko.lain.test", "A", "198.51.100.9")
    card.get_by_role("button", name="Periksa sekarang").click()
    card.get_by_text("Benar.").wait_for()
    card.get_by_text("Mengarah ke tempat lain").wait_for()
    assert "toko.lain.test" in card.inner_text()
    tour.shot("domain-separuh")

    dns.set("order.tokomadu.test", "CNAME", target)
    card.get_by_role("button", name="Periksa sekarang").click()
    card.get_by_text("Terverifikasi").wait_for()
    tour.shot("domain-sah")
    host = f"order.tokomadu.test:{live_app.port}"
    answer = fetch(live_app, "order.tokomadu.test", path)
    assert answer.status_code == 200, answer.text[:300]

    card.get_by_role("button", name="Jadikan utama").click()
    page.get_by_text(f"http://{host}/").first.wait_for()
    assert card.get_by_text("Utama", exact=True).is_visible()
    tour.shot("domain-utama")
    page.goto(live_app.url + "/form")
    assert f"http://{host}{path}" in page.content()
    # the address at BosOnline still answers
    assert fetch(live_app, f"madu-{size}.localhost", path).status_code == 200

    _change_the_address(tour, live_app, path, size)
    page.goto(live_app.url + "/pengaturan/domain")
    card.get_by_role("button", name="Hapus").click()
    page.get_by_role("dialog").get_by_role("button", name="Hapus").click()
    page.get_by_text("Domain sudah dihapus").wait_for()
    assert fetch(live_app, "order.tokomadu.test", path).status_code == 404
    tour.close()


def _change_the_address(tour: Tour, app: LiveApp, path: str, size: str) -> None:
    """Live check with suggestions, the warning, and the old address that leads on."""
    page = tour.page
    page.goto(app.url + "/pengaturan/domain")
    page.get_by_role("link", name="Ubah alamat").click()
    page.get_by_text("selama 90 hari").wait_for()
    page.get_by_label("Alamat toko").wait_for()
    page.wait_for_load_state()  # the live check listens once its script has run
    page.get_by_label("Alamat toko").fill("www")
    page.get_by_text("dicadangkan").wait_for()
    page.locator("[data-check-status] button").first.click()
    page.get_by_text("Tersedia").wait_for()
    page.get_by_label("Alamat toko").fill(f"pindah-{size}")
    page.get_by_text("Tersedia").wait_for()
    tour.shot("alamat-ubah")
    page.get_by_role("button", name="Simpan alamat").click()
    page.get_by_text("Alamat sudah diubah").wait_for()
    assert page.get_by_text(re.compile("mengarah ke alamat barumu sampai")).is_visible()
    tour.shot("alamat-lama")
    old = fetch(app, f"madu-{size}.localhost", f"{path}?utm_source=x")
    assert old.status_code == 301
    assert old.headers["Location"] == f"http://order.tokomadu.test:{app.port}{path}?utm_source=x"
    assert fetch(app, f"pindah-{size}.localhost", path).status_code == 200
