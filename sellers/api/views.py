"""Accounts over HTTP: parse → service → the answer of api.md."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline.api.views import ApiView, client_ip
from bosonline.throttle import Limit
from sellers.api import serializers as s
from sellers.models import LoginSession
from sellers.services import accounts, sessions


def _agent(request: Request) -> dict[str, Any]:
    return {"ip": client_ip(request._request), "user_agent": request.headers.get("User-Agent", "")}


class RegisterView(ApiView):
    """Create a user with an empty store; answers like Login."""

    actor, group = "public", "auth"
    limits = {"POST": Limit(20, 3600)}

    @extend_schema(request=s.RegisterIn, responses={200: s.LoginOut})
    def post(self, request: Request) -> Response:
        data = self.parse(s.RegisterIn)
        user, store = accounts.account_register(**data)
        session = sessions.session_open(user=user, store=store, kind=LoginSession.Kind.API, **_agent(request))
        return Response(sessions.session_answer(session, message=_("Registration successful")))


class LoginView(ApiView):
    """Log in by e-mail or phone."""

    actor, group = "public", "auth"

    @extend_schema(request=s.LoginIn, responses={200: s.LoginOut})
    def post(self, request: Request) -> Response:
        data = self.parse(s.LoginIn)
        agent = _agent(request)
        user = sessions.user_authenticate(identifier=data["email"], password=data["password"], **agent)
        session = sessions.session_open(user=user, store=None, kind=LoginSession.Kind.API, **agent)
        return Response(sessions.session_answer(session, message="Login successful"))


class RefreshView(ApiView):
    """Exchange the refresh token for a new pair. A token used twice ends its session."""

    actor, group = "public", "auth"
    limits = {"POST": Limit(120, 3600)}

    @extend_schema(request=s.RefreshIn, responses={200: s.LoginOut})
    def post(self, request: Request) -> Response:
        session = sessions.session_refresh(token=self.parse(s.RefreshIn)["refresh_token"])
        return Response(sessions.session_answer(session, message="Refresh successful"))


class LogoutView(ApiView):
    """End the current session; its tokens are worthless at once."""

    group = "auth"

    @extend_schema(request=None, responses={200: dict})
    def post(self, request: Request) -> Response:
        sessions.session_end(session=self.member.session, reason="logout")
        return Response({"message": _("Logged out")})


class MeView(ApiView):
    """The person behind the token, their store and rights."""

    group = "profile"

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        member = self.member
        return Response(
            {
                "data": {
                    "id": member.user.pk,
                    "name": member.user.name,
                    "email": member.user.email,
                    "phone": member.user.phone,
                    "language": member.user.language,
                    "store": {"id": member.store.pk, "name": member.store.name, "subdomain": member.store.subdomain},
                    "role": {"id": member.membership.role_id, "name": member.role_name},
                    "staff_id": member.membership.pk,
                    "rights": sorted(member.rights),
                }
            }
        )
