"""Reads about forms: the buyer's page as JSON, and the seller's list."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline.api.lists import ListSpec, Page, page_of
from bosonline.errors import NotFound
from catalog.ports import Use
from forms.content import sold_variant_ids
from forms.models import FormStat, OrderForm
from forms.snapshot import Snapshot, snapshot_of
from stores.models import Store
from stores.queries import public_url, store_id_of_host, store_id_of_subdomain

SPEC = ListSpec(
    sorts={"id": "id", "name": "name", "status": "status", "created_at": "id"},
    searches={"name": lambda text: Q(name__icontains=text), "slug": lambda text: Q(slug__icontains=text)},
)

METHOD_LABELS = {
    "cod": ("Bayar di Tempat (COD)", "Bayar tunai ke kurir, siapkan uang pas"),
    "bank_transfer": ("Transfer Bank", "Transfer ke rekening toko"),
    "va": ("Virtual Account", "Bayar lewat ATM atau m-banking"),
    "qris": ("QRIS", "Scan dengan aplikasi bank atau e-wallet"),
}
VA_CHANNELS = ("BCA", "BRI", "BNI", "MANDIRI", "PERMATA", "BSI", "CIMB")


def buyer_store_id(request: HttpRequest, given: str = "") -> int:
    """The store a buyer's request is for: its own host, or ``?store=<subdomain>`` on the platform's host."""
    host = getattr(request, "store_host", None)
    if host is not None:
        store_id = store_id_of_host(host)
    elif given:
        store_id = store_id_of_subdomain(given)
    else:
        store_id = None
    if store_id is None:
        raise NotFound(_("This store does not exist."))
    return store_id


def public_snapshot(store_id: int, slug: str) -> Snapshot:
    """The form buyers see at ``slug``, else 404."""
    snapshot = snapshot_of(store_id, slug[:60]) if slug else None
    if snapshot is None or snapshot.status == "draft":
        raise NotFound(_("This form does not exist."))
    return snapshot


def is_open(snapshot: Snapshot) -> bool:
    now = timezone.now()
    opens = datetime.fromisoformat(snapshot.opens_at) if snapshot.opens_at else None
    closes = datetime.fromisoformat(snapshot.closes_at) if snapshot.closes_at else None
    return snapshot.status == "published" and not (opens and opens > now) and not (closes and closes <= now)


def page_data(snapshot: Snapshot) -> dict[str, Any]:
    """``GET /checkout/forms/{slug}``: one answer with all the page needs."""
    content = snapshot.content
    items = [
        {
            "variant_id": v.variant_id,
            "product_id": v.product_id,
            "product_name": v.product_name,
            "variant_name": v.variant_name,
            "options": v.options,
            "price": v.price,
            "compare_at_price": v.compare_at_price,
            "tiers": v.tiers,
            "available": v.available,
            "stock_left": v.left if not v.sell_when_empty and 0 < v.left < 10 else None,
            "image": v.image,
        }
        for v in snapshot.variants.values()
        if v.variant_id in content["variant_ids"]
    ]
    return {
        "slug": snapshot.slug,
        "title": content["title"],
        "headline": content["headline"],
        "description": content["description"],
        "images": snapshot.images,
        "button_text": content["button_text"] or "Pesan Sekarang",
        "theme": content["theme"] or snapshot.store["colour"],
        "open": is_open(snapshot),
        "items": items,
        "packages": [_package(snapshot, p) for p in content["packages"]],
        "fields": content["fields"],
        "payment_methods": method_choices(content),
        "bump": _bump(snapshot),
        "voucher_enabled": content["voucher_enabled"],
        "note_enabled": content["note_enabled"],
        "insurance_enabled": content["insurance_enabled"],
        "benefits": content["benefits"],
        "testimonies": content["testimonies"],
        "faqs": content["faqs"],
        "countdown_until": content["countdown_until"],
        "pixels": {},
        "store": {
            "name": snapshot.store["name"],
            "subdomain": snapshot.store["subdomain"],
            "logo": snapshot.store["logo"],
            "whatsapp": snapshot.store["whatsapp"],
            "color": snapshot.store["colour"],
        },
        "prefill": None,
    }


def _package(snapshot: Snapshot, package: dict[str, Any]) -> dict[str, Any]:
    available = all(
        i["variant_id"] in snapshot.variants
        and (snapshot.variants[i["variant_id"]].sell_when_empty or snapshot.variants[i["variant_id"]].left >= i["qty"])
        for i in package["items"]
    )
    return {**package, "available": available}


def method_choices(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The payment cards of a form, with words where the seller gave none."""
    return [_method(m) for m in content["payment_methods"]]


def _method(method: dict[str, Any]) -> dict[str, Any]:
    label, note = METHOD_LABELS[method["method"]]
    channels = method["channels"] or list(VA_CHANNELS) if method["method"] == "va" else []
    return {
        "method": method["method"],
        "label": method["label"] or label,
        "note": method["note"] or note,
        "fee": method["fee"],
        "channels": [{"code": code, "name": code.title() if code == "MANDIRI" else code} for code in channels],
    }


def _bump(snapshot: Snapshot) -> dict[str, Any] | None:
    bump = snapshot.content["bump"]
    variant = snapshot.variants.get(bump["variant_id"]) if bump else None
    return {**bump, "image": variant.image} if bump and variant and variant.available else None


def forms_page(params: Mapping[str, str]) -> Page:
    rows = OrderForm.objects.filter(deleted_at__isnull=True).select_related("published")
    if params.get("status") in OrderForm.Status.values:
        rows = rows.filter(status=params["status"])
    return page_of(rows, params, SPEC)


def form_get(pk: int) -> OrderForm:
    form = OrderForm.objects.select_related("published", "store").filter(pk=pk, deleted_at__isnull=True).first()
    if form is None:
        raise NotFound()
    return form


def stats_of(form_ids: list[int]) -> dict[int, dict[str, int]]:
    """Views and starts per form. Orders are counted above, where orders live."""
    rows = FormStat.objects.filter(form_id__in=form_ids).order_by().values("form_id")
    return {
        r["form_id"]: {"views": r["views"], "starts": r["starts"]}
        for r in rows.annotate(views=Sum("views"), starts=Sum("starts"))
    }


def form_as_api(form: OrderForm, store: Store, stats: dict[str, int] | None = None, orders: int = 0) -> dict[str, Any]:
    stats = stats or {"views": 0, "starts": 0}
    return {
        "id": form.pk,
        "name": form.name,
        "slug": form.slug,
        "status": form.status,
        "url": public_url(store, f"/{form.slug}"),
        "version": form.published.number if form.published else None,
        "views": stats["views"],
        "starts": stats["starts"],
        "orders": orders,
        "conversion_bp": orders * 10_000 // stats["views"] if stats["views"] else 0,
        "created_at": form.created_at.isoformat(),
    }


def uses_of_products(product_ids: Collection[int]) -> list[Use]:
    """Forms whose published version sells these products (``catalog.ports``); an open one is ``active``."""
    rows = OrderForm.objects.filter(
        form_products__product_id__in=product_ids, published__isnull=False, deleted_at__isnull=True
    ).select_related("published")
    return [
        Use(
            "form", form.pk, form.name, frozenset(sold_variant_ids(form.published.content)),
            form.status == OrderForm.Status.PUBLISHED,
        )
        for form in rows.distinct().order_by("name", "id")[:100]
        if form.published is not None
    ]  # fmt: skip


def warehouse_needed_by_forms(store_id: int, warehouse_id: int) -> list[str]:
    """Guard: forms that ship from the warehouse."""
    forms = OrderForm.objects.filter(store_id=store_id, warehouse_id=warehouse_id, deleted_at__isnull=True)
    names = list(forms.order_by("id").values_list("name", flat=True)[:4])
    if not names:
        return []
    shown = ", ".join(names[:3]) + ("…" if len(names) > 3 else "")
    return [_("Order forms ship from here: %(names)s.") % {"names": shown}]
