"""Notes that the team leaves at an order; buyers never see them."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from bosonline import timeline
from bosonline.actor import Actor
from bosonline.errors import ValidationFailed
from orders.models import Order, OrderNote

LENGTH = 2_000


@transaction.atomic
def note_add(*, order: Order, text: str, actor: Actor) -> OrderNote:
    """Keep a note of at most 2,000 characters. Raises at ``text``."""
    actor.require("orders.edit")
    text = text.strip().replace("\x00", "")
    if not text or len(text) > LENGTH:
        raise ValidationFailed.field("text", _("Write a note of at most 2,000 characters."))
    note: OrderNote = OrderNote.objects.create(store_id=order.store_id, order=order, author=actor.membership, text=text)
    timeline.record(
        store_id=order.store_id, subject="order", subject_id=order.pk, kind="order.note", actor=actor,
        data={"text": text[:200]},
    )  # fmt: skip
    return note
