"""Follow-ups: an attempt is recorded with its text; its result sets what comes next (product.md §10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import timeline
from bosonline.actor import Actor
from bosonline.errors import Conflict, NotFound, ValidationFailed
from bosonline.money import format_rupiah
from bosonline.whatsapp import chat_link
from orders import messages
from orders.models import FollowUp, MessageTemplate, Order, Task
from orders.services.status import order_lock, order_set_status
from stores.queries import public_url

# result → (followup_status, hours until the next touch or None)
RESULTS: dict[str, tuple[str, int | None]] = {
    "no_answer": ("no_answer", 2),
    "will_pay": ("in_progress", 6),
    "later": ("callback", 24),
    "price": ("in_progress", 24),
    "wrong_number": ("unreachable", None),
    "cancel": ("done", None),
    "confirmed": ("done", None),
}
MAX_NO_ANSWER = 3


@dataclass(frozen=True, slots=True)
class Prepared:
    """A recorded attempt and the link that opens WhatsApp with its text."""

    followup: FollowUp
    url: str


def due_stage(order: Order) -> str:
    """The wording that fits the order now."""
    s, p = Order.Status, Order.PaymentStatus
    if order.shipping_status == Order.ShippingStatus.PROBLEM:
        return "delivery_problem"
    if order.status == s.SHIPPED:
        return "out_for_delivery" if order.shipping_status == "out_for_delivery" else "shipped"
    if order.status in (s.DELIVERED, s.COMPLETED):
        return "delivered"
    if order.payment_status in (p.UNPAID, p.EXPIRED):
        return "payment_reminder"
    if order.status == s.NEW and order.is_cod:
        return "cod_confirmation" if order.followup_attempts == 0 else f"follow_up_{min(order.followup_attempts, 4)}"
    if order.payment_status == p.PAID:
        return "payment_received"
    return "order_received"


def variables_of(order: Order) -> dict[str, str]:
    items = ", ".join(f"{i.product_name} {i.variant_name}".strip() + f" ×{i.qty}" for i in order.items.all())
    payment = order.payments.select_related("bank_account__bank").order_by("-id").first()
    account = payment.bank_account if payment else None
    target = f"{account.bank.short_name} {account.number} a.n. {account.holder}" if account else ""
    if payment and payment.va_number:
        target = f"VA {payment.channel} {payment.va_number}"
    due = order.payment_due_at
    return {
        "nama": order.buyer_name,
        "toko": order.store.name,
        "produk": items,
        "total": format_rupiah(order.total),
        "nomor": order.order_number,
        "alamat": ", ".join(
            part for part in (order.street, order.landmark, order.district_name, order.city_name, order.province_name,
                              order.postal_code) if part
        ),
        "kurir": order.courier_name,
        "resi": order.awb,
        "rekening": target,
        "link": order_url(order),
        "batas": due.strftime("%d/%m %H:%M") if due else "",
    }  # fmt: skip


def order_url(order: Order) -> str:
    return public_url(order.store, f"/o/{order.token}")


def render_stage(order: Order, stage: str) -> str:
    """The store's wording of a stage (rotating), else the built-in one, with the variables filled in."""
    if stage not in messages.STAGES:
        raise ValidationFailed.field("stage", _("Unknown message template."))
    own = MessageTemplate.objects.filter(stage=stage).values_list("texts", flat=True).first()
    texts = own or messages.BUILT_IN[stage]
    return messages.render(texts[order.followup_attempts % len(texts)], variables_of(order))


@transaction.atomic
def followup_record(
    *, order_id: int, actor: Actor, stage: str = "", text: str = "", result: str = "", next_at: datetime | None = None
) -> Prepared:
    """Record an attempt by click-to-chat and answer the text and link. ``result`` may come with it or later."""
    actor.require("followups.create")
    order = order_lock(order_id)
    stage = stage or due_stage(order)
    text = text.strip() or render_stage(order, stage)
    if len(text) > 4000:
        raise ValidationFailed.field("text", _("The message is too long."))
    followup = FollowUp.objects.create(
        store_id=order.store_id,
        order=order,
        actor=actor.membership,
        channel=FollowUp.Channel.CLICK_TO_CHAT,
        stage=stage,
        text=text,
    )
    now = timezone.now()
    order.followup_attempts += 1
    order.first_contact_at = order.first_contact_at or now
    order.last_contact_at = now
    if order.followup_status == Order.FollowUpStatus.NOT_CONTACTED:
        order.followup_status = Order.FollowUpStatus.IN_PROGRESS
    order.next_followup_at = next_at or now + timedelta(hours=2)
    order.save(
        update_fields=[
            "followup_attempts",
            "first_contact_at",
            "last_contact_at",
            "followup_status",
            "next_followup_at",
        ]
    )
    timeline.record(
        store_id=order.store_id, subject="order", subject_id=order.pk, kind="followup.attempt",
        actor=actor, data={"stage": stage, "attempt": order.followup_attempts},
    )  # fmt: skip
    if result:
        followup_result(followup_id=followup.pk, actor=actor, result=result, next_at=next_at)
        followup.refresh_from_db()
    return Prepared(followup, chat_link(order.buyer_phone, text))


@transaction.atomic
def followup_result(*, followup_id: int, actor: Actor, result: str, next_at: datetime | None = None) -> FollowUp:
    """The result chip after coming back from WhatsApp: sets the axis and when to try again. "Confirmed" confirms a new
    order as well, for who may move orders."""
    actor.require("followups.edit")
    if result not in RESULTS:
        raise ValidationFailed.field("result", _("Choose a result from the list."))
    row = FollowUp.objects.filter(pk=followup_id).first()
    if row is None:
        raise NotFound()
    order = order_lock(row.order_id)
    if row.result and row.result != result:
        raise Conflict(_("This attempt has a result already."), code="has_result")
    status, hours = RESULTS[result]
    silent = FollowUp.objects.filter(order=order, result="no_answer").exclude(pk=row.pk).count() + 1
    if result == "no_answer" and silent >= MAX_NO_ANSWER:
        status, hours = "unreachable", None
    due = next_at or (timezone.now() + timedelta(hours=hours) if hours else None)
    row.result, row.next_at = result, due
    row.save(update_fields=["result", "next_at"])
    order.followup_status, order.next_followup_at = status, due
    order.save(update_fields=["followup_status", "next_followup_at"])
    Task.objects.filter(order=order, kind="contact", done_at__isnull=True).update(done_at=timezone.now())
    if due is not None:
        Task.objects.create(
            store_id=order.store_id, order=order, kind="contact", assigned_to=order.assigned_to, due_at=due
        )
    timeline.record(
        store_id=order.store_id, subject="order", subject_id=order.pk, kind="followup.result",
        actor=actor, data={"result": result, "next_at": due.isoformat() if due else None},
    )  # fmt: skip
    if result == "confirmed" and order.status == Order.Status.NEW and actor.may("orders.edit") and not order.is_held:
        order_set_status(order_id=order.pk, status=Order.Status.CONFIRMED, actor=actor)
    return row
