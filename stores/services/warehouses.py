"""Gudang: pick-up points, and making them known to BosCOD.

BosCOD is told after the commit, by the outbox, as often as it takes; what it said stands at the warehouse. An edit of
what BosCOD knows (name, contact, phone, area, address) registers the point again.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import changes, guards, outbox, timeline
from bosonline.actor import Actor
from bosonline.errors import Conflict, NotFound, ServiceFailed, ValidationFailed
from bosonline.gateways.base import GatewayError, GatewayRejected
from bosonline.gateways.boscod import boscod_client
from bosonline.tenancy import all_stores
from stores.areas import postal_code_of
from stores.models import Store, Warehouse
from stores.queries import district_of
from stores.services.bell import notify
from stores.services.fields import filled, phone_or_error

State = Warehouse.BosCodState
# what the registration at BosCOD consists of
KNOWN_TO_BOSCOD = ("name", "contact_name", "phone", "district_id", "address", "postal_code")
MAX_WAREHOUSES = 50


def warehouse_of(warehouse_id: int) -> Warehouse:
    """A warehouse of the open store that is not deleted. Raises :class:`NotFound`."""
    row = (
        Warehouse.objects.select_related("district__city__province")
        .filter(pk=warehouse_id, deleted_at__isnull=True)
        .first()
    )
    if row is None:
        raise NotFound()
    return row


@transaction.atomic
def warehouse_create(
    *,
    store: Store,
    name: str,
    contact_name: str,
    phone: str,
    district_id: int,
    address: str,
    postal_code: str = "",
    is_default: bool = False,
    actor: Actor,
) -> Warehouse:
    """A pick-up point. ``district_id`` is BosCOD's. The first one becomes the default; registration follows."""
    actor.require("store.edit")
    values = _clean(
        {"name": name, "contact_name": contact_name, "phone": phone, "address": address, "district_id": district_id,
         "postal_code": postal_code}
    )  # fmt: skip
    _lock(store)
    rows = Warehouse.objects.filter(deleted_at__isnull=True)
    if rows.count() >= MAX_WAREHOUSES:
        raise ValidationFailed(_("A store can have at most %(n)s warehouses.") % {"n": MAX_WAREHOUSES})
    _refuse_same_name(values["name"])
    first = not Warehouse.objects.filter(is_default=True).exists()
    if is_default and not first:
        Warehouse.objects.filter(is_default=True).update(is_default=False)
    warehouse = Warehouse.objects.create(
        store=store, is_default=is_default or first, boscod_state=State.PENDING, **values
    )  # fmt: skip
    _register_later(warehouse)
    _record(warehouse, "warehouse.created", actor, {})
    changes.announce("warehouse", store.pk, [warehouse.pk])
    return warehouse


@transaction.atomic
def warehouse_update(*, warehouse_id: int, actor: Actor, **values: Any) -> Warehouse:
    """Change a warehouse. ``district_id`` is BosCOD's; without a new area the old one stays."""
    actor.require("store.edit")
    warehouse = _locked(warehouse_id)
    before = {name: getattr(warehouse, name) for name in KNOWN_TO_BOSCOD}
    is_default, is_active = values.pop("is_default", None), values.pop("is_active", None)
    current = {**before, "district_id": warehouse.district.boscod_id}
    if values.get("district_id") not in (None, current["district_id"]) and "postal_code" not in values:
        current["postal_code"] = ""  # the old area's
    clean = _clean({**current, **values})
    _refuse_same_name(clean["name"], warehouse.pk)
    for name, value in clean.items():
        setattr(warehouse, name, value)
    changed = {
        name: [value, getattr(warehouse, name)] for name, value in before.items() if getattr(warehouse, name) != value
    }
    if changed:
        warehouse.boscod_state, warehouse.boscod_error = State.PENDING, ""
        warehouse.save()
        _register_later(warehouse)
        _record(warehouse, "warehouse.updated", actor, changed)
        changes.announce("store", warehouse.store_id, [warehouse.store_id])
    if is_active is not None and is_active != warehouse.is_active:
        _set_active(warehouse, is_active, actor)
    if is_default:
        _make_default(warehouse, actor)
    elif is_default is False and warehouse.is_default:
        raise ValidationFailed.field("is_default", _("Make another warehouse the default instead."))
    return warehouse_of(warehouse.pk)


@transaction.atomic
def warehouse_set_default(*, warehouse_id: int, actor: Actor) -> Warehouse:
    """New forms ship from the default. A hidden warehouse cannot be it."""
    actor.require("store.edit")
    warehouse = _locked(warehouse_id)
    _make_default(warehouse, actor)
    return warehouse


def _make_default(warehouse: Warehouse, actor: Actor) -> None:
    if not warehouse.is_active:
        raise Conflict(_("Switch this warehouse on first."), code="warehouse_inactive")
    if warehouse.is_default:
        return
    Warehouse.objects.filter(is_default=True).update(is_default=False)
    warehouse.is_default = True
    warehouse.save(update_fields=["is_default"])
    _record(warehouse, "warehouse.default", actor, {})


@transaction.atomic
def warehouse_delete(*, warehouse_id: int, actor: Actor) -> Warehouse | None:
    """Remove a warehouse. 409 with the reasons while forms, stock or open orders need it, or it is the last one.

    Answers the warehouse that became the default because of it, if any.
    """
    actor.require("store.edit")
    warehouse = _locked(warehouse_id)
    _refuse_while_needed(warehouse, "warehouse.delete")
    was_default = warehouse.is_default
    Warehouse.objects.filter(pk=warehouse.pk).update(deleted_at=timezone.now(), is_default=False, is_active=False)
    _record(warehouse, "warehouse.deleted", actor, {})
    return _default_ensure() if was_default else None


def _set_active(warehouse: Warehouse, is_active: bool, actor: Actor) -> None:
    if not is_active:
        _refuse_while_needed(warehouse, "warehouse.deactivate")
    was_default, warehouse.is_active = warehouse.is_default, is_active
    if not is_active:
        warehouse.is_default = False
    warehouse.save(update_fields=["is_active", "is_default"])
    _record(warehouse, "warehouse.status", actor, {"after": is_active})
    if was_default and not is_active:
        _default_ensure()


def _refuse_while_needed(warehouse: Warehouse, action: str) -> None:
    others = Warehouse.objects.filter(deleted_at__isnull=True, is_active=True).exclude(pk=warehouse.pk)
    reasons = guards.reasons(action, warehouse.store_id, warehouse.pk)
    if warehouse.is_active and not others.exists():
        reasons.insert(0, _("It is your only active warehouse. Add another one first."))
    if reasons:
        raise Conflict(" ".join(reasons), code="warehouse_in_use", extra={"reasons": reasons})


def _default_ensure() -> Warehouse | None:
    active = Warehouse.objects.filter(deleted_at__isnull=True, is_active=True)
    heir: Warehouse | None = active.order_by("id").first()
    if heir is not None:
        heir.is_default = True
        heir.save(update_fields=["is_default"])
    return heir


def _clean(values: dict[str, Any]) -> dict[str, Any]:
    """Checked values with our own district. Raises at the field."""
    district = district_of(values["district_id"] or 0)
    if district is None:
        raise ValidationFailed.field("district_id", _("Choose an area from the list."))
    postal_code = values["postal_code"]
    kept = postal_code_of(district.postal_codes, postal_code)
    if kept is None:
        raise ValidationFailed.field("postal_code", _("This postal code does not belong to the area."))
    too_short = _("Write the full address, at least 10 characters.")
    return {
        "name": filled(values["name"], "name"),
        "contact_name": filled(values["contact_name"], "contact_name"),
        "phone": phone_or_error(values["phone"], "phone"),
        "address": filled(values["address"], "address", low=10, message=too_short),
        "district_id": district.pk,
        "postal_code": kept,
    }


def _refuse_same_name(name: str, own: int = 0) -> None:
    if Warehouse.objects.filter(name__iexact=name, deleted_at__isnull=True).exclude(pk=own).exists():
        raise ValidationFailed.field("name", _("You have a warehouse of this name."), code="duplicate")


def _lock(store: Store) -> None:
    Store.objects.select_for_update().only("pk").get(pk=store.pk)


def _locked(warehouse_id: int) -> Warehouse:
    """The warehouse, read again behind the store's lock."""
    _lock(warehouse_of(warehouse_id).store)
    return warehouse_of(warehouse_id)


def _record(warehouse: Warehouse, kind: str, actor: Actor, data: dict[str, Any]) -> None:
    timeline.record(
        store_id=warehouse.store_id, subject="warehouse", subject_id=warehouse.pk, kind=kind, actor=actor,
        data={"name": warehouse.name, **data},
    )  # fmt: skip


# -- BosCOD ------------------------------------------------------------------------------------------------------------


def _register_later(warehouse: Warehouse) -> None:
    outbox.enqueue("warehouse.register", {"store_id": warehouse.store_id, "warehouse_id": warehouse.pk})


def warehouse_register_now(*, warehouse_id: int) -> Warehouse:
    """Ask BosCOD at once (the button "Coba lagi"). A refusal is the warehouse's state; an outage raises
    :class:`ServiceFailed` and is tried again by itself. Already registered: nothing happens."""
    warehouse = warehouse_of(warehouse_id)
    if warehouse.boscod_state == State.REGISTERED:
        return warehouse
    with transaction.atomic():
        Warehouse.objects.filter(pk=warehouse.pk).update(boscod_state=State.PENDING, boscod_error="")
        if warehouse.boscod_state != State.PENDING:
            _register_later(warehouse)
    try:
        _register(warehouse.pk)
    except GatewayError as exc:
        raise ServiceFailed(
            _("BosCOD does not answer right now. We keep trying by ourselves."), extra={"service": "boscod"}
        ) from exc
    return warehouse_of(warehouse_id)


@outbox.handler("warehouse.register", lane="parcels", limit=1)
def warehouse_register(payload: dict[str, Any]) -> None:
    """Register the pick-up point. A refusal is shown and told, an outage raises and is retried."""
    with all_stores():
        _register(payload["warehouse_id"])


def _register(warehouse_id: int) -> None:
    warehouse = (
        Warehouse.objects.select_related("district")
        .filter(pk=warehouse_id, deleted_at__isnull=True)
        .exclude(boscod_state=State.REGISTERED)
        .first()
    )
    if warehouse is None:
        return
    # Only if nobody edited it meanwhile: the edit has put its own registration into the outbox.
    rows = Warehouse.objects.filter(pk=warehouse.pk, **{name: getattr(warehouse, name) for name in KNOWN_TO_BOSCOD})
    try:
        pickup_id = boscod_client().register_pickup_point(
            name=warehouse.name,
            contact_name=warehouse.contact_name,
            phone=warehouse.phone,
            district_id=warehouse.district.boscod_id or 0,
            address=warehouse.address,
            postal_code=warehouse.postal_code,
        )
    except GatewayRejected as exc:
        if rows.update(boscod_state=State.FAILED, boscod_error=exc.message[:200]):
            _tell(warehouse)
        return
    except GatewayError as exc:
        rows.update(boscod_error=exc.message[:200])
        raise
    rows.update(boscod_pickup_id=pickup_id, boscod_state=State.REGISTERED, boscod_error="")


def _tell(warehouse: Warehouse) -> None:
    notify(
        store_id=warehouse.store_id,
        kind="warehouse.failed",
        facts={"name": warehouse.name, "warehouse_id": warehouse.pk},
    )
