"""Many rows at once: one statement per table instead of one per row."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from django.db import connection

from catalog.models import Variant
from catalog.transfer.base import Line, changed_meanwhile, chunks

# column → its type in PostgreSQL
VARIANT_COLUMNS = {
    "price": "bigint", "compare_at_price": "bigint", "cost_price": "bigint", "weight_grams": "int", "length_cm": "int",
    "width_cm": "int", "height_cm": "int", "tiers": "jsonb", "is_active": "bool",
}  # fmt: skip
PRODUCT_COLUMNS = {
    "name": "text", "slug": "text", "description": "text", "category_id": "bigint", "status": "text", "attributes": "jsonb",
}  # fmt: skip


def variants_locked(lines: Sequence[Line]) -> None:
    """Lock the variants and make sure that they still are what the lines were compared with."""
    for part in chunks(list(lines)):
        rows = Variant.objects.select_for_update().filter(pk__in=[x.pk for x in part]).order_by("id")
        found = {v.pk: v for v in rows}
        for line in part:
            variant = found.get(line.pk)
            before = line.before or {}
            if variant is None or variant.deleted_at is not None:
                raise changed_meanwhile()
            if any(getattr(variant, k) != v for k, v in before.items() if k in VARIANT_COLUMNS):
                raise changed_meanwhile()


def variants_write(lines: Sequence[Line]) -> None:
    """Write the figures of existing variants."""
    _write(
        "catalog_variant", VARIANT_COLUMNS, [(x.pk or 0, [getattr(x, c) for c in VARIANT_COLUMNS]) for x in lines], ""
    )


def products_write(rows: Sequence[tuple[int, Sequence[object]]]) -> None:
    """Write (id, values in the order of ``PRODUCT_COLUMNS``)."""
    _write("catalog_product", PRODUCT_COLUMNS, rows, ", updated_at = now()")


def _write(table: str, columns: dict[str, str], rows: Sequence[tuple[int, Sequence[object]]], also: str) -> None:
    names = list(columns)
    sets = ", ".join(f"{n} = x.{n}::{columns[n]}" for n in names)
    arrays = ", ".join("%s::text[]" if columns[n] == "jsonb" else f"%s::{columns[n]}[]" for n in names)
    statement = (
        f"UPDATE {table} t SET {sets}{also} FROM unnest(%s::bigint[], {arrays}) AS x(id, {', '.join(names)})"  # noqa: S608 - names are ours
        " WHERE t.id = x.id"
    )
    for part in chunks(list(rows)):
        values: list[list[object]] = [[pk for pk, _v in part]]
        for index, name in enumerate(names):
            column = [v[index] for _pk, v in part]
            values.append([orjson.dumps(c).decode() for c in column] if columns[name] == "jsonb" else column)
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
