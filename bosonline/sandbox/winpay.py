"""Winpay by SNAP: signatures, VA, QRIS, callbacks."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import secrets
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import requests
import segno
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from flask import Blueprint, Response, jsonify, request

from bosonline.sandbox.failures import WEBHOOK, Failures
from bosonline.sandbox.state import State
from bosonline.sandbox.webhooks import Sender

WIB = timezone(timedelta(hours=7))
PARTNER = "sandbox-partner"
RECURRING = {"BRI", "PERMATA", "BSI", "MUAMALAT", "BCA", "CIMB", "SINARMAS", "BNC"}
ONE_OFF = RECURRING | {"BNI", "MANDIRI", "INDOMARET", "ALFAMART"}
PREFIX = {"BCA": "22691", "BRI": "22129", "BNI": "98829", "MANDIRI": "89325", "PERMATA": "85910", "BSI": "90019"}
CALLBACK_TRIES = 3
LISTENER = "/callbacks/winpay"  # where the merchant told Winpay to send its messages


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
        try:
            data = json.loads(body)
            signed = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            data, signed = None, body
        stamp = headers["X-TIMESTAMP"]
        try:
            age = abs((datetime.now(WIB) - datetime.fromisoformat(stamp)).total_seconds())
            path = request.path.removeprefix("/winpay")
            self.merchant.verify(
                base64.b64decode(headers["X-SIGNATURE"]), string_to_sign(request.method, path, signed, stamp),
                padding.PKCS1v15(), hashes.SHA256(),
            )  # fmt: skip
        except (InvalidSignature, ValueError, TypeError):
            raise Refused(401, service, "00", "Unauthorized. Signature") from None
        if age > 300 or headers["X-PARTNER-ID"] != PARTNER:
            raise Refused(401, service, "00", "Unauthorized. Timestamp or partner")
        key = f"{stamp[:10]}:{headers['X-EXTERNAL-ID']}"
        with self.state.lock:
            if self.state.get("external", key) or self.failures.take("winpay", ("external_id_used",), path):
                raise Refused(409, service, "00", "Conflict. X-EXTERNAL-ID")
            self.state.put("external", key, {"at": time.time()})
        if not isinstance(data, dict):
            raise Refused(400, service, "00", "Bad Request")
        return data

    @staticmethod
    def text(data: dict[str, Any], name: str, pattern: str, service: str) -> str:
        value = data.get(name)
        if value is None or value == "":
            raise Refused(400, service, "02", f"Invalid Mandatory Field {name}")
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise Refused(400, service, "01", f"Invalid Field Format {name}")
        return value

    @staticmethod
    def amount(data: dict[str, Any], name: str, service: str) -> int:
        value = data.get(name)
        if value is None:
            raise Refused(400, service, "02", f"Invalid Mandatory Field {name}")
        if (
            not isinstance(value, dict)
            or value.get("currency") != "IDR"
            or not isinstance(value.get("value"), str)
            or not re.fullmatch(r"\d{1,13}\.\d{2}", value["value"])
        ):
            raise Refused(400, service, "01", f"Invalid Field Format {name}")
        return int(value["value"].split(".")[0])

    @staticmethod
    def expiry(data: dict[str, Any], name: str, service: str) -> str:
        """One minute to three months ahead, with its zone."""
        text = data.get(name)
        if not text:
            raise Refused(400, service, "02", f"Invalid Mandatory Field {name}")
        try:
            ahead = datetime.fromisoformat(text) - datetime.now(WIB)
        except (ValueError, TypeError):
            raise Refused(400, service, "01", f"Invalid Field Format {name}") from None
        if not timedelta(seconds=59) <= ahead <= timedelta(days=92):
            raise Refused(400, service, "01", f"Invalid Field Format {name}")
        return str(text)

    @staticmethod
    def info(data: dict[str, Any]) -> dict[str, Any]:
        value = data.get("additionalInfo")
        return value if isinstance(value, dict) else {}

    def create_va(self, data: dict[str, Any]) -> dict[str, Any]:
        service = "27"
        name = self.text(data, "virtualAccountName", r"[A-Za-z0-9_\- ]{5,24}", service)
        trx = self.text(data, "trxId", r"[A-Za-z0-9_\-]{5,50}", service)
        kind = self.text(data, "virtualAccountTrxType", r"[cor]", service)
        if kind != "c" or data.get("customerNo"):
            self.text(data, "customerNo", r"\d{3,14}", service)
        channel = self.info(data).get("channel")
        if channel not in (ONE_OFF if kind == "c" else RECURRING):
            raise Refused(400, service, "01", "Invalid Field Format channel")
        amount = self.amount(data, "totalAmount", service)
        if not 10_000 <= amount <= 50_000_000:
            raise Refused(400, service, "01", "Invalid Field Format totalAmount")
        expires = self.expiry(data, "expiredDate", service)
        with self.state.lock:
            if self.state.get("payment", trx):
                raise Refused(409, service, "01", "Conflict. trxId exists")
            number = f"{PREFIX.get(channel, '77001')}{data.get('customerNo') or self.state.next('va', 1_000_000_001)}"
            va = {
                "id": trx, "kind": "va", "amount": amount, "number": number, "channel": channel, "name": name,
                "contract": f"ci{secrets.token_hex(16)}", "expires": expires, "paid": 0, "payment_id": "",
                "reference_no": "", "paid_at": "", "deleted": False, "type": kind,
            }  # fmt: skip
            self.state.put("payment", trx, va)
        return {"responseCode": "2002700", "responseMessage": "Successful", "virtualAccountData": self.va_data(va)}

    @staticmethod
    def va_data(va: dict[str, Any]) -> dict[str, Any]:
        return {
            "partnerServiceId": f"   {va['number'][:5]}", "customerNo": va["number"][5:], "virtualAccountNo": va["number"],
            "virtualAccountName": va["name"], "trxId": va["id"],
            "totalAmount": {"value": f"{va['amount']}.00", "currency": "IDR"}, "virtualAccountTrxType": va.get("type", "c"),
            "expiredDate": va["expires"], "additionalInfo": {"contractId": va["contract"], "channel": va["channel"]},
        }  # fmt: skip

    def find(self, data: dict[str, Any], name: str, kind: str, service: str) -> dict[str, Any]:
        """The VA or QR that is asked for: by our name of it and by Winpay's contractId, both mandatory."""
        key = self.text(data, name, r"[A-Za-z0-9_\-]{5,50}", service)
        contract = self.info(data).get("contractId")
        if not contract:
            raise Refused(400, service, "02", "Invalid Mandatory Field contractId")
        found = self.state.get("payment", key)
        if found is None or found["kind"] != kind or found.get("deleted"):
            raise Refused(404, service, "01", "Transaction not found")
        if found["contract"] != contract:
            raise Refused(500, service, "02", "contractId unknown")
        return found

    def status_va(self, data: dict[str, Any]) -> dict[str, Any]:
        va = self.find(data, "trxId", "va", "26")
        self.same_va(data, va, "26")
        flag = {"paidAmount": va["paid"], "flag": "00"} if va["paid"] else {"paidAmount": va["amount"], "flag": "01"}
        return {
            "responseCode": "2002600", "responseMessage": "Successful", "paymentFlagStatus": flag["flag"],
            "virtualAccountNo": va["number"], "trxId": va["id"], "transactionDate": va["paid_at"],
            "referenceNo": va["reference_no"], "totalAmount": {"value": f"{flag['paidAmount']}.00", "currency": "IDR"},
            "additionalInfo": {"contractId": va["contract"], "channel": va["channel"]},
        }  # fmt: skip

    def same_va(self, data: dict[str, Any], va: dict[str, Any], service: str) -> None:
        number = self.text(data, "virtualAccountNo", r" *\d{6,28}", service).strip()
        if number != va["number"] or self.info(data).get("channel") != va["channel"]:
            raise Refused(404, service, "01", "Transaction not found")

    def delete_va(self, data: dict[str, Any]) -> dict[str, Any]:
        with self.state.lock:
            va = self.find(data, "trxId", "va", "31")
            self.same_va(data, va, "31")
            if va["paid"]:
                raise Refused(404, "31", "14", "Paid Bill")
            self.state.put("payment", va["id"], va | {"deleted": True})
        return {"responseCode": "2003100", "responseMessage": "Successful", "virtualAccountData": self.va_data(va)}

    def create_qr(self, data: dict[str, Any]) -> dict[str, Any]:
        service = "47"
        reference = self.text(data, "partnerReferenceNo", r"[A-Za-z0-9_\-]{5,50}", service)
        self.text(data, "terminalId", r".{3,16}", service)
        amount = self.amount(data, "amount", service)
        expires = self.expiry(data, "validityPeriod", service)
        if not isinstance(self.info(data).get("isStatic"), bool):
            raise Refused(400, service, "02", "Invalid Mandatory Field isStatic")
        with self.state.lock:
            if self.state.get("payment", reference):
                raise Refused(409, service, "01", "Conflict. partnerReferenceNo exists")
            qr: dict[str, Any] = {
                "id": reference, "kind": "qr", "amount": amount, "qr": qris(amount, reference), "paid": 0,
                "payment_id": "", "contract": f"qr{secrets.token_hex(16)}", "channel": "QRIS", "expires": expires,
                "reference_no": "", "paid_at": "", "deleted": False,
            }  # fmt: skip
            self.state.put("payment", reference, qr)
        null = self.failures.take("winpay", ("qr_content_null",)) is not None
        return {
            "responseCode": "2004700", "responseMessage": "Successful", "referenceNo": f"R{qr['contract'][2:14]}",
            "partnerReferenceNo": reference, "qrContent": None if null else qr["qr"],
            "qrUrl": f"{request.host_url}winpay/v1.0/qr/{reference}.png", "additionalInfo": {"contractId": qr["contract"]},
        }  # fmt: skip

    def query_qr(self, data: dict[str, Any]) -> dict[str, Any]:
        if data.get("serviceCode") != "47":
            raise Refused(400, "51", "02", "Invalid Mandatory Field serviceCode")
        qr = self.find(data, "originalPartnerReferenceNo", "qr", "51")
        money = {"value": f"{qr['paid'] or qr['amount']}.00", "currency": "IDR"}
        answer: dict[str, Any] = {
            "responseCode": "2005100", "responseMessage": "Successful", "originalPartnerReferenceNo": qr["id"],
            "serviceCode": "47", "latestTransactionStatus": "00" if qr["paid"] else "01", "amount": money,
            "additionalInfo": {"contractId": qr["contract"]},
        }  # fmt: skip
        if qr["paid"]:
            answer["paidTime"] = qr["paid_at"]
            answer["feeAmount"] = {"value": f"{qr['paid'] * 7 // 1000}.00", "currency": "IDR"}
            answer["additionalInfo"] |= {"issuer": "GoPay", "rrn": qr["reference_no"], "buyerReff": "SITI AMINAH"}
        return answer

    def pay(self, key: str, amount: int | None = None, *, callback: bool = True, **odd: Any) -> dict[str, Any]:
        """A buyer pays; the signed callback follows. ``odd`` is handed to :meth:`notify`."""
        with self.state.lock:
            payment = self.state.get("payment", key)
            if payment is None:
                raise Refused(404, "27", "12", "Bill not found")
            if payment.get("deleted"):
                raise Refused(404, "27", "12", "Bill deleted")
            if not payment["paid"]:
                if payment.get("expires") and datetime.fromisoformat(payment["expires"]) < datetime.now(WIB):
                    raise Refused(404, "27", "19", "Bill expired")
                payment["paid"] = amount or payment["amount"]
                number = self.state.next("pay", 700_001)
                payment |= {"payment_id": f"PAY{number}", "reference_no": f"{number:012d}", "paid_at": _now()}
                self.state.put("payment", key, payment)
        if callback:
            self.notify(payment, **odd)
        return payment

    def expire(self, key: str) -> dict[str, Any]:
        """The time of a VA or QR is over."""
        with self.state.lock:
            payment = self.state.get("payment", key)
            if payment is None:
                raise Refused(404, "27", "12", "Bill not found")
            payment["expires"] = (datetime.now(WIB) - timedelta(seconds=1)).isoformat()
            self.state.put("payment", key, payment)
        return payment

    def notify(
        self, payment: dict[str, Any], *, value: Any = None, status: str = "00", payment_id: str = "",
        spaced: bool = False, bare_path: bool = False,
    ) -> None:  # fmt: skip
        """Send the signed message until it is accepted, three times at most.

        ``value`` is an amount as it is written (with a tip's cents, say), ``status`` a QR's state, ``payment_id`` a number
        of money that is another order's; ``spaced`` sends white space that is not signed, ``bare_path`` signs the path
        without the listener's.
        """
        money = {"value": f"{payment['paid']}.00" if value is None else value, "currency": "IDR"}
        money_id = payment_id or payment["payment_id"]
        if payment["kind"] == "va":
            path, expected = "/v1.0/transfer-va/payment", "2002500"
            body = {
                "partnerServiceId": f"   {payment['number'][:5]}", "customerNo": payment["number"][5:],
                "virtualAccountNo": payment["number"], "virtualAccountName": payment["name"], "trxId": payment["id"],
                "paymentRequestId": money_id, "paidAmount": money, "trxDateTime": payment["paid_at"][:19],
                "referenceNo": payment["reference_no"],
                "additionalInfo": {"contractId": payment["contract"], "channel": payment["channel"]},
            }  # fmt: skip
        else:
            path, expected = "/v1.0/qr/qr-mpm-notify", "2005200"
            body = {
                "originalPartnerReferenceNo": payment["id"], "latestTransactionStatus": status, "amount": money,
                "additionalInfo": {"contractId": payment["contract"], "rrn": payment["reference_no"]},
            }  # fmt: skip
            if payment_id:
                body["originalReferenceNo"] = payment_id
        minified = json.dumps(body, separators=(",", ":")).encode()
        sent = json.dumps(body, indent=2).encode() if spaced else minified
        listener = f"{LISTENER}{path}"

        def deliver() -> bool:
            stamp = _now()
            message = string_to_sign("POST", path if bare_path else listener, minified, stamp)
            signature = self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())
            answer = requests.post(
                f"{self.app_url}{listener}", data=sent, timeout=10,
                headers={"Content-Type": "application/json", "X-TIMESTAMP": stamp, "CHANNEL-ID": "WEB",
                         "X-SIGNATURE": base64.b64encode(signature).decode(), "X-PARTNER-ID": PARTNER,
                         "X-EXTERNAL-ID": str(secrets.randbelow(10**15))},
            )  # fmt: skip
            try:
                return answer.status_code == 200 and answer.json()["responseCode"] == expected
            except (ValueError, KeyError, TypeError):
                return False

        failure = self.failures.take("winpay", WEBHOOK)
        mode = failure.mode if failure else ""
        if mode == "dropped":
            return
        delay = failure.seconds if failure and mode in ("late", "out_of_order") else 0.0
        self.sender.push(deliver, delay, CALLBACK_TRIES)
        if mode == "duplicate":
            self.sender.push(deliver, 0.0, CALLBACK_TRIES)
            self.sender.push(deliver, 0.2, CALLBACK_TRIES)


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
        va = service.find(service.check("30"), "trxId", "va", "30")
        return jsonify(responseCode="2003000", responseMessage="Successful", virtualAccountData=service.va_data(va))

    @bp.post("/transfer-va/status")
    def status_va() -> Response:
        return jsonify(service.status_va(service.check("26")))

    @bp.delete("/transfer-va/delete-va")
    def delete_va() -> Response:
        return jsonify(service.delete_va(service.check("31")))

    @bp.post("/qr/qr-mpm-generate")
    def create_qr() -> Response:
        return jsonify(service.create_qr(service.check("47")))

    @bp.post("/qr/qr-mpm-query")
    def query_qr() -> Response:
        return jsonify(service.query_qr(service.check("51")))

    @bp.get("/qr/<reference>.png")
    def picture(reference: str) -> Response:
        qr = service.state.get("payment", reference)
        if qr is None or qr["kind"] != "qr":
            raise Refused(404, "47", "01", "Transaction not found")
        file = io.BytesIO()
        segno.make(qr["qr"], error="m").save(file, kind="png", scale=6)
        return Response(file.getvalue(), content_type="image/png")

    return bp
