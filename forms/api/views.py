"""What a buyer's page reads and tells before it orders, and shipping prices for sellers."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline import phone as phones
from bosonline.api.lists import parse_int
from bosonline.api.views import ApiView
from bosonline.errors import ValidationFailed
from bosonline.tenancy import store_scope
from bosonline.throttle import Limit
from forms import queries
from forms.api import serializers as s
from forms.prefill import prefill_forget, prefill_of
from forms.pricing import Basket, basket_of
from forms.services import abandoned, stats
from forms.services.rates import rates_find, shipping_options
from forms.services.vouchers import vouchers_for
from forms.snapshot import Snapshot
from stores.models import Warehouse
from stores.queries import area_of

STORE = OpenApiParameter("store", str, description="the store's subdomain, when not asked on its own host")


class CheckoutFormView(ApiView):
    """Everything the buyer's page needs, in one answer."""

    actor, group = "public", "checkout"
    limits = {"GET": Limit(600, 60)}

    @extend_schema(parameters=[STORE], responses={200: dict})
    def get(self, request: Request, slug: str) -> Response:
        store_id = queries.buyer_store_id(request._request, request.query_params.get("store", ""))
        data = queries.page_data(queries.public_snapshot(store_id, slug))
        data["prefill"] = prefill_of(request._request)
        if data["prefill"]:
            return Response({"data": data}, headers={"Cache-Control": "private, no-store"})
        etag = f'"{hashlib.sha256(orjson.dumps(data)).hexdigest()[:20]}"'
        if request.headers.get("If-None-Match") == etag:
            return Response(status=304, headers={"ETag": etag})
        return Response({"data": data}, headers={"ETag": etag, "Cache-Control": "public, max-age=0, must-revalidate"})


def asked(request: Request) -> Snapshot:
    """The form named by ``form``, ``store`` and, in test mode, ``test_token``."""
    params = request.query_params
    return queries.asked_snapshot(
        request._request, params.get("form", ""), store=params.get("store", ""), test_token=params.get("test_token", "")
    )


def chosen_basket(request: Request, snapshot: Snapshot) -> Basket:
    """The basket named by ``items=7:2,9:1`` or ``package=…`` and ``bump=1`` in the query."""
    params = request.query_params
    items: list[dict[str, int]] = []
    for part in [p for p in params.get("items", "").split(",") if p][:30]:
        variant_id, _sep, qty = part.partition(":")
        if (
            not variant_id.isdecimal()
            or not (qty or "1").isdecimal()
            or not part.isascii()
            or len(part) > 30
            or int(qty or 1) < 1
        ):
            raise ValidationFailed.field("items", _("Write items as variant:quantity, separated by commas."))
        items.append({"variant_id": int(variant_id), "qty": int(qty or 1)})
    package = params.get("package", "") or params.get("package_id", "")
    return basket_of(snapshot, items=items, package_id=package or None, bump=params.get("bump") in ("1", "true"))


class RatesView(ApiView):
    """Courier services with price, COD cover and a signed quote."""

    actor, group = "public", "checkout"
    limits = {"GET": Limit(120, 60)}

    @extend_schema(
        parameters=[
            OpenApiParameter("form", str, required=True), STORE, OpenApiParameter("district", int, required=True),
            OpenApiParameter("items", str), OpenApiParameter("package", str), OpenApiParameter("payment_method", str),
        ],
        responses={200: dict},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        params = request.query_params
        snapshot = asked(request)
        district = parse_int(params, "district", 0, maximum=2**31 - 1)
        if area_of(district) is None:
            raise ValidationFailed.field("district", _("Choose your district from the list."))
        method = params.get("payment_method", "") or next(iter(snapshot.methods))
        if method not in snapshot.methods:
            raise ValidationFailed.field("payment_method", _("Choose a payment method."))
        basket = chosen_basket(request, snapshot)
        data, refreshing = shipping_options(snapshot, basket, destination_id=district, method=method)
        return Response({"data": data, "total": len(data), "refreshing": refreshing})


class CheckoutVouchersView(ApiView):
    """Vouchers that can be used for this form, these items, this destination and method; with ``code`` that one's answer."""

    actor, group = "public", "checkout"
    limits = {"GET": Limit(60, 60)}

    @extend_schema(
        parameters=[
            OpenApiParameter("form", str, required=True), STORE, OpenApiParameter("district", int),
            OpenApiParameter("items", str), OpenApiParameter("package", str), OpenApiParameter("payment_method", str),
            OpenApiParameter("courier_quote", str), OpenApiParameter("phone", str), OpenApiParameter("code", str),
        ],
        responses={200: dict},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        params = request.query_params
        snapshot = asked(request)
        method = params.get("payment_method", "") or next(iter(snapshot.methods))
        if method not in snapshot.methods:
            raise ValidationFailed.field("payment_method", _("Choose a payment method."))
        with store_scope(snapshot.store["id"]):
            data = vouchers_for(
                snapshot, chosen_basket(request, snapshot), method=method,
                district_id=parse_int(params, "district", 0, maximum=2**31 - 1), phone=params.get("phone", "")[:40],
                quote=params.get("courier_quote", "")[:1000], code=params.get("code", "")[:30].replace("\x00", "?"),
            )  # fmt: skip
        return Response({"data": data, "total": len(data)})


class ForgetView(ApiView):
    """ "Bukan saya": this browser forgets the buyer's details."""

    actor, group = "public", "checkout"
    limits = {"POST": Limit(30, 60)}

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        response = Response(status=204)
        prefill_forget(response)
        return response


class StoreRatesView(ApiView):
    """Shipping prices for sellers (endpoint Cek Ongkir): from the default warehouse, by weight."""

    group = "boscod"
    rights = {"GET": "shipping.view"}

    @extend_schema(
        parameters=[OpenApiParameter("district", int, required=True), OpenApiParameter("weight", int)],
        responses={200: dict},
    )
    def get(self, request: Request) -> Response:
        district = parse_int(request.query_params, "district", 0, maximum=2**31 - 1)
        weight = parse_int(request.query_params, "weight", 1000, minimum=1, maximum=99_000)
        warehouse = (
            Warehouse.objects.select_related("district").filter(is_default=True, deleted_at__isnull=True).first()
        )
        if warehouse is None:
            raise ValidationFailed.field(
                "warehouse", _("Add a warehouse first: couriers need to know where to collect.")
            )
        if area_of(district) is None:
            raise ValidationFailed.field("district", _("Choose your district from the list."))
        rates, estimate = rates_find(warehouse.district.boscod_id or 0, district, weight)
        data = [
            {
                "courier_code": r.courier_code, "courier_name": r.courier_name, "service_code": r.service_code,
                "service_name": r.service_name, "price": r.price, "original_price": r.max_price, "etd": r.etd,
                "cod": r.cod, "estimate": estimate,
            }
            for r in sorted(rates, key=lambda r: r.price)
        ]  # fmt: skip
        return Response({"data": data, "total": len(data)})


class AbandonedView(ApiView):
    """Keep what the buyer typed so far, from the moment the phone is valid."""

    actor, group = "public", "checkout"
    limits = {"POST": Limit(60, 60)}

    @extend_schema(
        request=s.AbandonedIn, responses={201: dict},
        examples=[OpenApiExample("begun", request_only=True, value={
            "form": "madu-asli", "phone": "081234567890", "name": "Siti", "data": {"area": "Juwana, Pati"},
        })],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        data = self.parse(s.AbandonedIn)
        store_id = queries.buyer_store_id(request._request, data["store"])
        snapshot = queries.public_snapshot(store_id, data["form"])
        with store_scope(store_id):
            _row, token = abandoned.abandoned_capture(
                snapshot=snapshot, phone=data["phone"], name=data["name"], data=data["data"], token=data["token"]
            )
        return Response({"data": {"token": token}}, status=201)


class AbandonedUpdateView(ApiView):
    """Update a kept checkout while the buyer types."""

    actor, group = "public", "checkout"
    limits = {"PUT": Limit(240, 60)}

    @extend_schema(
        request=s.AbandonedUpdateIn, parameters=[STORE], responses={200: dict},
        examples=[OpenApiExample("more", value={"name": "Siti Aminah", "data": {"street": "Jl. Melati 5"}}, request_only=True)],
    )  # fmt: skip
    def put(self, request: Request, token: str) -> Response:
        data = self.parse(s.AbandonedUpdateIn)
        store_id = queries.buyer_store_id(request._request, request.query_params.get("store", ""))
        with store_scope(store_id):
            row = abandoned.abandoned_update(token=token, name=data["name"], data=data["data"])
        return Response({"data": {"token": token, "status": row.status}})


class ViewsView(ApiView):
    """Count a view or a start of a form (the page's beacon)."""

    actor, group = "public", "checkout"
    limits = {"POST": Limit(240, 60)}

    @extend_schema(
        request=s.ViewIn, responses={202: None},
        examples=[OpenApiExample("view", value={"form": "madu-asli", "kind": "views"}, request_only=True)],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        data = self.parse(s.ViewIn)
        store_id = queries.buyer_store_id(request._request, data["store"])
        snapshot = queries.public_snapshot(store_id, data["form"])
        stats.count(form_id=snapshot.form_id, time_zone=snapshot.store["time_zone"], kind=data["kind"])
        return Response(status=202)


def whatsapp_answer(text: str) -> dict[str, Any]:
    """``{"phone", "valid", "registered", "source"}``; registered is null while no gateway is connected (api.md)."""
    try:
        phone = phones.normalise(text[:40])
    except phones.InvalidPhone:
        return {"phone": None, "valid": False, "registered": None, "source": "format"}
    return {"phone": phone, "valid": phones.is_mobile(phone), "registered": None, "source": "format"}


class WhatsAppCheckoutView(ApiView):
    """Whether a number can carry WhatsApp."""

    actor, group = "public", "checkout"
    limits = {"GET": Limit(60, 60)}

    @extend_schema(parameters=[OpenApiParameter("phone", str, required=True), STORE], responses={200: dict})
    def get(self, request: Request) -> Response:
        queries.buyer_store_id(request._request, request.query_params.get("store", ""))
        return Response({"data": whatsapp_answer(request.query_params.get("phone", ""))})


class WhatsAppStoreView(ApiView):
    """The same for sellers."""

    group = "order"

    @extend_schema(parameters=[OpenApiParameter("phone", str, required=True)], responses={200: dict})
    def get(self, request: Request) -> Response:
        return Response({"data": whatsapp_answer(request.query_params.get("phone", ""))})
