"""The store's blacklist: an order that fits is held in "Mencurigakan" with its reason, never lost."""

from __future__ import annotations

import ipaddress

from django.db import transaction
from django.utils.translation import gettext as _

from bosonline import cleaning
from bosonline.actor import Actor
from bosonline.errors import NotFound, ValidationFailed
from bosonline.phone import InvalidPhone, normalise
from forms.models import BlockEntry
from forms.services.forms import store_changed
from stores.models import Store

MAX_ENTRIES = 2000


def _clean(kind: str, value: str) -> str:
    """The value as orders are compared with it. Raises at ``value``."""
    value = cleaning.line(value) if kind == "address" else cleaning.code(value)
    match kind:
        case "phone":
            try:
                return normalise(value)
            except InvalidPhone:
                raise ValidationFailed.field(
                    "value", _("The WhatsApp number is not valid, for example 081234567890.")
                ) from None
        case "ip":
            try:
                return str(ipaddress.ip_address(value))
            except ValueError:
                raise ValidationFailed.field("value", _("Enter an IP address such as 36.70.1.2.")) from None
    if len(value) < 6:
        raise ValidationFailed.field("value", _("Enter at least six characters, or honest buyers are held as well."))
    return value.lower()


@transaction.atomic
def block_add(*, store: Store, kind: str, value: str, actor: Actor, note: str = "") -> BlockEntry:
    """Put something on the blacklist; what is on it already stays as it is."""
    actor.require("customers.edit")
    clean = _clean(kind, value)
    if BlockEntry.objects.count() >= MAX_ENTRIES:
        raise ValidationFailed.field("value", _("The blacklist is full."))
    row, _created = BlockEntry.objects.get_or_create(store=store, kind=kind, value=clean, defaults={"note": note})
    store_changed(store.pk, [])
    return row


@transaction.atomic
def block_remove(*, store: Store, entry_id: int, actor: Actor) -> None:
    actor.require("customers.edit")
    deleted, _rows = BlockEntry.objects.filter(pk=entry_id).delete()
    if not deleted:
        raise NotFound()
    store_changed(store.pk, [])
