"""Conversion events from the server (product.md §13): planned when an order moves, sent by the outbox, logged with the reply.

Never for test or suspicious orders. One row per order, pixel and event, so that no event is planned twice; the provider
drops what the browser has told already, because both carry the same ``event_id``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from bosonline import crypto, outbox
from bosonline.gateways.base import GatewayError, GatewayRejected
from bosonline.gateways.conversions import EventData, EventItem, conversion_client, hashed
from bosonline.tenancy import store_scope
from forms.content import content_full, pixel_ids
from forms.models import ConversionEvent, OrderForm, PixelToken, Provider

BROWSER_IDS = ("fbp", "fbc", "ttclid", "ttp", "ga")


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What events say of an order; money in rupiah. ``reached``: the stages it has been through (``PURCHASE_AT``)."""

    order_id: int
    store_id: int
    form_id: int
    number: str
    gross: int
    net: int
    phone: str
    name: str
    city: str
    ip: str
    user_agent: str
    url: str
    happened_at: datetime
    reached: Collection[str]
    held: bool
    is_test: bool
    items: list[EventItem] = field(default_factory=list)
    event_ids: dict[str, str] = field(default_factory=dict)
    source: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def conversions_plan(orders: Sequence[OrderFacts]) -> int:
    """Plan what the pixels of these orders (of one store) have not been told yet. Safe to repeat. Returns how many events
    will be sent."""
    real = [facts for facts in orders if not facts.is_test]
    tokens = set(PixelToken.objects.values_list("provider", "pixel_id")) if real else set()
    if not tokens:
        return 0
    forms = OrderForm.objects.select_related("published").in_bulk({facts.form_id for facts in real})
    wanted: list[tuple[OrderFacts, ConversionEvent]] = []
    for form_id, form in sorted(forms.items()):
        if form.published is None:
            continue
        content = content_full(form.published.content)
        pixels = [(p, i) for p, ids in pixel_ids(content).items() for i in ids if (p, i) in tokens]
        for facts in real:
            if facts.form_id == form_id and pixels:
                wanted += [(facts, event) for event in _events(facts, pixels, content["pixels"])]
    return _plan(wanted)


def _events(facts: OrderFacts, pixels: list[tuple[str, str]], settings: dict[str, Any]) -> Iterator[ConversionEvent]:
    """The events this order is due for, whether or not they are planned already."""
    names = [("Lead", "lead", facts.gross)]
    if settings["purchase_at"] in facts.reached:
        names.append(("Purchase", "purchase", facts.gross if settings["value"] == "gross" else facts.net))
    for provider, pixel in pixels:
        for name, key, value in names:
            event_id = (facts.event_ids.get(key, "") or f"{facts.number}-{name}".lower())[:64]
            yield ConversionEvent(
                order_id=facts.order_id, provider=provider, pixel_id=pixel, name=name, store_id=facts.store_id,
                form_id=facts.form_id, event_id=event_id, value=value, happened_at=facts.happened_at,
                status=ConversionEvent.Status.SKIPPED if facts.held else ConversionEvent.Status.WAITING,
                reply="held as suspicious" if facts.held else "", payload=asdict(_data(facts, name, event_id, value)),
            )  # fmt: skip


def _key(row: ConversionEvent) -> tuple[int, str, str, str]:
    return row.order_id, row.provider, row.pixel_id, row.name


def _plan(wanted: list[tuple[OrderFacts, ConversionEvent]]) -> int:
    Status = ConversionEvent.Status
    if not wanted:
        return 0
    rows = ConversionEvent.objects.filter(order_id__in={facts.order_id for facts, _event in wanted})
    before = {_key(row): row.status for row in rows}
    ConversionEvent.objects.bulk_create(
        [event for _facts, event in wanted if _key(event) not in before], ignore_conflicts=True
    )
    ids = {_key(row): row.pk for row in rows.all()}
    cleared, due = [], []
    for facts, event in wanted:
        known = before.get(_key(event))
        if facts.held or known not in (None, Status.SKIPPED):
            continue
        pk = ids[_key(event)]
        due.append(pk)
        if known is not None:  # was held, and somebody cleared it
            cleared.append(pk)
    rows.filter(pk__in=cleared).update(status=Status.WAITING, reply="")
    store_id = wanted[0][0].store_id
    outbox.enqueue_many("conversion.send", [({"event_id": pk, "store_id": store_id}, f"conversion:{pk}") for pk in due])
    return len(due)


def _data(facts: OrderFacts, name: str, event_id: str, value: int) -> EventData:
    return EventData(
        name=name,
        event_id=event_id,
        happened_at=int(facts.happened_at.timestamp()),
        url=facts.url,
        value=value,
        order=facts.number,
        items=facts.items,
        phone_hash=hashed(facts.phone.lstrip("+")),
        name_hash=hashed(facts.name.split(" ")[0]),
        city_hash=hashed("".join(facts.city.split())),
        country_hash=hashed("id"),
        ip=facts.ip,
        user_agent=facts.user_agent,
        browser={k: v for k, v in facts.source.items() if k in BROWSER_IDS},
    )


@outbox.handler("conversion.send", lane="tell", limit=2)
def conversion_send(payload: dict[str, Any]) -> None:
    """Send one event. A refusal is final and logged; no answer is tried again with the outbox's backoff."""
    Status = ConversionEvent.Status
    with store_scope(payload["store_id"]):
        row = ConversionEvent.objects.filter(pk=payload["event_id"], status=Status.WAITING).first()
        if row is None:
            return
        rows = ConversionEvent.objects.filter(pk=row.pk)
        token = PixelToken.objects.filter(provider=row.provider, pixel_id=row.pixel_id).first()
        secret = crypto.decrypt(token.token) if token else ""
        if token is None or not secret:
            rows.update(status=Status.FAILED, reply="the access token is gone")
            return
        rows.update(attempts=F("attempts") + 1)
        try:
            reply = conversion_client(row.provider).send(row.pixel_id, secret, event_of(row), token.test_code)
        except GatewayRejected as exc:
            rows.update(status=Status.FAILED, reply=_plain(exc.message, secret))
        except GatewayError as exc:
            last = row.attempts + 1 >= outbox.MAX_ATTEMPTS
            rows.update(reply=_plain(exc.message, secret), status=Status.FAILED if last else Status.WAITING)
            raise
        else:
            rows.update(status=Status.SENT, reply=_plain(reply, secret), sent_at=timezone.now())


def event_of(row: ConversionEvent) -> EventData:
    data = dict(row.payload)
    data["items"] = [EventItem(**item) for item in data["items"]]
    return EventData(**data)


def _plain(text: str, secret: str) -> str:
    """The reply for the log; a provider that repeats the token does not make us keep it."""
    return text.replace(secret, "…")[:1000]


def providers() -> list[tuple[str, str]]:
    return list(Provider.choices)
