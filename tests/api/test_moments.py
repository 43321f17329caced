"""Moments that people read are in the store's zone, on every answer."""

from __future__ import annotations

import json
import re

from django.test import Client

from bosonline.tenancy import store_scope
from orders.notices import order_line
from orders.services.followups import followup_record
from orders.services.shipping import shipment_by_hand
from stores.services.bell import notify
from tests.api.test_sweep import operations
from tests.factories import make_shop, make_voucher

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)")


def test_every_moment_of_every_answer_is_in_the_stores_zone(db: None) -> None:
    shop = make_shop()
    shop.store.time_zone = "Asia/Jayapura"
    shop.store.save()
    order = shop.order(payment_method="bank_transfer")
    sent = shop.order(phone="081234567891")
    make_voucher(shop)
    with store_scope(shop.store):
        notify(store_id=shop.store.pk, kind="order.new", facts=order_line(order, "order.new").facts, order_id=order.pk)
        followup_record(order_id=order.pk, actor=shop.owner)
        shipment_by_hand(order_id=sent.pk, awb="IDE12345", courier_name="Sendiri", actor=shop.owner)
    client = Client(**shop.bearer())
    ids = {"orders": order.pk, "products": shop.product.pk, "forms": shop.form.pk, "warehouses": shop.warehouse.pk}
    found = 0
    for method, path, operation in operations():
        if method != "get" or "Actor: seller" not in operation.get("description", ""):
            continue
        known = next((value for word, value in ids.items() if f"/{word}/" in path), 1)
        answer = client.get(re.sub(r"\{[^}]+\}", str(known), path))
        if answer.status_code != 200 or "json" not in answer.headers["Content-Type"]:
            continue
        zones = {match[1] for match in MOMENT.finditer(json.dumps(answer.json()))}
        found += bool(zones)
        assert zones <= {"+09:00"}, (path, zones)
    assert found >= 8  # lists of orders, forms, sessions, notifications … have some
