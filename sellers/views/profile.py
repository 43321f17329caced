"""Pengaturan › Profil, Keamanan, Sesi, Notifikasi, Hapus akun: about the person, whatever store is open."""

from __future__ import annotations

from typing import Any

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from bosonline.api.lists import page_of
from bosonline.errors import DomainError
from sellers import queries
from sellers.devices import device_label, is_phone
from sellers.forms import CodeForm, PasswordCheckForm, PasswordCodeForm, PasswordForm, ProfileForm
from sellers.models import LoginAttempt
from sellers.pages import StorePage, put_errors
from sellers.services import accounts, deletion, second_factor, sessions
from sellers.views.auth import language_cookie
from stores.notices import GROUPS
from stores.services import notifications as told


@method_decorator(never_cache, name="dispatch")
class PersonPage(StorePage):
    """A settings page about oneself: no right is needed, and no store either."""

    needs_store = False


class ProfilePage(PersonPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        user = self.member.user
        start = {"name": user.name, "email": user.email, "phone": user.phone, "language": user.language}
        return self._show(ProfileForm(initial=start))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ProfileForm(request.POST)
        if form.is_valid():
            try:
                user = accounts.profile_update(user=self.member.user, **form.cleaned_data)
            except DomainError as exc:
                put_errors(form, exc)
            else:
                messages.success(request, _("Saved."))
                response = redirect("settings-profile")
                language_cookie(response, user.language)
                return response
        self.member.user.refresh_from_db()
        return self._show(form, status=422)

    def _show(self, form: ProfileForm, status: int = 200) -> HttpResponse:
        return render(self.request, "settings/profile.html", {"form": form, "person": self.member.user}, status=status)


class ConfirmAgainPage(PersonPage):
    def post(self, request: HttpRequest) -> HttpResponse:
        accounts.email_confirm_again(user=self.member.user)
        messages.success(request, _("The letter is on its way."))
        return redirect("settings-profile")


class SecurityPage(PersonPage):
    """Password and second factor."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show()

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PasswordForm(request.POST)
        if form.is_valid():
            try:
                assert self.member.session is not None
                accounts.password_change(user=self.member.user, session_id=self.member.session.pk, **form.cleaned_data)
            except DomainError as exc:
                put_errors(form, exc)
            else:
                messages.success(request, _("The new password is set. Other devices were logged out."))
                return redirect("settings-security")
        return self._show(form=form, status=422)

    def _show(self, *, form: PasswordForm | None = None, status: int = 200) -> HttpResponse:
        context = {"form": form or PasswordForm(), "factor": queries.second_factor_state(self.member.user)}
        return render(self.request, "settings/security.html", context, status=status)


class SecondFactorPage(PersonPage):
    """Setting the second factor up: password → QR code → first code → recovery codes."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if queries.second_factor_state(self.member.user)["enabled"]:
            return redirect("settings-security")
        return self._show({"step": "password", "form": PasswordCheckForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        user = self.member.user
        if "otp" in request.POST:
            form = CodeForm(request.POST)
            if form.is_valid():
                try:
                    codes = second_factor.second_factor_confirm(user=user, code=form.cleaned_data["otp"])
                    return self._show({"step": "codes", "codes": codes})
                except DomainError as exc:
                    put_errors(form, exc)
            return self._scan(form, status=422)
        check = PasswordCheckForm(request.POST)
        if check.is_valid():
            try:
                sessions.password_check(user=user, **check.cleaned_data)
                second_factor.second_factor_start(user=user)
                return self._scan(CodeForm())
            except DomainError as exc:
                put_errors(check, exc)
        return self._show({"step": "password", "form": check}, status=422)

    def _scan(self, form: CodeForm, status: int = 200) -> HttpResponse:
        pending = second_factor.second_factor_pending(self.member.user)
        if pending is None:
            return redirect("settings-security")
        secret, address = pending
        picture = segno.make(address, error="m").svg_data_uri(scale=5, border=2, dark="#000", light="#fff")
        grouped = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
        return self._show({"step": "scan", "form": form, "picture": picture, "secret": grouped}, status=status)

    def _show(self, context: dict[str, Any], status: int = 200) -> HttpResponse:
        return render(self.request, "settings/second_factor.html", context, status=status)


class SecondFactorChangePage(PersonPage):
    """Switching it off, or new recovery codes: both ask for password and code."""

    actions = {"matikan": (), "kode": ()}

    def get(self, request: HttpRequest, action: str) -> HttpResponse:
        return self._show(action, PasswordCodeForm())

    def post(self, request: HttpRequest, action: str) -> HttpResponse:
        form = PasswordCodeForm(request.POST)
        if form.is_valid():
            user = self.member.user
            try:
                sessions.password_check(user=user, password=form.cleaned_data["password"])
                second_factor.code_check(user=user, code=form.cleaned_data["otp"])
            except DomainError as exc:
                put_errors(form, exc)
            else:
                if action == "kode":
                    codes = second_factor.recovery_codes_renew(user=user)
                    return render(request, "settings/second_factor.html", {"step": "codes", "codes": codes})
                second_factor.second_factor_stop(user=user)
                messages.success(request, _("The second factor is off."))
                return redirect("settings-security")
        return self._show(action, form, status=422)

    def _show(self, action: str, form: PasswordCodeForm, status: int = 200) -> HttpResponse:
        if not queries.second_factor_state(self.member.user)["enabled"]:
            return redirect("settings-security")
        return render(
            self.request, "settings/second_factor_change.html", {"form": form, "action": action}, status=status
        )


class SessionsPage(PersonPage):
    """Where one is logged in, and what was tried."""

    def get(self, request: HttpRequest) -> HttpResponse:
        from sellers.api.views import HISTORY

        current = self.member.session.pk if self.member.session else 0
        rows = [
            {
                "row": r,
                "device": device_label(r.user_agent),
                "phone": is_phone(r.user_agent),
                "current": r.pk == current,
            }
            for r in queries.sessions_active(self.member.user.pk)
        ]
        rows.sort(key=lambda r: not r["current"])
        params = request.GET.dict() | {"limit": "20"}
        page = page_of(LoginAttempt.objects.filter(user=self.member.user), params, HISTORY)
        reasons = {
            "": "", "password": _("wrong password"), "second_factor": _("wrong code"), "inactive": _("account paused"),
        }  # fmt: skip
        history = [
            {"row": a, "device": device_label(a.user_agent), "reason": reasons.get(a.reason, a.reason)}
            for a in page.rows
        ]
        return render(request, "settings/sessions.html", {"rows": rows, "history": history, "page": page})


class SessionEndPage(PersonPage):
    """End one (``pk``) or all others."""

    def post(self, request: HttpRequest, pk: int = 0) -> HttpResponse:
        if pk:
            sessions.session_end_own(user_id=self.member.user.pk, session_id=pk)
            messages.success(request, _("The session was ended."))
        else:
            keep = self.member.session.pk if self.member.session else None
            sessions.sessions_end_others(user_id=self.member.user.pk, keep_id=keep)
            messages.success(request, _("Other devices were logged out."))
        return redirect("settings-sessions")


class NotificationSettingsPage(StorePage):
    """What one wants to hear of in this store."""

    def get(self, request: HttpRequest) -> HttpResponse:
        row = told.preferences_of(user_id=self.member.user.pk, store=self.store)
        groups = [{"key": key, "label": label, "on": key not in row.muted} for key, label in GROUPS.items()]
        return render(request, "settings/notifications.html", {"groups": groups, "digest": row.digest})

    def post(self, request: HttpRequest) -> HttpResponse:
        wanted = request.POST.getlist("groups")
        told.preferences_set(
            user_id=self.member.user.pk, store=self.store,
            muted=[key for key in GROUPS if key not in wanted], digest="digest" in request.POST,
        )  # fmt: skip
        messages.success(request, _("Saved."))
        return redirect("settings-notifications")


class DeletionPage(PersonPage):
    """Hapus akun: what happens, then the password; or taking it back."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(PasswordCheckForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        user = self.member.user
        if "cancel" in request.POST:
            deletion.deletion_cancel(user=user)
            messages.success(request, _("Your account stays."))
            return redirect("settings-deletion")
        form = PasswordCheckForm(request.POST)
        if form.is_valid():
            try:
                keep = self.member.session.pk if self.member.session else None
                deletion.deletion_request(user=user, session_id=keep, **form.cleaned_data)
            except DomainError as exc:
                put_errors(form, exc)
            else:
                return redirect("settings-deletion")
        return self._show(form, status=422)

    def _show(self, form: PasswordCheckForm, status: int = 200) -> HttpResponse:
        user = self.member.user
        context = {
            "form": form,
            "erase_at": deletion.erase_at(user),
            "closing": deletion.stores_that_close(user),
            "zone": self.member.store.time_zone if self.member.store else "Asia/Jakarta",
        }
        return render(self.request, "settings/deletion.html", context, status=status)
