"""The buyer's order page: what its secret link shows, what the buyer may do, and until when."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow

from bosonline.errors import DomainError
from bosonline.money import format_rupiah
from bosonline.tenancy import store_scope
from catalog.models import Image
from orders.models import Order, Payment
from orders.money.receipts import gateway_paid
from orders.money.ways import payment_issue
from tests.factories import JUWANA, PASSWORD, Shop, make_shop, make_voucher
from tests.forms.test_forms_api import Api

Buyer = Callable[..., Any]


class Page:
    """The page of one order, as the buyer's browser has it."""

    def __init__(self, shop: Shop, token: str) -> None:
        self.client, self.shop, self.token = Client(), shop, token
        self.host = f"{shop.store.subdomain}.localhost"

    def get(self, path: str = "", **headers: Any) -> Any:
        return self.client.get(f"/o/{self.token}{path}", HTTP_HOST=self.host, **headers)

    def do(self, action: str, **data: Any) -> Any:
        return self.client.post(f"/o/{self.token}?do={action}", data, HTTP_HOST=self.host)

    def text(self) -> str:
        answer = self.get()
        assert answer.status_code == 200
        return str(answer.content.decode())

    @property
    def order(self) -> Order:
        with store_scope(self.shop.store):
            return Order.objects.get(token=self.token)


def opened(shop: Shop, **changes: Any) -> Page:
    return Page(shop, shop.place(**changes).token)


def photo(name: str = "bukti.png", kind: str = "PNG") -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Pillow.new("RGB", (320, 640), "white").save(buffer, kind)
    return SimpleUploadedFile(name, buffer.getvalue(), content_type="image/png")


# -- who sees it --------------------------------------------------------------------------------------------------------


def test_only_the_link_opens_it_and_only_on_its_own_store(shop: Shop) -> None:
    page = opened(shop)
    assert page.order.order_number in page.text()
    answer = page.get()
    assert answer["X-Robots-Tag"] == "noindex, nofollow" and answer["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"] and "private" in answer["Cache-Control"]
    other = opened(make_shop(stock=5))
    strange = Page(other.shop, page.token)
    for path in ("", "?baru=1", "/status"):
        assert strange.get(path).status_code == 404
        assert page.order.order_number not in strange.get(path).content.decode()
    for action in ("confirm", "cancel", "address", "method", "proof"):
        assert strange.do(action, street="Jl. Diubah Orang 1", proof=photo()).status_code == 404
    order = page.order
    assert (order.status, order.street) == ("new", "Jl. Melati 5 RT 02")
    for token in (
        page.token[:-1] + ("a" if page.token[-1] != "a" else "b"),
        "x",
        "x" * 24,
        "x" * 300,
        order.order_number,
    ):
        assert Page(shop, token).get().status_code == 404
        assert Page(shop, token).get("/status").status_code == 404
        assert Page(shop, token).do("cancel").status_code == 404


def test_nothing_of_another_buyer_is_on_it(shop: Shop) -> None:
    mine = opened(shop)
    opened(shop, name="Bambang Wijaya", phone="081377778888", street="Jl. Kenanga 99 RT 07")
    for text in (mine.text(), mine.get("/status").content.decode()):
        for secret in ("Bambang", "77778888", "Kenanga", "10.0.0.1", "20.000", "40.000"):
            assert secret not in text, secret
    assert "Siti Aminah" in mine.text()


# -- right after ordering ------------------------------------------------------------------------------------------------


def test_the_success_page_shows_the_payment_as_it_becomes(shop: Shop) -> None:
    page = opened(shop, payment_method="va")
    first = page.get("?baru=1").content.decode()
    assert "data-pending" in first and f"/o/{page.token}/status?part=pay" in first
    assert "data-pending" in page.get("/status?part=pay").content.decode()
    with store_scope(shop.store):
        payment = payment_issue(order_id=page.order.pk)
    assert payment is not None
    part = page.get("/status?part=pay").content.decode()
    assert payment.va_number in part and "data-pending" not in part and "<h1" not in part
    payment_paid(shop, payment)
    part = page.get("/status?part=pay").content.decode()
    assert "data-final" in part and payment.va_number not in part
    cancelled = opened(shop, payment_method="bank_transfer", phone="081299998888")
    assert (
        'id="bukti"' in cancelled.get("?baru=1").content.decode()
    )  # the proof is sent where the transfer is explained
    cancelled.do("cancel")
    part = cancelled.get("/status?part=pay").content.decode()
    assert "data-copy" not in part and "dibatalkan" in part


def payment_paid(shop: Shop, payment: Payment) -> None:
    gateway_paid(
        reference=str(payment.reference), paid_amount=payment.amount, gateway_payment_id=f"p-{payment.pk}",
        paid_at=timezone.now(),
    )  # fmt: skip


# -- proof of a transfer ------------------------------------------------------------------------------------------------


def test_a_proof_waits_for_the_seller(shop: Shop) -> None:
    page = opened(shop, payment_method="bank_transfer")
    assert "do=proof" in page.text()
    assert page.do("proof", proof=photo()).status_code == 302
    order = page.order
    assert order.payment_status == "waiting_verification"
    row = Api(shop)("get", f"/store/orders/{order.pk}").json()["data"]
    assert row["payment_status"] == "waiting_verification"
    with store_scope(shop.store):
        payment = Payment.objects.get(order=order)
        assert payment.proof.startswith(f"proofs/{shop.store.pk}/") and payment.proof.endswith(".webp")
        assert payment.proof_at is not None and payment.paid_amount == 0
    seller, stranger = Client(), Client()
    seller.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    stranger.post("/masuk", {"email": make_shop().user.email, "password": PASSWORD})
    address = f"/pesanan/{order.pk}/bukti"
    assert f'href="{address}"' in seller.get(f"/pesanan/{order.pk}").content.decode()
    picture = seller.get(address)
    assert Pillow.open(io.BytesIO(b"".join(picture.streaming_content))).size == (320, 640)
    assert picture["Content-Type"] == "image/webp" and "no-store" in picture["Cache-Control"]
    for outsider in (stranger, Client()):
        assert outsider.get(address).status_code in (302, 404)
    assert Client().get(f"/media/{payment.proof}").status_code == 404
    assert page.do("proof", proof=photo("lagi.jpg", "JPEG")).status_code == 302  # a better picture may follow
    with store_scope(shop.store):
        better = Payment.objects.get(order=order).proof
        assert not Image.objects.exists()  # a proof is no picture of the catalogue
    assert default_storage.exists(better) and not default_storage.exists(payment.proof)


@pytest.mark.parametrize(
    ("name", "data", "status", "words"),
    [
        ("bukti.pdf", b"%PDF-1.7\n%", 422, "rusak atau terkunci"),
        ("bukti.png", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 422, "JPEG"),
        ("bukti.jpg", b"MZ\x90\x00", 422, "JPEG"),
        ("besar.png", b"\x89PNG\r\n\x1a\n" + b"0" * 8 * 1024 * 1024, 413, "8 MB"),
        ("kosong.png", b"", 422, ""),
    ],
)
def test_what_is_no_usable_picture_is_refused_with_a_sentence(
    shop: Shop, name: str, data: bytes, status: int, words: str
) -> None:
    page = opened(shop, payment_method="bank_transfer")
    answer = page.do("proof", proof=SimpleUploadedFile(name, data, content_type="image/png"))
    text = answer.content.decode()
    assert answer.status_code == status and 'role="alert"' in text and words in text
    assert page.order.payment_status == "unpaid"
    with store_scope(shop.store):
        assert not Image.objects.exists()


def test_a_proof_may_be_a_pdf_of_which_its_picture_is_kept_and_the_buyer_sees_it(shop: Shop) -> None:
    page = opened(shop, payment_method="bank_transfer")
    assert page.get("/bukti").status_code == 404
    pdf = io.BytesIO()
    Pillow.new("RGB", (600, 900), "navy").save(pdf, "PDF")
    assert page.do("proof", proof=SimpleUploadedFile("mutasi.pdf", pdf.getvalue())).status_code == 302
    assert page.order.payment_status == "waiting_verification"
    thumbnail = page.get("/bukti")
    picture = Pillow.open(io.BytesIO(b"".join(thumbnail.streaming_content)))
    assert thumbnail["Content-Type"] == "image/webp" and picture.width == 1080
    assert picture.convert("RGB").getpixel((500, 700))[2] > 100  # it is that page
    assert f'src="/o/{page.token}/bukti"' in page.text()
    other = opened(make_shop(stock=5))
    assert Page(other.shop, page.token).get("/bukti").status_code == 404


def test_a_proof_is_for_the_transfer_that_is_awaited_now(shop: Shop) -> None:
    page = opened(shop, payment_method="bank_transfer")
    assert page.do("method", payment_method="qris").status_code == 302
    refused = page.do("proof", proof=photo())
    assert refused.status_code == 409 and page.order.payment_status == "unpaid"
    other = opened(shop, payment_method="bank_transfer", phone="081234567899")
    assert other.do("cancel").status_code == 302
    assert other.do("proof", proof=photo()).status_code == 409 and "do=proof" not in other.text()
    assert Client().get(f"/o/{'a' * 21}%00", HTTP_HOST=page.host).status_code == 404


def test_a_proof_needs_a_file_and_a_transfer(shop: Shop) -> None:
    page = opened(shop, payment_method="bank_transfer")
    answer = page.do("proof")
    assert answer.status_code == 422 and "Pilih foto atau PDF bukti transfer" in answer.content.decode()
    cash = opened(shop, phone="081355556666")
    assert "do=proof" not in cash.text()
    assert cash.do("proof", proof=photo()).status_code == 409
    assert cash.order.payment_status == "cod_pending"
    with store_scope(shop.store):  # no picture is kept that belongs to nothing
        assert not Image.objects.exists()


# -- address ------------------------------------------------------------------------------------------------------------


def test_the_address_may_be_mended_until_the_parcel_is_packed(shop: Shop) -> None:
    page = opened(shop)
    assert page.do("address", street="Jl. Mawar 12 RT 03 RW 01", landmark="pagar biru").status_code == 302
    order = page.order
    assert (order.street, order.landmark) == ("Jl. Mawar 12 RT 03 RW 01", "pagar biru")
    assert "Jl. Mawar 12" in page.text()
    short = page.do("address", street="Jl")
    assert short.status_code == 422 and 'role="alert"' in short.content.decode()
    evil = page.do("address", street="<script>alert(1)</script> 7")
    assert evil.status_code == 302 and "<script>alert" not in page.text()
    for change in ({"status": "processing"}, {"status": "confirmed", "shipping_status": "booked"}):
        with store_scope(shop.store):
            Order.objects.filter(pk=order.pk).update(**change)
        assert "do=address" not in page.text()
        late = page.do("address", street="Jl. Terlambat 1 RT 01")
        assert late.status_code == 409 and "sudah dikemas" in late.content.decode().lower()
        assert "Terlambat" not in page.order.street


def asked(page: Page, district_id: int = JUWANA, **data: Any) -> Any:
    """The buyer names another kecamatan; the answer shows what it costs there."""
    return page.do("address", area="Juwana, Pati", district_id=district_id, street="Jl. Silugonggo 7", **data)


def quotes(answer: Any) -> list[tuple[str, int]]:
    """(quote, total) of each courier that is offered."""
    assert answer.status_code == 200, answer.content.decode()[:300]
    found = re.findall(
        r'name="quote" value="([^"]+)".*?pick-price"><small>Total</small><b>Rp ([\d.]+)', answer.content.decode()
    )
    return [(quote, int(total.replace(".", ""))) for quote, total in found]


def test_another_kecamatan_is_agreed_to_at_its_price(shop: Shop) -> None:
    page = opened(shop)
    before = page.order
    offered = asked(page)
    assert page.order.district_id == before.district_id and page.order.total == before.total  # nothing yet
    quote, total = next(row for row in quotes(offered) if row[1] != before.total)
    assert asked(page, quote=quote, landmark="pagar hijau").status_code == 302
    order = page.order
    assert (order.district_name, order.street, order.landmark) == ("Juwana", "Jl. Silugonggo 7", "pagar hijau")
    assert order.total == total != before.total and order.goods == before.goods
    parts = order.goods - order.discount + order.shipping - order.shipping_discount + order.method_fee + order.cod_fee
    assert order.total == parts and order.cod_covered
    with store_scope(shop.store):
        (payment,) = Payment.objects.filter(order=order, status="pending")
    assert payment.amount == total and order.payment_status == "cod_pending"
    seller = Client()
    seller.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    told = seller.get(f"/pesanan/{order.pk}").content.decode()
    assert f"Jl. Silugonggo 7 · Juwana, {order.city_name}" in told
    assert f"{format_rupiah(before.total)} → {format_rupiah(total)}" in told
    assert asked(page, quote=quote).status_code == 302  # the same district again is only its street
    assert page.order.total == total and "Juwana" in page.text()


def test_a_move_that_costs_the_same_keeps_the_payment(shop: Shop, republish: Any) -> None:
    republish(shop, shipping_subsidy={"kind": "free_above", "min_goods": 0})
    page = opened(shop, payment_method="bank_transfer")
    with store_scope(shop.store):
        kept = Payment.objects.get(order=page.order)
    quote, _total = quotes(asked(page))[0]
    assert asked(page, quote=quote).status_code == 302
    with store_scope(shop.store):
        assert Payment.objects.get(order=page.order).pk == kept.pk
    assert page.order.district_name == "Juwana" and page.order.unique_code == kept.unique_code


def test_a_move_before_paying_asks_for_the_new_amount_only(shop: Shop) -> None:
    page = opened(shop, payment_method="bank_transfer")
    quote, total = next(row for row in quotes(asked(page)) if row[1] != page.order.total - page.order.unique_code)
    assert asked(page, quote=quote).status_code == 302
    order = page.order
    with store_scope(shop.store):
        amounts = dict(Payment.objects.filter(order=order).values_list("status", "amount"))
    assert amounts["pending"] == order.total == total + order.unique_code and len(amounts) == 2
    assert amounts["cancelled"] != order.total


def test_a_move_is_refused_when_the_bill_cannot_follow(shop: Shop, republish: Any) -> None:
    page = opened(shop, payment_method="bank_transfer")
    quote, _total = quotes(asked(page))[0]
    other = opened(make_shop(stock=5))
    foreign, _total = quotes(asked(other))[0]
    for bad, status in (("x", 422), (quote[:-3] + "AAA", 422), (foreign, 409)):
        assert asked(page, quote=bad).status_code == status, bad
    assert asked(page, district_id=14911, quote=quote).status_code == 409  # a quote for elsewhere
    for wrong in (0, 999_999_999, "x", "9" * 30):
        assert asked(page, district_id=wrong).status_code == 422, wrong
    assert page.do("address", area="Juwana", district_id="", street="Jl. Silugonggo 7").status_code == 422
    before = page.order
    for change in ({"payment_status": "waiting_verification"}, {"paid_amount": 1_000, "payment_status": "partially_paid"},
                   {"status": "processing"}):  # fmt: skip
        with store_scope(shop.store):
            Order.objects.filter(pk=before.pk).update(**change)
        assert asked(page).status_code == 409 and asked(page, quote=quote).status_code == 409, change
        with store_scope(shop.store):
            Order.objects.filter(pk=before.pk).update(payment_status="unpaid", paid_amount=0, status="new")
    make_voucher(shop, code="ONGKIR5", kind="ongkir", value_type="fixed", value=5_000)
    bound = opened(shop, voucher_codes=["ONGKIR5"])
    assert asked(bound).status_code == 409 and "terikat wilayah" in asked(bound).content.decode()
    assert page.order.district_id == before.district_id and page.order.total == before.total


# -- confirm, cancel ----------------------------------------------------------------------------------------------------


def test_the_buyer_confirms_once(shop: Shop) -> None:
    page = opened(shop)
    assert "do=confirm" in page.text()
    for _n in range(2):
        assert page.do("confirm").status_code == 302
    order = page.order
    assert (order.status, order.followup_status, order.next_followup_at) == ("confirmed", "done", None)
    assert "do=confirm" not in page.text()
    transfer = opened(shop, payment_method="bank_transfer", phone="081355556666")
    assert transfer.do("confirm").status_code == 409 and transfer.order.status == "new"


def test_the_buyer_cancels_while_nothing_is_paid_or_prepared(shop: Shop) -> None:
    before = shop.level().reserved
    page = opened(shop)
    assert "do=cancel" in page.text() and shop.level().reserved == before + 1
    assert page.do("cancel", reason="berubah pikiran").status_code == 302
    assert page.order.status == "cancelled" and shop.level().reserved == before
    assert page.do("cancel").status_code == 302 and shop.level().reserved == before  # pressing twice gives back once
    assert page.do("confirm").status_code == 302 and page.order.status == "cancelled"
    for change in ({"status": "processing"}, {"paid_amount": 65_000}, {"shipping_status": "booked"}):
        late = opened(shop, phone="081355556666")
        with store_scope(shop.store):
            Order.objects.filter(token=late.token).update(**change)
        assert "do=cancel" not in late.text()
        answer = late.do("cancel")
        assert answer.status_code == 409 and "Hubungi toko" in answer.content.decode(), change
        assert late.order.status != "cancelled"


def test_an_unknown_action_is_refused(shop: Shop) -> None:
    page = opened(shop)
    answer = page.do("hapus")
    assert answer.status_code == 422 and "Tindakan tidak dikenal" in answer.content.decode()


def test_a_typed_postal_code_goes_with_the_parcel_wherever_it_is_sent(shop: Shop) -> None:
    page = opened(shop, postal_code="10119")  # Gambir's begin with 101, but the open data do not know this one
    assert page.order.postal_code == "10119"
    with pytest.raises(DomainError):
        opened(shop, postal_code="59185", phone="081234567899")
    offered = asked(page, postal_code="59189")
    assert 'name="postal_code" value="59189"' in offered.content.decode()
    assert asked(page, quote=quotes(offered)[0][0], postal_code="59189").status_code == 302
    assert (page.order.district_name, page.order.postal_code) == ("Juwana", "59189")
