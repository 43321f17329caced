"""The second factor: off by default, once on nobody gets in without it, and every code works once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine
from django.db import connection
from django.test import Client

from sellers.models import RecoveryCode, TwoFactor
from sellers.services import guard, second_factor
from tests.accounts.helpers import bearer, call, letters, log_in
from tests.factories import PASSWORD, Shop, make_shop

NOW = datetime(2026, 3, 1, 2, 0, 10, tzinfo=UTC)


def switch_on(client: Client, shop: Shop) -> tuple[str, list[str]]:
    """The secret and the recovery codes."""
    headers = shop.bearer()
    started = call(client, "post", "/profile/second-factor", {"password": PASSWORD}, **headers)
    assert started.status_code == 201 and started.json()["data"]["otpauth"].startswith("otpauth://totp/BosOnline")
    secret = started.json()["data"]["secret"]
    done = call(client, "post", "/profile/second-factor/confirm", {"otp": pyotp.TOTP(secret).now()}, **headers)
    assert done.status_code == 200, done.content
    return secret, done.json()["data"]["recovery_codes"]


@pytest.fixture
def clock() -> object:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def test_a_password_alone_is_not_enough_any_more(client: Client, db: None, clock: time_machine.Coordinates) -> None:
    shop = make_shop()
    secret, codes = switch_on(client, shop)
    assert len(codes) == len(set(codes)) == 10
    clock.shift(60)
    asked = log_in(client, shop.user.email)
    assert asked.status_code == 401 and asked.json()["code"] == "second_factor_required"
    assert "token" not in asked.json()
    wrong = log_in(client, shop.user.email, otp="000000")
    assert wrong.status_code == 422 and "otp" in wrong.json()["errors"]
    assert log_in(client, shop.user.email, otp=pyotp.TOTP(secret).now()).status_code == 200
    assert [m for m in letters(shop.user.email) if "dua langkah aktif" in m.subject]


def test_the_code_is_asked_for_only_after_the_right_password(client: Client, db: None, clock: object) -> None:
    shop = make_shop()
    switch_on(client, shop)
    assert log_in(client, shop.user.email, "salah-sekali-1").json()["code"] == "invalid_credentials"
    assert log_in(client, shop.user.email, "salah-sekali-1", otp="123456").json()["code"] == "invalid_credentials"


def test_a_code_works_once_even_within_its_half_minute(
    client: Client, db: None, clock: time_machine.Coordinates
) -> None:
    shop = make_shop()
    secret, _codes = switch_on(client, shop)
    clock.shift(60)
    code = pyotp.TOTP(secret).now()
    assert log_in(client, shop.user.email, otp=code).status_code == 200
    assert log_in(client, shop.user.email, otp=code).status_code == 422


def test_a_phone_that_is_a_little_off_is_accepted_a_lot_off_is_not(
    client: Client, db: None, clock: time_machine.Coordinates
) -> None:
    shop = make_shop()
    secret, _codes = switch_on(client, shop)
    clock.shift(300)
    late = pyotp.TOTP(secret).at(datetime.now(UTC) - timedelta(seconds=90))
    assert log_in(client, shop.user.email, otp=late).status_code == 422
    slow = pyotp.TOTP(secret).at(datetime.now(UTC) - timedelta(seconds=30))
    assert log_in(client, shop.user.email, otp=slow).status_code == 200


def test_recovery_codes_work_once_and_in_any_spelling(client: Client, db: None, clock: object) -> None:
    shop = make_shop()
    _secret, codes = switch_on(client, shop)
    assert log_in(client, shop.user.email, otp=codes[0].upper().replace("-", " ")).status_code == 200
    assert log_in(client, shop.user.email, otp=codes[0]).status_code == 422
    state = call(client, "get", "/profile/second-factor", **shop.bearer()).json()["data"]
    assert state["enabled"] and state["recovery_codes_left"] == 9


def test_a_recovery_code_used_at_the_same_time_lets_one_in(committed_db: None) -> None:
    shop = make_shop()
    _secret, codes = switch_on(Client(), shop)

    def enter(_n: int) -> int:
        try:
            return log_in(Client(), shop.user.email, otp=codes[3]).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(enter, range(4)))
    assert statuses.count(200) == 1, statuses


def test_guessing_codes_has_to_wait(client: Client, db: None, clock: time_machine.Coordinates) -> None:
    shop = make_shop()
    secret, _codes = switch_on(client, shop)
    clock.shift(60)
    token = guard.device_token(shop.user.pk, guard.device_new())
    statuses = [log_in(client, shop.user.email, otp=f"{n:06}", HTTP_X_DEVICE_TOKEN=token).status_code for n in range(6)]
    assert statuses[:5] == [422] * 5 and statuses[5] == 429
    fresh = guard.device_token(shop.user.pk, guard.device_new())
    blocked = log_in(client, shop.user.email, otp=pyotp.TOTP(secret).now(), HTTP_X_DEVICE_TOKEN=fresh)
    assert blocked.status_code == 429, "another device does not reset the count of codes"


def test_on_pages_the_second_step_follows_the_first(db: None, clock: time_machine.Coordinates) -> None:
    shop = make_shop()
    secret, _codes = switch_on(Client(), shop)
    clock.shift(60)
    browser = Client()
    assert browser.get("/masuk/kode").status_code == 302, "no second step without the first"
    first = browser.post("/masuk", {"email": shop.user.email, "password": PASSWORD, "next": "/pesanan"})
    assert first.status_code == 302 and first["Location"] == "/masuk/kode"
    assert browser.get("/beranda").status_code == 302
    assert browser.post("/masuk/kode", {"otp": "000000"}).status_code == 422
    done = browser.post("/masuk/kode", {"otp": pyotp.TOTP(secret).now()})
    assert done["Location"] == "/pesanan" and browser.get("/beranda").status_code == 200


def test_the_second_page_waits_five_minutes(db: None, clock: time_machine.Coordinates) -> None:
    shop = make_shop()
    secret, _codes = switch_on(Client(), shop)
    browser = Client()
    browser.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    clock.shift(301)
    assert browser.post("/masuk/kode", {"otp": pyotp.TOTP(secret).now()})["Location"] == "/masuk"


def test_switching_off_needs_password_and_code(client: Client, db: None, clock: time_machine.Coordinates) -> None:
    shop = make_shop()
    secret, codes = switch_on(client, shop)
    headers = shop.bearer()
    assert (
        call(client, "delete", "/profile/second-factor", {"password": PASSWORD, "otp": "000000"}, **headers).status_code
        == 422
    )
    clock.shift(60)
    code = pyotp.TOTP(secret).now()
    assert (
        call(client, "delete", "/profile/second-factor", {"password": "salah", "otp": code}, **headers).status_code
        == 422
    )
    assert (
        call(client, "delete", "/profile/second-factor", {"password": PASSWORD, "otp": code}, **headers).status_code
        == 200
    )
    assert log_in(client, shop.user.email).status_code == 200
    assert not RecoveryCode.objects.filter(user=shop.user).exists()
    assert codes


def test_new_recovery_codes_replace_the_old_ones(client: Client, db: None, clock: object) -> None:
    shop = make_shop()
    _secret, codes = switch_on(client, shop)
    body = {"password": PASSWORD, "otp": codes[0]}
    fresh = call(client, "post", "/profile/second-factor/recovery-codes", body, **shop.bearer())
    new = fresh.json()["data"]["recovery_codes"]
    assert not set(new) & set(codes)
    assert log_in(client, shop.user.email, otp=codes[1]).status_code == 422
    assert log_in(client, shop.user.email, otp=new[1]).status_code == 200


def test_an_unfinished_set_up_changes_nothing(client: Client, db: None) -> None:
    shop = make_shop()
    headers = shop.bearer()
    assert call(client, "post", "/profile/second-factor/confirm", {"otp": "123456"}, **headers).status_code == 409
    call(client, "post", "/profile/second-factor", {"password": PASSWORD}, **headers)
    assert call(client, "post", "/profile/second-factor/confirm", {"otp": "abcdef"}, **headers).status_code == 422
    assert log_in(client, shop.user.email).status_code == 200
    assert bearer(log_in(client, shop.user.email))


def test_secrets_and_codes_are_not_readable_in_the_database(client: Client, db: None, clock: object) -> None:
    shop = make_shop()
    secret, codes = switch_on(client, shop)
    assert secret not in TwoFactor.objects.get(user=shop.user).secret
    stored = set(RecoveryCode.objects.values_list("digest", flat=True))
    assert not stored & set(codes)
    assert call(client, "post", "/profile/second-factor", {"password": PASSWORD}, **shop.bearer()).status_code == 409
    assert second_factor.second_factor_pending(shop.user) is None
