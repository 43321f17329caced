"""Copies of forms: a new draft each, with its own link and statistics from zero (product.md §6)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from bosonline import timeline
from bosonline.actor import Actor
from bosonline.errors import NotFound, ValidationFailed
from forms.content import ID_MAX, content_full
from forms.models import OrderForm
from forms.services.links import slug_free
from stores.models import Store

MAX_BATCH = 50
SUFFIX = " (Salinan)"


@transaction.atomic
def forms_duplicate(*, store: Store, form_ids: Sequence[int], actor: Actor) -> list[OrderForm]:
    """Copies in the order asked for. All or nothing: one unknown id and nothing is copied (404)."""
    actor.require("forms.create")
    wanted = list(dict.fromkeys(form_ids))
    if not wanted or len(wanted) > MAX_BATCH:
        raise ValidationFailed.field("ids", _("Choose between 1 and %(count)s forms.") % {"count": MAX_BATCH})
    found = {
        f.pk: f for f in OrderForm.objects.filter(pk__in=wanted, deleted_at__isnull=True).select_related("published")
    }
    missing = [pk for pk in wanted if pk not in found]
    if missing:
        known = [pk for pk in missing if pk <= ID_MAX]  # an address can hold a longer number than JSON
        raise NotFound(_("A form of this choice does not exist, so nothing was copied."), extra={"ids": known})
    return [_copy(store, found[pk], actor) for pk in wanted]


def _copy(store: Store, form: OrderForm, actor: Actor) -> OrderForm:
    name = f"{form.name[: 80 - len(SUFFIX)]}{SUFFIX}"
    copy = OrderForm.objects.create(
        store=store,
        name=name,
        slug=slug_free(store, name),
        warehouse_id=form.warehouse_id,
        draft=content_full(form.draft),
        success=form.success,
    )
    timeline.record(
        store_id=store.pk, subject="form", subject_id=copy.pk, kind="form.copied", actor=actor,
        data={"from": form.pk},
    )  # fmt: skip
    return copy
