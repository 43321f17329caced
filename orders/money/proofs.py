"""Proofs of a transfer: one picture per payment, kept out of everybody's sight but the store's and its buyer's."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import files
from bosonline.actor import BUYER
from bosonline.documents.pages import is_pdf, pdf_page
from bosonline.errors import Conflict
from bosonline.images import image_copies, image_open
from orders.models import Order, Payment
from orders.money.receipts import money_follow, money_line
from orders.notices import order_line
from orders.services.status import order_lock
from stores.services.bell import notify_many

PaymentStatus = Order.PaymentStatus
PROOF_WIDTH = 1080


def proof_awaited(order: Order) -> Payment:
    """The transfer a receipt of this order belongs to. Raises 409 when none is awaited: ask before storing a picture."""
    if order.status == Order.Status.CANCELLED or order.payment_status not in (
        PaymentStatus.UNPAID,
        PaymentStatus.WAITING,
        PaymentStatus.EXPIRED,
        PaymentStatus.PARTIAL,
    ):
        raise Conflict(_("This order does not wait for a transfer."), code="not_waiting")
    payment = Payment.objects.filter(order=order).order_by("-id").first()  # the present one: earlier ones were replaced
    if payment is None or payment.method != Order.Method.BANK_TRANSFER:
        raise Conflict(_("This order is not paid by bank transfer."), code="not_transfer")
    return payment


def proof_upload(*, order: Order, upload: Any) -> None:
    """The buyer's transfer receipt: the order waits for a person to look at it.

    ``upload`` is re-encoded, of a PDF its first page (an :class:`ImageRefused` at ``proof`` for anything else). A better
    picture takes the place of the one before, whose file goes.
    """
    proof_awaited(order)
    if is_pdf(upload):
        picture = pdf_page(upload, field="proof", width=PROOF_WIDTH)
    else:
        picture = image_open(upload, field="proof", need_width=PROOF_WIDTH)
    (copy,) = image_copies(picture, (PROOF_WIDTH,))
    path = files.private().save(
        f"proofs/{order.store_id}/{secrets.token_hex(12)}.{copy.extension}", ContentFile(copy.data)
    )
    try:
        before = _proof_keep(order.pk, path)
    except Exception:
        files.remove(path)
        raise
    if before:
        files.remove(before)


@transaction.atomic
def _proof_keep(order_id: int, path: str) -> str:
    """Returns the path of the proof it replaces, empty for the first."""
    order = order_lock(order_id)
    payment = proof_awaited(order)
    before = payment.proof
    if not before:
        notify_many(store_id=order.store_id, lines=[order_line(order, "payment.proof")])
    payment.proof, payment.proof_at = path, timezone.now()
    payment.save(update_fields=["proof", "proof_at"])
    money_line(order, "payment.proof", BUYER, {})
    money_follow(order, BUYER)
    return before


def proof_of(order: Order) -> str:
    """The file of the newest proof, empty without one."""
    payments = sorted(order.payments.all(), key=lambda payment: -payment.pk)
    return next((payment.proof for payment in payments if payment.proof), "")
