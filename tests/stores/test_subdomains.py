"""A store's address: what is free, what happens to the old one, and who gets a name two want."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import close_old_connections, connection
from django.test import Client
from django.utils import timezone

from bosonline.actor import SYSTEM
from bosonline.errors import Conflict, ValidationFailed
from bosonline.models import TimelineEntry
from bosonline.tenancy import all_stores, store_scope
from stores import queries
from stores.models import Domain, Store
from stores.services.subdomains import (
    MAX_OLD_NAMES,
    REDIRECT_DAYS,
    RESERVED,
    subdomain_check,
    subdomain_set,
    subdomains_release,
)
from tests.factories import Shop, make_shop


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop()


def moved_to(days: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(days=days), tick=True)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("madu-pati", None), ("abc", None), ("a1b", None), ("x" * 40, None), ("ab", "too_short"), ("", "too_short"), ("x" * 41, "too_long"),
        ("-madu", "invalid"), ("madu-", "invalid"), ("ma--du", "invalid"), ("xn--madu", "invalid"), ("madu_pati", "invalid"),
        ("madu pati", "invalid"), ("madu.pati", "invalid"), ("mádu", "invalid"), ("www", "reserved"), ("API", "reserved"), ("admin", "reserved"),
        ("madu\x00x", None), ("madu\n", None), ("<script>", "invalid"),
    ],
)  # fmt: skip
def test_a_name_is_free_or_the_reason_is_said(shop: Shop, name: str, reason: str | None) -> None:
    answer = subdomain_check(name, store=shop.store)
    assert (answer["reason"], answer["available"]) == (reason, reason is None)
    assert answer["message"] and len(answer["suggestions"]) <= 3
    for suggestion in answer["suggestions"]:
        assert subdomain_check(suggestion, store=shop.store)["available"]


def test_a_taken_name_comes_with_three_that_are_free(shop: Shop) -> None:
    other = make_shop()
    answer = subdomain_check(other.store.subdomain or "", store=shop.store)
    assert answer["reason"] == "taken" and len(answer["suggestions"]) == 3
    assert subdomain_check(shop.store.subdomain or "", store=shop.store)["available"]


def test_every_reserved_word_is_refused_whoever_asks(shop: Shop) -> None:
    for word in RESERVED:
        assert not subdomain_check(word, store=shop.store)["available"], word
    assert "domains" in RESERVED  # what own domains point to


def test_the_old_address_redirects_for_90_days_with_path_and_query(
    shop: Shop, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    old, slug = f"{shop.store.subdomain}.localhost", shop.form.slug
    assert client.get(f"/{slug}", HTTP_HOST=old).status_code == 200  # now it is in every cache
    with django_capture_on_commit_callbacks(execute=True):
        subdomain_set(store=shop.store, name="madu-baru", actor=shop.owner)
    for method in (client.get, client.head):
        answer = method(f"/{slug}?utm_source=fb&q=a%20b", HTTP_HOST=old)
        assert answer.status_code == 301
        assert answer["Location"] == f"http://madu-baru.localhost:8000/{slug}?utm_source=fb&q=a%20b"
        assert "max-age=300" in answer["Cache-Control"]
    assert client.get(f"/{slug}", HTTP_HOST=old).status_code == 301
    assert client.get(f"/{slug}", HTTP_HOST="madu-baru.localhost").status_code == 200
    with store_scope(shop.store):
        line = TimelineEntry.objects.get(kind="store.subdomain", actor=shop.user)
    assert line.data == {"before": old.removesuffix(".localhost"), "after": "madu-baru"}

    from bosonline.redis import redis_client

    redis_client().flushdb()
    queries._hosts.clear()
    with moved_to(REDIRECT_DAYS + 1):
        assert client.get(f"/{slug}", HTTP_HOST=old).status_code == 404


def test_an_order_from_a_page_that_was_open_during_the_change_is_not_lost(
    shop: Shop, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    old = f"{shop.store.subdomain}.localhost"
    body = shop.body()
    with django_capture_on_commit_callbacks(execute=True):
        subdomain_set(store=shop.store, name="madu-baru", actor=SYSTEM)
    rates = client.get(f"/api/v1/checkout/forms/{shop.form.slug}", HTTP_HOST=old)
    assert rates.status_code == 200
    answer = client.post("/api/v1/checkout/orders", body, content_type="application/json", HTTP_HOST=old)
    assert answer.status_code == 201
    assert answer.json()["data"]["url"].startswith("http://madu-baru.localhost:8000/o/")


def test_an_old_name_is_nobody_elses_while_it_redirects_but_may_be_taken_back(shop: Shop) -> None:
    old = shop.store.subdomain or ""
    subdomain_set(store=shop.store, name="madu-baru", actor=SYSTEM)
    other = make_shop()
    assert subdomain_check(old, store=other.store)["reason"] == "taken"
    with pytest.raises(ValidationFailed) as refused:
        subdomain_set(store=other.store, name=old, actor=SYSTEM)
    assert refused.value.code == "subdomain_taken" and refused.value.extra["suggestions"]

    subdomain_set(store=shop.store, name=old, actor=SYSTEM)
    assert Store.objects.get(pk=shop.store.pk).subdomain == old
    entry = queries.host_entry("madu-baru.localhost")
    assert entry is not None and entry.redirect_to == f"{old}.localhost"
    assert queries.host_entry(f"{old}.localhost") == queries.HostEntry(shop.store.pk)


def test_after_90_days_the_name_is_free_even_before_the_broom_comes(shop: Shop) -> None:
    old = shop.store.subdomain or ""
    subdomain_set(store=shop.store, name="madu-baru", actor=SYSTEM)
    other = make_shop()
    with moved_to(REDIRECT_DAYS + 1):
        assert subdomain_check(old, store=other.store)["available"]
        subdomain_set(store=other.store, name=old, actor=SYSTEM)
        assert queries.store_id_of_host(f"{old}.localhost") == other.store.pk
        with store_scope(shop.store):
            assert [d.hostname for d in queries.domains_of()] == ["madu-baru.localhost"]


def test_the_broom_removes_only_what_has_ended(shop: Shop) -> None:
    subdomain_set(store=shop.store, name="madu-dua", actor=SYSTEM)
    with moved_to(50):
        subdomain_set(store=shop.store, name="madu-tiga", actor=SYSTEM)
    with moved_to(REDIRECT_DAYS + 1):
        assert subdomains_release() == 1
        assert subdomains_release() == 0
    with store_scope(shop.store):
        assert set(Domain.objects.values_list("hostname", flat=True)) == {"madu-dua.localhost", "madu-tiga.localhost"}


def test_names_cannot_be_hoarded(shop: Shop) -> None:
    for n in range(MAX_OLD_NAMES):
        subdomain_set(store=shop.store, name=f"nama-{n}", actor=SYSTEM)
    with pytest.raises(Conflict) as refused:
        subdomain_set(store=shop.store, name="satu-lagi", actor=SYSTEM)
    assert refused.value.code == "subdomain_changed_often"
    assert Store.objects.get(pk=shop.store.pk).subdomain == shop.store.subdomain == f"nama-{MAX_OLD_NAMES - 1}"
    subdomain_set(store=shop.store, name="nama-0", actor=SYSTEM)  # back to an own one is always possible
    with moved_to(REDIRECT_DAYS + 1):
        subdomain_set(store=shop.store, name="satu-lagi", actor=SYSTEM)


def test_two_stores_want_one_name_at_once_and_one_gets_it(committed_db: None) -> None:
    shops = [make_shop() for _n in range(4)]
    start, results = threading.Barrier(4), []

    def run(shop: Shop) -> None:
        close_old_connections()
        start.wait()
        try:
            subdomain_set(store=shop.store, name="rebutan", actor=SYSTEM)
            results.append("ok")
        except ValidationFailed as exc:
            results.append(exc.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(shop,)) for shop in shops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["ok", *["subdomain_taken"] * 3]
    with all_stores():
        (row,) = Domain.objects.filter(hostname="rebutan.localhost")
    winner = Store.objects.get(subdomain="rebutan")
    assert row.store_id == winner.pk
    for shop in shops:
        if shop.store.pk != winner.pk:  # what they had is untouched
            assert (
                queries.store_id_of_host(f"{Store.objects.get(pk=shop.store.pk).subdomain}.localhost") == shop.store.pk
            )


def test_a_name_left_and_wanted_in_the_same_moment_is_not_lost(committed_db: None) -> None:
    leaving, wanting = make_shop(), make_shop()
    name = leaving.store.subdomain or ""
    start, results = threading.Barrier(2), []

    def run(shop: Shop, wanted: str) -> None:
        close_old_connections()
        start.wait()
        try:
            subdomain_set(store=shop.store, name=wanted, actor=SYSTEM)
            results.append("ok")
        except ValidationFailed as exc:
            results.append(exc.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in ((leaving, "pergi-dulu"), (wanting, name))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["ok", "subdomain_taken"]
    entry = queries.host_entry(f"{name}.localhost")
    assert entry is not None and entry.store_id == leaving.store.pk


def test_an_answer_read_before_the_change_cannot_come_back_into_the_cache(shop: Shop) -> None:
    """The race of two processes, step by step: one reads the database, the other commits, the first writes its answer."""
    from django.core.cache import cache

    host = "madu-baru.localhost"
    stale = queries._packed(queries._find_host(host))
    subdomain_set(store=shop.store, name="madu-baru", actor=SYSTEM)
    queries.refresh_host(host)
    cache.add(f"host:{host}", stale, 60)  # what host_entry does with it
    queries._hosts.clear()
    assert queries.store_id_of_host(host) == shop.store.pk


@pytest.mark.parametrize(
    "host",
    ["evil.com", "localhost.evil.com", "madu.localhost.evil.com", "127.0.0.1.evil.com", "..", "a" * 300, "x\r\nSet-Cookie: a=b", "@localhost",
     "localhost@evil.com", "[::1", "*.localhost", ""],
)  # fmt: skip
def test_a_spoofed_host_is_a_stranger_and_never_comes_back_in_a_link(shop: Shop, client: Client, host: str) -> None:
    for path in ("/", "/masuk", "/beranda", f"/{shop.form.slug}", "/internal/tls-allowed?domain=x"):
        answer = client.get(path, HTTP_HOST=host)
        assert answer.status_code in (400, 404), (path, answer.status_code)
        assert "evil" not in answer.headers.get("Location", "")
    answer = client.get("/beranda", HTTP_HOST="localhost", HTTP_X_FORWARDED_HOST="evil.com")
    assert answer.status_code == 302 and answer["Location"].startswith("/masuk")
    assert queries.host_entry(host) is None


def test_tls_is_allowed_only_for_names_that_are_served(
    shop: Shop, client: Client, django_assert_max_num_queries: Any, django_capture_on_commit_callbacks: Any
) -> None:
    def allowed(name: str, host: str = "web:8000") -> int:
        return client.get(f"/internal/tls-allowed?domain={name}", HTTP_HOST=host).status_code

    old = f"{shop.store.subdomain}.localhost"
    with django_capture_on_commit_callbacks(execute=True):
        subdomain_set(store=shop.store, name="madu-baru", actor=SYSTEM)
    with store_scope(shop.store):
        Domain.objects.create(store=shop.store, hostname="sah.com", kind="custom", verified_at=timezone.now())
        Domain.objects.create(store=shop.store, hostname="belum.com", kind="custom")
    assert [allowed(n) for n in ("madu-baru.localhost", old, "sah.com", "SAH.com.")] == [200] * 4
    assert [
        allowed(n)
        for n in ("belum.com", "asing.com", "tidak-ada.localhost", "localhost", "", "a..b", "%00", "*.sah.com")
    ] == [404] * 8
    assert allowed("sah.com", "localhost") == 200
    with django_assert_max_num_queries(0):
        assert allowed("sah.com") == 200
    queries._hosts.clear()
    Store.objects.filter(pk=shop.store.pk).update(is_active=False)
    for host in ("madu-baru.localhost", old, "sah.com"):
        queries.refresh_host(host)
        assert allowed(host) == 404
