"""Stock over HTTP: the grid, transfers, the ledger."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline.api.views import ApiView, IdempotentMixin
from catalog import queries
from catalog.api import serializers as s
from catalog.api.common import LIST
from catalog.models import StockLevel
from catalog.services.stock import Pieces, StockLine, stock_transfer, stock_update


def level_short(level: StockLevel) -> dict[str, Any]:
    return {
        "variant_id": level.variant_id,
        "warehouse_id": level.warehouse_id,
        "on_hand": level.on_hand,
        "reserved": level.reserved,
        "available": level.available,
    }


class InventoryView(ApiView):
    """Stock per variant and warehouse; PUT sets or adjusts many lines, all or nothing."""

    group = "product"
    rights = {"GET": "inventory.view", "PUT": "inventory.edit"}

    @extend_schema(
        parameters=[
            OpenApiParameter("warehouse", int), OpenApiParameter("product_id", int), OpenApiParameter("variant_id", int),
            OpenApiParameter("stock", str, enum=["all", "low", "empty", "oversold"]), *LIST,
        ],
        responses={200: dict},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        page = queries.inventory_page(request.query_params)
        return Response({"data": [queries.level_as_api(r) for r in page.rows], "total": page.total, "next": page.next})

    @extend_schema(
        request=s.InventoryIn,
        responses={200: dict},
        examples=[
            OpenApiExample(
                "A count",
                request_only=True,
                value={
                    "reason": "Hitung ulang",
                    "lines": [{"variant_id": 7, "warehouse_id": 1, "mode": "set", "qty": 25, "expected": 20}],
                },
            )
        ],
    )
    def put(self, request: Request) -> Response:
        data = self.parse(s.InventoryIn)
        lines = [StockLine(**line) for line in data["lines"]]
        levels = stock_update(store=self.member.store, lines=lines, reason=data["reason"], actor=self.member)
        return Response({"data": [level_short(x) for x in levels], "total": len(levels)})


class TransfersView(IdempotentMixin, ApiView):
    """Move pieces from one warehouse to another, all or nothing."""

    group = "product"
    rights = {"POST": "inventory.edit"}

    @extend_schema(
        request=s.TransferIn,
        responses={200: dict},
        examples=[
            OpenApiExample(
                "Ten pieces to the second warehouse",
                request_only=True,
                value={"from_warehouse_id": 1, "to_warehouse_id": 2, "reason": "Stok Surabaya",
                       "lines": [{"variant_id": 7, "qty": 10}]},
            )
        ],
    )  # fmt: skip
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        data = self.parse(s.TransferIn)
        levels = stock_transfer(
            store=self.member.store, from_id=data["from_warehouse_id"], to_id=data["to_warehouse_id"],
            pieces=[Pieces(**line) for line in data["lines"]], reason=data["reason"], actor=self.member,
        )  # fmt: skip
        return Response({"data": [level_short(x) for x in levels], "total": len(levels)})


class LedgerView(ApiView):
    """Every change of stock: who, why, for which order, from what to what."""

    group = "product"
    rights = {"GET": "inventory.view"}

    @extend_schema(
        parameters=[
            OpenApiParameter("from", str), OpenApiParameter("to", str), OpenApiParameter("variant_id", int),
            OpenApiParameter("warehouse", int), OpenApiParameter("kind", str), OpenApiParameter("order_id", int), *LIST,
        ],
        responses={200: dict},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        page = queries.ledger_page(request.query_params, self.member.store)
        rows = queries.ledger_rows(page, self.member.store)
        return Response({"data": rows, "total": page.total, "next": page.next})
