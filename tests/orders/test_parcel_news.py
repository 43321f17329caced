"""News of parcels: unclear or contradicting ones are shown and change nothing, every open parcel gets its turn."""

from __future__ import annotations

import itertools
import os
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.test import Client
from django.utils import timezone

from bosonline.gateways.base import breakers_reset
from bosonline.models import TimelineEntry
from bosonline.tenancy import all_stores, store_scope
from orders.models import FormerAwb, Order, ParcelAlert, Shipment
from orders.queries import shipment_by_awb
from orders.services import shipping
from orders.services.shipping import awb_assigned, parcels_poll, shipment_refresh
from orders.services.status import order_set_status
from stores.models import Notification
from tests.factories import PASSWORD, Shop, make_shop

CONTROL = os.environ["SANDBOX_URL"] + "/control"
_phones = itertools.count(1)


class Parcel:
    """A booked parcel with the sandbox's hand on it."""

    def __init__(self, shop: Shop, **order: Any) -> None:
        self.shop = shop
        self.order_id = shop.order(phone=f"0813{next(_phones):08d}", **order).pk
        with store_scope(shop.store):
            self.pk = shipping.shipment_book(order_id=self.order_id, actor=shop.owner).pk

    @property
    def row(self) -> Shipment:
        return Shipment.objects.with_scopes_disabled().get(pk=self.pk)

    @property
    def order(self) -> Order:
        return Order.objects.with_scopes_disabled().get(pk=self.order_id)

    @property
    def alerts(self) -> list[str]:
        rows = ParcelAlert.objects.with_scopes_disabled().filter(shipment_id=self.pk, seen_at__isnull=True)
        return sorted(rows.values_list("kind", flat=True))

    def state(self) -> tuple[str, str, str]:
        order, row = self.order, self.row
        assert order.shipping_status == row.status
        return order.status, row.status, order.payment_status

    def say(self, *, status: str = "", note: str = "", awb: str = "") -> None:
        """The courier says something; ``status`` is its code as it stands, ``note`` its words."""
        requests.post(
            f"{CONTROL}/parcels/{self.row.boscod_number}/say",
            json={"status": status, "note": note, "awb": awb},
            timeout=5,
        ).raise_for_status()
        shipment_refresh(shipment_id=self.pk)

    def go(self, *steps: str) -> None:
        for step in steps:
            requests.post(f"{CONTROL}/parcels/{self.row.boscod_number}/advance", json={"to": step}, timeout=5)
            shipment_refresh(shipment_id=self.pk)


@pytest.fixture
def parcel(db: None) -> Parcel:
    return Parcel(make_shop())


def told(parcel: Parcel) -> tuple[int, int]:
    """Lines in the timeline and in the bell."""
    lines = TimelineEntry.objects.with_scopes_disabled().filter(subject_id=parcel.order_id, kind="shipping.alert")
    bell = Notification.objects.with_scopes_disabled().filter(order_id=parcel.order_id, kind__startswith="shipment.")
    return lines.count(), bell.count()


# -- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", ["UNDELIVERED - NOBODY HOME", "Paket telah diterima di gudang Pati", "belum terkirim"]
)
def test_words_that_only_sound_like_a_delivery_collect_no_cash(parcel: Parcel, words: str) -> None:
    parcel.go("picked_up", "in_transit")
    parcel.say(status="77", note=words)
    status, shipping_status, payment = parcel.state()
    assert status == "shipped" and shipping_status != "delivered" and payment == "cod_pending"


def test_unclear_words_leave_the_state_and_are_listed_once(parcel: Parcel, client: Client) -> None:
    parcel.go("picked_up", "in_transit")
    before = parcel.state()
    for _n in range(3):
        parcel.say(status="77", note="Diterima oleh BUDI")
    assert parcel.state() == before and parcel.alerts == ["words"] and told(parcel) == (1, 1)
    client.post("/masuk", {"email": parcel.shop.user.email, "password": PASSWORD})
    page = client.get("/pesanan?parcel_alert=1").content.decode()
    assert parcel.order.order_number in page and "Lihat paketnya" in page
    assert "Diterima oleh BUDI" in client.get(f"/pesanan/{parcel.order_id}").content.decode()
    assert client.post(f"/pesanan/{parcel.order_id}/kurir/dilihat").status_code == 302
    assert parcel.alerts == []
    assert parcel.order.order_number not in client.get("/pesanan?parcel_alert=1").content.decode()
    parcel.say(status="77", note="Diterima oleh BUDI")
    assert parcel.alerts == [], "what was looked at does not come back"


def test_clear_news_answers_unclear_words(parcel: Parcel) -> None:
    parcel.go("picked_up", "in_transit")
    parcel.say(status="77", note="Lihat keterangan")
    assert parcel.alerts == ["words"]
    parcel.say(status="77", note="Paket telah diterima oleh penerima")
    assert parcel.state() == ("delivered", "delivered", "cod_collected") and parcel.alerts == []


def test_a_damaged_parcel_ends_like_a_lost_one(db: None) -> None:
    shop = make_shop()
    for step in ("lost", "damaged"):
        parcel = Parcel(shop)
        parcel.go("picked_up", "in_transit", step)
        assert parcel.state() == ("closed", step, "cod_pending")
        parcel.say(status="77", note="Paket telah sampai di JKT_GATEWAY")
        assert parcel.row.status == step


# -- contradictions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "news", "kept"),
    [
        (("picked_up", "delivered"), "returned", "delivered"),
        (("picked_up", "delivered"), "return", "delivered"),
        (("picked_up", "delivered"), "problem", "delivered"),
        (("picked_up", "delivered"), "in_transit", "delivered"),
        (("picked_up", "return"), "delivered", "return_in_transit"),
        (("picked_up", "return", "returned"), "delivered", "returned"),
        (("picked_up", "lost"), "delivered", "lost"),
        (("picked_up", "lost"), "in_transit", "lost"),
    ],
)
def test_contradicting_news_is_shown_and_changes_nothing(
    parcel: Parcel, steps: tuple[str, ...], news: str, kept: str
) -> None:
    parcel.go(*steps)
    before = parcel.state()
    parcel.go(news)
    shipment_refresh(shipment_id=parcel.pk)
    assert parcel.state() == before and parcel.row.status == kept
    assert parcel.alerts == ["contradiction"] and told(parcel) == (1, 1)


def test_a_parcel_that_travels_though_its_order_is_over_is_shown(db: None) -> None:
    shop = make_shop()
    parcel = Parcel(shop)
    parcel.go("picked_up", "in_transit")
    with store_scope(shop.store):
        order_set_status(order_id=parcel.order_id, status="delivered", actor=shop.owner)
    parcel.go("return")
    assert parcel.order.status == "delivered" and parcel.row.status == "return_in_transit"
    assert parcel.alerts == ["order_stays"]


def test_the_couriers_returned_does_not_end_the_return(parcel: Parcel) -> None:
    parcel.go("picked_up", "return", "returned")
    assert parcel.state()[:2] == ("returning", "returned") and parcel.alerts == []
    with store_scope(parcel.shop.store):
        assert parcel.order.customer.returned_count == 0
        order_set_status(order_id=parcel.order_id, status="returned", actor=parcel.shop.owner)
    assert parcel.order.status == "returned"
    straight = Parcel(parcel.shop)
    straight.go("returned")
    assert straight.state()[:2] == ("returning", "returned")


def test_an_answer_that_was_overtaken_changes_nothing(parcel: Parcel) -> None:
    from bosonline.gateways.boscod import boscod_client
    from orders.services.status import order_lock

    parcel.go("picked_up")
    late = boscod_client().tracking(parcel.row.boscod_number or "")
    parcel.go("in_transit", "delivered")
    with store_scope(parcel.shop.store):
        shipping._journey_apply(order_lock(parcel.order_id), Shipment.objects.get(pk=parcel.pk), late)
    assert parcel.row.status == "delivered" and parcel.alerts == []


# -- another AWB -----------------------------------------------------------------------------------------------------


def test_a_replaced_awb_is_current_and_the_old_one_still_found(parcel: Parcel, client: Client) -> None:
    number = parcel.row.boscod_number or ""
    parcel.say(awb="IDELAMA1", status="0", note="Menunggu penjemputan")
    Order.objects.with_scopes_disabled().filter(pk=parcel.order_id).update(label_printed_at=timezone.now())
    parcel.say(awb="IDEBARU2", status="0", note="Menunggu penjemputan")
    assert (parcel.row.awb, parcel.order.awb, parcel.order.label_printed_at) == ("IDEBARU2", "IDEBARU2", None)
    assert parcel.alerts == ["awb"] and told(parcel) == (1, 1)
    # the message of the old one comes late
    assert awb_assigned(boscod_number=number, order_code="", awb="IDELAMA1") == "already_known"
    assert awb_assigned(boscod_number=number, order_code="", awb="IDEBARU2") == "already_known"
    with store_scope(parcel.shop.store):
        assert [shipment_by_awb(awb) for awb in ("IDELAMA1", "IDEBARU2")] == [parcel.row, parcel.row]
        assert shipment_by_awb("IDELAIN3") is None
    for awb in ("IDELAMA1", "IDEBARU2"):
        answer = client.get(f"/api/v1/store/order/tracking?awb={awb}", **parcel.shop.bearer())
        assert answer.status_code == 200 and answer.json()["data"]
        found = client.get(f"/api/v1/store/orders?keyword={awb}&category=awb", **parcel.shop.bearer()).json()["data"]
        assert [o["id"] for o in found] == [parcel.order_id], awb
    other = make_shop()
    assert client.get("/api/v1/store/order/tracking?awb=IDELAMA1", **other.bearer()).status_code == 404


def test_which_of_two_awbs_is_true_is_asked_and_not_guessed(parcel: Parcel) -> None:
    number = parcel.row.boscod_number or ""
    parcel.say(awb="IDEBARU2", status="0", note="Menunggu penjemputan")
    assert awb_assigned(boscod_number=number, order_code="", awb="IDETUA1") == "already_known", (
        "a message that was overtaken"
    )
    assert parcel.row.awb == "IDEBARU2"
    requests.post(f"{CONTROL}/parcels/{number}/say", json={"awb": "IDEBARU3"}, timeout=5).raise_for_status()
    assert awb_assigned(boscod_number=number, order_code="", awb="IDEBARU3") == "awb_replaced"
    with store_scope(parcel.shop.store):
        assert list(FormerAwb.objects.values_list("awb", flat=True)) == ["IDEBARU2"]


def test_an_awb_of_another_parcel_is_not_taken(db: None) -> None:
    shop = make_shop()
    first, second = Parcel(shop), Parcel(shop)
    first.say(awb="IDESAMA1", status="0", note="Menunggu penjemputan")
    second.say(awb="IDESAMA1", status="0", note="Menunggu penjemputan")
    assert (first.row.awb, second.row.awb, second.alerts) == ("IDESAMA1", "", ["awb_taken"])
    assert awb_assigned(boscod_number=second.row.boscod_number or "", order_code="", awb="X" * 41) == "unreadable"
    assert awb_assigned(boscod_number=second.row.boscod_number or "", order_code="", awb=" ") == "unreadable"


def test_an_awb_whose_message_was_lost_makes_the_order_ready(parcel: Parcel) -> None:
    parcel.say(awb="IDEPOLL1", status="0", note="Menunggu penjemputan")
    assert parcel.order.awb == "IDEPOLL1" and parcel.state()[:2] == ("ready", "awaiting_pickup")


# -- polling ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def misbehave() -> Any:
    def fail(mode: str, **more: Any) -> None:
        breakers_reset()
        requests.post(f"{CONTROL}/failures", json={"service": "boscod", "mode": mode, **more}, timeout=5)

    yield fail
    fail("none")


def test_every_open_parcel_gets_its_turn_though_one_always_fails(db: None, misbehave: Any) -> None:
    shop = make_shop(stock=50)
    parcels = [Parcel(shop) for _n in range(7)]
    misbehave("error500", path=f"/order/tracking/{parcels[0].row.boscod_number}")
    asked: list[int] = []
    for _round in range(4):
        breakers_reset()
        parcels_poll(limit=2)
        asked.append(sum(p.row.polled_at is not None for p in parcels))
    assert asked == [1, 3, 5, 6], "two a round; the one that fails takes one turn and no more"
    assert parcels[0].row.polled_at is None and parcels[0].row.asked_at is not None
    misbehave("none")
    assert parcels_poll(limit=2) == 1 and parcels[0].row.polled_at is not None
    assert parcels_poll(limit=2) == 0, "nobody is asked again within three hours"


def test_who_was_never_asked_comes_first_then_who_waits_longest(db: None) -> None:
    shop = make_shop(stock=50)
    old, older, never = (Parcel(shop) for _n in range(3))
    with all_stores():
        for parcel, hours in ((old, 5), (older, 9)):
            moment = timezone.now() - timedelta(hours=hours)
            Shipment.objects.filter(pk=parcel.pk).update(polled_at=moment, asked_at=moment)
    order: list[int] = []
    for _n in range(3):
        before = {p.pk: p.row.asked_at for p in (old, older, never)}
        parcels_poll(limit=1)
        order += [p.pk for p in (old, older, never) if p.row.asked_at != before[p.pk]]
    assert order == [never.pk, older.pk, old.pk]


def test_a_parcel_on_its_way_back_is_asked_about_and_a_finished_one_is_not(db: None) -> None:
    shop = make_shop(stock=50)
    back, done = Parcel(shop), Parcel(shop)
    back.go("picked_up", "return")
    done.go("picked_up", "delivered")
    with all_stores():
        Shipment.objects.update(polled_at=timezone.now() - timedelta(hours=4), asked_at=None)
    requests.post(f"{CONTROL}/parcels/{back.row.boscod_number}/advance", json={"to": "returned"}, timeout=5)
    assert parcels_poll() == 1
    assert back.row.status == "returned" and done.row.asked_at is None
