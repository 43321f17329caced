"""The buyer's pages on the store's host: the form, the order, its status."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from bosonline import pagecache, throttle
from bosonline.api.views import client_ip
from bosonline.errors import DomainError, NotFound, ValidationFailed
from bosonline.gateways.winpay import CHANNELS
from bosonline.hosts import host_of
from bosonline.middleware import POLICY
from bosonline.tenancy import store_scope
from bosonline.throttle import Limit
from catalog.services.images import image_store
from forms.queries import buyer_store_id, is_open, method_choices, page_data, public_snapshot
from orders import presentation as show
from orders import queries
from orders.messages import click_to_chat
from orders.models import Order
from orders.services import buyer, payments
from orders.services.placement import bill_from
from orders.services.status import BUYER
from stores.models import Store


def home(request: HttpRequest) -> HttpResponse:
    """The bare address of a store says who it is; an unknown one is the designed 404."""
    try:
        store_id = buyer_store_id(request)
    except NotFound:
        return render(request, "errors/404_store.html", {"host": host_of(request)}, status=404)
    return render(request, "errors/404.html", {"store": Store.objects.get(pk=store_id), "buyer": True}, status=404)


def order_form(request: HttpRequest, slug: str) -> HttpResponse:
    """The form. The plain page (no query, no returning buyer) is kept as bytes for the next visitors."""
    try:
        store_id = buyer_store_id(request)
    except NotFound:
        return render(request, "errors/404_store.html", {"host": host_of(request)}, status=404)
    try:
        snapshot = public_snapshot(store_id, slug)
    except NotFound:
        return render(request, "errors/404.html", {"store": Store.objects.get(pk=store_id), "buyer": True}, status=404)
    data = page_data(snapshot)
    context = {"form": data, "store": snapshot.store}
    if not is_open(snapshot):
        return render(request, "errors/form_closed.html", context, status=410)
    if (
        data["items"]
        and not any(i["available"] for i in data["items"])
        and not any(p["available"] for p in data["packages"])
    ):
        return render(request, "errors/sold_out.html", context)
    with translation.override("id"):  # buyers read Indonesian; the cached bytes are the same for everyone
        response = render(request, "buyer/order_form.html", context)
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:20]}"'
    if not request.META.get("QUERY_STRING"):
        pagecache.put(host_of(request), request.path, response.content, etag)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "public, max-age=0, must-revalidate"
    response.headers["Content-Security-Policy"] = POLICY
    return response


def theme_css(request: HttpRequest, colour: str) -> HttpResponse:
    """The store's colour as variables, with an ink that is readable on it (WCAG AA)."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (0, 2, 4))

    def channel(value: int) -> float:
        part = value / 255
        return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4

    def luminance(r: int, g: int, b: int) -> float:
        return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)

    base = luminance(red, green, blue)
    ink = "#ffffff" if 1.05 / (base + 0.05) >= 4.5 else "#111827"
    # the colour as text on white: darkened until it is readable
    r, g, b = red, green, blue
    while 1.05 / (luminance(r, g, b) + 0.05) < 4.5:
        r, g, b = r * 9 // 10, g * 9 // 10, b * 9 // 10
    css = f":root{{--brand:#{colour};--brand-ink:{ink};--brand-text:#{r:02x}{g:02x}{b:02x}}}"
    response = HttpResponse(css, content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _bill_rows(order: Order) -> list[dict[str, Any]]:
    bill = bill_from(order)
    rows = [("Total pembelian", bill.goods), ("Potongan", -bill.discount), ("Biaya pengiriman", bill.shipping),
            ("Potongan ongkir", -bill.shipping_discount), ("Biaya asuransi", bill.insurance),
            (order.other_fee_name or "Biaya lain", bill.other_fee), ("Biaya metode pembayaran", bill.method_fee),
            ("Biaya COD", bill.cod_fee if bill.cod_fee_payer == "buyer" else 0), ("Kode unik", bill.unique_code)]  # fmt: skip
    return [{"label": label, "amount": amount} for label, amount in rows if amount or label == "Total pembelian"]


VA_STEPS = {
    "m-Banking": ["Buka aplikasi m-banking kamu", "Pilih menu Virtual Account / Pembayaran", "Masukkan nomor VA di atas",
                  "Periksa nama dan jumlah, lalu bayar"],
    "ATM": ["Masukkan kartu dan PIN", "Pilih Transaksi lain → Transfer → Virtual Account", "Masukkan nomor VA di atas",
            "Periksa jumlah, lalu tekan Ya"],
}  # fmt: skip


def order_context(order: Order) -> dict[str, Any]:
    """What the buyer's order page shows. Only this order's data."""
    payment = order.payments.select_related("bank_account__bank").exclude(status="cancelled").order_by("-id").first()
    shipment = order.shipments.exclude(status="cancelled").order_by("-id").first()
    items = list(order.items.all())
    waiting = order.payment_status in ("unpaid", "waiting_verification", "expired", "partially_paid")
    method: dict[str, Any] = {
        "method": order.payment_method,
        "label": str(Order.Method(order.payment_method).label),
        "status": order.payment_status,
        "amount": max(order.total - order.paid_amount, 0),
        "channel": payment.channel if payment else "",
        "number": payment.va_number if payment else "",
        "qr_png_url": f"/api/v1/checkout/orders/{order.token}/qris" if payment and payment.qr_content else "",
        "creating": bool(payment and payment.status == "creating"),
        "failed": bool(payment and payment.status == "failed"),
        "error": payment.error if payment and payment.status == "creating" else "",
        "expires_at": payment.expires_at if payment else None,
        "waiting": waiting,
        "proof_uploaded": bool(payment and payment.proof),
        "accounts": [
            {
                "bank": payment.bank_account.bank.short_name,
                "number": payment.bank_account.number,
                "holder": payment.bank_account.holder,
            }
        ]
        if payment and payment.bank_account
        else [],
        "instructions": [{"title": t, "steps": s} for t, s in VA_STEPS.items()] if order.payment_method == "va" else [],
    }
    editable = order.status in ("new", "confirmed") and order.shipping_status == "none"
    text = f"Halo {order.store.name}, saya {order.buyer_name} ingin bertanya tentang pesanan {order.order_number}."
    return {
        "number": order.order_number,
        "token": order.token,
        "created_at": order.created_at,
        "status": order.status,
        "status_text": str(order.get_status_display()),
        "next_text": show.next_text(order),
        "items": [
            {
                "name": i.product_name,
                "variant": i.variant_name,
                "qty": i.qty,
                "total": i.total,
                "package": i.package_name,
            }
            for i in items
        ],
        "bill": _bill_rows(order),
        "total": order.total,
        "payment": method,
        "is_cod": order.is_cod,
        "stages": show.stage_bar(order),
        "awb": order.awb,
        "courier": f"{order.courier_name} {order.service_name}".strip(),
        "etd": order.etd,
        "events": [
            {"note": e.note, "branch": e.branch, "time": e.occurred_at}
            for e in (queries.events_of(shipment) if shipment else [])
        ],
        "address": {
            "name": order.buyer_name,
            "phone": order.buyer_phone,
            "street": order.street,
            "landmark": order.landmark,
            "area": f"{order.district_name}, {order.city_name}, {order.province_name} {order.postal_code}",
        },
        "whatsapp_url": click_to_chat(order.store.whatsapp, text) if order.store.whatsapp else "",
        "can_confirm": order.status == "new" and order.is_cod and not order.is_held,
        "can_cancel": order.status == "new" and not order.paid_amount and order.shipping_status == "none",
        "can_edit_address": editable,
        "can_change_method": editable
        and order.payment_status in ("unpaid", "expired", "cod_pending")
        and not order.paid_amount,
        "can_upload_proof": order.payment_method == "bank_transfer" and waiting,
        "zone": order.store.time_zone,
    }


@method_decorator([never_cache, csrf_exempt], name="dispatch")
class OrderPage(View):
    """The order behind its unguessable link. Writes need no cookie: who knows the link may act on the order."""

    template = "buyer/order.html"

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            order = buyer.buyer_order(request, token)
        except NotFound:
            return render(request, "errors/404.html", {"buyer": True}, status=404)
        return self.show(request, order)

    def show(self, request: HttpRequest, order: Order, error: str = "", status: int = 200) -> HttpResponse:
        with store_scope(order.store_id), translation.override("id"):
            order.refresh_from_db()
            context = {
                "order": order_context(order),
                "store": _store_part(order.store),
                "error": error,
                "fresh": request.GET.get("baru") == "1",
                "methods": self._methods(order),
                "urls": {
                    "action": reverse("buyer-order", args=[order.token], urlconf="bosonline.urls_buyer"),
                    "status": reverse("buyer-order-status", args=[order.token], urlconf="bosonline.urls_buyer"),
                },
            }
            template = "buyer/success.html" if context["fresh"] and not error else self.template
            response = render(request, template, context, status=status)
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    @staticmethod
    def _methods(order: Order) -> list[dict[str, Any]]:
        form = order.form
        if form is None or form.published is None:
            return []
        content = form.published.content
        return [m for m in method_choices(content) if m["method"] != order.payment_method]

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            order = buyer.buyer_order(request, token)
        except NotFound:
            return render(request, "errors/404.html", {"buyer": True}, status=404)
        try:
            throttle.hit("buyer-action", f"{client_ip(request)}:{token}", Limit(30, 60))
            self._act(request, order)
        except DomainError as exc:
            return self.show(request, order, error=exc.message, status=exc.status)
        return HttpResponseRedirect(reverse("buyer-order", args=[token], urlconf="bosonline.urls_buyer"))

    def _act(self, request: HttpRequest, order: Order) -> None:
        data = request.POST
        match data.get("action"):
            case "confirm":
                buyer.buyer_confirm(order=order)
            case "cancel":
                buyer.buyer_cancel(order=order, reason=data.get("reason", "")[:100].replace("\x00", ""))
            case "address":
                street, landmark = data.get("street", ""), data.get("landmark", "")
                buyer.buyer_address(
                    order=order, street=street.replace("\x00", ""), landmark=landmark.replace("\x00", "")
                )
            case "method":
                self._method(order, data.get("payment_method", ""), data.get("payment_channel", ""))
            case "proof":
                upload = request.FILES.get("proof")
                if upload is None:
                    raise ValidationFailed.field("proof", "Pilih foto bukti transfer.")
                with store_scope(order.store_id):
                    picture = image_store(store=order.store, upload=upload, folder="proofs")
                    payments.proof_upload(order_id=order.pk, path=picture.sizes["1080"])
            case _:
                raise ValidationFailed("Tindakan tidak dikenal.")

    def _method(self, order: Order, method: str, channel: str) -> None:
        if method == "va":
            channel = (channel or "BCA").upper()
            if channel not in CHANNELS:
                raise ValidationFailed.field("payment_channel", "Pilih bank dari daftar.")
        with store_scope(order.store_id):
            if method not in [m["method"] for m in self._methods(order)]:
                raise ValidationFailed.field("payment_method", "Pilih cara bayar dari daftar.")
            payments.payment_renew(order_id=order.pk, method=method, channel=channel, actor=BUYER)


def _store_part(store: Store) -> dict[str, Any]:
    return {
        "name": store.name, "logo": store.logo, "colour": store.colour, "whatsapp": store.whatsapp,
        "subdomain": store.subdomain, "time_zone": store.time_zone,
    }  # fmt: skip


@never_cache
def order_status(request: HttpRequest, token: str) -> HttpResponse:
    """What the page asks every ten seconds: has anything changed?"""
    try:
        order = buyer.buyer_order(request, token)
    except NotFound:
        raise Http404 from None
    with store_scope(order.store_id):
        payment = order.payments.exclude(status="cancelled").order_by("-id").values_list("status", "va_number").first()
        events = order.shipments.exclude(status="cancelled").values_list("events__id", flat=True)
        mark = hashlib.sha256(
            repr((order.status, order.payment_status, order.shipping_status, order.awb, payment, len(events))).encode()
        ).hexdigest()[:16]
    return JsonResponse({"data": {"mark": mark, "status": order.status, "payment_status": order.payment_status}})


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"message": "Tidak ditemukan.", "code": "not_found", "errors": {}}, status=404)
    return render(request, "errors/404.html", {"buyer": True}, status=404)
