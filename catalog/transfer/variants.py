"""Import of variants' figures: every row names an existing SKU."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from import_export import fields

from bosonline import changes, cleaning, timeline
from catalog.models import Variant
from catalog.services.variants import PRICE_MAX, SIDE_MAX, SKU_LENGTH, WEIGHT_MAX
from catalog.transfer import widgets as w
from catalog.transfer.base import Line, TableResource, chunks
from catalog.transfer.writing import variants_locked, variants_write

FIGURES = (
    "price",
    "compare_at_price",
    "cost_price",
    "weight_grams",
    "length_cm",
    "width_cm",
    "height_cm",
    "tiers",
    "is_active",
)


def living_by_sku(skus: set[str]) -> dict[str, Variant]:
    """Living variants of the store by SKU in lower case."""
    found: dict[str, Variant] = {}
    rows = Variant.objects.filter(deleted_at__isnull=True, product__deleted_at__isnull=True).select_related("product")
    for part in chunks(sorted(skus)):
        for variant in rows.annotate(low=Lower("sku")).filter(low__in=part):
            found[variant.low] = variant
    return found


def sku_key(value: Any) -> str:
    return cleaning.same(str(value if value is not None else ""))


class FigureFields(TableResource):
    """The columns that products and variants have in common."""

    sku = fields.Field(attribute="sku", column_name="sku", widget=w.Code(SKU_LENGTH, required=True))
    price = fields.Field(attribute="price", column_name="price", widget=w.Whole(0, PRICE_MAX), saves_null_values=False)
    compare_at_price = fields.Field(
        attribute="compare_at_price",
        column_name="compare_at_price",
        widget=w.Whole(0, PRICE_MAX),
        saves_null_values=False,
    )
    cost_price = fields.Field(
        attribute="cost_price", column_name="cost_price", widget=w.Whole(0, PRICE_MAX), saves_null_values=False
    )
    weight_grams = fields.Field(
        attribute="weight_grams", column_name="weight_grams", widget=w.Whole(1, WEIGHT_MAX), saves_null_values=False
    )
    length_cm = fields.Field(
        attribute="length_cm", column_name="length_cm", widget=w.Whole(1, SIDE_MAX), saves_null_values=False
    )
    width_cm = fields.Field(
        attribute="width_cm", column_name="width_cm", widget=w.Whole(1, SIDE_MAX), saves_null_values=False
    )
    height_cm = fields.Field(
        attribute="height_cm", column_name="height_cm", widget=w.Whole(1, SIDE_MAX), saves_null_values=False
    )
    tiers = fields.Field(attribute="tiers", column_name="tiers", widget=w.Tiers(), saves_null_values=False)
    variant_status = fields.Field(
        attribute="is_active", column_name="variant_status", widget=w.Choice(w.ON_WORDS), saves_null_values=False
    )

    class Meta(TableResource.Meta):
        pass

    def import_instance(self, instance: Line, row: Any, **kwargs: Any) -> None:
        super().import_instance(instance, row, **kwargs)
        if instance.compare_at_price == 0:  # type: ignore[attr-defined]  # zero takes it away
            instance.compare_at_price = None  # type: ignore[attr-defined]

    @staticmethod
    def figures_of(variant: Variant) -> dict[str, Any]:
        return {name: getattr(variant, name) for name in FIGURES}


class VariantTable(FigureFields):
    """``import_data`` of the table "variants"."""

    kind = "variants"

    class Meta(TableResource.Meta):
        pass

    def load(self, rows: list[dict[str, Any]]) -> None:
        self.known = living_by_sku({sku_key(row.get("sku")) for row in rows})

    def get_or_init_instance(self, instance_loader: Any, row: Any) -> tuple[Line, bool]:
        variant = self.known.get(sku_key(row.get("sku")))
        if variant is None:
            empty: dict[str, Any] = dict.fromkeys((*FIGURES, "sku"))
            return Line(self.current, empty, {}), False
        before = self.figures_of(variant)
        line = Line(self.current, before | {"sku": variant.sku}, before)
        line.pk, line.target = variant.pk, variant
        return line, False

    def judge(self, line: Any, row: Any, errors: dict[str, Any]) -> None:
        if line.target is None:
            errors["sku"] = ValidationError(_("No variant has this SKU."))
            return
        self.once(line.pk, errors)
        self.check_values(line, errors)

    def write(self) -> None:
        variants_locked(self.changed)
        variants_write(self.changed)
        products = {line.target.product_id for line in self.changed}
        timeline.record(
            store_id=self.store.pk, subject="product", subject_id=0, kind="product.import", actor=self.actor,
            data={"table": self.kind, "file": self.filename, "changed": len(self.changed)},
        )  # fmt: skip
        changes.announce("product", self.store.pk, products)
