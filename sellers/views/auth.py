"""Register, log in, log out, language, store switcher."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from bosonline.api.views import client_ip
from bosonline.errors import DomainError, NotFound
from bosonline.tenancy import all_stores
from sellers.forms import LoginForm, RegisterForm
from sellers.middleware import SESSION_KEY
from sellers.models import LoginSession, Membership, User
from sellers.pages import StorePage, put_errors, safe_next
from sellers.services import accounts, sessions
from stores.models import Store


def _open(request: HttpRequest, user: User, store: Store | None) -> None:
    """Start a browser session under a fresh cookie, so that a planted one is worthless."""
    session = sessions.session_open(
        user=user, store=store, kind=LoginSession.Kind.WEB, ip=client_ip(request),
        user_agent=request.headers.get("User-Agent", ""),
    )  # fmt: skip
    request.session.cycle_key()
    request.session[SESSION_KEY] = session.pk


@method_decorator(never_cache, name="dispatch")
class RegisterPage(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        if request.load_member():  # type: ignore[attr-defined]  # set by MemberMiddleware
            return redirect("home")
        return render(request, "auth/register.html", {"form": RegisterForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = RegisterForm(request.POST)
        if form.is_valid():
            try:
                user, store = accounts.account_register(**form.cleaned_data)
            except DomainError as exc:
                put_errors(form, exc)
            else:
                _open(request, user, store)
                return redirect("onboarding")
        return render(request, "auth/register.html", {"form": form}, status=422)


@method_decorator(never_cache, name="dispatch")
class LoginPage(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        if request.load_member():  # type: ignore[attr-defined]  # set by MemberMiddleware
            return redirect("home")
        return render(request, "auth/login.html", {"form": LoginForm(), "next": request.GET.get("next", "")})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = LoginForm(request.POST)
        if form.is_valid():
            try:
                user = sessions.user_authenticate(
                    identifier=form.cleaned_data["email"],
                    password=form.cleaned_data["password"],
                    ip=client_ip(request),
                    user_agent=request.headers.get("User-Agent", ""),
                )
            except DomainError as exc:
                put_errors(form, exc)
            else:
                _open(request, user, None)
                return HttpResponseRedirect(safe_next(request, request.POST.get("next", ""), "/beranda"))
        return render(request, "auth/login.html", {"form": form, "next": request.POST.get("next", "")}, status=422)


class LogoutPage(View):
    def post(self, request: HttpRequest) -> HttpResponse:
        member = request.load_member()  # type: ignore[attr-defined]  # set by MemberMiddleware
        if member is not None and member.session is not None:
            sessions.session_end(session=member.session, reason="logout")
        request.session.flush()
        return redirect("login")


class StoreSwitchPage(StorePage):
    """Make another store of this user the session's current one."""

    def post(self, request: HttpRequest) -> HttpResponse:
        wanted = request.POST.get("store", "")
        with all_stores():
            found = Membership.objects.filter(
                user=self.member.user,
                store_id=int(wanted) if wanted.isdigit() else 0,
                is_active=True,
                removed_at__isnull=True,
            ).exists()
        if not found or self.member.session is None:
            raise NotFound()
        LoginSession.objects.filter(pk=self.member.session.pk).update(store_id=int(wanted))
        return redirect("home")


def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the language in a cookie for a year."""
    language = request.POST.get("language", "")
    response: Any = HttpResponseRedirect(
        safe_next(request, request.POST.get("next", "") or request.META.get("HTTP_REFERER", ""), "/")
    )
    if request.method == "POST" and language in dict(settings.LANGUAGES):
        response.set_cookie(
            "bos_language",
            language,
            max_age=31536000,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
        )
    return response
