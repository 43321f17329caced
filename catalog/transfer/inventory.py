"""Import of counted stock: SKU, warehouse, pieces on hand."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export import fields

from catalog.models import StockLevel
from catalog.services.stock import PIECES_MAX, StockLine, stock_update
from catalog.services.variants import SKU_LENGTH
from catalog.transfer import widgets as w
from catalog.transfer.base import Line, TableResource, chunks
from catalog.transfer.variants import living_by_sku, sku_key
from stores.models import Warehouse


class InventoryTable(TableResource):
    """``import_data`` of the table "inventory". Without a warehouse the default one is meant."""

    kind = "inventory"
    sku = fields.Field(attribute="sku", column_name="sku", widget=w.Code(SKU_LENGTH, required=True))
    warehouse = fields.Field(attribute="warehouse", column_name="warehouse", widget=w.Text(50), saves_null_values=False)
    on_hand = fields.Field(
        attribute="on_hand", column_name="on_hand", widget=w.Whole(-PIECES_MAX, PIECES_MAX, required=True)
    )

    class Meta(TableResource.Meta):
        pass

    def load(self, rows: list[dict[str, Any]]) -> None:
        self.known = living_by_sku({sku_key(row.get("sku")) for row in rows})
        self.warehouses: dict[str, list[int]] = {}
        self.default: int | None = None
        for warehouse in Warehouse.objects.filter(deleted_at__isnull=True).order_by("id"):
            self.warehouses.setdefault(warehouse.name.strip().lower(), []).append(warehouse.pk)
            if warehouse.is_default:
                self.default = warehouse.pk
        self.levels: dict[tuple[int, int], StockLevel] = {}
        for part in chunks([v.pk for v in self.known.values()]):
            for level in StockLevel.objects.filter(variant_id__in=part):
                self.levels[level.variant_id, level.warehouse_id] = level

    def get_or_init_instance(self, instance_loader: Any, row: Any) -> tuple[Line, bool]:
        variant = self.known.get(sku_key(row.get("sku")))
        name = sku_key(row.get("warehouse"))
        found = self.warehouses.get(name, []) if name else [self.default] if self.default else []
        line = Line(self.current, {"sku": "", "warehouse": "", "on_hand": None}, {})
        line.target = found[0] if len(found) == 1 else None
        line.pk = variant.pk if variant else None
        if variant and line.target:
            level = self.levels.get((variant.pk, line.target))
            line.before = {"on_hand": level.on_hand if level else 0}
        return line, False

    def judge(self, line: Any, row: Any, errors: dict[str, Any]) -> None:
        if line.pk is None:
            errors["sku"] = ValidationError(_("No variant has this SKU."))
            return
        if line.on_hand is None:  # could not be read, and says so
            return
        if line.target is None:
            many = len(self.warehouses.get(line.warehouse.lower(), [])) > 1
            message = _("Two warehouses have this name.") if many else _("Unknown warehouse.")
            errors["warehouse"] = ValidationError(message)
            return
        self.once((line.pk, line.target), errors)
        level = self.levels.get((line.pk, line.target))
        variant = self.known[sku_key(line.sku)]
        reserved = level.reserved if level else 0
        if not variant.product.sell_when_empty and line.on_hand < reserved:
            message = _("%(count)s pieces are reserved by open orders.") % {"count": reserved}
            errors["on_hand"] = ValidationError(message if reserved else _("The stock cannot fall below zero."))

    def write(self) -> None:
        lines = [
            StockLine(x.pk or 0, x.target, "set", x.on_hand, expected=(x.before or {}).get("on_hand"))  # type: ignore[attr-defined]  # set by the field
            for x in self.changed
        ]
        reason = _("Import: %(file)s") % {"file": self.filename}
        stock_update(store=self.store, lines=lines, reason=reason[:200], actor=self.actor)
