"""The developer's page and its JSON twin: move parcels, pay, break things, read mail."""

from __future__ import annotations

import email
import email.policy
import html
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request

from bosonline.sandbox import boscod as boscod_module
from bosonline.sandbox import winpay as winpay_module
from bosonline.sandbox.boscod import BosCod
from bosonline.sandbox.failures import MODES, Failures
from bosonline.sandbox.state import State
from bosonline.sandbox.winpay import Winpay

NAMES = {"0": "awaiting pickup", "1": "picked up", "2": "delivered", "3": "in transit", "4": "out for delivery",
         "5": "problem", "6": "return in transit", "7": "returned", "8": "lost", "9": "damaged", "10": "cancelled"}  # fmt: skip
STEPS = ("picked_up", "in_transit", "out_for_delivery", "problem", "delivered", "return", "returned", "lost", "damaged")

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:70rem;padding:1.5rem;color:#1c2526;background:#f8fafa}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin-top:2rem}table{border-collapse:collapse;width:100%;background:#fff}
th,td{text-align:left;padding:.5rem .6rem;border-bottom:1px solid #dde5e5;vertical-align:top}th{color:#546566;font-weight:600}
form{display:inline}button{font:inherit;font-size:.85rem;padding:.2rem .55rem;margin:.1rem;border:1px solid #b7c6c6;border-radius:6px;background:#fff;cursor:pointer}
button:hover{border-color:#0f766e;color:#0f766e}input,select{font:inherit;padding:.2rem .4rem;border:1px solid #b7c6c6;border-radius:6px}
.n{text-align:right;font-variant-numeric:tabular-nums}pre{white-space:pre-wrap;background:#fff;padding:1rem;border:1px solid #dde5e5}
"""


def _page(title: str, body: str) -> Response:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>"
    )
    return Response(text, content_type="text/html; charset=utf-8")


def _rupiah(value: int) -> str:
    return "Rp " + f"{value:,}".replace(",", ".")


def blueprint(state: State, failures: Failures, boscod: BosCod, winpay: Winpay, mail: Path) -> Blueprint:
    bp = Blueprint("control", __name__)

    @bp.errorhandler(boscod_module.Refused)
    @bp.errorhandler(winpay_module.Refused)
    def refused(error: Any) -> tuple[Response, int]:
        return jsonify(error.answer), error.status

    def values() -> dict[str, Any]:
        return (request.get_json(silent=True) or {}) if request.is_json else request.form.to_dict()

    def answer(data: Any) -> Any:
        return jsonify(data=data) if request.is_json or request.method == "GET" else redirect("/")

    @bp.get("/")
    def home() -> Response:
        parcels = (
            "".join(_parcel_row(p) for p in state.all("parcel", 60)) or "<tr><td colspan=6>No parcels yet.</td></tr>"
        )
        payments = (
            "".join(_payment_row(p) for p in state.all("payment", 60)) or "<tr><td colspan=5>No payments yet.</td></tr>"
        )
        modes = "".join(f"<option>{m}</option>" for m in MODES)
        now = html.escape(str(failures.as_json() or "none"))
        return _page(
            "BosOnline sandbox",
            "<p>The outside services are simulated here. <a href='/mail'>Mailbox</a></p>"
            "<h2>Parcels (BosCOD)</h2><table><tr><th>Order</th><th>AWB</th><th>Receiver</th><th class=n>COD</th><th>State</th>"
            f"<th>Move to</th></tr>{parcels}</table>"
            "<h2>Payments (Winpay)</h2><table><tr><th>Reference</th><th>Kind</th><th class=n>Amount</th><th>State</th><th></th></tr>"
            f"{payments}</table><h2>Failures</h2><p>Now: {now}</p><form method=post action=/control/failures>"
            "<select name=service><option>boscod</option><option>winpay</option></select> "
            f"<select name=mode>{modes}</select> seconds <input name=seconds value=3 size=3> "
            "times <input name=times size=3> <button>Set</button></form>",
        )

    def _parcel_row(p: dict[str, Any]) -> str:
        buttons = "".join(
            f"<form method=post action='/control/parcels/{p['order_number']}/advance'><button name=to value={s}>{s.replace('_', ' ')}</button></form>"
            for s in STEPS
        )
        seed = f"<form method=post action='/control/boscod/replay-seed'><button name=order_number value={p['order_number']}>documented journey</button></form>"
        return (
            f"<tr><td>{html.escape(p['order_code'])}<br>{p['order_number']}</td><td>{p['awb'] or '–'}</td>"
            f"<td>{html.escape(p['receiver'])}</td><td class=n>{_rupiah(p['cod'])}</td><td>{html.escape(NAMES.get(p['status'], p['status']))}</td>"
            f"<td>{buttons}{seed}</td></tr>"
        )

    def _payment_row(p: dict[str, Any]) -> str:
        what = p.get("number") or "QRIS"
        button = (
            f"<form method=post action='/control/payments/{html.escape(p['id'])}/pay'><button>Pay</button>"
            f"<button name=amount value={max(p['amount'] - 1000, 1)}>Pay Rp 1.000 less</button></form>"
        )
        done = f"paid {_rupiah(p['paid'])}" if p["paid"] else "deleted" if p.get("deleted") else "open"
        return (
            f"<tr><td>{html.escape(p['id'])}</td><td>{p['channel']} {what}</td><td class=n>{_rupiah(p['amount'])}</td>"
            f"<td>{done}</td><td>{'' if p['paid'] or p.get('deleted') else button}</td></tr>"
        )

    @bp.get("/control/parcels")
    def parcels() -> Any:
        return answer(state.all("parcel", 1000))

    @bp.post("/control/parcels/<number>/advance")
    def advance(number: str) -> Any:
        return answer(boscod.advance(number, values().get("to", "")))

    @bp.post("/control/parcels/<number>/say")
    def say(number: str) -> Any:
        data = values()
        told = {name: str(data.get(name, "")) for name in ("status", "note", "branch", "awb")}
        return answer(boscod.say(number, **told))

    @bp.post("/control/boscod/replay-seed")
    def replay() -> Any:
        return answer(boscod.replay_seed(str(values().get("order_number", ""))))

    @bp.get("/control/payments")
    def payments() -> Any:
        return answer(state.all("payment", 1000))

    @bp.post("/control/payments/<key>/pay")
    def pay(key: str) -> Any:
        data = values()
        amount = int(data["amount"]) if data.get("amount") else None
        odd = {k: data[k] for k in ("value", "status", "payment_id", "spaced", "bare_path") if k in data}
        payment = winpay.pay(key, amount, callback=not data.get("silent"), **odd)
        for _n in range(int(data.get("repeat", 1)) - 1):
            winpay.notify(payment, **odd)
        return answer(payment)

    @bp.post("/control/payments/<key>/expire")
    def expire(key: str) -> Any:
        return answer(winpay.expire(key))

    @bp.get("/control/conversions")
    def conversions() -> Any:
        return answer(state.all("conversion", 200))

    @bp.get("/control/failures")
    def show() -> Any:
        return answer(failures.as_json())

    @bp.post("/control/failures")
    def fail() -> Any:
        data = values()
        mode = data.get("mode", "none")
        if mode not in MODES:
            return jsonify(message="unknown mode"), 400
        times = int(data["times"]) if data.get("times") else None
        failures.set(data.get("service", ""), mode, float(data.get("seconds", 3) or 3), times, data.get("path", ""))
        return answer(failures.as_json())

    @bp.post("/control/settings")
    def settings() -> Any:
        data = values()
        if "app_url" in data:
            boscod.app_url = winpay.app_url = data["app_url"]
        if "awb_delay" in data:
            boscod.awb_delay = float(data["awb_delay"])
        if "stream_delay" in data:
            boscod.stream_delay = float(data["stream_delay"])
        return answer({"app_url": boscod.app_url})

    @bp.post("/control/reset")
    def reset() -> Any:
        state.reset()
        failures.clear()
        return answer({})

    @bp.get("/mail")
    def mailbox() -> Response:
        rows = []
        for path in (
            sorted(mail.glob("*.log"), key=lambda p: p.stat().st_mtime, reverse=True)[:50] if mail.exists() else []
        ):
            # Django appends mails of the same second to one file, a line of dashes between them
            for raw in reversed(path.read_bytes().strip().split(b"\n" + b"-" * 79 + b"\n")):
                message: Any = email.message_from_bytes(raw, policy=email.policy.default)
                part = message.get_body(preferencelist=("plain", "html"))
                text = part.get_content() if part is not None else ""
                rows.append(
                    f"<h2>{html.escape(str(message['subject'] or ''))}</h2>"
                    f"<p>{html.escape(str(message['to'] or ''))}</p><pre>{html.escape(text[:5000])}</pre>"
                )
        return _page("Mailbox", "<p><a href='/'>Back</a></p>" + ("".join(rows) or "<p>No mail.</p>"))

    return bp
