"""Abandoned checkouts for sellers: who began to order and did not finish, with the link that brings their entries back."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline.api.views import ApiView
from forms import records
from forms.api import serializers as s
from forms.services import abandoned

LIST = [OpenApiParameter(n, str) for n in ("start", "limit", "after", "keyword", "category", "status", "form")]


class AbandonedListView(ApiView):
    """Checkouts that have waited for fifteen minutes, the youngest first."""

    group = "form"
    rights = {"GET": "followups.view"}

    @extend_schema(parameters=LIST, responses={200: dict})
    def get(self, request: Request) -> Response:
        page = records.abandoned_page(request.query_params)
        data = records.abandoned_rows(page.rows, self.member)
        return Response({"data": data, "total": page.total, "next": page.next})


class AbandonedStatusView(ApiView):
    """Take one off the list, or put it back."""

    group = "form"
    rights = {"PATCH": "followups.edit"}

    @extend_schema(
        request=s.AbandonedStatusIn, responses={200: dict},
        examples=[OpenApiExample("dismiss", value={"status": "dismissed"}, request_only=True)],
    )  # fmt: skip
    def patch(self, request: Request, pk: int) -> Response:
        row = abandoned.abandoned_set_status(
            row_id=pk, status=self.parse(s.AbandonedStatusIn)["status"], actor=self.member
        )
        return Response({"data": records.abandoned_rows([row], self.member)[0]})
