"""Domains over the API: what is answered, what is refused, whose they are, what they cost."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bosonline.actor import SYSTEM
from bosonline.tenancy import store_scope
from stores.models import Domain
from stores.services.domains import domain_add
from tests.dns import DnsServer
from tests.factories import Shop, make_shop

URL = "/api/v1/store/domains"


@pytest.fixture
def shop(db: None, settings: Any) -> Shop:
    settings.DOMAIN_ADDRESSES, settings.DNS_TIMEOUT = ["203.0.113.7"], 0.6
    return make_shop()


@pytest.fixture
def api(shop: Shop, client: Client) -> Any:
    headers = shop.bearer()

    def call(method: str, path: str, body: Any = None, **extra: Any) -> Any:
        return getattr(client, method)(path, body, content_type="application/json", **headers, **extra)

    return call


def test_from_adding_to_default_and_back(shop: Shop, api: Any, dns: DnsServer) -> None:
    (subdomain,) = api("get", URL).json()["data"]
    assert (subdomain["kind"], subdomain["state"], subdomain["is_default"]) == ("subdomain", "active", True)
    assert subdomain["records"] == []
    answer = api("post", URL, {"hostname": "https://Bücher-Toko.de/"})
    assert answer.status_code == 201
    row = answer.json()["data"]
    assert (row["hostname"], row["shown"], row["state"]) == ("xn--bcher-toko-9db.de", "bücher-toko.de", "pending")
    proof, pointing = row["records"]
    assert (proof["type"], proof["host"], proof["ok"], proof["found"]) == ("TXT", "_bosonline", None, [])
    assert pointing["expected"] == ["203.0.113.7"] and pointing["message"] == "Belum diperiksa."
    assert api("put", f"{URL}/default", {"id": row["id"]}).json()["code"] == "domain_not_verified"

    unproved = api("post", f"{URL}/{row['id']}/verify").json()["data"]
    assert [r["ok"] for r in unproved["records"]] == [False, False]
    dns.set(proof["name"], "TXT", *proof["expected"])
    dns.set(row["hostname"], "A", *pointing["expected"])
    proved = api("post", f"{URL}/{row['id']}/verify").json()["data"]
    assert proved["state"] == "verified" and [r["message"] for r in proved["records"]] == ["Benar.", "Benar."]
    chosen = api("put", f"{URL}/default", {"id": row["id"]}).json()["data"]
    assert chosen["is_default"] and api("get", "/api/v1/store").json()["data"]["url"] == chosen["url"]
    assert [d["is_default"] for d in api("get", URL).json()["data"]] == [False, True]
    assert api("delete", f"{URL}/{row['id']}").status_code == 200
    assert api("delete", f"{URL}/{row['id']}").status_code == 404
    assert [d["is_default"] for d in api("get", URL).json()["data"]] == [True]
    assert api("delete", f"{URL}/{subdomain['id']}").json()["code"] == "domain_is_subdomain"


def test_messages_speak_english_when_asked(shop: Shop, api: Any) -> None:
    row = api("post", URL, {"hostname": "tokomadu.com"}, HTTP_ACCEPT_LANGUAGE="en").json()["data"]
    assert row["records"][0]["message"] == "Not checked yet."
    answer = api("post", URL, {"hostname": "10.0.0.1"}, HTTP_ACCEPT_LANGUAGE="en").json()
    assert answer["errors"]["hostname"] == ["An IP address cannot be used. Type a domain, for example tokomadu.com."]


@pytest.mark.parametrize(
    "hostname",
    ["", None, 5, ["x.com"], {"a": 1}, "x" * 301, "a\x00b.com", "*.toko.com", "madu.localhost", "toko.com:80"],
)
def test_bad_names_are_422_at_the_field_and_add_nothing(shop: Shop, api: Any, hostname: Any) -> None:
    answer = api("post", URL, {"hostname": hostname})
    assert answer.status_code == 422 and answer.json()["errors"]["hostname"], answer.content
    with store_scope(shop.store):
        assert Domain.objects.filter(kind="custom").count() == 0


def test_bad_ids_and_bodies(shop: Shop, api: Any) -> None:
    for body in ({}, {"id": "x"}, {"id": 0}, {"id": -1}, {"id": 2**70}, {"id": None}):
        assert api("put", f"{URL}/default", body).status_code == 422, body
    assert api("put", f"{URL}/default", "[]").status_code == 400
    assert api("put", f"{URL}/default", {"id": 2**62}).status_code == 404
    assert api("get", f"{URL}/default").status_code == 405


def test_another_stores_domain_is_404_everywhere(shop: Shop, api: Any) -> None:
    other = make_shop()
    with store_scope(other.store):
        foreign = domain_add(store=other.store, hostname="asing.com", actor=SYSTEM).pk
        theirs = Domain.objects.get(kind="subdomain").pk
    for pk in (foreign, theirs, 2**62):
        assert api("post", f"{URL}/{pk}/verify").status_code == 404
        assert api("delete", f"{URL}/{pk}").status_code == 404
        assert api("put", f"{URL}/default", {"id": pk}).status_code == 404
    assert "asing.com" not in api("get", URL).content.decode()


def test_who_may_do_what(shop: Shop, client: Client) -> None:
    for preset in ("customer_service", "advertiser", "warehouse", "finance", "viewer"):
        headers = {"content_type": "application/json", **shop.bearer(shop.staff(preset).user)}
        assert client.get(URL, **headers).status_code == 403
        assert client.post(URL, {"hostname": "x.com"}, **headers).status_code == 403
        assert client.put(f"{URL}/default", {"id": 1}, **headers).status_code == 403
        assert client.post(f"{URL}/1/verify", **headers).status_code == 403
        assert client.delete(f"{URL}/1", **headers).status_code == 403
        assert client.put("/api/v1/store/subdomain", {"subdomain": "x-baru"}, **headers).status_code == 403
    for method, path in (
        ("get", URL),
        ("post", URL),
        ("put", f"{URL}/default"),
        ("post", f"{URL}/1/verify"),
        ("delete", f"{URL}/1"),
    ):
        assert getattr(client, method)(path).status_code == 401


def test_the_subdomain_over_the_api(shop: Shop, api: Any) -> None:
    assert api("get", "/api/v1/store/subdomain/check?subdomain=www").json()["data"]["reason"] == "reserved"
    answer = api("put", "/api/v1/store/subdomain", {"subdomain": "www"})
    assert answer.status_code == 422 and answer.json()["code"] == "subdomain_reserved"
    assert len(answer.json()["suggestions"]) == 3 and "subdomain" in answer.json()["errors"]
    old = shop.store.subdomain
    assert api("put", "/api/v1/store/subdomain", {"subdomain": "Madu-Baru"}).json()["data"]["subdomain"] == "madu-baru"
    rows = api("get", URL).json()["data"]
    assert [(r["hostname"], r["state"], r["is_default"]) for r in rows] == [
        ("madu-baru.localhost", "active", True), (f"{old}.localhost", "redirects", False),
    ]  # fmt: skip
    assert rows[1]["redirect_until"]
    assert api("put", f"{URL}/default", {"id": rows[1]["id"]}).json()["code"] == "domain_redirects"
    assert api("post", f"{URL}/{rows[1]['id']}/verify").json()["data"]["state"] == "redirects"


def test_the_list_costs_the_same_with_many_domains(shop: Shop, api: Any) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api("get", URL).status_code == 200
        return len(captured)

    api("get", URL)
    before = cost()
    with store_scope(shop.store):
        for n in range(10):
            domain_add(store=shop.store, hostname=f"toko{n}.com", actor=SYSTEM)
    assert cost() == before
