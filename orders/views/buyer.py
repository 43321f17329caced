"""The buyer's pages on the store's host: the form, the order, its status."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from bosonline import brand, cleaning, pagecache, throttle
from bosonline.api.views import client_ip
from bosonline.errors import Conflict, DomainError, NotFound, ValidationFailed
from bosonline.gateways.winpay import CHANNELS
from bosonline.hosts import host_of
from bosonline.money import format_rupiah
from bosonline.phone import InvalidPhone, normalise
from bosonline.tenancy import store_scope
from bosonline.throttle import Limit
from bosonline.views import private_file
from forms.policy import embed_ancestors, page_policy
from forms.prefill import prefill_of, prefill_remember
from forms.queries import (
    buyer_store_id,
    is_open,
    is_sold_out,
    open_snapshots,
    page_data,
    public_snapshot,
    recovered,
)
from forms.services.restock import restock_wish
from forms.snapshot import Snapshot, snapshot_draft
from forms.tokens import tested_form
from orders.models import Order
from orders.money.methods import buyer_method, methods_of
from orders.money.proofs import proof_of, proof_upload
from orders.services import buyer
from orders.services.moving import buyer_move, moving_options
from orders.services.redelivery import redelivery_ask
from orders.views.order_page import event_part, order_context, snapshot_for, success_part
from stores.areas import area_of
from stores.models import Store
from stores.queries import public_url


def home(request: HttpRequest) -> HttpResponse:
    """The bare address of a store shows what it sells: its open forms. An unknown store is the designed 404."""
    try:
        store_id = buyer_store_id(request)
    except NotFound:
        return render(request, "errors/404_store.html", {"host": host_of(request)}, status=404)
    store = Store.objects.get(pk=store_id)
    with translation.override("id"):
        forms = [page_data(snapshot) for snapshot in open_snapshots(store_id)]
        if not forms:
            return render(request, "errors/404_buyer.html", {"store": store}, status=404)
        response = render(request, "buyer/store.html", {"store": store, "forms": forms})
    response.headers["Cache-Control"] = "public, max-age=30"
    return response


def order_form(request: HttpRequest, slug: str) -> HttpResponse:
    """The form. The page without own parameters and without a returning buyer is kept as bytes for the next visitors."""
    try:
        store_id = buyer_store_id(request)
    except NotFound:
        return render(request, "errors/404_store.html", {"host": host_of(request)}, status=404)
    tested = tested_form(request.GET.get("uji", ""))
    try:
        snapshot = _tested(store_id, tested, slug) if tested else public_snapshot(store_id, slug)
    except NotFound:
        return render(request, "errors/404_buyer.html", {"store": Store.objects.get(pk=store_id)}, status=404)
    if snapshot.slug != slug:  # the form has moved; what the advertisement added to the address goes with it
        query = request.META.get("QUERY_STRING", "")
        return HttpResponseRedirect(f"/{snapshot.slug}" + (f"?{query}" if query else ""))
    data = page_data(snapshot)
    context: dict[str, Any] = {"form": data, "store": snapshot.store}
    if not tested:
        if not is_open(snapshot):
            return render(request, "errors/form_closed.html", context, status=410)
        if is_sold_out(data):
            context["asked"] = request.GET.get("kabari") == "ya"
            return _sold_out(request, context)
    embedded = request.GET.get("embed") == "1" and data["embed"] and not tested
    kept = None
    if not tested:
        kept = recovered(store_id, snapshot, request.GET.get("lanjut", ""))
        kept = kept or buyer.ordered_before(request, request.GET.get("lagi", ""), snapshot)
    data["prefill"] = None if tested or kept else prefill_of(request)
    data["recover"] = kept
    data["test_token"] = data["quote_token"] = request.GET.get("uji", "") if tested else ""
    pixels = None if tested else data["pixels"]
    data["pixels"] = pixels
    context["embedded"] = embedded
    ancestors = embed_ancestors(snapshot.content["embed"]["origins"]) if embedded else ""
    policy = page_policy(pixels, frame_ancestors=ancestors)
    with translation.override("id"):  # buyers read Indonesian; the cached bytes are the same for everyone
        response = render(request, "buyer/order_form.html", context)
    shared = not (embedded or tested or kept or data["prefill"])
    if shared:
        etag = f'"{hashlib.sha256(response.content).hexdigest()[:20]}"'
        pagecache.put(host_of(request), request.path, response.content, etag, policy)
        response.headers["ETag"] = etag
        response.headers["Cache-Control"] = "public, max-age=0, must-revalidate"
    else:
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Vary"] = "Accept-Encoding, Cookie"
    response.headers["Content-Security-Policy"] = policy
    response.xframe_options_exempt = embedded
    return response


def _sold_out(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    with translation.override("id"):
        response = render(request, "errors/sold_out.html", context, status=status)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@method_decorator([never_cache, csrf_exempt], name="dispatch")
class RestockPage(View):
    """ "Kabari saya": a buyer leaves a number at a form that is sold out."""

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        try:
            snapshot = public_snapshot(buyer_store_id(request), slug)
        except NotFound:
            return render(request, "errors/404_buyer.html", {}, status=404)
        phone = request.POST.get("phone", "")[:40].replace("\x00", "")
        try:
            throttle.hit("restock", client_ip(request), Limit(10, 3600))
            with translation.override("id"):
                restock_wish(snapshot=snapshot, phone=phone)
        except Conflict:  # it is there again: the page itself says so best
            return HttpResponseRedirect(f"/{snapshot.slug}")
        except DomainError as exc:
            context = {"form": page_data(snapshot), "store": snapshot.store, "error": exc.message, "phone": phone}
            return _sold_out(request, context, status=exc.status)
        return HttpResponseRedirect(f"/{snapshot.slug}?kabari=ya")


def _tested(store_id: int, form_id: int, slug: str) -> Snapshot:
    """The draft behind a test link, on its own store's host and address."""
    snapshot = snapshot_draft(store_id, form_id)
    if snapshot is None or snapshot.slug != slug:
        raise NotFound()
    return snapshot


def theme_css(request: HttpRequest, colour: str) -> HttpResponse:
    """The store's colour as variables, readable whatever the seller picks. The address admits six hex digits only."""
    response = HttpResponse(brand.theme_css(colour) or "", content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@method_decorator([never_cache, csrf_exempt], name="dispatch")
class OrderPage(View):
    """The order behind its unguessable link. Writes need no cookie: who knows the link may act on the order."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            order = buyer.buyer_order(request, token)
        except NotFound:
            return render(request, "errors/404_buyer.html", {}, status=404)
        return self.show(request, order)

    def show(
        self,
        request: HttpRequest,
        order: Order,
        error: str = "",
        status: int = 200,
        moving: dict[str, Any] | None = None,
    ) -> HttpResponse:
        with store_scope(order.store_id), translation.override("id"):
            order = buyer.buyer_order(request, order.token)
            context: dict[str, Any] = {
                "order": order_context(order, methods_of(order)),
                "store": _store_part(order.store),
                "error": error,
                "moving": moving,
                "done": "" if error or moving else self._done(request, order),
            }
            fresh = request.GET.get("baru") == "1" and not error
            events = None
            if fresh:
                url = public_url(order.store, f"/o/{order.token}")
                events = event_part(order, snapshot_for(order))
                if events is not None:
                    events["src"] = static("pixels.js")
                context |= {"success": success_part(order, url), "events": events}
            template = "buyer/success.html" if fresh else "buyer/order.html"
            response = render(request, template, context, status=status)
        response.headers["Content-Security-Policy"] = page_policy(events["pixels"] if events else None)
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            order = buyer.buyer_order(request, token)
        except NotFound:
            return render(request, "errors/404_buyer.html", {}, status=404)
        try:
            throttle.hit("buyer-action", f"{client_ip(request)}:{token}", Limit(30, 60))
            moving = self._act(request, order)
            if moving is not None:
                return self.show(request, order, moving=moving)
        except DomainError as exc:
            return self.show(request, order, error=exc.message, status=exc.status)
        address = reverse("buyer-order", args=[token], urlconf="bosonline.urls_buyer")
        response = HttpResponseRedirect(f"{address}?sudah={request.GET.get('do', '')}")
        if request.GET.get("do") == "address":
            prefill_move(response, request, buyer.buyer_order(request, token))
        return response

    def _done(self, request: HttpRequest, order: Order) -> str:
        """What has just been done, said on the page that follows; only what is still so."""
        match request.GET.get("sudah"):
            case "confirm" if order.status != Order.Status.NEW:
                return "Terima kasih, pesananmu sudah dikonfirmasi."
            case "address":
                return buyer.address_told(order)
            case "method":
                return f"Cara bayar diganti. Totalnya sekarang {format_rupiah(order.total)}."
            case "proof" if order.payment_status == "waiting_verification":
                return "Bukti transfer sudah kami terima."
            case "again":
                return "Permintaanmu sudah kami teruskan ke toko."
        return ""

    def _act(self, request: HttpRequest, order: Order) -> dict[str, Any] | None:
        """Does it. What is given back is shown first: nothing has been done yet."""
        data = request.POST
        match request.GET.get("do"):
            case "confirm":
                buyer.buyer_confirm(order=order)
            case "cancel":
                buyer.buyer_cancel(order=order, reason=data.get("reason", "")[:100].replace("\x00", ""))
            case "address":
                return self._address(order, data)
            case "method":
                method = data.get("payment_method", "")
                self._method(order, method, data.get(f"channel_{method}", ""))
            case "again":
                redelivery_ask(
                    order=order, day=data.get("day", ""), hours=data.get("hours", ""), note=data.get("note", "")
                )  # fmt: skip
            case "proof":
                upload = request.FILES.get("proof")
                if upload is None:
                    raise ValidationFailed.field("proof", "Pilih foto atau PDF bukti transfer.")
                with store_scope(order.store_id):
                    proof_upload(order=order, upload=upload)
            case _:
                raise ValidationFailed("Tindakan tidak dikenal.")
        return None

    def _address(self, order: Order, data: QueryDict) -> dict[str, Any] | None:
        """Another district first shows what it costs; with the quote of a courier there it is agreed to."""
        street, landmark = buyer.address_clean(data.get("street", ""), data.get("landmark", ""))
        typed, postal_code = data.get("district_id", ""), cleaning.code(data.get("postal_code", ""))
        if postal_code and not (postal_code.isascii() and postal_code.isdecimal() and len(postal_code) == 5):
            postal_code = ""
        district_id = int(typed) if typed.isdecimal() and len(typed) < 10 else 0
        here = area_of(district_id)
        if not data.get("area", "").strip() or (here is not None and here.code == order.district_id):
            buyer.buyer_address(order=order, street=street, landmark=landmark)
        elif quote := data.get("quote", ""):
            buyer_move(
                order=order, district_id=district_id, quote=quote, street=street, landmark=landmark, postal_code=postal_code
            )  # fmt: skip
        else:
            found = moving_options(order=order, district_id=district_id)
            return {"found": found, "area": data.get("area", ""), "district_id": district_id, "street": street,
                    "landmark": landmark, "postal_code": postal_code}  # fmt: skip
        return None

    def _method(self, order: Order, method: str, channel: str) -> None:
        if method == "va":
            channel = (channel or "BCA").upper()
            if channel not in CHANNELS:
                raise ValidationFailed.field("payment_channel", "Pilih bank dari daftar.")
        buyer_method(order=order, method=method, channel=channel if method == "va" else "")


def prefill_move(response: HttpResponse, request: HttpRequest, order: Order) -> None:
    """The next order of this browser begins with the address that was just mended, if it was this browser's order."""
    kept = prefill_of(request)
    if kept is None or order.district is None:
        return
    try:
        own = normalise(kept["phone"]) == order.buyer_phone
    except InvalidPhone:
        own = False
    if not own:
        return
    address = {
        "district_id": order.district.boscod_id, "postal_code": order.postal_code, "street": order.street,
        "landmark": order.landmark,
    }  # fmt: skip
    prefill_remember(response, request, {"customer": kept, "address": address})


def _store_part(store: Store) -> dict[str, Any]:
    return {
        "name": store.name, "logo": store.logo_url, "colour": store.colour, "whatsapp": store.whatsapp,
        "subdomain": store.subdomain, "time_zone": store.time_zone, "color": store.colour,
    }  # fmt: skip


@never_cache
def order_status(request: HttpRequest, token: str) -> HttpResponse:
    """The parts of the order page that change by themselves, or with ``part=pay`` those of the success page."""
    page = "success" if request.GET.get("part") == "pay" else "order"
    try:
        order = buyer.buyer_order(request, token)
    except NotFound:
        raise Http404 from None
    with store_scope(order.store_id), translation.override("id"):
        methods = methods_of(order) if page == "order" else []
        context = {"order": order_context(order, methods), "page": page}
        response = render(request, "buyer/includes/order_parts.html", context)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@never_cache
def order_proof(request: HttpRequest, token: str) -> HttpResponseBase:
    """The transfer proof that the buyer has sent, for the buyer to see: who knows the order's link."""
    try:
        order = buyer.buyer_order(request, token)
        with store_scope(order.store_id):
            response = private_file(proof_of(order), inline=True)
    except NotFound:
        raise Http404 from None
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"message": "Tidak ditemukan.", "code": "not_found", "errors": {}}, status=404)
    return render(request, "errors/404_buyer.html", {}, status=404)
