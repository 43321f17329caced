"""Stores never see each other: every endpoint that takes an id answers 404 for another store's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django_scopes.exceptions import ScopeError

from bosonline.tenancy import store_scope
from catalog.models import Product
from orders.models import FollowUp, Order
from orders.services.followups import followup_record
from sellers.rights import ALL_RIGHTS, PRESETS
from tests.factories import PASSWORD, Shop, make_shop


def test_a_query_without_a_store_is_refused(db: None) -> None:
    for manager in (Order.objects, Product.objects):
        with pytest.raises(ScopeError):
            manager.count()


def test_a_store_sees_only_its_own_rows(db: None) -> None:
    mine, theirs = make_shop(), make_shop()
    mine.place()
    theirs.place()
    with store_scope(mine.store):
        assert Order.objects.count() == 1 and Product.objects.get().store_id == mine.store.pk


def _foreign_calls(shop: Shop, order: Order) -> list[tuple[str, str, dict[str, Any]]]:
    pk, product, form = order.pk, shop.product.pk, shop.form.pk
    return [
        ("get", f"/api/v1/store/orders/{pk}", {}),
        ("get", f"/api/v1/store/orders/{pk}/follow-ups", {}),
        ("post", f"/api/v1/store/orders/{pk}/follow-ups", {}),
        ("put", f"/api/v1/store/orders/{pk}/confirm-payment", {"amount": 1000}),
        ("patch", f"/api/v1/store/orders/{pk}/payment-method", {"payment_method": "cod"}),
        ("patch", f"/api/v1/store/orders/{pk}/shipping", {"awb": "ABCDE12345"}),
        ("post", "/api/v1/store/orders/invoices", {"ids": [pk]}),
        ("post", "/api/v1/payments/winpay", {"order_id": pk, "channel": "BCA"}),
        ("get", f"/api/v1/store/products/{product}", {}),
        ("get", f"/api/v1/store/products/{product}/variants", {}),
        ("get", f"/api/v1/store/forms/{form}", {}),
        ("put", f"/api/v1/store/forms/{form}", {"name": "x", "content": {}}),
        ("patch", f"/api/v1/store/forms/{form}/status", {"status": "closed"}),
        ("get", "/api/v1/store/bank-accounts/1", {}),
    ]


def test_another_stores_id_is_404_everywhere(client: Client, db: None) -> None:
    mine, theirs = make_shop(), make_shop()
    order = theirs.order()
    for method, path, body in _foreign_calls(theirs, order):
        answer = getattr(client, method)(
            path, json.dumps(body) if method != "get" else {}, content_type="application/json", **mine.bearer()
        )
        assert answer.status_code == 404, (method, path, answer.status_code, answer.content[:200])
        assert answer.json()["code"] == "not_found"


def test_bulk_calls_answer_not_found_for_another_stores_ids_and_touch_nothing(client: Client, db: None) -> None:
    mine, theirs = make_shop(), make_shop()
    order, own = theirs.order(), mine.order()
    for path, body in (
        ("/api/v1/store/orders/status", {"ids": [order.pk, own.pk], "status": "confirmed"}),
        ("/api/v1/store/orders/shipments", {"ids": [order.pk]}),
    ):
        call = client.put if path.endswith("status") else client.post
        rows = call(path, json.dumps(body), content_type="application/json", **mine.bearer()).json()["data"]
        assert next(r for r in rows if r["id"] == order.pk)["code"] == "not_found"
    order.refresh_from_db()
    assert order.status == "new" and order.shipping_status == "none"


def test_another_stores_pages_are_404(client: Client, db: None) -> None:
    mine, theirs = make_shop(), make_shop()
    order = theirs.order()
    with store_scope(theirs.store):
        attempt = followup_record(order_id=order.pk, actor=theirs.owner).followup
    client.post("/masuk", {"email": mine.user.email, "password": PASSWORD})
    for path in (
        f"/pesanan/{order.pk}",
        f"/pesanan/{order.pk}/label.pdf",
        f"/pesanan/{order.pk}/invoice.pdf",
        f"/form/{theirs.form.pk}",
    ):
        assert client.get(path).status_code == 404, path
    for path in ("status", "kurir", "bayar", "whatsapp", "catatan", "aman", "resi"):
        assert client.post(f"/pesanan/{order.pk}/{path}", {"status": "confirmed", "text": "x"}).status_code == 404, path
    assert client.post(f"/follow-up/{attempt.pk}", {"result": "confirmed"}).status_code == 404
    with store_scope(theirs.store):
        assert Order.objects.get(pk=order.pk).status == "new" and FollowUp.objects.count() == 1


def test_a_buyers_link_works_only_on_its_own_stores_host(client: Client, db: None) -> None:
    mine, theirs = make_shop(), make_shop()
    token = theirs.place().token
    assert client.get(f"/o/{token}", HTTP_HOST=f"{theirs.store.subdomain}.localhost").status_code == 200
    assert client.get(f"/o/{token}", HTTP_HOST=f"{mine.store.subdomain}.localhost").status_code == 404
    assert client.get("/o/" + "A" * 22, HTTP_HOST=f"{mine.store.subdomain}.localhost").status_code == 404


def test_rights_are_enforced_by_preset(client: Client, db: None) -> None:
    shop = make_shop()
    order = shop.order()
    calls = {
        "orders.edit": ("put", "/api/v1/store/orders/status", {"ids": [order.pk], "status": "confirmed"}),
        "products.create": ("post", "/api/v1/store/products", {"name": "x", "variants": []}),
        "forms.create": ("post", "/api/v1/store/forms", {"name": ""}),
        "payments.edit": ("put", f"/api/v1/store/orders/{order.pk}/confirm-payment", {}),
        "shipping.create": ("post", "/api/v1/store/orders/shipments", {"ids": []}),
        "inventory.edit": ("put", "/api/v1/store/inventory", {"lines": []}),
        "store.edit": ("put", "/api/v1/store/subdomain", {"subdomain": ""}),
        "bank_accounts.view": ("get", "/api/v1/store/bank-accounts", {}),
        "followups.create": ("post", f"/api/v1/store/orders/{order.pk}/follow-ups", {"stage": "tidak_ada"}),
    }
    for preset in PRESETS:
        member = shop.staff(preset)
        headers = shop.bearer(member.user)
        for right, (method, path, body) in calls.items():
            assert right in ALL_RIGHTS
            data = json.dumps(body) if method != "get" else {}
            status = getattr(client, method)(path, data, content_type="application/json", **headers).status_code
            if right in PRESETS[preset][1]:
                assert status != 403, (preset, right)
            else:
                assert status == 403, (preset, right, status)


def test_without_the_right_only_own_orders_are_seen_and_phones_are_masked(client: Client, db: None) -> None:
    shop = make_shop()
    order = shop.order()
    cs = shop.staff("customer_service")
    assert client.get("/api/v1/store/orders", **shop.bearer(cs.user)).json()["total"] == 0
    assert client.get(f"/api/v1/store/orders/{order.pk}", **shop.bearer(cs.user)).status_code == 404
    viewer = shop.staff("viewer")
    row = client.get("/api/v1/store/orders", **shop.bearer(viewer.user)).json()["data"][0]
    assert row["customer"]["phone"] == "0812-••••-7890"
    detail = client.get(f"/api/v1/store/orders/{order.pk}", **shop.bearer(viewer.user)).json()["data"]
    assert "profit" not in detail["income"]
    owner = client.get(f"/api/v1/store/orders/{order.pk}", **shop.bearer()).json()["data"]
    assert owner["customer"]["phone"] == "+6281234567890" and "profit" in owner["income"]
