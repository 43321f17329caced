"""What happens after an order's transaction: alerts for the seller. Run by the outbox, many orders of a store at once."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F, Prefetch
from django.utils import timezone

from bosonline.outbox import Payload, handler
from bosonline.tenancy import store_scope
from catalog.models import StockLevel
from catalog.services.stock_alerts import order_watch
from forms.services.forms import forget_on_commit
from forms.snapshot import snapshot_of
from orders.models import Order, OrderItem, Receipt, Task
from orders.money.receipts import payment_free
from orders.notices import LOOK, order_line
from orders.services.conversions import orders_tell
from stores.services.bell import notify_many

LAST = 10  # pieces or places: from here on the page tells how many are left
BATCH = 100


def _orders(payloads: Sequence[Payload]) -> dict[int, Order]:
    """The orders that these rows of one store speak of, with what the handlers read of them."""
    wanted = {payload["order_id"] for payload in payloads}
    items = Prefetch("items", OrderItem.objects.order_by("id"))
    # one store and a few forms for all of them: fetched once, not joined to each row
    rows = Order.objects.filter(pk__in=wanted).prefetch_related("form", "store", items)
    return {order.pk: order for order in rows.order_by("pk")}


def _pages_refresh(store_id: int, orders: Sequence[Order]) -> None:
    """What buyers see of a form is kept for a minute; its last pieces and the last places of its quota are not."""
    sold: dict[str, set[tuple[int, int]]] = {}
    for order in orders:
        if order.form is not None:
            pairs = sold.setdefault(order.form.slug, set())
            pairs |= {(item.variant_id, order.warehouse_id) for item in order.items.all() if item.variant_id}
    every = {pair for pairs in sold.values() for pair in pairs}
    scarce = set(
        StockLevel.objects.filter(
            variant__in={variant for variant, _place in every}, warehouse__in={place for _variant, place in every},
            on_hand__lt=F("reserved") + LAST,
        ).values_list("variant_id", "warehouse_id")
    )  # fmt: skip
    due = []
    for slug, pairs in sold.items():
        snapshot = snapshot_of(store_id, slug)
        few_places = snapshot is not None and snapshot.quota_left is not None and snapshot.quota_left <= LAST
        if few_places or pairs & scarce:
            due.append(slug)
    if due:
        forget_on_commit(store_id, due)


@handler("order.placed", lane="tell", batch=BATCH)
def order_placed(payloads: Sequence[Payload]) -> None:
    store_id = payloads[0]["store_id"]
    with store_scope(store_id):
        orders = [order for order in _orders(payloads).values() if not order.is_test]
        for order in orders:
            if order.total == 0:
                payment_free(order_id=order.pk)
        orders_tell(orders)
        _pages_refresh(store_id, orders)
        notify_many(store_id=store_id, lines=[order_line(o, "order.new") for o in orders])
        _contacts_plan(store_id, orders)
        by_place: dict[int, set[int]] = {}
        for order in orders:
            ids = {item.variant_id for item in order.items.all() if item.variant_id}
            by_place.setdefault(order.warehouse_id, set()).update(ids)
        for warehouse_id, variant_ids in sorted(by_place.items()):  # last: stock levels are locked shortly
            order_watch(variant_ids=variant_ids, warehouse_id=warehouse_id)


def _contacts_plan(store_id: int, orders: Sequence[Order]) -> None:
    due = {order.pk: (order, order.next_followup_at) for order in orders if order.next_followup_at}
    known = set(Task.objects.filter(order_id__in=due, kind="contact").values_list("order_id", flat=True))
    Task.objects.bulk_create(
        [
            Task(store_id=store_id, order=o, kind="contact", assigned_to_id=o.assigned_to_id, due_at=due_at)
            for pk, (o, due_at) in due.items()
            if pk not in known
        ],
        ignore_conflicts=True,
    )


@handler("payment.received", lane="tell", batch=BATCH)
def payment_received(payloads: Sequence[Payload]) -> None:
    store_id = payloads[0]["store_id"]
    with store_scope(store_id):
        orders = _orders(payloads)
        orders_tell(list(orders.values()))
        receipts = Receipt.objects.in_bulk([payload.get("receipt_id", 0) for payload in payloads])
        lines = []
        for payload in payloads:
            order, receipt = orders[payload["order_id"]], receipts.get(payload.get("receipt_id", 0))
            outcome = payload["outcome"] if payload["outcome"] in ("paid", *LOOK) else "other"
            amount = receipt.amount if receipt else order.paid_amount
            lines.append(
                order_line(order, f"payment.{outcome}", amount=amount, receipt_id=receipt.pk if receipt else None)
            )
        notify_many(store_id=store_id, lines=lines)


@handler("order.status_changed", lane="tell", batch=BATCH)
def order_status_changed(payloads: Sequence[Payload]) -> None:
    """Close what is due when the order has moved beyond it."""
    with store_scope(payloads[0]["store_id"]):
        orders = _orders(payloads)
        orders_tell(list(orders.values()))
        moved = [pk for pk, o in orders.items() if o.status not in (Order.Status.NEW, Order.Status.CONFIRMED)]
        Task.objects.filter(order_id__in=moved, kind="contact", done_at__isnull=True).update(done_at=timezone.now())
