"""The columns of the tables: one list for exports, imports and the mapping of foreign headers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Column:
    """``name`` is what the API says, ``label`` what people read (also the header of an export), ``words`` other spellings."""

    name: str
    label: Any
    words: tuple[str, ...] = ()
    required: bool = False
    readonly: bool = False
    cost: bool = False


SKU = Column("sku", _("SKU"), ("kode sku", "kode", "kode produk", "sku code", "seller sku"), required=True)
FIGURES = (
    Column("price", _("Price"), ("harga jual", "price (rp)", "harga (rp)", "selling price")),
    Column(
        "compare_at_price",
        _("Struck-through price"),
        ("harga asli", "harga normal", "compare price", "compare at price"),
    ),
    Column("cost_price", _("HPP"), ("harga pokok", "harga modal", "modal", "cost", "cost price"), cost=True),
    Column("weight_grams", _("Weight (gram)"), ("berat", "weight", "berat (g)", "berat (gr)", "weight (g)")),
    Column("length_cm", _("Length (cm)"), ("panjang", "length")),
    Column("width_cm", _("Width (cm)"), ("lebar", "width")),
    Column("height_cm", _("Height (cm)"), ("tinggi", "height")),
    Column("tiers", _("Wholesale tiers"), ("grosir", "harga grosir", "wholesale", "tiers")),
)
PRODUCTS = (
    Column("product", _("Product name"), ("nama", "nama barang", "product", "produk", "name", "judul"), required=True),
    Column("slug", _("Link"), ("slug", "handle", "url")),
    Column("description", _("Description"), ("keterangan", "detail", "deskripsi produk")),
    Column("category", _("Category"), ("kategori produk", "jenis")),
    Column("status", _("Product status"), ("status", "publish")),
    Column("sell_when_empty", _("Sell when empty"), ("preorder", "pre order")),
    Column("attribute_1", _("Attribute 1"), ("variasi 1", "option1 name", "nama variasi 1")),
    Column("item_1", _("Item 1"), ("pilihan 1", "option1 value", "opsi 1")),
    Column("attribute_2", _("Attribute 2"), ("variasi 2", "option2 name", "nama variasi 2")),
    Column("item_2", _("Item 2"), ("pilihan 2", "option2 value", "opsi 2")),
    Column("attribute_3", _("Attribute 3"), ("variasi 3", "option3 name", "nama variasi 3")),
    Column("item_3", _("Item 3"), ("pilihan 3", "option3 value", "opsi 3")),
    SKU,
    *FIGURES,
    Column("variant_status", _("Variant status"), ("status varian",)),
    Column("stock", _("Stock"), ("stok", "stok awal", "qty", "jumlah", "quantity")),
)
VARIANTS = (
    SKU,
    Column("product", _("Product name"), ("nama", "produk", "product"), readonly=True),
    Column("variant", _("Variant"), ("varian", "variasi"), readonly=True),
    *FIGURES,
    Column("variant_status", _("Variant status"), ("status", "status varian")),
    Column("available", _("Available"), ("tersedia", "stok"), readonly=True),
)
INVENTORY = (
    SKU,
    Column("product", _("Product name"), ("nama", "produk", "product"), readonly=True),
    Column("variant", _("Variant"), ("varian", "variasi"), readonly=True),
    Column("warehouse", _("Warehouse"), ("gudang", "lokasi", "location")),
    Column("on_hand", _("On hand"), ("stok", "stock", "stok fisik", "qty", "jumlah", "quantity"), required=True),
    Column("reserved", _("Reserved"), ("dipesan",), readonly=True),
    Column("available", _("Available"), ("tersedia",), readonly=True),
    Column("sold_28d", _("Sold in 28 days"), ("terjual 28 hari",), readonly=True),
)
COLUMNS: Mapping[str, tuple[Column, ...]] = {"products": PRODUCTS, "variants": VARIANTS, "inventory": INVENTORY}


def columns_for(kind: str, *, see_cost: bool) -> list[Column]:
    """The columns of a table for a person: without the cost for those who may not see it."""
    return [c for c in COLUMNS[kind] if see_cost or not c.cost]


def headers_for(columns: Sequence[Column]) -> list[str]:
    """Headers of an export: Indonesian, whoever's request started it."""
    with translation.override("id"):
        return [str(c.label) for c in columns]


# one product of two sizes, as somebody would write it
_SAMPLES: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "products": tuple(
        {"product": "Madu Hutan (contoh)", "description": "Madu murni", "category": "Madu", "status": "draf", "attribute_1": "Ukuran",
         "item_1": size, "sku": f"CONTOH-MADU-{size[:3]}", "price": price, "weight_grams": weight, "stock": "10"}
        for size, price, weight in (("250 ml", "Rp 55.000", "350"), ("500 ml", "95000", "650"))
    ),
    "variants": ({"sku": "CONTOH-MADU-250", "price": "57.000", "weight_grams": "350", "tiers": "3:52000; 10:48000"},),
    "inventory": ({"sku": "CONTOH-MADU-250", "on_hand": "24"},),
}  # fmt: skip


def sample_csv(kind: str, *, see_cost: bool) -> bytes:
    """A file to begin with: the headers of an export and rows that show how cells are written."""
    columns = [c for c in columns_for(kind, see_cost=see_cost) if not c.readonly]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(headers_for(columns))
    writer.writerows([row.get(c.name, "") for c in columns] for row in _SAMPLES[kind])
    return out.getvalue().encode("utf-8-sig")


def _folded(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


def mapping_guess(kind: str, headers: Sequence[str], known: Mapping[str, str], *, see_cost: bool) -> dict[str, str]:
    """Header → column name: what this store said last time, then names, labels in both languages, other spellings.

    A column is given once; a header nobody knows is not in the answer.
    """
    columns = columns_for(kind, see_cost=see_cost)
    names = {c.name for c in columns if not c.readonly}
    words: dict[str, str] = {}
    for column in columns:
        spellings = [column.name, *column.words]
        for language in ("id", "en"):
            with translation.override(language):
                spellings.append(str(column.label))
        for spelling in spellings:
            words.setdefault(_folded(spelling), "" if column.readonly else column.name)
    found: dict[str, str] = {}
    for source in (known, words):
        for header in headers:
            wanted = source.get(_folded(header), "")
            if header not in found and wanted in names and wanted not in found.values():
                found[header] = wanted
    return found


def remembered(mapping: Mapping[str, str]) -> dict[str, str]:
    """How a mapping is kept: by folded header, so that spaces and case do not matter next time."""
    return {_folded(header): name for header, name in mapping.items()}
