"""Downloads of products, variants and inventory: the list's filters, streamed with flat memory (product.md §7).

An exported file has the import's columns and can be imported again unchanged: cells are neutralised so that
:func:`bosonline.sheets.plain` gives back every text exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils.translation import gettext as _

from bosonline.actor import Actor
from bosonline.api.lists import filtered
from bosonline.errors import ValidationFailed
from bosonline.jobs import job_kind, job_shaped_by, job_start
from bosonline.models import BackgroundJob
from bosonline.sheets import FORMATS, extension, write_rows
from catalog.models import StockLevel, Variant
from catalog.queries.products import PRODUCT_SPEC, VARIANT_SPEC, products_filtered, variants_filtered
from catalog.queries.stock import LEVEL_SPEC, levels_filtered
from catalog.transfer.columns import columns_for, headers_for
from catalog.transfer.widgets import STATUS_TEXT, tiers_text
from sellers.models import Membership

NAMES = {"products": "produk", "variants": "varian", "inventory": "inventori"}
VIEW = {"products": "products.view", "variants": "products.view", "inventory": "inventory.view"}
FIGURES = ("price", "compare_at_price", "cost_price", "weight_grams", "length_cm", "width_cm", "height_cm", "tiers")


def catalog_download(*, actor: Actor, kind: str, query: QueryDict, file_format: str) -> BackgroundJob:
    """Queue a download of what the list's filters show now. Raises at ``format`` or a filter."""
    actor.require("export")
    actor.require(VIEW[kind])
    if file_format not in FORMATS:
        raise ValidationFailed.field("format", _("Choose csv, csv-excel or xlsx."))
    params = {
        k: str(v)
        for k, v in query.dict().items()
        if k not in ("start", "limit", "after", "format", "sort_by", "sort_dir")
    }
    assert actor.store is not None
    return job_start(
        kind="catalog.download", store_id=actor.store.pk, user_id=actor.user.pk, rows=rows_of(kind, params).count(),
        params={"kind": kind, "filters": params, "format": file_format}, filename=f"{NAMES[kind]}.{extension(file_format)}",
    )  # fmt: skip


def rows_of(kind: str, params: Mapping[str, str]) -> QuerySet[Any]:
    """The rows a download of ``kind`` holds: levels for the inventory, else variants."""
    if kind == "inventory":
        return filtered(levels_filtered(params), params, LEVEL_SPEC)
    if kind == "variants":
        return filtered(variants_filtered(params), params, VARIANT_SPEC)
    products = filtered(products_filtered(params), params, PRODUCT_SPEC)
    return Variant.objects.filter(deleted_at__isnull=True, product__in=products)


def _member(job: BackgroundJob) -> Actor:
    """The person as they are now: a role that was taken away in the meantime counts."""
    membership = Membership.objects.select_related("role", "user", "store").get(
        user_id=job.user_id, store_id=job.store_id, is_active=True, removed_at__isnull=True
    )
    return Actor(membership.user, None, membership, membership.store, membership.role.granted)


def _figures(row: Mapping[str, Any]) -> list[Any]:
    return [*(row[name] for name in FIGURES[:-1]), tiers_text(row["tiers"]) if row["tiers"] else ""]


def _stock(warehouse: str) -> Any:
    levels = StockLevel.objects.filter(variant=OuterRef("pk"), **({"warehouse__is_default": True} if warehouse else {}))
    pieces = (
        levels.order_by()
        .values("variant")
        .annotate(n=Sum("on_hand") if warehouse else Sum(F("on_hand") - F("reserved")))
    )
    return Coalesce(Subquery(pieces.values("n")), 0)


def _products(rows: QuerySet[Any]) -> Iterator[dict[str, Any]]:
    names = ("product_id", "product__name", "product__slug", "product__description", "product__category__name", "product__status",
             "product__sell_when_empty", "product__attributes", "options", "sku", "is_active", "position", *FIGURES)  # fmt: skip
    found = rows.annotate(stock=_stock("default")).order_by("product_id", "position", "id").values(*names, "stock")
    for row in found.iterator(chunk_size=2000):
        pairs = [(a["name"], item) for a, item in zip(row["product__attributes"], row["options"], strict=False)]
        pairs += [("", "")] * (3 - len(pairs))
        yield {
            "product": row["product__name"], "slug": row["product__slug"], "description": row["product__description"],
            "category": row["product__category__name"], "status": STATUS_TEXT[row["product__status"]],
            "sell_when_empty": "ya" if row["product__sell_when_empty"] else "tidak",
            "attribute_1": pairs[0][0], "item_1": pairs[0][1], "attribute_2": pairs[1][0], "item_2": pairs[1][1],
            "attribute_3": pairs[2][0], "item_3": pairs[2][1], "sku": row["sku"],
            **dict(zip(FIGURES, _figures(row), strict=True)),
            "variant_status": "aktif" if row["is_active"] else "nonaktif", "stock": row["stock"],
        }  # fmt: skip


def _variants(rows: QuerySet[Any]) -> Iterator[dict[str, Any]]:
    names = ("product__name", "options", "sku", "is_active", *FIGURES)
    found = rows.annotate(available=_stock("")).order_by("product_id", "position", "id").values(*names, "available")
    for row in found.iterator(chunk_size=2000):
        yield {
            "sku": row["sku"], "product": row["product__name"], "variant": " / ".join(row["options"]),
            **dict(zip(FIGURES, _figures(row), strict=True)),
            "variant_status": "aktif" if row["is_active"] else "nonaktif", "available": row["available"],
        }  # fmt: skip


def _inventory(rows: QuerySet[Any]) -> Iterator[dict[str, Any]]:
    names = (
        "variant__sku",
        "variant__product__name",
        "variant__options",
        "warehouse__name",
        "on_hand",
        "reserved",
        "sold_recently",
    )
    for row in rows.order_by("variant_id", "warehouse_id").values(*names).iterator(chunk_size=2000):
        yield {
            "sku": row["variant__sku"], "product": row["variant__product__name"], "variant": " / ".join(row["variant__options"]),
            "warehouse": row["warehouse__name"], "on_hand": row["on_hand"], "reserved": row["reserved"],
            "available": row["on_hand"] - row["reserved"], "sold_28d": row["sold_recently"],
        }  # fmt: skip


_READERS = {"products": _products, "variants": _variants, "inventory": _inventory}


@job_kind("catalog.download", needs=lambda job: ("export", VIEW[job.params["kind"]]), reads_replica=True)
def catalog_download_run(job: BackgroundJob, path: Path) -> Iterator[int]:
    member = _member(job)
    kind = job.params["kind"]
    member.require("export")
    member.require(VIEW[kind])
    job_shaped_by(job, member, "see_cost")
    columns = columns_for(kind, see_cost=member.may("see_cost"))
    names = [c.name for c in columns]
    rows = ([row[name] for name in names] for row in _READERS[kind](rows_of(kind, job.params["filters"])))
    return write_rows(
        path, job.params["format"], title=NAMES[kind].capitalize(), header=headers_for(columns), rows=rows
    )
