"""The seller's order pages: home, list, detail, queue, and the actions on them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh, trigger_client_event

from bosonline import cleaning
from bosonline.errors import DomainError, NotFound, ValidationFailed
from bosonline.money import format_rupiah
from bosonline.views import private_file
from orders import presentation as show
from orders import queries
from orders.actions import ACTIONS, BULK, ON_ONE, Action, Facts, run_many, told, visible_ids
from orders.documents import INVOICE_SIZES, LABEL_SIZES, invoices_pdf, labels_pdf
from orders.lists import ORDERS, orders_for
from orders.messages import STAGES
from orders.models import FollowUp, Order
from orders.money.proofs import proof_of
from orders.money.queries import money_context
from orders.segments import FUNNEL, MONEY, TODO, segments_count
from orders.services import followups, redelivery, shipping, status
from orders.services.rebill import bill_from
from sellers.pages import StorePage, safe_next
from stores.queries import notification_of, notifications_of, public_url, store_today
from stores.services.bell import notifications_mark_read
from stores.services.notifications import announcement_text, announcements_for

RANGES = {"today": 0, "7": 6, "30": 29}


class HomePage(StorePage):
    """Beranda: what is to do first, then the money of the chosen days."""

    reads_replica = True

    def get(self, request: HttpRequest) -> HttpResponse:
        chosen = request.GET.get("range", "7")
        days = RANGES.get(chosen, 6)
        today = store_today(self.store)
        params = {"from": (today - timedelta(days=days)).isoformat(), "to": today.isoformat()}
        before = {
            "from": (today - timedelta(days=2 * days + 1)).isoformat(),
            "to": (today - timedelta(days=days + 1)).isoformat(),
        }
        todo = segments_count(self.member, TODO)
        money, previous = (segments_count(self.member, MONEY, period) for period in (params, before))
        steps = segments_count(self.member, FUNNEL, params)
        context = {
            "range": chosen if chosen in RANGES else "7",
            "todo": self._todo(todo),
            "money": self._money(money, previous, steps["ordered"], params),
            "funnel": self._funnel(steps, params),
            "empty": steps["ordered"] == 0 and not orders_for(self.member, {}).exists(),
            "store_url": public_url(self.store) if self.store.subdomain else "",
            "onboarded": self.store.onboarded_at is not None,
            "news": self._told("announcement", 3),
            "tips": self._told("tip", 2),
        }
        return render(request, "orders/home.html", context)

    def _told(self, kind: str, limit: int) -> list[dict[str, Any]]:
        """Words of the platform for this person, in their language."""
        rows = announcements_for(store=self.store, user_id=self.member.user.pk, kind=kind)[:limit]
        language = get_language() or "id"
        told = []
        for row in rows:
            title, body = announcement_text(row, language)
            told.append({"pk": row.pk, "title": title, "body": body, "url": row.url})
        return told

    def _todo(self, found: dict[str, int]) -> list[dict[str, Any]]:
        looks = {
            "uncontacted": ("clock", "wait"), "proofs": ("receipt-2", "wait"), "conflicts": ("wallet", "loss"),
            "ready": ("package", ""), "unpicked": ("truck", ""), "problem": ("alert-triangle", "loss"),
            "unclear": ("truck", "wait"), "returning": ("truck-return", "wait"), "held": ("shield", "loss"),
        }  # fmt: skip
        return [
            {"label": s.label, "value": found[s.key], "url": f"{reverse('orders')}?{s.query()}",
             "icon": looks[s.key][0], "tone": looks[s.key][1], "zero": found[s.key] == 0}
            for s in TODO
            if s.key in found
        ]  # fmt: skip

    def _money(
        self, now: dict[str, int], before: dict[str, int], orders: int, period: dict[str, str]
    ) -> list[dict[str, Any]]:
        notes = {
            "revenue": ngettext("%(n)s order", "%(n)s orders", orders) % {"n": orders},
            "profit": _("on delivered orders"),
        }
        return [
            {"label": s.label, "value": format_rupiah(now[s.key]), "url": f"{reverse('orders')}?{s.query(period)}",
             "trend": _trend(now[s.key], before[s.key]) if s.key == "revenue" else None, "note": notes.get(s.key, "")}
            for s in MONEY
            if s.key in now
        ]  # fmt: skip

    def _funnel(self, found: dict[str, int], period: dict[str, str]) -> list[dict[str, Any]]:
        base = found["ordered"]
        return [
            {"label": s.label, "value": found[s.key], "url": f"{reverse('orders')}?{s.query(period)}",
             "share": found[s.key] * 100 // base if base else 0}
            for s in FUNNEL
        ]  # fmt: skip


def _trend(now: int, before: int) -> dict[str, Any] | None:
    if not before:
        return None
    change = (now - before) * 100 // before
    return {"text": f"{abs(change)} %", "good": change >= 0, "up": change >= 0}


class OrderListPage(StorePage):
    """Pesanan: tabs with counts, search, filters, bulk actions; everything in the URL."""

    right = "orders.view"
    reads_replica = True

    def get(self, request: HttpRequest) -> HttpResponse:
        params = request.GET
        limit = params.get("limit") or "25"
        page = ORDERS.page(self.member, params.dict() | {"limit": limit})
        counts = ORDERS.tab_counts(self.member, params.dict())
        recap = queries.recap(self.member, params.dict())
        tab = params.get("tab", "all")
        newest = page.rows[0].pk if page.rows and not params.get("after") else 0
        context = {
            "page": page,
            "rows": [self._row(order) for order in page.rows],
            "tabs": [
                {
                    "key": key,
                    "label": tab_.label,
                    "url": _with(params, tab=None if key == "all" else key),
                    "count": counts[key],
                    "current": key == tab,
                    "wait": key in ("new", "unpaid", "problem", "held"),
                    "gap_before": key == "held",
                }
                for key, tab_ in ORDERS.tabs.items()
            ],
            "filters": self._chips(params),
            "keyword": params.get("keyword", ""),
            "filtered": bool(ORDERS.chips(_plain(params))),
            "recap": recap,
            "newest": newest or queries.newest_id(self.member),
            "hidden": {k: v for k, v in params.items() if k not in ("keyword", "after", "category")},
            "methods": Order.Method.choices,
            "bulk_status": [
                (s.value, s.label)
                for s in (Order.Status.CONFIRMED, Order.Status.READY, Order.Status.SHIPPED, Order.Status.CANCELLED)
            ],
        }
        return render(request, "orders/list.html", context)

    def _row(self, order: Order) -> dict[str, Any]:
        return order_row(order, self.member)

    def _chips(self, params: QueryDict) -> list[dict[str, str]]:
        return [
            {"label": label, "value": shown, "remove_url": _with(params, **{name: None})}
            for name, label, shown in ORDERS.chips(_plain(params))
        ]


def _plain(params: QueryDict) -> dict[str, str]:
    return {name: str(value) for name, value in params.items()}


def _with(params: QueryDict, **changes: str | None) -> str:
    """The list's URL with some parameters changed; the page position is dropped."""
    copy = params.copy()
    copy.pop("after", None)
    for name, value in changes.items():
        copy.pop(name, None)
        if value is not None:
            copy[name] = value
    return f"?{copy.urlencode()}" if copy else "?"


def order_row(order: Order, member: Any) -> dict[str, Any]:
    """What a row or card of the list shows."""
    return {
        "order": order,
        "phone": queries.shown_phone(member, order.buyer_phone),
        "status": show.badge("status", order.status),
        "payment": show.badge("payment", order.payment_status),
        "shipping": show.badge("shipping", order.shipping_status) if order.shipping_status != "none" else None,
        "risk": show.badge("risk", order.risk) if order.risk != "clear" else None,
        "items": list(order.items.all()),
        "cs": order.assigned_to.user.name if order.assigned_to else "",
        "repeat": order.customer.orders_count > 1,
        "url": reverse("order-detail", args=[order.pk]),
        "wa_url": reverse("order-whatsapp", args=[order.pk]),
        "moves": [m for m in status.allowed_status(order, member) if m["allowed"] and not m["reason_required"]],
    }


class NewOrdersCount(StorePage):
    """How many orders came since the page was loaded (the strip asks every few seconds)."""

    right = "orders.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        since = request.GET.get("since", "0")
        count = queries.newer_than(self.member, int(since) if since.isdecimal() and len(since) < 18 else 0)
        return JsonResponse({"data": {"count": count}})


class OrderDetailPage(StorePage):
    right = "orders.view"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        order = queries.order_get(self.member, pk)
        return render(request, "orders/detail.html", detail_context(order, self.member))


def detail_context(order: Order, member: Any) -> dict[str, Any]:
    shipments = [s for s in order.shipments.all() if s.status != "cancelled"]
    shipment = shipments[-1] if shipments else None
    open_payment = next((p for p in sorted(order.payments.all(), key=lambda p: -p.pk) if p.status != "cancelled"), None)
    events = []
    for line in queries.timeline_of(order.pk, order.store):
        title, text = show.line_title(line["kind"], line["data"])
        actor = str(show.ACTORS.get(line["by"], line["by"]))
        events.append({"time": line["at"], "title": title, "text": text, "actor": actor})
    attempts = sorted(order.followups.all(), key=lambda f: -f.pk)
    return {
        "order": order,
        "row": order_row(order, member),
        "bill": bill_from(order),
        "income": queries.income_of(order),
        "zone": order.store.time_zone,
        "steps": show.stepper(order.status),
        "moves": status.allowed_status(order, member),
        "shipment": shipment,
        "wish": show.wish_text(redelivery.wish_of(order) or {}) if redelivery.has_failed(order) else "",
        "parcel_alerts": [a for s in order.shipments.all() for a in s.alerts.all() if a.seen_at is None],
        "former_awbs": [f.awb for f in shipment.former_awbs.all()] if shipment else [],
        "tracking": queries.events_of(shipment)[:30] if shipment else [],
        "payment": open_payment,
        "money": money_context(order, member),
        "has_proof": member.may("payments.view") and any(p.proof for p in order.payments.all()),
        "events": events,
        "attempts": attempts,
        "last_attempt": attempts[0] if attempts else None,
        "results": [(k, v) for k, v in show.RESULT_LABELS.items()],
        "stages": list(STAGES.items()),
        "due_stage": followups.due_stage(order),
        "risk_reasons": [str(show.RISK_REASONS.get(r, r)) for r in order.risk_reasons],
        "assigned_reason": str(show.ASSIGNED.get(order.assigned_reason, "")),
        "buyer_url": followups.order_url(order),
        "notes": sorted(order.notes.all(), key=lambda n: -n.pk),
        "customer": order.customer,
        "can_book": member.may("shipping.create") and shipment is None and order.status in shipping.BOOKABLE,
        "label_sizes": LABEL_SIZES,
    }


class OrderActionPage(StorePage):
    """A button on an order: do it, say so, show the order again."""

    action: Action = ON_ONE[0]  # each address names its own (orders/urls.py)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.action.require(self.member)
        order = queries.order_get(self.member, pk)
        assert self.action.run is not None
        try:
            message = self.action.run(self.member, order, Facts(request.POST))
        except DomainError as exc:
            if getattr(request, "htmx", False):
                raise
            messages.error(request, exc.message)
        else:
            if getattr(request, "htmx", False):
                return trigger_client_event(
                    HttpResponseClientRefresh(), "toast", {"message": message, "kind": "success"}
                )
            messages.success(request, message)
        return HttpResponseRedirect(
            safe_next(request, request.POST.get("next", ""), reverse("order-detail", args=[pk]))
        )


class OrderProofPage(StorePage):
    """The buyer's newest transfer proof. Proofs have no public address."""

    right = "payments.view"

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        self.member.require("orders.view")
        order = queries.order_get(self.member, pk)
        return private_file(proof_of(order), inline=True)


class OrderWhatsApp(StorePage):
    """Opens WhatsApp with the text that is due and records the attempt."""

    right = "followups.create"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        order = queries.order_get(self.member, pk)
        prepared = followups.followup_record(
            order_id=order.pk,
            actor=self.member,
            stage=request.POST.get("stage", ""),
            text=request.POST.get("text", ""),
        )
        if request.headers.get("Accept", "").startswith("application/json"):
            return JsonResponse(
                {"data": {"url": prepared.url, "id": prepared.followup.pk, "text": prepared.followup.text}}
            )
        return HttpResponseRedirect(prepared.url)


class FollowUpResult(StorePage):
    """A result chip."""

    right = "followups.edit"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = FollowUp.objects.filter(pk=pk).first()
        if row is None:
            raise NotFound()
        order = queries.order_get(self.member, row.order_id)
        result = request.POST.get("result", "")
        followups.followup_result(followup_id=pk, actor=self.member, result=result)
        messages.success(request, _("Result saved."))
        target = request.POST.get("next", "")
        return HttpResponseRedirect(safe_next(request, target, reverse("order-detail", args=[order.pk])))


class QueuePage(StorePage):
    """Antrean CS: whom to contact next."""

    right = "followups.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = []
        for order in queries.cs_queue(self.member):
            row = order_row(order, self.member)
            row["stage"] = str(STAGES[followups.due_stage(order)])
            rows.append(row)
        return render(request, "orders/queue.html", {"rows": rows, "now": store_today(self.store)})


class BulkAction(StorePage):
    """One action on the selected orders; each answers for itself, and the page says which did not go."""

    right = "orders.view"
    actions = {action.key: action.rights for action in BULK}

    def post(self, request: HttpRequest, action: str) -> HttpResponse:
        what = ACTIONS[action]
        ids = [int(i) for i in request.POST.get("ids", "").split(",") if i.isdecimal() and len(i) < 18][:200]
        visible = visible_ids(self.member, ids)
        if not visible:
            raise ValidationFailed.field("ids", _("Choose at least one order."))
        facts = Facts(request.POST)
        if what.prints is not None:
            made = what.prints(self.member, visible, facts)
            if isinstance(made, bytes):
                return pdf_response(made, f"{what.key}.pdf")
            return HttpResponseRedirect(f"{reverse('downloads')}#job-{made.pk}")
        self._tell(run_many(what, self.member, visible, facts))
        return HttpResponseRedirect(safe_next(request, request.META.get("HTTP_REFERER", ""), reverse("orders")))

    def _tell(self, results: list[tuple[int, DomainError | None]]) -> None:
        done, failed = told(results)
        if done:
            messages.success(self.request, done)
        numbers = dict(Order.objects.filter(pk__in=[pk for pk, _why in failed]).values_list("pk", "order_number"))
        for pk, why in failed[:5]:
            messages.error(self.request, f"{numbers.get(pk, pk)}: {why}")


def pdf_response(pdf: bytes, name: str) -> HttpResponse:
    response = HttpResponse(pdf, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


class LabelPdf(StorePage):
    right = "shipping.view"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.member.require("see_phone")
        order = queries.order_get(self.member, pk)
        return pdf_response(
            labels_pdf(self.member, [pk], size=request.GET.get("size", "100x150")), f"label-{order.order_number}.pdf"
        )


class InvoicePdf(StorePage):
    right = "orders.view"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        order = queries.order_get(self.member, pk)
        size = request.GET.get("size", "a4")
        return pdf_response(
            invoices_pdf(self.member, [pk], size=size if size in INVOICE_SIZES else "a4"),
            f"invoice-{order.order_number}.pdf",
        )


class NotificationsPage(StorePage):
    """The bell: the count, the menu, and the whole list. Looking marks nothing read; a line that is opened is, and all
    are when somebody says so."""

    def get(self, request: HttpRequest) -> HttpResponse:
        rows, unread = notifications_of(self.member, 50)
        if request.GET.get("count"):
            return HttpResponse(str(unread) if unread else "", content_type="text/plain; charset=utf-8")
        part = bool(request.GET.get("menu"))
        return render(
            request,
            "dashboard/includes/notifications.html" if part else "dashboard/notifications.html",
            {"rows": rows[:10] if part else rows, "unread": unread, "zone": self.store.time_zone},
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        notifications_mark_read(user_id=self.member.user.pk, store=self.store)
        return HttpResponseRedirect(safe_next(request, request.POST.get("next", ""), reverse("notifications")))


class NotificationOpen(StorePage):
    """Goes where a line of the bell leads, and remembers that it was read."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = notification_of(self.member, pk)
        if row is None:
            raise NotFound()
        notifications_mark_read(user_id=self.member.user.pk, store=self.store, only=row.pk)
        return HttpResponseRedirect(safe_next(request, row.told.url, reverse("notifications")))


class SearchPage(StorePage):
    """Global search: orders by name, phone, number, AWB."""

    right = "orders.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        keyword = cleaning.keyword(request.GET.get("q", ""))[:100]
        rows: list[Any] = []
        if len(keyword) >= 2:
            page = ORDERS.page(self.member, {"keyword": keyword, "limit": "8"})
            rows = [order_row(order, self.member) for order in page.rows]
        return render(request, "dashboard/includes/search_results.html", {"rows": rows, "keyword": keyword})
