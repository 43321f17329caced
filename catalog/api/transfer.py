"""Downloads and imports over HTTP."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline import jobs
from bosonline.api.lists import ListSpec, page_of
from bosonline.api.views import ApiView
from bosonline.errors import ValidationFailed
from catalog.api import serializers as s
from catalog.api.common import LIST
from catalog.exports import catalog_download
from catalog.models import ImportRun
from catalog.queries.moments import moment
from catalog.services import imports
from catalog.transfer.columns import columns_for

RUN_SPEC = ListSpec(sorts={"id": "id"}, searches={})


class DownloadView(ApiView):
    """Download what the list's filters show, as a background job (``format`` csv or xlsx)."""

    group = "product"
    rights = {"POST": "export"}
    kind = ""

    @extend_schema(
        request=s.TableDownloadIn, parameters=LIST, responses={202: dict},
        examples=[OpenApiExample("XLSX", request_only=True, value={"format": "xlsx"})],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        data = self.parse(s.TableDownloadIn)
        job = catalog_download(
            actor=self.member, kind=self.kind, query=request.query_params, file_format=data["format"]
        )
        return Response({"data": jobs.job_as_api(job, self.member)}, status=202)


class ProductsDownloadView(DownloadView):
    """Products, one row per variant; the file can be imported again unchanged."""

    kind = "products"


class VariantsDownloadView(DownloadView):
    """Variants with their figures; the file can be imported again unchanged."""

    kind = "variants"


class InventoryDownloadView(DownloadView):
    """Stock per variant and warehouse; the file can be imported again unchanged."""

    kind = "inventory"


def run_as_api(run: ImportRun, *, see_cost: bool, rows: bool = True) -> dict[str, Any]:
    data = {
        "id": run.pk,
        "kind": run.kind,
        "status": run.status,
        "filename": run.filename,
        "headers": run.headers,
        "sample": run.sample,
        "mapping": run.mapping,
        "fields": [
            {"name": c.name, "label": str(c.label), "required": c.required}
            for c in columns_for(run.kind, see_cost=see_cost)
            if not c.readonly
        ],
        "rows_total": run.rows_total,
        "counts": run.counts,
        "error": run.error,
        "job_id": run.job_id,
        "created_at": moment(run.created_at),
        "finished_at": moment(run.finished_at) if run.finished_at else None,
    }
    return data | ({"rows": run.report} if rows else {})


class ImportsView(ApiView):
    """One's own imports; POST uploads a CSV or XLSX (multipart: ``file``, ``kind``) and answers its columns."""

    group = "product"
    rights = {"GET": "products.view"}
    parser_classes = [MultiPartParser]

    @extend_schema(parameters=LIST, responses={200: dict})
    def get(self, request: Request) -> Response:
        page = page_of(ImportRun.objects.filter(user_id=self.member.user.pk), request.query_params, RUN_SPEC)
        see = self.member.may("see_cost")
        data = [run_as_api(run, see_cost=see, rows=False) for run in page.rows]
        return Response({"data": data, "total": page.total, "next": page.next})

    @extend_schema(
        request={
            "multipart/form-data": {
                "type": "object",
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    "kind": {"type": "string", "enum": ["products", "variants", "inventory"]},
                },
            }
        },
        responses={201: dict},
    )
    def post(self, request: Request) -> Response:
        upload = request.FILES.get("file")
        if upload is None:
            raise ValidationFailed.field("file", _("Choose a CSV or XLSX file."))
        kind = str(dict(request.data).get("kind", [""])[0])
        run = imports.import_upload(actor=self.member, kind=kind, upload=upload)
        return Response({"data": run_as_api(run, see_cost=self.member.may("see_cost"))}, status=201)


class ImportView(ApiView):
    """One import with its rows; PUT maps the columns and starts the dry run."""

    group = "product"

    @extend_schema(responses={200: dict})
    def get(self, request: Request, pk: int) -> Response:
        run = imports.import_get(run_id=pk, actor=self.member)
        return Response({"data": run_as_api(run, see_cost=self.member.may("see_cost"))})

    @extend_schema(
        request=s.ImportMappingIn,
        responses={202: dict},
        examples=[
            OpenApiExample("Two columns", request_only=True, value={"mapping": {"Kode": "sku", "Harga": "price"}})
        ],
    )
    def put(self, request: Request, pk: int) -> Response:
        imports.import_get(run_id=pk, actor=self.member)
        mapping = self.parse(s.ImportMappingIn)["mapping"]
        run = imports.import_check(run_id=pk, mapping=mapping, actor=self.member)
        return Response({"data": run_as_api(run, see_cost=self.member.may("see_cost"))}, status=202)


class ImportApplyView(ApiView):
    """Import a checked file in the background; ``skip_errors`` leaves wrong rows out."""

    group = "product"

    @extend_schema(
        request=s.ImportApplyIn, parameters=[OpenApiParameter("id", int, OpenApiParameter.PATH)], responses={202: dict},
        examples=[OpenApiExample("Without the wrong rows", request_only=True, value={"skip_errors": True})],
    )  # fmt: skip
    def post(self, request: Request, pk: int) -> Response:
        skip = self.parse(s.ImportApplyIn)["skip_errors"]
        run = imports.import_apply(run_id=pk, actor=self.member, skip_errors=skip)
        return Response({"data": run_as_api(run, see_cost=self.member.may("see_cost"))}, status=202)
