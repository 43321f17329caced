"""Orders over HTTP: placing, working, paying, shipping, tracking."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline import cleaning, jobs
from bosonline.api.views import ApiView, body_hash, bulk_answer, bulk_row, client_ip, idempotency_key
from bosonline.errors import NotFound, ValidationFailed
from bosonline.gateways.winpay import CHANNELS
from bosonline.models import BackgroundJob
from bosonline.tenancy import store_scope
from bosonline.throttle import Limit
from bosonline.views import job_file
from forms.prefill import prefill_remember
from forms.queries import buyer_store_id
from forms.tokens import tested_form
from orders import queries
from orders.actions import ACTIONS, Facts, run_many
from orders.api import serializers as s
from orders.documents import documents_print, qris_png
from orders.exports import orders_download
from orders.lists import ORDERS
from orders.models import FollowUp
from orders.money import ways
from orders.money.methods import buyer_method, seller_method
from orders.services import followups, shipping
from orders.services.buyer import buyer_order, placed_answer
from orders.services.placement import Caller, CheckoutInput, order_place

LIST = ORDERS.parameters()


ORDER = OpenApiExample(
    "order", request_only=True,
    value={
        "form": "madu-asli", "store": "madu", "items": [{"variant_id": 7, "qty": 2}], "package_id": None, "bump": False,
        "customer": {"name": "Siti Aminah", "phone": "081234567890", "email": None},
        "address": {"district_id": 15780, "street": "Jl. Melati 5 RT 02", "landmark": "dekat masjid", "postal_code": "59185"},
        "fields": {"warna": "hijau"}, "courier_quote": "<signed, from GET /checkout/rates>", "payment_method": "cod",
        "voucher_codes": ["24H81H0"], "note": "", "utm": {"source": "fb"},
    },
)  # fmt: skip
METHOD = OpenApiExample("method", value={"payment_method": "va", "payment_channel": "BCA"}, request_only=True)


class CheckoutOrdersView(ApiView):
    """Place an order. Honours ``Idempotency-Key``."""

    actor, group = "public", "checkout"
    limits = {"POST": Limit(120, 60)}

    @extend_schema(request=s.CheckoutOrderIn, examples=[ORDER], responses={201: dict})
    def post(self, request: Request) -> Response:
        data = self.parse(s.CheckoutOrderIn)
        store_id = buyer_store_id(request._request, data["store"])
        key = idempotency_key(request)
        test_form_id = tested_form(data["test_token"])
        if data["test_token"] and test_form_id is None:
            raise ValidationFailed(_("The test link has expired. Open a new one from the form."), code="test_expired")
        placed = order_place(
            store_id=store_id,
            data=_checkout_input(data),
            caller=Caller(client_ip(request._request), request.headers.get("User-Agent", "")),
            idempotency=(key, body_hash(request.data)) if key else None,
            test_form_id=test_form_id,
        )
        headers = {"Idempotent-Replayed": "true"} if placed.replayed else None
        answer = Response(
            {"data": placed_answer(placed, store_id, data["form"], test_form_id=test_form_id)},
            status=201,
            headers=headers,
        )
        if not placed.is_test:
            prefill_remember(answer, request._request, data)
        return answer


def _checkout_input(data: dict[str, Any]) -> CheckoutInput:
    customer, address = data["customer"], data["address"]
    return CheckoutInput(
        form_slug=data["form"],
        items=data["items"],
        package_id=data["package_id"],
        bump=data["bump"],
        name=customer["name"],
        phone=customer["phone"],
        email=customer["email"] or "",
        district_id=address["district_id"],
        street=address["street"],
        landmark=address["landmark"],
        postal_code=address["postal_code"],
        fields=data["fields"],
        courier_quote=data["courier_quote"],
        insurance=data["insurance"],
        payment_method=data["payment_method"],
        payment_channel=_channel(data["payment_method"], data["payment_channel"]),
        voucher_codes=data["voucher_codes"],
        note=data["note"],
        utm=dict(list(data["utm"].items())[:20]),
        event_ids=dict(list(data["event_ids"].items())[:6]),
        abandoned_token=data["abandoned_token"] or "",
        expected_goods=data["expected_goods"],
        expected_total=data["expected_total"],
        filled_in_ms=data["filled_in_ms"],
        trap=data["website"],
        confirmed=data["confirmed"],
    )


def _channel(method: str, channel: str | None) -> str:
    """A VA needs one of Winpay's channels; the other methods have none."""
    if method != "va":
        return "QRIS" if method == "qris" else ""
    chosen = (channel or "BCA").upper()
    if chosen not in CHANNELS:
        raise ValidationFailed.field("payment_channel", _("Choose a bank from the list."))
    return chosen


class CheckoutMethodView(ApiView):
    """The buyer changes the payment method while the order is unpaid."""

    actor, group = "public", "checkout"
    limits = {"PUT": Limit(20, 60)}

    @extend_schema(request=s.MethodIn, examples=[METHOD], responses={200: dict})
    def put(self, request: Request, token: str) -> Response:
        data = self.parse(s.MethodIn)
        order = buyer_order(request._request, token)
        channel = _channel(data["payment_method"], data["payment_channel"])
        payment = buyer_method(order=order, method=data["payment_method"], channel=channel)
        with store_scope(order.store_id):
            return Response({"data": queries.payment_as_api(payment, order.store)})


class CheckoutQrisView(ApiView):
    """The QRIS code of an unpaid order as a PNG."""

    actor, group = "public", "checkout"
    limits = {"GET": Limit(60, 60)}

    @extend_schema(responses={(200, "image/png"): bytes})
    def get(self, request: Request, token: str) -> Any:
        order = buyer_order(request._request, token)
        with store_scope(order.store_id):
            payment = order.payments.filter(method="qris", status="pending").order_by("-id").first()
        if payment is None or not payment.qr_content:
            raise NotFound(_("This order has no QRIS code to pay."))
        response = HttpResponse(qris_png(payment.qr_content), content_type="image/png")
        response.headers["Content-Disposition"] = f'inline; filename="qris-{order.order_number}.png"'
        return response


class OrdersView(ApiView):
    """The order list with every filter of the page."""

    group = "order"
    reads_replica = True
    rights = {"GET": "orders.view"}

    @extend_schema(parameters=LIST, responses={200: dict})
    def get(self, request: Request) -> Response:
        page = ORDERS.page(self.member, request.query_params)
        data = [queries.row_as_api(order, self.member) for order in page.rows]
        return Response({"data": data, "total": page.total, "next": page.next})


class OrderRecapView(ApiView):
    """Counts and sums per status for exactly the list's filters."""

    group = "order"
    reads_replica = True
    rights = {"GET": "orders.view"}

    @extend_schema(parameters=LIST, responses={200: dict})
    def get(self, request: Request) -> Response:
        return Response({"data": queries.recap(self.member, request.query_params)})


class OrderView(ApiView):
    """One order with bill, income, payments, shipments, follow-ups and timeline."""

    group = "order"
    rights = {"GET": "orders.view"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"data": queries.detail_as_api(queries.order_get(self.member, pk), self.member)})


class OrderStatusView(ApiView):
    """Move many orders; each answers for itself."""

    group = "order"
    rights = {"PUT": "orders.edit"}

    @extend_schema(request=s.StatusIn, responses={200: dict})
    def put(self, request: Request) -> Response:
        data = self.parse(s.StatusIn)
        results = run_many(ACTIONS["status"], self.member, data["ids"], Facts(data))
        return bulk_answer([bulk_row(pk, error) for pk, error in results])


class FollowUpsView(ApiView):
    """Attempts to reach the buyer. POST records one and answers its text and the WhatsApp link."""

    group = "order"
    rights = {"GET": "orders.view", "POST": "followups.create"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request, pk: int) -> Response:
        order = queries.order_get(self.member, pk)
        data = queries.detail_as_api(order, self.member)["followups"]
        return Response({"data": data, "total": len(data)})

    @extend_schema(request=s.FollowUpIn, responses={201: dict})
    def post(self, request: Request, pk: int) -> Response:
        data = self.parse(s.FollowUpIn)
        order = queries.order_get(self.member, pk)
        prepared = followups.followup_record(order_id=order.pk, actor=self.member, **data)
        row: FollowUp = prepared.followup
        return Response(
            {
                "data": {
                    "id": row.pk,
                    "stage": row.stage,
                    "text": row.text,
                    "result": row.result,
                    "wa_url": prepared.url,
                }
            },
            status=201,
        )


class OrderMethodView(ApiView):
    """Change the payment method of an unpaid order."""

    group = "order"
    rights = {"PATCH": "orders.edit"}

    @extend_schema(request=s.MethodIn, responses={200: dict})
    def patch(self, request: Request, pk: int) -> Response:
        data = self.parse(s.MethodIn)
        order = queries.order_get(self.member, pk)
        payment = seller_method(
            order=order,
            method=data["payment_method"],
            channel=_channel(data["payment_method"], data["payment_channel"]),
            actor=self.member,
        )
        return Response({"data": queries.payment_as_api(payment, self.member.store)})


class OrderShippingView(ApiView):
    """Own courier: an AWB entered by hand."""

    group = "order"
    rights = {"PATCH": "shipping.edit"}

    @extend_schema(request=s.ShippingIn, responses={200: dict})
    def patch(self, request: Request, pk: int) -> Response:
        data = self.parse(s.ShippingIn)
        order = queries.order_get(self.member, pk)
        shipping.shipment_by_hand(order_id=order.pk, actor=self.member, **data)
        return Response({"data": queries.detail_as_api(queries.order_get(self.member, pk), self.member)})


class ShipmentsView(ApiView):
    """Book couriers for many orders; each answers for itself. The AWB comes later, by webhook."""

    group = "boscod"
    rights = {"POST": "shipping.create"}

    @extend_schema(request=s.IdsIn, responses={200: dict})
    def post(self, request: Request) -> Response:
        results = run_many(ACTIONS["book"], self.member, self.parse(s.IdsIn)["ids"], Facts({}))
        return bulk_answer([bulk_row(pk, error) for pk, error in results])


class InvoicesView(ApiView):
    """Invoices of many orders in one PDF: up to five at once, more as a background job (202)."""

    group = "order"
    rights = {"POST": "orders.view"}

    @extend_schema(request=s.IdsIn, responses={(200, "application/pdf"): bytes, 202: dict})
    def post(self, request: Request) -> Any:
        ids = self.parse(s.IdsIn)["ids"]
        made = documents_print("invoice", self.member, ids)
        if not isinstance(made, bytes):
            return Response({"data": jobs.job_as_api(made, self.member)}, status=202)
        response = HttpResponse(made, content_type="application/pdf")
        response.headers["Content-Disposition"] = 'inline; filename="invoice.pdf"'
        return response


class TrackingView(ApiView):
    """The courier's journey of one AWB, exactly as the public documentation shows it."""

    group = "boscod"
    rights = {"GET": "orders.view"}
    rights = {"GET": "orders.view"}

    @extend_schema(parameters=[OpenApiParameter("awb", str, required=True)], responses={200: dict})
    def get(self, request: Request) -> Response:
        awb = cleaning.code(request.query_params.get("awb", ""))[:60]
        return Response({"data": queries.tracking_by_awb(self.member, awb)})


class WinpayView(ApiView):
    """Create or renew the VA or QRIS of an order."""

    group = "boscod"
    rights = {"POST": "payments.edit"}

    @extend_schema(request=s.WinpayIn, responses={200: dict})
    def post(self, request: Request) -> Response:
        data = self.parse(s.WinpayIn)
        order = queries.order_get(self.member, data["order_id"])
        channel = data["channel"].upper()
        method = "qris" if channel == "QRIS" else "va"
        channel = _channel(method, channel)
        current = order.payments.filter(status__in=["creating", "pending"]).order_by("-id").first()
        same = current is not None and current.method == method and (current.channel or "BCA") == channel
        if not same:
            seller_method(order=order, method=method, channel=channel, actor=self.member)
        payment = ways.payment_issue_now(order_id=order.pk)
        return Response({"data": queries.payment_as_api(payment, self.member.store)})


class OrdersDownloadView(ApiView):
    """Download what the list's filters show, as a background job (``format`` csv or xlsx)."""

    group = "order"
    rights = {"POST": "export"}

    @extend_schema(request=s.DownloadIn, parameters=LIST, responses={202: dict})
    def post(self, request: Request) -> Response:
        data = self.parse(s.DownloadIn)
        job = orders_download(actor=self.member, query=request.query_params, file_format=data["format"])
        return Response({"data": jobs.job_as_api(job, self.member)}, status=202)


class ExportsView(ApiView):
    """One's own downloads, the newest first."""

    group = "order"

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        rows = BackgroundJob.objects.filter(user_id=self.member.user.pk).order_by("-id")[:50]
        data = [jobs.job_as_api(job, self.member) for job in rows]
        return Response({"data": data, "total": len(data)})


class ExportView(ApiView):
    """The progress of one download; deleting it cancels what has not ended."""

    group = "order"

    @extend_schema(responses={200: dict})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"data": jobs.job_as_api(jobs.job_of(job_id=pk, user_id=self.member.user.pk), self.member)})

    @extend_schema(responses={200: dict})
    def delete(self, request: Request, pk: int) -> Response:
        job = jobs.job_cancel(job_id=pk, user_id=self.member.user.pk)
        return Response({"data": jobs.job_as_api(job, self.member)})


class ExportFileView(ApiView):
    """The file of a finished download, for its owner and as long as their role allows what is in it."""

    group = "order"

    @extend_schema(responses={(200, "application/octet-stream"): bytes})
    def get(self, request: Request, pk: int) -> Any:
        return job_file(pk, self.member)
