"""Lists around forms: conversion events sent, checkouts left halfway, the blacklist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import phone as phones
from bosonline.actor import Actor
from bosonline.api.lists import ListSpec, Page, page_of, parse_int
from bosonline.errors import ValidationFailed
from bosonline.moments import iso_in
from forms.models import AbandonedCheckout, BlockEntry, ConversionEvent, RestockWish
from forms.queries import title_of
from stores.models import Store
from stores.queries import public_url

EVENTS = ListSpec(
    sorts={"id": "id", "name": "name", "status": "status", "created_at": "id"},
    searches={"name": lambda text: Q(name__icontains=text), "pixel": lambda text: Q(pixel_id__icontains=text)},
)


def events_page(params: Mapping[str, str]) -> Page:
    """The log of conversion events: filters ``form``, ``order``, ``status``."""
    rows = ConversionEvent.objects.all()
    for name, column in (("form", "form_id"), ("order", "order_id")):
        number = parse_int(params, name, 0, maximum=2**62)
        if number:
            rows = rows.filter(**{column: number})
    if params.get("status"):
        if params["status"] not in ConversionEvent.Status.values:
            raise ValidationFailed.field("status", _("Unknown value."))
        rows = rows.filter(status=params["status"])
    return page_of(rows, params, EVENTS)


def event_as_api(row: ConversionEvent, store: Store) -> dict[str, Any]:
    return {
        "id": row.pk,
        "form_id": row.form_id,
        "order_id": row.order_id,
        "provider": row.provider,
        "pixel_id": row.pixel_id,
        "name": row.name,
        "event_id": row.event_id,
        "value": row.value,
        "status": row.status,
        "attempts": row.attempts,
        "reply": row.reply,
        "created_at": iso_in(row.created_at, store.time_zone),
        "sent_at": iso_in(row.sent_at, store.time_zone),
    }


ABANDONED = ListSpec(
    sorts={"id": "id", "updated_at": "updated_at", "name": "name"},
    searches={"name": lambda text: Q(name__icontains=text), "phone": lambda text: _digits(text)},
    default_sort="-updated_at",
)
# younger ones may still be typing (product.md §6)
ABANDONED_AFTER = timedelta(minutes=15)


def _digits(text: str) -> Q:
    digits = phones.search_digits(text)
    return Q(phone__contains=digits) if digits else Q(pk__in=[])


def abandoned_page(params: Mapping[str, str]) -> Page:
    """Kept checkouts that nobody has touched for fifteen minutes. ``status``: open (default), dismissed, converted."""
    status = params.get("status", "") or AbandonedCheckout.Status.OPEN
    if status not in AbandonedCheckout.Status.values:
        raise ValidationFailed.field("status", _("Unknown value."))
    rows = AbandonedCheckout.objects.select_related("form__published", "form__store").filter(
        status=status, updated_at__lt=timezone.now() - ABANDONED_AFTER
    )
    form_id = parse_int(params, "form", 0, maximum=2**62)
    return page_of(rows.filter(form_id=form_id) if form_id else rows, params, ABANDONED)


def abandoned_rows(rows: Sequence[AbandonedCheckout], member: Actor) -> list[dict[str, Any]]:
    """Rows as the API and the page show them; phones masked for those who may not see them."""
    store = member.store
    assert store is not None
    seen = member.may("see_phone")
    return [
        {
            "id": row.pk,
            "form": {"id": row.form_id, "name": row.form.name, "title": title_of(row.form)},
            "name": row.name,
            "phone": row.phone if seen else phones.masked(row.phone),
            "data": {k: v for k, v in row.data.items() if k not in ("email",) or seen},
            "status": row.status,
            "order_id": row.order_id,
            "recovery_url": public_url(store, f"/{row.form.slug}?lanjut={row.recovery}") if seen else None,
            "created_at": iso_in(row.created_at, store.time_zone),
            "updated_at": iso_in(row.updated_at, store.time_zone),
        }
        for row in rows
    ]


WAITING = ListSpec(sorts={"id": "id"}, searches={"phone": lambda text: _digits(text)})


def waiting_page(form_id: int, params: Mapping[str, str]) -> Page:
    """Who waits for a form's goods, the longest waiting first; with ``told=1`` who was written to, the latest first."""
    told = params.get("told") == "1"
    rows = RestockWish.objects.filter(form_id=form_id, told_at__isnull=not told)
    return page_of(rows, {**params, "sort_by": "id", "sort_dir": "desc" if told else "asc"}, WAITING)


def waiting_rows(rows: Sequence[RestockWish], member: Actor) -> list[dict[str, Any]]:
    seen = member.may("see_phone")
    return [
        {
            "id": row.pk, "phone": row.phone if seen else phones.masked(row.phone), "created_at": row.created_at,
            "told_at": row.told_at,
        }
        for row in rows
    ]  # fmt: skip


BLOCKLIST = ListSpec(
    sorts={"id": "id", "value": "value", "kind": "kind"},
    searches={
        "value": lambda text: Q(value__icontains=text) | _phone_part(text),
        "note": lambda text: Q(note__icontains=text),
    },
)


def _phone_part(text: str) -> Q:
    digits = phones.search_digits(text)
    return Q(kind=BlockEntry.Kind.PHONE, value__contains=digits) if digits else Q(pk__in=[])


def blocklist_page(params: Mapping[str, str]) -> Page:
    """The store's blacklist, the newest entry first."""
    return page_of(BlockEntry.objects.all(), params, BLOCKLIST)


def block_as_api(row: BlockEntry, member: Actor) -> dict[str, Any]:
    """An entry; its phone masked for those who may not see phones."""
    hidden = row.kind == BlockEntry.Kind.PHONE and not member.may("see_phone")
    return {
        "id": row.pk,
        "kind": row.kind,
        "kind_label": str(row.get_kind_display()),
        "value": phones.masked(row.value) if hidden else row.value,
        "note": row.note,
    }
