"""The law of lists: what a list shows, counts, recaps, downloads and selects are the same rows, whatever narrows it."""

from __future__ import annotations

import csv
import dataclasses
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bosonline.actor import Actor
from bosonline.lists import Resource, resources
from bosonline.tenancy import store_scope
from orders import queries
from orders.exports import orders_download
from orders.figures import income_of
from orders.lists import ORDERS
from orders.models import Order, OrderChange, OrderItem, OrderSearch, OrderTally, OrderTallyState
from orders.segments import FUNNEL, MONEY, TODO, segments_count
from orders.services.reading import store_check, store_fold, store_rebuild
from orders.services.shipping import shipment_by_hand
from tests.factories import Shop, make_shop

WORDS = ("", "siti", "SITI", "0812", "+62812", "madu", "M1", "IDE", "26", "zzz", "100gr", "%", "_", "²")


def history(shop: Shop, staff: list[Actor]) -> None:
    """Forty orders in many states, some assigned to each of the staff."""
    names = ("Siti Aminah", "Budi", "Ratna Dewi", "Joko 100%")
    statuses, methods = Order.Status.values, ("cod", "bank_transfer", "va", "qris")
    with store_scope(shop.store):
        for n in range(40):
            order = shop.order(phone=f"0812345{n:05d}", name=names[n % 4], payment_method=methods[n % 4],
                               items=[{"variant_id": shop.variants[n % 2].pk, "qty": 1 + n % 3}])  # fmt: skip
            if n % 5 == 0:
                shipment_by_hand(order_id=order.pk, awb=f"IDE{n:06d}", courier_name="J&T", actor=shop.owner)
            Order.objects.filter(pk=order.pk).update(
                status=statuses[n % len(statuses)], created_at=timezone.now() - timedelta(days=n % 9, minutes=n),
                payment_status=Order.PaymentStatus.values[n % 10], risk=("clear", "suspicious")[n % 7 == 0],
                shipping_status=Order.ShippingStatus.values[n % 14], cod_fee=n * 37 if n % 4 == 0 else 0,
                total=Order.objects.get(pk=order.pk).total - Order.objects.get(pk=order.pk).cod_fee + (n * 37 if n % 4 == 0 else 0),
                assigned_to=staff[n % len(staff)].membership, cost_of_goods=n * 1_111,
            )  # fmt: skip


params = st.fixed_dictionaries(
    {},
    optional={
        "keyword": st.sampled_from(WORDS),
        "category": st.sampled_from(["name", "phone", "order_number", "awb", "product", "district"]),
        "tab": st.sampled_from(list(ORDERS.tabs)),
        "status": st.lists(st.sampled_from(Order.Status.values), min_size=1, max_size=4, unique=True).map(",".join),
        "payment_method": st.sampled_from(["cod", "va", "bank_transfer,qris"]),
        "risk": st.sampled_from(["clear", "suspicious,blocked"]),
        "uncontacted": st.just("1"),
        "from": st.integers(0, 9).map(lambda n: (timezone.now() - timedelta(days=n)).strftime("%d/%m/%Y")),
        "basis": st.sampled_from(["created", "paid", "shipped", "delivered"]),
    },
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chosen=params, who=st.integers(0, 2), work=st.sampled_from(["", "", "fold", "rebuild"]), changed=st.integers(0, 39)
)
def test_list_recap_tabs_download_and_selection_are_the_same_rows(
    shop_of_many: Any, chosen: dict[str, str], who: int, work: str, changed: int
) -> None:
    shop, people = shop_of_many
    member = people[who]
    with store_scope(shop.store):
        if work:  # what lists read is folded or made anew at any time, and orders change before and after
            (store_fold if work == "fold" else store_rebuild)(store_id=shop.store.pk)
        pk = Order.objects.order_by("pk").values_list("pk", flat=True)[changed]
        Order.objects.filter(pk=pk).update(status=Order.Status.values[changed % 11], buyer_name=f"Siti {changed}")
        total = ORDERS.page(member, {**chosen, "limit": "100"}).total
        shown = {row.pk for row in ORDERS.page(member, {**chosen, "limit": "100"}).rows}
        assert len(shown) == total
        assert queries.recap(member, chosen)["count"] == total
        assert set(ORDERS.selection(member, chosen)) == shown
        assert len(list(ORDERS.export(member, chosen))) == total
        counts = ORDERS.tab_counts(member, chosen)
        assert counts is not None and counts[chosen.get("tab", "all")] == total
        assert ORDERS.count(member, chosen) == ORDERS.rows(member, chosen).count() == total
        assert store_check(store_id=shop.store.pk) == []


@pytest.fixture
def shop_of_many(db: None) -> Any:
    shop = make_shop(stock=500)
    people = [shop.owner, shop.staff("customer_service"), shop.staff("advertiser")]
    history(shop, people)
    return shop, people


def test_the_download_holds_what_the_search_shows(shop_of_many: Any, tmp_path: Path) -> None:
    shop, _people = shop_of_many
    client = Client(**shop.bearer())
    for query in ("keyword=siti", "keyword=budi&category=name", "tab=done&keyword=madu", "status=new,shipped"):
        listed = client.get(f"/api/v1/store/orders?{query}&limit=100").json()
        recap = client.get(f"/api/v1/store/orders/recap?{query}").json()["data"]
        with store_scope(shop.store):
            job = orders_download(actor=shop.owner, query=QueryDict(query), file_format="csv")
            from bosonline.jobs import _kinds

            target = tmp_path / "orders.csv"
            list(_kinds["orders.download"](job, target))
        rows = list(csv.DictReader(target.open(encoding="utf-8-sig")))
        assert [r["order_number"] for r in rows] == [r["order_number"] for r in listed["data"]]
        assert listed["total"] == recap["count"] == job.rows_total == len(rows) > 0
        assert recap["sum"] == sum(r["total"] for r in listed["data"])


@pytest.mark.parametrize("folded", [False, True])
def test_every_tile_equals_the_list_behind_its_link(shop_of_many: Any, folded: bool) -> None:
    shop, people = shop_of_many
    if folded:
        store_rebuild(store_id=shop.store.pk)
        with store_scope(shop.store):
            Order.objects.filter(status="new").update(
                status="completed", total=F("total") - F("unique_code"), unique_code=0
            )
    period = {"from": (timezone.now() - timedelta(days=6)).strftime("%Y-%m-%d")}
    with store_scope(shop.store):
        for member in people:
            for segments, days in ((TODO, None), (MONEY, period), (FUNNEL, period)):
                found = segments_count(member, segments, days)
                for segment in segments:
                    if not member.may(segment.right):
                        assert segment.key not in found
                        continue
                    rows = ORDERS.rows(member, QueryDict(segment.query(days)))
                    if segment.measure is None:
                        assert found[segment.key] == rows.count(), segment.key
                    elif segment.key == "profit":
                        assert found["profit"] == sum(income_of(o).profit for o in rows)
                    elif segment.measure == "total":
                        assert found[segment.key] == sum(o.total for o in rows), segment.key
                    else:
                        assert found[segment.key] == sum(o.shipping - o.shipping_discount for o in rows)


def test_newest_first_means_by_time_and_pages_leave_nothing_out(shop_of_many: Any) -> None:
    shop, _people = shop_of_many
    client = Client(**shop.bearer())
    for sort in ("", "&sort_by=total&sort_dir=desc", "&sort_by=status", "&sort_by=created_at&sort_dir=asc"):
        seen: list[int] = []
        after = ""
        for _page in range(10):
            answer = client.get(f"/api/v1/store/orders?limit=7{sort}&after={after}").json()
            seen += [row["id"] for row in answer["data"]]
            after = answer["next"]
            if not after:
                break
        assert len(seen) == len(set(seen)) == 40
        if not sort:
            with store_scope(shop.store):
                times = dict(Order.objects.values_list("pk", "created_at"))
            assert [times[pk] for pk in seen] == sorted(times.values(), reverse=True)


def test_who_may_not_see_phones_cannot_find_them_out_by_searching(shop_of_many: Any) -> None:
    shop, people = shop_of_many
    with store_scope(shop.store):
        advertiser = people[2]
        assert not advertiser.may("see_phone")
        assert ORDERS.count(advertiser, {"keyword": "0812345", "category": "phone"}) == 0
        assert ORDERS.count(advertiser, {"keyword": "0812-3450-0003", "category": "phone"}) == 1
        assert ORDERS.count(shop.owner, {"keyword": "0812345", "category": "phone"}) == 40


def test_every_resource_documents_its_parameters() -> None:
    assert resources()
    for resource in resources().values():
        assert isinstance(resource, Resource)
        names = [p.name for p in resource.parameters()]
        assert len(names) == len(set(names)) and "keyword" in names


def test_orders_from_before_there_were_copies_are_found_until_these_are_made(shop_of_many: Any) -> None:
    """A database that was just migrated: neither copies nor changes, only orders."""
    shop, people = shop_of_many
    order = shop.order(phone="081277665544", name="Yohanes Wenda", payment_method="cod")
    with store_scope(shop.store):
        for model in (OrderChange, OrderSearch, OrderTally, OrderTallyState):
            model.objects.all().delete()
        for typed in ("wenda", "776655", order.order_number.lower(), order.district_name):
            for work in (None, store_fold):
                if work:
                    work(store_id=shop.store.pk)
                assert order.pk in ORDERS.rows(shop.owner, {"keyword": typed}).values_list("pk", flat=True), typed
            OrderTallyState.objects.all().delete()
        assert order.pk not in ORDERS.rows(people[2], {"keyword": "776655"}).values_list("pk", flat=True)


def test_a_search_finds_what_was_just_placed_or_changed_and_nothing_that_is_no_longer_so(shop_of_many: Any) -> None:
    shop, people = shop_of_many
    store_rebuild(store_id=shop.store.pk)
    order = shop.order(phone="081299887766", name="Zulkifli Harahap", payment_method="cod",
                       items=[{"variant_id": shop.variants[0].pk, "qty": 1}])  # fmt: skip
    district = order.district_name
    hand = order.pk

    def found(keyword: str, member: Actor = shop.owner, **more: str) -> list[int]:
        with store_scope(shop.store):
            return list(ORDERS.rows(member, {"keyword": keyword, **more}).values_list("pk", flat=True))

    def everywhere() -> None:
        for typed in (
            "zulkif",
            "HARAHAP",
            "0812-9988-7766",
            "+62 812 9988 7766",
            "99887",
            order.order_number.lower(),
            "zu",
        ):
            assert hand in found(typed), typed
        assert found(district) and hand in found(district, category="district")
        assert hand not in found("99887", people[2]) and hand in found("081299887766", people[2])
        assert hand not in found("lkifli"[2:4]), "a short word begins a word"

    everywhere()
    store_fold(store_id=shop.store.pk)
    everywhere()
    with store_scope(shop.store):
        Order.objects.filter(pk=hand).update(status="confirmed", risk="clear")
        shipment_by_hand(order_id=hand, awb="IDE777000", courier_name="J&T", actor=shop.owner)
        assert found("777000") == found("777000", category="awb") == [hand]
        Order.objects.filter(pk=hand).update(buyer_name="Amir")
        OrderItem.objects.filter(order_id=hand).update(product_name="Gamis Sutra")
        assert found("zulkif") == [] and hand in found("amir") and found("sutra") == [hand]
        store_fold(store_id=shop.store.pk)
        assert found("zulkif") == [] and hand in found("amir") and found("sutra") == [hand]


def test_a_store_that_moves_to_another_time_zone_counts_its_days_anew(shop_of_many: Any) -> None:
    shop, _people = shop_of_many
    store_rebuild(store_id=shop.store.pk)
    for zone in ("Asia/Jayapura", "Asia/Jakarta"):
        shop.store.time_zone = zone
        shop.store.save(update_fields=["time_zone"])
        member = shop.owner.__class__(shop.owner.user, None, shop.owner.membership, shop.store, shop.owner.rights)
        for fold in (False, True):
            if fold:
                store_fold(store_id=shop.store.pk)
            with store_scope(shop.store):
                for days in range(9):
                    day = (timezone.now() - timedelta(days=days)).strftime("%Y-%m-%d")
                    chosen = {"from": day, "to": day}
                    assert ORDERS.count(member, chosen) == ORDERS.rows(member, chosen).count()


def test_a_tally_that_was_broken_is_noticed_and_mended(shop_of_many: Any) -> None:
    shop, _people = shop_of_many
    store_rebuild(store_id=shop.store.pk)
    call_command("check_lists")
    with store_scope(shop.store):
        OrderTally.objects.filter(cs=0).update(n=F("n") + 1)
        assert store_check(store_id=shop.store.pk)
    with pytest.raises(CommandError):
        call_command("check_lists")
    call_command("check_lists", "--rebuild")


def test_a_page_says_when_there_are_more_rows_than_it_counted(
    shop_of_many: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, _people = shop_of_many
    client = Client(**shop.bearer())
    small = dataclasses.replace(ORDERS, bound=5)
    monkeypatch.setattr("orders.api.views.ORDERS", small)
    answer = client.get("/api/v1/store/orders?keyword=siti&limit=3").json()
    assert answer["total"] == 5 and answer["total_at_least"] is True
    seen = [row["id"] for row in answer["data"]]
    while answer["next"]:
        answer = client.get(f"/api/v1/store/orders?keyword=siti&limit=3&after={answer['next']}").json()
        seen += [row["id"] for row in answer["data"]]
    with store_scope(shop.store):
        assert sorted(seen) == sorted(ORDERS.selection(shop.owner, {"keyword": "siti"})) and len(seen) > 5
        assert small.tab_counts(shop.owner, {"keyword": "siti"}) is None
