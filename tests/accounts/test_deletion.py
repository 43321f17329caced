"""The end of an account: asked for with the password, 30 days to take it back, then nothing personal is left."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from bosonline.models import TimelineEntry
from bosonline.tenancy import all_stores, store_scope
from forms.models import AbandonedCheckout
from orders.models import Customer, Order, Payment
from orders.services.followups import followup_record
from sellers.models import LoginAttempt, LoginSession, Membership, User
from sellers.services.accounts import preset_role
from sellers.tasks import erase_accounts
from tests.accounts.helpers import bearer, call, letters, log_in
from tests.factories import PASSWORD, Shop, make_shop


def ask(client: Client, shop: Shop) -> Any:
    return call(client, "delete", "/profile", {"password": PASSWORD}, **shop.bearer())


def later(days: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(days=days))


def test_it_needs_the_password_and_names_the_day(client: Client, db: None) -> None:
    shop = make_shop()
    refused = call(client, "delete", "/profile", {"password": "salah"}, **shop.bearer())
    assert refused.status_code == 422 and "password" in refused.json()["errors"]
    assert call(client, "delete", "/profile", {}, **shop.bearer()).status_code == 422
    other = log_in(client, shop.user.email)
    answer = ask(client, shop)
    assert answer.status_code == 200 and answer.json()["data"]["erase_at"][:10] == str(
        timezone.now().astimezone(ZoneInfo(shop.store.time_zone)).date() + timedelta(days=30)
    )
    assert call(client, "get", "/me", **bearer(other)).status_code == 401, "other devices end"
    assert [m for m in letters(shop.user.email) if "akan dihapus" in m.subject]


def test_asking_again_does_not_move_the_day(client: Client, db: None) -> None:
    shop = make_shop()
    first = ask(client, shop).json()["data"]["erase_at"]
    with later(5):
        assert ask(client, shop).json()["data"]["erase_at"] == first


def test_within_the_grace_it_can_be_taken_back(client: Client, db: None) -> None:
    shop = make_shop()
    ask(client, shop)
    with later(29):
        assert erase_accounts() == 0
        entered = bearer(log_in(client, shop.user.email))
        assert call(client, "get", "/me", **entered).json()["data"]["deletion_requested_at"]
        assert call(client, "post", "/profile/deletion/cancel", **entered).status_code == 200
        assert call(client, "post", "/profile/deletion/cancel", **entered).status_code == 409
    with later(60):
        assert erase_accounts() == 0
    assert log_in(client, shop.user.email).status_code == 200


def test_after_the_grace_nothing_personal_is_left_and_amounts_stay(
    client: Client, db: None, django_capture_on_commit_callbacks: Any
) -> None:
    shop = make_shop()
    order = shop.order(name="Siti Rahasia", phone="081255556666", street="Jl. Sangat Rahasia 7", note="titip pos")
    paid = shop.order(payment_method="bank_transfer", phone="081277778888")
    proof = Path(settings.STORAGES["default"]["OPTIONS"]["location"]) / "proofs" / "bukti.webp"
    proof.parent.mkdir(parents=True, exist_ok=True)
    proof.write_bytes(b"x")
    with store_scope(shop.store):
        followup_record(order_id=order.pk, actor=shop.owner)
        Payment.objects.filter(order=paid).update(proof="proofs/bukti.webp")
        AbandonedCheckout.objects.create(
            store=shop.store,
            form=shop.form,
            token="t" * 20,
            phone="+6281255556666",
            name="Siti Rahasia",
            data={"street": "x"},
        )
    log_in(client, shop.user.email)
    old_email, old_phone, totals = shop.user.email, shop.user.phone, [order.total, paid.total]
    call(client, "post", "/store/staff", {"name": "Undangan", "email": "undang@uji.id", "phone": "081299991111", "role_id": preset_role("viewer").pk}, **shop.bearer())  # fmt: skip
    letters()
    ask(client, shop)
    with later(30.1):
        with django_capture_on_commit_callbacks(execute=True):
            assert erase_accounts() == 1
        assert erase_accounts() == 0
    user = User.objects.get(pk=shop.user.pk)
    assert user.erased_at and not user.is_active and user.phone is None and "Ratna" not in user.name
    with store_scope(shop.store):
        assert sorted(Order.objects.values_list("total", flat=True)) == sorted(totals)
        assert Customer.objects.count() == 2 and len(set(Customer.objects.values_list("phone", flat=True))) == 2
        assert not Membership.objects.filter(removed_at__isnull=True).exists()
        assert TimelineEntry.objects.filter(subject="order").exists(), "that something happened stays"
    assert not proof.exists()
    _assert_nowhere("Siti Rahasia", "1255556666", "Sangat Rahasia", old_email, (old_phone or "")[3:], "undang@uji.id")
    assert log_in(client, old_email).status_code == 422
    host = f"{shop.store.subdomain}.localhost"
    assert client.get(f"/{shop.form.slug}", HTTP_HOST=host).status_code == 404


def _assert_nowhere(*texts: str) -> None:
    """No text or JSON column of any table still holds one of these."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND (data_type IN ('text', 'character varying', 'jsonb', 'inet') OR data_type = 'ARRAY')"
        )
        for table, column in cursor.fetchall():
            if table in ("bosonline_outboxmessage", "django_migrations"):
                continue  # done work is swept after a week, long before the grace is over
            for text in texts:
                cursor.execute(f'SELECT count(*) FROM "{table}" WHERE "{column}"::text LIKE %s', [f"%{text}%"])
                assert cursor.fetchone()[0] == 0, (table, column, text)


def test_a_store_with_another_owner_lives_on_with_its_orders(client: Client, db: None) -> None:
    shop = make_shop()
    partner = shop.staff("administrator")
    order = shop.order(name="Siti Aminah")
    with store_scope(shop.store):
        Membership.objects.filter(user=partner.user).update(role=preset_role("owner"))
    ask(client, shop)
    with later(31):
        assert erase_accounts() == 1
    with store_scope(shop.store):
        order.refresh_from_db()
    assert order.buyer_name == "Siti Aminah"
    assert call(client, "get", "/store/orders", **shop.bearer(partner.user)).json()["total"] == 1
    assert User.objects.get(pk=shop.user.pk).erased_at is not None


def test_staff_of_a_closed_store_keep_their_accounts(client: Client, db: None) -> None:
    shop = make_shop()
    cs = shop.staff("customer_service")
    entered = bearer(log_in(client, cs.user.email))
    ask(client, shop)
    with later(31):
        erase_accounts()
    assert call(client, "get", "/store/orders", **entered).status_code == 401
    lonely = log_in(client, cs.user.email)
    assert lonely.status_code == 200 and lonely.json()["user"]["store_id"] is None


def test_other_stores_and_people_are_not_touched(client: Client, db: None) -> None:
    shop, other = make_shop(), make_shop()
    order = other.order(name="Orang Lain")
    log_in(client, other.user.email)
    ask(client, shop)
    with later(31):
        erase_accounts()
    with store_scope(other.store):
        order.refresh_from_db()
    assert order.buyer_name == "Orang Lain"
    assert (
        LoginSession.objects.filter(user=other.user).exists() and LoginAttempt.objects.filter(user=other.user).exists()
    )
    with all_stores():
        assert Membership.objects.filter(user=other.user, removed_at__isnull=True).exists()


def test_one_that_fails_does_not_hold_the_others_up(client: Client, db: None, monkeypatch: Any) -> None:
    from sellers import ports

    first, second = make_shop(), make_shop()
    ask(client, first)
    ask(client, second)
    real = ports.erase_store

    def failing(store_id: int) -> None:
        if store_id == first.store.pk:
            raise RuntimeError("the disk is full")
        real(store_id)

    with later(31):
        with monkeypatch.context() as patch:
            patch.setattr(ports, "erase_store", failing)
            assert erase_accounts() == 1
        assert User.objects.get(pk=first.user.pk).erased_at is None, "all or nothing"
        assert erase_accounts() == 1


def test_history_still_cannot_be_changed_by_mistake(db: None) -> None:
    import pytest
    from django.db import InternalError, transaction
    from django.db.utils import IntegrityError

    shop = make_shop()
    shop.order()
    with store_scope(shop.store), pytest.raises((InternalError, IntegrityError)), transaction.atomic():
        TimelineEntry.objects.update(data={})
