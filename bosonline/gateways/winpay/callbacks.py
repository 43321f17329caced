"""Winpay's messages to us: whatever was signed correctly becomes something that can be kept, counted once and shown."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bosonline.gateways.base import message_of
from bosonline.gateways.winpay.values import UnreadableAmount, moment_of, rupiah_of, text_of

VA, QR = "va_payment", "qr_payment"
SERVICE = {VA: "25", QR: "52"}
PAID = "00"
MAX_ID, MAX_REFERENCE = 100, 80  # as receipts keep them


@dataclass(frozen=True, slots=True)
class Callback:
    """``problem`` says why a message cannot be worked with (empty: it can); ``status`` is Winpay's, "00" is paid.

    ``amount`` is whole rupiah, a tip's cents left off; ``amount_text`` is what was written.
    """

    kind: str
    reference: str
    payment_id: str
    reference_no: str
    amount: int | None
    amount_text: str
    paid_at: str
    status: str
    problem: str
    raw: Mapping[str, Any]
    digest: str

    @property
    def event_id(self) -> str:
        """The same for a repetition, another one for anything else: money, order, amount or state."""
        if self.problem:
            return f"{SERVICE[self.kind]}:{self.digest}"
        parts = f"{self.reference}:{self.payment_id}:{self.status}:{self.amount}"
        if len(parts) > 110:
            parts = hashlib.sha256(parts.encode()).hexdigest()
        return f"{SERVICE[self.kind]}:{parts}"

    def as_json(self) -> dict[str, Any]:
        return {
            "reference": self.reference, "amount": self.amount, "amount_text": self.amount_text,
            "payment_id": self.payment_id, "reference_no": self.reference_no, "paid_at": self.paid_at,
            "status": self.status, "problem": self.problem, "raw": dict(self.raw),
        }  # fmt: skip


def read_callback(kind: str, body: bytes) -> Callback:
    """Read a verified message. Never raises: what cannot be read is kept with its ``problem``."""
    raw = message_of(body)
    info = raw.get("additionalInfo")
    more: Mapping[str, Any] = info if isinstance(info, dict) else {}
    if kind == VA:
        reference, status = text_of(raw.get("trxId")), PAID
        payment_id, reference_no = text_of(raw.get("paymentRequestId")), text_of(raw.get("referenceNo"))
        money, moment = raw.get("paidAmount"), raw.get("trxDateTime")
    else:
        reference = text_of(raw.get("originalPartnerReferenceNo"))
        status = text_of(raw.get("latestTransactionStatus"))
        reference_no = text_of(more.get("rrn"))
        # a dynamic QR is paid once, so our own name of it will do where the money has none
        payment_id = text_of(raw.get("originalReferenceNo")) or reference
        money = raw.get("amount")
        moment = raw.get("paidTime") or raw.get("transactionDate")
    amount, amount_text, problem = None, "", ""
    try:
        amount, amount_text = rupiah_of(money)
    except UnreadableAmount as exc:
        amount_text, problem = exc.text, "unreadable_amount" if status == PAID else ""
    if not reference or not status or len(payment_id) > MAX_ID or (status == PAID and not payment_id):
        problem = "unreadable"
    paid_at = moment_of(moment)
    return Callback(
        kind=kind, reference=reference, payment_id=payment_id, reference_no=reference_no[:MAX_REFERENCE], amount=amount,
        amount_text=amount_text, paid_at=paid_at.isoformat() if paid_at else "", status=status, problem=problem, raw=raw,
        digest=hashlib.sha256(body).hexdigest(),
    )  # fmt: skip
