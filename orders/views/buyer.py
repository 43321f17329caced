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
from forms.queries import METHOD_LABELS, buyer_store_id, is_open, method_choices, page_data, public_snapshot
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
    return render(request, "errors/404_buyer.html", {"store": Store.objects.get(pk=store_id)}, status=404)


def order_form(request: HttpRequest, slug: str) -> HttpResponse:
    """The form. The plain page (no query, no returning buyer) is kept as bytes for the next visitors."""
    try:
        store_id = buyer_store_id(request)
    except NotFound:
        return render(request, "errors/404_store.html", {"host": host_of(request)}, status=404)
    try:
        snapshot = public_snapshot(store_id, slug)
    except NotFound:
        return render(request, "errors/404_buyer.html", {"store": Store.objects.get(pk=store_id)}, status=404)
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


PAYABLE = ("unpaid", "waiting_verification", "expired", "partially_paid")
FINAL = ("completed", "cancelled", "returned", "closed")


def order_context(order: Order, methods: list[dict[str, Any]]) -> dict[str, Any]:
    """What the buyer's order page shows (docs/frontend.md, "The buyer's order"). Only this order's data."""
    address = reverse("buyer-order", args=[order.token], urlconf="bosonline.urls_buyer")
    editable = order.status in ("new", "confirmed") and order.shipping_status == "none"
    changeable = editable and order.payment_status in ("unpaid", "expired", "cod_pending") and not order.paid_amount
    cancellable = order.status == "new" and not order.paid_amount and order.shipping_status == "none"
    confirmable = order.status == "new" and order.is_cod and not order.is_held
    uploadable = order.payment_method == "bank_transfer" and order.payment_status in PAYABLE
    text = f"Halo {order.store.name}, saya {order.buyer_name} ingin bertanya tentang pesanan {order.order_number}."
    return {
        "number": order.order_number,
        "url": address,
        "status_url": reverse("buyer-order-status", args=[order.token], urlconf="bosonline.urls_buyer"),
        "final": order.status in FINAL,
        "created_at": order.created_at,
        "zone": order.store.time_zone,
        "status": {
            "label": str(order.get_status_display()),
            "tone": {"done": "go"}.get(tone := show.STATUS_TONES[Order.Status(order.status)], tone),
            "text": show.next_text(order),
        },
        "next_steps": show.next_steps(order),
        "items": [
            {
                "name": i.package_name or i.product_name, "image": "", "qty": i.qty, "total": i.total,
                "variant": f"{i.product_name} {i.variant_name}".strip() if i.package_name else i.variant_name,
            }
            for i in order.items.all()
        ],
        "bill": _bill_rows(order),
        "total": order.total,
        "payment": _payment(order),
        "shipping": _shipping(order),
        "address": {
            "name": order.buyer_name,
            "phone": order.buyer_phone,
            "street": order.street,
            "landmark": order.landmark,
            "area": f"{order.district_name}, {order.city_name}, {order.province_name} {order.postal_code}",
        },
        "cs": {"name": "", "whatsapp_url": click_to_chat(order.store.whatsapp, text) if order.store.whatsapp else ""},
        "actions": {
            "confirm_url": f"{address}?do=confirm" if confirmable else "",
            "proof_url": f"{address}?do=proof" if uploadable else "",
            "method_url": f"{address}?do=method" if changeable and methods else "",
            "methods": methods,
            "address_url": f"{address}?do=address" if editable else "",
            "cancel_url": f"{address}?do=cancel" if cancellable else "",
        },
    }  # fmt: skip


def _payment(order: Order) -> dict[str, Any]:
    payment = order.payments.select_related("bank_account__bank").exclude(status="cancelled").order_by("-id").first()
    account = payment.bank_account if payment else None
    return {
        "method": order.payment_method,
        "label": METHOD_LABELS[order.payment_method][0],
        "paid": order.payment_status not in PAYABLE or order.status == "cancelled",
        "channel": payment.channel if payment else "",
        "number": payment.va_number if payment else "",
        "amount": max(order.total - order.paid_amount, 0),
        "unique_code": order.unique_code,
        "qr_png_url": f"/api/v1/checkout/orders/{order.token}/qris" if payment and payment.qr_content else "",
        "expires_at": payment.expires_at if payment else None,
        "pending": bool(payment and payment.status == "creating"),
        "proof": order.payment_status == "waiting_verification",
        "bank_accounts": [{"bank": account.bank.short_name, "number": account.number, "holder": account.holder}]
        if account
        else [],
        "instructions": [{"title": t, "steps": s} for t, s in VA_STEPS.items()] if order.payment_method == "va" else [],
    }


def _shipping(order: Order) -> dict[str, Any]:
    shipment = order.shipments.exclude(status="cancelled").order_by("-id").first()
    events = queries.events_of(shipment) if shipment else []
    return {
        "courier": order.courier_name,
        "service": order.service_name,
        "awb": order.awb,
        "stages": show.stage_bar(order) if order.status != "cancelled" else [],
        "events": [{"time": e.occurred_at, "text": e.note, "place": e.branch} for e in events],
    }


@method_decorator([never_cache, csrf_exempt], name="dispatch")
class OrderPage(View):
    """The order behind its unguessable link. Writes need no cookie: who knows the link may act on the order."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            order = buyer.buyer_order(request, token)
        except NotFound:
            return render(request, "errors/404_buyer.html", {}, status=404)
        return self.show(request, order)

    def show(self, request: HttpRequest, order: Order, error: str = "", status: int = 200) -> HttpResponse:
        with store_scope(order.store_id), translation.override("id"):
            order.refresh_from_db()
            context = {
                "order": order_context(order, self._methods(order)),
                "store": _store_part(order.store),
                "error": error,
                "success": self._success(order),
            }
            fresh = request.GET.get("baru") == "1" and not error
            template = "buyer/success.html" if fresh else "buyer/order.html"
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
        return method_choices(content)

    @staticmethod
    def _success(order: Order) -> dict[str, Any]:
        """The form's own words after ordering, and a way to the store's WhatsApp."""
        content = order.form.published.content if order.form and order.form.published else {}
        text = f"Halo {order.store.name}, saya {order.buyer_name} sudah memesan dengan nomor {order.order_number}."
        return {
            "message": content.get("success", {}).get("message", ""),
            "whatsapp_url": click_to_chat(order.store.whatsapp, text) if order.store.whatsapp else "",
        }

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            order = buyer.buyer_order(request, token)
        except NotFound:
            return render(request, "errors/404_buyer.html", {}, status=404)
        try:
            throttle.hit("buyer-action", f"{client_ip(request)}:{token}", Limit(30, 60))
            self._act(request, order)
        except DomainError as exc:
            return self.show(request, order, error=exc.message, status=exc.status)
        return HttpResponseRedirect(reverse("buyer-order", args=[token], urlconf="bosonline.urls_buyer"))

    def _act(self, request: HttpRequest, order: Order) -> None:
        data = request.POST
        match request.GET.get("do"):
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
                method = data.get("payment_method", "")
                self._method(order, method, data.get(f"channel_{method}", ""))
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
        "name": store.name, "logo": store.logo_url, "colour": store.colour, "whatsapp": store.whatsapp,
        "subdomain": store.subdomain, "time_zone": store.time_zone, "color": store.colour,
    }  # fmt: skip


@never_cache
def order_status(request: HttpRequest, token: str) -> HttpResponse:
    """The part of the order page that changes by itself; the page asks every ten seconds."""
    try:
        order = buyer.buyer_order(request, token)
    except NotFound:
        raise Http404 from None
    with store_scope(order.store_id), translation.override("id"):
        return render(request, "buyer/includes/order_live.html", {"order": order_context(order, [])})


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"message": "Tidak ditemukan.", "code": "not_found", "errors": {}}, status=404)
    return render(request, "errors/404_buyer.html", {}, status=404)
