"""JWT pairs bound to a :class:`LoginSession` (``api.md``, Auth)."""

from __future__ import annotations

import secrets
import time
from typing import Any

import jwt
from django.conf import settings
from django.utils.translation import gettext as _

from bosonline.errors import Unauthenticated
from sellers.models import LoginSession

ALGORITHM = "HS256"


def _encode(kind: str, session: LoginSession, lifetime: int, **claims: Any) -> str:
    now = int(time.time())
    payload = {"typ": kind, "sub": str(session.user.pk), "sid": session.pk, "iat": now, "exp": now + lifetime, **claims}
    return jwt.encode(payload, settings.SECRET_KEY, algorithm=ALGORITHM)


def access_token(session: LoginSession) -> str:
    return _encode("access", session, settings.ACCESS_TOKEN_SECONDS)


def refresh_token(session: LoginSession) -> str:
    """The refresh token that ``session.refresh_jti`` names; any other one is a replay."""
    return _encode("refresh", session, settings.REFRESH_TOKEN_SECONDS, jti=session.refresh_jti)


def new_jti() -> str:
    return secrets.token_hex(16)


def decode(token: str, kind: str) -> dict[str, Any]:
    """The claims of a valid token of ``kind``. Raises 401 ``token_expired`` or ``token_invalid``."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token, settings.SECRET_KEY, algorithms=[ALGORITHM], options={"require": ["exp", "sub", "sid", "typ"]}
        )
    except jwt.ExpiredSignatureError:
        raise Unauthenticated(_("The token has expired."), code="token_expired") from None
    except jwt.PyJWTError:
        raise Unauthenticated(_("The token is not valid."), code="token_invalid") from None
    if claims["typ"] != kind or not isinstance(claims["sid"], int):
        raise Unauthenticated(_("The token is not valid."), code="token_invalid")
    return claims
