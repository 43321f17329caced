"""People of a store: who may add, change, pause and remove whom, and that nothing of their work is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from bosonline.actor import Actor
from bosonline.tenancy import store_scope
from orders.models import Order
from sellers.models import Invitation, Membership, Role, User
from sellers.rights import PRESETS
from sellers.services.accounts import preset_role
from tests.accounts.helpers import bearer, call, letters, log_in, token_in
from tests.factories import PASSWORD, Shop, make_shop


def role_id(preset: str) -> int:
    return preset_role(preset).pk


def person(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Dewi Lestari", "email": "dewi@uji.id", "phone": "081377778888", "password": PASSWORD,
        "role_id": role_id("customer_service"),
    } | changes  # fmt: skip


def own_role(shop: Shop, *rights: str) -> Role:
    return Role.objects.create(store=shop.store, name=f"Peran {Role.objects.count()}", rights=list(rights))


def member_with(shop: Shop, *rights: str) -> Actor:
    """A person with exactly these rights."""
    member = shop.staff("viewer")
    assert member.membership is not None
    with store_scope(shop.store):
        Membership.objects.filter(pk=member.membership.pk).update(role=own_role(shop, *rights))
    return member


def test_a_person_made_with_a_password_works_at_once(client: Client, db: None) -> None:
    shop = make_shop()
    made = call(client, "post", "/store/staff", person(), **shop.bearer())
    assert made.status_code == 201
    data = made.json()["data"]
    assert data["role"]["preset"] == "customer_service" and data["managed"] is True
    entered = log_in(client, "0813-7777-8888")
    assert entered.json()["user"]["staff_id"] == data["id"] and entered.json()["user"]["store_id"] == shop.store.pk
    assert call(client, "get", "/store/staff", **bearer(entered)).status_code == 403


def test_a_person_without_a_password_is_invited_and_joins_by_the_mailed_link(client: Client, db: None) -> None:
    shop = make_shop()
    asked = call(client, "post", "/store/staff", person(password=""), **shop.bearer())
    assert asked.status_code == 202 and not User.objects.filter(email="dewi@uji.id").exists()
    letter = letters("dewi@uji.id")[-1]
    assert shop.store.name in letter.subject
    token = token_in(letter)
    shown = client.get(f"/api/v1/auth/invitations?token={token}").json()["data"]
    assert shown["store"] == shop.store.name and shown["has_account"] is False
    assert client.get(f"/undangan?token={token}").status_code == 200
    body = {"token": token, "name": "Dewi", "phone": "081377778888", "password": PASSWORD}
    joined = call(client, "post", "/auth/invitations", body)
    assert joined.status_code == 200 and joined.json()["user"]["store_id"] == shop.store.pk
    user = User.objects.get(email="dewi@uji.id")
    assert user.email_confirmed_at is not None and user.managed_by_id is None
    assert call(client, "post", "/auth/invitations", body).json()["code"] == "link_invalid"


def test_a_known_person_must_be_logged_in_to_accept_and_keeps_their_password(client: Client, db: None) -> None:
    shop, other = make_shop(), make_shop()
    asked = call(client, "post", "/store/staff", person(email=other.user.email), **shop.bearer())
    assert asked.status_code == 202, "a password for somebody else's account is not taken"
    assert log_in(client, other.user.email).status_code == 200
    token = token_in(letters(other.user.email)[-1])
    stranger = call(client, "post", "/auth/invitations", {"token": token, "password": "Baru-sekali-77"})
    assert stranger.status_code == 409 and stranger.json()["code"] == "login_required"
    wrong = call(client, "post", "/auth/invitations", {"token": token}, **make_shop().bearer())
    assert wrong.status_code == 409
    joined = call(client, "post", "/auth/invitations", {"token": token}, **other.bearer())
    assert joined.json()["user"]["store_id"] == shop.store.pk
    assert {s["name"] for s in call(client, "get", "/stores", **bearer(joined)).json()["data"]} == {
        shop.store.name, other.store.name,
    }  # fmt: skip


def test_a_password_for_somebody_elses_account_is_not_taken_and_the_page_says_so(client: Client, db: None) -> None:
    shop, other = make_shop(), make_shop()
    client.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    form = {"name": "Ratna", "email": other.user.email, "phone": "081233334444", "role_id": preset_role("viewer").pk,
            "password": "Bukan-punyamu-7", "lead_weight": 1}  # fmt: skip
    answer = client.post("/pengaturan/karyawan/baru", form, follow=True)
    assert "sudah punya akun" in answer.content.decode()
    other.user.refresh_from_db()
    assert other.user.check_password(PASSWORD)


def test_invitations_can_be_sent_again_withdrawn_and_expire(client: Client, db: None) -> None:
    shop = make_shop()
    headers = shop.bearer()
    asked = call(client, "post", "/store/staff", person(password=""), **headers).json()["data"]["id"]
    first = token_in(letters("dewi@uji.id")[-1])
    assert call(client, "post", f"/store/invitations/{asked}/resend", **headers).status_code == 200
    second = token_in(letters("dewi@uji.id")[-1])
    assert client.get(f"/api/v1/auth/invitations?token={first}").status_code == 422
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert client.get(f"/api/v1/auth/invitations?token={second}").status_code == 422
    assert client.get(f"/api/v1/auth/invitations?token={second}").status_code == 200
    assert call(client, "get", "/store/invitations", **headers).json()["total"] == 1
    assert call(client, "delete", f"/store/invitations/{asked}", **make_shop().bearer()).status_code == 404
    assert call(client, "delete", f"/store/invitations/{asked}", **headers).status_code == 200
    assert client.get(f"/api/v1/auth/invitations?token={second}").status_code == 422
    assert call(client, "post", f"/store/invitations/{asked}/resend", **headers).status_code == 404


def test_asking_twice_keeps_one_invitation_with_the_newest_role(client: Client, db: None) -> None:
    shop = make_shop()
    headers = shop.bearer()
    call(client, "post", "/store/staff", person(password=""), **headers)
    call(client, "post", "/store/staff", person(password="", role_id=role_id("finance")), **headers)
    with store_scope(shop.store):
        assert Invitation.objects.get().role.preset == "finance"


def test_wrong_input_is_named_at_its_field(client: Client, db: None) -> None:
    shop, other = make_shop(), make_shop()
    foreign = own_role(other, "orders.view")
    headers = shop.bearer()
    for changes, field in (
        ({"email": "bukan-email"}, "email"), ({"phone": "abc"}, "phone"), ({"password": "123"}, "password"),
        ({"role_id": 999_999}, "role_id"), ({"role_id": foreign.pk}, "role_id"), ({"role_id": role_id("owner")}, "role_id"),
        ({"name": ""}, "name"), ({"name": "x" * 81}, "name"), ({"email": shop.user.email}, "email"),
        ({"lead_weight": 0}, "lead_weight"), ({"email": "a\x00@uji.id"}, "email"),
    ):  # fmt: skip
        answer = call(client, "post", "/store/staff", person(**changes), **headers)
        assert answer.status_code == 422 and field in answer.json()["errors"], (changes, answer.content)
    assert not User.objects.filter(email="dewi@uji.id").exists()


def test_the_list_searches_filters_and_keeps_its_query_count(
    client: Client, db: None, django_assert_max_num_queries: Any
) -> None:
    shop = make_shop()
    headers = shop.bearer()
    for _n in range(3):
        shop.staff("customer_service")
    with django_assert_max_num_queries(5):
        assert call(client, "get", "/store/staff?limit=100", **headers).json()["total"] == 4
    for _n in range(27):
        shop.staff("viewer")
    with django_assert_max_num_queries(5):
        rows = call(client, "get", "/store/staff?limit=100&sort_by=name", **headers).json()
    assert rows["total"] == 31 and [r["name"] for r in rows["data"]] == sorted(r["name"] for r in rows["data"])
    assert call(client, "get", f"/store/staff?role={role_id('viewer')}", **headers).json()["total"] == 27
    assert call(client, "get", f"/store/staff?keyword={shop.user.email}&category=email", **headers).json()["total"] == 1
    assert (
        call(client, "get", f"/store/staff?category=phone&keyword=0{shop.user.phone[3:]}", **headers).json()["total"]
        == 1
    )
    for bad in ("sort_by=password", "category=password", "active=x", "role=x", "limit=1000"):
        assert call(client, "get", f"/store/staff?{bad}", **headers).status_code == 422, bad


def test_another_stores_people_are_404(client: Client, db: None) -> None:
    shop, other = make_shop(), make_shop()
    theirs = other.staff("viewer").membership
    assert theirs is not None
    headers = shop.bearer()
    for method, path, body in (
        ("get", f"/store/staff/{theirs.pk}", None), ("put", f"/store/staff/{theirs.pk}", {"name": "x"}),
        ("delete", f"/store/staff/{theirs.pk}", {}), ("patch", f"/store/staff/{theirs.pk}/status", {"is_active": False}),
    ):  # fmt: skip
        assert call(client, method, path, body, **headers).status_code == 404, path
    many = call(client, "patch", "/store/staff/status", {"ids": [theirs.pk], "is_active": False}, **headers).json()
    assert many["failed"] == 1 and many["data"][0]["code"] == "not_found"
    handed = call(client, "post", "/store/hand-over", {"staff_id": theirs.pk, "password": PASSWORD}, **headers)
    assert handed.status_code == 404


# -- escalation -------------------------------------------------------------------------------------------------------


def test_nobody_gives_rights_they_do_not_have(client: Client, db: None) -> None:
    shop = make_shop()
    boss = member_with(shop, "staff.view", "staff.create", "staff.edit", "staff.delete", "orders.view")
    headers = shop.bearer(boss.user)
    for preset in ("administrator", "finance", "viewer"):
        refused = call(client, "post", "/store/staff", person(role_id=role_id(preset)), **headers)
        assert refused.status_code == 403 and refused.json()["code"] == "right_escalation", preset
    few = own_role(shop, "orders.view")
    made = call(client, "post", "/store/staff", person(role_id=few.pk), **headers)
    assert made.status_code == 201
    pk = made.json()["data"]["id"]
    assert (
        call(client, "put", f"/store/staff/{pk}", {"role_id": role_id("administrator")}, **headers).status_code == 403
    )
    mightier = shop.staff("warehouse").membership
    assert mightier is not None
    for method, path, body in (
        ("put", f"/store/staff/{mightier.pk}", {"role_id": few.pk}),
        ("patch", f"/store/staff/{mightier.pk}/status", {"is_active": False}), ("delete", f"/store/staff/{mightier.pk}", {}),
    ):  # fmt: skip
        assert call(client, method, path, body, **headers).status_code == 403, path


def test_nobody_changes_their_own_access_or_the_owners(client: Client, db: None) -> None:
    shop = make_shop()
    admin = shop.staff("administrator")
    headers = shop.bearer(admin.user)
    assert admin.membership is not None and shop.owner.membership is not None
    for target, code in ((admin.membership.pk, "own_access"), (shop.owner.membership.pk, "owner_protected")):
        for method, path, body in (
            ("put", f"/store/staff/{target}", {"role_id": role_id("viewer"), "is_active": False}),
            ("patch", f"/store/staff/{target}/status", {"is_active": False}), ("delete", f"/store/staff/{target}", {}),
        ):  # fmt: skip
            answer = call(client, method, path, body, **headers)
            assert answer.status_code == 403 and answer.json()["code"] == code, (path, answer.content)
    assert call(client, "get", "/me", **shop.bearer()).status_code == 200


def test_body_fields_that_are_not_for_the_caller_are_ignored(client: Client, db: None) -> None:
    shop, other = make_shop(), make_shop()
    body = person(
        store_id=other.store.pk, is_owner=True, rights=["staff.edit"], internal_role="superadmin", managed_by=None
    )
    made = call(client, "post", "/store/staff", body, **shop.bearer()).json()["data"]
    user = User.objects.get(email="dewi@uji.id")
    assert user.internal_role == "" and made["role"]["preset"] == "customer_service"
    with store_scope(shop.store):
        assert Membership.objects.get(user=user).store_id == shop.store.pk


def test_only_an_account_the_store_manages_gets_its_password_from_the_store(client: Client, db: None) -> None:
    shop, other = make_shop(), make_shop()
    headers = shop.bearer()
    pk = call(client, "post", "/store/staff", person(), **headers).json()["data"]["id"]
    changed = call(client, "put", f"/store/staff/{pk}", {"password": "Baru-sekali-77", "name": "Dewi L."}, **headers)
    assert changed.status_code == 200 and log_in(client, "dewi@uji.id", "Baru-sekali-77").status_code == 200
    # the same person opens an own store: from then on the account is theirs alone
    entered = log_in(client, "dewi@uji.id", "Baru-sekali-77")
    assert call(client, "post", "/stores", {"name": "Toko Dewi"}, **bearer(entered)).status_code == 201
    for field, value in (
        ("password", "Curi-curi-99"),
        ("email", "curi@uji.id"),
        ("phone", "081211119999"),
        ("name", "X"),
    ):
        refused = call(client, "put", f"/store/staff/{pk}", {field: value}, **headers)
        assert refused.status_code == 422 and refused.json()["code"] == "not_managed", field
    assert log_in(client, "dewi@uji.id", "Baru-sekali-77").status_code == 200
    with store_scope(shop.store):
        invited = Membership.objects.create(store=shop.store, user=other.user, role=preset_role("viewer"))
    stolen = call(client, "put", f"/store/staff/{invited.pk}", {"password": "Curi-curi-99"}, **headers)
    assert stolen.json()["code"] == "not_managed" and log_in(client, other.user.email).status_code == 200


# -- pausing and removing ---------------------------------------------------------------------------------------------


def test_a_paused_or_removed_persons_token_is_worthless_at_once(client: Client, db: None) -> None:
    shop = make_shop()
    headers = shop.bearer()
    pk = call(client, "post", "/store/staff", person(), **headers).json()["data"]["id"]
    entered = log_in(client, "dewi@uji.id")
    browser = Client()
    browser.post("/masuk", {"email": "dewi@uji.id", "password": PASSWORD})
    call(client, "patch", f"/store/staff/{pk}/status", {"is_active": False}, **headers)
    assert call(client, "get", "/store/orders", **bearer(entered)).status_code == 401
    assert browser.get("/pesanan").status_code == 302
    refresh = call(client, "post", "/auth/refresh/", {"refresh_token": entered.json()["token"]["refresh_token"]})
    assert refresh.status_code == 401
    call(client, "patch", f"/store/staff/{pk}/status", {"is_active": True}, **headers)
    again = log_in(client, "dewi@uji.id")
    assert call(client, "get", "/store/orders", **bearer(again)).status_code == 200
    assert call(client, "delete", f"/store/staff/{pk}", **headers).status_code == 200
    assert call(client, "get", "/store/orders", **bearer(again)).status_code == 401
    lonely = log_in(client, "dewi@uji.id")
    assert lonely.status_code == 200 and lonely.json()["user"]["store_id"] is None
    assert call(client, "get", "/store/orders", **bearer(lonely)).status_code == 403
    assert call(client, "get", "/me", **bearer(lonely)).status_code == 200


def test_many_are_paused_with_a_result_for_each(client: Client, db: None) -> None:
    shop = make_shop()
    people = [shop.staff("viewer").membership for _n in range(3)]
    assert shop.owner.membership is not None
    ids = [p.pk for p in people if p] + [shop.owner.membership.pk, 999_999]
    answer = call(client, "patch", "/store/staff/status", {"ids": ids, "is_active": False}, **shop.bearer()).json()
    assert (answer["succeeded"], answer["failed"]) == (3, 2)
    assert [r["code"] for r in answer["data"]] == ["ok", "ok", "ok", "owner_protected", "not_found"]


def test_open_orders_are_handed_over_before_a_person_is_removed(client: Client, db: None) -> None:
    shop = make_shop()
    leaver, heir = shop.staff("customer_service").membership, shop.staff("customer_service").membership
    assert leaver is not None and heir is not None
    with store_scope(shop.store):
        orders = [shop.order(phone=f"08123456{n:04d}") for n in range(3)]
        Order.objects.filter(pk__in=[o.pk for o in orders]).update(assigned_to=leaver)
        Order.objects.filter(pk=orders[2].pk).update(status="completed")
    headers = shop.bearer()
    refused = call(client, "delete", f"/store/staff/{leaver.pk}", **headers)
    assert refused.status_code == 409 and refused.json()["code"] == "has_open_work" and refused.json()["count"] == 2
    for wrong in (leaver.pk, 999_999):
        bad = call(client, "delete", f"/store/staff/{leaver.pk}", {"hand_over_to": wrong}, **headers)
        assert bad.status_code == 422 and "hand_over_to" in bad.json()["errors"]
    done = call(client, "delete", f"/store/staff/{leaver.pk}?hand_over_to={heir.pk}", **headers)
    assert done.json()["data"]["handed_over"] == 2
    with store_scope(shop.store):
        assert Order.objects.filter(assigned_to=heir).count() == 2
        assert Order.objects.get(pk=orders[2].pk).assigned_to_id == leaver.pk, "the past stays as it was"
    assert shop.order(phone="081299990000").assigned_to_id != leaver.pk


# -- ownership --------------------------------------------------------------------------------------------------------


def test_the_last_owner_cannot_leave(client: Client, db: None) -> None:
    shop = make_shop()
    refused = call(client, "post", "/store/leave", **shop.bearer())
    assert refused.status_code == 409 and refused.json()["code"] == "last_owner"


def test_a_store_is_handed_over_by_its_owner_with_the_password(client: Client, db: None) -> None:
    shop = make_shop()
    heir = shop.staff("administrator")
    assert heir.membership is not None
    body = {"staff_id": heir.membership.pk, "password": PASSWORD}
    assert call(client, "post", "/store/hand-over", body, **shop.bearer(heir.user)).status_code == 403
    assert call(client, "post", "/store/hand-over", body | {"password": "salah"}, **shop.bearer()).status_code == 422
    assert call(client, "post", "/store/hand-over", body, **shop.bearer()).status_code == 200
    assert call(client, "get", "/me", **shop.bearer()).json()["data"]["role"]["name"] == "Administrator"
    assert call(client, "get", "/me", **shop.bearer(heir.user)).json()["data"]["role"]["name"] == "Pemilik"
    assert call(client, "post", "/store/leave", **shop.bearer()).status_code == 200
    assert [m for m in letters(heir.user.email) if "pemilik toko" in m.subject]


def test_an_owner_leaves_when_there_is_another_one(client: Client, db: None) -> None:
    shop = make_shop()
    heir = shop.staff("administrator")
    assert heir.membership is not None
    body = {"staff_id": heir.membership.pk, "password": PASSWORD, "stay": "owner"}
    assert call(client, "post", "/store/hand-over", body, **shop.bearer()).status_code == 200
    assert call(client, "post", "/store/leave", **shop.bearer()).status_code == 200
    assert call(client, "post", "/store/leave", **shop.bearer(heir.user)).status_code == 409


def test_two_owners_who_leave_at_once_do_not_leave_the_store_alone(committed_db: None) -> None:
    shop = make_shop()
    heir = shop.staff("administrator")
    assert heir.membership is not None
    body = {"staff_id": heir.membership.pk, "password": PASSWORD, "stay": "owner"}
    call(Client(), "post", "/store/hand-over", body, **shop.bearer())
    headers = [shop.bearer(), shop.bearer(heir.user)]

    def leave(n: int) -> int:
        try:
            return call(Client(), "post", "/store/leave", **headers[n]).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(leave, range(2))) == [200, 409]


def test_one_invitation_taken_twice_at_once_gives_one_place(committed_db: None) -> None:
    shop = make_shop()
    call(Client(), "post", "/store/staff", person(password=""), **shop.bearer())
    token = token_in(letters("dewi@uji.id")[-1])
    body = {"token": token, "name": "Dewi", "phone": "081377778888", "password": PASSWORD}

    def accept(_n: int) -> int:
        try:
            return call(Client(), "post", "/auth/invitations", body).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(accept, range(4)))
    assert statuses == [200, 422, 422, 422]
    with store_scope(shop.store):
        assert Membership.objects.filter(user__email="dewi@uji.id").count() == 1


def test_at_most_so_many_stores_per_account(client: Client, db: None, settings: Any) -> None:
    settings.STORES_PER_USER = 2
    shop = make_shop()
    headers = shop.bearer()
    assert call(client, "post", "/stores", {"name": "Dua"}, **headers).status_code == 201
    assert call(client, "post", "/stores", {"name": "Tiga"}, **headers).json()["code"] == "too_many_stores"
    assert call(client, "post", "/stores", {"name": " "}, **headers).status_code == 422


# -- roles ------------------------------------------------------------------------------------------------------------


def test_an_own_role_takes_effect_with_the_next_request(client: Client, db: None) -> None:
    shop = make_shop()
    headers = shop.bearer()
    listed = call(client, "get", "/store/roles", **headers).json()
    assert [r["preset"] for r in listed["data"]] == list(PRESETS) and len(listed["matrix"]["modules"]) > 10
    made = call(
        client, "post", "/store/roles", {"name": "Admin resi", "rights": ["shipping.edit", "export"]}, **headers
    )
    assert made.status_code == 201 and set(made.json()["data"]["rights"]) == {
        "shipping.view",
        "shipping.edit",
        "export",
    }
    role = made.json()["data"]["id"]
    call(client, "post", "/store/staff", person(role_id=role), **headers)
    entered = bearer(log_in(client, "dewi@uji.id"))
    assert call(client, "get", "/store/orders", **entered).status_code == 403
    body = {"name": "Admin resi", "rights": ["orders.view"]}
    assert call(client, "put", f"/store/roles/{role}", body, **headers).status_code == 200
    assert call(client, "get", "/store/orders", **entered).status_code == 200
    used = call(client, "delete", f"/store/roles/{role}", **headers)
    assert used.status_code == 409 and used.json()["count"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "rights": []}, "name"), ({"name": "Pemilik", "rights": []}, "name"),
        ({"name": "owner", "rights": []}, "name"), ({"name": "x" * 41, "rights": []}, "name"),
        ({"name": "Baru", "rights": ["orders.hack"]}, "rights"), ({"name": "Baru", "rights": "orders.view"}, "rights"),
        ({"name": "Baru", "rights": ["x"] * 500}, "rights"),
    ],
)  # fmt: skip
def test_a_wrong_role_is_refused_at_its_field(client: Client, db: None, body: dict[str, Any], field: str) -> None:
    shop = make_shop()
    answer = call(client, "post", "/store/roles", body, **shop.bearer())
    assert answer.status_code == 422 and field in answer.json()["errors"], answer.content


def test_roles_of_other_stores_and_presets_stay_as_they_are(client: Client, db: None) -> None:
    shop, other = make_shop(), make_shop()
    foreign = own_role(other, "orders.view")
    body = {"name": "Baru", "rights": ["orders.view"]}
    headers = shop.bearer()
    for method in ("get", "put", "delete"):
        assert call(client, method, f"/store/roles/{foreign.pk}", body, **headers).status_code == 404
    viewer = role_id("viewer")
    assert call(client, "put", f"/store/roles/{viewer}", body, **headers).json()["code"] == "preset_role"
    assert call(client, "delete", f"/store/roles/{viewer}", **headers).json()["code"] == "preset_role"
    assert foreign.pk not in [r["id"] for r in call(client, "get", "/store/roles", **headers).json()["data"]]


def test_a_role_cannot_be_used_to_climb(client: Client, db: None) -> None:
    shop = make_shop()
    climber = member_with(shop, "staff.view", "staff.create", "staff.edit", "staff.delete", "orders.view")
    headers = shop.bearer(climber.user)
    with store_scope(shop.store):
        mine = Membership.objects.get(pk=climber.membership.pk).role_id  # type: ignore[union-attr]  # has a place
    more = {"name": "Lebih", "rights": ["orders.view", "store.edit"]}
    assert call(client, "post", "/store/roles", more, **headers).status_code == 403
    assert (
        call(client, "put", f"/store/roles/{mine}", {"name": "Sama", "rights": ["orders.view"]}, **headers).status_code
        == 403
    )
    strong = own_role(shop, "store.edit", "store.view")
    weaken = call(client, "put", f"/store/roles/{strong.pk}", {"name": "Lemah", "rights": ["orders.view"]}, **headers)
    assert weaken.status_code == 403, "nobody strips rights they do not have"
    assert call(client, "delete", f"/store/roles/{strong.pk}", **headers).status_code == 403
    fine = call(client, "post", "/store/roles", {"name": "Sedikit", "rights": ["orders.view"]}, **headers)
    assert fine.status_code == 201


def test_role_names_are_unique_in_the_store_whatever_their_case(client: Client, db: None) -> None:
    shop = make_shop()
    headers = shop.bearer()
    body = {"name": "Admin Resi", "rights": ["orders.view"]}
    assert call(client, "post", "/store/roles", body, **headers).status_code == 201
    assert call(client, "post", "/store/roles", body | {"name": "admin resi"}, **headers).status_code == 422
    assert call(client, "post", "/store/roles", body, **make_shop().bearer()).status_code == 201


def test_changes_of_people_are_in_the_audit_trail(client: Client, db: None) -> None:
    from bosonline.models import TimelineEntry

    shop = make_shop()
    headers = shop.bearer()
    pk = call(client, "post", "/store/staff", person(), **headers).json()["data"]["id"]
    call(client, "put", f"/store/staff/{pk}", {"role_id": role_id("finance")}, **headers)
    call(client, "delete", f"/store/staff/{pk}", **headers)
    with store_scope(shop.store):
        lines = TimelineEntry.objects.filter(subject="staff", subject_id=pk).order_by("id")
        assert [line.kind for line in lines] == ["staff.created", "staff.changed", "staff.removed"]
        assert all(line.actor_id == shop.user.pk for line in lines)
