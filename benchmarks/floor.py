"""The floors: bare Django views. ``orders`` writes the same rows as an order with plain ORM calls and nothing else."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone

from bosonline.ids import order_number, public_token
from bosonline.models import IdempotencyRecord, OutboxMessage, TimelineEntry
from bosonline.tenancy import all_stores
from catalog.models import StockEntry, StockLevel
from orders.models import Customer, Order, OrderItem, Payment

CONSTANT = b"<!doctype html><title>Madu Hutan</title><p>" + b"x" * 14_000


def constant(request: HttpRequest) -> HttpResponse:
    return HttpResponse(CONSTANT)


def orders(request: HttpRequest) -> HttpResponse:
    data = json.loads(request.body)
    with all_stores(), transaction.atomic():
        order = _write(data, request.headers.get("Idempotency-Key", ""))
    return JsonResponse({"data": {"order_number": order.order_number}}, status=201)


def _write(data: dict[str, Any], key: str) -> Order:
    now, plain = timezone.now(), data["plain"]
    store, warehouse = plain["store"], plain["warehouse"]
    record = IdempotencyRecord.objects.create(scope="floor", key=key, body_hash="x" * 64, created_at=now)
    customer, created = Customer.objects.get_or_create(
        store_id=store,
        phone="+62" + data["customer"]["phone"][1:],
        defaults={"name": data["customer"]["name"], "orders_count": 1},
    )
    if not created:
        Customer.objects.filter(pk=customer.pk).update(orders_count=F("orders_count") + 1, last_order_at=now)
    goods = sum(i["price"] * i["qty"] for i in plain["items"])
    order = Order.objects.create(
        store_id=store, order_number=order_number(now), token=public_token(), customer=customer, form_id=plain["form"],
        warehouse_id=warehouse, buyer_name=data["customer"]["name"], buyer_phone=customer.phone, district_id="31.71.01",
        street=data["address"]["street"], courier_code="idx", goods=goods, shipping=15_000, cod_fee=2_000,
        total=goods + 17_000, payment_method="cod", payment_status="cod_pending", created_at=now,
    )  # fmt: skip
    OrderItem.objects.bulk_create(
        OrderItem(store_id=store, order=order, product_id=plain["product"], variant_id=i["variant_id"], product_name="Madu",
                  qty=i["qty"], unit_price=i["price"], total=i["price"] * i["qty"])
        for i in plain["items"]
    )  # fmt: skip
    Payment.objects.create(store_id=store, order=order, method="cod", amount=order.total, created_at=now)
    for item in plain["items"]:
        StockLevel.objects.filter(variant_id=item["variant_id"], warehouse_id=warehouse).update(
            reserved=F("reserved") + item["qty"]
        )
        level = StockLevel.objects.get(variant_id=item["variant_id"], warehouse_id=warehouse)
        StockEntry.objects.create(
            store_id=store, variant_id=item["variant_id"], warehouse_id=warehouse, kind="reserve", on_hand_before=level.on_hand,
            on_hand_after=level.on_hand, reserved_before=level.reserved - item["qty"], reserved_after=level.reserved,
            order_id=order.pk, created_at=now,
        )  # fmt: skip
    TimelineEntry.objects.create(
        store_id=store, subject="order", subject_id=order.pk, kind="order.placed", created_at=now
    )
    OutboxMessage.objects.create(topic="order.placed", payload={"order_id": order.pk}, done_at=now, created_at=now)
    IdempotencyRecord.objects.filter(pk=record.pk).update(order_id=order.pk)
    return order


urlpatterns = [
    path("healthz", constant),
    path("constant", constant),
    path("api/v1/checkout/orders", orders),
]
