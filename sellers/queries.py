"""Reads about people and their places."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline.actor import Actor
from bosonline.api.lists import ListSpec, parse_int
from bosonline.errors import ValidationFailed
from bosonline.moments import iso_in
from bosonline.phone import search_digits
from bosonline.tenancy import all_stores
from sellers import ports
from sellers.models import Invitation, LoginSession, Membership, RecoveryCode, Role, TwoFactor, User
from sellers.rights import PRESETS
from stores.models import Store

SEEN_EVERY = timedelta(minutes=1)


def member_of_session(session_id: int, kind: str) -> Actor | None:
    """The person behind a live session, with role and store: two queries. None when ended, expired or removed.

    A session without a store (a person who has no place anywhere) is a member without rights. Once a minute the
    session's ``last_seen_at`` moves on.
    """
    session = (
        LoginSession.objects.select_related("user")
        .filter(pk=session_id, kind=kind, ended_at__isnull=True, expires_at__gt=timezone.now())
        .first()
    )
    if session is None or not session.user.is_active:
        return None
    now = timezone.now()
    if now - session.last_seen_at > SEEN_EVERY:
        LoginSession.objects.filter(pk=session.pk).update(last_seen_at=now)
    if session.store_id is None:
        return Actor(session.user, session, None, None)
    with all_stores():
        membership = (
            Membership.objects.select_related("role", "store")
            .filter(user_id=session.user.pk, store_id=session.store_id, is_active=True, removed_at__isnull=True)
            .first()
        )
    if membership is None:
        return Actor(session.user, session, None, None) if session.user.internal_role else None
    membership.user = session.user
    return member_of(membership, session)


def member_of(membership: Membership, session: LoginSession | None = None) -> Actor:
    """The member that a place makes; ``user``, ``role`` and ``store`` are loaded."""
    return Actor(membership.user, session, membership, membership.store, membership.role.granted)


def stores_of(user_id: int, current_id: int | None) -> list[dict[str, Any]]:
    """The store switcher's rows."""
    with all_stores():
        rows = Membership.objects.filter(user_id=user_id, is_active=True, removed_at__isnull=True).order_by("id")
        return [
            {"id": store_id, "name": name, "current": store_id == current_id}
            for store_id, name in rows.values_list("store_id", "store__name")
        ]


def me(member: Actor) -> dict[str, Any]:
    """The answer of ``GET /me``: the person, the current store, role and rights."""
    user, store, membership = member.user, member.store, member.membership
    return {
        "id": user.pk,
        "name": user.name,
        "email": user.email,
        "pending_email": user.pending_email or None,
        "email_confirmed": user.email_confirmed_at is not None,
        "phone": user.phone,
        "language": user.language,
        "second_factor": TwoFactor.objects.filter(user=user, confirmed_at__isnull=False).exists(),
        "deletion_requested_at": iso_in(user.deletion_requested_at, store.time_zone if store else ""),
        "store": {"id": store.pk, "name": store.name, "subdomain": store.subdomain} if store else None,
        "role": {"id": membership.role_id, "name": member.role_name} if membership else None,
        "staff_id": membership.pk if membership else None,
        "rights": sorted(member.rights),
        "stores": stores_of(user.pk, store.pk if store else None),
    }


def second_factor_state(user: User, zone: str = "") -> dict[str, Any]:
    on = TwoFactor.objects.filter(user=user, confirmed_at__isnull=False).values_list("confirmed_at", flat=True).first()
    left = RecoveryCode.objects.filter(user=user, used_at__isnull=True).count() if on else 0
    return {"enabled": on is not None, "since": iso_in(on, zone), "recovery_codes_left": left}


def sessions_active(user_id: int) -> QuerySet[LoginSession]:
    """Live sessions of a person, the latest seen first."""
    return LoginSession.objects.filter(user_id=user_id, ended_at__isnull=True, expires_at__gt=timezone.now()).order_by(
        "-last_seen_at", "-id"
    )[:100]


# -- people of a store --------------------------------------------------------------------------------------------------


def _by_phone(text: str) -> Q:
    digits = search_digits(text)
    return Q(user__phone__contains=digits) if digits else Q(pk__isnull=True)


STAFF_LIST = ListSpec(
    sorts={"name": "user__name", "email": "user__email", "created_at": "created_at", "role": "role__name"},
    searches={
        "name": lambda text: Q(user__name__icontains=text),
        "email": lambda text: Q(user__email__icontains=text),
        "phone": _by_phone,
    },
    default_sort="id",
)


def staff_list(params: Mapping[str, str]) -> QuerySet[Membership]:
    """The store's people with role and when they were last seen here. Filters ``role`` (id) and ``active`` (0/1)."""
    seen = (
        LoginSession.objects.filter(user_id=OuterRef("user_id"), store_id=OuterRef("store_id"))
        .values("user_id")
        .annotate(latest=Max("last_seen_at"))
        .values("latest")
    )
    rows: QuerySet[Membership] = (
        Membership.objects.filter(removed_at__isnull=True)
        .select_related("user", "role")
        .annotate(last_seen_at=Subquery(seen))
    )
    if params.get("role"):
        rows = rows.filter(role_id=parse_int(params, "role", 0, maximum=2**31 - 1))
    active = params.get("active", "")
    if active not in ("", "0", "1"):
        raise ValidationFailed.field("active", _("Use 0 or 1."))
    return rows.filter(is_active=active == "1") if active else rows


def open_work_of(row: Membership) -> int:
    """Open orders that would have to be handed over."""
    return ports.open_work(row.pk)


def invitations_open() -> QuerySet[Invitation]:
    rows: QuerySet[Invitation] = (
        Invitation.objects.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)
        .select_related("role", "invited_by")
        .order_by("-id")
    )
    return rows


def roles_of(store: Store) -> list[Role]:
    """Presets in the table's order, then the store's own by name; each with how many people have it."""
    from sellers.services.roles import presets_ensure

    if Role.objects.filter(store__isnull=True).count() < len(PRESETS):
        presets_ensure()
    rows = list(Role.objects.filter(Q(store__isnull=True) | Q(store=store)))
    used = dict(
        Membership.objects.filter(removed_at__isnull=True).values_list("role_id").annotate(n=Count("id")).order_by()
    )
    order = list(PRESETS)
    for row in rows:
        row.members = used.get(row.pk, 0)  # type: ignore[attr-defined]  # shown beside the role
    rows.sort(key=lambda r: (r.store_id is not None, order.index(r.preset) if r.preset in order else 0, r.name.lower()))
    return rows


def heirs_of(row: Membership) -> list[Membership]:
    """Active people of the store who can take over from ``row``."""
    rows = Membership.objects.filter(removed_at__isnull=True, is_active=True).exclude(pk=row.pk)
    return list(rows.select_related("user", "role").order_by("user__name"))


def other_owners(row: Membership) -> bool:
    rows = Membership.objects.filter(role__preset="owner", removed_at__isnull=True, is_active=True)
    return bool(rows.exclude(pk=row.pk).exists())
