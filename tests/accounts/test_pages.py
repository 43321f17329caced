"""What pages do when something changed behind them: the session ended, the store was switched, the list was filtered."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from bosonline.tenancy import store_scope
from sellers.models import LoginSession, Membership
from sellers.services.accounts import store_open
from stores.models import BankAccount
from tests.factories import Shop, make_shop
from tests.stores.people import login

HERE, FORM = "http://testserver", "application/x-www-form-urlencoded"


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop()


def _ended(client: Client, shop: Shop) -> None:
    login(client, shop.user)
    LoginSession.objects.update(ended_at="2026-01-01T00:00:00Z")


def _next(location: str) -> str:
    assert urlsplit(location).path == "/masuk"
    return parse_qs(urlsplit(location).query).get("next", [""])[0]


@pytest.mark.parametrize(
    ("referer", "following"),
    [
        (f"{HERE}/pengaturan/karyawan?keyword=a", "/pengaturan/karyawan?keyword=a"),
        ("https://jahat.example/pengaturan", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_after_the_session_ended_a_button_leads_back_to_its_page(
    client: Client, shop: Shop, referer: str, following: str
) -> None:
    _ended(client, shop)
    answer = client.post("/pengaturan/karyawan/1/nonaktif", headers={"Referer": referer} if referer else {})
    assert answer.status_code == 302
    assert _next(answer["Location"]) == following


def test_after_the_session_ended_a_part_of_a_page_leads_back_and_a_script_gets_401(client: Client, shop: Shop) -> None:
    _ended(client, shop)
    headers = {"HX-Request": "true", "HX-Current-URL": f"{HERE}/pesanan?tab=new"}
    answer = client.get("/notifikasi?menu=1", headers=headers)
    assert _next(answer["HX-Redirect"]) == "/pesanan?tab=new"
    answer = client.get("/toko/alamat/cek?subdomain=madu", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")


def test_what_another_tab_meant_for_another_store_is_not_written(client: Client, shop: Shop) -> None:
    second = store_open(user=shop.user, name="Toko kedua")
    login(client, shop.user)
    with store_scope(shop.store):
        account = BankAccount.objects.get()
    path = f"/pengaturan/rekening/{account.pk}/nonaktif"
    for answer in (
        client.post(path, f"_store={second.pk}", FORM, headers={"Referer": f"{HERE}/pengaturan/rekening"}),
        client.post(f"{path}?_store={second.pk}", {"logo": ""}, headers={"Referer": f"{HERE}/pengaturan/rekening"}),
    ):
        assert (answer.status_code, answer["Location"]) == (302, "/beranda")
    answer = client.post(path, headers={"X-Store": str(second.pk), "Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (409, "other_store")
    account.refresh_from_db()
    assert account.is_active
    # what is about the person, and a switch, works from any tab
    assert client.post("/toko/ganti", f"store={second.pk}&_store=999", FORM)["Location"] == "/beranda"
    assert client.post("/pengaturan/sesi/akhiri", f"_store={shop.store.pk}", FORM)["Location"] == "/pengaturan/sesi"
    # and the right store's own form goes through
    client.post("/toko/ganti", {"store": shop.store.pk})
    client.post(path, f"_store={shop.store.pk}", FORM)
    account.refresh_from_db()
    assert not account.is_active


def test_pausing_keeps_the_page_of_the_list(client: Client, shop: Shop) -> None:
    person = shop.staff("viewer")
    assert person.membership is not None
    login(client, shop.user)
    path = f"/pengaturan/karyawan/{person.membership.pk}/nonaktif"
    listed = f"{HERE}/pengaturan/karyawan?keyword=Staf&active=1"
    answer = client.post(path, headers={"Referer": listed})
    assert answer["Location"] == "/pengaturan/karyawan?keyword=Staf&active=1"
    assert client.post(path, headers={"Referer": "https://jahat.example/x?y"})["Location"] == "/pengaturan/karyawan"
    with store_scope(shop.store):
        assert not Membership.objects.get(pk=person.membership.pk).is_active
    shown = client.get("/pengaturan/karyawan?active=0").content.decode()
    assert person.user.name in shown and shop.user.email not in shown
