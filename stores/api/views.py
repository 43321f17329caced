"""The store over HTTP."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline.api.views import ApiView, IdempotentMixin
from bosonline.errors import ServiceFailed, ValidationFailed
from bosonline.gateways.base import GatewayError
from bosonline.gateways.boscod import boscod_client
from bosonline.throttle import Limit
from stores import queries
from stores.api import serializers as s
from stores.models import Bank, Courier, Province
from stores.services import bank_accounts as accounts
from stores.services import domains, warehouses
from stores.services import stores as services
from stores.services.subdomains import subdomain_check, subdomain_set

KEYWORD = OpenApiParameter("keyword", str)


class StoreView(ApiView):
    """The store's profile and options. Every member may read them; changing them is in the timeline."""

    group = "store"
    rights = {"PUT": "store.edit"}

    @extend_schema(responses={200: s.StoreOut})
    def get(self, request: Request) -> Response:
        return Response({"data": s.StoreOut(self.member.store).data})

    @extend_schema(request=s.StoreIn, responses={200: s.StoreOut})
    def put(self, request: Request) -> Response:
        data = self.parse(s.StoreIn, partial=True)
        store = services.store_update(store=self.member.store, actor_id=self.member.pk, **data)
        return Response({"data": s.StoreOut(store).data})


class LogoView(ApiView):
    """The store's logo: JPEG, PNG, WebP or GIF by content, re-encoded to at most 320 × 320 px without metadata.

    413 above the size limit, 422 for anything that is no such picture.
    """

    group = "store"
    rights = {"POST": "store.edit", "DELETE": "store.edit"}
    limits = {"POST": Limit(30, 60)}

    @extend_schema(request={"multipart/form-data": s.LogoIn}, responses={200: s.StoreOut})
    def post(self, request: Request) -> Response:
        upload = request.FILES.get("logo")
        if upload is None:
            raise ValidationFailed.field("logo", _("Send a picture as multipart field “logo”."))
        store = services.logo_set(store=self.member.store, upload=upload, actor_id=self.member.pk)
        return Response({"data": s.StoreOut(store).data})

    @extend_schema(responses={200: s.StoreOut})
    def delete(self, request: Request) -> Response:
        store = services.logo_remove(store=self.member.store, actor_id=self.member.pk)
        return Response({"data": s.StoreOut(store).data})


class SubdomainCheckView(ApiView):
    """Whether a subdomain may be taken: available, reason, message, up to three suggestions."""

    group = "store"

    @extend_schema(parameters=[OpenApiParameter("subdomain", str, required=True)], responses={200: dict})
    def get(self, request: Request) -> Response:
        name = request.query_params.get("subdomain", "").replace("\x00", "")[:80]
        return Response({"data": subdomain_check(name, store=self.member.store)})


class SubdomainView(ApiView):
    """Change the store's subdomain. The old one redirects for 90 days."""

    group = "store"
    rights = {"PUT": "store.edit"}

    @extend_schema(request=s.SubdomainIn, responses={200: s.StoreOut})
    def put(self, request: Request) -> Response:
        name = self.parse(s.SubdomainIn)["subdomain"]
        store = subdomain_set(store=self.member.store, name=name, actor_id=self.member.pk)
        return Response({"data": s.StoreOut(store).data})


class DomainsView(ApiView):
    """The store's names: subdomain, own domains with their DNS records and state, old names that redirect."""

    group = "store"
    rights = {"GET": "store.view", "POST": "store.edit"}

    @extend_schema(responses={200: s.DomainOut(many=True)})
    def get(self, request: Request) -> Response:
        data = s.DomainOut(queries.domains_of(), many=True).data
        return Response({"data": data, "total": len(data)})

    @extend_schema(request=s.DomainIn, responses={201: s.DomainOut})
    def post(self, request: Request) -> Response:
        """Add an own domain; ``records`` are what to set in its DNS."""
        hostname = self.parse(s.DomainIn)["hostname"]
        row = domains.domain_add(store=self.member.store, hostname=hostname, actor_id=self.member.pk)
        return Response({"data": s.DomainOut(row).data}, status=201)


class DefaultDomainView(ApiView):
    """The name that links use from now on."""

    group = "store"
    rights = {"PUT": "store.edit"}

    @extend_schema(request=s.DefaultDomainIn, responses={200: s.DomainOut})
    def put(self, request: Request) -> Response:
        domain_id = self.parse(s.DefaultDomainIn)["id"]
        row = domains.domain_set_default(store=self.member.store, domain_id=domain_id, actor_id=self.member.pk)
        return Response({"data": s.DomainOut(row).data})


class DomainView(ApiView):
    """Take an own domain away."""

    group = "store"
    rights = {"DELETE": "store.edit"}

    @extend_schema(responses={200: dict})
    def delete(self, request: Request, pk: int) -> Response:
        domains.domain_remove(domain_id=pk, actor_id=self.member.pk)
        return Response({"message": _("The domain was removed.")})


class DomainVerifyView(ApiView):
    """Look the DNS up now. Takes a few seconds at most; each record says ``ok``, ``found``, ``expected``, ``message``."""

    group = "store"
    rights = {"POST": "store.edit"}

    @extend_schema(request=None, responses={200: s.DomainOut})
    def post(self, request: Request, pk: int) -> Response:
        row = domains.domain_verify(domain_id=pk, actor_id=self.member.pk)
        return Response({"data": s.DomainOut(row).data})


class WarehouseCreateView(IdempotentMixin, ApiView):
    """Add a pick-up point; it is registered with BosCOD right after."""

    group = "store"
    rights = {"POST": "store.edit"}

    @extend_schema(request=s.WarehouseIn, responses={201: s.WarehouseOut})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = warehouses.warehouse_create(
            store=self.member.store, actor_id=self.member.pk, **self.parse(s.WarehouseIn)
        )  # fmt: skip
        return Response({"data": s.WarehouseOut(row).data}, status=201)


class WarehouseListView(ApiView):
    """The store's pick-up points with their state at BosCOD."""

    group = "profile"

    @extend_schema(responses={200: s.WarehouseOut(many=True)})
    def get(self, request: Request) -> Response:
        data = s.WarehouseOut(queries.warehouses_of(), many=True).data
        return Response({"data": data, "total": len(data)})


class WarehouseView(ApiView):
    """One pick-up point. A change of what BosCOD knows registers it again. Deleting what is needed is 409."""

    group = "profile"
    rights = {"PUT": "store.edit", "DELETE": "store.edit"}

    @extend_schema(responses={200: s.WarehouseOut})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"data": s.WarehouseOut(warehouses.warehouse_of(pk)).data})

    @extend_schema(request=s.WarehouseEdit, responses={200: s.WarehouseOut})
    def put(self, request: Request, pk: int) -> Response:
        warehouses.warehouse_of(pk)
        values = self.parse(s.WarehouseEdit, partial=True)
        row = warehouses.warehouse_update(warehouse_id=pk, actor_id=self.member.pk, **values)
        return Response({"data": s.WarehouseOut(row).data})

    @extend_schema(responses={200: dict})
    def delete(self, request: Request, pk: int) -> Response:
        heir = warehouses.warehouse_delete(warehouse_id=pk, actor_id=self.member.pk)
        return Response({"message": _("The warehouse was removed."), "default_id": heir.pk if heir else None})


class DefaultWarehouseView(ApiView):
    """New forms and products start at this warehouse."""

    group = "profile"
    rights = {"PUT": "store.edit"}

    @extend_schema(request=None, responses={200: s.WarehouseOut})
    def put(self, request: Request, pk: int) -> Response:
        row = warehouses.warehouse_set_default(warehouse_id=pk, actor_id=self.member.pk)
        return Response({"data": s.WarehouseOut(row).data})


class WarehouseRegisterView(ApiView):
    """Register a warehouse with BosCOD now. ``boscod_state`` says what came of it; 503 when BosCOD does not answer,
    it is then tried again by itself."""

    group = "boscod"
    rights = {"POST": "store.edit"}
    limits = {"POST": Limit(20, 60)}

    @extend_schema(request=s.WarehouseRegisterIn, responses={200: s.WarehouseOut})
    def post(self, request: Request) -> Response:
        warehouse_id = self.parse(s.WarehouseRegisterIn)["warehouse_id"]
        return Response({"data": s.WarehouseOut(warehouses.warehouse_register_now(warehouse_id=warehouse_id)).data})


class RegionView(ApiView):
    """One-box search over district, city, province and postal code."""

    actor, group = "public", "store"
    limits = {"GET": Limit(240, 60)}

    @extend_schema(parameters=[KEYWORD], responses={200: dict})
    def get(self, request: Request) -> Response:
        keyword = request.query_params.get("keyword", "").replace("\x00", "")
        areas = queries.areas_search(keyword)
        postal = next((w for w in keyword.split() if w.isdigit() and len(w) == 5), "")
        data = [a.as_api(postal if postal in a.postal_codes else "") for a in areas]
        response = Response({"data": data, "total": len(data)})
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response


class ProvinceView(ApiView):
    """All provinces."""

    actor, group = "public", "store"

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        data = [
            {"code": c, "id": i, "name": n}
            for c, i, n in Province.objects.order_by("name").values_list("code", "boscod_id", "name")
        ]
        response = Response({"data": data, "total": len(data)})
        response.headers["Cache-Control"] = "public, max-age=86400"
        return response


class ShippingAreaView(ApiView):
    """The same search for sellers (endpoint Wilayah)."""

    group = "boscod"

    @extend_schema(parameters=[KEYWORD], responses={200: dict})
    def get(self, request: Request) -> Response:
        data = [a.as_api() for a in queries.areas_search(request.query_params.get("keyword", "").replace("\x00", ""))]
        return Response({"data": data, "total": len(data)})


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
            store=self.member.store, actor_id=self.member.pk, **self.parse(s.BankAccountIn)
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

    @extend_schema(request=s.BankAccountEdit, responses={200: s.BankAccountOut})
    def put(self, request: Request, pk: int) -> Response:
        accounts.bank_account_of(pk)
        values = self.parse(s.BankAccountEdit, partial=True)
        row = accounts.bank_account_update(account_id=pk, actor_id=self.member.pk, **values)
        return Response({"data": s.BankAccountOut(row, context=whole(self.member)).data})

    @extend_schema(responses={200: dict})
    def delete(self, request: Request, pk: int) -> Response:
        heir = accounts.bank_account_delete(account_id=pk, actor_id=self.member.pk)
        return Response({"message": _("The account was deleted."), "default_id": heir.pk if heir else None})


class BankAccountStatusView(ApiView):
    """Show an account to buyers or hide it. Hiding the default moves it; ``default_id`` says to which account."""

    group = "rekening"
    rights = {"PATCH": "bank_accounts.edit"}

    @extend_schema(request=s.ActiveIn, responses={200: s.BankAccountOut})
    def patch(self, request: Request, pk: int) -> Response:
        accounts.bank_account_of(pk)
        is_active = self.parse(s.ActiveIn)["is_active"]
        heir = accounts.bank_account_set_active(account_id=pk, is_active=is_active, actor_id=self.member.pk)
        row = s.BankAccountOut(accounts.bank_account_of(pk), context=whole(self.member)).data
        return Response({"data": row, "default_id": heir.pk if heir else None})


def whole(member: Any) -> dict[str, bool]:
    """Who may change an account sees its number; who may only look sees its last four digits."""
    return {"whole": member.may("bank_accounts.edit")}


class CourierListView(ApiView):
    """Couriers that BosCOD offers, with their COD fee in basis points."""

    group = "order"

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        data = [
            {"code": c.code, "name": c.name, "cod_fee_bp": c.cod_fee_bp, "cod_fee_min": c.cod_fee_min}
            for c in Courier.objects.filter(is_active=True).order_by("name")
        ]
        return Response({"data": data, "total": len(data)})


class BosPayView(ApiView):
    """The seller's balance at BosCOD, in rupiah."""

    group = "boscod"
    rights = {"GET": "payments.view"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        try:
            balance = boscod_client().balance()
        except GatewayError as exc:
            raise ServiceFailed(_("BosCOD does not answer right now."), extra={"service": "boscod"}) from exc
        return Response({"data": {"balance": balance}})
