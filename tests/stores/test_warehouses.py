"""Gudang over the API and at BosCOD's sandbox: registered, edited, refused, retried, never taken from what needs it."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bosonline import outbox
from bosonline.actor import SYSTEM
from bosonline.gateways.base import breakers_reset
from bosonline.models import OutboxMessage
from bosonline.tenancy import all_stores, store_scope
from catalog.models import StockLevel
from forms.models import OrderForm
from stores.models import Notification, Warehouse
from stores.services.warehouses import warehouse_create
from tests.factories import GAMBIR, JUWANA, Shop, make_shop

LIST, ONE = "/api/v1/profile/warehouses", "/api/v1/profile/warehouses/{}"
NEW = {"name": "Gudang Jakarta", "contact_name": "Budi", "phone": "0812 3333 4444", "district_id": GAMBIR,
       "address": "Jl. Merdeka Barat No. 1"}  # fmt: skip


@pytest.fixture
def shop(db: None) -> Shop:
    requests.post(f"{django_settings.SANDBOX_URL}/control/reset", timeout=5)
    return make_shop()


@pytest.fixture
def api(shop: Shop, client: Client) -> Any:
    headers = shop.bearer()

    def call(method: str, path: str, body: Any = None) -> Any:
        return getattr(client, method)(path, body, content_type="application/json", **headers)

    return call


def work() -> None:
    """What the relay does."""
    OutboxMessage.objects.filter(done_at__isnull=True).exclude(topic="warehouse.register").delete()
    outbox.drain()


def row_of(api: Any, pk: int) -> dict[str, Any]:
    return next(r for r in api("get", LIST).json()["data"] if r["id"] == pk)


def test_a_new_warehouse_is_registered_by_the_outbox(shop: Shop, api: Any) -> None:
    answer = api("post", "/api/v1/store/warehouses", NEW)
    assert answer.status_code == 201
    row = answer.json()["data"]
    assert (row["boscod_state"], row["phone"], row["postal_code"]) == ("pending", "+6281233334444", "10110")
    assert row["area"]["district"] == "Gambir" and row["is_default"] is False
    work()
    assert row_of(api, row["id"])["boscod_state"] == "registered"
    rows = api("get", LIST).json()
    assert rows["total"] == 2 and [r["is_default"] for r in rows["data"]] == [True, False]


def test_an_edit_of_what_boscod_knows_registers_again_with_another_id(shop: Shop, api: Any) -> None:
    work()
    pk = shop.warehouse.pk
    with all_stores():
        before = Warehouse.objects.get(pk=pk).boscod_pickup_id
    assert before is not None
    row = api("put", ONE.format(pk), {"address": "Jl. Pemuda No. 99, Juwana"}).json()["data"]
    assert (row["boscod_state"], row["name"], row["area"]["district_id"]) == ("pending", "Gudang", JUWANA)
    work()
    with all_stores():
        after = Warehouse.objects.get(pk=pk)
    assert after.boscod_state == "registered" and after.boscod_pickup_id != before
    # nothing changed: nothing is sent
    api("put", ONE.format(pk), {"address": "Jl. Pemuda No. 99, Juwana"})
    assert row_of(api, pk)["boscod_state"] == "registered"
    # another area without a postal code takes the area's own
    moved = api("put", ONE.format(pk), {"district_id": GAMBIR}).json()["data"]
    assert moved["area"]["district"] == "Gambir" and moved["postal_code"].startswith("10")


def test_an_edit_during_the_registration_is_registered_itself(shop: Shop, api: Any, monkeypatch: Any) -> None:
    """The seller saves while BosCOD's answer to the first version is on its way."""
    from stores.services import warehouses

    pk = shop.warehouse.pk
    honest = warehouses.boscod_client

    class Slow:
        def register_pickup_point(self, **values: Any) -> int:
            number = honest().register_pickup_point(**values)
            if values["name"] == "Gudang":
                assert api("put", ONE.format(pk), {"name": "Gudang Baru"}).status_code == 200
            return number

    monkeypatch.setattr(warehouses, "boscod_client", Slow)
    OutboxMessage.objects.exclude(topic="warehouse.register").delete()
    outbox.drain(limit=1)
    assert row_of(api, pk)["boscod_state"] == "pending"
    work()
    assert row_of(api, pk)["boscod_state"] == "registered"


def test_an_outage_is_retried_and_the_button_says_which_service(shop: Shop, api: Any, settings: Any) -> None:
    pk, url = shop.warehouse.pk, "/api/v1/store/shipping/warehouses"
    good, settings.BOSCOD_BASE_URL = settings.BOSCOD_BASE_URL, "http://127.0.0.1:9/boscod"
    answer = api("post", url, {"warehouse_id": pk})
    assert answer.status_code == 503 and answer.json()["service"] == "boscod"
    row = row_of(api, pk)
    assert row["boscod_state"] == "pending" and row["boscod_error"]
    work()
    assert OutboxMessage.objects.get(topic="warehouse.register").done_at is None  # it will be tried again
    breakers_reset()
    settings.BOSCOD_BASE_URL = good
    answer = api("post", url, {"warehouse_id": pk})
    assert answer.status_code == 200 and answer.json()["data"]["boscod_state"] == "registered"
    assert api("post", url, {"warehouse_id": pk}).json()["data"]["boscod_state"] == "registered"


def test_a_refusal_is_shown_told_and_put_right_by_an_edit(shop: Shop, api: Any) -> None:
    work()
    with store_scope(shop.store):
        # only the courier side knows why it refuses: here a name that is too long for it
        Warehouse.objects.filter(pk=shop.warehouse.pk).update(
            contact_name="", boscod_state="pending", boscod_pickup_id=None
        )
    answer = api("post", "/api/v1/store/shipping/warehouses", {"warehouse_id": shop.warehouse.pk}).json()["data"]
    assert answer["boscod_state"] == "failed" and "contact_name" in answer["boscod_error"]
    with store_scope(shop.store):
        assert Notification.objects.filter(kind="warehouse.failed").count() == 1
    fixed = api("put", ONE.format(shop.warehouse.pk), {"contact_name": "Ratna"}).json()["data"]
    assert fixed["boscod_state"] == "pending" and fixed["boscod_error"] == ""
    work()
    assert row_of(api, shop.warehouse.pk)["boscod_state"] == "registered"


def test_the_default_is_passed_on_and_there_is_always_one(shop: Shop, api: Any) -> None:
    second = api("post", "/api/v1/store/warehouses", NEW).json()["data"]["id"]
    assert api("put", f"{ONE.format(second)}/default").json()["data"]["is_default"] is True
    assert [r["id"] for r in api("get", LIST).json()["data"] if r["is_default"]] == [second]
    assert api("put", ONE.format(second), {"is_default": False}).status_code == 422
    answer = api("delete", ONE.format(second))
    assert answer.status_code == 200 and answer.json()["default_id"] == shop.warehouse.pk
    assert api("get", ONE.format(second)).status_code == 404
    third = api("post", "/api/v1/store/warehouses", {**NEW, "is_default": True}).json()["data"]
    assert third["is_default"] and [r["is_default"] for r in api("get", LIST).json()["data"]] == [True, False]
    assert api("put", ONE.format(third["id"]), {"is_active": False}).json()["data"]["is_default"] is False
    assert api("put", f"{ONE.format(third['id'])}/default").status_code == 409
    assert row_of(api, shop.warehouse.pk)["is_default"]


def test_a_warehouse_that_forms_stock_or_orders_need_stays(shop: Shop, api: Any) -> None:
    pk = shop.warehouse.pk
    shop.order()
    answer = api("delete", ONE.format(pk))
    assert answer.status_code == 409 and answer.json()["code"] == "warehouse_in_use"
    assert len(answer.json()["reasons"]) == 4  # the only one, a form, stock, an open order
    second = api("post", "/api/v1/store/warehouses", NEW).json()["data"]["id"]
    assert len(api("delete", ONE.format(pk)).json()["reasons"]) == 3
    assert len(api("put", ONE.format(pk), {"is_active": False}).json()["reasons"]) == 2
    with store_scope(shop.store):
        OrderForm.objects.update(warehouse_id=second)
        StockLevel.objects.update(on_hand=0, reserved=0)
    assert len(api("delete", ONE.format(pk)).json()["reasons"]) == 1
    from orders.models import Order

    with store_scope(shop.store):
        Order.objects.update(status="cancelled")
    assert api("delete", ONE.format(pk)).status_code == 200
    assert api("delete", ONE.format(second)).status_code == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"), ({"name": "  "}, "name"), ({"name": "gudang"}, "name"), ({"name": "x" * 51}, "name"), ({"contact_name": " "}, "contact_name"),
        ({"phone": "123"}, "phone"), ({"district_id": 1}, "district_id"), ({"district_id": "x"}, "district_id"), ({"district_id": 2**40}, "district_id"),
        ({"address": "pendek"}, "address"), ({"address": "x" * 301}, "address"), ({"postal_code": "99999"}, "postal_code"), ({"postal_code": "1"}, "postal_code"),
        ({"name": "a\x00b"}, "name"),
    ],
)  # fmt: skip
def test_bad_input_is_named_at_the_field(shop: Shop, api: Any, change: dict[str, Any], field: str) -> None:
    answer = api("post", "/api/v1/store/warehouses", NEW | change)
    assert answer.status_code == 422 and field in answer.json()["errors"], answer.content
    second = api("post", "/api/v1/store/warehouses", NEW).json()["data"]["id"]
    answer = api("put", ONE.format(second), change)
    assert answer.status_code == 422 and field in answer.json()["errors"], answer.content


def test_another_stores_warehouse_is_404_everywhere(shop: Shop, api: Any) -> None:
    foreign = make_shop().warehouse.pk
    for pk in (foreign, 2**62):
        assert api("get", ONE.format(pk)).status_code == 404
        assert api("put", ONE.format(pk), {"name": "Maling"}).status_code == 404
        assert api("put", ONE.format(pk), {"phone": "salah"}).status_code == 404
        assert api("put", f"{ONE.format(pk)}/default").status_code == 404
        assert api("delete", ONE.format(pk)).status_code == 404
        assert api("post", "/api/v1/store/shipping/warehouses", {"warehouse_id": pk}).status_code == 404


def test_who_may_not_change_the_store_may_look_only(shop: Shop, client: Client) -> None:
    staff = shop.bearer(shop.staff("warehouse").user)
    assert client.get(LIST, **staff).json()["total"] == 1
    body = {"content_type": "application/json", **staff}
    assert client.post("/api/v1/store/warehouses", NEW, **body).status_code == 403
    assert client.put(ONE.format(shop.warehouse.pk), {"name": "x"}, **body).status_code == 403
    assert client.delete(ONE.format(shop.warehouse.pk), **body).status_code == 403
    assert client.post("/api/v1/store/shipping/warehouses", {"warehouse_id": 1}, **body).status_code == 403


def test_the_list_costs_the_same_with_ten_times_the_rows(shop: Shop, api: Any) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api("get", LIST).status_code == 200
        return len(captured)

    api("get", LIST)
    before = cost()
    with store_scope(shop.store):
        for n in range(15):
            warehouse_create(
                store=shop.store, name=f"Gudang {n}", contact_name="Budi", phone="081233334444", district_id=GAMBIR,
                address="Jl. Merdeka Barat No. 1", actor=SYSTEM,
            )  # fmt: skip
    assert cost() == before
