"""Vouchers over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline.api.views import ApiView, IdempotentMixin
from catalog import queries
from catalog.api import serializers as s
from catalog.api.common import LIST
from catalog.services import vouchers as services

EXAMPLE = OpenApiExample(
    "10 % off, at most Rp 20.000",
    request_only=True,
    value={
        "code": "HEMAT10", "description": "Hemat 10 % sampai akhir bulan", "type": "product", "value_type": "percent",
        "value": 10, "max_discount": 20_000, "start_date": "2026-06-01", "end_date": "2026-06-30", "voucher_stok": 100,
        "voucher_limit": 1, "min_purchase": 50_000, "min_qty": 0, "payment_methods": ["cod", "bank_transfer"],
        "apply_target_type": "area", "province_codes": ["33", "34"], "courier_codes": [], "product_ids": [],
        "is_active": True, "is_listed": True,
    },
)  # fmt: skip


def voucher_input(data: dict[str, Any]) -> services.VoucherInput:
    """The body of api.md as the service takes it."""
    lists: dict[str, Any] = {
        name: tuple(data[name]) for name in ("payment_methods", "province_codes", "courier_codes", "product_ids")
    }
    names = ("code", "description", "value_type", "value", "max_discount", "start_date", "end_date", "voucher_limit",
             "min_purchase", "min_qty", "apply_target_type", "is_active", "is_listed")  # fmt: skip
    return services.VoucherInput(kind=data["type"], stock=data["voucher_stok"], **{n: data[n] for n in names}, **lists)


class VouchersView(IdempotentMixin, ApiView):
    """Vouchers, exactly as documented."""

    group = "voucher"
    rights = {"GET": "vouchers.view", "POST": "vouchers.create"}

    @extend_schema(
        parameters=[
            OpenApiParameter("active", str, enum=["0", "1"]), OpenApiParameter("start_date", str),
            OpenApiParameter("end_date", str), OpenApiParameter("type", str, enum=["all", "product", "ongkir"]), *LIST,
        ],
        responses={200: dict},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        page = queries.vouchers_page(request.query_params, self.member.store)
        return Response({"data": [queries.voucher_row(v) for v in page.rows], "total": page.total})

    @extend_schema(request=s.VoucherIn, responses={201: dict}, examples=[EXAMPLE])
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        data = voucher_input(self.parse(s.VoucherIn))
        made = services.voucher_create(store=self.member.store, data=data, actor=self.member)
        return Response({"data": queries.voucher_as_api(queries.voucher_get(made.pk, self.member.store))}, status=201)


class VoucherView(ApiView):
    """One voucher with its rules."""

    group = "voucher"
    rights = {"GET": "vouchers.view", "PUT": "vouchers.edit", "DELETE": "vouchers.delete"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"data": queries.voucher_as_api(queries.voucher_get(pk, self.member.store))})

    @extend_schema(request=s.VoucherIn, responses={200: dict}, examples=[EXAMPLE])
    def put(self, request: Request, pk: int) -> Response:
        queries.voucher_get(pk, self.member.store)
        data = voucher_input(self.parse(s.VoucherIn))
        services.voucher_update(voucher_id=pk, data=data, actor=self.member)
        return Response({"data": queries.voucher_as_api(queries.voucher_get(pk, self.member.store))})

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        services.voucher_delete(voucher_id=pk, actor=self.member)
        return Response(status=204)


class VoucherStatusView(ApiView):
    """Switch a voucher on (1) or off (0)."""

    group = "voucher"
    rights = {"PATCH": "vouchers.edit"}

    @extend_schema(
        request=s.VoucherStatusIn,
        responses={200: dict},
        examples=[OpenApiExample("Off", request_only=True, value={"status": False})],
    )
    def patch(self, request: Request, pk: int) -> Response:
        on = self.parse(s.VoucherStatusIn)["status"]
        services.voucher_set_active(voucher_id=pk, is_active=on, actor=self.member)
        return Response({"data": queries.voucher_as_api(queries.voucher_get(pk, self.member.store))})


class VoucherUsesView(ApiView):
    """Who used a voucher, in which order."""

    group = "voucher"
    rights = {"GET": "vouchers.view"}

    @extend_schema(parameters=LIST, responses={200: dict})
    def get(self, request: Request, pk: int) -> Response:
        voucher = queries.voucher_get(pk, self.member.store)
        see = self.member.may("see_phone")
        page, rows = queries.voucher_uses_page(voucher, request.query_params, see_phone=see)
        return Response({"data": rows, "total": page.total, "next": page.next})
