"""What a right protects is protected at every door: documents, tracking, the bell."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfReader

from bosonline.actor import Actor
from bosonline.errors import Forbidden
from bosonline.tenancy import store_scope
from orders.documents import invoices_pdf, labels_pdf
from orders.models import Order
from orders.notices import order_line
from orders.services.shipping import shipment_by_hand
from sellers.models import Role
from sellers.rights import PRESETS
from stores.queries import notifications_of
from stores.services.bell import notify
from tests.factories import Shop, make_shop

PHONE = "0812-3456-7890"


def parcel(shop: Shop, **changes: Any) -> Order:
    order = shop.order(**changes)
    with store_scope(shop.store):
        shipment_by_hand(order_id=order.pk, awb=f"IDE{order.pk:08d}", courier_name="Sendiri", actor=shop.owner)
    order.refresh_from_db()
    return order


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize("preset", PRESETS)
def test_documents_show_the_whole_phone_only_to_who_may_see_it(db: None, preset: str) -> None:
    shop = make_shop()
    member = shop.staff(preset)
    order = parcel(shop)
    Order.objects.with_scopes_disabled().filter(pk=order.pk).update(assigned_to=member.membership)
    api = Client(**shop.bearer(member.user))
    with store_scope(shop.store):
        if not member.may("orders.view"):
            with pytest.raises(Forbidden):
                invoices_pdf(member, [order.pk])
        else:
            assert (PHONE in text_of(invoices_pdf(member, [order.pk]))) == member.may("see_phone")
        if member.may("shipping.view") and member.may("see_phone"):
            assert PHONE in text_of(labels_pdf(member, [order.pk]))
        else:
            with pytest.raises(Forbidden):
                labels_pdf(member, [order.pk])
    answer = api.post("/api/v1/store/orders/invoices", {"ids": [order.pk]}, content_type="application/json")
    if answer.status_code == 200:
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert (PHONE in text_of(body)) == member.may("see_phone")
    else:
        assert answer.status_code in (202, 403)


def _cs(shop: Shop) -> Actor:
    return shop.staff("customer_service")


def test_tracking_and_the_bell_speak_only_of_orders_one_may_see(db: None) -> None:
    shop = make_shop()
    mine, other = _cs(shop), _cs(shop)
    order = parcel(shop)
    Order.objects.with_scopes_disabled().filter(pk=order.pk).update(assigned_to=mine.membership)
    with store_scope(shop.store):
        for kind in ("order.new", "payment.paid", "shipment.words"):
            facts = order_line(order, kind, amount=1_000, text="x").facts
            notify(store_id=shop.store.pk, kind=kind, facts=facts, order_id=order.pk)
        heard = {m: {row.kind for row in notifications_of(m)[0]} for m in (mine, other, shop.owner)}
    assert heard[mine] == heard[shop.owner] == {"order.new", "payment.paid", "shipment.words"}
    assert heard[other] == set()
    for member, status in ((mine, 200), (shop.owner, 200), (other, 404)):
        answer = Client(**shop.bearer(member.user)).get(f"/api/v1/store/order/tracking?awb={order.awb}")
        assert answer.status_code == status
        bell = Client(**shop.bearer(member.user)).get("/api/v1/store/notifications").json()
        assert bell["total"] == (0 if member is other else 3) == bell["unread"]


def test_the_bell_is_silent_about_what_a_role_may_not_open(db: None) -> None:
    shop = make_shop()
    role = Role.objects.create(store=shop.store, name="Gudang saja", rights=["inventory.view", "see_all_orders"])
    staff = shop.staff("viewer")
    assert staff.membership is not None
    staff.membership.role = role
    staff.membership.save()
    member = Actor(staff.user, None, staff.membership, shop.store, role.granted)
    order = shop.order()
    with store_scope(shop.store):
        for kind in ("order.new", "payment.paid", "shipment.words"):
            notify(store_id=shop.store.pk, kind=kind, facts=order_line(order, kind, amount=1_000, text="x").facts)
        notify(store_id=shop.store.pk, kind="stock.low", facts={"low": [], "count": 1})
        notify(store_id=shop.store.pk, kind="account.bank_account", facts={"account": "BCA ••1234"})
        assert {row.kind for row in notifications_of(member)[0]} == {"stock.low"}
