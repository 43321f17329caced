"""Log-in sessions: opened by password, kept by rotation, ended by people or by misuse."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import cleaning, outbox
from bosonline.errors import NotFound, Unauthenticated, ValidationFailed
from bosonline.phone import InvalidPhone, normalise
from bosonline.tenancy import all_stores
from sellers import tokens
from sellers.models import LoginAttempt, LoginSession, Membership, User
from sellers.services import guard, second_factor
from stores.models import Store


@cache
def _decoy() -> str:
    """Hashing something when the account does not exist keeps the answer's time the same."""
    return make_password("no such account")


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A right log-in: the person, their first place (None when they have no store), the device."""

    user: User
    place: dict[str, Any] | None
    device_id: str
    is_new_device: bool


class SecondFactorRequired(Unauthenticated):
    """The password was right; the account wants a code as well (``otp``). ``user_id`` is for our own second page."""

    code = "second_factor_required"

    def __init__(self, user_id: int) -> None:
        super().__init__(_("Enter the code of your authenticator app."), code=self.code)
        self.user_id = user_id


def user_authenticate(
    *, identifier: str, password: str, ip: str, user_agent: str, otp: str = "", device_token: str = ""
) -> LoggedIn:
    """The person with this e-mail or phone and password (and code, when they have a second factor).

    Raises :class:`ValidationFailed` (``invalid_credentials``, ``second_factor_invalid``) with the same words and the same
    work whether or not the account exists, :class:`SecondFactorRequired`, and :class:`~bosonline.errors.TooMany` while a
    wait runs. Two queries: the person, the attempt.
    """
    identifier = cleaning.email(identifier)[:120]
    user = _find(_who(identifier))
    device = guard.device_of(device_token, user.pk if user else None)
    bucket = (
        ("device", device, guard.DEVICE) if device else ("account", str(user.pk) if user else identifier, guard.ACCOUNT)
    )
    guard.count("ip", guard.ip_subject(ip), guard.IP)
    guard.count(*bucket)
    reason = _verdict(user, password, otp)
    if reason == "second_factor_required" and user is not None:
        guard.take_back(bucket[0], bucket[1])
        guard.take_back("ip", guard.ip_subject(ip))
        raise SecondFactorRequired(user.pk)
    _attempt(user, identifier, reason, ip=ip, user_agent=user_agent)
    if reason == "second_factor":
        raise second_factor.wrong_code()
    if reason or user is None:
        raise ValidationFailed(_("The e-mail, phone or password is not right."), code="invalid_credentials")
    guard.clear(bucket[0], bucket[1])
    guard.take_back("ip", guard.ip_subject(ip))
    return _logged_in(user, device)


def user_second_step(*, user_id: int, otp: str, ip: str, user_agent: str, device_token: str = "") -> LoggedIn:
    """The second page of a log-in: the password was right a moment ago, now the code (``second_factor_invalid``)."""
    user = _find(Q(pk=user_id))
    if user is None or not user.is_active or not second_factor.is_on(user):
        raise Unauthenticated(_("This session has ended. Please log in again."), code="session_ended")
    guard.count("otp", str(user.pk), guard.SECOND_FACTOR)
    right = second_factor.code_spend(user=user, code=otp[:40])
    _attempt(user, user.email, "" if right else "second_factor", ip=ip, user_agent=user_agent)
    if not right:
        raise second_factor.wrong_code()
    guard.clear("otp", str(user.pk))
    return _logged_in(user, guard.device_of(device_token, user.pk))


def _logged_in(user: User, device: str) -> LoggedIn:
    return LoggedIn(user, user.place, device or guard.device_new(), not device)  # type: ignore[attr-defined]  # annotated


def _attempt(user: User | None, identifier: str, reason: str, *, ip: str, user_agent: str) -> None:
    LoginAttempt.objects.create(
        user=user,
        identifier=identifier,
        ip=ip or None,
        user_agent=user_agent[:300],
        succeeded=not reason,
        reason=reason,
    )


@transaction.atomic
def new_devices_tell() -> int:
    """Mail the owners of accounts that a device logged in which had not before; the first device of all is no news."""
    rows = list(LoginSession.objects.select_for_update(skip_locked=True).filter(tell_owner=True).order_by("id")[:200])
    for row in rows:
        if LoginSession.objects.filter(user_id=row.user_id, id__lt=row.pk).exclude(device_id=row.device_id).exists():
            outbox.enqueue("mail.new_device", {"session_id": row.pk}, dedup_key=f"mail.new_device:{row.pk}")
    LoginSession.objects.filter(pk__in=[r.pk for r in rows]).update(tell_owner=False)
    return len(rows)


def _who(identifier: str) -> Q | None:
    if "\x00" in identifier or not identifier:
        return None
    condition = Q(email=identifier)
    with suppress(InvalidPhone):
        condition |= Q(phone=normalise(identifier))
    return condition


def _find(condition: Q | None) -> User | None:
    """The user with second factor and first place: one query."""
    if condition is None:
        return None
    with all_stores():
        first = (
            Membership.objects.filter(user=OuterRef("pk"), is_active=True, removed_at__isnull=True)
            .order_by("id")
            .values(data=JSONObject(id="id", role_id="role_id", store_id="store_id", store_name="store__name"))[:1]
        )
        return User.objects.select_related("two_factor").annotate(place=Subquery(first)).filter(condition).first()


def _verdict(user: User | None, password: str, otp: str) -> str:
    """Empty when everything is right, else why not (for the history)."""

    def upgrade(raw: str) -> None:  # a stronger hasher than the stored one: keep the new hash
        User.objects.filter(pk=user.pk if user else 0).update(password=make_password(raw))

    right = check_password(password, user.password if user else _decoy(), setter=upgrade if user else None)
    if user is None:
        return "unknown"
    if not right:
        return "password"
    if not user.is_active:
        return "inactive"
    if second_factor.is_on(user):
        if not otp.strip():
            return "second_factor_required"
        guard.count("otp", str(user.pk), guard.SECOND_FACTOR)
        if not second_factor.code_spend(user=user, code=otp[:40]):
            return "second_factor"
        guard.clear("otp", str(user.pk))
    return ""


def password_check(*, user: User, password: str) -> None:
    """Ask for the password again before something grave. Raises at ``password``, or :class:`TooMany`."""
    guard.count("password", str(user.pk), guard.PASSWORD_AGAIN)
    if not check_password(password, user.password):
        raise ValidationFailed.field("password", _("The password is not right."), code="invalid_password")
    guard.clear("password", str(user.pk))


def session_open(
    *, user: User, store: Store | None, kind: str, ip: str, user_agent: str, device_id: str = ""
) -> LoginSession:
    """Start a session in ``store`` (the user's first one when None)."""
    store_id = store.pk if store is not None else None
    if store is None:
        with all_stores():
            places = Membership.objects.filter(user=user, is_active=True, removed_at__isnull=True).order_by("id")
            store_id = places.values_list("store_id", flat=True).first()
    return _open(user.pk, store_id, kind=kind, ip=ip, user_agent=user_agent, device_id=device_id)


def session_open_after(login: LoggedIn, *, kind: str, ip: str, user_agent: str) -> LoginSession:
    """The session of a log-in: one insert. A device that is new to an older account is told by mail."""
    session = _open(
        login.user.pk,
        login.place["store_id"] if login.place else None,
        kind=kind, ip=ip, user_agent=user_agent, device_id=login.device_id, tell_owner=login.is_new_device,
    )  # fmt: skip
    session.user = login.user
    return session


def _open(
    user_id: int, store_id: int | None, *, kind: str, ip: str, user_agent: str, device_id: str, tell_owner: bool = False
) -> LoginSession:
    return LoginSession.objects.create(
        user_id=user_id,
        store_id=store_id,
        kind=kind,
        refresh_jti=tokens.new_jti() if kind == LoginSession.Kind.API else "",
        ip=ip or None,
        user_agent=user_agent[:300],
        device_id=device_id,
        tell_owner=tell_owner,
        expires_at=timezone.now() + timedelta(seconds=settings.REFRESH_TOKEN_SECONDS),
    )


def session_refresh(*, token: str) -> LoginSession:
    """Rotate the refresh token. A token that was used before ends its whole session (theft or a copied client)."""
    claims = tokens.decode(token, "refresh")
    with transaction.atomic():
        rows = LoginSession.objects.select_for_update(of=("self",)).select_related("user")
        session = rows.filter(pk=claims["sid"]).first()
        if session is None or session.ended_at or session.expires_at <= timezone.now() or not session.user.is_active:
            raise Unauthenticated(_("This session has ended. Please log in again."), code="session_ended")
        reused = claims.get("jti") != session.refresh_jti
        if reused:
            session_end(session=session, reason="refresh_reused")
            outbox.enqueue("mail.security", {"user_id": session.user_id, "what": "refresh_reused"})
        else:
            session.refresh_jti = tokens.new_jti()
            session.last_seen_at = timezone.now()
            session.expires_at = timezone.now() + timedelta(seconds=settings.REFRESH_TOKEN_SECONDS)
            session.save(update_fields=["refresh_jti", "last_seen_at", "expires_at"])
    if reused:  # outside the transaction: the end of the session must stay
        raise Unauthenticated(
            _("This refresh token was used before. The session was ended for safety."), code="token_reused"
        )
    return session


def session_end(*, session: LoginSession, reason: str) -> None:
    """End a session; its access token and cookie are worthless at once. Ending twice changes nothing."""
    _end(LoginSession.objects.filter(pk=session.pk), reason)


def session_end_own(*, user_id: int, session_id: int) -> None:
    """End one of one's own sessions; another person's is 404."""
    own = LoginSession.objects.filter(pk=session_id, user_id=user_id)
    if not own.exists():
        raise NotFound()
    _end(own, "ended_by_user")


def sessions_end_others(*, user_id: int, keep_id: int | None, reason: str = "ended_by_user") -> int:
    """End all sessions of a user but ``keep_id`` (None: all of them). How many were ended."""
    return _end(LoginSession.objects.filter(user_id=user_id).exclude(pk=keep_id or 0), reason)


def sessions_end_in_store(*, user_ids: list[int], store_id: int, reason: str) -> int:
    """End the sessions of users whose place in a store is gone or paused."""
    return _end(LoginSession.objects.filter(user_id__in=user_ids, store_id=store_id), reason)


def _end(rows: Any, reason: str) -> int:
    ended: int = rows.filter(ended_at__isnull=True).update(ended_at=timezone.now(), end_reason=reason[:20])
    return ended


def session_switch(*, session: LoginSession, user_id: int, store_id: int) -> None:
    """Make another store of the same person the session's current one; a store they have no place in is 404."""
    with all_stores():
        found = Membership.objects.filter(
            user_id=user_id, store_id=store_id, is_active=True, removed_at__isnull=True
        ).exists()
    if not found:
        raise NotFound()
    LoginSession.objects.filter(pk=session.pk).update(store_id=store_id)
    session.store_id = store_id


def session_answer(session: LoginSession, *, message: str, place: dict[str, Any] | None = None) -> dict[str, Any]:
    """The Login/Register/Refresh answer of ``api.md``, to the letter. ``place`` saves the look-up after a log-in."""
    if place is None:
        with all_stores():
            place = (
                Membership.objects.filter(user_id=session.user_id, store_id=session.store_id, removed_at__isnull=True)
                .values(data=JSONObject(id="id", role_id="role_id", store_id="store_id", store_name="store__name"))
                .values_list("data", flat=True)
                .first()
            )
    user, found = session.user, place or {}
    issued = timezone.localtime(timezone.now(), timezone.get_fixed_timezone(7 * 60))
    return {
        "message": message,
        "token": {
            "access_token": tokens.access_token(session),
            "refresh_token": tokens.refresh_token(session),
            "expires_in": settings.ACCESS_TOKEN_SECONDS,
            "issued_at": issued.strftime("%Y-%m-%d %H:%M:%S.%f") + "+07",
            "token_type": "Bearer",
        },
        "user": {
            "id": user.pk,
            "name": user.name,
            "email": user.email,
            "role_id": found.get("role_id"),
            "store_id": found.get("store_id"),
            "staff_id": found.get("id"),
            "store_name": found.get("store_name"),
            "boscod": settings.BOSCOD_TOKEN if place and settings.SANDBOX_URL else "",
        },
    }
