"""Order forms: created, drafted, published, restored, closed, removed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import pagecache, timeline
from bosonline.actor import Actor
from bosonline.errors import Conflict, NotFound, ValidationFailed
from catalog.models import Image, Variant
from forms.content import content_clean, content_full, content_problems, sold_variant_ids
from forms.models import FormerLink, FormProduct, FormVersion, OrderForm
from forms.services.links import link_leave, link_take, slug_check, slug_free
from forms.snapshot import snapshot_forget
from sellers.models import Membership
from stores.models import Store, Warehouse
from stores.queries import hosts_of


@transaction.atomic
def form_create(*, store: Store, name: str, content: dict[str, Any], slug: str = "", actor: Actor) -> OrderForm:
    """A draft form at the default warehouse. Raises when the store has none yet, or at the content's field."""
    actor.require("forms.create")
    warehouse = Warehouse.objects.filter(is_default=True, deleted_at__isnull=True).first()
    if warehouse is None:
        raise ValidationFailed.field("warehouse", _("Add a warehouse first: couriers need to know where to collect."))
    slug = slug.strip().lower()
    if slug:
        slug_check(slug, store_id=store.pk)
    clean = content_clean(content)
    variants = variants_check(clean)
    # the inner name is the seller's alone: buyers read what it sells
    clean["title"] = clean["title"] or (variants[0].product.name if variants else "")
    people_and_pictures_check(store.pk, clean)
    form = OrderForm.objects.create(
        store=store,
        name=name.strip()[:80],
        slug=slug or slug_free(store, name),
        warehouse=warehouse,
        draft=clean,
    )
    link_take(form.slug)
    _line(form, "form.created", actor)
    return form


def people_and_pictures_check(store_id: int, content: dict[str, Any]) -> None:
    """Raises at ``cs.<n>.membership_id`` and ``image_ids.<n>`` for what is not this store's own.

    Who has left the store meanwhile stays in the draft and gets no orders.
    """
    people = [row["membership_id"] for row in content["cs"]]
    ours = set(Membership.objects.filter(store_id=store_id, pk__in=people).values_list("pk", flat=True))
    errors = {f"cs.{n}.membership_id": [_("Nobody of this store.")] for n, pk in enumerate(people) if pk not in ours}
    pictures = content["image_ids"]
    kept = set(Image.objects.filter(store_id=store_id, pk__in=pictures).values_list("pk", flat=True))
    errors |= {f"image_ids.{n}": [_("Unknown image.")] for n, pk in enumerate(pictures) if pk not in kept}
    if errors:
        raise ValidationFailed(next(iter(errors.values()))[0], errors=errors)


def variants_check(content: dict[str, Any], *, living: bool = False) -> list[Variant]:
    """The variants a content sells. Raises at ``variant_ids`` for another store's, and for removed ones if ``living``."""
    wanted = sold_variant_ids(content)
    rows = Variant.objects.select_related("product").filter(pk__in=wanted).order_by("product_id", "position")
    if living:
        rows = rows.filter(deleted_at__isnull=True, product__deleted_at__isnull=True)
    variants = list(rows)
    if len(variants) != len(wanted):
        raise ValidationFailed.field("variant_ids", _("A chosen variant does not exist any more."))
    return variants


@transaction.atomic
def form_save_draft(
    *, form: OrderForm, content: dict[str, Any], actor: Actor, name: str | None = None, expected_rev: int | None = None
) -> OrderForm:
    """Autosave: buyers see nothing of it before it is published.

    ``expected_rev`` is the ``draft_rev`` the editor began with; 409 ``draft_changed`` when another one saved meanwhile.
    """
    actor.require("forms.edit")
    clean = content_clean(content)
    variants_check(clean)
    people_and_pictures_check(form.store_id, clean)
    rows = OrderForm.objects.filter(pk=form.pk, deleted_at__isnull=True)
    if expected_rev is not None:
        rows = rows.filter(draft_rev=expected_rev)
    form.name = (name or form.name).strip()[:80] or form.name
    if not rows.update(draft=clean, name=form.name, draft_rev=F("draft_rev") + 1):
        raise Conflict(
            _("This form was changed in another window. Load it again before you go on."), code="draft_changed"
        )
    form.refresh_from_db(fields=["draft", "draft_rev", "updated_at"])
    return form


def form_locked(form_id: int) -> OrderForm:
    form = OrderForm.objects.select_for_update(of=("self",)).filter(pk=form_id, deleted_at__isnull=True).first()
    if form is None:
        raise NotFound()
    return form


@transaction.atomic
def form_publish(*, form: OrderForm, actor: Actor) -> OrderForm:
    """Make the draft what buyers get, keeping it as a version. Raises at the fields that could not take an order."""
    actor.require("forms.edit")
    form = form_locked(form.pk)
    content = content_full(form.draft)
    problems = content_problems(content)
    if problems:
        raise ValidationFailed(next(iter(problems.values()))[0], code="not_publishable", errors=problems)
    variants = variants_check(content, living=True)
    number = (form.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    version = FormVersion.objects.create(
        store_id=form.store_id, form=form, number=number, content=content, created_by_id=actor.user_id
    )
    FormProduct.objects.filter(form=form).delete()
    FormProduct.objects.bulk_create(
        FormProduct(store_id=form.store_id, form=form, product_id=product_id)
        for product_id in sorted({v.product_id for v in variants})
    )
    form.published = version
    form.status = OrderForm.Status.PUBLISHED
    form.revision += 1
    form.save(update_fields=["published", "status", "revision", "updated_at"])
    _line(form, "form.published", actor, {"version": number})
    forget_on_commit(form.store_id, [form.slug])
    return form


@transaction.atomic
def form_restore(*, form_id: int, number: int, actor: Actor) -> OrderForm:
    """Put a kept version back into the draft. Buyers see it after publishing, which keeps a version of its own."""
    actor.require("forms.edit")
    form = form_locked(form_id)
    version = form.versions.filter(number=number).first()
    if version is None:
        raise NotFound(_("This version does not exist."))
    form.draft = content_full(version.content)
    form.draft_rev += 1
    form.save(update_fields=["draft", "draft_rev", "updated_at"])
    _line(form, "form.restored", actor, {"version": number})
    return form


@transaction.atomic
def form_set_status(*, form_id: int, status: str, actor: Actor) -> OrderForm:
    """Close a form or open it again. An open form needs a published version."""
    actor.require("forms.edit")
    form = form_locked(form_id)
    if status == OrderForm.Status.PUBLISHED and form.published_id is None:
        return form_publish(form=form, actor=actor)
    if status == OrderForm.Status.CLOSED and form.published_id is None:
        raise Conflict(_("A draft is not open, so it cannot be closed."), code="not_published")
    before, form.status = form.status, status
    if before == status:
        return form
    form.revision += 1
    form.save(update_fields=["status", "revision", "updated_at"])
    _line(form, "form.status", actor, {"before": before, "after": status})
    forget_on_commit(form.store_id, [form.slug])
    return form


@transaction.atomic
def form_settings(
    *,
    form_id: int,
    slug: str | None = None,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    quota: int | None = None,
    actor: Actor,
) -> OrderForm:
    """Link, schedule and quota: they take effect at once. ``None`` for the times and the quota means "no limit".

    The link that is left leads on to the new one (:class:`FormerLink`).
    """
    actor.require("forms.edit")
    form = form_locked(form_id)
    before = form.slug
    if slug is not None and slug.strip().lower() != before:
        form.slug = slug.strip().lower()
        slug_check(form.slug, store_id=form.store_id, exclude=form.pk)
        link_leave(form, before)
    if opens_at and closes_at and closes_at <= opens_at:
        raise ValidationFailed.field("closes_at", _("The form must close after it opens."))
    form.opens_at, form.closes_at, form.quota = opens_at, closes_at, quota
    form.revision += 1
    form.save(update_fields=["slug", "opens_at", "closes_at", "quota", "revision", "updated_at"])
    _line(form, "form.settings", actor, {"slug": form.slug, "slug_before": before, "quota": quota})
    forget_on_commit(form.store_id, {before, form.slug})
    return form


@transaction.atomic
def form_delete(*, form_id: int, actor: Actor) -> None:
    """Soft: past orders keep their form, the link is free again, the products can be removed."""
    actor.require("forms.delete")
    form = form_locked(form_id)
    form.deleted_at = timezone.now()
    form.revision += 1
    form.save(update_fields=["deleted_at", "revision"])
    FormProduct.objects.filter(form=form).delete()
    _line(form, "form.deleted", actor)
    forget_on_commit(form.store_id, [form.slug])


def _line(form: OrderForm, kind: str, actor: Actor, data: dict[str, Any] | None = None) -> None:
    timeline.record(store_id=form.store_id, subject="form", subject_id=form.pk, kind=kind, actor=actor, data=data or {})


def forget_on_commit(store_id: int, slugs: Collection[str]) -> None:
    """Drop the cached snapshots and pages of these forms once the change is committed."""

    before = hosts_of(store_id)  # the change may be one of the hosts themselves
    former = FormerLink.objects.filter(store_id=store_id, form__slug__in=slugs).values_list("slug", flat=True)
    every = {*slugs, *former}

    def forget() -> None:
        hosts = {*before, *hosts_of(store_id)}
        for slug in every:
            snapshot_forget(store_id, slug)
            for host in hosts:
                pagecache.drop(host, f"/{slug}")

    transaction.on_commit(forget)


def products_changed(store_id: int, product_ids: Collection[int]) -> None:
    """Subscriber: prices or variants of products changed, so the forms that sell them get a new revision."""
    rows = OrderForm.objects.filter(
        pk__in=FormProduct.objects.filter(product_id__in=product_ids).values("form_id"), deleted_at__isnull=True
    )
    slugs = list(rows.values_list("slug", flat=True))
    rows.update(revision=F("revision") + 1)
    forget_on_commit(store_id, slugs)


def store_changed(store_id: int, _ids: Collection[int]) -> None:
    """Subscriber: the store's name, colour, bank accounts … are on every form."""
    rows = OrderForm.objects.filter(deleted_at__isnull=True)
    slugs = list(rows.values_list("slug", flat=True))
    rows.update(revision=F("revision") + 1)
    forget_on_commit(store_id, slugs)
