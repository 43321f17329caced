"""Import of products: one row per variant, rows of one product share its link or name.

A SKU that exists changes that variant and its product; a new SKU is a new variant of the product with this link or name, or of a new
product. Rows never take a variant away, and an empty cell leaves what is there.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models.functions import Lower
from django.utils.text import slugify
from django.utils.translation import gettext as _
from import_export import fields

from bosonline import changes, timeline
from catalog.models import Category, Product, StockLevel, Variant
from catalog.services.products import category_ensure, names_lock, switch_sell_when_empty
from catalog.services.stock import PIECES_MAX, StockLine, levels_ensure, stock_update
from catalog.services.variants import MAX_VARIANTS
from catalog.transfer import widgets as w
from catalog.transfer.base import Line, TableResource, changed_meanwhile, chunks
from catalog.transfer.variants import FIGURES, FigureFields, living_by_sku, sku_key
from catalog.transfer.writing import products_write, variants_locked, variants_write
from stores.models import Warehouse

DEFAULTS: dict[str, Any] = {
    "price": None, "compare_at_price": None, "cost_price": 0, "weight_grams": 1000, "length_cm": 10, "width_cm": 10,
    "height_cm": 10, "tiers": [], "is_active": True,
}  # fmt: skip
SHARED = ("name", "description", "category", "status", "sell_when_empty")
PAIRS = ((1, "attribute_1", "item_1"), (2, "attribute_2", "item_2"), (3, "attribute_3", "item_3"))


def one_line_end(text: str) -> str:
    """As a file brings it: ends of lines alike, no blanks around. What differs only in that is no change."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


@dataclass(slots=True)
class Group:
    """A product as the file wants it: what rows said so far, and the variants it will have."""

    product: Product | None
    values: dict[str, Any]
    attributes: list[dict[str, Any]]
    options: dict[tuple[str, ...], int]
    said: dict[str, tuple[int, Any]] = field(default_factory=dict)
    slug: str = ""
    count: int = 0
    changed: bool = False


class ProductTable(FigureFields):
    """``import_data`` of the table "products"."""

    kind = "products"
    product = fields.Field(attribute="name", column_name="product", widget=w.Name(120), saves_null_values=False)
    slug = fields.Field(attribute="slug", column_name="slug", widget=w.Text(120), saves_null_values=False)
    description = fields.Field(
        attribute="description", column_name="description", widget=w.Text(10_000), saves_null_values=False
    )
    category = fields.Field(attribute="category", column_name="category", widget=w.Name(60), saves_null_values=False)
    status = fields.Field(
        attribute="status", column_name="status", widget=w.Choice(w.STATUS_WORDS), saves_null_values=False
    )
    sell_when_empty = fields.Field(
        attribute="sell_when_empty",
        column_name="sell_when_empty",
        widget=w.Choice(w.YES_WORDS),
        saves_null_values=False,
    )
    attribute_1 = fields.Field(attribute="attribute_1", column_name="attribute_1", widget=w.Text(30))
    item_1 = fields.Field(attribute="item_1", column_name="item_1", widget=w.Text(60))
    attribute_2 = fields.Field(attribute="attribute_2", column_name="attribute_2", widget=w.Text(30))
    item_2 = fields.Field(attribute="item_2", column_name="item_2", widget=w.Text(60))
    attribute_3 = fields.Field(attribute="attribute_3", column_name="attribute_3", widget=w.Text(30))
    item_3 = fields.Field(attribute="item_3", column_name="item_3", widget=w.Text(60))
    stock = fields.Field(
        attribute="stock", column_name="stock", widget=w.Whole(-PIECES_MAX, PIECES_MAX), saves_null_values=False
    )

    class Meta(TableResource.Meta):
        pass

    # --- what is there --------------------------------------------------------------------------------------------------
    def load(self, rows: list[dict[str, Any]]) -> None:
        self.known = living_by_sku({sku_key(row.get("sku")) for row in rows})
        self.groups: dict[Any, Group] = {}
        self.by_slug: dict[str, Product] = {}
        self.by_name: dict[str, list[Product]] = {}
        slugs = {sku_key(row.get("slug")) for row in rows} - {""}
        names = {sku_key(row.get("product")) for row in rows} - {""}
        living = Product.objects.filter(deleted_at__isnull=True).select_related("category")
        products = {v.product_id: v.product for v in self.known.values()}
        for part in chunks(sorted(products)):
            products |= {p.pk: p for p in living.filter(pk__in=part)}
        for part in chunks(sorted(slugs)):
            products |= {p.pk: p for p in living.filter(slug__in=part) if p.pk not in products}
        for part in chunks(sorted(names)):
            products |= {
                p.pk: p for p in living.annotate(low=Lower("name")).filter(low__in=part) if p.pk not in products
            }
        for product in products.values():
            self.by_slug[product.slug] = product
            self.by_name.setdefault(product.name.lower(), []).append(product)
        self.options: dict[int, dict[tuple[str, ...], int]] = {}
        for part in chunks(sorted(products)):
            rows_of = Variant.objects.filter(product_id__in=part, deleted_at__isnull=True)
            for product_id, pk, options in rows_of.values_list("product_id", "pk", "options"):
                self.options.setdefault(product_id, {})[tuple(o.lower() for o in options)] = pk
        self.products = products
        self.on_hand: dict[int, int] = {}
        for part in chunks([v.pk for v in self.known.values()]):
            levels = StockLevel.objects.filter(variant_id__in=part, warehouse__is_default=True)
            self.on_hand |= dict(levels.values_list("variant_id", "on_hand"))

    def get_or_init_instance(self, instance_loader: Any, row: Any) -> tuple[Line, bool]:
        variant = self.known.get(sku_key(row.get("sku")))
        blank: dict[str, Any] = dict.fromkeys(
            (*SHARED, "slug", "sku", "stock", *(n for _i, a, b in PAIRS for n in (a, b)))
        )
        if variant is None:
            return Line(self.current, blank | DEFAULTS, None), True
        before = self.figures_of(variant)
        line = Line(self.current, blank | before, before)
        line.pk, line.target = variant.pk, variant
        return line, False

    # --- judging --------------------------------------------------------------------------------------------------------
    def judge(self, line: Any, row: Any, errors: dict[str, Any]) -> None:
        if line.sku:
            self.once(sku_key(line.sku), errors)
        unread = set(errors)
        group = self._group(line, errors)
        options: tuple[str, ...] = ()
        if group is not None:
            self._shared(group, line, errors)
            if not unread & {name for _n, *pair in PAIRS for name in pair}:
                options = self._options(group, line, errors)
        if line.price is None:
            errors.setdefault("price", ValidationError(_("Enter a price.")))
            line = copy(line)
            line.price, line.compare_at_price, line.tiers = 0, None, []
        if line.stock is not None and line.stock < 0 and line.before is None:
            errors.setdefault("stock", ValidationError(_("The stock cannot fall below zero.")))
        self.check_values(line, errors)
        if group is not None and not errors:
            self._stock_told(line)
            self._take(group, line, options)

    def _stock_told(self, line: Any) -> None:
        """The stock of what exists is counted in the inventory: a figure that differs is not passed over in silence."""
        there = self.on_hand.get(line.pk, 0)
        if line.target is not None and line.stock is not None and line.stock != there:
            text = _("The file says %(file)s pieces, the default warehouse has %(there)s. Import stock as “Inventory”.")
            line.notes = {"stock": text % {"file": line.stock, "there": there}}

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        same = super().skip_row(instance, original, row, import_validation_errors)
        group = getattr(instance, "group", None)
        return same and not (group is not None and getattr(instance, "told", None))

    def _group(self, line: Any, errors: dict[str, Any]) -> Group | None:
        """The product this row belongs to."""
        slug = slugify(line.slug)[:120] if line.slug else ""
        if line.target is not None:
            product = self.products[line.target.product_id]
            if slug and slug != product.slug:
                errors["slug"] = ValidationError(
                    _("This SKU belongs to the product %(name)s.") % {"name": product.slug}
                )
            return self._existing(product)
        if slug and slug in self.by_slug:
            return self._existing(self.by_slug[slug])
        if not line.name:
            errors["product"] = ValidationError(_("This cell is empty."))
            return None
        same = self.by_name.get(line.name.lower(), []) if not slug else []
        if len(same) > 1:
            errors["product"] = ValidationError(_("Two products have this name. Fill in the column Link."))
            return None
        if same:
            return self._existing(same[0])
        key = ("slug", slug) if slug else ("name", line.name.lower())
        if key not in self.groups:
            attributes = [{"name": getattr(line, a), "items": []} for _n, a, _b in PAIRS if getattr(line, a)]
            values = {
                "name": line.name,
                "description": "",
                "category": "",
                "status": "active",
                "sell_when_empty": False,
            }
            self.groups[key] = Group(None, values, attributes, {}, slug=slug)
        return self.groups[key]

    def _existing(self, product: Product) -> Group:
        if product.pk not in self.groups:
            values = {
                "name": product.name, "description": one_line_end(product.description), "status": product.status,
                "category": product.category.name if product.category else "", "sell_when_empty": product.sell_when_empty,
            }  # fmt: skip
            attributes = [{"name": a["name"], "items": list(a["items"])} for a in product.attributes]
            options = dict(self.options.get(product.pk, {}))
            self.groups[product.pk] = Group(product, values, attributes, options, slug=product.slug, count=len(options))
        return self.groups[product.pk]

    def _shared(self, group: Group, line: Any, errors: dict[str, Any]) -> None:
        """What rows of one product must say alike."""
        for name in SHARED:
            value = getattr(line, name)
            if value is None:
                continue
            first, said = group.said.get(name, (0, value))
            if said != value:
                column = "product" if name == "name" else name
                errors[column] = ValidationError(_("Not the same as row %(row)s of this product.") % {"row": first})

    def _options(self, group: Group, line: Any, errors: dict[str, Any]) -> tuple[str, ...]:
        """The row's options in the order of the product's attributes."""
        given = [(a, b, getattr(line, a), getattr(line, b)) for _n, a, b in PAIRS]
        if line.target is not None:
            current = line.target.options
            for index, (_a, column, _name, item) in enumerate(given):
                if item is not None and (index >= len(current) or current[index].lower() != item.lower()):
                    errors[column] = ValidationError(_("The options of an existing variant are changed in the editor."))
            return tuple(o.lower() for o in current)
        filled = [(a, b, name, item) for a, b, name, item in given if name or item]
        if len(filled) != len(group.attributes):
            errors["attribute_1"] = ValidationError(
                _("This product has %(count)s attributes; the row names %(given)s.")
                % {"count": len(group.attributes), "given": len(filled)}
            )
            return ()
        for (a, b, name, item), attribute in zip(filled, group.attributes, strict=True):
            if not item:
                errors[b] = ValidationError(_("This cell is empty."))
            if not name or name.lower() != attribute["name"].lower():
                errors[a] = ValidationError(_("The attribute is called %(name)s here.") % {"name": attribute["name"]})
        options = tuple((item or "").lower() for _a, _b, _name, item in filled)
        if not errors and options in group.options:
            errors[filled[0][1] if filled else "sku"] = ValidationError(
                _("Another variant of this product has these options.")
            )
        if group.count >= MAX_VARIANTS:
            errors["product"] = ValidationError(_("At most %(count)s variants per product.") % {"count": MAX_VARIANTS})
        return options

    def _take(self, group: Group, line: Any, options: tuple[str, ...]) -> None:
        """The row is good: the product becomes what it says."""
        line.group = group
        for name in SHARED:
            value = getattr(line, name)
            if value is not None:
                group.said.setdefault(name, (self.current, value))
                if group.values[name] != value:
                    line.told = getattr(line, "told", {}) | {name: [group.values[name], value]}
                    group.values[name] = value
                    group.changed = True
        if line.target is not None:
            return
        filled = [(getattr(line, a), getattr(line, b)) for _n, a, b in PAIRS if getattr(line, b)]
        line.options = []
        for (_name, item), attribute in zip(filled, group.attributes, strict=True):
            known = next((i for i in attribute["items"] if i.lower() == item.lower()), None)
            if known is None:
                attribute["items"].append(item)
                group.changed = True
            line.options.append(known or item)
        group.options[options] = 0
        group.count += 1

    # --- writing --------------------------------------------------------------------------------------------------------
    def write(self) -> None:
        names_lock(self.store.pk)
        touched = {id(x.group): x.group for x in (*self.new, *self.changed)}
        variants_locked([x for x in self.changed if x.changes()])
        categories = self._categories(touched.values())
        self._create_products([g for g in touched.values() if g.product is None], categories)
        self._update_products([g for g in touched.values() if g.product is not None and g.changed], categories)
        variants_write([x for x in self.changed if x.changes()])
        self._create_variants()
        ids = {g.product.pk for g in touched.values() if g.product}
        timeline.record(
            store_id=self.store.pk, subject="product", subject_id=0, kind="product.import", actor=self.actor,
            data={"table": self.kind, "file": self.filename, "new": len(self.new), "changed": len(self.changed)},
        )  # fmt: skip
        changes.announce("product", self.store.pk, ids)

    def _categories(self, groups: Any) -> dict[str, int]:
        known = {name.lower(): pk for pk, name in Category.objects.values_list("pk", "name")}
        for name in {g.values["category"] for g in groups} - {""}:
            if name.lower() not in known:
                made = category_ensure(store=self.store, name=name)
                assert made is not None
                known[name.lower()] = made.pk
        return known

    def _create_products(self, groups: list[Group], categories: dict[str, int]) -> None:
        if not groups:
            return
        taken = set(Product.objects.filter(deleted_at__isnull=True).values_list("slug", flat=True))
        rows = []
        for group in groups:
            base = group.slug or slugify(group.values["name"])[:110].strip("-") or "produk"
            slug, n = base, 2
            while slug in taken:
                slug, n = f"{base}-{n}", n + 1
            taken.add(slug)
            rows.append(
                Product(
                    store=self.store, name=group.values["name"], slug=slug, description=group.values["description"],
                    category_id=categories.get(group.values["category"].lower()), status=group.values["status"],
                    attributes=group.attributes, sell_when_empty=group.values["sell_when_empty"],
                )
            )  # fmt: skip
        for group, product in zip(groups, Product.objects.bulk_create(rows, batch_size=1000), strict=True):
            group.product = product

    def _update_products(self, groups: list[Group], categories: dict[str, int]) -> None:
        locked: dict[int, Product] = {}
        for part in chunks(sorted(g.product.pk for g in groups if g.product)):
            rows = Product.objects.select_for_update().filter(pk__in=part, deleted_at__isnull=True).order_by("id")
            locked |= {p.pk: p for p in rows}
        values = []
        for group in groups:
            seen = group.product
            product = locked.get(seen.pk) if seen else None
            if seen is None or product is None or product.updated_at != seen.updated_at:
                raise changed_meanwhile()
            values.append(
                (product.pk, [group.values["name"], product.slug, group.values["description"],
                              categories.get(group.values["category"].lower()), group.values["status"], group.attributes])
            )  # fmt: skip
            if product.sell_when_empty != group.values["sell_when_empty"]:
                product.sell_when_empty = group.values["sell_when_empty"]
                product.save(update_fields=["sell_when_empty"])
                switch_sell_when_empty(product)
        products_write(values)

    def _create_variants(self) -> None:
        if not self.new:
            return
        rows = []
        positions: dict[int, int] = {}
        for line in self.new:
            product = line.group.product
            position = positions.setdefault(product.pk, len(self.options.get(product.pk, {})))
            positions[product.pk] += 1
            figures = line.values(FIGURES)
            rows.append(
                Variant(
                    store=self.store, product=product, sku=line.sku, options=line.options, position=position, **figures
                )
            )
        made = Variant.objects.bulk_create(rows, batch_size=1000)
        self._opening_stock(made)

    def _opening_stock(self, made: list[Variant]) -> None:
        warehouses = list(Warehouse.objects.filter(deleted_at__isnull=True).order_by("id"))
        for switch in (False, True):
            pairs = [(v.pk, h.pk) for v in made for h in warehouses if v.product.sell_when_empty is switch]
            levels_ensure(pairs=pairs, store_id=self.store.pk, sell_when_empty=switch)
        default = next((h for h in warehouses if h.is_default), None)
        if default is None:
            return
        lines = [
            StockLine(variant.pk, default.pk, "set", line.stock)  # type: ignore[attr-defined]  # set by the field
            for variant, line in zip(made, self.new, strict=True)
            if line.stock  # type: ignore[attr-defined]
        ]
        for part in chunks(lines):
            stock_update(
                store=self.store,
                lines=part,
                reason=_("Import: %(file)s") % {"file": self.filename},
                actor=self.actor,
            )
