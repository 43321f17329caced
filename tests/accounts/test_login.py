"""Logging in: what it costs, what it tells a stranger, and who has to wait."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from bosonline.errors import TooMany
from bosonline.redis import redis_forget
from sellers.models import LoginAttempt, LoginSession
from sellers.services import guard
from tests.accounts.helpers import bearer, call, letters, log_in
from tests.factories import PASSWORD, make_shop


def test_log_in_by_email_or_any_form_of_the_phone(client: Client, db: None) -> None:
    shop = make_shop()
    local = "0" + shop.user.phone[3:]
    for who in (shop.user.email, shop.user.email.upper(), local, shop.user.phone, f"62{local[1:]}"):
        answer = log_in(client, who)
        assert answer.status_code == 200, (who, answer.content)
        assert answer.json()["user"]["store_id"] == shop.store.pk


def test_a_log_in_takes_three_queries_besides_the_hash(
    client: Client, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    shop = make_shop()
    log_in(client, shop.user.email)
    with django_assert_num_queries(3):
        assert log_in(client, shop.user.email).status_code == 200
    with django_assert_num_queries(3):
        client.post("/masuk", {"email": shop.user.email, "password": PASSWORD})


def test_a_stranger_cannot_tell_a_wrong_password_from_an_unknown_account(client: Client, db: None) -> None:
    shop = make_shop()
    known, unknown = log_in(client, shop.user.email, "salah-sekali-1"), log_in(client, "tidak@ada.id", "salah-sekali-1")
    assert known.status_code == unknown.status_code == 422
    assert known.json() == unknown.json() and known.json()["code"] == "invalid_credentials"
    shop.user.is_active = False
    shop.user.save()
    assert log_in(client, shop.user.email).json() == unknown.json()


def test_the_same_hashing_is_done_whether_or_not_the_account_exists(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sellers.services import sessions

    shop = make_shop()
    seen: list[str] = []
    real = sessions.check_password

    def counting(password: str, encoded: str, **kwargs: object) -> bool:
        seen.append(encoded.split("$")[0])
        return real(password, encoded, **kwargs)

    monkeypatch.setattr(sessions, "check_password", counting)
    log_in(client, shop.user.email, "salah-sekali-1")
    log_in(client, "tidak@ada.id", "salah-sekali-1")
    assert len(seen) == 2 and seen[0] == shop.user.password.split("$")[0]


def test_waits_grow_and_end(client: Client, db: None) -> None:
    shop = make_shop()
    with time_machine.travel("2026-03-01T01:00:00Z", tick=False) as clock:
        for _n in range(guard.ACCOUNT.free):
            assert log_in(client, shop.user.email, "salah-sekali-1").status_code == 422
        first = log_in(client, shop.user.email)
        assert first.status_code == 429 and first["Retry-After"] == str(guard.ACCOUNT.first)
        clock.shift(guard.ACCOUNT.first + 1)
        assert log_in(client, shop.user.email, "salah-sekali-1").status_code == 422
        assert log_in(client, shop.user.email)["Retry-After"] == str(2 * guard.ACCOUNT.first)
        clock.shift(2 * guard.ACCOUNT.first + 1)
        assert log_in(client, shop.user.email).status_code == 200, "the right password ends the waits"
        assert log_in(client, shop.user.email, "salah-sekali-1").status_code == 422


def test_a_known_device_gets_in_while_others_guess(db: None) -> None:
    shop = make_shop()
    mine, thief = Client(), Client()
    mine.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    token = log_in(Client(), shop.user.email)["X-Device-Token"]
    for _n in range(guard.ACCOUNT.free + 3):
        log_in(thief, shop.user.email, "salah-sekali-1")
    assert log_in(thief, shop.user.email).status_code == 429, "even with the right password, from an unknown device"
    assert log_in(thief, shop.user.email, HTTP_X_DEVICE_TOKEN=token).status_code == 200
    mine.post("/keluar")
    assert mine.post("/masuk", {"email": shop.user.email, "password": PASSWORD}).status_code == 302


def test_a_device_token_of_another_account_opens_nothing(client: Client, db: None) -> None:
    shop, other = make_shop(), make_shop()
    foreign = log_in(client, other.user.email)["X-Device-Token"]
    for _n in range(guard.ACCOUNT.free):
        log_in(client, shop.user.email, "salah-sekali-1", HTTP_X_DEVICE_TOKEN=foreign)
    assert log_in(client, shop.user.email, HTTP_X_DEVICE_TOKEN=foreign).status_code == 429
    assert log_in(client, shop.user.email, HTTP_X_DEVICE_TOKEN="x" * 200).status_code == 429


def test_a_known_device_cannot_guess_for_ever_either(client: Client, db: None) -> None:
    shop = make_shop()
    token = log_in(client, shop.user.email)["X-Device-Token"]
    for _n in range(guard.DEVICE.free):
        log_in(client, shop.user.email, "salah-sekali-1", HTTP_X_DEVICE_TOKEN=token)
    assert log_in(client, shop.user.email, HTTP_X_DEVICE_TOKEN=token).status_code == 429


def test_email_and_phone_of_one_account_share_its_tries(client: Client, db: None) -> None:
    shop = make_shop()
    for n in range(guard.ACCOUNT.free):
        log_in(client, shop.user.email if n % 2 else shop.user.phone, "salah-sekali-1")
    assert log_in(client, shop.user.phone).status_code == 429


def test_an_address_that_tries_many_accounts_has_to_wait(client: Client, db: None) -> None:
    shop = make_shop()
    for n in range(guard.IP.free):
        assert log_in(client, f"orang{n}@uji.id", "salah-sekali-1").status_code == 422
    assert log_in(client, shop.user.email).status_code == 429
    assert log_in(client, shop.user.email, REMOTE_ADDR="10.9.9.9").status_code == 200
    same_network = {"REMOTE_ADDR": "2001:db8:1:2::1"}
    for n in range(guard.IP.free):
        log_in(client, f"lain{n}@uji.id", "salah-sekali-1", **same_network)
    assert log_in(client, shop.user.email, REMOTE_ADDR="2001:db8:1:2:ffff::9").status_code == 429


def test_parallel_guesses_do_not_slip_through(committed_db: None) -> None:
    shop = make_shop()

    def guess(_n: int) -> int:
        try:
            return log_in(Client(), shop.user.email, "salah-sekali-1").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(guess, range(30)))
    assert statuses.count(422) == guard.ACCOUNT.free and statuses.count(429) == 30 - guard.ACCOUNT.free


def test_without_redis_the_attempts_in_the_database_are_counted(client: Client, db: None, settings: Any) -> None:
    shop = make_shop()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_forget()
    for _n in range(guard.ACCOUNT.free):
        assert log_in(client, shop.user.email, "salah-sekali-1").status_code == 422
    assert log_in(client, shop.user.email).status_code == 429


def test_right_passwords_do_not_use_up_an_offices_address(client: Client, db: None) -> None:
    shop = make_shop()
    for _n in range(guard.IP.free + 5):
        assert log_in(client, shop.user.email).status_code == 200


def test_the_history_names_what_worked_and_what_failed(client: Client, db: None) -> None:
    shop = make_shop()
    log_in(
        client,
        shop.user.email,
        "salah-sekali-1",
        HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    )
    entered = log_in(client, shop.user.email)
    rows = call(client, "get", "/sessions/history", **bearer(entered)).json()
    assert [(r["succeeded"], r["reason"]) for r in rows["data"]] == [(True, ""), (False, "password")]
    assert "Firefox" in rows["data"][1]["device"] and rows["total"] == 2
    other = make_shop()
    assert call(client, "get", "/sessions/history", **other.bearer()).json()["total"] == 0


def test_a_new_device_is_told_by_mail_but_not_the_first_one(client: Client, db: None) -> None:
    from sellers.tasks import tell_new_devices

    shop = make_shop()
    token = log_in(client, shop.user.email)["X-Device-Token"]
    tell_new_devices()
    assert not [m for m in letters(shop.user.email) if "perangkat baru" in m.subject]
    log_in(client, shop.user.email, HTTP_X_DEVICE_TOKEN=token)
    tell_new_devices()
    assert not [m for m in letters(shop.user.email) if "perangkat baru" in m.subject]
    log_in(client, shop.user.email)
    for _n in range(2):
        tell_new_devices()
    assert len([m for m in letters(shop.user.email) if "perangkat baru" in m.subject]) == 1


def test_a_stronger_hash_replaces_a_weaker_one_at_log_in(client: Client, db: None, settings: object) -> None:
    from django.contrib.auth.hashers import make_password

    shop = make_shop()
    settings.PASSWORD_HASHERS = [  # type: ignore[attr-defined]  # pytest-django's wrapper
        "django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.MD5PasswordHasher",
    ]  # fmt: skip
    shop.user.password = make_password(PASSWORD, hasher="md5")
    shop.user.save()
    assert log_in(client, shop.user.email).status_code == 200
    shop.user.refresh_from_db()
    assert shop.user.password.startswith("argon2")
    assert log_in(client, shop.user.email).status_code == 200


def test_old_history_is_forgotten(client: Client, db: None) -> None:
    from sellers.tasks import forget_history

    shop = make_shop()
    log_in(client, shop.user.email)
    forget_history()
    assert LoginAttempt.objects.filter(user=shop.user).count() == 1
    with time_machine.travel(timezone.now() + timedelta(days=400)):
        forget_history()
    assert not LoginAttempt.objects.filter(user=shop.user).exists()
    assert not LoginSession.objects.filter(user=shop.user).exists()


def test_a_wait_says_how_long(db: None) -> None:
    for _n in range(3):
        guard.count("uji", "x", guard.Rule(free=3, first=10, most=60))
    with pytest.raises(TooMany) as caught:
        guard.count("uji", "x", guard.Rule(free=3, first=10, most=60))
    assert 0 < caught.value.retry_after <= 10
