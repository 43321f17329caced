"""Order forms over HTTP, for sellers: the contract's group "form" and what the editor needs beside it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline import jobs
from bosonline.actor import Actor
from bosonline.api.views import ApiView, IdempotentMixin
from bosonline.errors import ValidationFailed
from forms import queries, records
from forms.api import serializers as s
from forms.exports import forms_download
from forms.models import OrderForm, PixelToken, RedirectHost
from forms.qr import qr_png, qr_svg
from forms.services import blocklist, copies, doctor, success, tokens
from forms.services import forms as services
from forms.success import VARIABLES, SuccessIn, redirect_hosts, success_default
from forms.tokens import trial_token
from stores.queries import public_url

LIST = [
    OpenApiParameter(name, str)
    for name in ("start", "limit", "sort_by", "sort_dir", "category", "keyword", "after", "status")
]
CONTENT = {
    "title": "Madu Hutan Asli", "headline": "Langsung dari petani", "variant_ids": [7, 8],
    "packages": [{"id": "hemat", "name": "Beli 2 gratis 1", "price": 100000, "compare_at_price": 150000,
                  "best_value": True, "items": [{"variant_id": 7, "qty": 3}]}],
    "payment_methods": [{"method": "cod"}, {"method": "bank_transfer", "fee": -5000, "label": "Transfer (hemat 5 rb)"}],
    "shipping_subsidy": {"kind": "percent", "value": 50, "maximum": 20000},
}  # fmt: skip
CREATE = OpenApiExample(
    "form", value={"name": "Madu iklan Meta", "content": CONTENT, "publish": True}, request_only=True
)
EDIT = OpenApiExample(
    "draft", value={"name": "Madu iklan Meta", "content": CONTENT, "draft_rev": 4, "quota": 500}, request_only=True
)
SUCCESS = OpenApiExample(
    "success page", request_only=True,
    value={"kind": "whatsapp", "message": "Terima kasih {nama}, pesanan {nomor} kami terima.",
           "whatsapp_text": "Halo, saya {nama}, pesanan {nomor}."},
)  # fmt: skip


def _ids(name: str) -> OpenApiExample:
    return OpenApiExample(name, value={"ids": [1, 2]}, request_only=True)


class FormsView(IdempotentMixin, ApiView):
    """Order forms with views, starts, orders and conversion."""

    group = "form"
    rights = {"GET": "forms.view", "POST": "forms.create"}

    @extend_schema(parameters=LIST, responses={200: dict})
    def get(self, request: Request) -> Response:
        page = queries.forms_page(request.query_params)
        data = queries.form_rows(page.rows, self.member.store)
        return Response({"data": data, "total": page.total, "next": page.next})

    @extend_schema(request=s.FormIn, examples=[CREATE], responses={201: dict})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        data = self.parse(s.FormIn)
        if data["publish"]:
            self.member.require("forms.edit")
        with transaction.atomic():  # a form that cannot be published is not left behind as a draft
            form = self._made(data)
        return Response({"data": queries.form_detail(form.pk, self.member.store)}, status=201)

    def _made(self, data: dict[str, Any]) -> OrderForm:
        form = services.form_create(
            store=self.member.store, name=data["name"], slug=data["slug"], content=data["content"],
            actor=self.member,
        )  # fmt: skip
        if data["publish"]:
            services.form_publish(form=form, actor=self.member)
        return form


class FormView(ApiView):
    """One form: figures, its content as edited, what keeps it from being published."""

    group = "form"
    rights = {"GET": "forms.view", "PUT": "forms.edit", "DELETE": "forms.delete"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"data": queries.form_detail(pk, self.member.store)})

    @extend_schema(request=s.FormEditIn, examples=[EDIT], responses={200: dict})
    def put(self, request: Request, pk: int) -> Response:
        data = self.parse(s.FormEditIn)
        form = queries.form_get(pk)
        form_edit(form, data, self.member)
        return Response({"data": queries.form_detail(pk, self.member.store)})

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        services.form_delete(form_id=pk, actor=self.member)
        return Response(status=204)


def form_edit(form: OrderForm, data: dict[str, Any], actor: Actor) -> None:
    """Apply the parts of ``PUT /store/forms/{id}`` that were sent."""
    with transaction.atomic():
        if "content" in data or "name" in data:
            services.form_save_draft(
                form=form, content=data.get("content", form.draft), name=data.get("name"),
                expected_rev=data.get("draft_rev"), actor=actor,
            )  # fmt: skip
        if {"slug", "opens_at", "closes_at", "quota"} & set(data):
            services.form_settings(
                form_id=form.pk, slug=data.get("slug"), opens_at=data.get("opens_at", form.opens_at),
                closes_at=data.get("closes_at", form.closes_at), quota=data.get("quota", form.quota), actor=actor,
            )  # fmt: skip
        if data.get("publish"):
            services.form_publish(form=form, actor=actor)


class FormStatusView(ApiView):
    """Publish or close a form."""

    group = "form"
    rights = {"PATCH": "forms.edit"}

    @extend_schema(
        request=s.FormStatusIn, responses={200: dict},
        examples=[OpenApiExample("close", value={"status": "closed"}, request_only=True)],
    )  # fmt: skip
    def patch(self, request: Request, pk: int) -> Response:
        status = self.parse(s.FormStatusIn)["status"]
        services.form_set_status(form_id=pk, status=status, actor=self.member)
        return Response({"data": queries.form_detail(pk, self.member.store)})


class SuccessPageView(ApiView):
    """The custom success page: load for the editor, create, update."""

    group = "form"
    rights = {"GET": "forms.view", "POST": "forms.edit", "PUT": "forms.edit"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request, pk: int) -> Response:
        return self.answer(queries.form_get(pk))

    @extend_schema(request=SuccessIn, examples=[SUCCESS], responses={201: dict})
    def post(self, request: Request, pk: int) -> Response:
        return self.answer(self.save(pk, create=True), status=201)

    @extend_schema(request=SuccessIn, examples=[SUCCESS], responses={200: dict})
    def put(self, request: Request, pk: int) -> Response:
        return self.answer(self.save(pk, create=False))

    def save(self, pk: int, *, create: bool) -> OrderForm:
        queries.form_get(pk)
        data = dict(self.parse(SuccessIn))
        return success.success_save(store=self.member.store, form_id=pk, data=data, create=create, actor=self.member)

    def answer(self, form: OrderForm, status: int = 200) -> Response:
        data = {
            **(form.success or success_default()),
            "exists": form.success is not None,
            "variables": list(VARIABLES),
            "allowed_hosts": redirect_hosts(self.member.store),
        }
        return Response({"data": data}, status=status)


class DuplicateView(ApiView):
    """A copy of one form: a draft with its own link and statistics from zero."""

    group = "form"
    rights = {"POST": "forms.create"}

    @extend_schema(request=None, responses={201: dict})
    def post(self, request: Request, pk: int) -> Response:
        copy = copies.forms_duplicate(store=self.member.store, form_ids=[pk], actor=self.member)[0]
        return Response({"data": queries.form_detail(copy.pk, self.member.store)}, status=201)


class DuplicateBatchView(ApiView):
    """Copies of many forms, all or nothing."""

    group = "form"
    rights = {"POST": "forms.create"}

    @extend_schema(request=s.FormIdsIn, examples=[_ids("duplicate")], responses={201: dict})
    def post(self, request: Request) -> Response:
        ids = self.parse(s.FormIdsIn)["ids"]
        made = copies.forms_duplicate(store=self.member.store, form_ids=ids, actor=self.member)
        rows = queries.form_rows(made, self.member.store)
        return Response({"data": rows, "total": len(rows)}, status=201)


class FormsDownloadView(ApiView):
    """Download the forms the list's filters show, as a background job."""

    group = "form"
    rights = {"POST": "export"}

    @extend_schema(
        request=s.FormDownloadIn, parameters=LIST, responses={202: dict},
        examples=[OpenApiExample("xlsx", value={"format": "xlsx"}, request_only=True)],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        self.member.require("forms.view")
        file_format = self.parse(s.FormDownloadIn)["format"]
        job = forms_download(actor=self.member, params=request.query_params, file_format=file_format)
        return Response({"data": jobs.job_as_api(job, self.member)}, status=202)


class VersionsView(ApiView):
    """The published versions of a form, newest first."""

    group = "form"
    rights = {"GET": "forms.view"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request, pk: int) -> Response:
        rows = queries.versions_of(queries.form_get(pk), self.member.store)
        return Response({"data": rows, "total": len(rows)})


class VersionRestoreView(ApiView):
    """Put a version back into the draft; ``publish`` makes it live at once."""

    group = "form"
    rights = {"POST": "forms.edit"}

    @extend_schema(
        request=s.RestoreIn, responses={200: dict},
        examples=[OpenApiExample("restore", value={"publish": False}, request_only=True)],
    )  # fmt: skip
    def post(self, request: Request, pk: int, number: int) -> Response:
        publish = self.parse(s.RestoreIn)["publish"]
        with transaction.atomic():
            form = services.form_restore(form_id=pk, number=number, actor=self.member)
            if publish:
                services.form_publish(form=form, actor=self.member)
        return Response({"data": queries.form_detail(pk, self.member.store)})


class FormQrView(ApiView):
    """The form's link as a QR code: ``?format=png`` (default) or ``svg``."""

    group = "form"
    rights = {"GET": "forms.view"}

    @extend_schema(parameters=[OpenApiParameter("format", str)], responses={(200, "image/png"): bytes})
    def get(self, request: Request, pk: int) -> Any:
        form = queries.form_get(pk)
        return qr_response(form, self.member.store, request.query_params.get("format", "png"))


def qr_response(form: OrderForm, store: Any, kind: str) -> HttpResponse:
    url = queries.form_as_api(form, store)["url"]
    if not url:
        raise ValidationFailed.field("subdomain", "Buat alamat toko dulu.")
    if kind not in ("png", "svg"):
        raise ValidationFailed.field("format", "png / svg")
    body, mime = (qr_svg(url), "image/svg+xml") if kind == "svg" else (qr_png(url), "image/png")
    response = HttpResponse(body, content_type=mime)
    response.headers["Content-Disposition"] = f'attachment; filename="qr-{form.slug}.{kind}"'
    return response


class RedirectHostsView(ApiView):
    """Hosts that success pages may lead to."""

    group = "form"
    rights = {"GET": "forms.view", "POST": "store.edit"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        rows = [{"id": row.pk, "host": row.host} for row in RedirectHost.objects.order_by("host")]
        return Response(
            {"data": rows, "total": len(rows), "own": redirect_hosts(self.member.store)[: -len(rows) or None]}
        )

    @extend_schema(
        request=s.HostIn, responses={201: dict},
        examples=[OpenApiExample("host", value={"host": "shop.example.com"}, request_only=True)],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        row = success.host_add(store=self.member.store, host=self.parse(s.HostIn)["host"], actor=self.member)
        return Response({"data": {"id": row.pk, "host": row.host}}, status=201)


class RedirectHostView(ApiView):
    """Take a host off the list."""

    group = "form"
    rights = {"DELETE": "store.edit"}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        success.host_remove(store=self.member.store, host_id=pk, actor=self.member)
        return Response(status=204)


class DoctorView(ApiView):
    """Form doctor: what would stop an order, and where to mend it."""

    group = "form"
    rights = {"GET": "forms.view"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"data": doctor.summary(doctor.form_examine(queries.form_get(pk)))})


class TestLinkView(ApiView):
    """A link that opens the draft in test mode for two hours."""

    group = "form"
    rights = {"POST": "forms.edit"}

    @extend_schema(request=None, responses={201: dict})
    def post(self, request: Request, pk: int) -> Response:
        form = queries.form_get(pk)
        token = trial_token(form.pk)
        url = public_url(self.member.store, f"/{form.slug}?uji={token}")
        return Response({"data": {"url": url or None, "test_token": token}}, status=201)


class EventsView(ApiView):
    """The log of conversion events sent from the server."""

    group = "form"
    rights = {"GET": "forms.view"}

    @extend_schema(
        parameters=[
            OpenApiParameter(n, str) for n in ("start", "limit", "after", "form", "order", "status", "keyword")
        ],
        responses={200: dict},
    )
    def get(self, request: Request) -> Response:
        page = records.events_page(request.query_params)
        data = [records.event_as_api(row, self.member.store) for row in page.rows]
        return Response({"data": data, "total": page.total, "next": page.next})


class PixelTokensView(ApiView):
    """Access tokens of pixels. They are kept encrypted and never shown again."""

    group = "form"
    rights = {"GET": "forms.view", "POST": "forms.edit"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        rows = PixelToken.objects.order_by("provider", "pixel_id")
        data = [{"id": r.pk, "provider": r.provider, "pixel_id": r.pixel_id, "test_code": r.test_code} for r in rows]
        return Response({"data": data, "total": len(data)})

    @extend_schema(
        request=s.PixelTokenIn, responses={201: dict},
        examples=[OpenApiExample("meta", value={"provider": "meta", "pixel_id": "1234567890123456", "token": "EAAB…"},
                                 request_only=True)],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        row = tokens.token_save(store=self.member.store, actor=self.member, **self.parse(s.PixelTokenIn))
        return Response({"data": {"id": row.pk, "provider": row.provider, "pixel_id": row.pixel_id}}, status=201)


class PixelTokenView(ApiView):
    """Forget an access token."""

    group = "form"
    rights = {"DELETE": "forms.edit"}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        tokens.token_remove(token_id=pk, actor=self.member)
        return Response(status=204)


class BlocklistView(ApiView):
    """The store's blacklist for orders: phone, IP, part of an address."""

    group = "form"
    rights = {"GET": "customers.view", "POST": "customers.edit"}

    @extend_schema(parameters=LIST, responses={200: dict})
    def get(self, request: Request) -> Response:
        page = records.blocklist_page(request.query_params)
        data = [records.block_as_api(row, self.member) for row in page.rows]
        return Response({"data": data, "total": page.total, "next": page.next})

    @extend_schema(
        request=s.BlockIn, responses={201: dict},
        examples=[OpenApiExample("phone", value={"kind": "phone", "value": "081234567890"}, request_only=True)],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        row = blocklist.block_add(store=self.member.store, actor=self.member, **self.parse(s.BlockIn))
        return Response({"data": records.block_as_api(row, self.member)}, status=201)


class BlockEntryView(ApiView):
    """Take an entry off the blacklist."""

    group = "form"
    rights = {"DELETE": "customers.edit"}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        blocklist.block_remove(store=self.member.store, entry_id=pk, actor=self.member)
        return Response(status=204)
