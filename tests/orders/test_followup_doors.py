"""A result says the same at every door: page, API with the attempt, and the service beneath both."""

from __future__ import annotations

import pytest
from django.test import Client

from bosonline.tenancy import store_scope
from orders.models import Order
from orders.services.followups import followup_record, followup_result
from tests.factories import PASSWORD, make_shop


@pytest.mark.parametrize("door", ["api", "page", "service"])
@pytest.mark.parametrize("risk", ["clear", "suspicious"])
def test_confirmed_confirms_at_every_door_and_never_a_held_order(db: None, door: str, risk: str) -> None:
    shop = make_shop()
    order = shop.order()
    Order.objects.with_scopes_disabled().filter(pk=order.pk).update(risk=risk)
    with store_scope(shop.store):
        if door == "api":
            body = {"result": "confirmed"}
            answer = Client(**shop.bearer()).post(
                f"/api/v1/store/orders/{order.pk}/follow-ups", body, content_type="application/json"
            )
            assert answer.status_code == 201
        else:
            row = followup_record(order_id=order.pk, actor=shop.owner).followup
            if door == "page":
                page = Client()
                page.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
                assert page.post(f"/follow-up/{row.pk}", {"result": "confirmed"}).status_code == 302
            else:
                followup_result(followup_id=row.pk, actor=shop.owner, result="confirmed")
    order.refresh_from_db()
    assert (order.status, order.followup_status) == ("confirmed" if risk == "clear" else "new", "done")
