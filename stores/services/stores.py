"""The store's own options, its logo, its bell."""

from __future__ import annotations

import re
import secrets
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import changes, files, outbox, timeline
from bosonline.actor import Actor
from bosonline.errors import ValidationFailed
from bosonline.images import image_copies, image_open
from stores.models import Store

# the services of the store's parts, for callers that set up a whole store
from stores.services.bank_accounts import bank_account_create, bank_account_of
from stores.services.fields import filled, phone_or_error
from stores.services.subdomains import subdomain_check, subdomain_set
from stores.services.warehouses import warehouse_create

__all__ = [
    "LIMITS", "bank_account_create", "bank_account_of", "logo_remove", "logo_set", "onboarding_mark", "store_update", "subdomain_check", "subdomain_set", "warehouse_create",
]  # fmt: skip

# (lowest, highest) of the numbers a store may choose; the API, the page and the service all ask here
LIMITS: dict[str, tuple[int, int]] = {
    "payment_hours": (1, 720),
    "complete_after_days": (1, 60),
    "duplicate_window_hours": (0, 720),
    "low_stock_at": (0, 30_000),
}
STORE_FIELDS = frozenset(
    ("name", "colour", "whatsapp", "email", "address", "time_zone", "invoice_heading", "invoice_note",
     "unique_code_enabled", "cod_fee_payer", "cod_round_to", "cancel_when_expired", *LIMITS)
)  # fmt: skip
LOGO_BOX = 320


def store_update(*, store: Store, actor: Actor, **values: Any) -> Store:
    """Change the store's options (those of :data:`STORE_FIELDS`). What changed is in the timeline."""
    actor.require("store.edit")
    for name in values:
        if name not in STORE_FIELDS:
            raise ValidationFailed.field(name, _("This cannot be changed here."))
    if "name" in values:
        values["name"] = filled(values["name"], "name")
    if "colour" in values:
        values["colour"] = _colour(values["colour"])
    if values.get("whatsapp"):
        values["whatsapp"] = phone_or_error(values["whatsapp"], "whatsapp")
    for name, (low, high) in LIMITS.items():
        if name in values and not low <= values[name] <= high:
            text = _("Must be between %(low)s and %(high)s.") % {"low": low, "high": high}
            raise ValidationFailed.field(name, text)
    changed = {name: [getattr(store, name), value] for name, value in values.items() if getattr(store, name) != value}
    if changed:
        _store_save(store, {name: pair[1] for name, pair in changed.items()}, "store.updated", actor, changed)
    return store


def _colour(text: str) -> str:
    text = text.strip().lower()
    if not text.startswith("#"):
        text = f"#{text}"
    if not re.fullmatch(r"#[0-9a-f]{6}", text):
        raise ValidationFailed.field("colour", _("Use a colour such as #0f766e."))
    return text


@transaction.atomic
def _store_save(store: Store, values: dict[str, Any], kind: str, actor: Actor, data: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(store, name, value)
    store.save(update_fields=list(values))
    timeline.record(
        store_id=store.pk, subject="store", subject_id=store.pk, kind=kind, actor=actor, data=data
    )  # fmt: skip
    changes.announce("store", store.pk, [store.pk])


def logo_set(*, store: Store, upload: Any, actor: Actor) -> Store:
    """The store's logo from an uploaded picture, re-encoded to fit into 320 × 320 px. Raises an ``ImageRefused``."""
    actor.require("store.edit")
    picture = image_open(upload, field="logo", need_width=LOGO_BOX)
    (copy,) = image_copies(picture, (LOGO_BOX,), quality=85, ratio=1)
    name = f"images/{store.pk}/logo-{secrets.token_hex(8)}.{copy.extension}"
    name = files.public().save(name, ContentFile(copy.data))
    _logo_change(store, name, actor)
    return store


def logo_remove(*, store: Store, actor: Actor) -> Store:
    """Without a logo again; nothing happens when there is none."""
    actor.require("store.edit")
    if store.logo:
        _logo_change(store, "", actor)
    return store


@transaction.atomic
def _logo_change(store: Store, name: str, actor: Actor) -> None:
    old = store.logo
    _store_save(store, {"logo": name}, "store.logo", actor, {})
    if old:  # buyers' pages that are open still ask for it: late is better than missing
        outbox.enqueue("store.file_delete", {"name": old}, delay_seconds=3600)


@outbox.handler("store.file_delete", lane="tell")
def _file_delete(payload: dict[str, Any]) -> None:
    files.public().delete(payload["name"])


def onboarding_mark(*, store: Store, step: str) -> Store:
    """Remember that a step was done or skipped."""
    store.onboarding = {**store.onboarding, step: timezone.now().isoformat()}
    store.save(update_fields=["onboarding"])
    return store
