"""Pengaturan › Toko: profile, logo, and the options that change how orders are handled."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from bosonline.errors import DomainError, Forbidden, ValidationFailed
from sellers.navigation import settings_nav
from sellers.pages import StorePage, put_errors
from stores.forms import StoreSettingsForm
from stores.services import stores as services


class SettingsIndexPage(StorePage):
    """``/pengaturan`` leads to the first part that this person may see."""

    needs_store = False

    def get(self, request: HttpRequest) -> HttpResponse:
        parts = settings_nav(self.member)
        if not parts:
            raise Forbidden()
        return redirect(parts[0]["url"])


class StoreSettingsPage(StorePage):
    rights = {"GET": "store.view", "POST": "store.edit"}

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(StoreSettingsForm(instance=self.store))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = StoreSettingsForm(request.POST, instance=self.store)
        if form.is_valid():
            try:
                services.store_update(store=self.store, actor=self.member, **form.cleaned_data)
            except DomainError as exc:
                put_errors(form, exc)
            else:
                messages.success(request, _("Saved."))
                return redirect("settings-store")
        return self._show(form, status=422)

    def _show(self, form: StoreSettingsForm, status: int = 200, logo_errors: Any = ()) -> HttpResponse:
        if not self.member.may("store.edit"):
            for field in form.fields.values():
                field.disabled = True
        context = {
            "form": form,
            "store": self.store,
            "max_mb": settings.UPLOAD_MAX_BYTES // 1_048_576,
            "logo_errors": logo_errors,
        }
        return render(self.request, "settings/store.html", context, status=status)


class LogoPage(StoreSettingsPage):
    """Takes the logo of the same page, or takes it away."""

    rights = {"POST": "store.edit"}
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            if "remove" in request.POST:
                services.logo_remove(store=self.store, actor=self.member)
            else:
                upload = request.FILES.get("logo")
                if upload is None:
                    raise ValidationFailed.field("logo", _("Choose a picture first."))
                services.logo_set(store=self.store, upload=upload, actor=self.member)
        except DomainError as exc:
            errors = exc.errors.get("logo", [exc.message])
            return self._show(StoreSettingsForm(instance=self.store), status=exc.status, logo_errors=errors)
        messages.success(request, _("Saved."))
        return redirect("settings-store")
