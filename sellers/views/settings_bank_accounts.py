"""Pengaturan › Rekening. Numbers are whole only for those who may change them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from bosonline.errors import DomainError
from sellers.pages import StorePage, put_errors
from stores.forms import BankAccountSettingsForm
from stores.models import BankAccount
from stores.queries import bank_accounts_of
from stores.services import bank_accounts as services

REVEAL = "bank_accounts.edit"


class BankAccountListPage(StorePage):
    right = "bank_accounts.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        whole = self.member.may(REVEAL)
        rows = [
            {"row": row, "number": row.number if whole else services.masked_number(row.number)}
            for row in bank_accounts_of()
        ]
        return render(request, "settings/bank_accounts.html", {"rows": rows, "whole": whole})


class BankAccountNewPage(StorePage):
    right = "bank_accounts.create"

    def get(self, request: HttpRequest) -> HttpResponse:
        return _show(request, BankAccountSettingsForm(initial={"holder": self.member.user.name}), None)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = BankAccountSettingsForm(request.POST)
        if form.is_valid():
            try:
                services.bank_account_create(store=self.store, actor=self.member, **form.cleaned_data)
            except DomainError as exc:
                put_errors(form, exc)
            else:
                messages.success(request, _("Saved."))
                return redirect("settings-bank-accounts")
        return _show(request, form, None, status=422)


class BankAccountEditPage(StorePage):
    right = "bank_accounts.edit"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = services.bank_account_of(pk)
        start = {
            "bank_code": row.bank_id, "number": row.number, "holder": row.holder, "is_default": row.is_default,
        }  # fmt: skip
        return _show(request, BankAccountSettingsForm(initial=start), row)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = services.bank_account_of(pk)
        form = BankAccountSettingsForm(request.POST)
        if form.is_valid():
            values: dict[str, Any] = form.cleaned_data
            if not values["is_default"]:
                values.pop("is_default")
            try:
                services.bank_account_update(account_id=row.pk, actor=self.member, **values)
            except DomainError as exc:
                put_errors(form, exc)
            else:
                messages.success(request, _("Saved."))
                return redirect("settings-bank-accounts")
        return _show(request, form, row, status=422)


class BankAccountAction(StorePage):
    """Default, on, off, delete."""

    actions = {
        **dict.fromkeys(("utama", "aktif", "nonaktif"), ("bank_accounts.edit",)),
        "hapus": ("bank_accounts.delete",),
    }

    def post(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        actor = self.member
        heir: BankAccount | None = None
        match action:
            case "utama":
                services.bank_account_update(account_id=pk, is_default=True, actor=actor)
            case "aktif" | "nonaktif":
                heir = services.bank_account_set_active(account_id=pk, is_active=action == "aktif", actor=actor)
            case "hapus":
                heir = services.bank_account_delete(account_id=pk, actor=actor)
        messages.success(request, f"{_('Saved.')} {heir_text(heir, pk)}".strip())
        return redirect("settings-bank-accounts")


def heir_text(heir: BankAccount | None, changed: int) -> str:
    """Who became the default because of a change, in a sentence; empty when nobody did."""
    if heir is None or heir.pk == changed:
        return ""
    number = services.masked_number(heir.number)
    return _("The default account is now %(bank)s %(number)s.") % {"bank": heir.bank.short_name, "number": number}


def _show(
    request: HttpRequest, form: BankAccountSettingsForm, row: BankAccount | None, status: int = 200
) -> HttpResponse:
    return render(request, "settings/bank_account_edit.html", {"form": form, "row": row}, status=status)
