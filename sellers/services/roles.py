"""A store's own roles. Presets are the platform's and cannot be changed."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from bosonline import timeline
from bosonline.actor import Actor
from bosonline.errors import Conflict, Forbidden, NotFound, ValidationFailed
from sellers.models import Invitation, Membership, Role
from sellers.rights import ALL_RIGHTS, PRESETS
from stores.models import Store

ROLES_PER_STORE = 30


def role_of(*, store: Store, role_id: int) -> Role:
    """A preset or one of this store's roles; anything else is 404."""
    role = Role.objects.filter(pk=role_id).first()
    if role is None or role.store_id not in (None, store.pk):
        raise NotFound()
    return role


def presets_ensure() -> None:
    """Make the preset rows exist (a fresh installation), so that they can be listed and chosen by id."""
    from sellers.services.accounts import preset_role

    for preset in PRESETS:
        preset_role(preset)


def rights_normalise(rights: Iterable[str]) -> list[str]:
    """Known names only, in the matrix's order; who may change something may see it. Raises at ``rights``."""
    wanted = set(rights)
    unknown = wanted - set(ALL_RIGHTS)
    if unknown:
        raise ValidationFailed.field("rights", _("Unknown right: %(name)s") % {"name": sorted(unknown)[0]})
    for right in list(wanted):
        module, dot, _action = right.partition(".")
        if dot:
            wanted.add(f"{module}.view")
    return [right for right in ALL_RIGHTS if right in wanted]


def may_give(actor: Actor, rights: Iterable[str]) -> None:
    """A person gives at most what they have themselves. Raises :class:`Forbidden` (``right_escalation``)."""
    missing = set(rights) - set(actor.rights)
    if missing:
        raise Forbidden(
            _("You can only give access that you have yourself."), code="right_escalation",
            extra={"missing": sorted(missing)},
        )  # fmt: skip


@transaction.atomic
def role_create(*, actor: Actor, name: str, rights: Iterable[str]) -> Role:
    """A role of this store. Raises at ``name`` (empty, taken, a preset's) or ``rights``."""
    actor.require("staff.create")
    assert actor.store is not None
    rights = rights_normalise(rights)
    may_give(actor, rights)
    Store.objects.select_for_update().get(pk=actor.store.pk)
    if Role.objects.filter(store=actor.store).count() >= ROLES_PER_STORE:
        raise ValidationFailed.field("name", _("At most %(count)s own roles per store.") % {"count": ROLES_PER_STORE})
    role = Role(store=actor.store, name=_name(name), rights=rights)
    _save(role)
    _log(actor, role, "role.created", {"rights": rights})
    return role


@transaction.atomic
def role_update(*, actor: Actor, role_id: int, name: str, rights: Iterable[str]) -> Role:
    """Change an own role; it takes effect with the next request of everyone who has it."""
    actor.require("staff.edit")
    role = _own(actor, role_id)
    rights = rights_normalise(rights)
    # both what it had and what it gets: nobody strips or adds what they do not have themselves
    may_give(actor, set(rights) | role.granted)
    if actor.membership is not None and actor.membership.role_id == role.pk:
        raise Forbidden(_("You cannot change your own role."), code="own_role")
    before = list(role.rights)
    role.name, role.rights = _name(name), rights
    _save(role)
    _log(actor, role, "role.changed", {"from": before, "to": rights})
    return role


@transaction.atomic
def role_delete(*, actor: Actor, role_id: int) -> None:
    """Remove an own role that nobody has. 409 ``role_in_use`` names how many do."""
    actor.require("staff.delete")
    role = _own(actor, role_id)
    may_give(actor, role.granted)
    used = Membership.objects.filter(role=role, removed_at__isnull=True).count()
    used += Invitation.objects.filter(role=role, accepted_at__isnull=True, withdrawn_at__isnull=True).count()
    if used:
        raise Conflict(
            _("%(count)s people have this role. Give them another one first.") % {"count": used}, code="role_in_use",
            extra={"count": used},
        )  # fmt: skip
    # places that were removed keep pointing to a role; give those the most harmless preset
    from sellers.services.accounts import preset_role

    Membership.objects.filter(role=role).update(role=preset_role("viewer"))
    Invitation.objects.filter(role=role).update(role=preset_role("viewer"))
    _log(actor, role, "role.deleted", {"name": role.name})
    role.delete()


def _own(actor: Actor, role_id: int) -> Role:
    assert actor.store is not None
    role = Role.objects.select_for_update().filter(pk=role_id, store=actor.store).first()
    if role is None:
        if Role.objects.filter(pk=role_id, store__isnull=True).exists():
            raise Conflict(_("Preset roles cannot be changed. Make a copy."), code="preset_role")
        raise NotFound()
    return role


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > 40:
        raise ValidationFailed.field("name", _("Enter a name of at most 40 characters."))
    if name.lower() in {str(label).lower() for label, _rights in PRESETS.values()} | set(PRESETS):
        raise ValidationFailed.field("name", _("This is the name of a preset. Choose another one."))
    return name


def _save(role: Role) -> None:
    try:
        with transaction.atomic():
            role.save()
    except IntegrityError:
        raise ValidationFailed.field("name", _("There is already a role with this name.")) from None


def _log(actor: Actor, role: Role, kind: str, data: dict[str, object]) -> None:
    assert actor.store is not None
    timeline.record(store_id=actor.store.pk, subject="role", subject_id=role.pk, kind=kind, actor=actor, data=data)
