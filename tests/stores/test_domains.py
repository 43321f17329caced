"""Own domains against a real DNS server on loopback: claimed, checked record by record, verified, default, looked after."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import close_old_connections, connection
from django.test import Client
from django.utils import timezone

from bosonline import outbox, throttle
from bosonline.actor import SYSTEM
from bosonline.errors import Conflict, DomainError, NotFound, TooMany
from bosonline.tenancy import all_stores, store_scope
from forms.services.forms import form_set_status
from stores import queries
from stores.dns import _resolver
from stores.models import Domain, Notification, Store
from stores.services import domains
from stores.services.domain_records import proof_name, proof_text, records_of
from stores.services.subdomains import subdomain_set
from stores.tasks import recheck_domains
from tests.dns import DnsServer
from tests.factories import Shop, make_shop

HOST = "tokomadu.com"
OURS = "203.0.113.7"


@pytest.fixture
def shop(db: None, settings: Any) -> Shop:
    settings.DOMAIN_TARGET, settings.DOMAIN_ADDRESSES = "domains.bosonline.net", [OURS]
    settings.DNS_TIMEOUT = 0.6
    return make_shop()


def claim(shop: Shop, host: str = HOST) -> Domain:
    with store_scope(shop.store):
        return domains.domain_add(store=shop.store, hostname=host, actor=shop.owner)


def look(shop: Shop, row: Domain) -> Domain:
    with store_scope(shop.store):
        return domains.domain_verify(domain_id=row.pk, actor=SYSTEM)


def set_dns(dns: DnsServer, row: Domain) -> None:
    """What the page asks for."""
    dns.set(proof_name(row.hostname), "TXT", proof_text(row))
    if row.hostname == HOST:
        dns.set(HOST, "A", OURS)
    else:
        dns.set(row.hostname, "CNAME", "domains.bosonline.net")
        dns.set("domains.bosonline.net", "A", OURS)


def verified(shop: Shop, dns: DnsServer, host: str = HOST) -> Domain:
    row = claim(shop, host)
    set_dns(dns, row)
    row = look(shop, row)
    assert row.verified_at is not None
    return row


def states(row: Domain) -> list[tuple[str, str, bool | None]]:
    return [(r["purpose"], r["type"], r["ok"]) for r in records_of(row)]


def test_an_apex_needs_a_txt_and_an_a_record_and_the_default_moves_the_links(shop: Shop, dns: DnsServer) -> None:
    row = claim(shop)
    assert states(row) == [("proof", "TXT", None), ("pointing", "A", None)]
    assert [(r["host"], r["expected"]) for r in records_of(row)] == [("_bosonline", [proof_text(row)]), ("@", [OURS])]

    row = look(shop, row)
    assert states(row) == [("proof", "TXT", False), ("pointing", "A", False)] and row.verified_at is None
    dns.set(proof_name(HOST), "TXT", "v=spf1 -all", proof_text(row))
    row = look(shop, row)
    assert states(row) == [("proof", "TXT", True), ("pointing", "A", False)] and row.verified_at is None
    with store_scope(shop.store), pytest.raises(Conflict):
        domains.domain_set_default(store=shop.store, domain_id=row.pk, actor=SYSTEM)
    dns.set(HOST, "A", OURS)
    row = look(shop, row)
    assert states(row) == [("proof", "TXT", True), ("pointing", "A", True)] and row.verified_at is not None
    assert queries.store_id_of_host(HOST) == shop.store.pk

    assert queries.public_url(shop.store, "/madu") == f"http://{shop.store.subdomain}.localhost:8000/madu"
    with store_scope(shop.store):
        domains.domain_set_default(store=shop.store, domain_id=row.pk, actor=SYSTEM)
    assert queries.public_url(shop.store, "/madu") == f"http://{HOST}:8000/madu"
    assert queries.store_id_of_subdomain(shop.store.subdomain or "") == shop.store.pk


def test_a_name_below_the_apex_points_by_cname_also_through_a_chain(shop: Shop, dns: DnsServer) -> None:
    row = claim(shop, "order.tokomadu.com")
    assert states(row)[1][:2] == ("pointing", "CNAME")
    dns.set(proof_name(row.hostname), "TXT", proof_text(row))
    dns.set("order.tokomadu.com", "CNAME", "a.cdn.example")
    dns.set("a.cdn.example", "CNAME", "b.cdn.example")
    dns.set("b.cdn.example", "CNAME", "domains.bosonline.net")  # which has no address in this zone
    row = look(shop, row)
    assert row.verified_at is not None
    assert row.check_result["records"][1]["found"] == ["a.cdn.example", "b.cdn.example", "domains.bosonline.net"]


@pytest.mark.parametrize(
    ("records", "problem"),
    [
        ({"A": ["198.51.100.1"]}, "other"),
        ({"A": [OURS, "198.51.100.1"]}, "mixed"),
        ({"CNAME": ["shops.elsewhere.example"]}, "other"),
        ({"CNAME": [HOST]}, "other"),  # a loop
    ],
)
def test_what_leads_elsewhere_is_named_and_not_verified(
    shop: Shop, dns: DnsServer, records: dict[str, list[str]], problem: str
) -> None:
    row = claim(shop)
    dns.set(proof_name(HOST), "TXT", proof_text(row))
    for kind, values in records.items():
        dns.set(HOST, kind, *values)
    row = look(shop, row)
    state = row.check_result["records"][1]
    assert row.verified_at is None and (state["ok"], state["problem"]) in ((False, problem), (None, "servfail"))
    pointing = records_of(row)[1]
    assert pointing["message"] and pointing["expected"] == [OURS]


def test_an_ipv6_address_that_is_not_ours_is_a_third_record_to_remove(shop: Shop, dns: DnsServer) -> None:
    row = claim(shop)
    set_dns(dns, row)
    dns.set(HOST, "AAAA", "2001:db8::5")
    row = look(shop, row)
    assert states(row) == [("proof", "TXT", True), ("pointing", "A", True), ("ipv6", "AAAA", False)]
    assert row.verified_at is None
    del dns.zone[(HOST, "AAAA")]
    assert look(shop, row).verified_at is not None


def test_a_wrong_text_proves_nothing(shop: Shop, dns: DnsServer) -> None:
    row = claim(shop)
    dns.set(HOST, "A", OURS)
    dns.set(proof_name(HOST), "TXT", proof_text(row) + "x", "bosonline-verify=0000")
    state = look(shop, row).check_result["records"][0]
    assert (state["ok"], state["problem"]) == (False, "other")
    assert sorted(state["found"]) == sorted([proof_text(row) + "x", "bosonline-verify=0000"])


def test_a_dns_server_that_hangs_costs_its_time_out_and_says_so(shop: Shop, dns: DnsServer) -> None:
    row = claim(shop)
    dns.silent |= {HOST, proof_name(HOST)}
    row = look(shop, row)
    assert states(row) == [("proof", "TXT", None), ("pointing", "A", None)]
    assert row.check_result["records"][0]["problem"] == "timeout" and records_of(row)[0]["message"]


def test_all_questions_are_asked_at_once_and_within_the_time_out(shop: Shop, dns: DnsServer, settings: Any) -> None:
    settings.DNS_TIMEOUT = 5
    row = claim(shop)
    set_dns(dns, row)
    dns.together = 3  # one after the other would never be answered
    assert look(shop, row).verified_at is not None
    assert _resolver().lifetime == 5


def test_a_broken_dns_server_says_so_and_changes_nothing(shop: Shop, dns: DnsServer) -> None:
    row = verified(shop, dns)
    dns.broken |= {HOST, proof_name(HOST)}
    row = look(shop, row)
    assert row.check_result["records"][0]["problem"] == "servfail"
    assert row.verified_at is not None and row.failing_since is None and row.points_here


def test_without_any_resolver_the_check_answers(shop: Shop, settings: Any) -> None:
    row = claim(shop)
    settings.DNS_NAMESERVERS, settings.DNS_PORT = ["127.0.0.1"], 9
    assert states(look(shop, row)) == [("proof", "TXT", None), ("pointing", "A", None)]


def test_a_claim_stops_nobody_and_the_first_proof_wins(shop: Shop, dns: DnsServer) -> None:
    other = make_shop()
    mine, theirs = claim(shop), claim(other)
    assert mine.txt_token != theirs.txt_token
    set_dns(dns, theirs)
    assert look(shop, mine).verified_at is None
    assert look(other, theirs).verified_at is not None
    # now the first one sets its own text as well: taken
    dns.set(proof_name(HOST), "TXT", proof_text(mine), proof_text(theirs))
    with pytest.raises(Conflict) as taken:
        look(shop, mine)
    assert taken.value.code == "domain_taken" and "hostname" in taken.value.errors
    with store_scope(shop.store):
        assert Domain.objects.get(pk=mine.pk).check_result["records"][0]["ok"] is True
    third = make_shop()
    with pytest.raises(Conflict):
        claim(third)
    assert queries.store_id_of_host(HOST) == other.store.pk


def test_two_stores_verify_one_domain_at_once_and_one_gets_it(
    committed_db: None, dns: DnsServer, settings: Any
) -> None:
    settings.DOMAIN_ADDRESSES = [OURS]
    shops = [make_shop(), make_shop()]
    rows = [claim(shop) for shop in shops]
    dns.set(HOST, "A", OURS)
    dns.set(proof_name(HOST), "TXT", *[proof_text(row) for row in rows])
    start, results = threading.Barrier(2), []

    def run(shop: Shop, row: Domain) -> None:
        close_old_connections()
        start.wait()
        try:
            results.append(look(shop, row).verified_at is not None)
        except Conflict as exc:
            results.append(exc.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in zip(shops, rows, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, results)) == ["True", "domain_taken"]
    with all_stores():
        assert Domain.objects.filter(hostname=HOST, verified_at__isnull=False).count() == 1


def test_checks_are_limited_per_store(shop: Shop, dns: DnsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domains, "CHECKS", throttle.Limit(2, 86_400))
    row = claim(shop)
    look(shop, row), look(shop, row)
    with pytest.raises(TooMany):
        look(shop, row)
    other = make_shop()
    look(other, claim(other, "lain.com"))


def test_a_store_cannot_claim_the_same_twice_nor_endlessly(shop: Shop) -> None:
    claim(shop)
    with pytest.raises(DomainError) as twice:
        claim(shop, "https://TokoMadu.com/")
    assert twice.value.code == "duplicate"
    for n in range(domains.MAX_DOMAINS - 1):
        claim(shop, f"toko{n}.com")
    with pytest.raises(DomainError):
        claim(shop, "satu-lagi.com")


# -- looked after ------------------------------------------------------------------------------------------------------


def recheck(days: float = 0) -> None:
    """The hourly task, ``days`` from now."""
    with time_machine.travel(timezone.now() + timedelta(days=days), tick=True):
        recheck_domains()
        outbox.drain()


def reload(row: Domain) -> Domain:
    with all_stores():
        return Domain.objects.get(pk=row.pk)


def test_the_daily_look_leaves_a_healthy_domain_alone(shop: Shop, dns: DnsServer) -> None:
    row = verified(shop, dns)
    dns.asked.clear()
    recheck()
    assert dns.asked == []
    revision = shop.form.revision
    recheck(days=1)
    assert {kind for _name, kind in dns.asked} == {"TXT", "A", "AAAA"}
    fresh = reload(row)
    assert fresh.checked_at and row.checked_at and fresh.checked_at > row.checked_at and fresh.failing_since is None
    with store_scope(shop.store):
        shop.form.refresh_from_db()
    assert shop.form.revision - revision == 1  # by the verification, none by the daily look


def test_links_leave_a_broken_domain_at_once_and_it_is_unverified_only_after_days(shop: Shop, dns: DnsServer) -> None:
    row = verified(shop, dns)
    with store_scope(shop.store):
        domains.domain_set_default(store=shop.store, domain_id=row.pk, actor=SYSTEM)
    dns.set(HOST, "A", "198.51.100.1")
    recheck(days=1)
    row = reload(row)
    store = Store.objects.get(pk=shop.store.pk)
    assert row.failing_since and row.verified_at and row.is_default
    assert queries.public_url(store) == f"http://{store.subdomain}.localhost:8000/"
    with store_scope(store):
        assert Notification.objects.filter(kind__startswith="domain.").count() == 1
    recheck(days=4)
    assert reload(row).verified_at is not None
    # repaired: links come back by themselves
    dns.set(HOST, "A", OURS)
    recheck(days=4.5)
    assert reload(row).failing_since is None
    assert queries.public_url(Store.objects.get(pk=store.pk)) == f"http://{HOST}:8000/"

    dns.set(HOST, "A", "198.51.100.1")
    recheck(days=6)
    recheck(days=12)
    assert reload(row).verified_at is not None
    recheck(days=14)
    row = reload(row)
    assert row.verified_at is None and not row.is_default
    with store_scope(store):
        assert Notification.objects.filter(kind__startswith="domain.").count() == 3
    with time_machine.travel(timezone.now() + timedelta(days=14)):
        assert queries.host_entry(HOST) is None
    assert queries.store_id_of_subdomain(store.subdomain or "") == store.pk


def test_a_proof_that_disappears_is_told_while_links_stay_as_they_work(shop: Shop, dns: DnsServer) -> None:
    row = verified(shop, dns)
    with store_scope(shop.store):
        domains.domain_set_default(store=shop.store, domain_id=row.pk, actor=SYSTEM)
    del dns.zone[(proof_name(HOST), "TXT")]
    recheck(days=1)
    assert reload(row).failing_since is not None
    assert Store.objects.get(pk=shop.store.pk).link_host == HOST


def test_a_silent_dns_server_never_unverifies(shop: Shop, dns: DnsServer) -> None:
    row = verified(shop, dns)
    dns.silent |= {HOST, proof_name(HOST)}
    for day in (1, 5, 20, 40):
        recheck(days=day)
    row = reload(row)
    assert row.verified_at is not None and row.failing_since is None


def test_a_fresh_claim_is_verified_without_pressing_the_button(shop: Shop, dns: DnsServer) -> None:
    row = claim(shop)
    set_dns(dns, row)
    recheck()
    assert reload(row).verified_at is not None


# -- defaults, removal, pages ------------------------------------------------------------------------------------------


def test_removing_the_default_gives_links_back_to_the_subdomain(shop: Shop, dns: DnsServer) -> None:
    row = verified(shop, dns)
    with store_scope(shop.store):
        domains.domain_set_default(store=shop.store, domain_id=row.pk, actor=SYSTEM)
        domains.domain_remove(domain_id=row.pk, actor=SYSTEM)
        assert [d.is_default for d in queries.domains_of()] == [True]
        with pytest.raises(NotFound):
            domains.domain_of(row.pk)
        (subdomain,) = queries.domains_of()
        with pytest.raises(Conflict):
            domains.domain_remove(domain_id=subdomain.pk, actor=SYSTEM)
    store = Store.objects.get(pk=shop.store.pk)
    assert store.link_host == "" and queries.public_url(store).startswith(f"http://{store.subdomain}.")
    other = make_shop()
    assert verified(other, dns).store_id == other.store.pk


def test_the_default_goes_back_and_forth_and_is_always_one(shop: Shop, dns: DnsServer) -> None:
    first, second = verified(shop, dns), verified(shop, dns, "order.tokomadu.com")
    with store_scope(shop.store):
        subdomain = queries.domains_of()[0]
        for chosen in (first, second, subdomain, first):
            domains.domain_set_default(store=shop.store, domain_id=chosen.pk, actor=SYSTEM)
            assert [d.pk for d in queries.domains_of() if d.is_default] == [chosen.pk]
            expected = chosen.hostname if chosen.kind == Domain.Kind.CUSTOM else ""
            assert Store.objects.get(pk=shop.store.pk).link_host == expected == shop.store.link_host


def test_the_form_answers_at_the_own_domain_and_its_copies_follow_changes(
    shop: Shop, dns: DnsServer, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    path = f"/{shop.form.slug}"
    assert client.get(path, HTTP_HOST=HOST).status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        row = verified(shop, dns)
    assert client.get(path, HTTP_HOST=HOST).status_code == 200
    assert client.get(path, HTTP_HOST=f"{HOST}:8000").status_code == 200
    with django_capture_on_commit_callbacks(execute=True), store_scope(shop.store):
        form_set_status(form_id=shop.form.pk, status="closed", actor=SYSTEM)
    assert client.get(path, HTTP_HOST=HOST).status_code == 410
    with django_capture_on_commit_callbacks(execute=True), store_scope(shop.store):
        form_set_status(form_id=shop.form.pk, status="published", actor=SYSTEM)
    assert client.get(path, HTTP_HOST=HOST).status_code == 200
    with django_capture_on_commit_callbacks(execute=True), store_scope(shop.store):
        domains.domain_remove(domain_id=row.pk, actor=SYSTEM)
    assert client.get(path, HTTP_HOST=HOST).status_code == 404


def test_an_order_at_the_own_domain_gets_a_link_there(shop: Shop, dns: DnsServer, client: Client) -> None:
    row = verified(shop, dns)
    with store_scope(shop.store):
        domains.domain_set_default(store=shop.store, domain_id=row.pk, actor=SYSTEM)
    body = shop.body()
    body.pop("store")
    answer = client.post("/api/v1/checkout/orders", body, content_type="application/json", HTTP_HOST=HOST)
    assert answer.status_code == 201
    url = answer.json()["data"]["url"]
    assert url.startswith(f"http://{HOST}:8000/o/")
    assert client.get(url.removeprefix(f"http://{HOST}:8000"), HTTP_HOST=HOST).status_code == 200


def test_an_old_subdomain_leads_to_the_own_domain_when_it_is_the_default(
    shop: Shop, dns: DnsServer, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    old = shop.store.subdomain
    with django_capture_on_commit_callbacks(execute=True):
        subdomain_set(store=shop.store, name="madu-pindah", actor=SYSTEM)
        row = verified(shop, dns)
        with store_scope(shop.store):
            domains.domain_set_default(store=shop.store, domain_id=row.pk, actor=SYSTEM)
    answer = client.get("/madu?utm_source=fb", HTTP_HOST=f"{old}.localhost")
    assert (answer.status_code, answer["Location"]) == (301, f"http://{HOST}:8000/madu?utm_source=fb")
