"""The table of what people do to an order: every door asks the same rights, and a batch answers for each order."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from bosonline.actor import Actor
from bosonline.errors import DomainError, Forbidden, NotFound
from bosonline.tenancy import store_scope
from orders.actions import ACTIONS, BULK, TABLE, Action, Facts, run_many
from orders.lists import orders_for
from orders.models import Order
from sellers.rights import ALL_RIGHTS
from tests.factories import PASSWORD, Shop, make_shop


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop(stock=1_000)


def placed(shop: Shop, n: int = 1) -> list[Order]:
    return [shop.order(payment_method="cod", phone=f"0812777{k:05d}") for k in range(n)]


def act(action: Action, actor: Actor, order: Order, facts: Facts) -> None:
    if action.run is not None:
        action.run(actor, order, facts)
    elif action.prints is not None:
        action.prints(actor, [order.pk], facts)


@pytest.mark.parametrize("action", TABLE, ids=lambda a: a.key)
def test_the_service_behind_an_action_asks_for_the_rights_the_action_names(action: Action, shop: Shop) -> None:
    """Somebody with every right but one of the action's is refused inside, also when a door forgot to ask."""
    (order,) = placed(shop)
    facts = Facts({"status": "confirmed", "text": "catatan", "amount": "1000", "to": "BCA", "note": "x", "receipt": "1",
                   "awb": "JX1234567", "reason": "x"})  # fmt: skip
    for right in action.rights:
        actor = Actor(shop.user, None, shop.owner.membership, shop.store, frozenset(ALL_RIGHTS) - {right})
        assert not action.may(actor)
        with store_scope(shop.store), pytest.raises(Forbidden):
            act(action, actor, order, facts)


def test_labels_and_addresses_are_each_there_once() -> None:
    assert len({a.key for a in TABLE}) == len({a.path for a in TABLE}) == len(TABLE)
    assert all((a.run is None) != (a.prints is None) and a.rights and str(a.label) for a in TABLE)
    assert BULK


def test_a_batch_does_what_can_be_done_and_says_why_the_rest_was_not(shop: Shop) -> None:
    first, second, third = placed(shop, 3)
    with store_scope(shop.store):
        Order.objects.filter(pk=second.pk).update(status="cancelled")
    foreign = placed(make_shop())[0]
    facts = Facts({"status": "confirmed"})
    with store_scope(shop.store):
        asked = [first.pk, second.pk, foreign.pk, first.pk, third.pk]
        results = run_many(ACTIONS["status"], shop.owner, asked, facts)
        assert [pk for pk, _e in results] == [first.pk, second.pk, foreign.pk, third.pk], "each once, as chosen"
        errors: dict[int, DomainError | None] = dict(results)
        assert errors[first.pk] is None and errors[third.pk] is None
        assert isinstance(errors[foreign.pk], NotFound)
        again = errors[second.pk]
        assert again is not None and again.code == "illegal_transition"
        confirmed = orders_for(shop.owner, {}).filter(status="confirmed").values_list("pk", flat=True)
        assert set(confirmed) == {first.pk, third.pk}
    with store_scope(foreign.store):
        assert Order.objects.get(pk=foreign.pk).status == "new"


def test_a_batch_of_somebody_without_the_right_touches_nothing(shop: Shop) -> None:
    orders = placed(shop, 2)
    viewer = shop.staff("viewer")
    with store_scope(shop.store):
        for action in BULK:
            if action.run is not None:
                with pytest.raises(Forbidden):
                    run_many(action, viewer, [o.pk for o in orders], Facts({"status": "confirmed"}))
        assert set(Order.objects.values_list("status", flat=True)) == {"new"}


def test_page_and_api_give_the_same_answers_for_the_same_choice(shop: Shop, client: Client) -> None:
    by_page, by_api = placed(shop, 3), placed(shop, 3)
    with store_scope(shop.store):
        Order.objects.filter(pk__in=[by_page[1].pk, by_api[1].pk]).update(status="delivered")
    browser = Client()
    browser.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    browser.post("/pesanan/massal/status", {"ids": ",".join(str(o.pk) for o in by_page), "status": "confirmed"})
    answer: Any = client.put(
        "/api/v1/store/orders/status", {"ids": [o.pk for o in by_api], "status": "confirmed"},
        content_type="application/json", **shop.bearer(),
    ).json()  # fmt: skip
    assert [row["ok"] for row in answer["data"]] == [True, False, True]
    with store_scope(shop.store):
        states = [[Order.objects.get(pk=o.pk).status for o in chosen] for chosen in (by_page, by_api)]
    assert states[0] == states[1] == ["confirmed", "delivered", "confirmed"]


@pytest.mark.parametrize("key", ["hapus", "note", "refund", "status\x00", "STATUS"])
def test_what_is_no_batch_is_not_there(shop: Shop, key: str) -> None:
    browser = Client()
    browser.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    (order,) = placed(shop)
    assert browser.post(f"/pesanan/massal/{key}", {"ids": str(order.pk)}).status_code == 404
