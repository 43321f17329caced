"""The plain version of placing an order: what ``order_place`` must equal, computed with simple Python."""

from __future__ import annotations

from typing import Any

from bosonline.models import TimelineEntry
from catalog.models import StockEntry, StockLevel
from orders.models import Order, OrderItem, Payment
from tests.factories import Shop


def placed_rows(order: Order) -> dict[str, Any]:
    """What the order path wrote, without ids, tokens and times."""
    return {
        "order": {
            name: getattr(order, name)
            for name in ("goods", "discount", "shipping", "shipping_discount", "insurance", "method_fee", "cod_fee", "total",
                         "cost_of_goods", "quantity", "status", "payment_status", "shipping_status", "followup_status",
                         "payment_method", "courier_code", "weight_grams", "buyer_phone", "district_name", "tags",
                         "risk_reasons", "utm", "awb", "paid_amount")
        },
        "items": [
            (i.variant_id, i.qty, i.unit_price, i.total, i.cost_price, i.weight_grams, i.sku, i.is_bump)
            for i in OrderItem.objects.filter(order=order).order_by("id")
        ],
        "payment": [(p.method, p.status, p.amount, bool(p.reference)) for p in Payment.objects.filter(order=order)],
        "stock": [
            (e.variant_id, e.kind, e.reserved_after - e.reserved_before, e.on_hand_after - e.on_hand_before)
            for e in StockEntry.objects.filter(order_id=order.pk).order_by("variant_id")
        ],
        "timeline": [(t.kind, t.actor_label) for t in TimelineEntry.objects.filter(subject="order", subject_id=order.pk)],
        "levels": [e.reserved_after for e in StockEntry.objects.filter(order_id=order.pk).order_by("variant_id")],
    }  # fmt: skip


def plain_rows(shop: Shop, order: Order, items: list[dict[str, int]], method: str, shipping: int) -> dict[str, Any]:
    """The same, from the rules of product.md §4 and §6 by hand."""
    prices = {shop.variants[0].pk: lambda q: 50_000, shop.variants[1].pk: lambda q: 80_000 if q >= 3 else 90_000}
    costs = {shop.variants[0].pk: 20_000, shop.variants[1].pk: 40_000}
    weights = {shop.variants[0].pk: 300, shop.variants[1].pk: 500}
    skus = {v.pk: v.sku for v in shop.variants}
    lines = [
        (i["variant_id"], i["qty"], prices[i["variant_id"]](i["qty"]), prices[i["variant_id"]](i["qty"]) * i["qty"],
         costs[i["variant_id"]], weights[i["variant_id"]], skus[i["variant_id"]], False)
        for i in items
    ]  # fmt: skip
    goods = sum(line[3] for line in lines)
    base = goods + shipping
    fee = max(-(-base * 3 // 100), 2_000) if method == "cod" else 0
    total = base + fee + order.unique_code
    reserved = dict(StockLevel.objects.values_list("variant_id", "reserved"))
    by_variant = sorted((i["variant_id"], i["qty"]) for i in items)
    return {
        "order": {
            "goods": goods, "discount": 0, "shipping": shipping, "shipping_discount": 0, "insurance": 0, "method_fee": 0,
            "cod_fee": fee, "total": total, "cost_of_goods": sum(line[4] * line[1] for line in lines),
            "quantity": sum(line[1] for line in lines), "status": "new",
            "payment_status": "cod_pending" if method == "cod" else "unpaid", "shipping_status": "none",
            "followup_status": "not_contacted", "payment_method": method, "courier_code": "idx",
            "weight_grams": sum(line[5] * line[1] for line in lines), "buyer_phone": "+6281234567890",
            "district_name": "Gambir", "tags": [], "risk_reasons": order.risk_reasons, "utm": {}, "awb": "", "paid_amount": 0,
        },
        "items": lines,
        "payment": [(method, "creating" if method == "va" else "pending", total, method == "va")],
        "stock": [(variant, "reserve", qty, 0) for variant, qty in by_variant],
        "timeline": [("order.placed", "buyer")],
        "levels": [reserved[variant] for variant, _qty in by_variant],
    }  # fmt: skip
