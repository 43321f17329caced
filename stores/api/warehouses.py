"""Pick-up points over HTTP."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline.api.views import ApiView, IdempotentMixin
from bosonline.throttle import Limit
from stores import queries
from stores.api import serializers as s
from stores.services import warehouses


class WarehouseCreateView(IdempotentMixin, ApiView):
    """Add a pick-up point; it is registered with BosCOD right after."""

    group = "store"
    rights = {"POST": "store.edit"}

    @extend_schema(request=s.WarehouseIn, responses={201: s.WarehouseOut})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = warehouses.warehouse_create(
            store=self.member.store, actor=self.member, **self.parse(s.WarehouseIn)
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

    @extend_schema(request=s.WarehouseEdit(partial=True), responses={200: s.WarehouseOut})
    def put(self, request: Request, pk: int) -> Response:
        warehouses.warehouse_of(pk)
        values = self.parse(s.WarehouseEdit, partial=True)
        row = warehouses.warehouse_update(warehouse_id=pk, actor=self.member, **values)
        return Response({"data": s.WarehouseOut(row).data})

    @extend_schema(responses={200: dict})
    def delete(self, request: Request, pk: int) -> Response:
        heir = warehouses.warehouse_delete(warehouse_id=pk, actor=self.member)
        return Response({"message": _("The warehouse was removed."), "default_id": heir.pk if heir else None})


class DefaultWarehouseView(ApiView):
    """New forms and products start at this warehouse."""

    group = "profile"
    rights = {"PUT": "store.edit"}

    @extend_schema(request=None, responses={200: s.WarehouseOut})
    def put(self, request: Request, pk: int) -> Response:
        row = warehouses.warehouse_set_default(warehouse_id=pk, actor=self.member)
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
