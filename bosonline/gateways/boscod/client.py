from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from django.conf import settings

from bosonline.gateways.base import (
    BadSignature,
    GatewayOutcomeUnknown,
    GatewayRejected,
    GatewayUnavailable,
    HttpGateway,
    message_of,
    read_json,
)
from bosonline.gateways.boscod import assumptions as a


@dataclass(frozen=True, slots=True)
class Region:
    id: int
    name: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Area:
    district_id: int
    district: str
    city: str
    province: str


@dataclass(frozen=True, slots=True)
class CourierInfo:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Rate:
    """A service's price in rupiah; ``cod``: it collects cash at the destination."""

    courier_code: str
    courier_name: str
    service_code: str
    service_name: str
    price: int
    max_price: int
    etd: str
    cod: bool


@dataclass(frozen=True, slots=True)
class RatesResult:
    """``complete`` is False when the deadline cut couriers off."""

    rates: list[Rate]
    complete: bool


@dataclass(frozen=True, slots=True)
class ShipmentRequest:
    """One parcel. ``order_code`` is ours and makes the call idempotent."""

    order_code: str
    courier_code: str
    service_code: str
    sender_name: str
    sender_phone: str
    sender_address: str
    sender_district_id: int
    receiver_name: str
    receiver_phone: str
    receiver_address: str
    receiver_district_id: int
    weight_grams: int
    length_cm: int
    width_cm: int
    height_cm: int
    goods_value: int
    cod_amount: int
    insured: bool
    description: str
    quantity: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class BookedParcel:
    order_number: str
    order_code: str
    awb: str = ""


@dataclass(frozen=True, slots=True)
class TrackingEvent:
    """``occurred_at`` in epoch seconds."""

    note: str
    description: str
    branch: str
    occurred_at: int
    status: str | None
    pod_photo: str | None


@dataclass(frozen=True, slots=True)
class Tracking:
    """The whole journey, newest first; times in epoch seconds."""

    last_status: str
    events: list[TrackingEvent]
    awb: str
    ordered_at: int | None
    reconciled_at: int | None


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    event_id: str
    kind: str
    order_number: str
    order_code: str
    awb: str
    raw: dict[str, Any]


def _kilograms(grams: int) -> str:
    return f"{max(grams, 500) / 1000:g}"


def _local_phone(e164: str) -> str:
    return e164.lstrip("+")[:15]


class BosCodClient(HttpGateway):
    service = "boscod"

    def __init__(self, base_url: str, token: str, webhook_secret: str, **kwargs: Any) -> None:
        super().__init__(base_url, **kwargs)
        self.token = token
        self.webhook_secret = webhook_secret

    def _get(self, call: str, path: str, params: dict[str, Any] | None = None) -> Any:
        response = self.request(call, "GET", path, repeatable=True, params=params, headers=self._headers())
        return self._checked(response, repeatable=True)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _checked(self, response: requests.Response, *, repeatable: bool) -> Any:
        if response.status_code < 400:
            return self.json_of(response, repeatable=repeatable)
        try:
            body = read_json(response.content)
            message, code = str(body.get("message", "refused")), str(body.get("code", ""))
        except (ValueError, AttributeError):
            message, code = f"answered {response.status_code}", ""
        raise GatewayRejected(self.service, message, code=code, status=response.status_code)

    # -- addresses -------------------------------------------------------------------------------------------------

    def _paged(self, call: str, path: str) -> Iterator[Region]:
        start = 0
        while True:
            page = self._get(call, path, {"start": start, "limit": a.PAGE})
            rows = page["data"]
            for row in rows:
                yield Region(int(row["id"]), row["name"], row.get("code", ""))
            start += len(rows)
            if not rows or start >= page["total"]:
                return

    def provinces(self) -> Iterator[Region]:
        return self._paged("provinces", "/v1/address/provinces")

    def cities(self, province_id: int) -> Iterator[Region]:
        return self._paged("cities", f"/v1/address/cities/{province_id}")

    def districts(self, city_id: int) -> Iterator[Region]:
        return self._paged("districts", f"/v1/address/districts/{city_id}")

    def search_area(self, keyword: str) -> list[Area]:
        rows = self._get("search_area", a.AREA_SEARCH, {"keyword": keyword})["data"]
        return [Area(int(r["id"]), r["name"], r["city"], r["province"]) for r in rows]

    # -- rates -----------------------------------------------------------------------------------------------------

    def couriers(self) -> list[CourierInfo]:
        return [CourierInfo(r["code"], r["name"]) for r in self._get("couriers", a.COURIER_LIST)["data"]]

    @staticmethod
    def _rate(row: dict[str, Any]) -> Rate:
        return Rate(
            courier_code=row["courier_code"],
            courier_name=row["courier_name"],
            service_code=str(row["service_code"]),
            service_name=str(row.get("service_name", "")),
            price=int(row["price"]),
            max_price=int(row["max_price"]),
            etd=str(row.get("etd", "")),
            cod=bool(int(row.get("cod", 0))),
        )

    @staticmethod
    def _rate_params(
        origin_id: int, destination_id: int, weight_grams: int, sizes: tuple[int, int, int]
    ) -> dict[str, Any]:
        length, width, height = sizes
        return {
            "origin_id": origin_id, "destination_id": destination_id, "weight": _kilograms(weight_grams),
            "length": length, "width": width, "height": height,
        }  # fmt: skip

    def rates(
        self, origin_id: int, destination_id: int, weight_grams: int, courier_code: str, length_cm: int = 10,
        width_cm: int = 10, height_cm: int = 10,
    ) -> list[Rate]:  # fmt: skip
        """One courier's services, prices in rupiah."""
        params = self._rate_params(origin_id, destination_id, weight_grams, (length_cm, width_cm, height_cm))
        return [
            self._rate(row) for row in self._get("rates", "/v1/courier/rates", params | {"courier_code": courier_code})
        ]

    def rates_all(
        self, origin_id: int, destination_id: int, weight_grams: int, *, length_cm: int = 10, width_cm: int = 10,
        height_cm: int = 10, deadline_seconds: float = 4.0, on_rates: Callable[[list[Rate]], None] | None = None,
    ) -> RatesResult:  # fmt: skip
        """All couriers, as the stream brings them, at most ``deadline_seconds``; what came in time is returned.

        ``on_rates`` is told of every batch as it comes.
        """
        params = self._rate_params(origin_id, destination_id, weight_grams, (length_cm, width_cm, height_cm))
        ends = time.monotonic() + deadline_seconds
        response = self.request(
            "rates_stream", "GET", "/v1/courier/rates_stream", repeatable=True, params=params, headers=self._headers(),
            stream=True, timeout=(self.timeout[0], min(self.timeout[1], deadline_seconds)),
        )  # fmt: skip
        if response.status_code >= 400:
            self._checked(response, repeatable=True)
        rates: list[Rate] = []
        complete = False
        try:
            for line in response.iter_lines(chunk_size=256):
                if line.startswith(b"data:"):
                    event = read_json(line[5:])
                    batch = [self._rate(row) for row in event.get("rates", [])]
                    rates += batch
                    if on_rates is not None and batch:
                        on_rates(batch)
                    complete = len(rates) >= int(event.get("total_rates", 0))
                if time.monotonic() > ends:
                    break
            else:
                complete = True
        except (requests.RequestException, ValueError, KeyError) as exc:
            if not rates:
                raise GatewayUnavailable(self.service, "broke off its answer", code="stream") from exc
        finally:
            response.close()
        return RatesResult(rates, complete)

    def estimate(self, **params: Any) -> dict[str, Any]:
        """``GET /v1/order/estimation_rates`` with BosCOD's own parameter names."""
        answer: dict[str, Any] = self._get("estimate", "/v1/order/estimation_rates", params)
        return answer

    # -- parcels ---------------------------------------------------------------------------------------------------

    def create_order(self, parcel: ShipmentRequest) -> list[BookedParcel]:
        """Book a courier. No AWB yet: it comes by webhook. A repeated ``order_code`` gives the first booking."""
        body = {
            "order_code": parcel.order_code,
            "courier_code": parcel.courier_code,
            "sender_name": parcel.sender_name,
            "sender_addr_id": str(parcel.sender_district_id),
            "sender_address": parcel.sender_address,
            "sender_phone": _local_phone(parcel.sender_phone),
            "pickup_via": "0",
            "order_type": "0",
            "items": [
                {
                    "receiver_name": parcel.receiver_name,
                    "receiver_phone": _local_phone(parcel.receiver_phone),
                    "receiver_address": parcel.receiver_address,
                    "receiver_addr_id": str(parcel.receiver_district_id),
                    "service_code": parcel.service_code,
                    "weight": float(_kilograms(parcel.weight_grams)),
                    "length": parcel.length_cm,
                    "width": parcel.width_cm,
                    "height": parcel.height_cm,
                    "value": parcel.goods_value,
                    "cod": parcel.cod_amount,
                    "insurance": 1 if parcel.insured else 0,
                    "description": parcel.description,
                    "quantity": parcel.quantity,
                    "note": parcel.note,
                }
            ],
        }
        response = self.request(
            "create_order", "POST", "/v1/order", repeatable=False, json=body, headers=self._headers()
        )
        if response.status_code == 409:
            known = self.find_order(parcel.order_code)
            if known:
                return known
        return self._parcels(self._checked(response, repeatable=False), parcel.order_code)

    def _parcels(self, body: Any, order_code: str) -> list[BookedParcel]:
        try:
            rows = body["data"]
            return [BookedParcel(str(r["order_number"]), order_code, str(r.get("awb") or "")) for r in rows]
        except (KeyError, TypeError) as exc:
            raise GatewayOutcomeUnknown(self.service, "sent an unreadable answer", code="garbage") from exc

    def find_order(self, order_code: str) -> list[BookedParcel] | None:
        """What BosCOD knows of our ``order_code``; None when nothing. Resolves a booking whose answer was lost."""
        try:
            body = self._get("find_order", a.ORDER_BY_CODE.format(order_code=order_code))
        except GatewayRejected as exc:
            if exc.status == 404:
                return None
            raise
        return self._parcels(body, order_code)

    def cancel(self, order_numbers: list[str], reason: str) -> list[str]:
        """Cancel parcels that wait for their pickup. Repeating is harmless: cancelled ones answer as cancelled."""
        response = self.request(
            "cancel", "POST", "/v1/order/cancel", repeatable=True, headers=self._headers(),
            json={"order_numbers": order_numbers, "reason": reason},
        )  # fmt: skip
        cancelled: list[str] = self._checked(response, repeatable=True)["cancelled"]
        return cancelled

    def tracking(self, order_number: str) -> Tracking:
        body = self._get("tracking", a.TRACKING.format(order_number=order_number))
        try:
            events = [
                TrackingEvent(
                    note=str(row.get("note") or ""),
                    description=str(row.get("description") or ""),
                    branch=str(row.get("branch") or ""),
                    occurred_at=int(row["update_on"]),
                    status=None if row.get("status") is None else str(row["status"]),
                    pod_photo=str(row["pod_photo"]) if row.get("pod_photo") else None,
                )
                for row in body["history"]
            ]
            return Tracking(
                last_status=str(body.get("last_status") or ""),
                events=events,
                awb=str(body.get("awb") or ""),
                ordered_at=int(body["ordered_on"]) if body.get("ordered_on") else None,
                reconciled_at=int(body["reconciled_on"]) if body.get("reconciled_on") else None,
            )
        except (KeyError, TypeError, ValueError) as exc:
            raise GatewayUnavailable(self.service, "sent an unreadable answer", code="garbage") from exc

    # -- the seller's account ----------------------------------------------------------------------------------------

    def balance(self) -> int:
        """BosPay balance in rupiah."""
        return int(self._get("balance", a.BALANCE)["data"]["balance"])

    def register_pickup_point(
        self, *, name: str, contact_name: str, phone: str, district_id: int, address: str, postal_code: str = ""
    ) -> int:
        """Make a warehouse known; answers BosCOD's id. The same name, phone and address give the same id."""
        body = {
            "name": name, "contact_name": contact_name, "phone": _local_phone(phone), "addr_id": str(district_id),
            "address": address, "postal_code": postal_code,
        }  # fmt: skip
        response = self.request(
            "pickup_point", "POST", a.PICKUP_POINT, repeatable=True, json=body, headers=self._headers()
        )
        return int(self._checked(response, repeatable=True)["data"]["id"])

    # -- webhooks --------------------------------------------------------------------------------------------------

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """A verified webhook. Raises :class:`BadSignature` and nothing else: what was signed but cannot be read is an event
        of the kind ``unreadable``, so that it is kept and seen."""
        given = headers.get(a.SIGNATURE_HEADER, "").removeprefix("sha256=")
        expected = hmac.new(self.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
        if not self.webhook_secret or not hmac.compare_digest(given.encode(), expected.encode()):
            raise BadSignature
        data = message_of(body)
        payload = data.get("data")
        event_id, kind = data.get("event_id") or headers.get(a.EVENT_HEADER), data.get("event")
        if not isinstance(payload, dict) or not isinstance(event_id, str | int) or not isinstance(kind, str):
            return WebhookEvent(f"unreadable:{hashlib.sha256(body).hexdigest()}", "unreadable", "", "", "", data)
        return WebhookEvent(
            event_id=str(event_id),
            kind=kind,
            order_number=str(payload.get("order_number") or ""),
            order_code=str(payload.get("order_code") or ""),
            awb=str(payload.get("awb") or ""),
            raw=data,
        )


def boscod_client() -> BosCodClient:
    """The platform's client, as the settings say."""
    return BosCodClient(settings.BOSCOD_BASE_URL, settings.BOSCOD_TOKEN, settings.BOSCOD_WEBHOOK_SECRET)
