from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import requests
from django.conf import settings

from bosonline.gateways.base import BadSignature, GatewayOutcomeUnknown, GatewayRejected, HttpGateway, read_json
from bosonline.gateways.winpay import assumptions as a
from bosonline.gateways.winpay import snap
from bosonline.gateways.winpay.values import (
    WIB,
    UnreadableAmount,
    amount_text,
    moment_of,
    rupiah_of,
    stamp,
    text_of,
    va_name,
)

WINDOW_SECONDS = 300
EXTERNAL_ID_TRIES = 3

# One-off channels → what buyers call them.
CHANNELS = {
    "BRI": "BRI", "BNI": "BNI", "MANDIRI": "Mandiri", "PERMATA": "Permata", "BSI": "BSI", "MUAMALAT": "Muamalat",
    "BCA": "BCA", "CIMB": "CIMB Niaga", "SINARMAS": "Sinarmas", "BNC": "Neo Commerce", "INDOMARET": "Indomaret",
    "ALFAMART": "Alfamart",
}  # fmt: skip

State = Literal["paid", "unpaid", "check"]


class TrxIdExists(GatewayRejected):
    """This reference was used: an earlier try arrived. Winpay does not say what it gave then."""


class NotFoundAtGateway(GatewayRejected):
    """Winpay has no such VA or QR."""


class ContractUnknown(GatewayRejected):
    """Winpay does not know this contractId."""


class AlreadyPaid(GatewayRejected):
    """A VA that is paid cannot be deleted: the money is there."""


@dataclass(frozen=True, slots=True)
class VirtualAccount:
    va_number: str
    contract_id: str
    amount: int


@dataclass(frozen=True, slots=True)
class VaState:
    """A VA as an inquiry shows it. ``active`` says that it can be paid, nothing says whether it was."""

    va_number: str
    contract_id: str
    amount: int
    active: bool


@dataclass(frozen=True, slots=True)
class QrisPayment:
    """``qr_content`` may be empty: then only ``qr_url``, a picture at Winpay's, shows the code."""

    qr_content: str
    qr_url: str
    contract_id: str
    reference_no: str


@dataclass(frozen=True, slots=True)
class PaymentState:
    """What Winpay says of a payment. ``amount`` is what came when ``paid``, whole rupiah; ``check``: a person must look."""

    state: State
    amount: int
    reference_no: str
    paid_at: datetime | None


class WinpayClient(HttpGateway):
    service = "winpay"

    def __init__(self, base_url: str, partner_id: str, private_key: str, public_key: str, **kwargs: Any) -> None:
        super().__init__(base_url, **kwargs)
        self.partner_id = partner_id
        self._private, self._public = private_key, public_key

    def _call(
        self, call: str, path: str, body: dict[str, Any], *, repeatable: bool, method: str = "POST"
    ) -> dict[str, Any]:
        """``repeatable``: an answer that was lost or unreadable leaves nothing to find out. Each send draws its own
        X-EXTERNAL-ID, so nothing is repeated below this."""
        for attempt in range(1, EXTERNAL_ID_TRIES + 1):
            try:
                return self._send(call, method, path, snap.compact(body), repeatable=repeatable)
            except GatewayRejected as exc:
                if _case(exc.code) != a.EXTERNAL_ID_USED or attempt == EXTERNAL_ID_TRIES:
                    raise
        raise AssertionError("unreachable")

    def _send(self, call: str, method: str, path: str, raw: bytes, *, repeatable: bool) -> dict[str, Any]:
        timestamp = stamp(datetime.now(WIB))
        signature = snap.sign(snap.private_key(self._private), snap.string_to_sign(method, path, raw, timestamp))
        headers = {
            "Content-Type": "application/json",
            "X-TIMESTAMP": timestamp,
            "X-SIGNATURE": signature,
            "X-PARTNER-ID": self.partner_id,
            "X-EXTERNAL-ID": str(secrets.randbelow(10**18)).zfill(18),
            "CHANNEL-ID": "WEB",
        }
        response = self.request(call, method, path, repeatable=False, data=raw, headers=headers)
        return self._checked(response, repeatable=repeatable)

    def is_answer(self, response: requests.Response) -> bool:
        return _case(_code(response)) == a.CONTRACT_UNKNOWN

    def _checked(self, response: requests.Response, *, repeatable: bool) -> dict[str, Any]:
        body = self.json_of(response, repeatable=repeatable)
        code = text_of(body.get("responseCode")) if isinstance(body, dict) else ""
        if response.status_code < 400 and code.startswith("200"):
            answer: dict[str, Any] = body
            return answer
        if not code:
            raise GatewayOutcomeUnknown(self.service, "sent an unreadable answer", code="garbage")
        case = _case(code)
        kind = GatewayRejected
        if case == a.TRX_ID_EXISTS:
            kind = TrxIdExists
        elif case in a.NOT_FOUND:
            kind = NotFoundAtGateway
        elif case == a.CONTRACT_UNKNOWN:
            kind = ContractUnknown
        elif case == a.ALREADY_PAID:
            kind = AlreadyPaid
        raise kind(self.service, str(body.get("responseMessage", "refused")), code=code, status=response.status_code)

    def _unreadable(self) -> GatewayOutcomeUnknown:
        return GatewayOutcomeUnknown(self.service, "sent an unreadable answer", code="garbage")

    # -- virtual accounts ------------------------------------------------------------------------------------------

    def create_va(self, *, trx_id: str, channel: str, name: str, amount: int, expires_at: datetime) -> VirtualAccount:
        """A one-off VA over ``amount`` rupiah. ``trx_id`` is ours, for one VA only.

        Raises :class:`TrxIdExists` when it was used before: the VA of then cannot be asked for without its contract.
        """
        body = {
            "virtualAccountName": va_name(name),
            "trxId": trx_id,
            "totalAmount": amount_text(amount),
            "virtualAccountTrxType": "c",
            "expiredDate": stamp(expires_at),
            "additionalInfo": {"channel": channel},
        }
        return self._va(self._call("create_va", "/v1.0/transfer-va/create-va", body, repeatable=False))

    def _va(self, answer: dict[str, Any]) -> VirtualAccount:
        try:
            data = answer["virtualAccountData"]
            return VirtualAccount(
                va_number=data["virtualAccountNo"].strip(),
                contract_id=data["additionalInfo"]["contractId"],
                amount=rupiah_of(data["totalAmount"])[0],
            )
        except (KeyError, TypeError, AttributeError, ValueError) as exc:
            raise self._unreadable() from exc

    def inquiry_va(self, *, trx_id: str, contract_id: str) -> VaState:
        """Whether a VA can be paid. Says nothing of money: that is :meth:`va_status`.

        Raises :class:`NotFoundAtGateway` or :class:`ContractUnknown`.
        """
        body = {"trxId": trx_id, "additionalInfo": {"contractId": contract_id}}
        answer = self._call("inquiry_va", "/v1.0/transfer-va/inquiry-va", body, repeatable=True)
        va = self._va(answer)
        expires = moment_of(answer["virtualAccountData"].get("expiredDate"))
        return VaState(va.va_number, va.contract_id, va.amount, expires is None or expires > datetime.now(WIB))

    def va_status(self, *, va_number: str, trx_id: str, contract_id: str, channel: str) -> PaymentState:
        """Whether money came on a VA."""
        body = {
            "virtualAccountNo": va_number, "trxId": trx_id,
            "additionalInfo": {"contractId": contract_id, "channel": channel},
        }  # fmt: skip
        answer = self._call("va_status", "/v1.0/transfer-va/status", body, repeatable=True, method=a.STATUS_METHOD)
        # the values may stand in virtualAccountData, as in the answers beside this one
        inner = answer.get("virtualAccountData")
        data = answer | inner if isinstance(inner, dict) else answer
        return _payment_state(
            a.VA_STATE.get(text_of(data.get("paymentFlagStatus"))), data.get("paidAmount") or data.get("totalAmount"),
            data.get("referenceNo"), data.get("transactionDate"),
        )  # fmt: skip

    def delete_va(self, *, trx_id: str, va_number: str, contract_id: str, channel: str) -> None:
        """Take an unpaid VA back. Raises :class:`AlreadyPaid`, :class:`NotFoundAtGateway` when there is none (any more)."""
        body = {
            "virtualAccountNo": va_number, "trxId": trx_id,
            "additionalInfo": {"contractId": contract_id, "channel": channel},
        }  # fmt: skip
        self._call("delete_va", "/v1.0/transfer-va/delete-va", body, repeatable=True, method="DELETE")

    # -- QRIS ------------------------------------------------------------------------------------------------------

    def create_qris(self, *, reference: str, amount: int, expires_at: datetime) -> QrisPayment:
        """A dynamic QRIS over ``amount`` rupiah. Raises :class:`TrxIdExists` when ``reference`` was used before."""
        body = {
            "partnerReferenceNo": reference,
            "terminalId": a.TERMINAL,
            "amount": amount_text(amount),
            "validityPeriod": stamp(expires_at),
            "additionalInfo": {"isStatic": False},
        }
        answer = self._call("create_qris", "/v1.0/qr/qr-mpm-generate", body, repeatable=False)
        content, url = text_of(answer.get("qrContent")), text_of(answer.get("qrUrl"))
        info = answer.get("additionalInfo")
        contract = text_of(info.get("contractId")) if isinstance(info, dict) else ""
        if not contract or not (content or url):
            raise self._unreadable()
        return QrisPayment(content, url, contract, text_of(answer.get("referenceNo")))

    def query_qris(self, *, reference: str, contract_id: str) -> PaymentState:
        """Whether a QRIS was paid; ``reference_no`` is the issuer's (``rrn``)."""
        body = {
            "originalPartnerReferenceNo": reference, "serviceCode": "47", "additionalInfo": {"contractId": contract_id},
        }  # fmt: skip
        answer = self._call("query_qris", "/v1.0/qr/qr-mpm-query", body, repeatable=True)
        info = answer.get("additionalInfo")
        return _payment_state(
            a.QR_STATE.get(text_of(answer.get("latestTransactionStatus"))), answer.get("amount"),
            info.get("rrn") if isinstance(info, dict) else None, answer.get("paidTime"),
        )  # fmt: skip

    # -- callbacks -------------------------------------------------------------------------------------------------

    def verify_callback(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Raise :class:`BadSignature` unless Winpay signed this body within the last five minutes.

        Signed is the whole ``path`` of our listener or, as others report, its end from ``/v1.0/``; and the minified
        body, whatever white space was sent.
        """
        timestamp, signature = headers.get("X-TIMESTAMP", ""), headers.get("X-SIGNATURE", "")
        try:
            age = abs((datetime.now(WIB) - datetime.fromisoformat(timestamp)).total_seconds())
        except (ValueError, TypeError) as exc:
            raise BadSignature from exc
        if age > WINDOW_SECONDS:
            raise BadSignature
        key, content = snap.public_key(self._public), snap.minify(body)
        for signed in dict.fromkeys((path, path[path.index("/v1.0/") :])):
            if snap.is_signed(key, snap.string_to_sign(method, signed, content, timestamp), signature):
                return
        raise BadSignature


def _code(response: requests.Response) -> str:
    try:
        body = read_json(response.content)
    except ValueError:
        return ""
    return text_of(body.get("responseCode")) if isinstance(body, dict) else ""


def _case(code: str) -> tuple[str, str]:
    """``4092701`` → ("409", "01")."""
    return (code[:3], code[5:]) if len(code) == 7 else ("", "")


def _payment_state(state: str | None, money: Any, reference_no: Any, paid_at: Any) -> PaymentState:
    known: State = "paid" if state == "paid" else "unpaid" if state == "unpaid" else "check"
    amount = 0
    if known == "paid":
        try:
            amount = rupiah_of(money)[0]
        except UnreadableAmount:
            known = "check"  # paid, but nobody can say how much
    return PaymentState(known, amount, text_of(reference_no), moment_of(paid_at))


def winpay_client() -> WinpayClient:
    """The platform's client, as the settings say."""
    return WinpayClient(
        settings.WINPAY_BASE_URL, settings.WINPAY_PARTNER_ID, settings.WINPAY_PRIVATE_KEY, settings.WINPAY_PUBLIC_KEY
    )
