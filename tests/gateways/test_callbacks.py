"""Winpay's and BosCOD's messages over HTTP: what was signed is kept and answered with success, whatever is in it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bosonline import outbox
from bosonline.gateways.winpay import read_callback
from bosonline.gateways.winpay.values import WIB
from bosonline.models import OutboxMessage, TimelineEntry
from bosonline.tenancy import store_scope
from orders.models import GatewayCallback, Order, Payment
from orders.money import ways
from orders.services.callbacks import callback_keep, callback_process, callbacks_sweep
from orders.services.erasure import store_erase
from tests.conftest import ROOT, LiveApp
from tests.factories import make_shop

PATHS = {"va_payment": "/v1.0/transfer-va/payment", "qr_payment": "/v1.0/qr/qr-mpm-notify"}
CODES = {"va_payment": "2002500", "qr_payment": "2005200"}
LISTENER = "/callbacks/winpay"
CONTROL = os.environ["SANDBOX_URL"] + "/control"

Post = Callable[[str, bytes, dict[str, str]], Any]


def headers_for(path: str, minified: bytes, key: Path, *, age: int = 0, method: str = "POST") -> dict[str, str]:
    """Signed as Winpay's documentation says, by nothing of ours."""
    stamp = (datetime.now(WIB) - timedelta(seconds=age)).isoformat(timespec="seconds")
    private: Any = serialization.load_pem_private_key(key.read_bytes(), None)
    text = f"{method}:{path}:{hashlib.sha256(minified).hexdigest()}:{stamp}".encode()
    signature = base64.b64encode(private.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()
    return {"X-TIMESTAMP": stamp, "X-SIGNATURE": signature, "X-PARTNER-ID": "sandbox-partner", "X-EXTERNAL-ID": "1",
            "CHANNEL-ID": "WEB"}  # fmt: skip


def own_key() -> Path:
    return Path(django_settings.WINPAY_PUBLIC_KEY).with_name("winpay_private.pem")


def va(**changes: Any) -> dict[str, Any]:
    body = {
        "partnerServiceId": "   22691", "customerNo": "1000000001", "virtualAccountNo": "226911000000001",
        "virtualAccountName": "Siti Aminah", "trxId": "TIDAK-ADA", "paymentRequestId": "P-1",
        "paidAmount": {"value": "65000.00", "currency": "IDR"}, "trxDateTime": "2026-11-26T10:00:00",
        "referenceNo": "000000000001", "additionalInfo": {"contractId": "ci1", "channel": "BCA"},
    }  # fmt: skip
    return {k: v for k, v in (body | changes).items() if v is not ...}


def qr(**changes: Any) -> dict[str, Any]:
    body = {
        "originalPartnerReferenceNo": "TIDAK-ADA", "latestTransactionStatus": "00",
        "amount": {"value": "65000.00", "currency": "IDR"}, "additionalInfo": {"contractId": "qr1", "rrn": "123456789012"},
    }  # fmt: skip
    return {k: v for k, v in (body | changes).items() if v is not ...}


def compact(body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def amount(value: Any, **more: Any) -> dict[str, Any]:
    return {"value": value, "currency": "IDR", **more}


DEEP = b'{"trxId":"DALAM","paymentRequestId":"P","paidAmount":' + b"[" * 3000 + b"]" * 3000 + b"}"
NEST = b'{"trxId":"DALAM","x":' + b'{"a":' * 200 + b"1" + b"}" * 200 + b"}"

# (kind, body, outcome): signed all of them, so kept and answered with success all of them
NASTY: list[tuple[str, bytes, str]] = [
    ("va_payment", compact(va()), "unknown_reference"),
    ("va_payment", b"", "unreadable"),
    ("va_payment", b"null", "unreadable"),
    ("va_payment", b"true", "unreadable"),
    ("va_payment", b'"teks"', "unreadable"),
    ("va_payment", b"[]", "unreadable"),
    ("va_payment", b"[[1,2],{}]", "unreadable"),
    ("va_payment", b"{}", "unreadable"),
    ("va_payment", b"{", "unreadable"),
    ("va_payment", b'{"trxId":"A', "unreadable"),
    ("va_payment", b"bukan-json", "unreadable"),
    ("va_payment", b"\xff\xfe\x00bad", "unreadable"),
    ("va_payment", b'{"trxId":"\xc3\x28"}', "unreadable"),
    ("va_payment", b"\x00\x00", "unreadable"),
    ("va_payment", DEEP, "unreadable"),
    ("va_payment", NEST, "unreadable"),
    ("va_payment", b"[" * 100_000, "unreadable"),
    ("va_payment", b'{"trxId":' + b"9" * 5000 + b"}", "unreadable"),
    ("va_payment", compact(va(trxId="A\x00B\x00")), "unknown_reference"),
    ("va_payment", compact(va(trxId="\ud800ABCDE\udfff")), "unknown_reference"),
    ("va_payment", compact(va(trxId=12345678)), "unknown_reference"),
    ("va_payment", compact(va(trxId=None)), "unreadable"),
    ("va_payment", compact(va(trxId=[])), "unreadable"),
    ("va_payment", compact(va(trxId={"a": 1})), "unreadable"),
    ("va_payment", compact(va(trxId="X" * 20_000)), "unknown_reference"),
    ("va_payment", compact(va(trxId="' OR 1=1 --")), "unknown_reference"),
    ("va_payment", compact(va(paymentRequestId=...)), "unreadable"),
    ("va_payment", compact(va(paymentRequestId="")), "unreadable"),
    ("va_payment", compact(va(paymentRequestId="P" * 101)), "unreadable"),
    ("va_payment", compact(va(paymentRequestId="P\x00\ud8001")), "unknown_reference"),
    ("va_payment", compact(va(paidAmount=...)), "unreadable_amount"),
    ("va_payment", compact(va(paidAmount=None)), "unreadable_amount"),
    ("va_payment", compact(va(paidAmount="65000.00")), "unreadable_amount"),
    ("va_payment", compact(va(paidAmount=65000)), "unreadable_amount"),
    ("va_payment", compact(va(paidAmount=amount("65000.00", currency="USD"))), "unreadable_amount"),
    ("va_payment", compact(va(paidAmount={"value": "65000.00"})), "unreadable_amount"),
    ("va_payment", compact(va(paidAmount=amount("-5000.00"))), "unreadable_amount"),
    ("va_payment", compact(va(paidAmount=amount("65.000,00"))), "unreadable_amount"),
    ("va_payment", compact(va(paidAmount=amount("6,5e4"))), "unreadable_amount"),
    ("va_payment", compact(va(paidAmount=amount("1e400"))), "unreadable_amount"),
    ("va_payment", compact(va(paidAmount=amount("9" * 400))), "unreadable_amount"),
    ("va_payment", compact(va(paidAmount=amount("٥٠٠٠"))), "unreadable_amount"),
    ("va_payment", compact(va(paidAmount=amount("5000²"))), "unreadable_amount"),
    ("va_payment", compact(va(paidAmount=amount(True))), "unreadable_amount"),
    ("va_payment", compact(va(paidAmount=amount(None))), "unreadable_amount"),
    ("va_payment", compact(va(paidAmount=amount([1]))), "unreadable_amount"),
    ("va_payment", compact(va(paidAmount=amount("NaN"))), "unreadable_amount"),
    ("va_payment", compact(va(paidAmount=amount(float("nan")))), "unreadable_amount"),
    ("va_payment", compact(va(paidAmount=amount(float("inf")))), "unreadable_amount"),
    ("va_payment", compact(va(paidAmount=amount(float("-inf")))), "unreadable_amount"),
    ("va_payment", b'{"trxId":"ABCDE","paymentRequestId":"P","x":1e400,"y":-1e999}', "unreadable_amount"),
    ("va_payment", compact(va(x=10**400, y=1e308, z=5e-324)), "unknown_reference"),
    ("va_payment", compact(va(paidAmount=amount("65000"))), "unknown_reference"),
    ("va_payment", compact(va(paidAmount=amount(65000))), "unknown_reference"),
    ("va_payment", compact(va(paidAmount=amount("0.00"))), "unknown_reference"),
    ("va_payment", compact(va(trxDateTime="besok")), "unknown_reference"),
    ("va_payment", compact(va(trxDateTime="0001-01-01T00:00:00+23:59")), "unknown_reference"),
    ("va_payment", compact(va(trxDateTime="9999-12-31T23:59:59-23:59")), "unknown_reference"),
    ("va_payment", compact(va(trxDateTime=["x"])), "unknown_reference"),
    ("va_payment", compact(va(additionalInfo="teks")), "unknown_reference"),
    ("va_payment", compact(va(**{"\x00": "\x00", "\ud800": 1})), "unknown_reference"),
    ("va_payment", b'\xef\xbb\xbf' + compact(va(trxId="BOM-1")), "unknown_reference"),
    ("va_payment", b'{"trxId":"SATU1","trxId":"DUA22","paymentRequestId":"P","paidAmount":{"value":"1","currency":"IDR"}}',
     "unknown_reference"),
    ("qr_payment", compact(qr()), "unknown_reference"),
    ("qr_payment", b"[]", "unreadable"),
    ("qr_payment", b"{}", "unreadable"),
    ("qr_payment", compact(qr(latestTransactionStatus=...)), "unreadable"),
    ("qr_payment", compact(qr(latestTransactionStatus=None)), "unreadable"),
    ("qr_payment", compact(qr(latestTransactionStatus=[])), "unreadable"),
    ("qr_payment", compact(qr(originalPartnerReferenceNo="")), "unreadable"),
    ("qr_payment", compact(qr(amount=amount("NaN"))), "unreadable_amount"),
    ("qr_payment", compact(qr(additionalInfo=None)), "unknown_reference"),
    ("qr_payment", compact(qr(additionalInfo={"rrn": {"a": []}})), "unknown_reference"),
    ("qr_payment", compact(qr(originalReferenceNo="R" * 101)), "unreadable"),
    ("qr_payment", compact(qr(amount=amount("65000.37"))), "unknown_reference"),
    *[("qr_payment", compact(qr(latestTransactionStatus=s)), f"status_{s}") for s in ("01", "02", "03", "04", "05", "06", "07")],
    ("qr_payment", compact(qr(latestTransactionStatus="04", amount=...)), "status_04"),
    ("qr_payment", compact(qr(latestTransactionStatus="Z" * 900)), "status_" + "Z" * 33),
    ("qr_payment", compact(qr(latestTransactionStatus="0\x003")), "status_03"),
]  # fmt: skip


@pytest.fixture
def live_key(live_app: LiveApp, worker_name: str) -> Path:
    """Winpay's key in the sandbox of the running product."""
    return ROOT / "var" / f"sandbox-{os.environ['TEST_RUN']}-live-{worker_name}" / "winpay_private.pem"


def post(live_app: LiveApp, key: Path, kind: str, body: bytes) -> requests.Response:
    path = LISTENER + PATHS[kind]
    return requests.post(live_app.url + path, data=body, headers=headers_for(path, body, key), timeout=20)


def wait_processed(seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while GatewayCallback.objects.filter(processed_at__isnull=True).exists():
        assert time.monotonic() < ends, GatewayCallback.objects.filter(processed_at__isnull=True).values_list(
            "event_id"
        )
        time.sleep(0.2)


def test_whatever_winpay_signed_is_kept_answered_with_success_and_shown_with_an_outcome(
    live_app: LiveApp, live_key: Path
) -> None:
    for number, (kind, body, _outcome) in enumerate(NASTY, start=1):
        answer = post(live_app, live_key, kind, body)
        assert answer.status_code == 200, (number, body[:80], answer.text)
        assert answer.json() == {"responseCode": CODES[kind], "responseMessage": "Successful"}, body[:80]
        assert GatewayCallback.objects.filter(event_id=read_callback(kind, body).event_id).count() == 1, body[:80]
    wait_processed()
    outcomes = dict(GatewayCallback.objects.values_list("event_id", "outcome"))
    for kind, body, outcome in NASTY:
        assert outcomes[read_callback(kind, body).event_id] == outcome, body[:120]


scalars: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(["00", "04", "IDR", "P-1", "NaN"]),
    st.characters(categories=["Cs"]),
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=8
)  # fmt: skip
FIELDS = ["trxId", "paymentRequestId", "paidAmount", "trxDateTime", "referenceNo", "additionalInfo", "amount",
          "latestTransactionStatus", "originalPartnerReferenceNo", "originalReferenceNo"]  # fmt: skip
messages = st.one_of(
    values,
    st.builds(
        lambda base, odd: base | odd, st.sampled_from([va(), qr()]), st.dictionaries(st.sampled_from(FIELDS), values)
    ),
)


def test_no_json_at_all_makes_the_door_answer_anything_but_success(live_app: LiveApp, live_key: Path) -> None:
    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(kind=st.sampled_from(sorted(PATHS)), message=messages)
    def every(kind: str, message: Any) -> None:
        body = compact(message)
        answer = post(live_app, live_key, kind, body)
        assert (answer.status_code, answer.json()["responseCode"]) == (200, CODES[kind])
        assert GatewayCallback.objects.filter(event_id=read_callback(kind, body).event_id).exists()

    every()
    wait_processed()
    assert not GatewayCallback.objects.filter(outcome="").exists()
    assert not GatewayCallback.objects.filter(outcome="paid").exists()


def test_no_bytes_at_all_make_the_door_answer_anything_but_success(client: Client, db: None) -> None:
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(body=st.binary(max_size=60).filter(lambda b: not set(b) & set(b" \t\r\n")))
    def every(body: bytes) -> None:
        path = LISTENER + PATHS["va_payment"]
        answer = client.post(path, body, content_type="application/json", headers=headers_for(path, body, own_key()))
        assert answer.status_code == 200
        assert GatewayCallback.objects.filter(event_id=read_callback("va_payment", body).event_id).exists()

    every()


# -- the signature ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(PATHS))
@pytest.mark.parametrize(
    ("signed_path", "accepted"),
    [
        (LISTENER + "{path}", True),
        ("{path}", True),
        ("/winpay{path}", False),
        ("/callbacks{path}", False),
        (LISTENER + "{path}/", False),
        (LISTENER + "{path}?a=1", False),
        ("", False),
    ],
)
def test_the_whole_path_of_the_listener_is_signed_or_the_bare_one(
    client: Client, db: None, kind: str, signed_path: str, accepted: bool
) -> None:
    body = compact(va() if kind == "va_payment" else qr())
    headers = headers_for(signed_path.format(path=PATHS[kind]), body, own_key())
    answer = client.post(LISTENER + PATHS[kind], body, content_type="application/json", headers=headers)
    assert (answer.status_code == 200, GatewayCallback.objects.count() == 1) == (accepted, accepted)
    if not accepted:
        assert answer.json()["responseCode"] in ("4012500", "4015200")


@pytest.mark.parametrize("indent", [None, 0, 2, "\t"])
def test_the_minified_body_is_signed_whatever_white_space_is_sent(client: Client, db: None, indent: Any) -> None:
    body = va(virtualAccountName='Siti  "A\\" \t\n Aminah é', paidAmount=amount("10000.50"))
    path = LISTENER + PATHS["va_payment"]
    for ascii_only in (True, False):
        minified = json.dumps(body, separators=(",", ":"), ensure_ascii=ascii_only).encode()
        sent = json.dumps(body, indent=indent, ensure_ascii=ascii_only).encode().replace(b"\n", b" \r\n\t")
        answer = client.post(
            path,
            b"\n " + sent + b" \n",
            content_type="application/json",
            headers=headers_for(path, minified, own_key()),
        )
        assert answer.status_code == 200
    assert GatewayCallback.objects.get().body["raw"]["virtualAccountName"] == body["virtualAccountName"]


def test_what_winpay_did_not_sign_just_now_is_refused_and_not_kept(client: Client, db: None) -> None:
    path, body = LISTENER + PATHS["va_payment"], compact(va())
    good = headers_for(path, body, own_key())
    merchant = own_key().with_name("merchant_private.pem")
    wrong: list[tuple[bytes, dict[str, str]]] = [
        (body, {}),
        (body.replace(b"65000", b"95000"), good),
        (body, headers_for(path, body, own_key(), age=330)),
        (body, headers_for(path, body, own_key(), age=-330)),
        (body, headers_for(path, body, merchant)),
        (body, headers_for(path, body, own_key(), method="GET")),
        (body, good | {"X-TIMESTAMP": "kemarin"}),
        (body, good | {"X-TIMESTAMP": good["X-TIMESTAMP"][:19]}),
        (body, good | {"X-SIGNATURE": "bukan base64 é"}),
        (body, good | {"X-SIGNATURE": ""}),
        # white space inside a string is content
        (body.replace(b"Siti Aminah", b"Siti  Aminah"), good),
    ]
    for sent, headers in wrong:
        answer = client.post(path, sent, content_type="application/json", headers=headers)
        assert (answer.status_code, answer.json()["responseCode"]) == (401, "4012500"), headers
    assert not GatewayCallback.objects.exists()


# -- what becomes of them ----------------------------------------------------------------------------------------------


def tell(client: Client, kind: str, body: dict[str, Any]) -> GatewayCallback:
    """Send a signed message and work it off."""
    path, raw = LISTENER + PATHS[kind], compact(body)
    headers = headers_for(path, raw, own_key())
    assert client.post(path, raw, content_type="application/json", headers=headers).status_code == 200
    row = GatewayCallback.objects.get(event_id=read_callback(kind, raw).event_id)
    callback_process({"callback_id": row.pk})
    row.refresh_from_db()
    return row


def reference_of(order: Order) -> str:
    reference = Payment.objects.with_scopes_disabled().get(order=order).reference
    assert reference
    return reference


def test_the_same_message_again_is_one_row_and_one_payment(client: Client, db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="va")
    body = va(trxId=reference_of(order), paidAmount=amount(str(order.total)))
    rows = {tell(client, "va_payment", body).pk for _n in range(3)}
    rows.add(tell(client, "va_payment", body | {"paidAmount": amount(f"{order.total}.00")}).pk)
    assert len(rows) == 1
    order.refresh_from_db()
    assert (order.payment_status, order.paid_amount) == ("paid", order.total)


def test_a_moment_without_a_zone_is_jakartas(client: Client, db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="va")
    tell(client, "va_payment", va(trxId=reference_of(order), paidAmount=amount(str(order.total))))
    order.refresh_from_db()
    assert order.paid_at == datetime(2026, 11, 26, 10, 0, tzinfo=WIB)


def test_a_tips_cents_are_left_off_and_remembered(client: Client, db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="qris")
    row = tell(
        client, "qr_payment", qr(originalPartnerReferenceNo=reference_of(order), amount=amount(f"{order.total}.37"))
    )
    order.refresh_from_db()
    assert (row.outcome, order.paid_amount, order.payment_status) == ("paid", order.total, "paid")
    assert (row.body["amount"], row.body["amount_text"]) == (order.total, f"{order.total}.37")
    assert row.body["reference_no"] == "123456789012"


def test_money_that_winpay_names_as_another_orders_is_an_alarm_and_never_a_repetition(client: Client, db: None) -> None:
    shop = make_shop()
    first = shop.order(payment_method="va")
    second = shop.order(payment_method="va", phone="081234567891")
    tell(client, "va_payment", va(trxId=reference_of(first), paidAmount=amount(str(first.total))))
    row = tell(client, "va_payment", va(trxId=reference_of(second), paidAmount=amount(str(second.total))))
    second.refresh_from_db()
    assert (row.outcome, second.payment_status) == ("payment_id_reused", "unpaid")
    assert GatewayCallback.objects.count() == 2
    lines = TimelineEntry.objects.with_scopes_disabled().filter(subject_id=second.pk, kind="payment.gateway_alarm")
    assert lines.get().data["outcome"] == "payment_id_reused"


def test_the_same_money_with_another_amount_is_an_alarm(client: Client, db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="va")
    tell(client, "va_payment", va(trxId=reference_of(order), paidAmount=amount(str(order.total))))
    row = tell(client, "va_payment", va(trxId=reference_of(order), paidAmount=amount("900000000.00")))
    order.refresh_from_db()
    assert (row.outcome, order.paid_amount) == ("amount_changed", order.total)


@pytest.mark.parametrize("status", ["01", "02", "03", "04", "05", "06", "07", "99"])
def test_a_qr_that_is_not_paid_pays_nothing_and_an_alarming_state_stands_on_the_order(
    client: Client, db: None, status: str
) -> None:
    shop = make_shop()
    order = shop.order(payment_method="qris")
    body = qr(originalPartnerReferenceNo=reference_of(order), amount=amount(str(order.total)))
    row = tell(client, "qr_payment", body | {"latestTransactionStatus": status})
    order.refresh_from_db()
    assert (row.outcome, order.payment_status) == (f"status_{status}", "unpaid")
    lines = TimelineEntry.objects.with_scopes_disabled().filter(subject_id=order.pk, kind="payment.gateway_alarm")
    assert lines.count() == (status in ("04", "05", "06"))
    assert tell(client, "qr_payment", body).outcome == "paid", "the state before does not hide the money"


def test_an_erased_store_keeps_what_was_paid_and_nothing_of_the_buyer(client: Client, db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="va")
    row = tell(client, "va_payment", va(trxId=reference_of(order), paidAmount=amount(str(order.total))))
    with store_scope(shop.store):
        store_erase(shop.store.pk)
    row.refresh_from_db()
    assert "Siti" not in json.dumps(row.body) and row.body["amount"] == order.total


def test_many_workers_at_one_message_pay_once(committed_db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="va")
    message = read_callback("va_payment", compact(va(trxId=reference_of(order), paidAmount=amount(str(order.total)))))
    pk = callback_keep(service="winpay", event_id=message.event_id, kind="va_payment", body=message.as_json())

    def one(_n: int) -> None:
        try:
            callback_process({"callback_id": pk})
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(16)))
    lines = TimelineEntry.objects.with_scopes_disabled().filter(subject_id=order.pk, kind="payment.status")
    assert lines.count() == 1 and GatewayCallback.objects.get(pk=pk).outcome == "paid"


def left_behind() -> None:
    """Its outbox rows went with a worker, or were given up, long enough ago."""
    GatewayCallback.objects.update(received_at=timezone.now() - timedelta(minutes=2))
    OutboxMessage.objects.filter(dedup_key__startswith="callback.process:").update(
        failed_at=timezone.now() - timedelta(hours=2), attempts=12
    )


def test_messages_that_were_left_are_handed_over_again_and_none_keeps_the_others_waiting(db: None) -> None:
    shop = make_shop()
    order = shop.order(payment_method="va")
    for n in range(3):  # what nobody foresaw
        callback_keep(service="winpay", event_id=f"25:RUSAK-{n}", kind="va_payment", body={"reference": [n]})
    message = read_callback("va_payment", compact(va(trxId=reference_of(order), paidAmount=amount(str(order.total)))))
    pk = callback_keep(service="winpay", event_id=message.event_id, kind="va_payment", body=message.as_json())
    left_behind()
    assert callbacks_sweep(limit=2) == 2 and callbacks_sweep(limit=2) == 2 and callbacks_sweep(limit=2) == 0
    assert GatewayCallback.objects.get(pk=pk).processed_at is None, "the sweep itself does no work"
    outbox.drain()
    assert GatewayCallback.objects.get(pk=pk).outcome == "paid"
    assert callbacks_sweep() == 0, "what failed waits for its next try"


def test_a_message_whose_row_is_gone_or_waits_is_queued_once(db: None) -> None:
    keys = [
        callback_keep(service="boscod", event_id=f"E-{n}", kind="x", body={"order_number": "BC0"}) for n in range(3)
    ]
    assert callbacks_sweep() == 0, "young ones have their row"
    left_behind()
    OutboxMessage.objects.filter(dedup_key=f"callback.process:{keys[0]}").delete()
    OutboxMessage.objects.filter(dedup_key=f"callback.process:{keys[1]}").update(failed_at=None, attempts=1)
    assert callbacks_sweep() == 2
    assert OutboxMessage.objects.filter(topic="callback.parcel", done_at=None, failed_at=None).count() == 3
    outbox.drain()
    assert set(GatewayCallback.objects.values_list("outcome", flat=True)) == {"unknown_shipment"}


BOSCOD_NASTY = [b"", b"null", b"[]", b"{}", b"{", b"\xff\x00", b'{"data":null}', b'{"event":"x","data":[]}', b"[" * 50_000,
                b'{"event_id":{},"event":"x","data":{}}', b'{"event_id":"E","event":1,"data":{}}',
                b'{"event_id":"E","event":"x","data":{"order_number":NaN,"awb":[1],"v":1e999}}',
                b'{"event_id":"' + b"E" * 5000 + b'","event":"' + b"x" * 300 + b'","data":{}}']  # fmt: skip


@pytest.mark.parametrize("body", BOSCOD_NASTY, ids=range(len(BOSCOD_NASTY)))
def test_whatever_boscod_signed_is_kept_and_answered_with_success(client: Client, db: None, body: bytes) -> None:
    secret = django_settings.BOSCOD_WEBHOOK_SECRET.encode()
    signature = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    answer = client.post(
        "/callbacks/boscod", body, content_type="application/json", headers={"X-Boscod-Signature": signature}
    )
    assert answer.status_code == 200
    row = GatewayCallback.objects.get()
    callback_process({"callback_id": row.pk})
    row.refresh_from_db()
    assert row.outcome in ("unreadable", "unknown_shipment")
    assert client.post("/callbacks/boscod", body, content_type="application/json").status_code == 401
    odd = {"X-Boscod-Signature": "sha256=é"}
    assert client.post("/callbacks/boscod", body, content_type="application/json", headers=odd).status_code == 401


# -- the sandbox as Winpay ---------------------------------------------------------------------------------------------


@pytest.fixture
def listener() -> Iterator[Any]:
    """Somebody who gets Winpay's messages: what came, and what is answered."""

    class Got:
        seen: list[tuple[str, dict[str, str], bytes]] = []
        answers: list[tuple[int, bytes]] = []
        reference = "nothing yet"

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, text = 200, b'{"responseCode":"2002500"}'
            if Got.reference.encode() in body:  # not what the sandbox still sends of other tests
                Got.seen.append((self.path, dict(self.headers), body))
                status, text = Got.answers.pop(0) if Got.answers else (status, text)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            return

    Got.seen, Got.answers = [], []
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    requests.post(f"{CONTROL}/settings", json={"app_url": f"http://127.0.0.1:{server.server_port}"}, timeout=5)
    yield Got
    requests.post(f"{CONTROL}/settings", json={"app_url": "http://127.0.0.1:9"}, timeout=5)
    server.shutdown()
    server.server_close()


def open_va(db: None) -> tuple[Order, str]:
    shop = make_shop()
    order = shop.order(payment_method="va", payment_channel="BCA")
    with store_scope(shop.store):
        payment = ways.payment_issue(order_id=order.pk)
    assert payment and payment.reference
    return order, payment.reference


def wait_for_messages(listener: Any, count: int, seconds: float = 8) -> None:
    ends = time.monotonic() + seconds
    while len(listener.seen) < count and time.monotonic() < ends:
        time.sleep(0.05)
    time.sleep(1.5)
    assert len(listener.seen) == count


def test_winpay_sends_three_times_at_most_until_the_expected_answer_comes(db: None, listener: Any) -> None:
    _order, listener.reference = open_va(db)
    listener.answers = [(500, b""), (200, b'{"responseCode":"2005200"}'), (200, b"ok"), (200, b"")]
    requests.post(f"{CONTROL}/payments/{listener.reference}/pay", json={}, timeout=5).raise_for_status()
    wait_for_messages(listener, 3)
    _order, listener.reference = open_va(db)
    listener.seen.clear()
    listener.answers = [(503, b""), (200, b'{"responseCode":"2002500"}')]
    requests.post(f"{CONTROL}/payments/{listener.reference}/pay", json={}, timeout=5).raise_for_status()
    wait_for_messages(listener, 2)


@pytest.mark.parametrize("odd", [{}, {"spaced": True}, {"bare_path": True}, {"value": "65000"}, {"value": "65000.00"}])
def test_what_the_sandbox_sends_is_taken_as_winpays(
    db: None, client: Client, listener: Any, odd: dict[str, Any]
) -> None:
    order, listener.reference = open_va(db)
    requests.post(f"{CONTROL}/payments/{listener.reference}/pay", json=odd, timeout=5).raise_for_status()
    ends = time.monotonic() + 8
    while not listener.seen and time.monotonic() < ends:
        time.sleep(0.05)
    (path, headers, body), *_rest = listener.seen
    assert path == LISTENER + PATHS["va_payment"] and (b"\n" in body) == bool(odd.get("spaced"))
    signed = {k: v for k, v in headers.items() if k.upper().startswith("X-")}
    assert client.post(path, body, content_type="application/json", headers=signed).status_code == 200
    row = GatewayCallback.objects.get()
    callback_process({"callback_id": row.pk})
    row.refresh_from_db()
    order.refresh_from_db()
    assert (row.outcome, order.payment_status) == ("paid", "paid")
