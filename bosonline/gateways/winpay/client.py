from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import requests
from django.conf import settings

from bosonline.gateways.base import BadSignature, GatewayOutcomeUnknown, GatewayRejected, HttpGateway, read_json
from bosonline.gateways.winpay import snap

WIB = timezone(timedelta(hours=7))
WINDOW_SECONDS = 300

# One-off channels → what buyers call them.
CHANNELS = {
    "BRI": "BRI", "BNI": "BNI", "MANDIRI": "Mandiri", "PERMATA": "Permata", "BSI": "BSI", "MUAMALAT": "Muamalat",
    "BCA": "BCA", "CIMB": "CIMB Niaga", "SINARMAS": "Sinarmas", "BNC": "Neo Commerce", "INDOMARET": "Indomaret",
    "ALFAMART": "Alfamart",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class VirtualAccount:
    va_number: str
    contract_id: str
    amount: int


@dataclass(frozen=True, slots=True)
class QrisPayment:
    qr_content: str
    contract_id: str


@dataclass(frozen=True, slots=True)
class PaymentState:
    """What an inquiry says: rupiah received (0 = nothing yet) and the gateway's id of that money."""

    paid_amount: int
    payment_id: str


@dataclass(frozen=True, slots=True)
class PaidCallback:
    """Money received: our reference, rupiah, the gateway's own id."""

    reference: str
    amount: int
    payment_id: str
    paid_at: str


def amount_text(rupiah: int) -> dict[str, str]:
    return {"value": f"{rupiah}.00", "currency": "IDR"}


def amount_of(value: Mapping[str, str]) -> int:
    """``{"value": "25000.00"}`` → 25000. Raises ``ValueError`` for anything that is no whole rupiah."""
    if value["currency"] != "IDR":
        raise ValueError("currency")
    match = re.fullmatch(r"(\d{1,15})(?:\.00?)?", str(value["value"]))
    if match is None:
        raise ValueError("amount")
    return int(match[1])


def va_name(name: str) -> str:
    """The buyer's name as a VA may carry it: 5–24 of letters, digits, ``_ - space``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"\s+", " ", re.sub(r"[^A-Za-z0-9_\- ]", " ", plain)).strip()[:24].strip()
    return plain if len(plain) >= 5 else f"Pembeli {plain}".strip()


def _stamp(moment: datetime) -> str:
    return moment.astimezone(WIB).isoformat(timespec="seconds")


class WinpayClient(HttpGateway):
    service = "winpay"

    def __init__(self, base_url: str, partner_id: str, private_key: str, public_key: str, **kwargs: Any) -> None:
        super().__init__(base_url, **kwargs)
        self.partner_id = partner_id
        self._private, self._public = private_key, public_key

    def _call(self, call: str, path: str, body: dict[str, Any], *, repeatable: bool) -> dict[str, Any]:
        raw = snap.minify(body)
        timestamp = _stamp(datetime.now(WIB))
        signature = snap.sign(snap.private_key(self._private), snap.string_to_sign("POST", path, raw, timestamp))
        headers = {
            "Content-Type": "application/json",
            "X-TIMESTAMP": timestamp,
            "X-SIGNATURE": signature,
            "X-PARTNER-ID": self.partner_id,
            "X-EXTERNAL-ID": str(secrets.randbelow(10**18)),
            "CHANNEL-ID": "WEB",
        }
        response = self.request(call, "POST", path, repeatable=False, data=raw, headers=headers)
        return self._checked(response, repeatable=repeatable)

    def _checked(self, response: requests.Response, *, repeatable: bool) -> dict[str, Any]:
        body = self.json_of(response, repeatable=repeatable)
        code = str(body.get("responseCode", "")) if isinstance(body, dict) else ""
        if response.status_code < 400 and code.startswith("200"):
            answer: dict[str, Any] = body
            return answer
        if not code:
            raise GatewayOutcomeUnknown(self.service, "sent an unreadable answer", code="garbage")
        raise GatewayRejected(
            self.service, str(body.get("responseMessage", "refused")), code=code, status=response.status_code
        )

    # -- virtual accounts ------------------------------------------------------------------------------------------

    def create_va(self, *, trx_id: str, channel: str, name: str, amount: int, expires_at: datetime) -> VirtualAccount:
        """A one-off VA over ``amount`` rupiah. ``trx_id`` is ours and unique; the same one gives the same VA."""
        body = {
            "virtualAccountName": va_name(name),
            "trxId": trx_id,
            "totalAmount": amount_text(amount),
            "virtualAccountTrxType": "c",
            "expiredDate": _stamp(expires_at),
            "additionalInfo": {"channel": channel},
        }
        try:
            answer = self._call("create_va", "/v1.0/transfer-va/create-va", body, repeatable=False)
        except GatewayRejected as exc:
            if exc.code.startswith("409"):  # this trxId exists: an earlier try whose answer was lost
                return self.inquiry_va(trx_id=trx_id).as_va()
            raise
        return self._va(answer)

    def _va(self, answer: dict[str, Any]) -> VirtualAccount:
        try:
            data = answer["virtualAccountData"]
            return VirtualAccount(
                va_number=data["virtualAccountNo"].strip(),
                contract_id=data["additionalInfo"]["contractId"],
                amount=amount_of(data["totalAmount"]),
            )
        except (KeyError, TypeError, ValueError) as exc:
            raise GatewayOutcomeUnknown(self.service, "sent an unreadable answer", code="garbage") from exc

    def inquiry_va(self, *, trx_id: str, contract_id: str = "") -> VaState:
        body = {"trxId": trx_id, "additionalInfo": {"contractId": contract_id}}
        answer = self._call("inquiry_va", "/v1.0/transfer-va/inquiry-va", body, repeatable=True)
        va = self._va(answer)
        data = answer["virtualAccountData"]
        paid = amount_of(data["paidAmount"]) if data.get("paidAmount") else 0
        return VaState(va.va_number, va.contract_id, va.amount, paid, str(data.get("paymentRequestId") or ""))

    def delete_va(self, *, trx_id: str, va_number: str, contract_id: str, channel: str) -> None:
        body = {
            "trxId": trx_id, "virtualAccountNo": va_number,
            "additionalInfo": {"contractId": contract_id, "channel": channel},
        }  # fmt: skip
        self._call("delete_va", "/v1.0/transfer-va/delete-va", body, repeatable=True)

    # -- QRIS ------------------------------------------------------------------------------------------------------

    def create_qris(self, *, reference: str, amount: int, expires_at: datetime) -> QrisPayment:
        """A dynamic QRIS over ``amount`` rupiah. The same ``reference`` gives the same code."""
        body = {
            "partnerReferenceNo": reference,
            "terminalId": "BOSONLINE",
            "amount": amount_text(amount),
            "validityPeriod": _stamp(expires_at),
            "additionalInfo": {"isStatic": False},
        }
        answer = self._call("create_qris", "/v1.0/qr/qr-mpm-generate", body, repeatable=False)
        try:
            return QrisPayment(answer["qrContent"], answer["additionalInfo"]["contractId"])
        except (KeyError, TypeError) as exc:
            raise GatewayOutcomeUnknown(self.service, "sent an unreadable answer", code="garbage") from exc

    def query_qris(self, *, reference: str, contract_id: str = "") -> PaymentState:
        body = {
            "originalPartnerReferenceNo": reference, "serviceCode": "47", "additionalInfo": {"contractId": contract_id},
        }  # fmt: skip
        answer = self._call("query_qris", "/v1.0/qr/qr-mpm-query", body, repeatable=True)
        paid = amount_of(answer["amount"]) if answer.get("latestTransactionStatus") == "00" else 0
        return PaymentState(paid, str(answer.get("originalReferenceNo") or "") if paid else "")

    # -- callbacks -------------------------------------------------------------------------------------------------

    def verify_callback(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Raise :class:`BadSignature` unless Winpay signed exactly this body within the last five minutes."""
        timestamp, signature = headers.get("X-TIMESTAMP", ""), headers.get("X-SIGNATURE", "")
        try:
            moment = datetime.fromisoformat(timestamp)
            age = abs((datetime.now(WIB) - moment).total_seconds())
        except (ValueError, TypeError) as exc:
            raise BadSignature from exc
        message = snap.string_to_sign(method, path, body, timestamp)
        if age > WINDOW_SECONDS or not snap.is_signed(snap.public_key(self._public), message, signature):
            raise BadSignature

    def parse_va_payment(self, body: bytes) -> PaidCallback:
        data = read_json(body)
        return PaidCallback(
            reference=str(data["trxId"]),
            amount=amount_of(data["paidAmount"]),
            payment_id=str(data["paymentRequestId"]),
            paid_at=str(data.get("trxDateTime") or ""),
        )

    def parse_qr_payment(self, body: bytes) -> PaidCallback:
        data = read_json(body)
        if data["latestTransactionStatus"] != "00":
            raise ValueError("not paid")
        return PaidCallback(
            reference=str(data["originalPartnerReferenceNo"]),
            amount=amount_of(data["amount"]),
            payment_id=str(data["originalReferenceNo"]),
            paid_at=str(data.get("transactionDate") or ""),
        )


@dataclass(frozen=True, slots=True)
class VaState:
    """A VA as an inquiry shows it."""

    va_number: str
    contract_id: str
    amount: int
    paid_amount: int
    payment_id: str

    def as_va(self) -> VirtualAccount:
        return VirtualAccount(self.va_number, self.contract_id, self.amount)


def winpay_client() -> WinpayClient:
    """The platform's client, as the settings say."""
    return WinpayClient(
        settings.WINPAY_BASE_URL, settings.WINPAY_PARTNER_ID, settings.WINPAY_PRIVATE_KEY, settings.WINPAY_PUBLIC_KEY
    )
