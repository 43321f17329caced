"""Invoices and labels: what must be on them, and that text of buyers is text."""

from __future__ import annotations

import io
import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from weasyprint.urls import FatalURLFetchingError

from bosonline.documents.glyphs import printable
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
        shipment_by_hand(order_id=order.pk, courier_name="ID Express", awb=f"IDE{order.pk:09d}", actor=shop.owner)
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
            {"sheets": [[{"order": {}, "barcode": "http://127.0.0.1:1/x.png"}]], "size": "A4"},
            "documents/label.css",
        )


def written(low: int, high: int) -> Any:
    """What people write: words of any length and script, capitals, emoji, ends of lines."""
    words = st.sampled_from(
        [
            "Jl.",
            "WWWWWWWWWW",
            "Kusumaningrum",
            "RT 02/RW 03",
            "ꦗꦭꦤ꧀",
            "شارع",
            "漢字街道",
            "😀",
            "👨‍👩‍👧",
            "Å",
            "x" * 70,
            "\n",
            "no.",
        ]
    )
    anything = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)
    return st.lists(words | anything, min_size=low, max_size=60).map(lambda parts: (" ".join(parts) + "x" * low)[:high])


@given(name=written(1, 80), street=written(5, 200), landmark=written(0, 100), sender=written(10, 300), note=written(0, 300),
       city=written(1, 60), product=written(1, 120))  # fmt: skip
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@pytest.mark.parametrize(("size", "per_page"), [("100x150", 1), ("100x100", 1), ("a4", 4)])
def test_one_parcel_is_one_sticker_whatever_is_written_on_it(
    db: None, label_shop: Shop, size: str, per_page: int, name: str, street: str, landmark: str, sender: str, note: str,
    city: str, product: str,
) -> None:  # fmt: skip
    shop = label_shop
    with store_scope(shop.store):
        orders = list(Order.objects.all())
        type(shop.warehouse).objects.update(address=sender.replace("\x00", ""))
        for order in orders:
            order.items.update(product_name=product)
        Order.objects.update(buyer_name=name, street=street, landmark=landmark, note=note, city_name=city)
        pages = text_of(labels_pdf(shop.owner, [o.pk for o in orders], size=size))
    assert len(pages) == -(-len(orders) // per_page)
    for index, page in enumerate(pages):
        for order in orders[index * per_page : (index + 1) * per_page]:
            assert order.awb in page and order.order_number in page


@pytest.fixture
def label_shop(db: None) -> Shop:
    shop = make_shop(stock=50)
    for n in range(5):
        shipped(shop, phone=f"0812345678{n:02d}")
    return shop


@given(st.text())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_is_printed_that_nobody_sees(text: str) -> None:
    shown = printable(text)
    assert printable(shown) == shown
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cn", "Co", "Cs") and c != "\n"]
    assert len(shown) <= len(unicodedata.normalize("NFC", text))


def test_letters_stay_and_pictures_without_a_font_go() -> None:
    assert printable("José ꦗꦮ عمر 漢字") == "José ꦗꦮ عمر 漢字"
    assert printable("Ibu Sri 🫠") == "Ibu Sri"
    assert printable("A\U000e0041\u202eB") == "AB"


def test_both_sides_of_a_label_write_areas_alike(db: None) -> None:
    shop = make_shop()
    order = shipped(shop, district_id=15780)
    with store_scope(shop.store):
        (page,) = text_of(labels_pdf(shop.owner, [order.pk]))
    assert " ".join(page.split()).count("Juwana, Kab. Pati, Jawa Tengah 59185") == 2


def test_the_buyer_s_note_and_the_parcel_s_contents_are_on_the_label(db: None) -> None:
    shop = make_shop()
    order = shipped(shop, note="Tolong bungkus kado")
    with store_scope(shop.store):
        (page,) = text_of(labels_pdf(shop.owner, [order.pk]))
    assert "Tolong bungkus kado" in page and "1× Madu Hutan" in page and "CEK ISI" in page.upper()
