"""People of a store in a real browser: a role, a person with a password, one by mail, what they see, pause, removal."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bosonline.tenancy import store_scope
from orders.models import Order
from sellers.models import Invitation, Membership
from sellers.services.accounts import store_open
from tests.browser.kit import assigned, enter, log_in, mailed_link
from tests.browser.test_main_job import SIZES, Tour, until
from tests.conftest import LiveApp
from tests.factories import PASSWORD, Shop, make_shop

pytestmark = pytest.mark.browser


@pytest.fixture(params=list(SIZES))
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _make_role(owner: Tour, app: LiveApp) -> None:
    """Pengemas: sees and changes orders, sees products."""
    page = owner.page
    page.goto(app.url + "/pengaturan/peran")
    page.get_by_role("link", name="Peran baru").click()
    page.get_by_role("button", name="Simpan Perubahan").click()
    page.get_by_text("Wajib diisi").or_(page.get_by_text("Bidang ini")).first.wait_for()
    page.get_by_label("Nama peran").fill("Pengemas")
    see, change = page.get_by_label("Pesanan: Lihat"), page.get_by_label("Pesanan: Ubah")
    assert not see.is_checked()
    change.check()
    until(see.is_checked)  # who may change may see; also when it was ticked before the script was there
    see.uncheck()
    assert not change.is_checked()  # who may not see may not change
    change.check()
    page.get_by_label("Produk: Lihat").check()
    owner.shot("peran-baru")
    page.get_by_role("button", name="Simpan Perubahan").click()
    page.get_by_role("link", name="Pengemas", exact=True).wait_for()
    owner.shot("peran")


def _new_person(owner: Tour, app: LiveApp, *, name: str, address: str, phone: str, password: str) -> None:
    page = owner.page
    page.goto(app.url + "/pengaturan/karyawan")
    page.get_by_role("link", name="Karyawan baru").click()
    page.get_by_label("Nama", exact=True).fill(name)
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("No. WhatsApp").fill(phone)
    page.get_by_label("Kata sandi").fill(password)
    summary = page.locator(".access-list:visible")
    assert "Follow Up" in summary.locator("li:not(.is-off)").all_inner_texts()[3]  # customer service is proposed
    page.get_by_label("Peran").select_option(label="Pengemas")
    given = [re.sub(r"\s+", " ", text).strip() for text in summary.locator("li:not(.is-off)").all_inner_texts()]
    assert given == ["Pesanan Lihat Ubah", "Produk Lihat"]
    owner.shot("karyawan-baru")
    page.get_by_role("button", name="Tambah", exact=True).click()


def _sees_only_the_role(person: Tour, app: LiveApp) -> None:
    page = person.page
    page.wait_for_url(app.url + "/beranda")
    person.shot("beranda-pengemas")
    menu = page.get_by_role("navigation", name="Menu singkat" if person.size == "phone" else "Menu utama")
    shown = {text.strip() for text in menu.get_by_role("link").all_inner_texts()}
    assert {"Beranda", "Pesanan", "Produk", "Pengaturan"} >= shown >= {"Beranda", "Pesanan", "Produk"}
    for path in ("/voucher", "/form", "/pengaturan/karyawan", "/pengaturan/toko", "/pengaturan/rekening"):
        answer = page.goto(app.url + path)
        assert answer.status == 403, path
        page.get_by_role("heading", level=1).wait_for()
        person.shot("ditolak")
    page.goto(app.url + "/pengaturan")
    parts = page.get_by_role("navigation", name="Pengaturan")
    if person.size == "phone":
        page.locator(".settings-menu summary").click()
    assert parts.get_by_role("link", name="Profil").is_visible()
    assert parts.get_by_role("link", name="Karyawan").count() == 0
    person.shot("pengaturan-pengemas")


def test_a_role_a_person_and_what_they_see(live_app: LiveApp, chromium: Any, size: str) -> None:
    shop = make_shop()
    owner, person = Tour(chromium, size), Tour(chromium, size)
    enter(owner, shop.user, shop.store)
    _make_role(owner, live_app)
    _new_person(owner, live_app, name="Dewi Anggraini", address="dewi@uji.id", phone="081311112222", password=PASSWORD)
    owner.page.get_by_role("link", name="Dewi Anggraini").wait_for()
    owner.shot("karyawan")

    log_in(person, live_app, "0813-1111-2222")
    _sees_only_the_role(person, live_app)

    # paused: the open page leads to the log-in with the next click, and the log-in says why not
    person.page.goto(live_app.url + "/pesanan")
    owner.page.locator("tr", has_text="Dewi Anggraini").get_by_role("button", name="Jeda").click()
    owner.page.get_by_text("Dewi Anggraini dijeda dan dikeluarkan").wait_for()
    person.page.get_by_role("link", name="Produk").first.click()
    person.page.wait_for_url(re.compile(r"/masuk\?next=%2Fproduk"))
    person.shot("dijeda")
    owner.page.locator("tr", has_text="Dewi Anggraini").get_by_role("button", name="Aktifkan").click()
    owner.page.get_by_text("Dewi Anggraini bisa bekerja lagi").wait_for()
    log_in(person, live_app, "dewi@uji.id")
    person.page.wait_for_url(live_app.url + "/beranda")
    _removed(owner, person, live_app, shop)
    owner.close()
    person.close()


def _removed(owner: Tour, person: Tour, app: LiveApp, shop: Shop) -> None:
    """Her open orders go to the owner first."""
    with store_scope(shop.store):
        place = Membership.objects.get(user__email="dewi@uji.id")
    orders = [assigned(shop, place).pk for _n in range(2)]
    page = owner.page
    page.goto(app.url + "/pengaturan/karyawan")
    page.locator("tr", has_text="Dewi Anggraini").get_by_role("link", name="Hapus").click()
    heir = page.get_by_label("Siapa yang mengambil alih 2 pesanan terbuka?")
    page.get_by_role("button", name="Hapus").click()
    assert heir.evaluate("field => field.matches(':invalid')")  # the browser asks for it; nothing was sent
    heir.select_option(label="Ratna Sari · Pemilik")
    owner.shot("karyawan-hapus")
    page.get_by_role("button", name="Hapus").click()
    page.get_by_text("Karyawan sudah dihapus").first.wait_for()
    assert page.get_by_role("link", name="Dewi Anggraini").count() == 0
    with store_scope(shop.store):
        assert {o.assigned_to_id for o in Order.objects.filter(pk__in=orders)} == {shop.owner.membership.pk}  # type: ignore[union-attr]  # has one
    person.page.goto(app.url + "/pesanan")
    assert "/masuk" in person.page.url


def test_an_invitation_from_the_mail_to_the_store(live_app: LiveApp, chromium: Any, size: str) -> None:
    shop = make_shop()
    owner, person = Tour(chromium, size), Tour(chromium, size)
    enter(owner, shop.user, shop.store)
    _make_role(owner, live_app)
    _new_person(owner, live_app, name="Bagus", address="bagus@uji.id", phone="081322223333", password="")
    owner.page.get_by_text("bagus@uji.id").wait_for()
    owner.shot("undangan-terbuka")

    link = mailed_link(live_app, "bagus@uji.id", "/undangan")
    page = person.page
    page.goto(link)
    page.get_by_text("sebagai Pengemas").wait_for()
    person.shot("undangan")
    page.get_by_label("Kata sandi").fill("bagus")
    page.get_by_role("button", name="Terima undangan").click()
    page.locator(".field-error").first.wait_for()
    assert page.get_by_label("Namamu").input_value() == "Bagus"  # what was typed stays
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Terima undangan").click()
    _sees_only_the_role(person, live_app)
    assert page.goto(link).status == 404  # once only
    page.get_by_text("Tautan ini sudah tidak berlaku").first.wait_for()
    owner.page.reload()
    owner.page.get_by_role("link", name="Bagus").wait_for()
    assert owner.page.get_by_text("Undangan terbuka").count() == 0
    owner.close()
    person.close()


def test_a_tab_of_another_store_writes_nothing(live_app: LiveApp, chromium: Any, size: str) -> None:
    """The store was switched in a second tab: a form of the first one must not land in the wrong store."""
    shop = make_shop()
    second = store_open(user=shop.user, name="Toko kedua")
    tour = Tour(chromium, size)
    enter(tour, shop.user, shop.store)
    page = tour.page
    page.goto(live_app.url + "/pengaturan/karyawan/baru")
    page.get_by_label("Nama", exact=True).fill("Salah toko")
    page.get_by_label("E-mail").fill("salah@uji.id")
    page.get_by_label("No. WhatsApp").fill("081344445555")
    page.get_by_label("Kata sandi").fill(PASSWORD)
    other = tour.context.new_page()
    other.goto(live_app.url + "/beranda")
    if size == "phone":
        other.get_by_role("button", name="Menu", exact=True).click()
    other.locator(".store-switch:visible").click()
    other.get_by_role("menuitemradio", name="Toko kedua").click()
    other.wait_for_load_state()
    page.get_by_role("button", name="Tambah", exact=True).click()
    page.get_by_text("Tab lain sudah berpindah ke toko Toko kedua").wait_for()
    tour.shot("toko-lain")
    for store in (shop.store, second):
        with store_scope(store):
            assert not Membership.objects.filter(user__email="salah@uji.id").exists()
            assert not Invitation.objects.filter(email="salah@uji.id").exists()
    # an upload of the store that is open now goes through
    page.goto(live_app.url + "/pengaturan/toko")
    picture = BytesIO()
    Image.new("RGB", (40, 40), "teal").save(picture, "PNG")
    page.locator("input[type=file]").set_input_files(
        {"name": "logo.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    )
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.get_by_role("button", name="Unggah logo").click()
    assert sent.value.url.endswith(f"?_store={second.pk}")
    page.locator(".logo-box img").wait_for()
    tour.close()
