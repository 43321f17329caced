"""Sessions: what one sees of them, and that an ended one is worthless at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from sellers.models import LoginSession
from tests.accounts.helpers import bearer, call, letters, log_in
from tests.factories import PASSWORD, make_shop

PHONE = "Mozilla/5.0 (Linux; Android 13; SM-A145F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36"


def test_the_list_shows_device_address_and_which_one_is_mine(client: Client, db: None) -> None:
    shop = make_shop()
    first = log_in(client, shop.user.email, HTTP_USER_AGENT=PHONE, REMOTE_ADDR="36.70.1.2")
    second = log_in(client, shop.user.email)
    rows = call(client, "get", "/sessions", **bearer(second)).json()["data"]
    phone = next(r for r in rows if r["ip"] == "36.70.1.2")
    assert "Android" in phone["device"] and "Samsung" in phone["device"] and not phone["current"]
    assert sum(r["current"] for r in rows) == 1
    mine = call(client, "get", "/sessions", **bearer(first)).json()["data"]
    assert next(r for r in mine if r["current"])["id"] == phone["id"]


def test_an_ended_session_dies_at_once_with_token_and_cookie(client: Client, db: None) -> None:
    shop = make_shop()
    mine, lost = log_in(client, shop.user.email), log_in(client, shop.user.email)
    browser = Client()
    browser.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    assert browser.get("/beranda").status_code == 200
    for row in call(client, "get", "/sessions", **bearer(mine)).json()["data"]:
        if not row["current"]:
            assert call(client, "delete", f"/sessions/{row['id']}", **bearer(mine)).status_code == 200
    dead = call(client, "get", "/me", **bearer(lost))
    assert dead.status_code == 401 and dead.json()["code"] == "session_ended"
    assert (
        call(client, "post", "/auth/refresh/", {"refresh_token": lost.json()["token"]["refresh_token"]}).status_code
        == 401
    )
    assert browser.get("/beranda").status_code == 302
    assert call(client, "get", "/me", **bearer(mine)).status_code == 200


def test_all_others_end_and_the_current_one_stays(client: Client, db: None) -> None:
    shop = make_shop()
    others = [log_in(client, shop.user.email) for _n in range(3)]
    mine = log_in(client, shop.user.email)
    assert call(client, "delete", "/sessions/others", **bearer(mine)).json()["data"]["ended"] == 3
    assert {call(client, "get", "/me", **bearer(o)).status_code for o in others} == {401}
    assert call(client, "get", "/me", **bearer(mine)).status_code == 200


def test_another_persons_session_is_404_and_lives_on(client: Client, db: None) -> None:
    mine, theirs = make_shop(), make_shop()
    entered = log_in(client, theirs.user.email)
    foreign = LoginSession.objects.get(user=theirs.user)
    assert call(client, "delete", f"/sessions/{foreign.pk}", **mine.bearer()).status_code == 404
    assert call(client, "get", "/me", **bearer(entered)).status_code == 200


def test_a_refresh_token_used_twice_ends_the_session_and_is_told(client: Client, db: None) -> None:
    shop = make_shop()
    entered = log_in(client, shop.user.email)
    old = entered.json()["token"]["refresh_token"]
    fresh = call(client, "post", "/auth/refresh/", {"refresh_token": old})
    assert fresh.status_code == 200
    assert call(client, "post", "/auth/refresh", {"refresh_token": old}).json()["code"] == "token_reused"
    assert call(client, "get", "/me", **bearer(fresh)).status_code == 401
    assert [m for m in letters(shop.user.email) if "demi keamanan" in m.subject]


def test_of_simultaneous_refreshes_with_one_token_the_session_does_not_survive_two(committed_db: None) -> None:
    shop = make_shop()
    token = log_in(Client(), shop.user.email).json()["token"]["refresh_token"]

    def refresh(_n: int) -> int:
        try:
            return call(Client(), "post", "/auth/refresh/", {"refresh_token": token}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(refresh, range(6)))
    assert statuses == [200, 401, 401, 401, 401, 401]
    assert LoginSession.objects.get(user=shop.user).end_reason == "refresh_reused"


def test_last_seen_moves_at_most_once_a_minute(client: Client, db: None) -> None:
    shop = make_shop()
    entered = log_in(client, shop.user.email)
    session = LoginSession.objects.get(user=shop.user)
    call(client, "get", "/me", **bearer(entered))
    assert LoginSession.objects.get(pk=session.pk).last_seen_at == session.last_seen_at
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        call(client, "get", "/me", **bearer(entered))
        assert LoginSession.objects.get(pk=session.pk).last_seen_at > session.last_seen_at


def test_an_access_token_lives_an_hour_and_a_session_thirty_days(client: Client, db: None) -> None:
    shop = make_shop()
    entered = log_in(client, shop.user.email)
    with time_machine.travel(timezone.now() + timedelta(seconds=3700)):
        late = call(client, "get", "/me", **bearer(entered))
        assert late.status_code == 401 and late.json()["code"] == "token_expired"
        token = entered.json()["token"]["refresh_token"]
        assert call(client, "post", "/auth/refresh/", {"refresh_token": token}).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        rows = call(client, "get", "/sessions", **bearer(log_in(client, shop.user.email))).json()["data"]
        assert all(r["current"] or r["expires_at"] > timezone.now().isoformat() for r in rows)


def test_a_planted_cookie_does_not_become_the_victims_session(db: None) -> None:
    shop = make_shop()
    browser = Client()
    browser.get("/masuk")
    planted = browser.cookies["sessionid"].value if "sessionid" in browser.cookies else ""
    browser.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert thief.get("/beranda").status_code == 302


def test_logging_out_makes_a_copied_cookie_worthless(db: None) -> None:
    shop = make_shop()
    browser, copy = Client(), Client()
    browser.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    copy.cookies["sessionid"] = browser.cookies["sessionid"].value
    assert copy.get("/beranda").status_code == 200
    browser.post("/keluar")
    assert copy.get("/beranda").status_code == 302


def test_several_stores_are_switched_by_api_and_only_own_ones(client: Client, db: None) -> None:
    shop, other = make_shop(), make_shop()
    entered = log_in(client, shop.user.email)
    opened = call(client, "post", "/stores", {"name": "Toko Kedua"}, **bearer(entered))
    assert opened.status_code == 201 and opened.json()["user"]["store_name"] == "Toko Kedua"
    assert call(client, "get", "/store", **bearer(entered)).json()["data"]["name"] == "Toko Kedua"
    back = call(client, "post", "/auth/switch-store", {"store_id": shop.store.pk}, **bearer(entered))
    assert back.json()["user"]["store_id"] == shop.store.pk
    assert (
        call(client, "post", "/auth/switch-store", {"store_id": other.store.pk}, **bearer(entered)).status_code == 404
    )
    assert [s["current"] for s in call(client, "get", "/stores", **bearer(entered)).json()["data"]] == [True, False]
