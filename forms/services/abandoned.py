"""Abandoned checkouts: kept from the moment the phone is valid (product.md §6)."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline.errors import Conflict, NotFound, ValidationFailed
from bosonline.ids import public_token
from bosonline.phone import InvalidPhone, normalise
from forms.models import AbandonedCheckout
from forms.snapshot import Snapshot

DATA_LIMIT = 30


def _clean(data: dict[str, Any]) -> dict[str, Any]:
    """Only short plain values of the page's own fields are kept."""
    kept: dict[str, Any] = {}
    for key, value in list(data.items())[:DATA_LIMIT]:
        if isinstance(value, str):
            kept[str(key)[:40]] = value.replace("\x00", "")[:300]
        elif isinstance(value, int | bool):
            kept[str(key)[:40]] = value
    return kept


def abandoned_capture(
    *, snapshot: Snapshot, phone: str, name: str, data: dict[str, Any], token: str = ""
) -> AbandonedCheckout:
    """One open row per form and phone: a second visit updates the first one's.

    ``token`` is the row this page already has: a corrected number moves it, so that a mistyped one leaves no lead behind.
    """
    try:
        phone = normalise(phone)
    except InvalidPhone:
        raise ValidationFailed.field("phone", _("The phone number is not valid, for example 081234567890.")) from None
    values = {"name": name.strip()[:80], "data": _clean(data), "updated_at": timezone.now()}
    rows = AbandonedCheckout.objects.filter(form_id=snapshot.form_id, phone=phone, status="open")
    own = AbandonedCheckout.objects.filter(form_id=snapshot.form_id, status="open", token=token) if token else None
    if rows.update(**values):
        if own is not None:
            own.exclude(phone=phone).delete()
        return rows.get()
    if own is not None:
        try:
            with transaction.atomic():
                if own.update(phone=phone, **values):
                    return own.get()
        except IntegrityError:  # the number got a row of its own meanwhile
            own.delete()
    try:
        with transaction.atomic():
            return AbandonedCheckout.objects.create(
                store_id=snapshot.store["id"], form_id=snapshot.form_id, token=public_token(), phone=phone, **values
            )
    except IntegrityError:  # two tabs at once
        rows.update(**values)
        return rows.get()


def abandoned_update(*, token: str, name: str, data: dict[str, Any]) -> AbandonedCheckout:
    row = AbandonedCheckout.objects.filter(token=token[:30]).first()
    if row is None:
        raise NotFound()
    if row.status == AbandonedCheckout.Status.OPEN:
        row.name, row.data, row.updated_at = name.strip()[:80] or row.name, _clean(data), timezone.now()
        row.save(update_fields=["name", "data", "updated_at"])
    return row


@transaction.atomic
def abandoned_set_status(*, row_id: int, status: str) -> AbandonedCheckout:
    """Dismiss a kept checkout or put it back on the list. One that became an order stays converted (409)."""
    row = AbandonedCheckout.objects.select_for_update(of=("self",)).select_related("form").filter(pk=row_id).first()
    if row is None:
        raise NotFound()
    if row.status == AbandonedCheckout.Status.CONVERTED:
        raise Conflict(_("This buyer has ordered meanwhile."), code="converted")
    others = AbandonedCheckout.objects.filter(form_id=row.form_id, phone=row.phone, status="open").exclude(pk=row.pk)
    if status == AbandonedCheckout.Status.OPEN and others.exists():
        raise Conflict(_("This buyer has begun anew; that checkout is on the list."), code="newer_exists")
    row.status = status
    row.save(update_fields=["status"])
    return row
