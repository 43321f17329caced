"""The catalogue over HTTP."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline.api.views import ApiView, IdempotentMixin
from bosonline.errors import ValidationFailed
from catalog import queries
from catalog.api import serializers as s
from catalog.models import Category
from catalog.services import products as services
from catalog.services.images import image_store, image_url
from catalog.services.stock import StockLine, stock_update

LIST = [
    OpenApiParameter("start", int), OpenApiParameter("limit", int), OpenApiParameter("sort_by", str),
    OpenApiParameter("sort_dir", str), OpenApiParameter("category", str), OpenApiParameter("keyword", str),
    OpenApiParameter("after", str),
]  # fmt: skip


class ProductsView(IdempotentMixin, ApiView):
    """Products with their variants."""

    group = "product"
    rights = {"GET": "products.view", "POST": "products.create"}

    @extend_schema(parameters=LIST, responses={200: dict})
    def get(self, request: Request) -> Response:
        page = queries.products_page(request.query_params)
        see = self.member.may("see_cost")
        data = [queries.product_as_api(p, see_cost=see) for p in page.rows]
        return Response({"data": data, "total": page.total, "next": page.next})

    @extend_schema(request=s.ProductIn, responses={201: dict})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        data = self.parse(s.ProductIn)
        variants = [services.VariantInput(**v) for v in data.pop("variants")]
        product = services.product_create(
            store=self.member.store, variants=variants, actor_id=self.member.user.pk, **data
        )
        see = self.member.may("see_cost")
        return Response({"data": queries.product_as_api(queries.product_get(product.pk), see_cost=see)}, status=201)


class ProductView(ApiView):
    """One product."""

    group = "product"
    rights = {"GET": "products.view"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request, pk: int) -> Response:
        see = self.member.may("see_cost")
        return Response({"data": queries.product_as_api(queries.product_get(pk), see_cost=see)})


class ProductVariantsView(ApiView):
    """The variants of a product."""

    group = "product"
    rights = {"GET": "products.view"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request, pk: int) -> Response:
        see = self.member.may("see_cost")
        data = queries.product_as_api(queries.product_get(pk), see_cost=see)["variants"]
        return Response({"data": data, "total": len(data)})


class CategoriesView(ApiView):
    """The store's product categories."""

    group = "product"
    rights = {"GET": "products.view"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        data = [{"id": c.pk, "name": c.name} for c in Category.objects.order_by("name")]
        return Response({"data": data, "total": len(data)})


class InventoryView(ApiView):
    """Stock per variant and warehouse; PUT sets or adjusts many lines, all or nothing."""

    group = "product"
    rights = {"GET": "inventory.view", "PUT": "inventory.edit"}

    @extend_schema(parameters=LIST, responses={200: dict})
    def get(self, request: Request) -> Response:
        page = queries.inventory_page(request.query_params)
        data = [
            {
                "variant_id": r.variant_id, "warehouse_id": r.warehouse_id, "product": r.variant.product.name,
                "variant": r.variant.name, "sku": r.variant.sku, "warehouse": r.warehouse.name, "on_hand": r.on_hand,
                "reserved": r.reserved, "available": r.available,
            }
            for r in page.rows
        ]  # fmt: skip
        return Response({"data": data, "total": page.total, "next": page.next})

    @extend_schema(request=s.InventoryIn, responses={200: dict})
    def put(self, request: Request) -> Response:
        data = self.parse(s.InventoryIn)
        lines = [StockLine(**line) for line in data["lines"]]
        levels = stock_update(store=self.member.store, lines=lines, reason=data["reason"], actor_id=self.member.user.pk)
        answer = [
            {"variant_id": v.variant_id, "warehouse_id": v.warehouse_id, "on_hand": v.on_hand, "available": v.available}
            for v in levels
        ]
        return Response({"data": answer, "total": len(answer)})


class SkuCheckView(ApiView):
    """Whether a SKU is free in the store."""

    group = "product"

    @extend_schema(
        parameters=[OpenApiParameter("sku", str, required=True), OpenApiParameter("exclude", int)],
        responses={200: dict},
    )
    def get(self, request: Request) -> Response:
        sku = request.query_params.get("sku", "").strip()[:60].replace("\x00", "")
        exclude = request.query_params.get("exclude", "")
        if not sku:
            raise ValidationFailed.field("sku", _("Enter a SKU."))
        free = services.sku_available(sku=sku, exclude=int(exclude) if exclude.isdigit() else None)
        return Response(
            {
                "data": {
                    "available": free,
                    "reason": None if free else "taken",
                    "suggestions": [] if free else services.sku_suggestions(sku),
                }
            }
        )


class SkuCheckProductView(SkuCheckView):
    """The same for the product's own SKU."""


class ImagesView(ApiView):
    """Upload a picture (multipart field ``image``); it is re-encoded in several sizes."""

    group = "product"
    rights = {"POST": "products.edit"}
    parser_classes = [MultiPartParser]

    @extend_schema(
        request={
            "multipart/form-data": {"type": "object", "properties": {"image": {"type": "string", "format": "binary"}}}
        },
        responses={201: dict},
    )
    def post(self, request: Request) -> Response:
        upload = request.FILES.get("image") or request.FILES.get("file")
        if upload is None:
            raise ValidationFailed.field("image", _("Choose a picture."))
        row = image_store(store=self.member.store, upload=upload)
        return Response(
            {"data": {"id": row.pk, "url": image_url(row.sizes, 1080), "thumbnail_url": image_url(row.sizes, 160)}},
            status=201,
        )
