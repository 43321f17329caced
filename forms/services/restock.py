"""Sold out: who wants to hear when it is back, and telling the seller and them when it is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import outbox
from bosonline.actor import Actor
from bosonline.errors import Conflict, NotFound, ValidationFailed
from bosonline.phone import InvalidPhone, normalise
from bosonline.tenancy import store_scope
from bosonline.whatsapp import chat_link
from catalog.models import StockLevel, Variant
from forms.models import FormProduct, OrderForm, RestockWish
from forms.queries import is_sold_out, page_data, title_of
from forms.services.forms import forget_on_commit
from forms.snapshot import Snapshot, snapshot_of
from stores.models import Store
from stores.queries import public_url
from stores.services.bell import Line, notify_many

MAX_WAITING = 5_000  # per form; more than that nobody writes to one by one
# what buyers read is Indonesian whatever language the dashboard has
TEXT = "Halo Kak, {form} di {toko} sudah ada lagi. Silakan pesan di sini: {link}"


def restock_wish(*, snapshot: Snapshot, phone: str) -> None:
    """Remember the number. Asking twice changes nothing. Raises at ``phone``; 409 when it can be had again."""
    try:
        phone = normalise(phone)
    except InvalidPhone:
        raise ValidationFailed.field("phone", _("The phone number is not valid, for example 081234567890.")) from None
    if not is_sold_out(page_data(snapshot)):
        raise Conflict(_("It is available again. You can order now."), code="available")
    with store_scope(snapshot.store["id"]):
        rows = RestockWish.objects.filter(form_id=snapshot.form_id, told_at__isnull=True)
        if rows.count() >= MAX_WAITING:
            raise Conflict(_("Too many people are waiting already. Please look again later."), code="too_many")
        wish = RestockWish(store_id=snapshot.store["id"], form_id=snapshot.form_id, phone=phone)
        RestockWish.objects.bulk_create([wish], ignore_conflicts=True)


@dataclass(frozen=True, slots=True)
class Telling:
    """``url``: the chat with the buyer, the text already typed."""

    wish: RestockWish
    url: str


@transaction.atomic
def restock_tell(*, actor: Actor, wish_id: int) -> Telling:
    """Somebody writes to this buyer now. Again: the same text once more."""
    actor.require("followups.create")
    actor.require("see_phone")
    store: Store = actor.store
    wish = (
        RestockWish.objects.select_for_update(of=("self",)).select_related("form__published").filter(pk=wish_id).first()
    )
    if wish is None:
        raise NotFound()
    if wish.told_at is None:
        wish.told_at = timezone.now()
        wish.save(update_fields=["told_at"])
    text = TEXT.format(form=title_of(wish.form), toko=store.name, link=public_url(store, f"/{wish.form.slug}"))
    return Telling(wish, chat_link(wish.phone, text))


def stock_changed(store_id: int, variant_ids: Collection[int]) -> None:
    """Subscriber: what can be had of these variants is another. Pages that sell them forget their copies at once, and
    where buyers wait for it, the seller hears that it is back."""
    products = Variant.objects.filter(pk__in=variant_ids).values("product_id")
    forms = OrderForm.objects.filter(
        pk__in=FormProduct.objects.filter(product_id__in=products).values("form_id"), deleted_at__isnull=True
    )
    rows = list(forms.values_list("pk", "slug", "warehouse_id"))
    if not rows:
        return
    forget_on_commit(store_id, [slug for _pk, slug, _place in rows])
    there = StockLevel.objects.filter(
        variant_id__in=variant_ids, warehouse_id__in={place for _pk, _slug, place in rows}
    )
    if any(level.available > 0 for level in there):
        waited_for = list(
            RestockWish.objects.filter(form_id__in=[pk for pk, _slug, _place in rows], told_at__isnull=True,
                                       alerted_at__isnull=True)
            .values_list("form_id", flat=True).distinct()
        )  # fmt: skip
        slugs = {pk: slug for pk, slug, _place in rows}
        # with the stock's own transaction, so that nobody waits for ever because a process ended right after it
        outbox.enqueue_many(
            "form.restocked",
            [({"store_id": store_id, "form_id": pk, "slug": slugs[pk]}, None) for pk in waited_for],
        )


@outbox.handler("form.restocked", lane="tell")
def form_restocked(payload: dict[str, Any]) -> None:
    """Tell the seller, once per return of the stock; nobody is told of what is still sold out."""
    store_id, form_id = payload["store_id"], payload["form_id"]
    with store_scope(store_id):
        snapshot = snapshot_of(store_id, payload["slug"], fresh=True)
        if snapshot is None or is_sold_out(page_data(snapshot)):
            return
        with transaction.atomic():
            waiting = RestockWish.objects.filter(form_id=form_id, told_at__isnull=True)
            if not waiting.filter(alerted_at__isnull=True).update(alerted_at=timezone.now()):
                return
            facts = {"form": snapshot.name, "form_id": form_id, "count": waiting.count()}
            notify_many(store_id=store_id, lines=[Line("form.restocked", facts)])
