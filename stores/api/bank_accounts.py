"""Rekening over HTTP."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline.api.views import ApiView, IdempotentMixin
from stores import queries
from stores.api import serializers as s
from stores.models import Bank
from stores.services import bank_accounts as accounts


class BankListView(ApiView):
    """Banks a rekening can be at."""

    group = "rekening"

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        data = [
            {"code": b.code, "name": b.name, "short_name": b.short_name} for b in Bank.objects.order_by("short_name")
        ]
        return Response({"data": data, "total": len(data)})


class BankAccountsView(IdempotentMixin, ApiView):
    """The store's bank accounts, the default first. Numbers are whole only for roles that may change them."""

    group = "rekening"
    rights = {"GET": "bank_accounts.view", "POST": "bank_accounts.create"}

    @extend_schema(responses={200: s.BankAccountOut(many=True)})
    def get(self, request: Request) -> Response:
        data = s.BankAccountOut(queries.bank_accounts_of(), many=True, context=whole(self.member)).data
        return Response({"data": data, "total": len(data)})

    @extend_schema(request=s.BankAccountIn, responses={201: s.BankAccountOut})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = accounts.bank_account_create(
            store=self.member.store, actor=self.member, **self.parse(s.BankAccountIn)
        )  # fmt: skip
        return Response({"data": s.BankAccountOut(row, context=whole(self.member)).data}, status=201)


class BankAccountView(ApiView):
    """One bank account. Deleting the default moves it; the answer says to which account."""

    group = "rekening"
    rights = {"GET": "bank_accounts.view", "PUT": "bank_accounts.edit", "DELETE": "bank_accounts.delete"}

    @extend_schema(responses={200: s.BankAccountOut})
    def get(self, request: Request, pk: int) -> Response:
        row = accounts.bank_account_of(pk)
        return Response({"data": s.BankAccountOut(row, context=whole(self.member)).data})

    @extend_schema(request=s.BankAccountEdit(partial=True), responses={200: s.BankAccountOut})
    def put(self, request: Request, pk: int) -> Response:
        accounts.bank_account_of(pk)
        values = self.parse(s.BankAccountEdit, partial=True)
        row = accounts.bank_account_update(account_id=pk, actor=self.member, **values)
        return Response({"data": s.BankAccountOut(row, context=whole(self.member)).data})

    @extend_schema(responses={200: dict})
    def delete(self, request: Request, pk: int) -> Response:
        heir = accounts.bank_account_delete(account_id=pk, actor=self.member)
        return Response({"message": _("The account was deleted."), "default_id": heir.pk if heir else None})


class BankAccountStatusView(ApiView):
    """Show an account to buyers or hide it. Hiding the default moves it; ``default_id`` says to which account."""

    group = "rekening"
    rights = {"PATCH": "bank_accounts.edit"}

    @extend_schema(request=s.ActiveIn, responses={200: s.BankAccountOut})
    def patch(self, request: Request, pk: int) -> Response:
        accounts.bank_account_of(pk)
        is_active = self.parse(s.ActiveIn)["is_active"]
        heir = accounts.bank_account_set_active(account_id=pk, is_active=is_active, actor=self.member)
        row = s.BankAccountOut(accounts.bank_account_of(pk), context=whole(self.member)).data
        return Response({"data": row, "default_id": heir.pk if heir else None})


def whole(member: Any) -> dict[str, bool]:
    """Who may change an account sees its number; who may only look sees its last four digits."""
    return {"whole": member.may("bank_accounts.edit")}
