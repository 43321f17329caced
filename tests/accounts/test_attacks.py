"""Attacks on accounts that are not a wrong password: forged hosts, foreign redirects, missing CSRF tokens."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from sellers import tokens
from sellers.models import LoginSession, User
from tests.accounts.helpers import bearer, call, log_in
from tests.factories import PASSWORD, make_shop

FOREIGN = ("https://jahat.example/", "//jahat.example", "/\\jahat.example", "javascript:alert(1)", "http:///jahat.example",
           "https:jahat.example", " //jahat.example", "\t//jahat.example")  # fmt: skip


@pytest.mark.parametrize("target", FOREIGN)
def test_no_page_redirects_to_somewhere_else(db: None, target: str) -> None:
    shop = make_shop()
    browser = Client()
    entered = browser.post("/masuk", {"email": shop.user.email, "password": PASSWORD, "next": target})
    assert entered.status_code == 302 and entered["Location"] == "/beranda", entered["Location"]
    language = browser.post("/bahasa", {"language": "en", "next": target})
    assert language["Location"] == "/"
    failed = browser.post("/pesanan/massal/status", {"ids": ""}, HTTP_REFERER=target)
    assert failed["Location"] == "/beranda"


def test_pages_refuse_writes_without_the_token_of_the_session(db: None) -> None:
    shop = make_shop()
    browser = Client(enforce_csrf_checks=True)
    assert browser.post("/masuk", {"email": shop.user.email, "password": PASSWORD}).status_code == 403
    browser.get("/masuk")
    page = browser.get("/masuk").content.decode()
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    entered = browser.post("/masuk", {"email": shop.user.email, "password": PASSWORD, "csrfmiddlewaretoken": token})
    assert entered.status_code == 302
    for path in ("/pengaturan/profil", "/pengaturan/hapus-akun", "/pengaturan/karyawan/baru", "/toko/ganti", "/keluar"):
        assert browser.post(path, {}).status_code == 403, path
        assert browser.post(path, {"csrfmiddlewaretoken": token}).status_code == 403, "the token from before the log-in"
        foreign = browser.post(path, {"csrfmiddlewaretoken": "x" * 64}, HTTP_ORIGIN="https://jahat.example")
        assert foreign.status_code == 403, path
    assert browser.get("/beranda").status_code == 200


def test_a_page_that_was_open_too_long_says_so_and_leads_back(db: None) -> None:
    shop = make_shop()
    browser = Client(enforce_csrf_checks=True)
    form = {"email": shop.user.email, "password": PASSWORD}
    for referer, back in (
        ("http://testserver/masuk?next=/form", "/masuk"), ("https://jahat.example/masuk", "/"),
        ("http://testserver//jahat.example", "/"), ("", "/"),
    ):  # fmt: skip
        answer = browser.post("/masuk", form, HTTP_REFERER=referer)
        text = answer.content.decode()
        assert answer.status_code == 403 and '<h1 class="blank-title">Halaman ini terlalu lama terbuka' in text
        assert f'btn-primary" href="{back}"' in text
    answer = browser.post("/masuk", form, HTTP_ACCEPT="application/json")
    assert answer.status_code == 403 and answer.json()["code"] == "page_expired"


@pytest.mark.parametrize(
    "host", ["jahat.example", "localhost.jahat.example", "localhost:8000@jahat.example", "a" * 300]
)
def test_the_dashboard_and_the_api_answer_on_the_platforms_host_only(client: Client, db: None, host: str) -> None:
    shop = make_shop()
    for path in ("/masuk", "/beranda", "/api/v1/me", "/pengaturan/sesi"):
        answer = client.get(path, HTTP_HOST=host, **shop.bearer())
        assert answer.status_code in (400, 404), (path, answer.status_code)
        assert b"jahat.example" not in answer.content


@pytest.mark.parametrize(
    "changes",
    [{"sid": 1}, {"typ": "refresh"}, {"sub": "1"}, {"exp": 9999999999}, {"role": "owner"}],
)
def test_a_token_signed_with_another_key_or_algorithm_is_worthless(
    client: Client, db: None, changes: dict[str, Any]
) -> None:
    import jwt

    shop = make_shop()
    session = LoginSession.objects.create(
        user=shop.user, store=shop.store, kind="api", expires_at="2099-01-01T00:00:00Z", refresh_jti="x"
    )
    claims = tokens.decode(tokens.access_token(session), "access") | changes
    forged = jwt.encode(claims, "another-secret-of-thirty-two-bytes!!", algorithm="HS256")
    none = jwt.encode(claims, "", algorithm="none")
    for token in (forged, none, tokens.refresh_token(session), "x.y.z", ""):
        answer = client.get("/api/v1/me", HTTP_AUTHORIZATION=f"Bearer {token}")
        assert answer.status_code == 401, token


def test_the_session_of_the_browser_is_not_an_access_token_and_the_other_way_round(client: Client, db: None) -> None:
    shop = make_shop()
    browser = Client()
    browser.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    web = LoginSession.objects.get(user=shop.user, kind="web")
    assert client.get("/api/v1/me", HTTP_AUTHORIZATION=f"Bearer {tokens.access_token(web)}").status_code == 401
    assert browser.get("/api/v1/me").status_code == 401, "cookies open no API: no CSRF there"


def test_wrong_bodies_are_errors_at_their_fields(client: Client, db: None) -> None:
    shop = make_shop()
    headers = shop.bearer()
    for method, path, body in (
        ("post", "/auth/login", {"email": ["a"], "password": {"x": 1}}), ("post", "/auth/login", {"email": "a\x00", "password": "b"}),
        ("post", "/auth/register", {"name": "x" * 500, "email": "@", "phone": "1" * 999, "password": ""}),
        ("post", "/auth/reset-password", {"token": "x" * 5000, "password": "y"}), ("post", "/auth/confirm-email", {"token": None}),
        ("post", "/auth/refresh/", {"refresh_token": [5]}), ("put", "/profile", {"phone": "😀", "email": "tidak"}),
        ("put", "/profile", {"language": "jv"}), ("put", "/profile/password", {}), ("post", "/auth/switch-store", {"store_id": "1e99"}),
        ("post", "/auth/switch-store", {"store_id": 2**70}), ("post", "/stores", {"name": "x" * 81}),
        ("patch", "/store/staff/status", {"ids": [], "is_active": True}), ("patch", "/store/staff/status", {"ids": ["a"], "is_active": "x"}),
        ("patch", "/store/staff/status", {"ids": list(range(1, 200)), "is_active": True}),
        ("post", "/store/hand-over", {"staff_id": -1, "password": ""}), ("put", "/store/notifications/preferences", {"muted": "x"}),
        ("patch", "/store/notifications", {"last_id": "x"}), ("post", "/store/roles", {"name": {"a": 1}, "rights": [[]]}),
    ):  # fmt: skip
        answer = call(client, method, path, body, **headers)
        assert answer.status_code == 422 and answer.json()["errors"], (
            path,
            body,
            answer.status_code,
            answer.content[:200],
        )
    broken = client.post("/api/v1/auth/login", "{", content_type="application/json")
    assert broken.status_code == 400
    listed = client.post("/api/v1/auth/login", "[]", content_type="application/json")
    assert listed.status_code == 400
    form = client.post("/api/v1/auth/login", "a=b", content_type="application/x-www-form-urlencoded")
    assert form.status_code == 415


def test_pages_survive_hostile_input(db: None) -> None:
    shop = make_shop()
    browser = Client()
    browser.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    text = "<script>alert(1)</script>"
    browser.post(
        "/pengaturan/profil", {"name": text, "email": shop.user.email, "phone": shop.user.phone, "language": "id"}
    )
    for path in ("/beranda", "/pengaturan/profil", "/pengaturan/karyawan"):
        content = browser.get(path).content.decode()
        assert text not in content and "&lt;script&gt;" in content, path
    for path, data in (
        ("/pengaturan/profil", {"name": "a\x00b", "email": "x", "phone": "y", "language": "z"}),
        ("/pengaturan/karyawan/baru", {"name": "", "role_id": "x" * 100, "lead_weight": "1e9"}),
        ("/pengaturan/peran/baru", {"name": text, "rights": ["x", "orders.view"]}),
        ("/pengaturan/kepemilikan", {"staff_id": "x", "password": "y"}), ("/toko/baru", {"name": ""}),
        ("/masuk", {"email": "\x00", "password": "\x00"}), ("/kata-sandi/lupa", {"email": ""}), ("/kata-sandi/lupa", {"email": "\x00"}),
    ):  # fmt: skip
        assert browser.post(path, data).status_code == 422, path
    for path in ("/pengaturan/karyawan?after=x", "/pengaturan/karyawan?role=x", "/pengaturan/karyawan?active=9",
                 "/pengaturan/sesi?after=eyJ4Ijox", "/pengaturan/peran/baru?dari=999999999999999999999"):  # fmt: skip
        assert browser.get(path).status_code in (200, 302, 404), path
    assert browser.post("/toko/ganti", {"store": "9" * 40}).status_code == 404
    assert browser.get("/pengaturan/sesi").status_code == 200


def test_an_internal_account_opens_no_store(client: Client, db: None) -> None:
    from sellers.services.accounts import user_create

    user = user_create(name="Staf Platform", email="ops@uji.id", phone="081200009999", password=PASSWORD)
    User.objects.filter(pk=user.pk).update(internal_role="operations")
    entered = log_in(client, "ops@uji.id")
    assert entered.json()["user"]["store_id"] is None
    assert call(client, "get", "/store/orders", **bearer(entered)).status_code == 403
    assert json.loads(call(client, "get", "/me", **bearer(entered)).content)["data"]["rights"] == []
