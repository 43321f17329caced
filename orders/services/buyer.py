"""What a buyer may see and do with their own order: known only by its unguessable token, on the store's host."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from bosonline import timeline
from bosonline.actor import BUYER
from bosonline.errors import Conflict, NotFound, ValidationFailed
from bosonline.models import TimelineEntry
from bosonline.moments import iso_in
from bosonline.money import format_rupiah
from bosonline.tenancy import all_stores, store_scope
from bosonline.whatsapp import chat_link
from forms.queries import METHOD_LABELS
from forms.snapshot import Snapshot, snapshot_draft, snapshot_of
from forms.success import WHATSAPP_TEXT, fill, success_default, url_allowed
from orders.models import Order
from orders.notices import order_line
from orders.services.placement import Placed
from orders.services.status import order_event, order_lock
from stores.queries import area_of, link_url, store_id_of_host
from stores.services.bell import notify_many


def buyer_order(request: HttpRequest, token: str) -> Order:
    """The order with this token; on a store's host only that store's. Anything else is 404."""
    if not 20 <= len(token) <= 30 or "\x00" in token:
        raise NotFound()
    with all_stores():
        order = (
            Order.objects.select_related("store", "assigned_to__user", "form__published", "district")
            .filter(token=token)
            .first()
        )
    host = getattr(request, "store_host", None)
    if order is None or (host is not None and store_id_of_host(host) != order.store_id):
        raise NotFound()
    return order


def placed_answer(placed: Placed, store_id: int, slug: str, *, test_form_id: int | None = None) -> dict[str, Any]:
    """The 201 answer of ``POST /checkout/orders`` (api.md). A test order's form may never have been published."""
    snapshot = snapshot_draft(store_id, test_form_id) if test_form_id else snapshot_of(store_id, slug)
    store = snapshot.store if snapshot else {}
    url = link_url(store.get("link_host", ""), store.get("subdomain"), f"/o/{placed.token}")
    success = success_of(snapshot, placed, url) if snapshot else {"kind": "page", "message": "", "redirect_url": ""}
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
            "expires_at": iso_in(placed.payment_due_at, store.get("time_zone", "")),
        },
        "success": {**success, "redirect_url": success["redirect_url"] or f"{url}?baru=1"},
    }


def success_of(snapshot: Snapshot, placed: Placed, url: str) -> dict[str, Any]:
    """What the form's success page says and where it leads: the assigned CS's chat, an allowed address, or our page."""
    page = {**success_default(), **snapshot.success}
    values = success_values(snapshot, placed, url)
    redirect = ""
    if page["kind"] == "whatsapp" and not placed.is_test:
        phone = cs_of(snapshot, placed.assigned_to_id)["phone"] or snapshot.store["whatsapp"]
        text = fill(page["whatsapp_text"] or WHATSAPP_TEXT, values)
        redirect = chat_link(phone, text) if phone else ""
    elif page["kind"] == "url" and not placed.is_test:
        target = fill(page["url"], {name: quote(value, safe="") for name, value in values.items()})
        # checked again: the host may have been taken off the list
        redirect = target if url_allowed(target, snapshot.store["hosts"]) else ""
    return {"kind": page["kind"], "message": fill(page["message"], values), "redirect_url": redirect}


def cs_of(snapshot: Snapshot, membership_id: int | None) -> dict[str, str]:
    """Name and phone of who takes the lead; empty when nobody does."""
    found = next((c for c in snapshot.cs if c["id"] == membership_id), None)
    return {"name": found["name"], "phone": found["phone"]} if found else {"name": "", "phone": ""}


def success_values(snapshot: Snapshot, placed: Placed, url: str) -> dict[str, str]:
    return {
        "nama": placed.buyer_name,
        "produk": placed.products,
        "total": format_rupiah(placed.bill.total),
        "nomor": placed.order_number,
        "toko": snapshot.store["name"],
        "kurir": placed.courier_name,
        "metode": METHOD_LABELS[placed.payment_method][0],
        "cs": cs_of(snapshot, placed.assigned_to_id)["name"],
        "link": url,
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
        if not locked.is_test:
            notify_many(
                store_id=locked.store_id, lines=[order_line(locked, "order.cancelled_by_buyer", reason=reason)]
            )  # fmt: skip


def address_clean(street: str, landmark: str) -> tuple[str, str]:
    """Both as they are kept. Raises at ``street``."""
    street, landmark = street.replace("\x00", "").strip(), landmark.replace("\x00", "").strip()
    if not 5 <= len(street) <= 200:
        raise ValidationFailed.field("street", _("Write the street, house number and RT/RW."))
    if len(landmark) > 100:
        raise ValidationFailed.field("landmark", _("At most %(count)s characters.") % {"count": 100})
    return street, landmark


def address_told(order: Order) -> str:
    """What the last change of the address did to the total (Indonesian); empty when there was none."""
    rows = TimelineEntry.objects.filter(subject="order", subject_id=order.pk, kind="order.address")
    last = rows.order_by("-id").first()
    if last is None:
        return ""
    before = last.data.get("before", {}).get("total", order.total)
    if before == order.total:
        return f"Alamat sudah diganti. Totalnya tetap {format_rupiah(order.total)}."
    return f"Alamat sudah diganti. Totalnya sekarang {format_rupiah(order.total)}, sebelumnya {format_rupiah(before)}."


def ordered_before(request: HttpRequest, token: str, snapshot: Snapshot) -> dict[str, Any] | None:
    """What an order of this store was made of, for ordering the same again; as much of it as the form still sells."""
    if not token:
        return None
    try:
        order = buyer_order(request, token)
    except NotFound:
        return None
    if order.store_id != snapshot.store["id"]:
        return None
    with store_scope(order.store_id):
        items = list(order.items.all())
    packages = {package["name"]: package["id"] for package in snapshot.content["packages"]}
    area = area_of(order.district.boscod_id) if order.district and order.district.boscod_id else None
    data = {
        "items": ",".join(f"{i.variant_id}:{i.qty}" for i in items if i.variant_id and not i.is_bump and not i.package_name),
        "package": next((packages[i.package_name] for i in items if i.package_name in packages), ""),
        "email": order.buyer_email, "street": order.street, "landmark": order.landmark, "postal_code": order.postal_code,
        "payment_method": order.payment_method,
    }  # fmt: skip
    if area is not None:
        data |= {"district_id": area.district_id, "area": area.as_api(order.postal_code)["label"]}
    return {"token": "", "phone": order.buyer_phone, "name": order.buyer_name, "data": data}


def buyer_address(*, order: Order, street: str, landmark: str) -> None:
    """Mend the street or landmark until the parcel is packed. Another district is :mod:`orders.services.moving`."""
    street, landmark = address_clean(street, landmark)
    with store_scope(order.store_id), transaction.atomic():
        locked = order_lock(order.pk)
        if locked.status not in (Order.Status.NEW, Order.Status.CONFIRMED) or locked.shipping_status != "none":
            raise Conflict(_("The parcel is already packed. Contact the store."), code="too_late")
        before = {"street": locked.street, "landmark": locked.landmark}
        locked.street, locked.landmark = street, landmark
        locked.save(update_fields=["street", "landmark"])
        timeline.record(
            store_id=locked.store_id, subject="order", subject_id=locked.pk, kind="order.address", actor=BUYER,
            data={"before": before, "after": {"street": street, "landmark": landmark}},
        )  # fmt: skip
