"""What the client and Winpay say to each other: the sandbox refuses what Winpay refuses, the client understands it."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from django.conf import settings as django_settings

from bosonline.gateways.base import GatewayOutcomeUnknown, GatewayRejected, breakers_reset
from bosonline.gateways.winpay import (
    AlreadyPaid,
    ContractUnknown,
    NotFoundAtGateway,
    TrxIdExists,
    VirtualAccount,
    WinpayClient,
    winpay_client,
)
from bosonline.gateways.winpay.values import WIB, va_name

SANDBOX = os.environ["SANDBOX_URL"]
_numbers = itertools.count(1)


def fresh() -> str:
    return f"UJI-{os.getpid()}-{next(_numbers)}"


def soon(minutes: float = 60) -> datetime:
    return datetime.now(WIB) + timedelta(minutes=minutes)


@pytest.fixture
def winpay() -> WinpayClient:
    return winpay_client()


@pytest.fixture
def fail() -> Iterator[Any]:
    def set_mode(mode: str, **more: Any) -> None:
        breakers_reset()
        requests.post(
            f"{SANDBOX}/control/failures", json={"service": "winpay", "mode": mode, **more}, timeout=5
        ).raise_for_status()

    yield set_mode
    set_mode("none")


def pay(key: str, **how: Any) -> requests.Response:
    return requests.post(f"{SANDBOX}/control/payments/{key}/pay", json={"silent": 1, **how}, timeout=5)


def make_va(winpay: WinpayClient, trx: str, amount: int = 25_000, channel: str = "BCA") -> VirtualAccount:
    return winpay.create_va(trx_id=trx, channel=channel, name="Siti Aminah", amount=amount, expires_at=soon())


def ask(method: str, path: str, body: dict[str, Any], *, external: str = "", **changes: Any) -> dict[str, Any]:
    """A request as Winpay's documentation writes it, signed here and not by our client."""
    raw = json.dumps(body, separators=(",", ":"))
    stamp = datetime.now(WIB).isoformat(timespec="seconds")
    text = f"{method}:{path}:{hashlib.sha256(raw.encode()).hexdigest()}:{stamp}"
    key: Any = serialization.load_pem_private_key(Path(django_settings.WINPAY_PRIVATE_KEY).read_bytes(), None)
    signature = base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
    headers = {
        "X-TIMESTAMP": stamp, "X-SIGNATURE": signature, "X-PARTNER-ID": "sandbox-partner", "CHANNEL-ID": "WEB",
        "X-EXTERNAL-ID": external or f"{os.getpid()}{next(_numbers):09d}", "Content-Type": "application/json",
    } | changes  # fmt: skip
    answer = requests.request(method, f"{SANDBOX}/winpay{path}", data=raw, headers=headers, timeout=5)
    data: dict[str, Any] = answer.json()
    return data


def va_body(**changes: Any) -> dict[str, Any]:
    body = {
        "virtualAccountName": "Siti Aminah", "trxId": fresh(), "totalAmount": {"value": "25000.00", "currency": "IDR"},
        "virtualAccountTrxType": "c", "expiredDate": soon().isoformat(timespec="seconds"),
        "additionalInfo": {"channel": "BCA"},
    }  # fmt: skip
    return {k: v for k, v in (body | changes).items() if v is not None}


CREATE = "/v1.0/transfer-va/create-va"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "2002700"),
        ({"customerNo": "0812345"}, "2002700"),
        ({"virtualAccountName": "Siti"}, "4002701"),
        ({"virtualAccountName": "A" * 25}, "4002701"),
        ({"virtualAccountName": "Siti & Co"}, "4002701"),
        ({"virtualAccountName": None}, "4002702"),
        ({"trxId": "ABCD"}, "4002701"),
        ({"trxId": "A" * 51}, "4002701"),
        ({"trxId": "ABC/DEF"}, "4002701"),
        ({"trxId": 123456}, "4002701"),
        ({"totalAmount": {"value": "25000", "currency": "IDR"}}, "4002701"),
        ({"totalAmount": {"value": 25000, "currency": "IDR"}}, "4002701"),
        ({"totalAmount": {"value": "25000.00", "currency": "USD"}}, "4002701"),
        ({"totalAmount": None}, "4002702"),
        ({"expiredDate": soon(-5).isoformat()}, "4002701"),
        ({"expiredDate": soon(0.2).isoformat()}, "4002701"),
        ({"expiredDate": soon(60 * 24 * 100).isoformat()}, "4002701"),
        ({"expiredDate": "besok"}, "4002701"),
        ({"expiredDate": None}, "4002702"),
        ({"additionalInfo": {"channel": "GOPAY"}}, "4002701"),
        ({"additionalInfo": None}, "4002701"),
        ({"virtualAccountTrxType": "x"}, "4002701"),
        ({"virtualAccountTrxType": "r"}, "4002702"),  # a recurring VA needs its customerNo
        ({"virtualAccountTrxType": "r", "customerNo": "12"}, "4002701"),
        ({"virtualAccountTrxType": "r", "customerNo": "08123", "additionalInfo": {"channel": "BNI"}}, "4002701"),
        ({"virtualAccountTrxType": "r", "customerNo": "08123"}, "2002700"),
    ],
)
def test_the_sandbox_takes_and_refuses_a_va_as_winpay_does(changes: dict[str, Any], code: str) -> None:
    assert ask("POST", CREATE, va_body(**changes))["responseCode"] == code


def test_headers_are_checked(fail: Any) -> None:
    assert ask("POST", CREATE, va_body(), **{"X-SIGNATURE": "AAAA"})["responseCode"] == "4012700"
    assert ask("POST", CREATE, va_body(), **{"X-PARTNER-ID": "lain"})["responseCode"] == "4012700"
    assert ask("POST", CREATE, va_body(), **{"CHANNEL-ID": ""})["responseCode"] == "4002702"
    stale = (datetime.now(WIB) - timedelta(minutes=20)).isoformat(timespec="seconds")
    assert ask("POST", CREATE, va_body(), **{"X-TIMESTAMP": stale})["responseCode"] == "4012700"


def test_an_external_id_serves_once_a_day_and_a_trx_id_once_ever() -> None:
    body, external = va_body(), fresh()
    assert ask("POST", CREATE, body, external=external)["responseCode"] == "2002700"
    assert ask("POST", CREATE, va_body(), external=external)["responseCode"] == "4092700"
    assert ask("POST", CREATE, body)["responseCode"] == "4092701"


def test_a_va_is_created_shown_and_asked_for_its_money(winpay: WinpayClient) -> None:
    trx = fresh()
    va = make_va(winpay, trx)
    assert va.va_number and va.contract_id.startswith("ci") and va.amount == 25_000
    shown = winpay.inquiry_va(trx_id=trx, contract_id=va.contract_id)
    assert (shown.va_number, shown.amount, shown.active) == (va.va_number, 25_000, True)
    known: dict[str, Any] = {
        "va_number": va.va_number, "trx_id": trx, "contract_id": va.contract_id, "channel": "BCA",
    }  # fmt: skip
    before = winpay.va_status(**known)
    assert (before.state, before.amount, before.paid_at) == ("unpaid", 0, None)
    pay(trx, amount=24_000)
    after = winpay.va_status(**known)
    assert (after.state, after.amount) == ("paid", 24_000)
    assert after.reference_no and after.paid_at and abs(after.paid_at - datetime.now(WIB)) < timedelta(minutes=1)


def test_a_used_external_id_is_drawn_anew_but_not_for_ever(winpay: WinpayClient, fail: Any) -> None:
    fail("external_id_used", times=2)
    assert make_va(winpay, fresh()).va_number
    fail("external_id_used")
    with pytest.raises(GatewayRejected) as caught:
        make_va(winpay, fresh())
    assert caught.value.code == "4092700" and not isinstance(caught.value, TrxIdExists)


def test_a_trx_id_that_exists_is_said_and_nothing_is_asked(winpay: WinpayClient) -> None:
    trx = fresh()
    make_va(winpay, trx)
    with pytest.raises(TrxIdExists):
        make_va(winpay, trx)
    with pytest.raises(TrxIdExists):
        winpay.create_qris(reference=trx, amount=25_000, expires_at=soon())


def test_a_lost_answer_is_an_unknown_outcome_and_the_va_is_there(winpay: WinpayClient, fail: Any) -> None:
    winpay.timeout = (1.0, 0.4)
    trx = fresh()
    fail("timeout_after_acting", seconds=1, times=1, path="create-va")
    with pytest.raises(GatewayOutcomeUnknown):
        make_va(winpay, trx)
    with pytest.raises(TrxIdExists):
        make_va(winpay, trx)


def test_a_slow_answer_is_an_answer(winpay: WinpayClient, fail: Any) -> None:
    fail("slow", seconds=0.5, times=1)
    assert make_va(winpay, fresh()).va_number


@pytest.mark.parametrize("mode", ["garbage", "error500"])
def test_garbage_and_a_plain_500_are_unknown_outcomes(winpay: WinpayClient, fail: Any, mode: str) -> None:
    fail(mode, times=1)
    with pytest.raises(GatewayOutcomeUnknown):
        make_va(winpay, fresh())


def test_what_is_unknown_is_told_apart(winpay: WinpayClient) -> None:
    trx = fresh()
    va = make_va(winpay, trx)
    with pytest.raises(NotFoundAtGateway) as missing:
        winpay.inquiry_va(trx_id=fresh(), contract_id=va.contract_id)
    assert missing.value.code == "4043001"
    with pytest.raises(ContractUnknown) as unknown:  # it comes with the status 500 and is an answer all the same
        winpay.inquiry_va(trx_id=trx, contract_id="ci00")
    assert (unknown.value.code, unknown.value.status) == ("5003002", 500)
    with pytest.raises(GatewayRejected) as none:
        winpay.inquiry_va(trx_id=trx, contract_id="")
    assert none.value.code == "4003002"
    for _n in range(6):  # and no failure of the service: the breaker stays closed
        with pytest.raises(ContractUnknown):
            winpay.query_qris(reference=make_qris(winpay), contract_id="qr00")


def make_qris(winpay: WinpayClient) -> str:
    reference = fresh()
    winpay.create_qris(reference=reference, amount=30_000, expires_at=soon())
    return reference


def test_a_va_is_deleted_once_and_cannot_be_paid_any_more(winpay: WinpayClient) -> None:
    trx = fresh()
    va = make_va(winpay, trx)
    known: dict[str, Any] = {
        "trx_id": trx, "va_number": va.va_number, "contract_id": va.contract_id, "channel": "BCA",
    }  # fmt: skip
    winpay.delete_va(**known)
    with pytest.raises(NotFoundAtGateway) as gone:
        winpay.delete_va(**known)
    assert gone.value.code == "4043101"
    assert pay(trx).status_code == 404
    with pytest.raises(NotFoundAtGateway):
        winpay.inquiry_va(trx_id=trx, contract_id=va.contract_id)
    with pytest.raises(TrxIdExists):
        make_va(winpay, trx)


def test_a_paid_va_is_not_deleted(winpay: WinpayClient) -> None:
    trx = fresh()
    va = make_va(winpay, trx)
    pay(trx)
    with pytest.raises(AlreadyPaid):
        winpay.delete_va(trx_id=trx, va_number=va.va_number, contract_id=va.contract_id, channel="BCA")


def test_only_delete_deletes(winpay: WinpayClient) -> None:
    va = make_va(winpay, fresh())
    answer = requests.post(f"{SANDBOX}/winpay/v1.0/transfer-va/delete-va", json={"trxId": va.va_number}, timeout=5)
    assert answer.status_code == 405


def test_an_expired_va_cannot_be_paid(winpay: WinpayClient) -> None:
    trx = fresh()
    winpay.create_va(trx_id=trx, channel="BRI", name="Siti Aminah", amount=20_000, expires_at=soon(1.05))
    ages = requests.post(f"{SANDBOX}/control/payments/{trx}/expire", json={}, timeout=5)
    assert ages.status_code == 200
    assert pay(trx).status_code == 404


def test_a_qris_is_made_and_asked_for(winpay: WinpayClient) -> None:
    reference = fresh()
    qr = winpay.create_qris(reference=reference, amount=30_000, expires_at=soon())
    assert qr.qr_content.startswith("000201") and qr.qr_url.startswith("http") and qr.contract_id.startswith("qr")
    assert winpay.query_qris(reference=reference, contract_id=qr.contract_id).state == "unpaid"
    pay(reference)
    state = winpay.query_qris(reference=reference, contract_id=qr.contract_id)
    assert (state.state, state.amount) == ("paid", 30_000) and state.reference_no and state.paid_at
    with pytest.raises(NotFoundAtGateway):
        winpay.query_qris(reference=fresh(), contract_id=qr.contract_id)


def test_a_qris_without_its_text_still_has_its_picture(winpay: WinpayClient, fail: Any) -> None:
    fail("qr_content_null", times=1)
    qr = winpay.create_qris(reference=fresh(), amount=30_000, expires_at=soon())
    assert qr.qr_content == "" and requests.get(qr.qr_url, timeout=5).headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    "name", ["Al", "", "李明", "Muhammad Abdurrahman Wahid Hasyim", "O'Neill & Söhne", "\x00\ud800", "-"]
)
def test_any_buyers_name_becomes_one_a_va_may_carry(winpay: WinpayClient, name: str) -> None:
    va = winpay.create_va(trx_id=fresh(), channel="MANDIRI", name=name, amount=15_000, expires_at=soon())
    assert va.va_number and 5 <= len(va_name(name)) <= 24
