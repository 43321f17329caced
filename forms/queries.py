"""Reads about forms: the buyer's page as JSON, and the seller's list."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Case, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline.api.lists import ListSpec, Page, page_of
from bosonline.bill import UNIQUE_MAX
from bosonline.errors import NotFound, ValidationFailed
from bosonline.moments import iso_in
from bosonline.tenancy import store_scope
from catalog.ports import Use
from forms import sections
from forms.content import VA_CHANNELS, content_full, content_problems, pixel_ids, sold_variant_ids
from forms.models import AbandonedCheckout, FormStat, OrderForm, RestockWish
from forms.ports import OrderFigures, order_count, orders_of_forms
from forms.snapshot import Snapshot, snapshot_draft, snapshot_of
from forms.tokens import tested_form
from stores.models import Store
from stores.queries import public_url, store_id_of_host, store_id_of_subdomain

SPEC = ListSpec(
    sorts={
        "id": "id",
        "name": "name",
        "status": "status",
        "created_at": "id",
        "updated_at": "updated_at",
        "views": "views",
        "starts": "starts",
        "orders": "order_count",
        "conversion": "conversion",
        "conversion_bp": "conversion",
    },
    searches={"name": lambda text: Q(name__icontains=text), "slug": lambda text: Q(slug__icontains=text)},
)

METHOD_LABELS = {
    "cod": ("Bayar di Tempat (COD)", "Bayar tunai ke kurir, siapkan uang pas"),
    "bank_transfer": ("Transfer Bank", "Transfer ke rekening toko"),
    "va": ("Virtual Account", "Bayar lewat ATM atau m-banking"),
    "qris": ("QRIS", "Scan dengan aplikasi bank atau e-wallet"),
}


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


def asked_snapshot(request: HttpRequest, slug: str, *, store: str = "", test_token: str = "") -> Snapshot:
    """The form a buyer's page asks about: the published one, or with a valid test link its draft."""
    store_id = buyer_store_id(request, store)
    form_id = tested_form(test_token)
    if form_id is None:
        return public_snapshot(store_id, slug)
    snapshot = snapshot_draft(store_id, form_id)
    if snapshot is None or snapshot.slug != slug:
        raise NotFound(_("This form does not exist."))
    return snapshot


def is_open(snapshot: Snapshot) -> bool:
    now = timezone.now()
    opens = datetime.fromisoformat(snapshot.opens_at) if snapshot.opens_at else None
    closes = datetime.fromisoformat(snapshot.closes_at) if snapshot.closes_at else None
    if snapshot.quota_left is not None and snapshot.quota_left <= 0:
        return False
    return snapshot.status == "published" and not (opens and opens > now) and not (closes and closes <= now)


SHOWN_AT_ROOT = 24


def open_snapshots(store_id: int) -> list[Snapshot]:
    """The forms of a store that take orders now, the newest first."""
    with store_scope(store_id):
        rows = OrderForm.objects.filter(status=OrderForm.Status.PUBLISHED, deleted_at__isnull=True)
        slugs = list(rows.order_by("-id").values_list("slug", flat=True)[:SHOWN_AT_ROOT])
    return [found for slug in slugs if (found := snapshot_of(store_id, slug)) is not None and is_open(found)]


def is_sold_out(data: dict[str, Any]) -> bool:
    """Whether nothing of a page can be ordered."""
    offers = data["packages"] or data["items"]
    return bool(offers) and not any(offer["available"] for offer in offers)


def recovered(store_id: int, snapshot: Snapshot, token: str) -> dict[str, Any] | None:
    """What a buyer had typed, for the recovery link of an open abandoned checkout of this form."""
    if not token or len(token) > 30 or "\x00" in token:
        return None
    with store_scope(store_id):
        row = AbandonedCheckout.objects.filter(recovery=token, form_id=snapshot.form_id, status="open").first()
    return {"token": row.token, "phone": row.phone, "name": row.name, "data": row.data} if row else None


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
        "payment_methods": method_choices(
            content, unique_codes=snapshot.store["unique_code_enabled"], cod_rates=_cod_rates(snapshot)
        ),
        "bump": _bump(snapshot),
        "voucher_enabled": content["voucher_enabled"],
        "note_enabled": content["note_enabled"],
        "insurance_enabled": content["insurance_enabled"],
        "benefits": content["benefits"],
        "testimonies": content["testimonies"],
        "faqs": content["faqs"],
        "countdown_until": content["countdown_until"],
        "sections": content["sections"],
        "columns": sections.columns(content["sections"]),
        "buyer_fields": content["buyer_fields"],
        "pixels": _pixels(snapshot),
        "embed": content["embed"]["enabled"],
        "store": {
            "name": snapshot.store["name"],
            "subdomain": snapshot.store["subdomain"],
            "logo": snapshot.store["logo"],
            "whatsapp": snapshot.store["whatsapp"],
            "color": snapshot.store["colour"],
        },
        "prefill": None,
        "recover": None,
        "test_token": "",
        "quote_token": "",
    }


def _pixels(snapshot: Snapshot) -> dict[str, Any] | None:
    """What the browser loads; None when the form has no (well-formed) pixel."""
    ids = {provider: found for provider, found in pixel_ids(snapshot.content).items() if found}
    if not ids:
        return None
    settings = snapshot.content["pixels"]
    return {**ids, "purchase_at": settings["purchase_at"], "value": settings["value"]}


def _package(snapshot: Snapshot, package: dict[str, Any]) -> dict[str, Any]:
    available = all(
        i["variant_id"] in snapshot.variants
        and (snapshot.variants[i["variant_id"]].sell_when_empty or snapshot.variants[i["variant_id"]].left >= i["qty"])
        for i in package["items"]
    )
    return {**package, "available": available}


def _cod_rates(snapshot: Snapshot) -> tuple[int, int, int] | None:
    """What couriers of this form ask the buyer for collecting cash: least and highest rate in basis points, and the
    least minimum in rupiah; None where the store pays it."""
    rows = list(snapshot.couriers.values())
    if snapshot.store["cod_fee_payer"] != "buyer" or not any(r["cod_fee_bp"] or r["cod_fee_min"] for r in rows):
        return None
    rates = [r["cod_fee_bp"] for r in rows]
    return min(rates), max(rates), min(r["cod_fee_min"] for r in rows)


def method_choices(
    content: dict[str, Any], *, unique_codes: bool, cod_rates: tuple[int, int, int] | None = None
) -> list[dict[str, Any]]:
    """The payment cards of a form, with words where the seller gave none, and with what choosing each may add to the
    bill: a method's price is shown before it is chosen."""
    return [_method(m, unique_codes, cod_rates) for m in content["payment_methods"]]


def _method(method: dict[str, Any], unique_codes: bool, cod_rates: tuple[int, int, int] | None) -> dict[str, Any]:
    label, note = METHOD_LABELS[method["method"]]
    rates = cod_rates if method["method"] == "cod" else None
    channels = method["channels"] or list(VA_CHANNELS) if method["method"] == "va" else []
    return {
        "method": method["method"],
        "label": method["label"] or label,
        "note": method["note"] or note,
        "fee": method["fee"],
        # the largest code that may come on top of a transfer; 0: none
        "unique_code_max": UNIQUE_MAX if unique_codes and method["method"] == "bank_transfer" else 0,
        "cod_fee": {"rate_bp_min": rates[0], "rate_bp_max": rates[1], "minimum": rates[2]} if rates else None,
        "channels": [{"code": code, "name": code.title() if code == "MANDIRI" else code} for code in channels],
    }


def _bump(snapshot: Snapshot) -> dict[str, Any] | None:
    bump = snapshot.content["bump"] if "bump" in snapshot.content["sections"] else None
    variant = snapshot.variants.get(bump["variant_id"]) if bump else None
    return {**bump, "image": variant.image} if bump and variant and variant.available else None


def forms_of(params: Mapping[str, str]) -> QuerySet[OrderForm]:
    """The store's forms as the list's filters say, each with its ``views`` and ``starts``. Unknown status → 422."""
    rows = OrderForm.objects.filter(deleted_at__isnull=True).select_related("published")
    status = params.get("status", "")
    if status and status not in OrderForm.Status.values:
        raise ValidationFailed.field("status", _("Choose draft, published or closed."))
    if status:
        rows = rows.filter(status=status)
    return rows.annotate(views=_stat("views"), starts=_stat("starts"))


def _stat(name: str) -> Coalesce:
    """The sum over the days, asked only for the rows that are shown."""
    sums = FormStat.objects.filter(form=OuterRef("pk")).order_by().values("form").annotate(n=Sum(name)).values("n")
    return Coalesce(Subquery(sums, output_field=IntegerField()), 0)


def forms_page(params: Mapping[str, str]) -> Page:
    """A page of the list. Orders are counted for all forms only when the list is sorted by them."""
    rows = forms_of(params)
    if params.get("sort_by") in ("orders", "conversion", "conversion_bp"):
        rows = rows.annotate(order_count=order_count()).annotate(
            conversion=Case(
                When(views__gt=0, then=F("order_count") * 10_000 / F("views")),
                default=0,
                output_field=BigIntegerField(),
            )
        )
    return page_of(rows, params, SPEC)


def form_get(pk: int) -> OrderForm:
    form = forms_of({}).select_related("store").filter(pk=pk).first()
    if form is None:
        raise NotFound()
    return form


def title_of(form: OrderForm) -> str:
    """What buyers call a form: its headline as published. The name is the seller's alone."""
    return str((form.published.content if form.published else form.draft).get("title") or form.store.name)


def form_rows(forms: Sequence[OrderForm], store: Store) -> list[dict[str, Any]]:
    """Rows of ``GET /store/forms``: three queries more than the forms themselves, however many there are."""
    counted = orders_of_forms([f.pk for f in forms])
    waiting = waiting_of([f.pk for f in forms])
    return [form_as_api(f, store, counted.get(f.pk)) | {"waiting": waiting.get(f.pk, 0)} for f in forms]


def waiting_of(form_ids: Collection[int]) -> dict[int, int]:
    """How many buyers wait to hear that a form's goods are back."""
    rows = RestockWish.objects.filter(form_id__in=form_ids, told_at__isnull=True).order_by().values("form_id")
    return {row["form_id"]: row["n"] for row in rows.annotate(n=Count("id"))}


def form_as_api(form: OrderForm, store: Store, figures: OrderFigures | None = None) -> dict[str, Any]:
    """A form with its figures. ``conversion_bp``: orders per view in basis points."""
    figures = figures or OrderFigures()
    views, starts = getattr(form, "views", 0), getattr(form, "starts", 0)
    return {
        "id": form.pk,
        "name": form.name,
        "slug": form.slug,
        "status": form.status,
        "url": public_url(store, f"/{form.slug}"),
        "version": form.published.number if form.published else None,
        "unpublished_changes": form.published is None
        or content_full(form.published.content) != content_full(form.draft),
        "views": views,
        "starts": starts,
        "orders": figures.orders,
        "amount": figures.amount,
        "conversion_bp": figures.orders * 10_000 // views if views else 0,
        "opens_at": iso_in(form.opens_at, store.time_zone),
        "closes_at": iso_in(form.closes_at, store.time_zone),
        "quota": form.quota,
        "created_at": iso_in(form.created_at, store.time_zone),
        "updated_at": iso_in(form.updated_at, store.time_zone),
    }


def form_detail(pk: int, store: Store) -> dict[str, Any]:
    """``GET /store/forms/{id}``: figures, the draft's content, what keeps it from publishing, success page."""
    form = form_get(pk)
    content = content_full(form.draft)
    figures = orders_of_forms([pk]).get(pk)
    return form_as_api(form, store, figures) | {
        "content": content,
        "draft_rev": form.draft_rev,
        "problems": content_problems(content),
        "success_page": form.success,
    }


def versions_of(form: OrderForm, store: Store) -> list[dict[str, Any]]:
    """Newest first; the last fifty."""
    rows = form.versions.select_related("created_by").order_by("-number")[:50]
    return [
        {
            "number": v.number,
            "created_at": iso_in(v.created_at, store.time_zone),
            "created_by": v.created_by.name if v.created_by else None,
            "current": v.pk == form.published_id,
        }
        for v in rows
    ]


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
