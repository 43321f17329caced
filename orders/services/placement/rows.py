"""The rows of an order as the database function takes them."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from bosonline.bill import Bill
from bosonline.ids import order_number, public_token
from forms.pricing import Basket
from forms.services.rates import MANUAL, Quote
from forms.snapshot import Snapshot
from orders.models import Order, Payment
from orders.services.placement.types import Caller, CheckoutInput
from orders.services.risk import Assessment
from orders.services.terms import terms_from
from stores.areas import postal_code_of
from stores.queries import Area

METHOD_STATUS = {"cod": "cod_pending", "bank_transfer": "unpaid", "va": "unpaid", "qris": "unpaid"}
_FIELDS = [f for f in Order._meta.concrete_fields if f.name != "id"]
_DEFAULTS: dict[str, Any] = {}


def order_row(
    snapshot: Snapshot,
    data: CheckoutInput,
    caller: Caller,
    basket: Basket,
    quote: Quote,
    bill: Bill,
    phone: str,
    area: Area,
    fields: dict[str, str],
    risk: Assessment,
    now: datetime,
    is_test: bool,
) -> dict[str, Any]:
    """Every column of ``orders_order``: what is not said here has the model's default."""
    cs_id, cs_reason = _assign(snapshot)
    manual = quote.courier_code == MANUAL
    due = None if data.payment_method == "cod" else now + timedelta(hours=snapshot.store["payment_hours"])
    return {
        **defaults(),
        "store_id": snapshot.store["id"],
        "order_number": order_number(now),
        "token": public_token(),
        "is_test": is_test,
        "form_id": snapshot.form_id,
        "warehouse_id": snapshot.warehouse_id,
        "payment_status": METHOD_STATUS[data.payment_method],
        "risk": risk.level,
        "risk_reasons": list(risk.reasons),
        "buyer_name": data.name.strip(),
        "buyer_phone": phone,
        "buyer_email": data.email,
        "district_id": area.code,
        "district_name": area.district,
        "city_name": area.city,
        "province_name": area.province,
        "street": data.street.strip(),
        "landmark": data.landmark.strip(),
        "postal_code": postal_code_of(area.postal_codes, data.postal_code) or "",
        "note": data.note.strip() if snapshot.content["note_enabled"] else "",
        "fields": fields,
        "courier_code": "" if manual else quote.courier_code,
        "courier_name": quote.courier_name,
        "service_code": "" if manual else quote.service_code,
        "service_name": quote.service_name,
        "etd": quote.etd,
        "cod_covered": quote.cod,
        "weight_grams": basket.weight_grams,
        **bill.as_api(),
        "cod_fee_bp": snapshot.couriers.get(quote.courier_code, {}).get("cod_fee_bp", 0),
        "cod_fee_payer": bill.cod_fee_payer,
        "terms": terms_from(snapshot).as_json(),
        "cost_of_goods": basket.cost,
        "quantity": basket.quantity,
        "payment_method": data.payment_method,
        "payment_channel": data.payment_channel,
        "payment_due_at": due,
        "assigned_to_id": cs_id,
        "assigned_reason": cs_reason,
        "next_followup_at": now + timedelta(minutes=15),
        "utm": data.utm,
        "event_ids": data.event_ids,
        "ip": caller.ip or None,
        "user_agent": caller.user_agent[:300],
        "created_at": now,
    }


def defaults() -> dict[str, Any]:
    """Every column of an order with its model's default (None where the database has one)."""
    if not _DEFAULTS:
        blank = Order(goods=0, total=0)
        for column in _FIELDS:
            value = getattr(blank, column.attname)
            _DEFAULTS[column.attname] = None if hasattr(value, "resolve_expression") else value
    return _DEFAULTS


def _assign(snapshot: Snapshot) -> tuple[int | None, str]:
    """Who gets the lead, by weight. A returning buyer's previous CS goes first; the database decides that."""
    if not snapshot.cs:
        return None, ""
    if len(snapshot.cs) == 1:
        return snapshot.cs[0]["id"], "only_cs"
    chosen = random.choices(snapshot.cs, weights=[c["weight"] for c in snapshot.cs])[0]  # noqa: S311 - fairness, not security
    return chosen["id"], "weight"


def payload(
    snapshot: Snapshot,
    data: CheckoutInput,
    order: dict[str, Any],
    basket: Basket,
    vouchers: list[dict[str, Any]],
    bill: Bill,
    idempotency: tuple[str, str] | None,
    now: datetime,
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "order": order,
        "form_revision": snapshot.revision,
        "duplicate_hours": snapshot.store["duplicate_window_hours"],
        "cs_candidates": [c["id"] for c in snapshot.cs],
        "risk_actions": snapshot.content["risk_actions"],
        "risk_confirmed": data.confirmed,
        "cod_alternatives": len(snapshot.methods) > 1,
        "actor_label": "buyer",
        "items": [
            {
                "product_id": line.variant.product_id,
                "variant_id": line.variant.variant_id,
                "product_name": line.variant.product_name,
                "variant_name": line.variant.variant_name,
                "sku": line.variant.sku,
                "qty": line.qty,
                "unit_price": line.unit_price,
                "total": line.total,
                "cost_price": line.variant.cost_price,
                "weight_grams": line.variant.weight_grams,
                "is_bump": line.is_bump,
                "package_name": line.package_name,
            }
            for line in basket.lines
        ],
        "vouchers": [{"id": v["id"], "code": v["code"], "amount": v["amount"]} for v in vouchers],
        "stock": [{"variant_id": variant_id, "qty": qty} for variant_id, qty in basket.pieces().items()],
        "outbox": [{"topic": "order.placed", "payload": {}}],
        "payment": _payment_row(data, bill, order, snapshot),
    }
    if order["is_test"]:  # nothing outside the order itself may notice it
        body["vouchers"] = body["stock"] = body["outbox"] = []
    elif data.payment_method in ("va", "qris"):
        body["outbox"].append({"topic": "payment.create", "payload": {}})
    if idempotency is not None:
        body["idempotency"] = {
            "scope": f"checkout:{snapshot.store['id']}",
            "key": idempotency[0],
            "hash": idempotency[1],
        }
    if data.abandoned_token:
        body["abandoned_token"] = data.abandoned_token
    return body


def _payment_row(data: CheckoutInput, bill: Bill, order: dict[str, Any], snapshot: Snapshot) -> dict[str, Any]:
    gateway = data.payment_method in ("va", "qris") and not order["is_test"]
    accounts = snapshot.bank_accounts
    return {
        "method": data.payment_method,
        "channel": data.payment_channel,
        "status": Payment.Status.CREATING if gateway else Payment.Status.PENDING,
        "amount": bill.total,
        "unique_code": bill.unique_code or None,
        "reference": order["order_number"] if gateway else None,
        "expires_at": order["payment_due_at"],
        "bank_account_id": accounts[0]["id"] if data.payment_method == "bank_transfer" and accounts else None,
    }
