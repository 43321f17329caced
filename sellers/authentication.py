"""Bearer tokens for the API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication

from bosonline.actor import Actor
from bosonline.errors import Unauthenticated
from sellers import tokens
from sellers.models import LoginSession
from sellers.queries import member_of_session


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer <access token>``; the token dies with its session."""

    def authenticate(self, request: Any) -> tuple[Actor, Any] | None:
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _sep, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated(_("The token is not valid."), code="token_invalid")
        claims = tokens.decode(token.strip(), "access")
        member = member_of_session(claims["sid"], LoginSession.Kind.API)
        if member is None:
            raise Unauthenticated(_("This session has ended. Please log in again."), code="session_ended")
        return member, claims

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"
