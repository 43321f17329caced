"""Products, variants, categories and pictures over HTTP."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline import cleaning
from bosonline.api.views import ApiView, IdempotentMixin
from bosonline.errors import ValidationFailed
from catalog import queries
from catalog.api import serializers as s
from catalog.api.common import LIST, without_cost
from catalog.services import bulk
from catalog.services import products as services
from catalog.services.images import image_store, image_url
from catalog.services.variants import VariantInput, sku_available, sku_suggestions

EXAMPLE = OpenApiExample(
    "Two sizes",
    request_only=True,
    value={
        "name": "Madu Hutan", "category_name": "Madu", "description": "Madu murni dari hutan Sumbawa.",
        "attributes": [{"name": "Ukuran", "items": ["100gr", "200gr"]}], "image_ids": [3, 4],
        "variants": [
            {"options": ["100gr"], "sku": "MH-100", "price": 50_000, "compare_at_price": 65_000, "cost_price": 20_000,
             "weight_grams": 150, "stock": 20},
            {"options": ["200gr"], "sku": "MH-200", "price": 90_000, "weight_grams": 260, "stock": 10, "image_id": 4,
             "tiers": [{"min_qty": 3, "price": 85_000}]},
        ],
    },
)  # fmt: skip


class SeesCost(ApiView):
    """Answers carry the cost only for those who may see it."""

    group = "product"

    @property
    def see_cost(self) -> bool:
        return bool(self.member.may("see_cost"))

    def product_answer(self, pk: int, status: int = 200) -> Response:
        data = queries.product_as_api(queries.product_get(pk), see_cost=self.see_cost)
        return Response({"data": data}, status=status)


class ProductsView(IdempotentMixin, SeesCost):
    """Products with the range of their prices and their stock."""

    rights = {"GET": "products.view", "POST": "products.create"}

    @extend_schema(
        parameters=[OpenApiParameter("status", str), OpenApiParameter("category_id", int), *LIST], responses={200: dict}
    )
    def get(self, request: Request) -> Response:
        page = queries.products_page(request.query_params)
        return Response({"data": queries.product_rows(page.rows), "total": page.total, "next": page.next})

    @extend_schema(request=s.ProductIn, responses={201: dict}, examples=[EXAMPLE])
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        data = without_cost(self.member, self.parse(s.ProductIn))
        variants = [VariantInput(**row) for row in data.pop("variants")]
        product = services.product_create(store=self.member.store, variants=variants, actor=self.member, **data)
        return self.product_answer(product.pk, 201)


class ProductView(SeesCost):
    """One product. DELETE keeps it on past orders and is refused while an active form sells it."""

    rights = {"GET": "products.view", "PUT": "products.edit", "DELETE": "products.delete"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request, pk: int) -> Response:
        return self.product_answer(pk)

    @extend_schema(request=s.ProductUpdateIn, responses={200: dict}, examples=[EXAMPLE])
    def put(self, request: Request, pk: int) -> Response:
        queries.product_get(pk)
        data = without_cost(self.member, self.parse(s.ProductUpdateIn))
        confirm, expected = data.pop("confirm_removal"), data.pop("expected_updated_at", None)
        services.product_update(
            product_id=pk, values=data, confirm_removal=confirm, expected_updated_at=expected,
            actor=self.member,
        )  # fmt: skip
        return self.product_answer(pk)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        services.product_delete(product_id=pk, actor=self.member)
        return Response(status=204)


class ProductEditView(SeesCost):
    """Everything the edit screen needs in one answer."""

    rights = {"GET": "products.edit"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"data": queries.product_edit(pk, see_cost=self.see_cost)})


class ProductStatusView(SeesCost):
    """Draft, active or inactive."""

    rights = {"PATCH": "products.edit"}

    @extend_schema(
        request=s.ProductStatusIn,
        responses={200: dict},
        examples=[OpenApiExample("Off the shelf", request_only=True, value={"status": "inactive"})],
    )
    def patch(self, request: Request, pk: int) -> Response:
        status = self.parse(s.ProductStatusIn)["status"]
        services.product_set_status(product_id=pk, status=status, actor=self.member)
        return self.product_answer(pk)


class ProductDuplicateView(IdempotentMixin, SeesCost):
    """A draft copy "(Salinan)" with new SKUs and no stock."""

    rights = {"POST": "products.create"}

    @extend_schema(request=None, responses={201: dict})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request, *args, **kwargs)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        copy = services.product_duplicate(product_id=kwargs["pk"], actor=self.member)
        return self.product_answer(copy.pk, 201)


class ProductDummyView(IdempotentMixin, SeesCost):
    """A sample product for a new shop."""

    rights = {"POST": "products.create"}

    @extend_schema(request=None, responses={201: dict})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request, *args, **kwargs)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        product = services.product_dummy(store=self.member.store, actor=self.member)
        return self.product_answer(product.pk, 201)


class ProductVariantsView(SeesCost):
    """The variants of a product."""

    rights = {"GET": "products.view"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request, pk: int) -> Response:
        variants = queries.product_get(pk).variants.all()
        data = [queries.variant_as_api(v, see_cost=self.see_cost) for v in variants]
        return Response({"data": data, "total": len(data)})


class VariantsView(SeesCost):
    """All variants of the store."""

    rights = {"GET": "products.view"}

    @extend_schema(
        parameters=[
            OpenApiParameter("status", str, enum=["active", "inactive"]), OpenApiParameter("product_id", int),
            OpenApiParameter("category_id", int), *LIST,
        ],
        responses={200: dict},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        page = queries.variants_page(request.query_params)
        data = [queries.variant_as_api(v, see_cost=self.see_cost) | {"product": v.product.name} for v in page.rows]
        return Response({"data": data, "total": page.total, "next": page.next})


class VariantView(SeesCost):
    """Change one variant; what is not sent stays."""

    rights = {"GET": "products.view", "PUT": "products.edit"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"data": queries.variant_as_api(queries.variant_get(pk), see_cost=self.see_cost)})

    @extend_schema(
        request=s.VariantUpdateIn,
        responses={200: dict},
        examples=[
            OpenApiExample("A new price", request_only=True, value={"price": 55_000, "compare_at_price": 70_000})
        ],
    )
    def put(self, request: Request, pk: int) -> Response:
        queries.variant_get(pk)
        data = without_cost(self.member, self.parse(s.VariantUpdateIn))
        services.variant_update(variant_id=pk, actor=self.member, **data)
        return Response({"data": queries.variant_as_api(queries.variant_get(pk), see_cost=self.see_cost)})


class VariantStatusView(SeesCost):
    """Offer a variant or stop offering it."""

    rights = {"PATCH": "products.edit"}

    @extend_schema(
        request=s.VariantStatusIn,
        responses={200: dict},
        examples=[OpenApiExample("Not sold now", request_only=True, value={"status": "inactive"})],
    )
    def patch(self, request: Request, pk: int) -> Response:
        active = self.parse(s.VariantStatusIn)["status"] == "active"
        services.variant_set_status(variant_id=pk, is_active=active, actor=self.member)
        return Response({"data": queries.variant_as_api(queries.variant_get(pk), see_cost=self.see_cost)})


class BulkView(IdempotentMixin, ApiView):
    """Change price, weight, status or category of many. ``preview`` answers what would happen and writes nothing."""

    group = "product"
    rights = {"POST": "products.edit"}

    @extend_schema(
        request=s.BulkIn,
        responses={200: dict},
        examples=[
            OpenApiExample(
                "Ten per cent off, to full hundreds",
                request_only=True,
                value={
                    "ids": [1, 2],
                    "field": "price",
                    "mode": "percent",
                    "value": "-10",
                    "round_to": 100,
                    "preview": True,
                },
            )
        ],
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        data = self.parse(s.BulkIn)
        preview = data.pop("preview")
        edit = bulk.edit_of(**data)
        if preview:
            return Response(bulk.as_api(bulk.bulk_preview(edit)))
        change, rows = bulk.bulk_apply(store=self.member.store, edit=edit, actor=self.member)
        return Response(bulk.as_api(rows) | {"change_id": change.pk if change else None})


class BulkUndoView(ApiView):
    """Take a bulk edit back; rows that somebody changed since stay as they are."""

    group = "product"
    rights = {"POST": "products.edit"}

    @extend_schema(request=None, responses={200: dict})
    def post(self, request: Request, pk: int) -> Response:
        return Response(bulk.as_api(bulk.bulk_undo(change_id=pk, actor=self.member)))


class CategoriesView(ApiView):
    """The store's product categories."""

    group = "product"
    rights = {"GET": "products.view"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        data = [{"id": c.pk, "name": c.name, "products": c.products_count} for c in queries.categories()]
        return Response({"data": data, "total": len(data)})


class SkuCheckView(ApiView):
    """Whether a SKU is free in the store."""

    group = "product"
    rights = {"GET": "products.view"}

    @extend_schema(
        parameters=[OpenApiParameter("sku", str, required=True), OpenApiParameter("exclude", int)],
        responses={200: dict},
    )
    def get(self, request: Request) -> Response:
        return Response({"data": sku_check(request.query_params)})


def sku_check(params: Any) -> dict[str, Any]:
    """``{"available", "reason", "suggestions"}`` (api.md); ``exclude`` is the variant being edited."""
    sku = cleaning.code(params.get("sku", ""))
    exclude = params.get("exclude", "")
    if not sku or len(sku) > 60:
        raise ValidationFailed.field("sku", _("Enter a SKU of at most 60 characters."))
    free = sku_available(sku=sku, exclude=int(exclude) if exclude.isdecimal() and len(exclude) < 18 else None)
    return {
        "available": free,
        "reason": None if free else "taken",
        "suggestions": [] if free else sku_suggestions(sku),
    }


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
        row = image_store(store=self.member.store, upload=upload, actor=self.member)
        return Response(
            {"data": {"id": row.pk, "url": image_url(row.sizes, 1080), "thumbnail_url": image_url(row.sizes, 160)}},
            status=201,
        )
