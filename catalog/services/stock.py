"""Stock: levels and their append-only ledger (product.md §5).

Every function takes the levels' row locks in the order of the variant ids, like ``order_place_v1`` does, and writes
one ledger row per change. The database refuses to oversell (``stocklevel_not_oversold``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from bosonline.errors import Conflict, ValidationFailed
from catalog.models import StockEntry, StockLevel, Variant
from stores.models import Store, Warehouse


@dataclass(frozen=True, slots=True)
class Pieces:
    """``qty`` pieces of a variant."""

    variant_id: int
    qty: int


@dataclass(frozen=True, slots=True)
class StockLine:
    """One line of an inventory update. ``mode`` set: the counted pieces; adjust: plus or minus."""

    variant_id: int
    warehouse_id: int
    mode: str
    qty: int
    expected: int | None = None


def level_ensure(*, variant: Variant, warehouse: Warehouse, sell_when_empty: bool) -> None:
    """A level row for a variant in a warehouse, empty when new."""
    StockLevel.objects.bulk_create(
        [StockLevel(store_id=variant.store_id, variant=variant, warehouse=warehouse, sell_when_empty=sell_when_empty)],
        ignore_conflicts=True,
    )


@transaction.atomic
def stock_update(*, store: Store, lines: list[StockLine], reason: str, actor_id: int | None) -> list[StockLevel]:
    """Set or adjust levels, all or nothing. Raises at ``lines.<n>.…`` when a line cannot be done.

    ``expected`` is the on-hand figure the person saw; when it has changed since, the whole update is a conflict.
    """
    changed: list[StockLevel] = []
    order = sorted(range(len(lines)), key=lambda i: (lines[i].variant_id, lines[i].warehouse_id))
    for index in order:
        line = lines[index]
        level = (
            StockLevel.objects.select_for_update()
            .filter(variant_id=line.variant_id, warehouse_id=line.warehouse_id, variant__deleted_at__isnull=True)
            .first()
        )
        if level is None:
            raise ValidationFailed.field(f"lines.{index}.variant_id", _("Unknown variant or warehouse."))
        if line.expected is not None and line.expected != level.on_hand:
            raise Conflict(
                _("Someone else changed this stock to %(count)s meanwhile.") % {"count": level.on_hand},
                code="stock_changed",
                errors={f"lines.{index}.expected": [str(level.on_hand)]},
            )
        after = line.qty if line.mode == "set" else level.on_hand + line.qty
        if abs(after) > 10_000_000:
            raise ValidationFailed.field(f"lines.{index}.qty", _("This number is too large."))
        if not level.sell_when_empty and after < level.reserved:
            raise ValidationFailed.field(
                f"lines.{index}.qty",
                _("%(count)s pieces are reserved by open orders.") % {"count": level.reserved},
            )
        kind = StockEntry.Kind.SET if line.mode == "set" else StockEntry.Kind.ADJUST
        _change(level, on_hand=after, reserved=level.reserved, kind=kind, reason=reason, actor_id=actor_id)
        changed.append(level)
    return changed


def _change(
    level: StockLevel,
    *,
    on_hand: int,
    reserved: int,
    kind: str,
    reason: str = "",
    order_id: int | None = None,
    actor_id: int | None = None,
) -> None:
    StockEntry.objects.create(
        store_id=level.store_id,
        variant_id=level.variant_id,
        warehouse_id=level.warehouse_id,
        kind=kind,
        on_hand_before=level.on_hand,
        on_hand_after=on_hand,
        reserved_before=level.reserved,
        reserved_after=reserved,
        reason=reason[:200],
        order_id=order_id,
        actor_id=actor_id,
    )
    level.on_hand, level.reserved = on_hand, reserved
    level.save(update_fields=["on_hand", "reserved"])


def _locked(pieces: Iterable[Pieces], warehouse_id: int) -> list[tuple[StockLevel, int]]:
    wanted: dict[int, int] = {}
    for piece in pieces:
        wanted[piece.variant_id] = wanted.get(piece.variant_id, 0) + piece.qty
    levels = StockLevel.objects.select_for_update().filter(variant_id__in=wanted, warehouse_id=warehouse_id)
    return [(level, wanted[level.variant_id]) for level in levels.order_by("variant_id")]


def stock_release(*, pieces: Iterable[Pieces], warehouse_id: int, order_id: int, actor_id: int | None) -> None:
    """Give reserved pieces back: the order was cancelled or expired before it shipped."""
    for level, qty in _locked(pieces, warehouse_id):
        _change(level, on_hand=level.on_hand, reserved=level.reserved - qty, kind=StockEntry.Kind.RELEASE,
                order_id=order_id, actor_id=actor_id)  # fmt: skip


def stock_commit(*, pieces: Iterable[Pieces], warehouse_id: int, order_id: int, actor_id: int | None) -> None:
    """The parcel left: reserved pieces are gone from the shelf."""
    for level, qty in _locked(pieces, warehouse_id):
        _change(level, on_hand=level.on_hand - qty, reserved=level.reserved - qty, kind=StockEntry.Kind.COMMIT,
                order_id=order_id, actor_id=actor_id)  # fmt: skip


def stock_uncommit(*, pieces: Iterable[Pieces], warehouse_id: int, order_id: int, actor_id: int | None) -> None:
    """Shipping was taken back by hand: the pieces are on the shelf and reserved again."""
    for level, qty in _locked(pieces, warehouse_id):
        _change(level, on_hand=level.on_hand + qty, reserved=level.reserved + qty, kind=StockEntry.Kind.RESERVE,
                order_id=order_id, actor_id=actor_id)  # fmt: skip


def stock_restock(*, pieces: Iterable[Pieces], warehouse_id: int, order_id: int, actor_id: int | None) -> None:
    """A return came back in good condition."""
    for level, qty in _locked(pieces, warehouse_id):
        _change(level, on_hand=level.on_hand + qty, reserved=level.reserved, kind=StockEntry.Kind.RESTOCK,
                order_id=order_id, actor_id=actor_id)  # fmt: skip


def stock_reserve(*, pieces: Iterable[Pieces], warehouse_id: int, order_id: int, actor_id: int | None) -> None:
    """Reserve for an order that exists (an edit, a reopening). Raises ``out_of_stock`` with what is left."""
    for level, qty in _locked(pieces, warehouse_id):
        if not level.sell_when_empty and level.available < qty:
            raise Conflict(
                _("Only %(left)s left in stock.") % {"left": max(level.available, 0)},
                code="out_of_stock",
                extra={"variant_id": level.variant_id, "left": max(level.available, 0)},
            )
        _change(level, on_hand=level.on_hand, reserved=level.reserved + qty, kind=StockEntry.Kind.RESERVE,
                order_id=order_id, actor_id=actor_id)  # fmt: skip
