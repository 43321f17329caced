"""Everything a buyer's page and the order path need of a form, in one value.

Built from the database in a few queries, kept in Redis and for a second in the process. It carries the form's
``revision``; the order path has the database compare it, so a stale copy can never price an order.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db.models import QuerySet

from bosonline.redis import redis_ask
from bosonline.tenancy import store_scope
from catalog.models import Image, StockLevel, Variant
from catalog.services.images import image_url
from forms.content import content_full, sold_variant_ids
from forms.models import BlockEntry, OrderForm
from forms.ports import orders_of_forms
from forms.success import redirect_hosts
from sellers.models import Membership
from stores.models import BankAccount, Courier, Store

SHARED_SECONDS = 60
LOCAL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class SoldVariant:
    """Money in rupiah, weight in grams (chargeable at the usual divisor)."""

    variant_id: int
    product_id: int
    product_name: str
    options: dict[str, str]
    variant_name: str
    sku: str
    price: int
    compare_at_price: int | None
    cost_price: int
    weight_grams: int
    tiers: list[dict[str, int]]
    image: str
    sell_when_empty: bool
    left: int

    @property
    def available(self) -> bool:
        return self.sell_when_empty or self.left > 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    form_id: int
    slug: str
    name: str
    revision: int
    status: str
    opens_at: str | None
    closes_at: str | None
    content: dict[str, Any]
    store: dict[str, Any]
    warehouse_id: int
    origin_id: int
    variants: dict[int, SoldVariant]
    images: list[dict[str, Any]]
    couriers: dict[str, dict[str, Any]]
    bank_accounts: list[dict[str, Any]]
    cs: list[dict[str, Any]] = field(default_factory=list)
    success: dict[str, Any] = field(default_factory=dict)
    # the store's blacklist: kind → values
    blocked: dict[str, list[str]] = field(default_factory=dict)
    # orders the quota still allows when this was built; None without a quota. The order path counts exactly
    quota_left: int | None = None
    # built from the draft, for preview and test mode; never cached
    is_draft: bool = False

    @property
    def methods(self) -> dict[str, dict[str, Any]]:
        return {m["method"]: m for m in self.content["payment_methods"]}

    @property
    def package_map(self) -> dict[str, dict[str, Any]]:
        return {p["id"]: p for p in self.content["packages"]}


_local: dict[str, tuple[float, bytes, Snapshot | None]] = {}


def _key(store_id: int, slug: str) -> str:
    return f"bos:form:{store_id}:{slug}"


def snapshot_of(store_id: int, slug: str, *, fresh: bool = False) -> Snapshot | None:
    """The published form at ``slug``, or None when the store has none. ``fresh`` reads the database again.

    At an address that a form has left the answer is that form, with its present ``slug``.
    """
    key = _key(store_id, slug)
    now = time.monotonic()
    cached = _local.get(key)
    if cached is not None and not fresh and now - cached[0] < LOCAL_SECONDS:
        return cached[2]
    raw = None if fresh else _redis_get(key)
    if raw is not None and cached is not None and cached[1] == raw:
        _local[key] = (now, raw, cached[2])
        return cached[2]
    if raw is None:
        built = _build(store_id, slug)
        if built is None:
            return None
        raw = orjson.dumps(built, option=orjson.OPT_NON_STR_KEYS)
        _redis_set(key, raw)
    snapshot = _load(raw)
    if len(_local) > 500:
        _local.clear()
    _local[key] = (now, raw, snapshot)
    return snapshot


def snapshot_draft(store_id: int, form_id: int) -> Snapshot | None:
    """The draft of a form as a snapshot: for the preview and for test orders."""
    return _build(store_id, draft_of=form_id)


def snapshot_forget(store_id: int, slug: str) -> None:
    _local.pop(_key(store_id, slug), None)
    redis_ask(lambda client: client.delete(_key(store_id, slug)), otherwise=None)


def _redis_get(key: str) -> bytes | None:
    value = redis_ask(lambda client: client.get(key), otherwise=None)
    return value if isinstance(value, bytes) else None


def _redis_set(key: str, raw: bytes) -> None:
    redis_ask(lambda client: client.set(key, raw, ex=SHARED_SECONDS), otherwise=None)


def _load(raw: bytes) -> Snapshot:
    data = orjson.loads(raw)
    data["variants"] = {int(k): SoldVariant(**v) for k, v in data["variants"].items()}
    return Snapshot(**data)


def _build(store_id: int, slug: str = "", *, draft_of: int | None = None) -> Snapshot | None:
    store = Store.objects.filter(pk=store_id, is_active=True).first()
    if store is None:
        return None
    with store_scope(store):
        rows = OrderForm.objects.select_related("published", "warehouse__district").filter(deleted_at__isnull=True)
        form = rows.filter(pk=draft_of).first() if draft_of else _at(rows, slug)
        if form is None or (form.published is None and not draft_of):
            return None
        if draft_of:
            content = content_full(form.draft)
        else:
            assert form.published is not None
            content = content_full(form.published.content)
        banks = _bank_accounts()
        content = {**content, "payment_methods": _payable(content["payment_methods"], banks)}
        return Snapshot(
            form_id=form.pk,
            slug=form.slug,
            name=form.name,
            revision=form.revision,
            status=form.status,
            opens_at=form.opens_at.isoformat() if form.opens_at else None,
            closes_at=form.closes_at.isoformat() if form.closes_at else None,
            content=content,
            store=_store_part(store),
            warehouse_id=form.warehouse_id,
            origin_id=form.warehouse.district.boscod_id or 0,
            variants=_variants(form, content),
            images=_images(content),
            couriers=_couriers(content),
            bank_accounts=banks,
            cs=_cs(content),
            success=form.success or content["success"],
            blocked=_blocked(),
            quota_left=_quota_left(form),
            is_draft=bool(draft_of),
        )


def _at(rows: QuerySet[OrderForm], slug: str) -> OrderForm | None:
    """The form at an address, or the one that has left it: a page that was open meanwhile still orders."""
    return rows.filter(slug=slug).first() or rows.filter(former_links__slug=slug).first()


def _quota_left(form: OrderForm) -> int | None:
    if form.quota is None:
        return None
    figures = orders_of_forms([form.pk]).get(form.pk)
    return form.quota - (figures.alive if figures else 0)


def _blocked() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for kind, value in BlockEntry.objects.values_list("kind", "value")[:2000]:
        found.setdefault(kind, []).append(value)
    return found


def _store_part(store: Store) -> dict[str, Any]:
    return {
        "id": store.pk,
        "name": store.name,
        "subdomain": store.subdomain,
        "link_host": store.link_host,
        "logo": store.logo_url,
        "colour": store.colour,
        "whatsapp": store.whatsapp,
        "time_zone": store.time_zone,
        "cod_fee_payer": store.cod_fee_payer,
        "cod_round_to": store.cod_round_to,
        "unique_code_enabled": store.unique_code_enabled,
        "payment_hours": store.payment_hours,
        "duplicate_window_hours": store.duplicate_window_hours,
        "hosts": redirect_hosts(store),
    }


def _variants(form: OrderForm, content: dict[str, Any]) -> dict[int, SoldVariant]:
    rows = (
        Variant.objects.select_related("product", "image")
        .prefetch_related("product__product_images__image")
        .filter(pk__in=sold_variant_ids(content), deleted_at__isnull=True, is_active=True)
        .filter(product__deleted_at__isnull=True, product__status="active")
    )
    levels = StockLevel.objects.filter(warehouse_id=form.warehouse_id, variant__in=rows)
    left = {level.variant_id: level for level in levels}
    sold: dict[int, SoldVariant] = {}
    for row in rows:
        names = [a["name"] for a in row.product.attributes]
        pictures = list(row.product.product_images.all())
        picture = row.image or (pictures[0].image if pictures else None)
        volumetric = -(-row.length_cm * row.width_cm * row.height_cm * 1000 // 6000)
        sold[row.pk] = SoldVariant(
            variant_id=row.pk,
            product_id=row.product_id,
            product_name=row.product.name,
            options=dict(zip(names, row.options, strict=False)),
            variant_name=row.name,
            sku=row.sku,
            price=row.price,
            compare_at_price=row.compare_at_price,
            cost_price=row.cost_price,
            weight_grams=max(row.weight_grams, volumetric),
            tiers=row.tiers,
            image=image_url(picture.sizes, 160) if picture else "",
            sell_when_empty=row.product.sell_when_empty,
            left=left[row.pk].available if row.pk in left else 0,
        )
    # the order the seller chose
    position = {variant_id: n for n, variant_id in enumerate(content["variant_ids"])}
    return dict(sorted(sold.items(), key=lambda kv: position.get(kv[0], 10_000)))


def _images(content: dict[str, Any]) -> list[dict[str, Any]]:
    rows = Image.objects.in_bulk(content["image_ids"])
    found = [rows[pk] for pk in content["image_ids"] if pk in rows]
    if not found and content["variant_ids"]:
        variant = Variant.objects.filter(pk=content["variant_ids"][0]).first()
        if variant is not None:
            found = [pi.image for pi in variant.product.product_images.select_related("image").all()[:6]]
    return [
        {
            "url": image_url(row.sizes, 1080),
            "thumb": image_url(row.sizes, 480),
            "width": row.width,
            "height": row.height,
            "alt": row.alt,
        }
        for row in found
    ]


def _couriers(content: dict[str, Any]) -> dict[str, dict[str, Any]]:
    rows = Courier.objects.filter(is_active=True)
    if content["courier_codes"]:
        rows = rows.filter(code__in=content["courier_codes"])
    return {
        row.code: {
            "name": row.name,
            "cod_fee_bp": row.cod_fee_bp,
            "cod_fee_min": row.cod_fee_min,
            "insurance_bp": row.insurance_bp,
        }
        for row in rows
    }


def _payable(methods: list[dict[str, Any]], banks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without an account to pay to there is no transfer, as long as there is another way."""
    others = [m for m in methods if m["method"] != "bank_transfer"]
    return methods if banks or not others else others


def _bank_accounts() -> list[dict[str, Any]]:
    rows = BankAccount.objects.select_related("bank").filter(is_active=True, deleted_at__isnull=True)
    return [
        {"id": row.pk, "bank": row.bank.short_name, "number": row.number, "holder": row.holder}
        for row in rows.order_by("-is_default", "id")
    ]


def _cs(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Who takes the form's leads: the form's own list, else everyone with the CS preset, else the owner."""
    active = Membership.objects.select_related("user").filter(is_active=True, removed_at__isnull=True, takes_leads=True)
    chosen = {c["membership_id"]: c["weight"] for c in content["cs"]}
    if chosen:
        people = list(active.filter(pk__in=chosen).order_by("id"))
        if people:
            return [_person(m, chosen[m.pk]) for m in people]
    people = list(active.filter(role__preset="customer_service").order_by("id"))
    if people:
        return [_person(m, m.lead_weight) for m in people]
    owner = active.filter(role__preset="owner").order_by("id").first()
    return [_person(owner, 1)] if owner else []


def _person(member: Membership, weight: int) -> dict[str, Any]:
    return {"id": member.pk, "weight": weight, "name": member.user.name, "phone": member.user.phone}
