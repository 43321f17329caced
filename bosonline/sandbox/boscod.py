"""BosCOD: addresses, rates, parcels, tracking, webhooks. Validates like the real one, remembers, can misbehave."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import re
import time
from pathlib import Path
from typing import Any

import requests
from flask import Blueprint, Response, jsonify, request

from bosonline.sandbox.failures import WEBHOOK, Failures
from bosonline.sandbox.regions import regions
from bosonline.sandbox.state import State
from bosonline.sandbox.webhooks import Sender

TOKEN = "sandbox-boscod-token"
SECRET = "sandbox-boscod-webhook-secret"
DATA = Path(__file__).parent / "data"

# code → (name, service, zone prices per kg in rupiah, discount in per cent, kg rounding threshold in grams, ETD per zone)
COURIERS: dict[str, tuple[str, str, tuple[int, int, int, int], int, int, tuple[str, str, str, str]]] = {
    "idx": ("IDEXPRESS", "03", (7000, 10700, 16000, 34000), 5, 300, ("1", "1-2", "2-3", "3-6")),
    "jnt": ("J&T EXPRESS", "EZ", (8000, 12000, 18000, 38000), 8, 300, ("1", "1-2", "2-3", "3-6")),
    "sicepat": ("SICEPAT", "REG", (8000, 11500, 17500, 36000), 7, 300, ("1", "1-2", "2-3", "3-7")),
    "ninja": ("NINJA XPRESS", "STD", (8500, 12000, 18500, 39000), 10, 500, ("1-2", "2-3", "2-4", "4-8")),
    "sap": ("SAP EXPRESS", "UDRREG", (7500, 11000, 17000, 35000), 6, 300, ("1-2", "2-3", "2-4", "4-7")),
    "lion": ("LION PARCEL", "REGPACK", (8000, 11000, 16500, 33000), 5, 300, ("1-2", "2-3", "2-4", "3-6")),
    "anteraja": ("ANTERAJA", "REG", (8000, 11800, 17800, 37000), 9, 300, ("1", "1-2", "2-3", "3-7")),
    "jne": ("JNE", "REG23", (9000, 13000, 20000, 42000), 4, 300, ("1-2", "1-2", "2-3", "3-6")),
    "pos": ("POS INDONESIA", "PKH", (8000, 12000, 19000, 40000), 3, 0, ("1-2", "2-4", "3-5", "5-9")),
}  # fmt: skip
PREFIX = {"idx": "IDE", "jnt": "JP", "sicepat": "00", "ninja": "NLID", "sap": "SAP", "lion": "11LP", "anteraja": "1000",
          "jne": "JT", "pos": "P2"}  # fmt: skip


class Refused(Exception):
    def __init__(self, message: str, status: int = 400, code: str = "BAD_REQUEST", **extra: Any) -> None:
        super().__init__(message)
        self.answer = {"message": message, "code": code, **extra}
        self.status = status


class BosCod:
    def __init__(self, state: State, failures: Failures, sender: Sender, app_url: str, seed: int) -> None:
        self.state, self.failures, self.sender = state, failures, sender
        self.app_url, self.seed = app_url, seed
        self.awb_delay = 0.8
        self.stream_delay = 0.0

    # -- rates -----------------------------------------------------------------------------------------------------

    def covers_cod(self, courier: str, district: int) -> bool:
        name, _code, city = regions().districts[district]
        if courier == "idx" and (name == "JUWANA" or regions().provinces[regions().cities[city][2]] == "DKI JAKARTA"):
            return True
        digest = hashlib.sha256(f"{self.seed}:{courier}:{district}".encode()).digest()
        return digest[0] < 218  # about 85 %

    def price(self, courier: str, origin: int, destination: int, grams: int) -> tuple[int, int, str]:
        """Discounted price, published price (rupiah) and ETD."""
        _name, _service, zones, discount, threshold, etds = COURIERS[courier]
        zone = regions().zone(origin, destination)
        kilograms = max(1, grams // 1000 + (1 if grams % 1000 > threshold else 0))
        published = zones[zone] * kilograms
        return published * (100 - discount) // 100, published, etds[zone]

    def rate_rows(self, courier: str, query: Any) -> list[dict[str, Any]]:
        origin, destination = self._district(query.get("origin_id")), self._district(query.get("destination_id"))
        try:
            kilograms = float(query.get("weight", ""))
        except ValueError:
            raise Refused("weight must be a number") from None
        if not 0.5 <= kilograms <= 99:
            raise Refused("weight must be between 0.5 and 99")
        sizes = [int(query.get(n, 10) or 10) for n in ("length", "width", "height")]
        grams = max(round(kilograms * 1000), sizes[0] * sizes[1] * sizes[2] * 1000 // 6000)
        price, published, etd = self.price(courier, origin, destination, grams)
        name, service, *_rest = COURIERS[courier]
        return [
            {
                "courier_code": courier, "courier_name": name, "service_code": service,
                "cod": int(self.covers_cod(courier, destination)), "drop_off": 0, "etd": etd, "max_price": published,
                "price": price,
            }
        ]  # fmt: skip

    @staticmethod
    def _district(value: Any) -> int:
        try:
            number = int(value)
        except (TypeError, ValueError):
            raise Refused("origin_id and destination_id must be integers") from None
        if number not in regions().districts:
            raise Refused("district not found", 404, "NOT_FOUND")
        return number

    # -- parcels ---------------------------------------------------------------------------------------------------

    def book(self, body: Any) -> dict[str, Any]:
        self._validate(body)
        code = body["order_code"]
        with self.state.lock:
            known = self.state.get("order", code)
            if known:
                raise Refused("order_code already exists", 409, "DUPLICATE", order_numbers=known["numbers"])
            numbers = []
            for item in body["items"]:
                number = f"BC{self.state.next('order', 1_000_001)}"
                numbers.append(number)
                self.state.put(
                    "parcel", number,
                    {
                        "order_number": number, "order_code": code, "courier": body["courier_code"], "awb": "",
                        "status": "0", "ordered_on": int(time.time()), "reconciled_on": None, "history": [],
                        "receiver": item["receiver_name"], "cod": item["cod"],
                        "origin": int(body["sender_addr_id"]), "destination": int(item["receiver_addr_id"]),
                    },
                )  # fmt: skip
            self.state.put("order", code, {"order_code": code, "numbers": numbers})
        for number in numbers:
            self.sender.push(lambda number=number: self.make_awb(number), self.awb_delay)  # type: ignore[misc]
        return {
            "message": "Order created",
            "data": [{"order_number": n, "order_code": code, "awb": ""} for n in numbers],
        }

    def _validate(self, body: Any) -> None:
        if not isinstance(body, dict):
            raise Refused("body must be an object")

        def text(source: dict[str, Any], name: str, low: int, high: int) -> str:
            value = source.get(name)
            if not isinstance(value, str) or not low <= len(value) <= high:
                raise Refused(f"{name} must be a string of {low}-{high} characters", field=name)
            return value

        text(body, "order_code", 3, 50)
        text(body, "sender_name", 1, 50)
        text(body, "sender_address", 10, 500)
        if not re.fullmatch(r"(62|08)\d{7,13}", text(body, "sender_phone", 8, 15)):
            raise Refused("sender_phone must begin with 62 or 08", field="sender_phone")
        self._district(text(body, "sender_addr_id", 1, 10))
        if body.get("pickup_via") not in ("0", "1", "2") or body.get("order_type") not in ("0", "1"):
            raise Refused("pickup_via or order_type is wrong")
        if body.get("courier_code") not in COURIERS:
            raise Refused("courier not found", field="courier_code")
        items = body.get("items")
        if not isinstance(items, list) or not items:
            raise Refused("items must not be empty", field="items")
        for item in items:
            text(item, "receiver_name", 1, 50)
            text(item, "receiver_address", 10, 200)
            if not re.fullmatch(r"(62|08)\d{7,13}", text(item, "receiver_phone", 8, 15)):
                raise Refused("receiver_phone must begin with 62 or 08", field="receiver_phone")
            destination = self._district(item.get("receiver_addr_id"))
            if item.get("service_code") != COURIERS[body["courier_code"]][1]:
                raise Refused("service not found", field="service_code")
            if not isinstance(item.get("weight"), int | float) or not 0.5 <= item["weight"] <= 99:
                raise Refused("weight must be between 0.5 and 99", field="weight")
            if not isinstance(item.get("cod"), int) or item["cod"] < 0:
                raise Refused("cod must be an integer", field="cod")
            if item["cod"] and not self.covers_cod(body["courier_code"], destination):
                raise Refused("destination is not covered for COD", field="cod")

    def make_awb(self, number: str) -> bool:
        with self.state.lock:
            parcel = self.state.get("parcel", number)
            if parcel is None or parcel["status"] == "10":
                return True
            if not parcel["awb"]:
                digits = 100_000_000 + random.Random(f"{self.seed}:{number}").randrange(899_999_999)
                parcel["awb"] = f"{PREFIX[parcel['courier']]}{digits}"
                self.state.put("parcel", number, parcel)
        self.send("awb.created", parcel)
        return True

    def send(self, event: str, parcel: dict[str, Any]) -> None:
        """Queue a signed webhook, misbehaving as the failure mode says."""
        event_id = f"evt-{self.state.next('event')}"
        body = json.dumps(
            {
                "event_id": event_id,
                "event": event,
                "data": {k: parcel[k] for k in ("order_number", "order_code", "awb", "status")},
            }
        ).encode()

        def deliver() -> bool:
            signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
            answer = requests.post(
                f"{self.app_url}/callbacks/boscod", data=body, timeout=10,
                headers={"Content-Type": "application/json", "X-Boscod-Signature": f"sha256={signature}",
                         "X-Boscod-Event-Id": event_id},
            )  # fmt: skip
            return answer.status_code == 200

        failure = self.failures.take("boscod", WEBHOOK)
        mode = failure.mode if failure else ""
        if mode == "dropped":
            return
        delay = failure.seconds if failure and mode in ("late", "out_of_order") else 0.0
        self.sender.push(deliver, delay)
        if mode == "duplicate":
            self.sender.push(deliver)
            self.sender.push(deliver, 0.2)

    # -- the way of a parcel -----------------------------------------------------------------------------------------

    NEXT = {"0": "1", "1": "3", "3": "4", "4": "2", "5": "4", "6": "7"}
    CODES = {"picked_up": "1", "in_transit": "3", "out_for_delivery": "4", "problem": "5", "delivered": "2",
             "return": "6", "returned": "7", "lost": "8", "damaged": "9"}  # fmt: skip

    def advance(self, number: str, to: str = "") -> dict[str, Any]:
        with self.state.lock:
            parcel = self.state.get("parcel", number)
            if parcel is None:
                raise Refused("parcel not found", 404, "NOT_FOUND")
            code = self.CODES.get(to) if to else self.NEXT.get(parcel["status"])
            if code is None:
                raise Refused("there is no such step", 409, "CONFLICT")
            parcel["status"] = code
            last = parcel["history"][0]["update_on"] if parcel["history"] else 0
            now = max(int(time.time()), last + 1)
            for note, branch in reversed(self._notes(parcel, code)):
                parcel["history"].insert(
                    0,
                    {
                        "note": note,
                        "description": "",
                        "branch": branch,
                        "update_on": now,
                        "status": code,
                        "pod_photo": None,
                    },
                )
                now += 1
            self.state.put("parcel", number, parcel)
        self.send("status.changed", parcel)
        return parcel

    def say(self, number: str, *, status: str = "", note: str = "", branch: str = "", awb: str = "") -> dict[str, Any]:
        """The courier says something of its own: any code, any words, another AWB. What is empty stays as it is."""
        with self.state.lock:
            parcel = self.state.get("parcel", number)
            if parcel is None:
                raise Refused("parcel not found", 404, "NOT_FOUND")
            replaced = bool(awb) and awb != parcel["awb"]
            parcel["awb"] = awb or parcel["awb"]
            parcel["status"] = status or parcel["status"]
            if note:
                last = parcel["history"][0]["update_on"] if parcel["history"] else 0
                event = {"note": note, "description": "", "branch": branch, "update_on": max(int(time.time()), last + 1),
                         "status": status or None, "pod_photo": None}  # fmt: skip
                parcel["history"].insert(0, event)
            self.state.put("parcel", number, parcel)
        if replaced:
            self.send("awb.created", parcel)
        if status or note:
            self.send("status.changed", parcel)
        return parcel

    @staticmethod
    def _notes(parcel: dict[str, Any], code: str) -> list[tuple[str, str]]:
        """The newest first, in the words of ID Express."""
        book = regions()
        origin, destination = (book.districts[parcel[k]][0] for k in ("origin", "destination"))
        hub = f"{origin[:3]}_GATEWAY"
        return {
            "1": [(f"Paket telah diterima oleh {origin}", origin)],
            "3": [(f"Paket telah sampai di {hub} - Mobil", hub), (f"Paket akan dikirimkan ke {hub}", origin)],
            "4": [("Paket akan dikirim ke alamat penerima", destination)],
            "5": [("Paket gagal dikirim: penerima tidak di tempat", destination)],
            "2": [("Paket telah diterima", destination)],
            "6": [(f"Paket akan dikembalikan ke {origin}", destination)],
            "7": [("Paket retur telah diterima pengirim", origin)],
            "8": [("Paket hilang", hub)],
            "9": [("Paket rusak", hub)],
        }[code]

    def replay_seed(self, number: str) -> dict[str, Any]:
        """Give this parcel the journey of the public documentation: its AWB, its 15 events, its times."""
        journey = json.loads((DATA / "journey_idx.json").read_text())
        with self.state.lock:
            parcel = self.state.get("parcel", number)
            if parcel is None:
                raise Refused("parcel not found", 404, "NOT_FOUND")
            last = len(journey["events"]) - 1
            parcel |= {"awb": journey["awb"], "status": "2", "ordered_on": journey["ordered_on"]}
            parcel["history"] = [
                {**event, "status": "2" if i == 0 else ("1" if i == last else "3"), "pod_photo": None}
                for i, event in enumerate(journey["events"])
            ]
            self.state.put("parcel", number, parcel)
        self.send("awb.created", parcel)
        self.send("status.changed", parcel)
        return parcel


def blueprint(service: BosCod) -> Blueprint:
    bp = Blueprint("boscod", __name__, url_prefix="/boscod/v1")

    @bp.errorhandler(Refused)
    def refused(error: Refused) -> tuple[Response, int]:
        return jsonify(error.answer), error.status

    @bp.before_request
    def gate() -> Any:
        failed = service.failures.before("boscod", request.path)
        if failed is not None:
            return failed
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return jsonify(message="Unauthorized", code="UNAUTHORIZED"), 401
        return None

    @bp.after_request
    def spoil(response: Response) -> Response:
        return service.failures.after("boscod", request.path, response)

    def page(rows: list[dict[str, Any]]) -> Response:
        start = max(request.args.get("start", 0, int), 0)
        limit = min(max(request.args.get("limit", 10, int), 1), 100)
        return jsonify(total=len(rows), data=rows[start : start + limit])

    @bp.get("/address/provinces")
    def provinces() -> Response:
        return page([{"name": n, "id": i} for i, n in sorted(regions().provinces.items(), key=lambda kv: kv[1])])

    @bp.get("/address/cities/<int:province>")
    def cities(province: int) -> Response:
        rows = [(i, c) for i, c in regions().cities.items() if c[2] == province]
        return page(
            [
                {"name": c[0], "id": i, "code": c[1], "province_id": province}
                for i, c in sorted(rows, key=lambda r: r[1][0])
            ]
        )

    @bp.get("/address/districts/<int:city>")
    def districts(city: int) -> Response:
        rows = [(i, d) for i, d in regions().districts.items() if d[2] == city]
        province = regions().cities[city][2] if city in regions().cities else 0
        return page(
            [
                {"name": d[0], "id": i, "code": d[1], "city_id": city, "province_id": province}
                for i, d in sorted(rows, key=lambda r: r[1][0])
            ]
        )

    @bp.get("/address/search")
    def search() -> Response:
        words = request.args.get("keyword", "").upper().split()
        book, rows = regions(), []
        for i, (name, _code, city) in book.districts.items():
            text = f"{name} {book.cities[city][0]} {book.provinces[book.cities[city][2]]}"
            if words and all(w in text for w in words):
                rows.append(
                    {
                        "id": i,
                        "name": name,
                        "city": book.cities[city][0],
                        "province": book.provinces[book.cities[city][2]],
                    }
                )
        return page(rows)

    @bp.get("/courier")
    def couriers() -> Response:
        return jsonify(data=[{"code": c, "name": v[0]} for c, v in COURIERS.items()])

    @bp.get("/courier/rates")
    def rates() -> Response:
        courier = request.args.get("courier_code", "")
        if courier not in COURIERS:
            raise Refused("courier not found", 404, "NOT_FOUND")
        return jsonify(service.rate_rows(courier, request.args))

    @bp.get("/courier/rates_stream")
    def stream() -> Response:
        rows = {c: service.rate_rows(c, request.args) for c in COURIERS}
        total = sum(len(r) for r in rows.values())

        def events() -> Any:
            for found in rows.values():
                if service.stream_delay:
                    time.sleep(service.stream_delay)
                yield f"data: {json.dumps({'total_rates': total, 'rates': found})}\n\n"

        return Response(events(), content_type="text/event-stream")

    @bp.get("/order/estimation_rates")
    def estimate() -> Response:
        args = request.args
        courier = args.get("courier_code", "")
        if courier not in COURIERS:
            raise Refused("courier not found", 404, "NOT_FOUND")
        grams = round(float(args.get("item_weight", "1") or 1) * 1000)
        origin, destination = (
            service._district(args.get("sender_addr_id")),
            service._district(args.get("receiver_addr_id")),
        )
        price, published, _etd = service.price(courier, origin, destination, grams)
        cod, value = int(args.get("cod") or 0), int(args.get("item_value") or 0)
        insurance = -(-value * 20 // 10_000 // 100) * 100 if args.get("insurance") == "1" else 0
        fee = -(-cod * 300 // 10_000)
        vat = -(-fee * 1100 // 10_000)
        return jsonify(
            max_price=published,
            price=price,
            insurance=insurance,
            cod_fee=fee,
            vat=vat,
            total=price + insurance + fee + vat,
        )

    @bp.post("/order")
    def order() -> Response:
        return jsonify(service.book(request.get_json(silent=True)))

    @bp.get("/order/by-code/<code>")
    def by_code(code: str) -> Response:
        known = service.state.get("order", code)
        if known is None:
            raise Refused("order not found", 404, "NOT_FOUND")
        parcels = [service.state.get("parcel", n) or {} for n in known["numbers"]]
        return jsonify(data=[{"order_number": p["order_number"], "order_code": code, "awb": p["awb"]} for p in parcels])

    @bp.post("/order/cancel")
    def cancel() -> Response:
        body = request.get_json(silent=True) or {}
        numbers = body.get("order_numbers")
        if not isinstance(numbers, list) or not numbers or not body.get("reason"):
            raise Refused("order_numbers and reason are required")
        with service.state.lock:
            parcels = [service.state.get("parcel", str(n)) for n in numbers]
            if any(p is None for p in parcels):
                raise Refused("order not found", 404, "NOT_FOUND")
            found = [p for p in parcels if p is not None]
            if any(p["status"] not in ("0", "10") for p in found):
                raise Refused("Order already picked up", 400, "NOT_PENDING")
            for parcel in found:
                parcel["status"] = "10"
                service.state.put("parcel", parcel["order_number"], parcel)
        return jsonify(message="Orders cancelled successfully", cancelled=numbers)

    @bp.get("/order/tracking/<number>")
    def tracking(number: str) -> Response:
        parcel = service.state.get("parcel", number)
        if parcel is None:
            raise Refused("order not found", 404, "NOT_FOUND")
        last = parcel["history"][0]["update_on"] if parcel["history"] else parcel["ordered_on"]
        return jsonify(
            last_status=parcel["status"], last_update=last, history=parcel["history"], awb=parcel["awb"],
            ordered_on=parcel["ordered_on"], reconciled_on=parcel["reconciled_on"],
        )  # fmt: skip

    @bp.get("/bospay/balance")
    def balance() -> Response:
        return jsonify(data={"balance": 2_500_000})

    @bp.post("/pickup-point")
    def pickup() -> Response:
        body = request.get_json(silent=True) or {}
        service._district(body.get("addr_id"))
        for name, low, high in (("name", 1, 50), ("contact_name", 1, 50), ("address", 10, 500), ("phone", 8, 15)):
            if not isinstance(body.get(name), str) or not low <= len(body[name]) <= high:
                raise Refused(f"{name} must be a string of {low}-{high} characters", field=name)
        key = hashlib.sha256("|".join(body[n] for n in ("name", "phone", "address")).encode()).hexdigest()[:20]
        known = service.state.get("pickup", key)
        if known is None:
            known = {"id": service.state.next("pickup", 501)}
            service.state.put("pickup", key, known)
        return jsonify(data=known)

    return bp
