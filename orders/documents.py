"""Invoices and shipping labels (product.md §7; the label's rules in integrations.md)."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import segno
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from bosonline.actor import Actor
from bosonline.documents.glyphs import printable
from bosonline.documents.pdf import code128, render_pdf, render_pdf_file
from bosonline.errors import NotFound, TooMany, ValidationFailed
from bosonline.jobs import job_kind, job_shaped_by, job_start
from bosonline.models import BackgroundJob
from orders.exports import member_now
from orders.figures import cod_due
from orders.lists import orders_for
from orders.models import Order
from orders.presentation import payment_word
from orders.queries import shown_phone
from orders.services.rebill import bill_from
from stores.models import Store
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
AT_ONCE = 5
JOBS_PER_STORE = 3


def _orders(member: Actor, ids: list[int]) -> list[Order]:
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


@dataclass(frozen=True)
class Kind:
    """What one sort of document is made of. ``rights``: without them nobody gets it; ``units``: what the template repeats."""

    name: str
    rights: tuple[str, ...]
    sizes: dict[str, str]
    wrong_size: Callable[[], str]
    units: Callable[[Actor, list[Order], str], list[Any]]
    unit_name: str
    context: Callable[[Store | None, str], dict[str, Any]]
    printed_at: str
    filename: str

    def read(self, member: Actor, ids: list[int], size: str) -> list[Order]:
        for right in self.rights:
            member.require(right)
        orders = _orders(member, ids)
        if size not in self.sizes:
            raise ValidationFailed.field("size", self.wrong_size())
        return orders

    def all_of(self, store: Store | None, size: str) -> dict[str, Any]:
        return self.context(store, size) | {"size": self.sizes[size]}

    def mark(self, orders: list[Order]) -> None:
        """Remember that they were printed."""
        rows = Order.objects.filter(pk__in=[o.pk for o in orders], **{f"{self.printed_at}__isnull": True})
        rows.update(**{self.printed_at: timezone.now()})


def _invoice_pages(member: Actor, orders: list[Order], _size: str) -> list[Any]:
    """The buyer's phone is whole only for who may see it (product.md §14)."""
    return [
        {
            "order": order,
            "bill": bill_from(order),
            "word": payment_word(order),
            "phone": shown_phone(member, order.buyer_phone),
        }
        for order in orders
    ]


def _label_sheets(_member: Actor, orders: list[Order], size: str) -> list[Any]:
    """An order without an AWB has no label: 422 naming it."""
    missing = [o.order_number for o in orders if not o.awb]
    if missing:
        raise ValidationFailed.field(
            "ids", _("These orders have no AWB yet: %(numbers)s.") % {"numbers": ", ".join(missing[:10])}, code="no_awb"
        )
    labels = [_label(order, size) for order in orders]
    per_sheet = PER_SHEET.get(size, 1)
    return [labels[n : n + per_sheet] for n in range(0, len(labels), per_sheet)]


# A label carries the buyer's whole phone (integrations.md), so printing one needs the right to see it.
KINDS = {
    "invoice": Kind(
        "invoice", ("orders.view",), INVOICE_SIZES, lambda: _("Choose A4 or A5."), _invoice_pages, "pages",
        lambda store, _size: {"store": store, "logo": logo_data(store)}, "invoice_printed_at", "invoice.pdf",
    ),
    "label": Kind(
        "label", ("shipping.view", "see_phone"), LABEL_SIZES, lambda: _("Choose 100×150, 100×100 or A4."), _label_sheets,
        "sheets", lambda _store, size: {"kind": size}, "label_printed_at", "label.pdf",
    ),
}  # fmt: skip


def _pdf(kind: Kind, member: Actor, ids: list[int], size: str) -> bytes:
    orders = kind.read(member, ids, size)
    context = kind.all_of(member.store, size) | {kind.unit_name: kind.units(member, orders, size)}
    pdf = render_pdf(f"documents/{kind.name}.html", context, f"documents/{kind.name}.css")
    kind.mark(orders)
    return pdf


def invoices_pdf(member: Actor, ids: list[int], *, size: str = "a4") -> bytes:
    """One PDF with one invoice per order; remembers that they were printed."""
    return _pdf(KINDS["invoice"], member, ids, size)


def labels_pdf(member: Actor, ids: list[int], *, size: str = "100x150") -> bytes:
    """One PDF with one label per order. An order without an AWB has no label: 422 naming it."""
    return _pdf(KINDS["label"], member, ids, size)


def documents_print(kind: str, member: Actor, ids: list[int], *, size: str = "") -> bytes | BackgroundJob:
    """A few documents at once; more than :data:`AT_ONCE` in the background, for a request that takes seconds keeps
    everybody else waiting. Raises what the documents themselves would, and :class:`TooMany` when the store prints much already."""
    what = KINDS[kind]
    size = size or next(iter(what.sizes))
    if len(set(ids)) <= AT_ONCE:
        return _pdf(what, member, ids, size)
    orders = what.read(member, ids, size)
    what.units(member, orders, size)
    assert member.store is not None
    unfinished = (BackgroundJob.Status.QUEUED, BackgroundJob.Status.RUNNING)
    if BackgroundJob.objects.filter(kind="orders.documents", status__in=unfinished).count() >= JOBS_PER_STORE:
        raise TooMany(30, _("Your store is printing already. Wait until one of the documents is ready."))
    return job_start(
        kind="orders.documents", store_id=member.store.pk, user_id=member.user.pk, rows=len(orders),
        params={"what": kind, "ids": [o.pk for o in orders], "size": size}, filename=what.filename,
    )  # fmt: skip


@job_kind("orders.documents", needs=lambda job: KINDS[job.params.get("what", "label")].rights)
def documents_run(job: BackgroundJob, path: Path) -> Iterator[int]:
    what, size = KINDS[job.params["what"]], job.params["size"]
    member = member_now(job)
    job_shaped_by(job, member, "see_phone", "see_all_orders")
    orders = what.read(member, job.params["ids"], size)
    with translation.override("id"):
        units, template = what.units(member, orders, size), f"documents/{what.name}"
        context = what.all_of(member.store, size)
        for done in render_pdf_file(f"{template}.html", context, what.unit_name, units, f"{template}.css", path):
            yield len(orders) * done // len(units)
    what.mark(orders)


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
        "cod": cod_due(order),
    }


def _area_line(district: str, city: str, province: str, postal_code: str) -> str:
    """An area as both sides of a label write it."""
    return printable(f"{district}, {tidy(city)}, {tidy(province)} {postal_code}")


def qris_png(content: str) -> bytes:
    """The QR picture of an EMVCo content, for scanning from a screen or paper."""
    buffer = io.BytesIO()
    segno.make(content, error="m", micro=False).save(buffer, kind="png", scale=8, border=3)
    return buffer.getvalue()
