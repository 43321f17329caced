"""On Boarding: six steps from an empty store to a shareable form. Every step saves itself; the order is a suggestion.

A step is done when what it makes is there, however it came about, so that the progress is right whether a seller uses
the wizard, the settings or the API.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bosonline.actor import Actor
from bosonline.errors import Conflict, NotFound, ValidationFailed
from catalog.models import Product, ProductImage, Variant
from catalog.services.products import VariantInput, product_create, product_dummy
from forms.models import OrderForm
from forms.ports import orders_of_forms
from forms.services.forms import form_create, form_publish
from stores.models import BankAccount, Store, Warehouse
from stores.queries import public_url
from stores.services import stores as services

STEPS: tuple[tuple[str, Any], ...] = (
    ("store", gettext_lazy("Store")),
    ("subdomain", gettext_lazy("Address")),
    ("warehouse", gettext_lazy("Warehouse")),
    ("bank_account", gettext_lazy("Bank account")),
    ("product", gettext_lazy("Product")),
    ("form", gettext_lazy("Form")),
)
# a store that sells by COD alone needs none
OPTIONAL = frozenset({"bank_account"})
METHODS = ("cod", "bank_transfer", "va", "qris")


def made_by(step: str) -> str | None:
    """The name of what a step makes, when it is there already: the first warehouse, account, product, open form."""
    living = {"deleted_at__isnull": True}
    row: Any
    match step:
        case "warehouse":
            row = Warehouse.objects.filter(**living).order_by("id").first()
        case "bank_account":
            row = BankAccount.objects.filter(**living).order_by("id").first()
            return f"{row.bank.short_name} {row.number}" if row else None
        case "product":
            row = Product.objects.filter(**living).order_by("id").first()
        case "form":
            row = OrderForm.objects.filter(**living, status="published").order_by("id").first()
        case _:
            return None
    return row.name if row else None


def steps_done(store: Store) -> dict[str, bool]:
    marked = store.onboarding
    return {
        "store": "store" in marked,
        "subdomain": bool(store.subdomain),
        "warehouse": made_by("warehouse") is not None,
        "bank_account": "bank_account" in marked or made_by("bank_account") is not None,
        "product": made_by("product") is not None,
        "form": made_by("form") is not None,
    }


def next_step(done: dict[str, bool]) -> str | None:
    return next((key for key, _label in STEPS if not done[key]), None)


def progress(store: Store) -> dict[str, Any]:
    """``{"steps": [{key, name, done, optional}], "next", "done", "total", "percent", "finished", "form_url"}``."""
    done = steps_done(store)
    count = sum(done.values())
    return {
        "steps": [
            {"key": key, "name": str(label), "done": done[key], "optional": key in OPTIONAL} for key, label in STEPS
        ],
        "next": next_step(done),
        "done": count,
        "total": len(STEPS),
        "percent": count * 100 // len(STEPS),
        "finished": count == len(STEPS),
        "form_url": form_url(store),
    }


def form_first() -> OrderForm | None:
    """The form of the first steps: the first published one."""
    return OrderForm.objects.filter(status="published", deleted_at__isnull=True).order_by("id").first()


def product_without_picture() -> Product | None:
    """The first product, while it has no picture: buyers decide by it, so it comes before sharing."""
    first = Product.objects.filter(deleted_at__isnull=True).order_by("id").first()
    return first if first is not None and not ProductImage.objects.filter(product=first).exists() else None


SETUP_HIDDEN = "setup_hidden"


def setup_list(store: Store) -> list[dict[str, Any]]:
    """What a new store has done and what comes next, for its home page; empty once all is done or it was put away."""
    if SETUP_HIDDEN in store.onboarding:
        return []
    done = steps_done(store)
    done["store"] = done["store"] or store.onboarded_at is not None
    product = product_without_picture()
    rows = [
        {"label": label, "done": done[key], "url": reverse("onboarding-step", args=[key])}
        for key, label in STEPS
    ]  # fmt: skip
    rows.append({
        "label": _("Picture of the product"), "done": done["product"] and product is None,
        "url": reverse("product-edit", args=[product.pk]) if product else reverse("products"),
    })  # fmt: skip
    rows.append({
        "label": _("First order"), "done": _has_orders(),
        "url": reverse("onboarding-done") if form_first() else reverse("onboarding"),
    })  # fmt: skip
    if all(row["done"] for row in rows):
        return []
    upcoming = next(row for row in rows if not row["done"])
    return [row | {"next": row is upcoming} for row in rows]


def _has_orders() -> bool:
    forms = list(OrderForm.objects.order_by("id").values_list("pk", flat=True)[:50])
    return any(figures.orders for figures in orders_of_forms(forms).values())


def form_url(store: Store) -> str | None:
    """The link to share."""
    form = form_first()
    return public_url(store, f"/{form.slug}") if form and store.subdomain else None


def step_skip(*, actor: Actor, step: str) -> None:
    """Go on without it; only what a store can sell without."""
    actor.require("store.edit")
    assert actor.store is not None
    if step not in OPTIONAL:
        raise ValidationFailed.field("step", _("This step cannot be skipped: the form needs it."))
    services.onboarding_mark(store=actor.store, step=step)


@transaction.atomic
def step_save(*, actor: Actor, step: str, data: dict[str, Any]) -> None:
    """Save one step and remember it. ``data`` as the step's serializer or form gives it; errors name its fields.

    What a step makes is made once: 409 ``step_done`` for a second tap, another tab, the way back.
    """
    actor.require("store.edit")
    assert actor.store is not None
    saver = _SAVERS.get(step)
    if saver is None:
        raise NotFound()
    Store.objects.select_for_update().get(pk=actor.store.pk)
    made = made_by(step)
    if made is not None:
        raise Conflict(_("This step is done already (%(name)s). Nothing was added.") % {"name": made}, code="step_done")
    saver(actor, actor.store, data)
    services.onboarding_mark(store=actor.store, step=step)
    if actor.store.onboarded_at is None and next_step(steps_done(actor.store)) is None:
        actor.store.onboarded_at = timezone.now()
        actor.store.save(update_fields=["onboarded_at"])


def _store(actor: Actor, store: Store, data: dict[str, Any]) -> None:
    services.store_update(store=store, actor=actor, **data)


def _subdomain(actor: Actor, store: Store, data: dict[str, Any]) -> None:
    services.subdomain_set(store=store, name=data["subdomain"], actor=actor)


def _warehouse(actor: Actor, store: Store, data: dict[str, Any]) -> None:
    services.warehouse_create(store=store, is_default=True, actor=actor, **data)


def _bank_account(actor: Actor, store: Store, data: dict[str, Any]) -> None:
    services.bank_account_create(store=store, is_default=True, actor=actor, **data)


def _product(actor: Actor, store: Store, data: dict[str, Any]) -> None:
    """``{"sample": true}``, or name, attribute and variants ``[{option, price, stock, weight_grams, sku}]``."""
    if data.get("sample"):
        product_dummy(store=store, actor=actor)
        return
    attribute = data.get("attribute", "").strip()
    variants = data["variants"] if attribute else data["variants"][:1]
    if not variants:
        raise ValidationFailed.field("variants", _("Enter at least one variant with its price."))
    product_create(
        store=store,
        name=data["name"],
        attributes=[{"name": attribute, "items": [v["option"] for v in variants]}] if attribute else [],
        variants=[
            VariantInput(
                options=[v["option"]] if attribute else [],
                price=v["price"],
                sku=v.get("sku", ""),
                stock=v.get("stock", 0),
                weight_grams=v.get("weight_grams", 500),
            )
            for v in variants
        ],
        actor=actor,
    )


def _form(actor: Actor, store: Store, data: dict[str, Any]) -> None:
    """A published form that sells the first product."""
    if not data["payment_methods"]:
        raise ValidationFailed.field("payment_methods", _("Choose at least one payment method."))
    variants = Variant.objects.filter(deleted_at__isnull=True, product__deleted_at__isnull=True)
    first = variants.order_by("product_id", "position").first()
    if first is None:
        raise ValidationFailed.field("name", _("Add a product first: a form has to sell something."))
    ids = list(variants.filter(product_id=first.product_id).order_by("position").values_list("pk", flat=True))
    draft = form_create(
        store=store,
        name=data["name"],
        content={"variant_ids": ids, "payment_methods": [{"method": m} for m in data["payment_methods"]]},
        actor=actor,
    )
    form_publish(form=draft, actor=actor)


_SAVERS: dict[str, Callable[[Actor, Store, dict[str, Any]], None]] = {
    "store": _store,
    "subdomain": _subdomain,
    "warehouse": _warehouse,
    "bank_account": _bank_account,
    "product": _product,
    "form": _form,
}
