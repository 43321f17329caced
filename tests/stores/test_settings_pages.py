"""Pengaturan in the browser's place: every page for every role in both languages, and each action through its button."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bosonline.actor import SYSTEM
from bosonline.tenancy import store_scope
from sellers.navigation import SETTINGS
from sellers.rights import PRESETS
from stores.models import BankAccount, Domain, Store, Warehouse
from stores.services.bank_accounts import bank_account_create
from stores.services.domain_records import proof_name, proof_text
from stores.services.domains import domain_add
from stores.services.warehouses import warehouse_create
from tests.dns import DnsServer
from tests.factories import GAMBIR, Shop, make_shop
from tests.stores.people import login

PAGES = {
    "/pengaturan/toko": "store.view", "/pengaturan/domain": "store.view", "/pengaturan/domain/alamat": "store.edit",
    "/pengaturan/gudang": "store.view", "/pengaturan/gudang/baru": "store.edit", "/pengaturan/rekening": "bank_accounts.view",
    "/pengaturan/rekening/baru": "bank_accounts.create",
}  # fmt: skip


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop()


@pytest.fixture
def owner(shop: Shop, client: Client) -> Client:
    return login(client, shop.user)


@pytest.mark.parametrize("preset", list(PRESETS))
def test_every_role_opens_just_its_pages_in_both_languages(shop: Shop, client: Client, preset: str) -> None:
    user = shop.user if preset == "owner" else shop.staff(preset).user
    rights = PRESETS[preset][1]
    login(client, user)
    for language in ("id", "en"):
        client.cookies["bos_language"] = language
        for path, right in PAGES.items():
            page = client.get(path)
            assert page.status_code == (200 if right in rights else 403), (preset, path)
            if page.status_code == 200:
                listed = {part[4] for part in SETTINGS if f'href="{reverse(part[1])}"'.encode() in page.content}
                assert listed == {part[4] for part in SETTINGS if not part[4] or part[4] in rights}
    index = client.get("/pengaturan")
    mine = [part[1] for part in SETTINGS if not part[4] or part[4] in rights]
    assert (index.status_code, index["Location"]) == (302, reverse(mine[0]))


def test_the_list_of_settings_holds_only_what_may_be_seen(shop: Shop, client: Client) -> None:
    login(client, shop.staff("finance").user)
    page = client.get("/pengaturan", follow=True)
    assert page.redirect_chain[-1][0] == "/pengaturan/rekening"
    assert b"/pengaturan/domain" not in page.content


def test_strangers_are_sent_to_the_log_in_and_posts_need_the_token(shop: Shop) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.get("/pengaturan/toko")["Location"].startswith("/masuk?next=")
    strict.cookies = login(Client(), shop.user).cookies
    for path in ("/pengaturan/toko", "/pengaturan/domain", "/pengaturan/gudang/baru", "/pengaturan/rekening/baru",
                 f"/pengaturan/gudang/{shop.warehouse.pk}/hapus"):  # fmt: skip
        assert strict.post(path, {}).status_code == 403
    with store_scope(shop.store):
        assert Warehouse.objects.filter(deleted_at__isnull=True).count() == 1


def test_another_stores_rows_are_404_on_pages(shop: Shop, owner: Client) -> None:
    other = make_shop()
    with store_scope(other.store):
        account = BankAccount.objects.get().pk
        domain = domain_add(store=other.store, hostname="asing.com", actor=SYSTEM).pk
    foreign = other.warehouse.pk
    for path in (f"/pengaturan/gudang/{foreign}", f"/pengaturan/rekening/{account}", f"/pengaturan/gudang/{2**62}"):
        assert owner.get(path).status_code == 404
    actions = [f"/pengaturan/gudang/{foreign}/{a}" for a in ("utama", "daftarkan", "aktif", "nonaktif", "hapus")]
    actions += [f"/pengaturan/rekening/{account}/{a}" for a in ("utama", "aktif", "nonaktif", "hapus")]
    actions += [f"/pengaturan/domain/{domain}/{a}" for a in ("periksa", "utama", "hapus")]
    actions += [f"/pengaturan/gudang/{shop.warehouse.pk}/terbang", f"/pengaturan/rekening/{account}/terbang"]
    for path in actions:
        assert owner.post(path).status_code == 404, path


def test_the_store_form_saves_and_keeps_what_was_typed_when_wrong(shop: Shop, owner: Client) -> None:
    values = {
        "name": "Madu Pati", "whatsapp": "081234567890", "email": "", "address": "Juwana", "time_zone": "Asia/Jayapura", "colour": "#b45309",
        "invoice_heading": "", "invoice_note": "", "cod_fee_payer": "seller", "cod_round_to": "500", "payment_hours": "12", "complete_after_days": "5",
        "duplicate_window_hours": "6", "low_stock_at": "2",
    }  # fmt: skip
    assert owner.post("/pengaturan/toko", values).status_code == 302
    store = Store.objects.get(pk=shop.store.pk)
    assert (store.name, store.payment_hours, store.unique_code_enabled, store.time_zone) == (
        "Madu Pati",
        12,
        False,
        "Asia/Jayapura",
    )
    wrong = owner.post("/pengaturan/toko", values | {"payment_hours": "9999", "name": "Nama Baru"})
    assert wrong.status_code == 422 and b"Nama Baru" in wrong.content and b"9999" in wrong.content
    assert Store.objects.get(pk=shop.store.pk).name == "Madu Pati"


def test_warehouses_by_their_buttons(shop: Shop, owner: Client) -> None:
    new = {"name": "Gudang Jakarta", "contact_name": "Budi", "phone": "081233334444", "district_id": GAMBIR, "postal_code": "",
           "address": "Jl. Merdeka Barat No. 1"}  # fmt: skip
    assert owner.post("/pengaturan/gudang/baru", new).status_code == 302
    with store_scope(shop.store):
        row = Warehouse.objects.get(name="Gudang Jakarta")
    wrong = owner.post(f"/pengaturan/gudang/{row.pk}", new | {"phone": "1"})
    assert wrong.status_code == 422 and b"Gambir, " in wrong.content
    assert owner.post(f"/pengaturan/gudang/{row.pk}", new | {"name": "Gudang Pusat"}).status_code == 302
    for action in ("utama", "daftarkan", "nonaktif", "aktif", "hapus"):
        assert (
            owner.post(
                f"/pengaturan/gudang/{row.pk}/{action}", HTTP_REFERER="http://testserver/pengaturan/gudang"
            ).status_code
            == 302
        )
    refused = owner.post(
        f"/pengaturan/gudang/{shop.warehouse.pk}/hapus", HTTP_REFERER="http://testserver/pengaturan/gudang", follow=True
    )
    assert "satu-satunya gudang" in refused.content.decode()
    with store_scope(shop.store):
        assert list(Warehouse.objects.filter(deleted_at__isnull=True).values_list("pk", flat=True)) == [
            shop.warehouse.pk
        ]


def test_bank_accounts_by_their_buttons(shop: Shop, owner: Client) -> None:
    assert (
        owner.post("/pengaturan/rekening/baru", {"bank_code": "002", "number": "123", "holder": "R"}).status_code == 422
    )
    assert (
        owner.post("/pengaturan/rekening/baru", {"bank_code": "002", "number": "1234567", "holder": "R"}).status_code
        == 302
    )
    with store_scope(shop.store):
        row = BankAccount.objects.get(number="1234567")
        first = BankAccount.objects.exclude(pk=row.pk).get()
    edit = f"/pengaturan/rekening/{row.pk}"
    assert b"1234567" in owner.get(edit).content
    assert owner.post(edit, {"bank_code": "002", "number": "1234568", "holder": "R"}).status_code == 302
    assert owner.post(f"{edit}/utama").status_code == 302
    hidden = owner.post(f"{edit}/nonaktif", follow=True).content.decode()
    assert f"Rekening utama sekarang BCA ••••••••{first.number[-4:]}" in hidden
    assert owner.post(f"{edit}/aktif").status_code == 302
    assert owner.post(f"{edit}/hapus").status_code == 302
    with store_scope(shop.store):
        assert BankAccount.objects.get(deleted_at__isnull=True).is_default


def test_a_domain_from_typing_to_default_by_the_page(shop: Shop, owner: Client, dns: DnsServer, settings: Any) -> None:
    settings.DOMAIN_ADDRESSES = ["203.0.113.7"]
    wrong = owner.post("/pengaturan/domain", {"hostname": "192.168.1.1"})
    assert wrong.status_code == 422 and "Alamat IP" in wrong.content.decode()
    assert owner.post("/pengaturan/domain", {"hostname": "https://tokomadu.com/"}).status_code == 302
    with store_scope(shop.store):
        row = Domain.objects.get(hostname="tokomadu.com")
    page = owner.get("/pengaturan/domain").content.decode()
    assert proof_text(row) in page and "203.0.113.7" in page and "Menunggu DNS" in page
    part = owner.post(f"/pengaturan/domain/{row.pk}/periksa", HTTP_HX_REQUEST="true")
    assert part.status_code == 200 and b"<html" not in part.content and "belum ada" in part.content.decode()
    dns.set(proof_name("tokomadu.com"), "TXT", proof_text(row))
    dns.set("tokomadu.com", "A", "203.0.113.7")
    assert owner.post(f"/pengaturan/domain/{row.pk}/periksa").status_code == 302
    assert "Terverifikasi" in owner.get("/pengaturan/domain").content.decode()
    assert owner.post(f"/pengaturan/domain/{row.pk}/utama").status_code == 302
    assert "http://tokomadu.com:8000/" in owner.get("/pengaturan/domain").content.decode()
    assert owner.post(f"/pengaturan/domain/{row.pk}/hapus").status_code == 302
    with store_scope(shop.store):
        assert not Domain.objects.filter(kind="custom").exists()


def test_the_address_is_changed_with_a_warning_about_links(shop: Shop, owner: Client) -> None:
    page = owner.get("/pengaturan/domain/alamat").content.decode()
    assert "90 hari" in page and f"{shop.store.subdomain}.localhost" in page
    assert owner.post("/pengaturan/domain/alamat", {"subdomain": "www"}).status_code == 422
    assert owner.post("/pengaturan/domain/alamat", {"subdomain": "madu-pindah"}).status_code == 302
    assert f"{shop.store.subdomain}.localhost" in owner.get("/pengaturan/domain").content.decode()
    answer = owner.get("/toko/alamat/cek", {"subdomain": "www"}).json()["data"]
    assert answer["reason"] == "reserved" and len(answer["suggestions"]) == 3


def test_pages_cost_the_same_with_many_rows(shop: Shop, owner: Client) -> None:
    def cost(path: str) -> int:
        owner.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert owner.get(path).status_code == 200
        return len(captured)

    paths = ("/pengaturan/gudang", "/pengaturan/rekening", "/pengaturan/domain")
    before = [cost(path) for path in paths]
    with store_scope(shop.store):
        for n in range(9):
            domain_add(store=shop.store, hostname=f"toko{n}.com", actor=SYSTEM)
            bank_account_create(
                store=shop.store, bank_code="008", number=f"7770000{n:03d}", holder="Ratna", actor=SYSTEM
            )
            warehouse_create(store=shop.store, name=f"Gudang {n}", contact_name="Budi", phone="081233334444",
                             district_id=GAMBIR, address="Jl. Merdeka Barat No. 1", actor=SYSTEM)  # fmt: skip
    assert [cost(path) for path in paths] == before
    assert max(before) <= 6, before
