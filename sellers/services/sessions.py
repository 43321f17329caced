"""Log-in sessions: opened by password, kept by rotation, ended by people or by misuse."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import throttle
from bosonline.errors import Unauthenticated, ValidationFailed
from bosonline.phone import InvalidPhone, normalise
from bosonline.tenancy import all_stores
from sellers import tokens
from sellers.models import LoginAttempt, LoginSession, Membership, User
from stores.models import Store

PER_ACCOUNT = throttle.Limit(10, 300)
PER_IP = throttle.Limit(60, 300)
# Hashing something when the account does not exist keeps the answer's time the same.
_DECOY = make_password("no such account")


def session_open(*, user: User, store: Store | None, kind: str, ip: str, user_agent: str) -> LoginSession:
    """Start a session in ``store`` (the user's first one when None)."""
    if store is None:
        with all_stores():
            membership = (
                Membership.objects.select_related("store")
                .filter(user=user, is_active=True, removed_at__isnull=True)
                .order_by("id")
                .first()
            )
        store = membership.store if membership else None
    return LoginSession.objects.create(
        user=user,
        store=store,
        kind=kind,
        refresh_jti=tokens.new_jti() if kind == LoginSession.Kind.API else "",
        ip=ip or None,
        user_agent=user_agent[:300],
        expires_at=timezone.now() + timedelta(seconds=settings.REFRESH_TOKEN_SECONDS),
    )


def user_authenticate(*, identifier: str, password: str, ip: str, user_agent: str) -> User:
    """The user with this e-mail or phone and password.

    Raises :class:`ValidationFailed` (``invalid_credentials``) with the same words and the same work whether or not
    the account exists, and :class:`~bosonline.errors.TooMany` after repeated failures.
    """
    identifier = identifier.strip().lower()[:120]
    throttle.hit("login-ip", ip, PER_IP)
    throttle.hit("login-account", identifier, PER_ACCOUNT)
    condition = Q(email=identifier)
    with suppress(InvalidPhone):
        condition |= Q(phone=normalise(identifier))
    user = User.objects.filter(condition).first() if "\x00" not in identifier else None
    valid = check_password(password, user.password if user else _DECOY) and user is not None
    reason = "" if valid else ("password" if user else "unknown")
    if valid and user is not None and not user.is_active:
        valid, reason = False, "inactive"
    LoginAttempt.objects.create(
        user=user, identifier=identifier, ip=ip or None, user_agent=user_agent[:300], succeeded=valid, reason=reason
    )
    if not valid or user is None:
        raise ValidationFailed(_("The e-mail, phone or password is not right."), code="invalid_credentials")
    return user


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
    LoginSession.objects.filter(pk=session.pk, ended_at__isnull=True).update(
        ended_at=timezone.now(), end_reason=reason[:20]
    )


def session_answer(session: LoginSession, *, message: str) -> dict[str, Any]:
    """The Login/Register/Refresh answer of ``api.md``, to the letter."""
    with all_stores():
        membership = (
            Membership.objects.select_related("store")
            .filter(user_id=session.user_id, store_id=session.store_id, removed_at__isnull=True)
            .first()
        )
    user = session.user
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
            "role_id": membership.role_id if membership else None,
            "store_id": membership.store_id if membership else None,
            "staff_id": membership.pk if membership else None,
            "store_name": membership.store.name if membership else None,
            "boscod": settings.BOSCOD_TOKEN if membership and settings.SANDBOX_URL else "",
        },
    }
