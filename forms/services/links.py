"""The addresses of forms on a store's host: free ones, reserved ones, and those a form has left."""

from __future__ import annotations

import itertools

from django.utils.translation import gettext as _

from bosonline.errors import ValidationFailed
from catalog.services.products import names_lock, slug_for
from forms.models import FormerLink, OrderForm
from stores.models import Store

# addresses of a store's host that are no forms
RESERVED = frozenset({"api", "o", "embed", "static", "media", "theme", "healthz", "robots", "favicon", "test"})


def slug_check(slug: str, *, store_id: int, exclude: int | None = None) -> None:
    """Raises at ``slug`` when the address is another form's or no form may have it. In a transaction: see ``names_lock``.

    An address another form has left may be taken: that is often why the form left it.
    """
    names_lock(store_id)
    if slug in RESERVED:
        raise ValidationFailed.field("slug", _("This link is reserved."))
    if OrderForm.objects.filter(slug=slug, deleted_at__isnull=True).exclude(pk=exclude).exists():
        raise ValidationFailed.field("slug", _("Another form already has this link."))


def slug_free(store: Store, name: str) -> str:
    """An address made of ``name`` that no form has, and none has left: nobody asked to take one over."""
    names_lock(store.pk)
    for n in itertools.count(1):
        slug = slug_for(store, name if n == 1 else f"form-{n}-{name}", OrderForm)
        if slug not in RESERVED and not FormerLink.objects.filter(slug=slug).exists():
            return slug
    raise AssertionError("the numbers do not end")


def link_leave(form: OrderForm, before: str) -> None:
    """``form`` goes from ``before`` to its present slug: who still opens ``before`` is led on."""
    link_take(form.slug)
    FormerLink.objects.update_or_create(
        store_id=form.store_id, slug=before, defaults={"form": form}, create_defaults={"form": form}
    )


def link_take(slug: str) -> None:
    """The address belongs to a living form now and leads nowhere else."""
    FormerLink.objects.filter(slug=slug).delete()
