"""Invoices and shipping labels (product.md §7; the label's rules in integrations.md)."""

from __future__ import annotations

import io
from typing import Any

import segno
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline.documents.glyphs import printable
from bosonline.documents.pdf import code128, render_pdf
from bosonline.errors import NotFound, ValidationFailed
from orders.filters import orders_for
from orders.models import Order
from orders.queries import shown_phone
from orders.services.rebill import bill_from
from sellers.rights import Member
from stores.queries import logo_data
from stores.services.regions import tidy

LABEL_SIZES = {"100x150": "100mm 150mm", "100x100": "100mm 100mm", "a4": "A4"}
PER_SHEET = {"a4": 4}
# beyond these many letters an address is printed smaller; below them there is room for the buyer's note
DENSE = {"100x150": 220, "a4": 220, "100x100": 170}
ROOMY = {"100x150": 240, "a4": 240, "100x100": 110}
CHECK_LINES = {"100x150": 4, "a4": 4, "100x100": 2}
INVOICE_SIZES = {"a4": "A4", "a5": "A5"}
MAX_BATCH = 200


def _orders(member: Member, ids: list[int]) -> list[Order]:
    """The orders in the order they were asked for. One that is not there or not visible makes the whole batch 404."""
    ids = list(dict.fromkeys(ids))
    if not ids or len(ids) > MAX_BATCH:
        raise ValidationFailed.field("ids", _("Choose 1 to %(count)s orders.") % {"count": MAX_BATCH})
    rows = {
        order.pk: order
        for order in orders_for(member, {})
        .filter(pk__in=ids)
        .select_related("store", "warehouse__district__city__province")
        .prefetch_related("items", "payments__bank_account__bank", "shipments")
    }
    if len(rows) != len(ids):
        raise NotFound()
    return [rows[pk] for pk in ids]


def invoices_pdf(member: Member, ids: list[int], *, size: str = "a4") -> bytes:
    """One PDF with one invoice per order; remembers that they were printed. The buyer's phone is whole only for who may
    see it (product.md §14)."""
    member.require("orders.view")
    orders = _orders(member, ids)
    if size not in INVOICE_SIZES:
        raise ValidationFailed.field("size", _("Choose A4 or A5."))
    pages = [
        {
            "order": order,
            "bill": bill_from(order),
            "paid": order.payment_status in ("paid", "settled"),
            "phone": shown_phone(member, order.buyer_phone),
        }
        for order in orders
    ]
    pdf = render_pdf(
        "documents/invoice.html",
        {"pages": pages, "size": INVOICE_SIZES[size], "store": member.store, "logo": logo_data(member.store)},
        "documents/invoice.css",
    )
    Order.objects.filter(pk__in=[o.pk for o in orders], invoice_printed_at__isnull=True).update(
        invoice_printed_at=timezone.now()
    )
    return pdf


def labels_pdf(member: Member, ids: list[int], *, size: str = "100x150") -> bytes:
    """One PDF with one label per order. An order without an AWB has no label: 422 naming it.

    A label carries the buyer's whole phone (integrations.md), so printing one needs the right to see it.
    """
    member.require("shipping.view")
    member.require("see_phone")
    orders = _orders(member, ids)
    if size not in LABEL_SIZES:
        raise ValidationFailed.field("size", _("Choose 100×150, 100×100 or A4."))
    missing = [o.order_number for o in orders if not o.awb]
    if missing:
        raise ValidationFailed.field(
            "ids", _("These orders have no AWB yet: %(numbers)s.") % {"numbers": ", ".join(missing[:10])}, code="no_awb"
        )
    pages = [_label(order, size) for order in orders]
    per_sheet = PER_SHEET.get(size, 1)
    sheets = [pages[n : n + per_sheet] for n in range(0, len(pages), per_sheet)]
    pdf = render_pdf(
        "documents/label.html", {"sheets": sheets, "size": LABEL_SIZES[size], "kind": size}, "documents/label.css"
    )
    Order.objects.filter(pk__in=[o.pk for o in orders], label_printed_at__isnull=True).update(
        label_printed_at=timezone.now()
    )
    return pdf


def _label(order: Order, size: str) -> dict[str, Any]:
    shipments = [s for s in order.shipments.all() if s.status != "cancelled"]
    shipment = shipments[-1] if shipments else None
    weight = shipment.weight_grams if shipment else order.weight_grams
    warehouse, district = order.warehouse, order.warehouse.district
    street = printable(f"{order.street} ({order.landmark})" if order.landmark else order.street)
    lines = [f"{i.qty}× {i.product_name} {i.variant_name}".strip() for i in order.items.all()]
    items = [printable(line) for line in lines]
    told = shipment.contents if shipment and shipment.contents else ", ".join(lines)
    return {
        "order": order,
        "warehouse": warehouse,
        "courier": printable(order.courier_name),
        "service": printable(order.service_name or order.service_code),
        "receiver": printable(order.buyer_name),
        "street": street,
        "receiver_area": _area_line(order.district_name, order.city_name, order.province_name, order.postal_code),
        "sender": printable(f"{order.store.name} – {warehouse.contact_name}"),
        "sender_street": printable(warehouse.address),
        "sender_area": _area_line(
            district.name, district.city.name, district.city.province.name, warehouse.postal_code
        ),
        "dense": len(street) > DENSE[size] or len(warehouse.address) > DENSE[size] // 2,
        "note": printable(order.note) if len(street) + len(order.note) <= ROOMY[size] else "",
        "check": items if len(items) <= CHECK_LINES[size] else [],
        "barcode": code128(order.awb),
        "kilograms": f"{max(weight, 1) / 1000:.2f}".rstrip("0").rstrip(".").replace(".", ","),
        "sizes": f"{shipment.length_cm}×{shipment.width_cm}×{shipment.height_cm}" if shipment else "10×10×10",
        "contents": printable(told),
        "cod": order.total if order.is_cod else 0,
    }


def _area_line(district: str, city: str, province: str, postal_code: str) -> str:
    """An area as both sides of a label write it."""
    return printable(f"{district}, {tidy(city)}, {tidy(province)} {postal_code}")


def qris_png(content: str) -> bytes:
    """The QR picture of an EMVCo content, for scanning from a screen or paper."""
    buffer = io.BytesIO()
    segno.make(content, error="m", micro=False).save(buffer, kind="png", scale=8, border=3)
    return buffer.getvalue()
