"""Invoices and labels: what must be on them, and that text of buyers is text."""

from __future__ import annotations

import io
from typing import Any

import pytest
from pypdf import PdfReader
from weasyprint.urls import FatalURLFetchingError

from bosonline.documents.pdf import render_pdf
from bosonline.errors import DomainError
from bosonline.tenancy import store_scope
from orders.documents import invoices_pdf, labels_pdf
from orders.models import Order
from orders.services.shipping import shipment_by_hand
from tests.factories import Shop, make_shop


def text_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def shipped(shop: Shop, **changes: Any) -> Order:
    order = shop.order(**changes)
    with store_scope(shop.store):
        shipment_by_hand(order_id=order.pk, courier_name="ID Express", awb=f"IDE{order.pk:09d}", member=shop.owner)
        return Order.objects.get(pk=order.pk)


@pytest.mark.parametrize("size", ["100x150", "100x100", "a4"])
def test_a_label_carries_what_the_courier_needs(db: None, size: str) -> None:
    shop = make_shop()
    order = shipped(shop)
    with store_scope(shop.store):
        (page,) = text_of(labels_pdf(shop.owner, [order.pk], size=size))
    flat = " ".join(page.split())
    for part in ("Siti Aminah", "0812-3456-7890", "Jl. Melati 5", "Gambir", order.awb, "0,3 kg", "10×10×10", "COD Rp",
                 "Ratna", "Jl. Silugonggo No. 12", "59185", "Madu Hutan"):  # fmt: skip
        assert part in flat, (part, flat)
    order.refresh_from_db()
    assert order.label_printed_at


def test_an_order_without_awb_has_no_label(db: None) -> None:
    shop = make_shop()
    order = shop.order()
    with store_scope(shop.store), pytest.raises(DomainError) as caught:
        labels_pdf(shop.owner, [order.pk])
    assert caught.value.code == "no_awb"
    assert order.order_number in caught.value.message


def test_invoices_of_many_orders_are_one_pdf_with_a_page_each(db: None) -> None:
    shop = make_shop()
    orders = [shop.order(phone=f"0812345678{n:02d}", name="<b>Siti</b> & Co") for n in range(3)]
    with store_scope(shop.store):
        pages = text_of(invoices_pdf(shop.owner, [o.pk for o in orders]))
    assert len(pages) == 3
    for order, page in zip(orders, pages, strict=True):
        assert order.order_number in page
        assert "<b>Siti</b> & Co" in page
        assert f"{order.total:,}".replace(",", ".") in page


def test_a_document_never_fetches_anything() -> None:
    with pytest.raises(FatalURLFetchingError):
        render_pdf(
            "documents/label.html",
            {
                "pages": [
                    {"order": {"service_name": "REG", "service_code": "REG"}, "barcode": "http://127.0.0.1:1/x.png"}
                ],
                "size": "A4",
            },
            "documents/label.css",
        )
