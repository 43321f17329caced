"""What makes a set of variants valid, which of them stay the same when a product is edited, and SKUs.

Pure rules first; only the SKU questions read the database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields
from math import prod
from typing import Any

from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from bosonline import cleaning
from bosonline.errors import ValidationFailed
from catalog.models import Variant

MAX_ATTRIBUTES = 3
MAX_VARIANTS = 200
MAX_TIERS = 10
PRICE_MAX = 1_000_000_000
WEIGHT_MAX = 99_000
SIDE_MAX = 300
SKU_LENGTH = 60


@dataclass(frozen=True, slots=True)
class VariantInput:
    """One variant as typed. Money in rupiah, weight in grams, sizes in cm.

    ``stock`` is the opening stock of a new variant at the default warehouse; what exists is changed in the inventory.
    ``id`` names the variant that is meant; without it the options decide. ``cost_price`` None: keep (0 when new).
    """

    options: list[str]
    price: int
    sku: str = ""
    compare_at_price: int | None = None
    cost_price: int | None = None
    weight_grams: int = 1000
    length_cm: int = 10
    width_cm: int = 10
    height_cm: int = 10
    stock: int = 0
    tiers: list[dict[str, int]] = field(default_factory=list)
    id: int | None = None
    image_id: int | None = None
    is_active: bool = True


KEPT = tuple(f.name for f in fields(VariantInput) if f.name not in ("stock", "id"))


def attributes_clean(attributes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Names and items without blanks. Raises at ``attributes…``: how many, empty ones, doubles, too many combinations."""
    if len(attributes) > MAX_ATTRIBUTES:
        raise ValidationFailed.field("attributes", _("At most three attributes."))
    clean: list[dict[str, Any]] = [
        {"name": str(a.get("name", "")).strip(), "items": [str(i).strip() for i in a.get("items", [])]}
        for a in attributes
    ]
    names: set[str] = set()
    for index, attribute in enumerate(clean):
        if not attribute["name"] or not attribute["items"] or not all(attribute["items"]):
            raise ValidationFailed.field(f"attributes.{index}", _("An attribute needs a name and at least one item."))
        if attribute["name"].lower() in names:
            raise ValidationFailed.field(f"attributes.{index}.name", _("Two attributes have the same name."))
        names.add(attribute["name"].lower())
        if len({i.lower() for i in attribute["items"]}) != len(attribute["items"]):
            raise ValidationFailed.field(f"attributes.{index}.items", _("Two items have the same name."))
    combinations = prod(len(a["items"]) for a in clean)
    if combinations > MAX_VARIANTS:
        raise ValidationFailed.field(
            "attributes",
            _("These attributes make %(wanted)s variants; a product can have at most %(count)s.")
            % {"wanted": combinations, "count": MAX_VARIANTS},
            code="too_many_variants",
        )
    return clean


def variants_check(attributes: Sequence[Mapping[str, Any]], variants: Sequence[VariantInput]) -> None:
    """Raise at ``variants.<n>.<field>`` for the first set rule or value that is wrong."""
    if not variants:
        raise ValidationFailed.field("variants", _("A product needs at least one variant."))
    if len(variants) > MAX_VARIANTS:
        raise ValidationFailed.field(
            "variants", _("At most %(count)s variants per product.") % {"count": MAX_VARIANTS}, code="too_many_variants"
        )
    seen: set[tuple[str, ...]] = set()
    skus: set[str] = set()
    for index, variant in enumerate(variants):
        key = tuple(o.lower() for o in variant.options)
        fits = len(variant.options) == len(attributes) and all(
            option in attribute["items"] for option, attribute in zip(variant.options, attributes, strict=True)
        )
        if not fits:
            raise ValidationFailed.field(f"variants.{index}.options", _("The options do not fit the attributes."))
        if key in seen:
            raise ValidationFailed.field(f"variants.{index}.options", _("This combination is listed twice."))
        seen.add(key)
        sku = cleaning.same(variant.sku)
        if sku and sku in skus:
            raise ValidationFailed.field(f"variants.{index}.sku", _("This SKU is used twice."))
        skus.add(sku)
        values_check(variant, f"variants.{index}.")


def values_check(variant: Any, prefix: str = "") -> None:
    """Limits of one variant's figures; ``variant`` has the fields of :class:`VariantInput` or of the model."""
    ranges = (("price", 0, PRICE_MAX), ("weight_grams", 1, WEIGHT_MAX), ("length_cm", 1, SIDE_MAX),
              ("width_cm", 1, SIDE_MAX), ("height_cm", 1, SIDE_MAX))  # fmt: skip
    for name, low, high in ranges:
        range_check(getattr(variant, name), low, high, f"{prefix}{name}")
    if variant.cost_price is not None:
        range_check(variant.cost_price, 0, PRICE_MAX, f"{prefix}cost_price")
    if variant.compare_at_price is not None:
        range_check(variant.compare_at_price, 0, PRICE_MAX, f"{prefix}compare_at_price")
        if variant.compare_at_price <= variant.price:
            raise ValidationFailed.field(
                f"{prefix}compare_at_price", _("The struck-through price must be above the price.")
            )
    tiers_check(variant.tiers, variant.price, f"{prefix}tiers")


def values_errors(variant: Any) -> dict[str, str]:
    """Field → what is wrong, all of it; a value that is not there yet is nobody's mistake here."""
    found: dict[str, str] = {}
    patched = copy(variant)
    for _attempt in range(12):  # there are not more figures
        try:
            values_check(patched)
        except ValidationFailed as exc:
            ((name, texts),) = exc.errors.items()
            if name in found:
                break
            found[name] = texts[0]
            # the next rule is asked with a value that is surely right
            for field_name, value in _HARMLESS[name].items():
                setattr(patched, field_name, value)
        else:
            break
    return found


_HARMLESS: dict[str, dict[str, Any]] = {
    "price": {"price": 0, "compare_at_price": None, "tiers": []}, "weight_grams": {"weight_grams": 1}, "length_cm": {"length_cm": 1},
    "width_cm": {"width_cm": 1}, "height_cm": {"height_cm": 1}, "cost_price": {"cost_price": 0},
    "compare_at_price": {"compare_at_price": None}, "tiers": {"tiers": []},
}  # fmt: skip


def range_check(value: int, low: int, high: int, name: str) -> None:
    if not low <= value <= high:
        raise ValidationFailed.field(name, _("Must be between %(low)s and %(high)s.") % {"low": low, "high": high})


def tiers_check(tiers: Sequence[Mapping[str, int]], price: int, name: str = "tiers") -> None:
    """Wholesale tiers begin at two pieces, grow in quantity and never get dearer (product.md §4)."""
    if len(tiers) > MAX_TIERS:
        raise ValidationFailed.field(name, _("At most %(count)s wholesale tiers.") % {"count": MAX_TIERS})
    last_qty, last_price = 1, price
    for tier in tiers:
        if tier["min_qty"] <= last_qty or not 0 <= tier["price"] <= last_price:
            raise ValidationFailed.field(name, _("Wholesale tiers must grow in quantity and fall in price."))
        last_qty, last_price = tier["min_qty"], tier["price"]


def variants_match(
    old_names: Sequence[str],
    old: Sequence[tuple[int, Sequence[str]]],
    new_names: Sequence[str],
    new: Sequence[tuple[int | None, Sequence[str]]],
) -> list[int | None]:
    """For each new variant the id of the old one it continues, or None. No old variant is given twice.

    First by the id that was named, then by equal options, then, when an attribute was added or taken away, by the
    options of the attributes that both have: the first new variant of such a group continues the old one.
    """
    by_id = dict(old)
    result: list[int | None] = [given if given in by_id else None for given, _options in new]
    used = {pk for pk in result if pk is not None}
    if len(used) != sum(pk is not None for pk in result):
        raise ValidationFailed.field("variants", _("The same variant is listed twice."))

    def take(old_key: Mapping[int, tuple[str, ...]], new_keys: Sequence[tuple[str, ...]]) -> None:
        free: dict[tuple[str, ...], list[int]] = {}
        for pk, key in old_key.items():
            if pk not in used:
                free.setdefault(key, []).append(pk)
        for index, key in enumerate(new_keys):
            if result[index] is None and free.get(key):
                result[index] = free[key].pop(0)
                used.add(result[index])  # type: ignore[arg-type]  # just set

    take({pk: _key(options) for pk, options in old}, [_key(options) for _given, options in new])
    common = [name for name in map(str.lower, old_names) if name in set(map(str.lower, new_names))]
    if (common or not old_names) and len(old_names) != len(new_names):
        before, after = [n.lower() for n in old_names], [n.lower() for n in new_names]
        take(
            {pk: _key(options[before.index(n)] for n in common) for pk, options in old},
            [_key(options[after.index(n)] for n in common) for _given, options in new],
        )
    return result


def _key(options: Iterable[str]) -> tuple[str, ...]:
    return tuple(o.lower() for o in options)


def skus_taken(skus: Iterable[str], *, exclude: Collection[int] = ()) -> set[str]:
    """Which of these SKUs (in lower case) a living variant of the current store has. A deleted product frees its SKUs."""
    wanted = {key for s in skus if (key := cleaning.same(s))}
    if not wanted:
        return set()
    rows = Variant.objects.filter(deleted_at__isnull=True).annotate(low=Lower("sku")).filter(low__in=wanted)
    return set(rows.exclude(pk__in=exclude).values_list("low", flat=True))


def sku_available(*, sku: str, exclude: int | None = None) -> bool:
    """Whether no living variant of the current store has this SKU (case does not matter)."""
    return not skus_taken([sku], exclude=[exclude] if exclude else [])


def sku_suggestions(sku: str) -> list[str]:
    """Three free SKUs like this one."""
    base = cleaning.code(sku)[:50] or "SKU"
    wanted = [f"{base}-{n}" for n in range(2, 12)]
    taken = skus_taken(wanted)
    return [s for s in wanted if s.lower() not in taken][:3]


def skus_fill(wanted: Sequence[str], base: str, *, exclude: Collection[int] = ()) -> list[str]:
    """``wanted`` with a free SKU made from ``base`` where it is empty."""
    made = [cleaning.code(s) for s in wanted]
    own = {s.lower() for s in made if s}
    candidates = [f"{base[: SKU_LENGTH - 5]}-{n}".upper() for n in range(1, 2 * len(made) + 2)]
    taken = skus_taken(candidates, exclude=exclude) | own
    free = iter([c for c in candidates if c.lower() not in taken])
    for index, sku in enumerate(made):
        if not sku:
            made[index] = next(free, "") or f"{base[:40]}-{index}-{len(own)}".upper()
    return made


def sku_error(sku: str, name: str) -> ValidationFailed:
    error = ValidationFailed.field(
        name, _("SKU %(sku)s is already used in this store.") % {"sku": sku}, code="sku_taken",
        extra={"suggestions": sku_suggestions(sku)},
    )  # fmt: skip
    assert isinstance(error, ValidationFailed)
    return error
