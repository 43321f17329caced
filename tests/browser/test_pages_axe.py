"""Every page of accounts and settings, at a phone's and a desk's width, in the light and in the dark: axe finds nothing
serious, nothing scrolls sideways, no script fails. Names are as long as they may be, without a space to break at."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from bosonline.tenancy import store_scope
from sellers.models import EmailToken, Invitation, Membership, Role
from sellers.navigation import SETTINGS
from sellers.services import accounts, roles, staff
from sellers.services.sessions import session_open
from stores.models import BankAccount, Warehouse
from tests.browser.kit import check, enter, mailed_link
from tests.browser.test_main_job import SIZES, Tour
from tests.conftest import LiveApp
from tests.factories import PASSWORD, Shop, make_shop

pytestmark = pytest.mark.browser
LONG = "Perkumpulanibuibupengrajinmaduhutanlerengmuria" + "x" * 34


@pytest.fixture(params=list(SIZES))
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _walk(tour: Tour, app: LiveApp, pages: dict[str, str]) -> list[str]:
    wrong = []
    for name, path in pages.items():
        answer = tour.page.goto(app.url + path)
        assert answer.ok or name == "tautan-mati", f"{path} answers {answer.status}"
        wrong += check(tour, name)
    return wrong


def _crowded() -> tuple[Shop, Membership, Role, Invitation]:
    """A shop in which every text is as long as it may be."""
    shop = make_shop()
    with store_scope(shop.store):
        shop.store.name = LONG
        shop.store.save(update_fields=["name"])
        role = roles.role_create(actor=shop.owner, name=LONG[:40], rights=["orders.view", "orders.edit", "export"])
        made = staff.staff_create(
            actor=shop.owner, name=LONG, email=f"{LONG[:60]}@panjang.uji.id", phone="081298765400", role_id=role.pk,
            password=PASSWORD,
        )  # fmt: skip
        assert made.membership is not None
        invited = staff.staff_create(
            actor=shop.owner, name="", email=f"{LONG[20:80]}@undangan.uji.id", phone="", role_id=role.pk
        ).invitation
        assert invited is not None
        Warehouse.objects.update(name=LONG[:50], address=LONG * 3, boscod_state="failed", boscod_error=LONG)
        BankAccount.objects.update(holder=LONG)
        session_open(user=shop.user, store=shop.store, kind="api", ip="2001:db8:85a3:8d3:1319:8a2e:370:7348",
                     user_agent=LONG * 3)  # fmt: skip
    return shop, made.membership, role, invited


def test_pages_for_guests(live_app: LiveApp, chromium: Any, size: str) -> None:
    shop, person, _role, invited = _crowded()
    with store_scope(shop.store):
        known = Invitation.objects.create(
            store=shop.store, email=person.user.email, role=person.role, invited_by=shop.user,
            expires_at=invited.expires_at,
        )  # fmt: skip
        taken = staff.invitation_token_make(known)
    # the worker made this one's link, which would put an end to another
    unknown = mailed_link(live_app, invited.email, "/undangan").removeprefix(live_app.url)
    reset, confirm = (
        accounts.email_token_make(user=shop.user, purpose=purpose, email=shop.user.email, seconds=600)
        for purpose in (EmailToken.Purpose.RESET_PASSWORD, EmailToken.Purpose.CONFIRM_EMAIL)
    )
    pages = {
        "masuk": "/masuk", "daftar": "/daftar", "lupa": "/kata-sandi/lupa", "lupa-terkirim": "/kata-sandi/lupa?sent=1",
        "sandi-baru": f"/kata-sandi/baru?token={reset}", "tautan-mati": "/kata-sandi/baru?token=x",
        "konfirmasi": f"/konfirmasi-email?token={confirm}", "undangan": unknown,
        "undangan-akun": f"/undangan?token={taken}",
    }  # fmt: skip
    tour = Tour(chromium, size)
    wrong = _walk(tour, live_app, pages)
    # a refused form shows its errors
    for name, path, button in (
        ("masuk-salah", "/masuk", "Masuk"),
        ("daftar-salah", "/daftar", "Buat akun"),
        ("lupa-salah", "/kata-sandi/lupa", "Kirim tautan"),
    ):
        tour.page.goto(live_app.url + path)
        tour.page.get_by_role("button", name=button, exact=True).click()
        tour.page.locator(".field-error").first.wait_for()
        wrong += check(tour, name)
    # two errors at one field
    tour.page.goto(live_app.url + "/daftar")
    for label, text in (
        ("Namamu", "ratna"),
        ("E-mail", "r@uji.id"),
        ("No. WhatsApp", "081298765403"),
        ("Kata sandi", "ratna"),
    ):
        tour.page.get_by_label(label).fill(text)
    tour.page.get_by_role("button", name="Buat akun").click()
    tour.page.get_by_text("terlalu pendek").wait_for()
    wrong += check(tour, "daftar-lemah")
    assert not wrong, "\n".join(wrong)
    tour.close()


def test_pages_of_settings(live_app: LiveApp, chromium: Any, size: str) -> None:
    shop, person, role, _invited = _crowded()
    with store_scope(shop.store):
        account = BankAccount.objects.get()
        warehouse = shop.warehouse
    preset = accounts.preset_role("viewer")
    pages = {key: reverse(name) for key, name, *_rest in SETTINGS} | {
        "karyawan-baru": reverse("settings-staff-new"),
        "karyawan-ubah": reverse("settings-staff-edit", args=[person.pk]),
        "karyawan-pemilik": reverse("settings-staff-edit", args=[shop.owner.membership.pk]),  # type: ignore[union-attr]  # has one
        "karyawan-hapus": reverse("settings-staff-action", args=[person.pk, "hapus"]),
        "karyawan-tak-ketemu": reverse("settings-staff") + "?keyword=tidakada",
        "peran-baru": reverse("settings-roles-new"),
        "peran-ubah": reverse("settings-roles-edit", args=[role.pk]),
        "peran-bawaan": reverse("settings-roles-edit", args=[preset.pk]),
        "alamat": reverse("settings-domain-subdomain"),
        "gudang-baru": reverse("settings-warehouses-new"),
        "gudang-ubah": reverse("settings-warehouses-edit", args=[warehouse.pk]),
        "rekening-baru": reverse("settings-bank-accounts-new"),
        "rekening-ubah": reverse("settings-bank-accounts-edit", args=[account.pk]),
        "dua-langkah": reverse("settings-security-factor"),
        "toko-baru": reverse("store-new"),
        "unduhan": reverse("downloads"),
        "lonceng": reverse("notifications"),
    }
    tour = Tour(chromium, size)
    enter(tour, shop.user, shop.store)
    wrong = _walk(tour, live_app, pages)
    assert not wrong, "\n".join(wrong)
    tour.close()


def test_pages_of_somebody_without_a_store(live_app: LiveApp, chromium: Any, size: str) -> None:
    user = accounts.user_create(name=LONG, email="sendiri@uji.id", phone="081298765401", password=PASSWORD)
    tour = Tour(chromium, size)
    enter(tour, user, None)
    names = ("store-new", "settings-profile", "settings-security", "settings-sessions", "settings-deletion")
    wrong = _walk(tour, live_app, {f"sendiri-{name}": reverse(name) for name in names})
    assert not wrong, "\n".join(wrong)
    tour.page.goto(live_app.url + "/pesanan")
    assert tour.page.url == live_app.url + "/toko/baru"
    tour.close()
