"""The bell, what one mutes, the digest, announcements and tips."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from django.test import Client
from django.utils import timezone, translation

from bosonline import jobs, outbox
from bosonline.models import OutboxMessage
from bosonline.tenancy import store_scope
from orders.models import Order
from orders.notices import order_line
from sellers.services.digests import digests_enqueue
from stores.models import Announcement, Notification, Store
from stores.notices import GROUPS, NOTICES
from stores.services.bell import notify, notify_many
from tests.accounts.helpers import call, letters
from tests.factories import PASSWORD, Shop, make_shop


class AnyFacts(dict[str, Any]):
    """Facts of every kind: a number where words are made of one."""

    def __missing__(self, name: str) -> Any:
        return {"low": [], "counts": AnyFacts(self), "day": "", "reason": "x", "text": "x"}.get(name, 1)


def tell(shop: Shop, kind: str, number: str = "ORD-1", **extra: Any) -> None:
    facts = {
        "order_id": 1,
        "number": number,
        "name": "Siti",
        "total": 1,
        "amount": 1,
        "job_id": 1,
        "filename": "a.csv",
        "text": "x",
    }
    with store_scope(shop.store):
        notify(store_id=shop.store.pk, kind=kind, facts=facts, **extra)


def test_muted_groups_stay_out_of_the_bell_and_its_count(client: Client, db: None) -> None:
    shop = make_shop()
    headers = shop.bearer()
    for kind in ("order.new", "payment.paid", "shipment.problem"):
        tell(shop, kind)
    assert call(client, "get", "/store/notifications", **headers).json()["unread"] == 3
    saved = call(client, "put", "/store/notifications/preferences", {"muted": ["payments", "orders"]}, **headers)
    assert saved.json()["data"]["muted"] == ["orders", "payments"]
    seen = call(client, "get", "/store/notifications", **headers).json()
    assert [r["kind"] for r in seen["data"]] == ["shipment.problem"] and seen["unread"] == 1
    colleague = shop.staff("viewer")
    assert call(client, "get", "/store/notifications", **shop.bearer(colleague.user)).json()["unread"] == 3
    assert call(client, "put", "/store/notifications/preferences", {"muted": ["apa"]}, **headers).status_code == 422


def test_read_is_read_for_oneself_only_and_never_goes_back(client: Client, db: None) -> None:
    shop = make_shop()
    colleague = shop.bearer(shop.staff("viewer").user)
    headers = shop.bearer()
    for _n in range(3):
        tell(shop, "order.new")
    ids = [r["id"] for r in call(client, "get", "/store/notifications", **headers).json()["data"]]
    call(client, "patch", "/store/notifications", {"last_id": ids[0]}, **headers)
    call(client, "patch", "/store/notifications", {"last_id": ids[2]}, **headers)
    assert call(client, "get", "/store/notifications", **headers).json()["unread"] == 0
    assert call(client, "get", "/store/notifications", **colleague).json()["unread"] == 3


def test_a_line_is_told_in_the_language_of_who_reads_it(client: Client, db: None) -> None:
    shop = make_shop()
    shop.order()
    outbox.drain(100)
    for language, words in (("id", "Pesanan baru"), ("en", "New order")):
        (row,) = call(client, "get", "/store/notifications", HTTP_ACCEPT_LANGUAGE=language, **shop.bearer()).json()[
            "data"
        ]
        assert row["title"].startswith(words), row


def test_every_kind_has_words_in_both_languages_a_group_and_a_page(db: None) -> None:
    for kind, notice in NOTICES.items():
        facts = AnyFacts(order_id=1, number="ORD-1", hours="any")
        said = []
        for language in ("id", "en"):
            with translation.override(language):
                said.append(str(notice.title(facts)))
                assert said[-1] and isinstance(notice.body(facts), str), kind
        assert said[0] != said[1], f"{kind} has one wording for both languages"
        assert notice.url(facts).startswith("/"), kind
        assert len(kind) <= 30 and notice.group in GROUPS


def test_looking_at_the_bell_reads_nothing_opening_a_line_reads_that_one(client: Client, db: None) -> None:
    shop = make_shop()
    for _n in range(3):
        shop.order(phone=f"08120000100{_n}")
    outbox.drain(100)
    client.post("/masuk", {"email": shop.user.email, "password": PASSWORD})

    def unread() -> str:
        return client.get("/notifikasi?count=1").content.decode()

    for path in ("/notifikasi?menu=1", "/notifikasi"):
        assert client.get(path).status_code == 200
        assert unread() == "3"
    with store_scope(shop.store):
        newest = Notification.objects.order_by("-id").first()
    assert newest is not None
    for _n in range(2):
        answer = client.get(f"/notifikasi/{newest.pk}")
        assert answer["Location"] == f"/pesanan/{newest.order_id}" and unread() == "2"
    other = make_shop()
    stranger = Client()
    stranger.post("/masuk", {"email": other.user.email, "password": PASSWORD})
    assert stranger.get(f"/notifikasi/{newest.pk}").status_code == 404
    assert client.post("/notifikasi").status_code == 302 and unread() == ""
    call(client, "patch", "/store/notifications", {"only": newest.pk}, **shop.bearer())  # already read: nothing moves
    assert unread() == ""


def test_who_cannot_see_an_order_does_not_hear_of_its_proof_problem_or_cancellation(client: Client, db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="bank_transfer")
    cs = shop.staff("customer_service")  # only the orders that are theirs
    warehouse = shop.staff("warehouse")  # no money
    with store_scope(shop.store):
        Order.objects.filter(pk=order.pk).update(assigned_to=shop.owner.membership)
        for kind in ("payment.proof", "shipment.problem", "order.cancelled_by_buyer", "shipment.redelivery"):
            notify_many(
                store_id=shop.store.pk, lines=[order_line(order, kind, text="x", reason="", day="", hours="any")]
            )

    def heard(user: Any) -> set[str]:
        rows = call(client, "get", "/store/notifications", **shop.bearer(user)).json()["data"]
        return {row["kind"] for row in rows}

    assert heard(shop.user) >= {"payment.proof", "shipment.problem", "order.cancelled_by_buyer", "shipment.redelivery"}
    assert heard(cs.user) == set()
    assert heard(warehouse.user) == {"shipment.problem", "order.cancelled_by_buyer", "shipment.redelivery"}


def test_a_line_for_one_person_is_not_shown_to_another(client: Client, db: None) -> None:
    shop = make_shop()
    colleague = shop.staff("viewer")
    tell(shop, "job.done", user_id=shop.user.pk)
    assert call(client, "get", "/store/notifications", **shop.bearer()).json()["total"] == 1
    assert call(client, "get", "/store/notifications", **shop.bearer(colleague.user)).json()["total"] == 0


def test_a_new_order_a_payment_and_a_finished_job_ring(client: Client, db: None) -> None:
    shop = make_shop()
    headers = shop.bearer()
    shop.order()
    with store_scope(shop.store):
        job = jobs.job_start(
            kind="unknown.kind", store_id=shop.store.pk, user_id=shop.user.pk, params={}, filename="pesanan.csv", rows=1
        )
    outbox.drain(100)
    rows = call(client, "get", "/store/notifications", **headers).json()["data"]
    kinds = {r["kind"] for r in rows}
    assert "order.new" in kinds and "job.failed" in kinds
    assert next(r for r in rows if r["kind"] == "job.failed")["url"].endswith(f"#job-{job.pk}")


def test_the_digest_comes_once_a_morning_in_the_stores_zone(client: Client, db: None) -> None:
    shop = make_shop()
    Store.objects.filter(pk=shop.store.pk).update(time_zone="Asia/Jayapura")  # UTC+9
    call(client, "put", "/store/notifications/preferences", {"digest": True}, **shop.bearer())
    evening = datetime.now(UTC).replace(hour=21, minute=0, second=0, microsecond=0)
    tell(shop, "order.new", "ORD-77")
    with store_scope(shop.store):
        Notification.objects.update(created_at=evening - timedelta(hours=3))
    with time_machine.travel(evening, tick=False) as clock:
        assert digests_enqueue() == 0, "six in the morning there"
        clock.shift(3600)
        assert digests_enqueue() == 1 and digests_enqueue() == 0
        OutboxMessage.objects.update(due_at=timezone.now() - timedelta(days=2))
        mail = [m for m in letters(shop.user.email) if "kabar" in m.subject]
        assert len(mail) == 1 and "Pesanan baru ORD-77" in mail[0].body
        clock.shift(timedelta(days=1))
        assert digests_enqueue() == 1
        assert len([m for m in letters(shop.user.email) if "kabar" in m.subject]) == 1, "nothing new: no letter"


def test_the_digest_stops_with_the_place(client: Client, db: None) -> None:
    shop = make_shop()
    cs = shop.staff("customer_service")
    call(client, "put", "/store/notifications/preferences", {"digest": True}, **shop.bearer(cs.user))
    tell(shop, "order.new")
    assert cs.membership is not None
    call(client, "delete", f"/store/staff/{cs.membership.pk}", **shop.bearer())
    with time_machine.travel(timezone.now().replace(hour=23, minute=50)):
        digests_enqueue()
    assert not [m for m in letters(cs.user.email) if "kabar" in m.subject]


def announce(**changes: object) -> Announcement:
    values: dict[str, object] = {
        "kind": "announcement", "title_id": "Libur Lebaran", "body_id": "Kurir libur.", "title_en": "Holiday",
        "body_en": "Couriers rest.", "starts_at": timezone.now() - timedelta(hours=1),
    }  # fmt: skip
    return Announcement.objects.create(**(values | changes))


def titles(client: Client, shop: Shop, path: str = "/store/announcements", **headers: str) -> list[str]:
    return [r["title"] for r in call(client, "get", path, **shop.bearer(), **headers).json()["data"]]


def test_announcements_follow_segment_and_date(client: Client, db: None) -> None:
    shop, marked = make_shop(), make_shop()
    Store.objects.filter(pk=marked.store.pk).update(marking="prioritas", onboarded_at=timezone.now())
    now = timezone.now()
    announce(title_id="Semua")
    announce(title_id="Baru mulai", segment="starting")
    announce(title_id="Sudah jualan", segment="selling")
    announce(title_id="Khusus", segment="marked", marking="prioritas")
    announce(title_id="Besok", starts_at=now + timedelta(days=1))
    announce(title_id="Kemarin", starts_at=now - timedelta(days=2), ends_at=now - timedelta(days=1))
    announce(title_id="Mati", is_active=False)
    assert set(titles(client, shop)) == {"Semua", "Baru mulai"}
    assert set(titles(client, marked)) == {"Semua", "Sudah jualan", "Khusus"}
    with time_machine.travel(now + timedelta(days=1, hours=1)):
        assert "Besok" in titles(client, shop)


def test_they_are_in_the_readers_language(client: Client, db: None) -> None:
    shop = make_shop()
    announce()
    announce(title_id="Hanya Indonesia", title_en="", body_en="")
    assert set(titles(client, shop, HTTP_ACCEPT_LANGUAGE="en")) == {"Holiday", "Hanya Indonesia"}
    assert set(titles(client, shop)) == {"Libur Lebaran", "Hanya Indonesia"}


def test_closing_one_hides_it_for_oneself(client: Client, db: None) -> None:
    shop = make_shop()
    row = announce()
    hidden = announce(segment="marked", marking="lain")
    headers = shop.bearer()
    for _n in range(2):
        assert call(client, "post", f"/store/announcements/{row.pk}/dismiss", **headers).status_code == 200
    assert titles(client, shop) == []
    assert call(client, "post", f"/store/announcements/{hidden.pk}/dismiss", **headers).status_code == 404
    assert call(client, "post", "/store/announcements/999999/dismiss", **headers).status_code == 404
    colleague = shop.staff("viewer")
    assert call(client, "get", "/store/announcements", **shop.bearer(colleague.user)).json()["total"] == 1


def test_tips_are_apart_from_announcements(client: Client, db: None) -> None:
    shop = make_shop()
    announce(kind="tip", title_id="Balas lead dalam 5 menit")
    assert "Balas lead dalam 5 menit" in titles(client, shop, "/store/tips")
    assert titles(client, shop) == []
