"""What the buyer's order page shows (docs/frontend.md, "The buyer's order"). Only this order's data."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from bosonline.bill import UNIQUE_MAX
from bosonline.whatsapp import chat_link
from forms.content import pixel_ids
from forms.queries import METHOD_LABELS, is_open
from forms.snapshot import Snapshot, snapshot_draft, snapshot_of
from forms.success import WHATSAPP_TEXT, fill, success_default
from orders import presentation as show
from orders import queries
from orders.figures import cod_due
from orders.models import Order
from orders.services.buyer import success_values
from orders.services.placement import placed_of
from orders.services.rebill import bill_from
from orders.services.redelivery import days_open, failure_reason, has_failed, wish_of
from orders.va_guides import va_guides


def cs_part(order: Order) -> dict[str, str]:
    """The buyer's own CS, else the store: a name and a chat that begins with the order's number."""
    user = order.assigned_to.user if order.assigned_to and order.assigned_to.is_active else None
    phone = (user.phone if user else "") or order.store.whatsapp
    text = f"Halo {order.store.name}, saya {order.buyer_name} ingin bertanya tentang pesanan {order.order_number}."
    return {
        "name": user.name.split(" ")[0] if user and user.phone else "",
        "whatsapp_url": chat_link(phone, text) if phone else "",
    }


def snapshot_for(order: Order) -> Snapshot | None:
    """The form the order came from, as it is now; a test order's form may never have been published."""
    if order.form is None:
        return None
    found = snapshot_of(order.store_id, order.form.slug)
    return found or (snapshot_draft(order.store_id, order.form.pk) if order.is_test else None)


def success_part(order: Order, url: str) -> dict[str, Any]:
    """The form's own words after ordering, and the chat they lead to."""
    snapshot = snapshot_for(order)
    if snapshot is None:
        return {"message": "", "whatsapp_url": cs_part(order)["whatsapp_url"]}
    page = {**success_default(), **snapshot.success}
    values = success_values(snapshot, placed_of(order.pk), url)
    phone = (order.assigned_to.user.phone if order.assigned_to else "") or order.store.whatsapp
    text = fill(page["whatsapp_text"] or WHATSAPP_TEXT, values)
    return {
        "message": fill(page["message"], values),
        "whatsapp_url": chat_link(phone, text) if phone else "",
    }


def event_part(order: Order, snapshot: Snapshot | None) -> dict[str, Any] | None:
    """What the success page tells pixels: never of test or suspicious orders (product.md §13)."""
    if snapshot is None or order.is_test or order.is_held or not order.event_ids:
        return None
    pixels = {provider: ids for provider, ids in pixel_ids(snapshot.content).items() if ids}
    if not pixels or not {**success_default(), **snapshot.success}["pixels"]:
        return None
    settings = snapshot.content["pixels"]
    names = {"lead": "Lead"} | ({"purchase": "Purchase"} if settings["purchase_at"] == "placed" else {})
    return {
        "pixels": pixels,
        "events": [{"name": names[k], "id": order.event_ids[k]} for k in names if order.event_ids.get(k)],
        "facts": {
            "order": order.order_number,
            "value": order.total if settings["value"] == "gross" else order.goods - order.discount,
            "items": [{"id": i.variant_id, "qty": i.qty, "price": i.unit_price} for i in order.items.all()],
        },
    }


def _bill_rows(order: Order) -> list[dict[str, Any]]:
    bill = bill_from(order)
    rows = [("Total pembelian", bill.goods), ("Potongan", -bill.discount), ("Biaya pengiriman", bill.shipping),
            ("Potongan ongkir", -bill.shipping_discount), ("Biaya asuransi", bill.insurance),
            (order.other_fee_name or "Biaya lain", bill.other_fee), ("Potongan metode pembayaran" if bill.method_fee < 0 else "Biaya metode pembayaran", bill.method_fee),
            ("Biaya COD", bill.cod_fee if bill.cod_fee_payer == "buyer" else 0), ("Pembulatan COD", bill.cod_round),
            ("Kode unik", bill.unique_code)]  # fmt: skip
    return [{"label": label, "amount": amount} for label, amount in rows if amount or label == "Total pembelian"]


PAYABLE = ("unpaid", "waiting_verification", "expired", "partially_paid")
RECEIVED = ("paid", "cod_collected", "settled")
FINAL = ("completed", "cancelled", "returned", "closed")


# nothing more will happen here: the next sensible step is another order
OVER = ("cancelled", "returned", "closed")


def _rescue(order: Order, address: str) -> dict[str, Any] | None:
    """A delivery that failed: what the courier said, and when it could come again."""
    if not has_failed(order):
        return None
    wish = wish_of(order)
    return {
        "reason": failure_reason(order),
        "url": f"{address}?do=again",
        "days": [{"value": day.isoformat(), "label": show.day_word(day)} for day in days_open(order)],
        "hours": list(show.HOURS.items()),
        "wish": show.wish_text(wish) if wish else "",
    }


def _again_url(order: Order) -> str:
    """The form once more, with what this buyer ordered; empty while it takes no orders."""
    if order.is_test or order.status not in (*OVER, "delivered", "completed"):
        return ""
    snapshot = snapshot_for(order)
    return f"/{snapshot.slug}?lagi={order.token}" if snapshot and is_open(snapshot) else ""


def order_context(order: Order, methods: list[dict[str, Any]]) -> dict[str, Any]:
    """What the buyer's order page shows (docs/frontend.md)."""
    address = reverse("buyer-order", args=[order.token], urlconf="bosonline.urls_buyer")
    editable = order.status in ("new", "confirmed") and order.shipping_status == "none"
    changeable = editable and order.payment_status in ("unpaid", "expired", "cod_pending") and not order.paid_amount
    cancellable = order.status == "new" and not order.paid_amount and order.shipping_status == "none"
    confirmable = order.status == "new" and order.is_cod and not order.is_held
    payable = order.payment_status in PAYABLE and order.status != "cancelled"
    uploadable = order.payment_method == "bank_transfer" and payable
    return {
        "number": order.order_number,
        "url": address,
        "status_url": reverse("buyer-order-status", args=[order.token], urlconf="bosonline.urls_buyer"),
        "final": order.status in FINAL,
        "created_at": order.created_at,
        "zone": order.store.time_zone,
        "status": {
            "label": str(order.get_status_display()),
            "tone": {"done": "go"}.get(tone := show.STATUS_TONES[Order.Status(order.status)], tone),
            "text": show.next_text(order),
        },
        "next_steps": show.next_steps(order),
        "items": [
            {
                "name": i.package_name or i.product_name, "image": "", "qty": i.qty, "total": i.total,
                "variant": f"{i.product_name} {i.variant_name}".strip() if i.package_name else i.variant_name,
            }
            for i in order.items.all()
        ],
        "bill": _bill_rows(order),
        "total": order.total,
        "has_unique_code": bool(order.unique_code),
        "unique_code_max": UNIQUE_MAX,
        "cod_due": cod_due(order),
        "is_over": order.status in OVER,
        "again_url": _again_url(order),
        "rescue": _rescue(order, address),
        # money first: the page's main button belongs to it
        "pay_first": payable and order.payment_method != "cod",
        "proof_picture": reverse("buyer-order-proof", args=[order.token], urlconf="bosonline.urls_buyer")
        if order.payment_status == "waiting_verification"
        else "",
        "payment": _payment(order),
        "shipping": _shipping(order),
        "address": {
            "name": order.buyer_name,
            "phone": order.buyer_phone,
            "street": order.street,
            "landmark": order.landmark,
            "area": f"{order.district_name}, {order.city_name}, {order.province_name} {order.postal_code}",
            "district_id": order.district.boscod_id if order.district else "",
        },
        "cs": cs_part(order),
        "is_test": order.is_test,
        "actions": {
            "confirm_url": f"{address}?do=confirm" if confirmable else "",
            "proof_url": f"{address}?do=proof" if uploadable else "",
            "method_url": f"{address}?do=method" if changeable and methods else "",
            "methods": methods,
            "address_url": f"{address}?do=address" if editable else "",
            "movable": changeable and order.form is not None,
            "cancel_url": f"{address}?do=cancel" if cancellable else "",
        },
    }  # fmt: skip


def _payment(order: Order) -> dict[str, Any]:
    payment = order.payments.select_related("bank_account__bank").exclude(status="cancelled").order_by("-id").first()
    account = payment.bank_account if payment else None
    return {
        "method": order.payment_method,
        "label": METHOD_LABELS[order.payment_method][0],
        "paid": order.payment_status not in PAYABLE or order.status == "cancelled",
        "word": show.payment_word(order),
        "chip": show.payment_chip(order),
        "received": order.payment_status in RECEIVED,
        "channel": payment.channel if payment else "",
        "number": payment.va_number if payment else "",
        "amount": max(order.total - order.paid_amount, 0),
        "came": order.paid_amount,
        "too_much": order.payment_status == "conflict",
        "unique_code": order.unique_code if not order.paid_amount else 0,
        "qr_png_url": f"/api/v1/checkout/orders/{order.token}/qris" if payment and payment.qr_content else "",
        "qr_link": (payment.qr_url or "") if payment and not payment.qr_content else "",
        "expires_at": payment.expires_at if payment else None,
        "pending": bool(payment and payment.status == "creating"),
        "failed": bool(payment and payment.status == "failed"),
        "proof": order.payment_status == "waiting_verification",
        "test": order.is_test,
        "bank_accounts": [{"bank": account.bank.short_name, "number": account.number, "holder": account.holder}]
        if account
        else [],
        "instructions": va_guides(payment.channel) if payment and order.payment_method == "va" else [],
    }


def _shipping(order: Order) -> dict[str, Any]:
    shipment = order.shipments.exclude(status="cancelled").order_by("-id").first()
    events = queries.events_of(shipment) if shipment else []
    return {
        "courier": order.courier_name,
        "service": order.service_name,
        "awb": order.awb,
        "stages": show.stage_bar(order) if order.status != "cancelled" else [],
        "events": [{"time": e.occurred_at, "text": e.note, "place": e.branch} for e in events],
    }
