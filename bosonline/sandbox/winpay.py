"""Winpay by SNAP: signatures, VA, QRIS, callbacks."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from flask import Blueprint, Response, jsonify, request

from bosonline.sandbox.failures import WEBHOOK, Failures
from bosonline.sandbox.state import State
from bosonline.sandbox.webhooks import Sender

WIB = timezone(timedelta(hours=7))
PARTNER = "sandbox-partner"
ONE_OFF = {
    "BRI",
    "BNI",
    "MANDIRI",
    "PERMATA",
    "BSI",
    "MUAMALAT",
    "BCA",
    "CIMB",
    "SINARMAS",
    "BNC",
    "INDOMARET",
    "ALFAMART",
}
PREFIX = {"BCA": "22691", "BRI": "22129", "BNI": "98829", "MANDIRI": "89325", "PERMATA": "85910", "BSI": "90019"}


class Refused(Exception):
    def __init__(self, status: int, service: str, case: str, message: str) -> None:
        super().__init__(message)
        self.answer = {"responseCode": f"{status}{service}{case}", "responseMessage": message}
        self.status = status


def _now() -> str:
    return datetime.now(WIB).isoformat(timespec="seconds")


def string_to_sign(method: str, path: str, body: bytes, stamp: str) -> bytes:
    return f"{method}:{path}:{hashlib.sha256(body).hexdigest().lower()}:{stamp}".encode()


def crc16(text: str) -> str:
    """CRC-16/CCITT-FALSE of an EMVCo payload."""
    crc = 0xFFFF
    for byte in text.encode():
        crc ^= byte << 8
        for _bit in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
            crc &= 0xFFFF
    return f"{crc:04X}"


def emv(tag: str, value: str) -> str:
    return f"{tag}{len(value):02d}{value}"


def qris(amount: int, reference: str) -> str:
    merchant = (
        emv("00", "ID.CO.WINPAY.WWW")
        + emv("01", "936009180000000001")
        + emv("02", "000000000000001")
        + emv("03", "UMI")
    )
    national = emv("00", "ID.CO.QRIS.WWW") + emv("02", "ID1020000000001") + emv("03", "UMI")
    text = (
        emv("00", "01") + emv("01", "12") + emv("26", merchant) + emv("51", national) + emv("52", "5999") + emv("53", "360")
        + emv("54", str(amount)) + emv("58", "ID") + emv("59", "BOSONLINE") + emv("60", "JAKARTA") + emv("61", "10110")
        + emv("62", emv("05", reference[:25])) + "6304"
    )  # fmt: skip
    return text + crc16(text)


class Winpay:
    def __init__(self, state: State, failures: Failures, sender: Sender, app_url: str, keys: Path) -> None:
        self.state, self.failures, self.sender, self.app_url = state, failures, sender, app_url
        self.private: Any = serialization.load_pem_private_key((keys / "winpay_private.pem").read_bytes(), None)
        self.merchant: Any = serialization.load_pem_public_key((keys / "merchant_public.pem").read_bytes())

    def check(self, service: str) -> dict[str, Any]:
        """Signature, time window, external id, partner; the parsed body."""
        headers = request.headers
        for name in ("X-TIMESTAMP", "X-SIGNATURE", "X-PARTNER-ID", "X-EXTERNAL-ID", "CHANNEL-ID"):
            if not headers.get(name):
                raise Refused(400, service, "02", f"Invalid Mandatory Field {name}")
        body = request.get_data()
        stamp = headers["X-TIMESTAMP"]
        try:
            age = abs((datetime.now(WIB) - datetime.fromisoformat(stamp)).total_seconds())
            path = request.path.removeprefix("/winpay")
            self.merchant.verify(
                base64.b64decode(headers["X-SIGNATURE"]), string_to_sign(request.method, path, body, stamp),
                padding.PKCS1v15(), hashes.SHA256(),
            )  # fmt: skip
        except (InvalidSignature, ValueError, TypeError):
            raise Refused(401, service, "00", "Unauthorized. Signature") from None
        if age > 300 or headers["X-PARTNER-ID"] != PARTNER:
            raise Refused(401, service, "00", "Unauthorized. Timestamp or partner")
        key = f"{stamp[:10]}:{headers['X-EXTERNAL-ID']}"
        with self.state.lock:
            if self.state.get("external", key):
                raise Refused(409, service, "00", "Conflict. X-EXTERNAL-ID")
            self.state.put("external", key, {"at": time.time()})
        try:
            data = json.loads(body)
            assert isinstance(data, dict)
        except (ValueError, AssertionError):
            raise Refused(400, service, "00", "Bad Request") from None
        return data

    @staticmethod
    def amount(value: Any, service: str) -> int:
        if (
            not isinstance(value, dict)
            or value.get("currency") != "IDR"
            or not re.fullmatch(r"\d+\.\d{2}", str(value.get("value")))
        ):
            raise Refused(400, service, "01", "Invalid Field Format amount")
        return int(str(value["value"]).split(".")[0])

    def create_va(self, data: dict[str, Any]) -> dict[str, Any]:
        service = "27"
        name, trx = str(data.get("virtualAccountName", "")), str(data.get("trxId", ""))
        if not re.fullmatch(r"[A-Za-z0-9_\- ]{5,24}", name):
            raise Refused(400, service, "01", "Invalid Field Format virtualAccountName")
        if not re.fullmatch(r"[A-Za-z0-9_\-]{5,50}", trx):
            raise Refused(400, service, "01", "Invalid Field Format trxId")
        channel = (data.get("additionalInfo") or {}).get("channel")
        if channel not in ONE_OFF or data.get("virtualAccountTrxType") not in ("c", "o", "r"):
            raise Refused(400, service, "01", "Invalid Field Format channel")
        amount = self.amount(data.get("totalAmount"), service)
        if not 10_000 <= amount <= 50_000_000:
            raise Refused(400, service, "01", "Invalid Field Format totalAmount")
        with self.state.lock:
            if self.state.get("payment", trx):
                raise Refused(409, service, "01", "Conflict. trxId exists")
            number = f"{PREFIX.get(channel, '77001')}{self.state.next('va', 1_000_000_001)}"
            va = {
                "id": trx, "kind": "va", "amount": amount, "number": number, "channel": channel, "name": name,
                "contract": f"ci{secrets.token_hex(16)}", "expires": data.get("expiredDate", ""), "paid": 0, "payment_id": "",
            }  # fmt: skip
            self.state.put("payment", trx, va)
        return {"responseCode": "2002700", "responseMessage": "Successful", "virtualAccountData": self.va_data(va)}

    @staticmethod
    def va_data(va: dict[str, Any]) -> dict[str, Any]:
        data = {
            "partnerServiceId": f"   {va['number'][:5]}", "customerNo": va["number"][5:], "virtualAccountNo": va["number"],
            "virtualAccountName": va["name"], "trxId": va["id"],
            "totalAmount": {"value": f"{va['amount']}.00", "currency": "IDR"}, "virtualAccountTrxType": "c",
            "expiredDate": va["expires"], "additionalInfo": {"contractId": va["contract"], "channel": va["channel"]},
        }  # fmt: skip
        if va["paid"]:
            data["paidAmount"] = {"value": f"{va['paid']}.00", "currency": "IDR"}
            data["paymentRequestId"] = va["payment_id"]
        return data

    def create_qr(self, data: dict[str, Any]) -> dict[str, Any]:
        service = "47"
        reference = str(data.get("partnerReferenceNo", ""))
        if not re.fullmatch(r"[A-Za-z0-9_\-]{5,50}", reference):
            raise Refused(400, service, "01", "Invalid Field Format partnerReferenceNo")
        amount = self.amount(data.get("amount"), service)
        with self.state.lock:
            known = self.state.get("payment", reference)
            if known is None:
                known = {
                    "id": reference, "kind": "qr", "amount": amount, "qr": qris(amount, reference), "paid": 0,
                    "payment_id": "", "contract": f"qr{secrets.token_hex(16)}", "channel": "QRIS",
                }  # fmt: skip
                self.state.put("payment", reference, known)
        return {
            "responseCode": "2004700", "responseMessage": "Successful", "referenceNo": f"R{known['contract'][2:14]}",
            "partnerReferenceNo": reference, "qrContent": known["qr"], "additionalInfo": {"contractId": known["contract"]},
        }  # fmt: skip

    def pay(self, key: str, amount: int | None = None, *, callback: bool = True) -> dict[str, Any]:
        """A buyer pays; the signed callback follows until it is accepted."""
        with self.state.lock:
            payment = self.state.get("payment", key)
            if payment is None:
                raise Refused(404, "27", "12", "Bill not found")
            if not payment["paid"]:
                payment["paid"] = amount or payment["amount"]
                payment["payment_id"] = f"PAY{self.state.next('pay', 700_001)}"
                self.state.put("payment", key, payment)
        if callback:
            self.notify(payment)
        return payment

    def notify(self, payment: dict[str, Any]) -> None:
        money = {"value": f"{payment['paid']}.00", "currency": "IDR"}
        if payment["kind"] == "va":
            path = "/v1.0/transfer-va/payment"
            body = {
                "partnerServiceId": payment["number"][:5], "customerNo": payment["number"][5:],
                "virtualAccountNo": payment["number"], "virtualAccountName": payment["name"], "trxId": payment["id"],
                "paymentRequestId": payment["payment_id"], "paidAmount": money, "trxDateTime": _now(),
                "additionalInfo": {"contractId": payment["contract"], "channel": payment["channel"]},
            }  # fmt: skip
        else:
            path = "/v1.0/qr/qr-mpm-notify"
            body = {
                "originalReferenceNo": payment["payment_id"], "originalPartnerReferenceNo": payment["id"],
                "latestTransactionStatus": "00", "amount": money, "additionalInfo": {"contractId": payment["contract"]},
            }  # fmt: skip
        raw = json.dumps(body, separators=(",", ":")).encode()

        def deliver() -> bool:
            stamp = _now()
            signature = self.private.sign(string_to_sign("POST", path, raw, stamp), padding.PKCS1v15(), hashes.SHA256())
            answer = requests.post(
                f"{self.app_url}/callbacks/winpay{path}", data=raw, timeout=10,
                headers={"Content-Type": "application/json", "X-TIMESTAMP": stamp, "CHANNEL-ID": "WEB",
                         "X-SIGNATURE": base64.b64encode(signature).decode(), "X-PARTNER-ID": PARTNER,
                         "X-EXTERNAL-ID": str(secrets.randbelow(10**15))},
            )  # fmt: skip
            return answer.status_code == 200

        failure = self.failures.take("winpay", WEBHOOK)
        mode = failure.mode if failure else ""
        if mode == "dropped":
            return
        self.sender.push(deliver, failure.seconds if failure and mode in ("late", "out_of_order") else 0.0)
        if mode == "duplicate":
            self.sender.push(deliver)
            self.sender.push(deliver, 0.2)


def blueprint(service: Winpay) -> Blueprint:
    bp = Blueprint("winpay", __name__, url_prefix="/winpay/v1.0")

    @bp.errorhandler(Refused)
    def refused(error: Refused) -> tuple[Response, int]:
        return jsonify(error.answer), error.status

    @bp.before_request
    def gate() -> Any:
        return service.failures.before("winpay", request.path)

    @bp.after_request
    def spoil(response: Response) -> Response:
        return service.failures.after("winpay", request.path, response)

    @bp.post("/transfer-va/create-va")
    def create_va() -> Response:
        return jsonify(service.create_va(service.check("27")))

    @bp.post("/transfer-va/inquiry-va")
    def inquiry_va() -> Response:
        data = service.check("27")
        va = service.state.get("payment", str(data.get("trxId", "")))
        if va is None or va["kind"] != "va":
            raise Refused(404, "27", "12", "Bill not found")
        return jsonify(responseCode="2002700", responseMessage="Successful", virtualAccountData=service.va_data(va))

    @bp.route("/transfer-va/delete-va", methods=["DELETE", "POST"])
    def delete_va() -> Response:
        data = service.check("27")
        va = service.state.get("payment", str(data.get("trxId", "")))
        if va is None:
            raise Refused(404, "27", "12", "Bill not found")
        if va["paid"]:
            raise Refused(404, "27", "14", "Paid Bill")
        service.state.delete("payment", va["id"])
        return jsonify(responseCode="2002700", responseMessage="Successful")

    @bp.post("/qr/qr-mpm-generate")
    def create_qr() -> Response:
        return jsonify(service.create_qr(service.check("47")))

    @bp.post("/qr/qr-mpm-query")
    def query_qr() -> Response:
        data = service.check("47")
        qr = service.state.get("payment", str(data.get("originalPartnerReferenceNo", "")))
        if qr is None:
            raise Refused(404, "47", "01", "Transaction Not Found")
        return jsonify(
            responseCode="2004700", responseMessage="Successful", latestTransactionStatus="00" if qr["paid"] else "03",
            originalReferenceNo=qr["payment_id"], amount={"value": f"{qr['paid'] or qr['amount']}.00", "currency": "IDR"},
        )  # fmt: skip

    return bp
