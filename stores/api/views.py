"""The store over HTTP."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline.api.views import ApiView, IdempotentMixin
from bosonline.errors import ServiceFailed
from bosonline.gateways.base import GatewayError
from bosonline.gateways.boscod import boscod_client
from bosonline.throttle import Limit
from stores import queries
from stores.api import serializers as s
from stores.models import Bank, BankAccount, Courier, Province, Warehouse
from stores.services import stores as services

KEYWORD = OpenApiParameter("keyword", str)


class StoreView(ApiView):
    """The store's profile and options."""

    group = "store"
    rights = {"PUT": "store.edit"}

    @extend_schema(responses={200: s.StoreOut})
    def get(self, request: Request) -> Response:
        return Response({"data": s.StoreOut(self.member.store).data})

    @extend_schema(request=s.StoreIn, responses={200: s.StoreOut})
    def put(self, request: Request) -> Response:
        data = self.parse(s.StoreIn, partial=True)
        return Response({"data": s.StoreOut(services.store_update(store=self.member.store, **data)).data})


class SubdomainCheckView(ApiView):
    """Whether a subdomain may be taken: available, reason, suggestions."""

    group = "store"

    @extend_schema(parameters=[OpenApiParameter("subdomain", str, required=True)], responses={200: dict})
    def get(self, request: Request) -> Response:
        name = request.query_params.get("subdomain", "")[:80]
        return Response({"data": services.subdomain_check(name, store=self.member.store)})


class SubdomainView(ApiView):
    """Change the store's subdomain."""

    group = "store"
    rights = {"PUT": "store.edit"}

    @extend_schema(request=s.SubdomainIn, responses={200: s.StoreOut})
    def put(self, request: Request) -> Response:
        store = services.subdomain_set(store=self.member.store, name=self.parse(s.SubdomainIn)["subdomain"])
        return Response({"data": s.StoreOut(store).data})


class WarehouseCreateView(IdempotentMixin, ApiView):
    """Add a pick-up point; it is registered with BosCOD right after."""

    group = "store"
    rights = {"POST": "store.edit"}

    @extend_schema(request=s.WarehouseIn, responses={201: s.WarehouseOut})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = services.warehouse_create(store=self.member.store, **self.parse(s.WarehouseIn))
        return Response({"data": s.WarehouseOut(row).data}, status=201)


class WarehouseListView(ApiView):
    """The store's pick-up points."""

    group = "profile"

    @extend_schema(responses={200: s.WarehouseOut(many=True)})
    def get(self, request: Request) -> Response:
        rows = (
            Warehouse.objects.select_related("district__city__province")
            .filter(deleted_at__isnull=True)
            .order_by("-is_default", "id")
        )
        data = s.WarehouseOut(rows, many=True).data
        return Response({"data": data, "total": len(data)})


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
    """The store's bank accounts."""

    group = "rekening"
    rights = {"GET": "bank_accounts.view", "POST": "bank_accounts.create"}

    @extend_schema(responses={200: s.BankAccountOut(many=True)})
    def get(self, request: Request) -> Response:
        rows = BankAccount.objects.select_related("bank").filter(deleted_at__isnull=True).order_by("-is_default", "id")
        data = s.BankAccountOut(rows, many=True).data
        return Response({"data": data, "total": len(data)})

    @extend_schema(request=s.BankAccountIn, responses={201: s.BankAccountOut})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = services.bank_account_create(store=self.member.store, **self.parse(s.BankAccountIn))
        return Response({"data": s.BankAccountOut(row).data}, status=201)


class BankAccountView(ApiView):
    """One bank account."""

    group = "rekening"
    rights = {"GET": "bank_accounts.view"}

    @extend_schema(responses={200: s.BankAccountOut})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"data": s.BankAccountOut(services.bank_account_of(pk)).data})


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
