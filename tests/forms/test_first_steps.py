"""The first steps of a store and of the people in it: what is proposed, what comes next, what is never shown."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client

from bosonline import outbox
from bosonline.tenancy import store_scope
from catalog.models import Voucher
from catalog.wording import voucher_sentence
from forms.models import AbandonedCheckout, OrderForm
from forms.services.forms import form_create, form_publish, form_set_status
from sellers.models import Invitation, User
from sellers.services.accounts import account_register
from stores.models import Store
from stores.services.subdomains import subdomain_propose
from tests.accounts.helpers import letters
from tests.factories import PASSWORD, Shop


def inside(shop: Shop, user: User | None = None) -> Client:
    client = Client()
    client.post("/masuk", {"email": (user or shop.user).email, "password": PASSWORD})
    return client


def at(shop: Shop, path: str = "/") -> Any:
    return Client().get(path, HTTP_HOST=f"{shop.store.subdomain}.localhost")


@pytest.mark.parametrize(
    ("name", "proposed"),
    [("Madu Nusantara", "madu-nusantara"), ("Café Éclair!", "cafe-eclair"), ("  Toko  Bu Ani's ", "toko-bu-ani-s"),
     ("Ab", ""), ("商店", "toko"), ("x" * 60, "x" * 40)],
)  # fmt: skip
def test_an_address_is_proposed_from_the_stores_name(db: None, name: str, proposed: str) -> None:
    _user, store = account_register(
        name="Ani", email="ani@uji.id", phone="081212121212", password=PASSWORD, store_name=name.strip()
    )
    with store_scope(store):
        found = subdomain_propose(store)
        assert found.startswith(proposed) if proposed in ("", "toko") else found == proposed
        other = Store.objects.create(name="Lain", subdomain=found or "lain")
        again = subdomain_propose(store)
        assert again != other.subdomain


def test_the_bare_address_of_a_store_shows_its_open_forms(shop: Shop) -> None:
    with store_scope(shop.store):
        closed = form_create(store=shop.store, actor=shop.owner, name="Tutup", content={"variant_ids": [shop.variants[1].pk],
                             "payment_methods": [{"method": "cod"}], "title": "Sudah tutup"})  # fmt: skip
        form_publish(form=closed, actor=shop.owner)
        form_set_status(form_id=closed.pk, status="closed", actor=shop.owner)
        draft = form_create(
            actor=shop.owner,
            store=shop.store,
            name="Draf",
            content={"variant_ids": [shop.variants[1].pk], "title": "Baru draf"},
        )
    answer = at(shop)
    html = answer.content.decode()
    assert answer.status_code == 200 and f'href="/{shop.form.slug}"' in html and "Rp 50.000" in html
    assert "Sudah tutup" not in html and "Baru draf" not in html and draft.slug not in html
    with store_scope(shop.store):
        OrderForm.objects.update(status="closed")
    from forms.snapshot import snapshot_forget

    snapshot_forget(shop.store.pk, shop.form.slug)
    assert at(shop).status_code == 404
    assert Client().get("/", HTTP_HOST="tidak-ada.localhost").status_code == 404


def test_a_forms_inner_name_is_never_read_by_buyers(shop: Shop) -> None:
    secret = "Iklan FB agustus rugi"
    with store_scope(shop.store):
        form = form_create(store=shop.store, actor=shop.owner, name=secret, content={"variant_ids": [shop.variants[0].pk],
                           "payment_methods": [{"method": "cod"}]}, slug="rahasia")  # fmt: skip
        form_publish(form=form, actor=shop.owner)
        AbandonedCheckout.objects.create(
            store=shop.store, form=form, token="a" * 22, phone="+6281234567890", name="Budi"
        )
        AbandonedCheckout.objects.update(updated_at="2026-01-01T00:00:00Z")
    html = at(shop, "/rahasia").content.decode()
    assert secret not in html and "<h1>Madu Hutan</h1>" in html
    assert secret not in at(shop).content.decode()
    page = inside(shop).get("/terbengkalai").content.decode()
    (chat,) = re.findall(r'href="(https://wa\.me/[^"]+)"', page)
    assert "Iklan" not in chat and "Madu" in chat


def test_the_first_home_shows_what_is_done_and_what_is_next_until_it_is_put_away(shop: Shop) -> None:
    client = inside(shop)
    home = client.get("/beranda").content.decode()
    assert "Langkah pertama" in home or "Langkah awal" in home
    setup = home[home.index('class="setup"') : home.index("Sembunyikan daftar ini")]
    assert setup.count("is-next") == 1 and "Foto produk" in setup and setup.count("is-done") >= 4
    assert 'class="setup"' not in inside(shop, shop.staff("customer_service").user).get("/beranda").content.decode()
    assert inside(shop, shop.staff("viewer").user).post("/onboarding/sembunyikan").status_code == 403
    assert client.post("/onboarding/sembunyikan").status_code == 302
    assert 'class="setup"' not in client.get("/beranda").content.decode()


def test_the_end_of_the_first_steps_shares_tries_and_asks_for_a_picture_first(shop: Shop) -> None:
    html = inside(shop).get("/onboarding/selesai").content.decode()
    assert (
        "https://wa.me/?text=" in html
        and f"/form/{shop.form.pk}/qr.svg" in html
        and f"/form/{shop.form.pk}/uji" in html
    )
    assert html.index("Tambah foto") < html.index("https://wa.me/?text=")


def test_closing_a_live_form_asks_first_opening_does_not(shop: Shop) -> None:
    client = inside(shop)
    action = f'action="/form/{shop.form.pk}/status"'

    def tag() -> str:
        html = client.get("/form").content.decode()
        return html[html.index(action) :].split(">", 1)[0]

    assert "data-confirm" in tag()
    client.post(f"/form/{shop.form.pk}/status", {"status": "closed"})
    assert "data-confirm" not in tag()


def test_a_refusal_keeps_the_navigation(shop: Shop) -> None:
    warehouse = inside(shop, shop.staff("warehouse").user)
    for path, status in (("/voucher", 403), ("/pesanan/999999", 404)):
        answer = warehouse.get(path)
        html = answer.content.decode()
        assert answer.status_code == status and 'href="/pesanan"' in html and 'href="/beranda"' in html, path


def test_settings_stand_in_groups(shop: Shop) -> None:
    html = inside(shop).get("/pengaturan/toko").content.decode()
    groups = re.findall(r'class="nav-group"[^>]*>([^<]+)<', html)
    assert groups[:3] == ["Toko", "Tim", "Akun saya"]


# -- an invitation handed over -------------------------------------------------------------------------------------------


def test_an_invitation_can_be_copied_or_sent_and_then_proves_no_mailbox(shop: Shop) -> None:
    client = inside(shop)
    with store_scope(shop.store):
        role = shop.staff("viewer").membership.role
        row = Invitation.objects.create(
            store=shop.store, email="baru@uji.id", role=role, invited_by=shop.user, expires_at="2099-01-01T00:00:00Z"
        )
    address = f"/pengaturan/karyawan/undangan/{row.pk}/tautan"
    viewer = inside(shop, shop.staff("viewer").user)
    page = client.get("/pengaturan/karyawan").content.decode()
    (address,) = re.findall(rf'action="([^"]*/{row.pk}/tautan)"', page)
    assert viewer.post(address).status_code == 403
    html = client.post(address).content.decode()
    assert "https://wa.me/?text=" in html
    (first,) = set(re.findall(r"/undangan\?token=(wa\.[\w-]+)", html))
    (token,) = set(re.findall(r"/undangan\?token=(wa\.[\w-]+)", client.post(address).content.decode()))
    assert (
        Client().get(f"/undangan?token={first}").status_code != 200
        or "tidak berlaku" in Client().get(f"/undangan?token={first}").content.decode()
    )
    guest = Client()
    guest.get(f"/undangan?token={token}")
    answer = guest.post(
        f"/undangan?token={token}",
        {"token": token, "name": "Orang Baru", "phone": "081277778888", "password": "Rahasia-sekali-77"},
    )
    assert answer.status_code == 302, answer.content.decode()[:500]
    user = User.objects.get(email="baru@uji.id")
    assert user.email_confirmed_at is None
    outbox.drain(50)
    assert letters("baru@uji.id")  # asked to confirm the address


# -- vouchers ------------------------------------------------------------------------------------------------------------

FIELDS = {"code": "HEMAT10", "kind": "product", "value_type": "percent", "percent": "10", "start_date": "2026-11-01",
          "voucher_limit": "1", "apply_target_type": "all"}  # fmt: skip


def test_a_voucher_needs_no_end_and_no_quota_and_says_itself_in_a_sentence(shop: Shop) -> None:
    client = inside(shop)
    assert client.post("/voucher/baru", FIELDS | {"max_discount": "20000", "min_purchase": "50000"}).status_code == 302
    with store_scope(shop.store):
        voucher = Voucher.objects.get(code="HEMAT10")
    said = voucher_sentence(voucher)
    assert said == (
        "Potongan produk 10 %, paling banyak Rp 20.000, minimal belanja Rp 50.000; mulai 1 Nov 2026, tanpa batas waktu; "
        "tanpa batas pemakaian, 1 kali per pembeli."
    )
    page = client.get(f"/voucher/{voucher.pk}").content.decode()
    assert said in page and "2999" not in page and 'value="1000000"' not in page
    assert "tanpa batas waktu" in client.get("/voucher").content.decode()
    used = shop.order(voucher_codes=["HEMAT10"])
    assert used.discount == 5_000
    assert date(2999, 12, 31) == voucher.end_date


def test_a_voucher_form_tells_all_that_is_wrong_at_once(shop: Shop) -> None:
    bad = FIELDS | {"code": "a", "percent": "200", "voucher_limit": "0", "start_date": "2026-11-05", "end_date": "2026-11-01",
                    "voucher_stok": "x"}  # fmt: skip
    html = inside(shop).post("/voucher/baru", bad).content.decode()
    for field in ("code", "percent", "voucher_limit", "end_date", "voucher_stok"):
        part = html[html.index(f'name="{field}"') - 400 : html.index(f'name="{field}"') + 900]
        assert "is-invalid" in part or "aria-invalid" in part, field
