"""Clients of the conversion APIs. One event per call; the provider deduplicates by ``event_id``, so repeating is safe.

``send`` returns the provider's answer as text for the log. Raises :class:`GatewayRejected` when it said no (trying again
changes nothing) and :class:`GatewayUnavailable` when it did not answer.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import requests
from django.conf import settings

from bosonline.gateways.base import GatewayRejected, HttpGateway, read_json


def hashed(text: str) -> str:
    """SHA-256 of the trimmed lower-case text, as the providers ask; empty for nothing."""
    plain = text.strip().lower()
    return hashlib.sha256(plain.encode()).hexdigest() if plain else ""


@dataclass(frozen=True, slots=True)
class EventItem:
    """Price in rupiah for one piece."""

    id: str
    name: str
    qty: int
    price: int


@dataclass(frozen=True, slots=True)
class EventData:
    """An event as all providers need it. ``name`` is Meta's (Lead, Purchase …); personal data is hashed already."""

    name: str
    event_id: str
    happened_at: int
    url: str
    value: int
    order: str
    items: list[EventItem] = field(default_factory=list)
    phone_hash: str = ""
    name_hash: str = ""
    city_hash: str = ""
    country_hash: str = ""
    ip: str = ""
    user_agent: str = ""
    # ids the browser's pixels and the advertisement left: fbp, fbc, ttclid, ttp, ga
    browser: dict[str, str] = field(default_factory=dict)


class _Client(HttpGateway):
    def _answer(self, response: requests.Response, refused: bool, message: str) -> str:
        if refused or response.status_code >= 400:
            raise GatewayRejected(self.service, message[:300] or f"answered {response.status_code}",
                                  status=response.status_code)  # fmt: skip
        return response.text[:500] or f"HTTP {response.status_code}"


class MetaClient(_Client):
    """Conversions API: ``POST /<version>/{pixel_id}/events``."""

    service = "meta"

    def send(self, pixel_id: str, token: str, event: EventData, test_code: str = "") -> str:
        user: dict[str, Any] = {
            "ph": [event.phone_hash] if event.phone_hash else None,
            "fn": [event.name_hash] if event.name_hash else None,
            "ct": [event.city_hash] if event.city_hash else None,
            "country": [event.country_hash] if event.country_hash else None,
            "client_ip_address": event.ip,
            "client_user_agent": event.user_agent,
            "fbp": event.browser.get("fbp"),
            "fbc": event.browser.get("fbc"),
        }
        body: dict[str, Any] = {
            "data": [
                {
                    "event_name": event.name,
                    "event_time": event.happened_at,
                    "event_id": event.event_id,
                    "action_source": "website",
                    "event_source_url": event.url,
                    "user_data": {k: v for k, v in user.items() if v},
                    "custom_data": {
                        "currency": "IDR",
                        "value": event.value,
                        "order_id": event.order,
                        "content_type": "product",
                        "content_ids": [i.id for i in event.items],
                        "contents": [{"id": i.id, "quantity": i.qty, "item_price": i.price} for i in event.items],
                    },
                }
            ],
            "access_token": token,
        }
        if test_code:
            body["test_event_code"] = test_code
        path = f"/{settings.META_API_VERSION}/{pixel_id}/events"
        response = self.request("events", "POST", path, repeatable=True, json=body)
        data = _json(response)
        error = data.get("error") or {}
        return self._answer(response, bool(error), str(error.get("message", "")))


TIKTOK_NAMES = {"Purchase": "CompletePayment", "Lead": "SubmitForm"}


class TikTokClient(_Client):
    """Events API v1.3: ``POST /open_api/v1.3/event/track/``. It answers 200 with a code of its own."""

    service = "tiktok"

    def send(self, pixel_id: str, token: str, event: EventData, test_code: str = "") -> str:
        user = {
            "phone": event.phone_hash,
            "ip": event.ip,
            "user_agent": event.user_agent,
            "ttclid": event.browser.get("ttclid", ""),
            "ttp": event.browser.get("ttp", ""),
        }
        contents = [
            {"content_id": i.id, "content_name": i.name, "quantity": i.qty, "price": i.price, "content_type": "product"}
            for i in event.items
        ]
        body: dict[str, Any] = {
            "event_source": "web",
            "event_source_id": pixel_id,
            "data": [
                {
                    "event": TIKTOK_NAMES.get(event.name, event.name),
                    "event_time": event.happened_at,
                    "event_id": event.event_id,
                    "user": {k: v for k, v in user.items() if v},
                    "properties": {
                        "currency": "IDR", "value": event.value, "contents": contents, "order_id": event.order,
                    },
                    "page": {"url": event.url},
                }
            ],
        }  # fmt: skip
        if test_code:
            body["test_event_code"] = test_code
        response = self.request(
            "track", "POST", "/open_api/v1.3/event/track/", repeatable=True, json=body, headers={"Access-Token": token}
        )
        data = _json(response)
        return self._answer(response, data.get("code") != 0, str(data.get("message", "")))


GOOGLE_NAMES = {"Purchase": "purchase", "Lead": "generate_lead"}


class GoogleClient(_Client):
    """GA4 Measurement Protocol: ``POST /mp/collect``. It answers 204 whatever it thinks of the event."""

    service = "google"

    def send(self, pixel_id: str, token: str, event: EventData, test_code: str = "") -> str:
        params: dict[str, Any] = {
            "currency": "IDR",
            "value": event.value,
            "transaction_id": event.order,
            "items": [{"item_id": i.id, "item_name": i.name, "quantity": i.qty, "price": i.price} for i in event.items],
        }
        if test_code:
            params["debug_mode"] = 1
        body = {
            "client_id": _client_id(event),
            "timestamp_micros": event.happened_at * 1_000_000,
            "events": [{"name": GOOGLE_NAMES.get(event.name, event.name.lower()), "params": params}],
        }
        response = self.request(
            "collect", "POST", "/mp/collect", repeatable=True, json=body,
            params={"measurement_id": pixel_id, "api_secret": token},
        )  # fmt: skip
        return self._answer(response, False, response.text)


def _client_id(event: EventData) -> str:
    """The browser's id out of its ``_ga`` cookie (``GA1.1.<id>.<time>``), else one that stays the same for the order."""
    parts = event.browser.get("ga", "").split(".")
    if len(parts) >= 4 and parts[-1].isdecimal() and parts[-2].isdecimal():
        return f"{parts[-2]}.{parts[-1]}"
    return f"{int(hashlib.sha256(event.order.encode()).hexdigest()[:8], 16)}.{event.happened_at}"


def _json(response: requests.Response) -> dict[str, Any]:
    try:
        data = read_json(response.content)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def conversion_client(provider: str) -> MetaClient | TikTokClient | GoogleClient:
    """The platform's client of a provider; the token comes with each call, because it is the store's."""
    match provider:
        case "meta":
            return MetaClient(settings.META_BASE_URL)
        case "tiktok":
            return TikTokClient(settings.TIKTOK_BASE_URL)
        case "google":
            return GoogleClient(settings.GOOGLE_BASE_URL)
    raise LookupError(provider)
