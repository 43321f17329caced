"""Register, log in with an optional second step, log out, forgotten passwords, invitations, language, store switcher."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache

from bosonline import throttle
from bosonline.api.views import client_ip
from bosonline.errors import DomainError
from sellers.forms import CodeForm, ForgotForm, InvitationForm, LoginForm, RegisterForm, ResetForm
from sellers.middleware import SESSION_KEY
from sellers.models import EmailToken, LoginSession
from sellers.pages import StorePage, put_errors, safe_next
from sellers.services import accounts, guard, sessions, staff

# between password and code: who it is, for five minutes, in the signed cookie
PENDING_KEY, PENDING_SECONDS = "second_factor", 300


def _agent(request: HttpRequest) -> dict[str, str]:
    return {"ip": client_ip(request), "user_agent": request.headers.get("User-Agent", "")}


def _enter(request: HttpRequest, session: LoginSession, response: HttpResponse) -> HttpResponse:
    """Put the browser into ``session``. Nothing of the cookie from before survives, so that a planted one is worthless."""
    request.session.clear()
    request.session[SESSION_KEY] = session.pk
    rotate_token(request)
    if session.device_id:
        response.set_cookie(
            guard.DEVICE_COOKIE, guard.device_token(session.user_id, session.device_id), max_age=settings.DEVICE_SECONDS,
            httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
    return response


@method_decorator(never_cache, name="dispatch")
class GuestPage(View):
    """A page for somebody who is not logged in; who is goes home."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "GET" and request.load_member():  # type: ignore[attr-defined]  # set by MemberMiddleware
            return redirect("home")
        return super().dispatch(request, *args, **kwargs)


class RegisterPage(GuestPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "auth/register.html", {"form": RegisterForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = RegisterForm(request.POST)
        if form.is_valid():
            try:
                throttle.hit("register-page", client_ip(request), throttle.Limit(20, 3600))
                user, store = accounts.account_register(**form.cleaned_data)
            except DomainError as exc:
                put_errors(form, exc)
            else:
                session = sessions.session_open(
                    user=user, store=store, kind=LoginSession.Kind.WEB, device_id=guard.device_new(), **_agent(request)
                )
                return _enter(request, session, redirect("onboarding"))
        return render(request, "auth/register.html", {"form": form}, status=422)


class LoginPage(GuestPage):
    """Password first; an account with a second factor goes on to :class:`LoginCodePage`."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "auth/login.html", {"form": LoginForm(), "next": request.GET.get("next", "")})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = LoginForm(request.POST)
        following = request.POST.get("next", "")
        if form.is_valid():
            try:
                login = sessions.user_authenticate(
                    identifier=form.cleaned_data["email"], password=form.cleaned_data["password"],
                    device_token=request.COOKIES.get(guard.DEVICE_COOKIE, "")[:300], **_agent(request),
                )  # fmt: skip
            except sessions.SecondFactorRequired as exc:
                request.session[PENDING_KEY] = [exc.user_id, int(time.time()), following[:300]]
                return redirect("login-code")
            except DomainError as exc:
                put_errors(form, exc)
            else:
                return _welcome(request, login, following)
        return render(request, "auth/login.html", {"form": form, "next": following}, status=422)


def _welcome(request: HttpRequest, login: sessions.LoggedIn, following: str) -> HttpResponse:
    session = sessions.session_open_after(login, kind=LoginSession.Kind.WEB, **_agent(request))
    response = HttpResponseRedirect(safe_next(request, following, "/beranda"))
    language_cookie(response, login.user.language)
    return _enter(request, session, response)


class LoginCodePage(GuestPage):
    """The second step: a code of the authenticator app, or a recovery code."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        pending = request.session.get(PENDING_KEY)
        if not pending or time.time() - pending[1] > PENDING_SECONDS:
            return redirect("login")
        self.user_id, self.following = pending[0], pending[2]
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "auth/login_code.html", {"form": CodeForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = CodeForm(request.POST)
        if form.is_valid():
            try:
                login = sessions.user_second_step(
                    user_id=self.user_id, otp=form.cleaned_data["otp"],
                    device_token=request.COOKIES.get(guard.DEVICE_COOKIE, "")[:300], **_agent(request),
                )  # fmt: skip
            except DomainError as exc:
                put_errors(form, exc)
            else:
                return _welcome(request, login, self.following)
        return render(request, "auth/login_code.html", {"form": form}, status=422)


class ForgotPage(GuestPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "auth/forgot.html", {"form": ForgotForm(), "sent": "sent" in request.GET})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ForgotForm(request.POST)
        if form.is_valid():
            try:
                throttle.hit("forgot-page", client_ip(request), throttle.Limit(10, 600))
                accounts.password_forgot(identifier=form.cleaned_data["email"])
            except DomainError as exc:
                put_errors(form, exc)
            else:
                return redirect(f"{request.path}?sent=1")
        return render(request, "auth/forgot.html", {"form": form, "sent": False}, status=422)


@method_decorator(never_cache, name="dispatch")
class ResetPage(View):
    """The mailed link. A GET changes nothing: mail scanners follow links."""

    def get(self, request: HttpRequest) -> HttpResponse:
        token = request.GET.get("token", "")
        if not accounts.email_token_is_valid(token, EmailToken.Purpose.RESET_PASSWORD):
            return render(request, "auth/link_invalid.html", {"again": "forgot-password"}, status=404)
        return render(request, "auth/reset.html", {"form": ResetForm(initial={"token": token})})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ResetForm(request.POST)
        if form.is_valid():
            try:
                accounts.password_reset(token=form.cleaned_data["token"], password=form.cleaned_data["password"])
            except DomainError as exc:
                if exc.code == "link_invalid":
                    return render(request, "auth/link_invalid.html", {"again": "forgot-password"}, status=404)
                put_errors(form, exc)
            else:
                request.session.clear()
                messages.success(request, _("The new password is set. Please log in."))
                return redirect("login")
        return render(request, "auth/reset.html", {"form": form}, status=422)


@method_decorator(never_cache, name="dispatch")
class ConfirmEmailPage(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        token = request.GET.get("token", "")
        if not accounts.email_token_is_valid(token, EmailToken.Purpose.CONFIRM_EMAIL):
            return render(request, "auth/link_invalid.html", {"again": ""}, status=404)
        return render(request, "auth/confirm_email.html", {"token": token})

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            accounts.email_confirm(token=request.POST.get("token", ""))
        except DomainError:
            return render(request, "auth/link_invalid.html", {"again": ""}, status=404)
        messages.success(request, _("Your e-mail address is confirmed."))
        return redirect("home")


@method_decorator(never_cache, name="dispatch")
class InvitationPage(View):
    """Accept a place in a store: with one's account, or with a new one made here."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.token = request.GET.get("token", "") or request.POST.get("token", "")
        try:
            self.invitation = staff.invitation_of(self.token)
        except DomainError:
            return render(request, "auth/link_invalid.html", {"again": ""}, status=404)
        self.known = staff.user_of_invitation(self.invitation)
        self.member = request.load_member()  # type: ignore[attr-defined]  # set by MemberMiddleware
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(
            request, InvitationForm(initial={"name": self.invitation.name, "phone": self.invitation.phone})
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        form = InvitationForm(request.POST)
        if self.known is not None or form.is_valid():
            data = {} if self.known is not None else form.cleaned_data
            try:
                membership = staff.invitation_accept(
                    token=self.token, user=self.member.user if self.member else None, **data
                )
            except DomainError as exc:
                form.is_valid()
                put_errors(form, exc)
            else:
                session = sessions.session_open(
                    user=membership.user, store=membership.store, kind=LoginSession.Kind.WEB,
                    device_id=guard.device_new(), **_agent(request),
                )  # fmt: skip
                return _enter(request, session, redirect("home"))
        return self._show(request, form, status=422)

    def _show(self, request: HttpRequest, form: InvitationForm, status: int = 200) -> HttpResponse:
        ready = self.known is not None and self.member is not None and self.member.user.pk == self.known.pk
        context = {
            "form": form,
            "invitation": self.invitation,
            "token": self.token,
            "known": self.known is not None,
            "ready": ready,
            "next": request.get_full_path(),
        }
        return render(request, "auth/invitation.html", context, status=status)


class LogoutPage(View):
    def post(self, request: HttpRequest) -> HttpResponse:
        member = request.load_member()  # type: ignore[attr-defined]  # set by MemberMiddleware
        if member is not None and member.session is not None:
            sessions.session_end(session=member.session, reason="logout")
        request.session.flush()
        return redirect("login")


class StoreSwitchPage(StorePage):
    """Make another store of this user the session's current one."""

    needs_store = False

    def post(self, request: HttpRequest) -> HttpResponse:
        wanted = request.POST.get("store", "")
        number = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 19 else 0
        assert self.member.session is not None
        sessions.session_switch(session=self.member.session, user_id=self.member.user.pk, store_id=number)
        return redirect("home")


def language_cookie(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        "bos_language", language, max_age=31536000, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE, httponly=True
    )


def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the language in a cookie for a year, and for whoever is logged in with the account."""
    language = request.POST.get("language", "")
    response = HttpResponseRedirect(
        safe_next(request, request.POST.get("next", "") or request.META.get("HTTP_REFERER", ""), "/")
    )
    if request.method == "POST" and language in dict(settings.LANGUAGES):
        member = request.load_member()  # type: ignore[attr-defined]  # set by MemberMiddleware
        if member is not None and member.user.language != language:
            accounts.profile_update(user=member.user, language=language)
        language_cookie(response, language)
    return response
