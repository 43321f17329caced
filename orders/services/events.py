"""What happens after an order's transaction: alerts for the seller. Run by the outbox, safe to repeat."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from bosonline.money import format_rupiah
from bosonline.outbox import handler
from bosonline.tenancy import store_scope
from catalog.models import StockLevel
from catalog.services.stock_alerts import order_watch
from forms.services.forms import forget_on_commit
from forms.snapshot import snapshot_of
from orders.models import Order, Receipt, Task
from orders.money.receipts import payment_free
from orders.services.conversions import order_tell
from stores.models import Notification
from stores.services.stores import notify

LAST = 10  # pieces or places: from here on the page tells how many are left


def _notify_once(order: Order, kind: str, title: str, body: str, anchor: str = "") -> None:
    """``anchor`` names the part of the order it is about: every second receipt is told, each once."""
    url = f"/pesanan/{order.pk}{anchor}"
    if not Notification.objects.filter(kind=kind, url=url).exists():
        notify(store_id=order.store_id, kind=kind, title=title, body=body, url=url, order_id=order.pk)


def _page_refresh(order: Order) -> None:
    """What buyers see of a form is kept for a minute; its last pieces and the last places of its quota are not."""
    form = order.form
    if form is None:
        return
    snapshot = snapshot_of(order.store_id, form.slug)
    few_places = snapshot is not None and snapshot.quota_left is not None and snapshot.quota_left <= LAST
    sold = order.items.values_list("variant_id", flat=True)
    left = StockLevel.objects.filter(
        variant__in=sold, warehouse_id=order.warehouse_id, on_hand__lt=F("reserved") + LAST
    )
    if few_places or left.exists():
        forget_on_commit(order.store_id, [form.slug])


@handler("order.placed")
def order_placed(payload: dict[str, Any]) -> None:
    with store_scope(payload["store_id"]), translation.override("id"):
        order = Order.objects.get(pk=payload["order_id"])
        if order.is_test:
            return
        if order.total == 0:
            payment_free(order_id=order.pk)
        order_tell(order)
        order_watch(variant_ids=set(order.items.values_list("variant_id", flat=True)), warehouse_id=order.warehouse_id)
        _page_refresh(order)
        title = _("New order %(number)s") % {"number": order.order_number}
        _notify_once(order, "order.new", title, f"{order.buyer_name} · {format_rupiah(order.total)}")
        if order.next_followup_at and not Task.objects.filter(order=order, kind="contact").exists():
            Task.objects.create(
                store_id=order.store_id, order=order, kind="contact", assigned_to=order.assigned_to,
                due_at=order.next_followup_at,
            )  # fmt: skip


@handler("payment.received")
def payment_received(payload: dict[str, Any]) -> None:
    with store_scope(payload["store_id"]), translation.override("id"):
        order = Order.objects.get(pk=payload["order_id"])
        order_tell(order)
        paid = payload["outcome"] == "paid"
        title = _("Order %(number)s is paid") if paid else _("Payment of order %(number)s needs a look")
        receipt = Receipt.objects.filter(pk=payload.get("receipt_id", 0)).first()
        _notify_once(
            order, f"payment.{payload['outcome']}"[:40], title % {"number": order.order_number},
            format_rupiah(receipt.amount if receipt else order.paid_amount),
            anchor=f"#uang-{receipt.pk}" if receipt and not paid else "",
        )  # fmt: skip


@handler("order.status_changed")
def order_status_changed(payload: dict[str, Any]) -> None:
    """Close what is due when the order has moved beyond it."""
    with store_scope(payload["store_id"]):
        order = Order.objects.get(pk=payload["order_id"])
        order_tell(order)
        if order.status not in (Order.Status.NEW, Order.Status.CONFIRMED):
            from django.utils import timezone

            Task.objects.filter(order=order, kind="contact", done_at__isnull=True).update(done_at=timezone.now())
