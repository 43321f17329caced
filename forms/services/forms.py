"""Order forms: created, drafted, published, closed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from bosonline import pagecache, timeline
from bosonline.errors import NotFound, ValidationFailed
from catalog.models import Variant
from catalog.services.products import slug_for
from forms.content import content_clean, sold_variant_ids
from forms.models import FormProduct, FormVersion, OrderForm
from forms.snapshot import snapshot_forget
from stores.models import Store, Warehouse
from stores.queries import hosts_of


@transaction.atomic
def form_create(
    *, store: Store, name: str, content: dict[str, Any], slug: str = "", actor_id: int | None = None
) -> OrderForm:
    """A draft form at the default warehouse. Raises when the store has none yet, or at the content's field."""
    warehouse = Warehouse.objects.filter(is_default=True, deleted_at__isnull=True).first()
    if warehouse is None:
        raise ValidationFailed.field("warehouse", _("Add a warehouse first: couriers need to know where to collect."))
    slug = slug.strip().lower()
    if slug and OrderForm.objects.filter(slug=slug, deleted_at__isnull=True).exists():
        raise ValidationFailed.field("slug", _("Another form already has this link."))
    clean = content_clean(content)
    clean["title"] = clean["title"] or name
    _check_variants(clean)
    form = OrderForm.objects.create(
        store=store,
        name=name.strip()[:80],
        slug=slug or slug_for(store, name, OrderForm),
        warehouse=warehouse,
        draft=clean,
    )
    timeline.record(store_id=store.pk, subject="form", subject_id=form.pk, kind="form.created", actor_id=actor_id)
    return form


def _check_variants(content: dict[str, Any]) -> list[Variant]:
    wanted = sold_variant_ids(content)
    variants = list(Variant.objects.filter(pk__in=wanted, deleted_at__isnull=True))
    if len(variants) != len(wanted):
        raise ValidationFailed.field("variant_ids", _("A chosen variant does not exist any more."))
    return variants


@transaction.atomic
def form_save_draft(*, form: OrderForm, content: dict[str, Any], name: str | None = None) -> OrderForm:
    """Autosave: buyers see nothing of it before it is published."""
    clean = content_clean(content)
    _check_variants(clean)
    form.draft = clean
    if name:
        form.name = name.strip()[:80]
    form.save(update_fields=["draft", "name", "updated_at"])
    return form


@transaction.atomic
def form_publish(*, form: OrderForm, actor_id: int | None = None) -> OrderForm:
    """Make the draft what buyers get, keeping it as a version. Raises when it could not take an order."""
    form = OrderForm.objects.select_for_update(of=("self",)).get(pk=form.pk)
    content = form.draft
    variants = _check_variants(content)
    if not content["variant_ids"] and not content["packages"]:
        raise ValidationFailed.field("variant_ids", _("Choose at least one product to sell."))
    if not content["payment_methods"]:
        raise ValidationFailed.field("payment_methods", _("Choose at least one payment method."))
    number = (form.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    version = FormVersion.objects.create(
        store_id=form.store_id, form=form, number=number, content=content, created_by_id=actor_id
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
    timeline.record(
        store_id=form.store_id, subject="form", subject_id=form.pk, kind="form.published", actor_id=actor_id,
        data={"version": number},
    )  # fmt: skip
    forget_on_commit(form.store_id, [form.slug])
    return form


@transaction.atomic
def form_set_status(*, form_id: int, status: str, actor_id: int | None = None) -> OrderForm:
    """Close a form or open it again. An open form needs a published version."""
    form = OrderForm.objects.select_for_update(of=("self",)).filter(pk=form_id, deleted_at__isnull=True).first()
    if form is None:
        raise NotFound()
    if status == OrderForm.Status.PUBLISHED and form.published_id is None:
        return form_publish(form=form, actor_id=actor_id)
    before, form.status = form.status, status
    form.revision += 1
    form.save(update_fields=["status", "revision", "updated_at"])
    timeline.record(
        store_id=form.store_id, subject="form", subject_id=form.pk, kind="form.status", actor_id=actor_id,
        data={"before": before, "after": status},
    )  # fmt: skip
    forget_on_commit(form.store_id, [form.slug])
    return form


def forget_on_commit(store_id: int, slugs: Sequence[str]) -> None:
    """Drop the cached snapshots and pages of these forms once the change is committed."""

    before = hosts_of(store_id)  # the change may be one of the hosts themselves

    def forget() -> None:
        hosts = {*before, *hosts_of(store_id)}
        for slug in slugs:
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
