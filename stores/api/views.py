"""The store over HTTP."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline.api.views import ApiView
from bosonline.errors import ServiceFailed, ValidationFailed
from bosonline.gateways.base import GatewayError
from bosonline.gateways.boscod import boscod_client
from bosonline.throttle import Limit
from stores import queries
from stores.api import serializers as s
from stores.areas import postal_code_of, postal_code_typed
from stores.models import Courier, Province
from stores.services import stores as services

KEYWORD = OpenApiParameter("keyword", str)


class StoreView(ApiView):
    """The store's profile and options, by the right that its page asks for; changing them is in the timeline."""

    group = "store"
    rights = {"GET": "store.view", "PUT": "store.edit"}

    @extend_schema(responses={200: s.StoreOut})
    def get(self, request: Request) -> Response:
        return Response({"data": s.StoreOut(self.member.store).data})

    @extend_schema(request=s.StoreIn(partial=True), responses={200: s.StoreOut})
    def put(self, request: Request) -> Response:
        data = self.parse(s.StoreIn, partial=True)
        store = services.store_update(store=self.member.store, actor=self.member, **data)
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
        store = services.logo_set(store=self.member.store, upload=upload, actor=self.member)
        return Response({"data": s.StoreOut(store).data})

    @extend_schema(responses={200: s.StoreOut})
    def delete(self, request: Request) -> Response:
        store = services.logo_remove(store=self.member.store, actor=self.member)
        return Response({"data": s.StoreOut(store).data})


def areas_found(keyword: str) -> list[dict[str, Any]]:
    """Rows of the one-box search; a postal code that was typed is the one that is shown and kept."""
    typed = postal_code_typed(keyword)
    areas = queries.areas_search(keyword)
    return [a.as_api(postal_code_of(a.postal_codes, typed) or "" if typed else "") for a in areas]


class RegionView(ApiView):
    """One-box search over district, city, province and postal code."""

    actor, group = "public", "store"
    limits = {"GET": Limit(240, 60)}

    @extend_schema(parameters=[KEYWORD], responses={200: dict})
    def get(self, request: Request) -> Response:
        data = areas_found(request.query_params.get("keyword", ""))
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
        data = areas_found(request.query_params.get("keyword", ""))
        return Response({"data": data, "total": len(data)})


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
