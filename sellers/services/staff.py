"""People of a store: created, invited, changed, paused, removed, and the store handed over (product.md §3).

Locks: always the store row first, so that two people cannot remove each other or the last owner at the same time.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import changes, cleaning, outbox, throttle, timeline
from bosonline.actor import Actor
from bosonline.errors import Conflict, DomainError, Forbidden, NotFound, ValidationFailed
from bosonline.hosts import platform_url
from bosonline.tenancy import all_stores
from sellers import ports
from sellers.models import Invitation, Membership, Role, User
from sellers.queries import other_owners
from sellers.services import accounts, sessions
from sellers.services.roles import may_give, role_of
from stores.models import Store

INVITATIONS = throttle.Limit(50, 3600)


@dataclass(frozen=True, slots=True)
class StaffCreated:
    """Either a place that exists at once, or an invitation that waits for its owner."""

    membership: Membership | None = None
    invitation: Invitation | None = None


def staff_of(*, actor: Actor, staff_id: int, lock: bool = False) -> Membership:
    """A place in the member's store that was not removed; anything else is 404."""
    assert actor.store is not None
    rows = Membership.objects.select_related("user", "role").filter(pk=staff_id, removed_at__isnull=True)
    if lock:
        Store.objects.select_for_update().get(pk=actor.store.pk)
        rows = rows.select_for_update(of=("self",))
    row: Membership | None = rows.first()
    if row is None:
        raise NotFound()
    return row


def _may_touch(actor: Actor, target: Membership) -> None:
    """Owners are nobody's to change, and nobody changes a person who may do more than they may."""
    if target.role.is_owner:
        raise Forbidden(_("The owner cannot be changed by others."), code="owner_protected")
    if actor.membership is not None and target.pk == actor.membership.pk:
        raise Forbidden(_("You cannot change your own access. Ask the owner of the store."), code="own_access")
    may_give(actor, target.role.granted)


def _role_for(actor: Actor, role_id: int) -> Role:
    assert actor.store is not None
    try:
        role = role_of(store=actor.store, role_id=role_id)
    except NotFound:
        raise ValidationFailed.field("role_id", _("Choose a role from the list.")) from None
    if role.is_owner:
        raise ValidationFailed.field("role_id", _("A store is given to a new owner with “Hand over the store”."))
    may_give(actor, role.granted)
    return role


@transaction.atomic
def staff_create(
    *, actor: Actor, name: str, email: str, phone: str, role_id: int, password: str = "", **lead: Any
) -> StaffCreated:
    """A new person in the store.

    With a ``password`` and an unknown e-mail the account exists at once and is managed by this store; otherwise an
    invitation is mailed and the place begins when it is accepted. Raises at the fields, ``right_escalation`` (403).
    """
    actor.require("staff.create")
    store = actor.store
    assert store is not None
    Store.objects.select_for_update().get(pk=store.pk)
    role = _role_for(actor, role_id)
    email = cleaning.email(email)
    known = User.objects.filter(email=email).first()
    if known is not None and Membership.objects.filter(user=known, removed_at__isnull=True).exists():
        raise ValidationFailed.field("email", _("This person already works in the store."))
    if password and known is None:
        user = accounts.user_create(
            name=name, email=email, phone=phone, password=password, managed_by=store,
            language=actor.user.language,
        )  # fmt: skip
        membership = Membership.objects.create(store=store, user=user, role=role, **lead)
        _leads_changed(store.pk)
        _log(actor, membership.pk, "staff.created", {"name": user.name, "role": role.label})
        return StaffCreated(membership=membership)
    return StaffCreated(invitation=_invite(actor, store, name=name, email=email, phone=phone, role=role))


def _invite(actor: Actor, store: Store, *, name: str, email: str, phone: str, role: Role) -> Invitation:
    throttle.hit("invitations", str(store.pk), INVITATIONS)
    errors: dict[str, list[str]] = {}
    if phone:
        from stores.services.stores import phone_or_error

        phone = phone_or_error(phone, "phone")
    accounts.raise_errors(errors)
    values: dict[str, Any] = {
        "name": name.strip(), "phone": phone, "role": role, "invited_by": actor.user,
        "expires_at": timezone.now() + timedelta(seconds=settings.INVITATION_SECONDS),
    }  # fmt: skip
    row = Invitation.objects.filter(
        email=email, accepted_at__isnull=True, withdrawn_at__isnull=True
    ).first()  # asked again: the newest role and date count
    if row is None:
        row = Invitation.objects.create(store=store, email=email, **values)
    else:
        for key, value in values.items():
            setattr(row, key, value)
        row.save()
    outbox.enqueue("mail.invitation", {"invitation_id": row.pk})
    _log(actor, row.pk, "staff.invited", {"email": email, "role": role.label}, subject="invitation")
    return row


# begins the token of a link that was handed over by hand: it proves nothing about the mailbox
BY_HAND = "wa."


def invitation_token_make(row: Invitation, *, by_hand: bool = False) -> str:
    """The secret part of the link; an older link stops working."""
    token = (BY_HAND if by_hand else "") + secrets.token_urlsafe(24)
    with all_stores():
        Invitation.objects.filter(pk=row.pk).update(digest=accounts.digest_of(token))
    return token


def invitation_of(token: str) -> Invitation:
    """The invitation of a link while it works. Used, withdrawn, expired and invented ones get the same answer."""
    with all_stores():
        row: Invitation | None = (
            Invitation.objects.select_related("store", "role", "invited_by")
            .filter(
                digest=accounts.digest_of(token[:100]), accepted_at__isnull=True, withdrawn_at__isnull=True,
                expires_at__gt=timezone.now(),
            )
            .first()
        )  # fmt: skip
    if row is None:
        raise DomainError(
            _("This invitation is no longer valid. Ask for a new one."),
            code="link_invalid",
            errors={"token": [_("Not valid.")]},
        )
    return row


def invitation_withdraw(*, actor: Actor, invitation_id: int) -> None:
    """The link stops working at once."""
    actor.require("staff.create")
    changed = Invitation.objects.filter(pk=invitation_id, accepted_at__isnull=True, withdrawn_at__isnull=True).update(
        withdrawn_at=timezone.now()
    )
    if not changed:
        raise NotFound()
    _log(actor, invitation_id, "staff.invitation_withdrawn", {}, subject="invitation")


def invitation_resend(*, actor: Actor, invitation_id: int) -> None:
    """Mail the link once more; the one before stops working."""
    actor.require("staff.create")
    row = Invitation.objects.filter(pk=invitation_id, accepted_at__isnull=True, withdrawn_at__isnull=True).first()
    if row is None:
        raise NotFound()
    assert actor.store is not None
    throttle.hit("invitations", str(actor.store.pk), INVITATIONS)
    row.expires_at = timezone.now() + timedelta(seconds=settings.INVITATION_SECONDS)
    row.save(update_fields=["expires_at"])
    outbox.enqueue("mail.invitation", {"invitation_id": row.pk})


def invitation_link(*, actor: Actor, invitation_id: int) -> tuple[Invitation, str]:
    """A link to hand over by hand (copied, by WhatsApp); the mailed one stops working. The place is the same, but who
    comes by it has to confirm the e-mail address like anybody who registers."""
    actor.require("staff.create")
    row = Invitation.objects.filter(pk=invitation_id, accepted_at__isnull=True, withdrawn_at__isnull=True).first()
    if row is None:
        raise NotFound()
    assert actor.store is not None
    throttle.hit("invitations", str(actor.store.pk), INVITATIONS)
    row.expires_at = timezone.now() + timedelta(seconds=settings.INVITATION_SECONDS)
    row.save(update_fields=["expires_at"])
    _log(actor, row.pk, "staff.invited", {"email": row.email, "by_hand": True}, subject="invitation")
    token = invitation_token_make(row, by_hand=True)
    return row, platform_url(f"/undangan?token={token}")


def user_of_invitation(row: Invitation) -> User | None:
    return User.objects.filter(email=row.email).first()


@transaction.atomic
def invitation_accept(
    *, token: str, user: User | None = None, name: str = "", phone: str = "", password: str = ""
) -> Membership:
    """Take the place. A known address must come with its logged-in ``user``; an unknown one makes its account here."""
    row = invitation_of(token)
    with all_stores():
        Store.objects.select_for_update().get(pk=row.store_id)
        row = invitation_of(token)  # withdrawn or taken while we waited
        known = user_of_invitation(row)
        if known is not None and (user is None or user.pk != known.pk):
            raise Conflict(
                _("Log in with %(email)s to accept this invitation.") % {"email": row.email}, code="login_required"
            )
        if known is None:
            # a mailed link was read in this mailbox: the address is confirmed; one that was handed over says nothing of it
            known = accounts.user_create(
                name=name or row.name, email=row.email, phone=phone or row.phone, password=password,
                email_confirmed=not token.startswith(BY_HAND),
            )  # fmt: skip
        Invitation.objects.filter(pk=row.pk).update(accepted_at=timezone.now())
        User.objects.filter(pk=known.pk).update(managed_by=None)
        membership: Membership | None = Membership.objects.filter(
            store_id=row.store_id, user=known, removed_at__isnull=True
        ).first()
        if membership is None:
            membership = Membership.objects.create(store_id=row.store_id, user=known, role=row.role)
            _leads_changed(row.store_id)
    timeline.record(
        store_id=row.store_id, subject="staff", subject_id=membership.pk, kind="staff.joined", actor=Actor(known),
        data={"name": known.name, "role": row.role.label},
    )  # fmt: skip
    return membership


PERSONAL = ("name", "email", "phone", "password")


@transaction.atomic
def staff_update(*, actor: Actor, staff_id: int, **values: Any) -> Membership:
    """Change role, status, lead settings; and, for an account that this store manages, the personal data as well.

    Raises 403 ``owner_protected``, ``own_access``, ``right_escalation``, ``not_managed`` at the field.
    """
    actor.require("staff.edit")
    assert actor.store is not None
    target = staff_of(actor=actor, staff_id=staff_id, lock=True)
    _may_touch(actor, target)
    before = {"role": target.role.label, "active": target.is_active}
    if "role_id" in values:
        target.role = _role_for(actor, values["role_id"])
    for name in ("lead_weight", "takes_leads", "max_open_leads"):
        if name in values:
            setattr(target, name, values[name])
    target.save(update_fields=["role", "lead_weight", "takes_leads", "max_open_leads"])
    _update_person(actor, target, values)
    if "is_active" in values:
        _set_active(actor, target, values["is_active"])
    _leads_changed(target.store_id)
    after = {"role": target.role.label, "active": target.is_active}
    _log(actor, target.pk, "staff.changed", {"from": before, "to": after})
    return target


def _update_person(actor: Actor, target: Membership, values: dict[str, Any]) -> None:
    user = target.user
    errors: dict[str, list[str]] = {}
    wanted = {k: values[k] for k in PERSONAL if values.get(k) not in (None, "")}
    if "email" in wanted:
        wanted["email"] = cleaning.email(wanted["email"])
    if "phone" in wanted:
        wanted["phone"] = accounts.phone_check(wanted["phone"], errors, user_id=user.pk)
    changed = {k: v for k, v in wanted.items() if k == "password" or v != getattr(user, k)}
    if not changed:
        accounts.raise_errors(errors)
        return
    assert actor.store is not None
    if user.managed_by_id != actor.store.pk:
        text = _("This person manages their own account; only they can change this.")
        raise ValidationFailed(text, errors={k: [text] for k in changed}, code="not_managed")
    if "email" in changed and User.objects.filter(email=changed["email"]).exclude(pk=user.pk).exists():
        errors["email"] = [_("This e-mail is already registered. Log in instead.")]
    if "password" in changed:
        accounts.password_strong(changed["password"], user, errors)
    accounts.raise_errors(errors)
    update: dict[str, Any] = {k: v for k, v in changed.items() if k != "password"}
    if "password" in changed:
        update["password"] = make_password(changed["password"])
    if "email" in update:
        update["email_confirmed_at"] = None
    try:
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(**update)
    except IntegrityError as exc:
        raise accounts.taken(exc) from None
    user.refresh_from_db()
    if "password" in changed:
        sessions.sessions_end_others(user_id=user.pk, keep_id=None, reason="password_changed")


@transaction.atomic
def staff_status_set(*, actor: Actor, staff_id: int, is_active: bool) -> Membership:
    """Pause or wake a person. Pausing ends their sessions in this store at once."""
    actor.require("staff.edit")
    target = staff_of(actor=actor, staff_id=staff_id, lock=True)
    _may_touch(actor, target)
    _set_active(actor, target, is_active)
    return target


def _set_active(actor: Actor, target: Membership, is_active: bool) -> None:
    if target.is_active == is_active:
        return
    target.is_active = is_active
    target.save(update_fields=["is_active"])
    _leads_changed(target.store_id)
    if not is_active:
        sessions.sessions_end_in_store(user_ids=[target.user_id], store_id=target.store_id, reason="paused")
    _log(actor, target.pk, "staff.activated" if is_active else "staff.paused", {"name": target.user.name})


@transaction.atomic
def staff_remove(*, actor: Actor, staff_id: int, hand_over_to: int | None = None) -> int:
    """Remove a person; their open orders go to ``hand_over_to`` first. How many were handed over.

    Raises 409 ``has_open_work`` with the count when there is work and nobody to take it.
    """
    actor.require("staff.delete")
    target = staff_of(actor=actor, staff_id=staff_id, lock=True)
    _may_touch(actor, target)
    return _remove(actor, target, hand_over_to, "staff.removed")


def _remove(actor: Actor, target: Membership, hand_over_to: int | None, kind: str) -> int:
    moved, count = 0, ports.open_work(target.pk)
    if hand_over_to is not None:
        heir = Membership.objects.filter(pk=hand_over_to, removed_at__isnull=True, is_active=True).first()
        if heir is None or heir.pk == target.pk:
            raise ValidationFailed.field("hand_over_to", _("Choose an active person of this store."))
        moved = ports.hand_over_work(target.pk, heir.pk, actor)
    elif count:
        raise Conflict(
            _("%(name)s has %(count)s open orders. Choose who takes them over.")
            % {"name": target.user.name, "count": count},
            code="has_open_work", extra={"count": count}, errors={"hand_over_to": [_("Choose who takes the orders over.")]},
        )  # fmt: skip
    target.removed_at = timezone.now()
    target.save(update_fields=["removed_at"])
    _leads_changed(target.store_id)
    sessions.sessions_end_in_store(user_ids=[target.user_id], store_id=target.store_id, reason="removed")
    User.objects.filter(pk=target.user_id, managed_by=target.store_id).update(managed_by=None)
    _log(actor, target.pk, kind, {"name": target.user.name, "handed_over": moved, "to": hand_over_to})
    return moved


@transaction.atomic
def store_leave(*, actor: Actor, hand_over_to: int | None = None) -> None:
    """Give one's own place up. The last owner cannot (409 ``last_owner``)."""
    assert actor.membership is not None and actor.store is not None
    Store.objects.select_for_update().get(pk=actor.store.pk)
    own = Membership.objects.select_related("user", "role").get(pk=actor.membership.pk)
    if own.role.is_owner and not other_owners(own):
        raise Conflict(_("You are the last owner of this store. Hand it over first."), code="last_owner")
    _remove(actor, own, hand_over_to, "staff.left")


STAY = ("administrator", "owner")


@transaction.atomic
def store_hand_over(*, actor: Actor, staff_id: int, password: str, stay: str = "administrator") -> Membership:
    """Make another active person the owner. Only an owner may, with the password; ``stay`` is what they are afterwards."""
    assert actor.membership is not None and actor.store is not None
    if not actor.is_owner:
        raise Forbidden(_("Only the owner can hand the store over."))
    if stay not in STAY:
        raise ValidationFailed.field("stay", _("Choose what you are afterwards."))
    sessions.password_check(user=actor.user, password=password)
    target = staff_of(actor=actor, staff_id=staff_id, lock=True)
    own = Membership.objects.select_related("role").get(pk=actor.membership.pk)
    if not own.role.is_owner:  # handed over by another call while we waited for the lock
        raise Forbidden(_("Only the owner can hand the store over."))
    if target.pk == own.pk or target.role.is_owner or not target.is_active:
        raise ValidationFailed.field("staff_id", _("Choose an active person who is not an owner yet."))
    target.role = accounts.preset_role("owner")
    target.save(update_fields=["role"])
    User.objects.filter(pk=target.user_id).update(managed_by=None)
    if stay != "owner":
        own.role = accounts.preset_role(stay)
        own.save(update_fields=["role"])
    _log(actor, target.pk, "store.handed_over", {"from": actor.user.name, "to": target.user.name, "stay": stay})
    for user_id, what in ((target.user_id, "store_received"), (actor.user.pk, "store_given")):
        outbox.enqueue("mail.security", {"user_id": user_id, "what": what, "store": actor.store.name})
    return target


def _leads_changed(store_id: int) -> None:
    """Forms keep a copy of who gets their leads."""
    changes.announce("store", store_id, [store_id])


def _log(actor: Actor, subject_id: int, kind: str, data: dict[str, Any], subject: str = "staff") -> None:
    assert actor.store is not None
    timeline.record(store_id=actor.store.pk, subject=subject, subject_id=subject_id, kind=kind, actor=actor, data=data)
