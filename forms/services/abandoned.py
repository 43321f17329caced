"""Abandoned checkouts: kept from the moment the phone is valid (product.md §6)."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import crypto
from bosonline.actor import Actor
from bosonline.errors import Conflict, NotFound, ValidationFailed
from bosonline.ids import public_token
from bosonline.phone import InvalidPhone, normalise
from forms.models import AbandonedCheckout
from forms.snapshot import Snapshot

DATA_LIMIT = 30
GUEST, GUEST_SECONDS = "abandoned.guest", 86_400


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
) -> tuple[AbandonedCheckout, str]:
    """One open row per form and phone: a second visit updates the first one's. Also returns the token to go on with.

    ``token`` is the row this page already has: a corrected number moves it, so that a mistyped one leaves no lead behind.
    A page that only knows the number becomes a guest of the row: it adds what it knows, empties nothing, moves nothing,
    and never gets the row's own token.
    """
    try:
        phone = normalise(phone)
    except InvalidPhone:
        raise ValidationFailed.field("phone", _("The phone number is not valid, for example 081234567890.")) from None
    name, kept = name.strip()[:80], _clean(data)
    rows = AbandonedCheckout.objects.filter(form_id=snapshot.form_id, status="open")
    own = rows.filter(token=token).first() if token else None
    there = rows.filter(phone=phone).first()
    if there is None:
        try:
            with transaction.atomic():
                if own is not None:
                    own.phone = phone
                    _write(own, name, kept)
                else:
                    own = AbandonedCheckout.objects.create(
                        store_id=snapshot.store["id"], form_id=snapshot.form_id, token=public_token(), phone=phone,
                        name=name, data=kept, updated_at=timezone.now(),
                    )  # fmt: skip
            return own, own.token
        except IntegrityError:  # two tabs at once: the number got a row of its own meanwhile
            there = rows.filter(phone=phone).first()
            if there is None:  # and that one has ordered already
                return abandoned_capture(snapshot=snapshot, phone=phone, name=name, data=data)
    if own is not None and own.pk == there.pk:
        _write(own, name, kept)
        return own, own.token
    if own is not None:  # the mistyped number's row of this very page
        AbandonedCheckout.objects.filter(pk=own.pk).delete()
    _add(there, name, kept)
    return there, crypto.sign({"a": there.pk, "p": phone}, salt=GUEST, expires_in=GUEST_SECONDS)


def abandoned_update(*, token: str, name: str, data: dict[str, Any]) -> AbandonedCheckout:
    """Raises :class:`NotFound` for a token that is neither a row's own nor a guest's."""
    row = AbandonedCheckout.objects.filter(token=token).first() if len(token) <= 30 else None
    guest = row is None
    if row is None:
        try:
            known = crypto.unsign(token, salt=GUEST)
            row = AbandonedCheckout.objects.filter(pk=known["a"], phone=known["p"]).first()
        except (crypto.BadToken, crypto.ExpiredToken):
            row = None
    if row is None:
        raise NotFound()
    if row.status == AbandonedCheckout.Status.OPEN:
        (_add if guest else _write)(row, name.strip()[:80], _clean(data))
    return row


def _write(row: AbandonedCheckout, name: str, data: dict[str, Any]) -> None:
    row.name, row.data, row.updated_at = name or row.name, data, timezone.now()
    row.save(update_fields=["phone", "name", "data", "updated_at"])


def _add(row: AbandonedCheckout, name: str, data: dict[str, Any]) -> None:
    """What a guest knows beside what is there already."""
    _write(row, name, {**row.data, **{key: value for key, value in data.items() if value not in ("", None)}})


@transaction.atomic
def abandoned_set_status(*, row_id: int, status: str, actor: Actor) -> AbandonedCheckout:
    """Dismiss a kept checkout or put it back on the list. One that became an order stays converted (409)."""
    actor.require("followups.edit")
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
