"""Mailed links: single-use, expiring, the same answer for everyone, built from the settings and not from a header."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from bosonline.models import OutboxMessage
from sellers.models import EmailToken, User
from sellers.services import guard
from tests.accounts.helpers import bearer, call, letters, log_in, token_in
from tests.factories import PASSWORD, make_shop

NEW = "Baru-sekali-77"


def ask(client: Client, who: str, **headers: str) -> str:
    """Ask for a link and read it from the mailbox."""
    assert call(client, "post", "/auth/forgot-password", {"email": who}, **headers).status_code == 200
    return token_in([m for m in letters() if "kata sandi" in m.subject.lower()][-1])


def test_the_answer_is_the_same_for_nobody_and_for_somebody(
    client: Client, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    shop = make_shop()
    with django_assert_num_queries(1):
        known = call(client, "post", "/auth/forgot-password", {"email": shop.user.email})
    with django_assert_num_queries(1):
        unknown = call(client, "post", "/auth/forgot-password", {"email": "tidak@ada.id"})
    assert known.status_code == unknown.status_code == 200 and known.json() == unknown.json()
    before = len(letters())
    assert all("tidak@ada.id" not in m.to for m in letters()) and len(letters()) == before


def test_a_reset_sets_the_password_once_and_ends_every_session(client: Client, db: None) -> None:
    shop = make_shop()
    entered = log_in(client, shop.user.email)
    token = ask(client, shop.user.phone)
    answer = call(client, "post", "/auth/reset-password", {"token": token, "password": NEW})
    assert answer.status_code == 200
    assert call(client, "get", "/me", **bearer(entered)).status_code == 401
    assert log_in(client, shop.user.email).status_code == 422
    assert log_in(client, shop.user.email, NEW).status_code == 200
    again = call(client, "post", "/auth/reset-password", {"token": token, "password": "Lain-lagi-88"})
    assert again.status_code == 422 and again.json()["code"] == "link_invalid"
    assert [m for m in letters(shop.user.email) if "diganti" in m.subject]


def test_a_weak_password_does_not_use_the_link_up(client: Client, db: None) -> None:
    shop = make_shop()
    token = ask(client, shop.user.email)
    weak = call(client, "post", "/auth/reset-password", {"token": token, "password": "12345678"})
    assert weak.status_code == 422 and "password" in weak.json()["errors"]
    assert call(client, "post", "/auth/reset-password", {"token": token, "password": NEW}).status_code == 200


def test_links_expire_and_a_newer_one_replaces_an_older_one(client: Client, db: None) -> None:
    shop = make_shop()
    first = ask(client, shop.user.email)
    second = ask(client, shop.user.email)
    assert (
        call(client, "post", "/auth/reset-password", {"token": first, "password": NEW}).json()["code"] == "link_invalid"
    )
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        late = call(client, "post", "/auth/reset-password", {"token": second, "password": NEW})
        assert late.json()["code"] == "link_invalid"
    assert log_in(client, shop.user.email).status_code == 200


def test_of_two_simultaneous_uses_one_wins(committed_db: None) -> None:
    shop = make_shop()
    token = ask(Client(), shop.user.email)

    def use(n: int) -> int:
        try:
            body = {"token": token, "password": f"Baru-sekali-{n}{n}"}
            return call(Client(), "post", "/auth/reset-password", body).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        statuses = sorted(pool.map(use, range(5)))
    assert statuses == [200, 422, 422, 422, 422]


def test_the_link_never_follows_the_host_header(client: Client, db: None) -> None:
    shop = make_shop()
    for header in ({"HTTP_HOST": "localhost"}, {"HTTP_X_FORWARDED_HOST": "jahat.example"}):
        token = ask(client, shop.user.email, **header)
        letter = letters(shop.user.email)[-1]
        assert f"http://localhost:8000/kata-sandi/baru?token={token}" in letter.body
        assert "jahat" not in letter.body
    spoofed = call(client, "post", "/auth/forgot-password", {"email": shop.user.email}, HTTP_HOST="jahat.example")
    assert spoofed.status_code == 404


def test_no_usable_token_is_stored(client: Client, db: None) -> None:
    shop = make_shop()
    token = ask(client, shop.user.email)
    assert not EmailToken.objects.filter(digest=token).exists()
    assert not [m for m in OutboxMessage.objects.all() if token in str(m.payload)]


def test_a_reset_opens_an_account_that_was_made_to_wait(client: Client, db: None) -> None:
    shop = make_shop()
    for _n in range(guard.ACCOUNT.free):
        log_in(client, shop.user.email, "salah-sekali-1")
    assert log_in(client, shop.user.email).status_code == 429
    call(client, "post", "/auth/reset-password", {"token": ask(client, shop.user.email), "password": NEW})
    assert log_in(client, shop.user.email, NEW).status_code == 200


def test_the_page_of_a_mailed_link_changes_nothing_until_it_is_sent(client: Client, db: None) -> None:
    shop = make_shop()
    token = ask(client, shop.user.email)
    for _n in range(2):  # a mail scanner looks first
        assert client.get(f"/kata-sandi/baru?token={token}").status_code == 200
    assert client.post("/kata-sandi/baru", {"token": token, "password": NEW}).status_code == 302
    assert client.get(f"/kata-sandi/baru?token={token}").status_code == 404
    assert client.get("/kata-sandi/baru?token=%00x").status_code == 404


def test_asking_too_often_has_to_wait(client: Client, db: None) -> None:
    statuses = [call(client, "post", "/auth/forgot-password", {"email": "a@uji.id"}).status_code for _n in range(11)]
    assert statuses == [200] * 10 + [429]


def test_registering_confirms_the_address_by_mail(client: Client, db: None) -> None:
    body = {"name": "Budi", "email": "budi@uji.id", "phone": "081211112222", "password": PASSWORD}
    entered = call(client, "post", "/auth/register", body)
    assert entered.status_code == 200
    user = User.objects.get(email="budi@uji.id")
    assert user.email_confirmed_at is None
    token = token_in(letters("budi@uji.id")[-1])
    assert client.get(f"/konfirmasi-email?token={token}").status_code == 200
    user.refresh_from_db()
    assert user.email_confirmed_at is None, "a look is no confirmation"
    assert call(client, "post", "/auth/confirm-email", {"token": token}).status_code == 200
    assert call(client, "post", "/auth/confirm-email", {"token": token}).json()["code"] == "link_invalid"
    assert call(client, "get", "/me", **bearer(entered)).json()["data"]["email_confirmed"] is True


def test_the_confirmation_is_sent_again_at_most_every_minute(client: Client, db: None) -> None:
    shop = make_shop()
    headers = shop.bearer()
    assert call(client, "post", "/auth/confirm-email/resend", **headers).status_code == 200
    assert call(client, "post", "/auth/confirm-email/resend", **headers).status_code == 429


def test_a_new_address_counts_after_its_confirmation_and_needs_the_password(client: Client, db: None) -> None:
    shop = make_shop()
    headers, old = shop.bearer(), shop.user.email
    refused = call(client, "put", "/profile", {"email": "baru@uji.id"}, **headers)
    assert refused.status_code == 422 and "password" in refused.json()["errors"]
    done = call(client, "put", "/profile", {"email": "baru@uji.id", "password": PASSWORD}, **headers)
    assert done.json()["data"]["email"] == old and done.json()["data"]["pending_email"] == "baru@uji.id"
    call(client, "post", "/auth/confirm-email", {"token": token_in(letters("baru@uji.id")[-1])})
    assert log_in(client, "baru@uji.id").status_code == 200
    assert [m for m in letters(old) if "e-mailmu diganti" in m.subject]


def test_somebody_elses_address_gets_no_letter_and_the_asker_no_hint(client: Client, db: None) -> None:
    shop, other = make_shop(), make_shop()
    letters()
    answer = call(client, "put", "/profile", {"email": other.user.email, "password": PASSWORD}, **shop.bearer())
    free = call(client, "put", "/profile", {"email": "bebas@uji.id", "password": PASSWORD}, **make_shop().bearer())
    assert answer.status_code == free.status_code == 200
    before = len(letters(other.user.email))
    assert len(letters(other.user.email)) == before
    assert not EmailToken.objects.filter(email=other.user.email, user=shop.user).exists()


def test_changing_the_password_asks_for_the_old_one_and_ends_other_devices(client: Client, db: None) -> None:
    shop = make_shop()
    other, mine = log_in(client, shop.user.email), log_in(client, shop.user.email)
    wrong = call(client, "put", "/profile/password", {"password": "salah-1", "new_password": NEW}, **bearer(mine))
    assert wrong.status_code == 422 and wrong.json()["code"] == "invalid_password"
    assert (
        call(
            client, "put", "/profile/password", {"password": PASSWORD, "new_password": NEW}, **bearer(mine)
        ).status_code
        == 200
    )
    assert call(client, "get", "/me", **bearer(other)).status_code == 401
    assert call(client, "get", "/me", **bearer(mine)).status_code == 200


def test_an_open_screen_cannot_guess_the_password_for_ever(client: Client, db: None) -> None:
    shop = make_shop()
    headers = shop.bearer()
    body = {"password": "salah-1", "new_password": NEW}
    statuses = [call(client, "put", "/profile/password", body, **headers).status_code for _n in range(7)]
    assert statuses[:5] == [422] * 5 and 429 in statuses[5:]


def test_letters_are_text_and_html_and_their_subject_is_one_line(client: Client, db: None) -> None:
    shop = make_shop()
    shop.user.name = "Budi\r\nBcc: korban@uji.id <script>"
    User.objects.filter(pk=shop.user.pk).update(name=shop.user.name)
    ask(client, shop.user.email)
    letter = letters(shop.user.email)[-1]
    assert "\n" not in letter.subject and letter.to == [shop.user.email]
    html = letter.alternatives[0][0]
    assert "<script>" not in html and "kata-sandi/baru?token=" in html
