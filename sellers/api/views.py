"""Accounts over HTTP: parse → service → the answer of api.md."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline.api.lists import ListSpec, page_of
from bosonline.api.views import ApiView, client_ip
from bosonline.errors import Conflict
from bosonline.moments import iso_in
from bosonline.throttle import Limit
from sellers import queries
from sellers.api import serializers as s
from sellers.authentication import BearerAuthentication
from sellers.models import LoginAttempt, LoginSession, User
from sellers.services import accounts, deletion, guard, second_factor, sessions, staff


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
        device = guard.device_new()
        session = sessions.session_open(
            user=user, store=store, kind=LoginSession.Kind.API, device_id=device, **_agent(request)
        )
        answer = sessions.session_answer(session, message=_("Registration successful"))
        return Response(answer, headers={guard.DEVICE_HEADER: guard.device_token(user.pk, device)})


class LoginView(ApiView):
    """Log in by e-mail or phone.

    An account with a second factor answers 401 ``second_factor_required``; call again with ``otp``. The answer's header
    ``X-Device-Token`` makes this device known: sent with later log-ins, guesses from elsewhere cannot make it wait.
    """

    actor, group = "public", "auth"

    @extend_schema(
        request=s.LoginIn,
        responses={200: s.LoginOut},
        parameters=[OpenApiParameter(guard.DEVICE_HEADER, str, OpenApiParameter.HEADER)],
    )
    def post(self, request: Request) -> Response:
        data = self.parse(s.LoginIn)
        agent = _agent(request)
        login = sessions.user_authenticate(
            identifier=data["email"], password=data["password"], otp=data["otp"],
            device_token=request.headers.get(guard.DEVICE_HEADER, "")[:300], **agent,
        )  # fmt: skip
        session = sessions.session_open_after(login, kind=LoginSession.Kind.API, **agent)
        answer = sessions.session_answer(session, message="Login successful", place=login.place or {})
        return Response(answer, headers={guard.DEVICE_HEADER: guard.device_token(login.user.pk, login.device_id)})


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

    group, needs_store = "auth", False

    @extend_schema(request=None, responses={200: dict})
    def post(self, request: Request) -> Response:
        sessions.session_end(session=self.member.session, reason="logout")
        return Response({"message": _("Logged out")})


class ForgotPasswordView(ApiView):
    """Mail a link for a new password. The same answer in the same time whether or not the account exists."""

    actor, group = "public", "boscod"
    limits = {"POST": Limit(10, 600)}

    @extend_schema(request=s.ForgotIn, responses={200: dict})
    def post(self, request: Request) -> Response:
        accounts.password_forgot(identifier=self.parse(s.ForgotIn)["email"])
        return Response(
            {
                "message": _(
                    "If there is an account, a letter with a link is on its way. Look into the spam folder, too."
                )
            }
        )


class ResetPasswordView(ApiView):
    """A new password by the mailed token (once, within an hour). All sessions of the account end."""

    actor, group = "public", "auth"
    limits = {"POST": Limit(30, 600)}

    @extend_schema(request=s.ResetIn, responses={200: dict})
    def post(self, request: Request) -> Response:
        accounts.password_reset(**self.parse(s.ResetIn))
        return Response({"message": _("The new password is set. Please log in.")})


class ConfirmEmailView(ApiView):
    """Confirm an e-mail address by the mailed token."""

    actor, group = "public", "auth"
    limits = {"POST": Limit(30, 600)}

    @extend_schema(request=s.TokenIn, responses={200: dict})
    def post(self, request: Request) -> Response:
        accounts.email_confirm(token=self.parse(s.TokenIn)["token"])
        return Response({"message": _("Your e-mail address is confirmed.")})


class ConfirmEmailAgainView(ApiView):
    """Mail the confirmation once more."""

    group, needs_store = "auth", False

    @extend_schema(request=None, responses={200: dict})
    def post(self, request: Request) -> Response:
        accounts.email_confirm_again(user=self.member.user)
        return Response({"message": _("The letter is on its way.")})


class SwitchStoreView(ApiView):
    """Make another of one's stores the session's current one; answers like Login."""

    group, needs_store = "auth", False

    @extend_schema(request=s.SwitchIn, responses={200: s.LoginOut})
    def post(self, request: Request) -> Response:
        session = self.member.session
        sessions.session_switch(session=session, user_id=self.member.user.pk, **self.parse(s.SwitchIn))
        return Response(sessions.session_answer(session, message=_("Store changed")))


class InvitationView(ApiView):
    """An invitation by its mailed token: GET shows it, POST accepts it (answers like Login)."""

    actor, group = "public", "auth"
    limits = {"GET": Limit(60, 600), "POST": Limit(30, 600)}

    @extend_schema(parameters=[OpenApiParameter("token", str, required=True)], responses={200: dict})
    def get(self, request: Request) -> Response:
        row = staff.invitation_of(request.query_params.get("token", ""))
        known = staff.user_of_invitation(row) is not None
        return Response(
            {"data": {"store": row.store.name, "email": row.email, "role": row.role.label, "has_account": known}}
        )

    @extend_schema(request=s.InvitationAcceptIn, responses={200: s.LoginOut})
    def post(self, request: Request) -> Response:
        data = self.parse(s.InvitationAcceptIn)
        caller = BearerAuthentication().authenticate(request)
        membership = staff.invitation_accept(**data, user=caller[0].user if caller else None)
        session = sessions.session_open(
            user=membership.user, store=membership.store, kind=LoginSession.Kind.API, **_agent(request)
        )
        return Response(sessions.session_answer(session, message=_("Welcome to the store")))


class MeView(ApiView):
    """The person behind the token, their stores, role and rights."""

    group, needs_store = "profile", False

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        return Response({"data": queries.me(self.member)})


class ProfileView(ApiView):
    """Oneself. DELETE asks for the password and erases the account after 30 days."""

    group, needs_store = "profile", False

    @extend_schema(request=s.ProfileIn(partial=True), responses={200: dict})
    def put(self, request: Request) -> Response:
        data = self.parse(s.ProfileIn, partial=True)
        accounts.profile_update(user=self.member.user, **data)
        return Response({"data": queries.me(self.member)})

    @extend_schema(request=s.PasswordIn, responses={200: dict})
    def delete(self, request: Request) -> Response:
        moment = deletion.deletion_request(
            user=self.member.user, session_id=self.member.session.pk, **self.parse(s.PasswordIn)
        )
        return Response(
            {
                "message": _("Your account will be deleted."),
                "data": {"erase_at": iso_in(moment, self.member.store.time_zone if self.member.store else "")},
            }
        )


class DeletionCancelView(ApiView):
    """Take the deletion of the account back."""

    group, needs_store = "profile", False

    @extend_schema(request=None, responses={200: dict})
    def post(self, request: Request) -> Response:
        if not deletion.deletion_cancel(user=self.member.user):
            raise Conflict(_("No deletion was asked for."), code="no_deletion")
        return Response({"message": _("Your account stays.")})


class PasswordView(ApiView):
    """Change the password; all other sessions end."""

    group, needs_store = "profile", False

    @extend_schema(request=s.PasswordChangeIn, responses={200: dict})
    def put(self, request: Request) -> Response:
        accounts.password_change(
            user=self.member.user, session_id=self.member.session.pk, **self.parse(s.PasswordChangeIn)
        )
        return Response({"message": _("The new password is set. Other devices were logged out.")})


class SecondFactorView(ApiView):
    """The second factor: GET its state, POST a new secret, DELETE it with password and code."""

    group, needs_store = "profile", False

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        return Response(
            {
                "data": queries.second_factor_state(
                    self.member.user, self.member.store.time_zone if self.member.store else ""
                )
            }
        )

    @extend_schema(request=s.PasswordIn, responses={201: dict})
    def post(self, request: Request) -> Response:
        sessions.password_check(user=self.member.user, **self.parse(s.PasswordIn))
        secret, address = second_factor.second_factor_start(user=self.member.user)
        return Response({"data": {"secret": secret, "otpauth": address}}, status=201)

    @extend_schema(request=s.PasswordCodeIn, responses={200: dict})
    def delete(self, request: Request) -> Response:
        _prove(self.member.user, **self.parse(s.PasswordCodeIn))
        second_factor.second_factor_stop(user=self.member.user)
        return Response({"message": _("The second factor is off.")})


def _prove(user: User, *, password: str, otp: str) -> None:
    sessions.password_check(user=user, password=password)
    second_factor.code_check(user=user, code=otp)


class SecondFactorConfirmView(ApiView):
    """Switch the second factor on with its first code; answers the recovery codes, once."""

    group, needs_store = "profile", False

    @extend_schema(request=s.CodeIn, responses={200: dict})
    def post(self, request: Request) -> Response:
        codes = second_factor.second_factor_confirm(user=self.member.user, code=self.parse(s.CodeIn)["otp"])
        return Response({"data": {"recovery_codes": codes}})


class RecoveryCodesView(ApiView):
    """New recovery codes; the old ones stop working."""

    group, needs_store = "profile", False

    @extend_schema(request=s.PasswordCodeIn, responses={200: dict})
    def post(self, request: Request) -> Response:
        _prove(self.member.user, **self.parse(s.PasswordCodeIn))
        return Response({"data": {"recovery_codes": second_factor.recovery_codes_renew(user=self.member.user)}})


# -- sessions ---------------------------------------------------------------------------------------------------------


class SessionsView(ApiView):
    """One's active sessions: device, IP, last seen."""

    group, needs_store = "session", False

    @extend_schema(responses={200: s.SessionOut(many=True)})
    def get(self, request: Request) -> Response:
        rows = queries.sessions_active(self.member.user.pk)
        data = s.SessionOut(rows, many=True, context={"current_id": self.member.session.pk}).data
        return Response({"data": data, "total": len(data)})


HISTORY = ListSpec(sorts={"created_at": "created_at"}, searches={})


class SessionHistoryView(ApiView):
    """Log-ins that worked and that failed, newest first."""

    group, needs_store = "session", False

    @extend_schema(
        parameters=[OpenApiParameter(name, str) for name in ("start", "limit", "sort_by", "sort_dir", "after")],
        responses={200: s.AttemptOut(many=True)},
    )
    def get(self, request: Request) -> Response:
        page = page_of(LoginAttempt.objects.filter(user=self.member.user), request.query_params, HISTORY)
        return Response({"data": s.AttemptOut(page.rows, many=True).data, "total": page.total, "next": page.next})


class OtherSessionsView(ApiView):
    """End all sessions but the current one."""

    group, needs_store = "session", False

    @extend_schema(request=None, responses={200: dict})
    def delete(self, request: Request) -> Response:
        ended = sessions.sessions_end_others(user_id=self.member.user.pk, keep_id=self.member.session.pk)
        return Response({"message": _("Other devices were logged out."), "data": {"ended": ended}})


class SessionView(ApiView):
    """End one of one's sessions; its access token is worthless at once."""

    group, needs_store = "session", False

    @extend_schema(request=None, responses={200: dict})
    def delete(self, request: Request, pk: int) -> Response:
        sessions.session_end_own(user_id=self.member.user.pk, session_id=pk)
        return Response({"message": _("The session was ended.")})
