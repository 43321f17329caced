"""What a buyer may see and do with their own order: known only by its unguessable token, on the store's host."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from bosonline import timeline
from bosonline.errors import Conflict, NotFound, ValidationFailed
from bosonline.tenancy import all_stores, store_scope
from forms.snapshot import snapshot_of
from orders import messages
from orders.models import Order
from orders.services.placement import Placed
from orders.services.status import BUYER, order_event, order_lock
from stores.models import Store
from stores.queries import public_url, store_id_of_host


def buyer_order(request: HttpRequest, token: str) -> Order:
    """The order with this token; on a store's host only that store's. Anything else is 404."""
    if not 20 <= len(token) <= 30:
        raise NotFound()
    with all_stores():
        order = Order.objects.select_related("store").filter(token=token).first()
    host = getattr(request, "store_host", None)
    if order is None or (host is not None and store_id_of_host(host) != order.store_id):
        raise NotFound()
    return order


def placed_answer(placed: Placed, store_id: int, slug: str) -> dict[str, Any]:
    """The 201 answer of ``POST /checkout/orders`` (api.md)."""
    snapshot = snapshot_of(store_id, slug)
    store = snapshot.store if snapshot else {}
    url = public_url(
        Store(subdomain=store.get("subdomain"), link_host=store.get("link_host", "")), f"/o/{placed.token}"
    )
    success = snapshot.content["success"] if snapshot else {"kind": "page", "message": "", "url": ""}
    redirect = f"{url}?baru=1"
    if success["kind"] == "whatsapp" and store.get("whatsapp"):
        text = f"Halo {store['name']}, saya sudah pesan dengan nomor {placed.order_number}."
        redirect = messages.click_to_chat(store["whatsapp"], text)
    elif success["kind"] == "url" and success["url"]:
        redirect = success["url"]
    kinds = {"cod": "cash", "bank_transfer": "transfer", "va": "virtual_account", "qris": "qris"}
    return {
        "order_number": placed.order_number,
        "token": placed.token,
        "url": url,
        "status": placed.status,
        "payment_status": placed.payment_status,
        "bill": placed.bill.as_api(),
        "payment": {
            "method": placed.payment_method,
            "channel": placed.payment_channel or None,
            "instructions": kinds[placed.payment_method],
            "expires_at": placed.payment_due_at.isoformat() if placed.payment_due_at else None,
        },
        "success": {"kind": success["kind"], "message": success["message"], "redirect_url": redirect},
    }


def buyer_confirm(*, order: Order) -> None:
    """The buyer pressed "Ya, data sudah benar": the order is confirmed. Pressing again changes nothing."""
    with store_scope(order.store_id), transaction.atomic():
        locked = order_lock(order.pk)
        if locked.status != Order.Status.NEW:
            return
        if locked.is_held:
            raise Conflict(_("The store will contact you about this order."), code="order_held")
        if not locked.is_cod:
            raise Conflict(_("This order is confirmed by its payment."), code="not_cod")
        order_event(order=locked, status=Order.Status.CONFIRMED, actor=BUYER, reason="buyer_confirmed")
        locked.followup_status = Order.FollowUpStatus.DONE
        locked.next_followup_at = None
        locked.save(update_fields=["followup_status", "next_followup_at"])


def buyer_cancel(*, order: Order, reason: str) -> None:
    """The buyer cancels while nothing has been paid or booked."""
    with store_scope(order.store_id), transaction.atomic():
        locked = order_lock(order.pk)
        if locked.status == Order.Status.CANCELLED:
            return
        if locked.status != Order.Status.NEW or locked.paid_amount or locked.shipping_status != "none":
            raise Conflict(_("This order is already being prepared. Contact the store."), code="too_late")
        order_event(order=locked, status=Order.Status.CANCELLED, actor=BUYER, reason=reason or "buyer_cancelled")


def buyer_address(*, order: Order, street: str, landmark: str) -> None:
    """Mend the street or landmark until the parcel is packed. The district stays: it decides the shipping price."""
    street, landmark = street.strip(), landmark.strip()
    if not 5 <= len(street) <= 200:
        raise ValidationFailed.field("street", _("Write the street, house number and RT/RW."))
    with store_scope(order.store_id), transaction.atomic():
        locked = order_lock(order.pk)
        if locked.status not in (Order.Status.NEW, Order.Status.CONFIRMED) or locked.shipping_status != "none":
            raise Conflict(_("The parcel is already packed. Contact the store."), code="too_late")
        before = {"street": locked.street, "landmark": locked.landmark}
        locked.street, locked.landmark = street, landmark[:100]
        locked.save(update_fields=["street", "landmark"])
        timeline.record(
            store_id=locked.store_id, subject="order", subject_id=locked.pk, kind="order.address", actor_label="buyer",
            data={"before": before, "after": {"street": street, "landmark": landmark[:100]}},
        )  # fmt: skip
