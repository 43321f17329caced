"""Stock: levels and their append-only ledger (product.md §5).

Every function takes the levels' row locks in the order of variant and warehouse, like ``order_place`` does, and
writes one ledger row per change. The database refuses to oversell (``stocklevel_not_oversold``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from bosonline import changes
from bosonline.actor import Actor
from bosonline.errors import Conflict, ValidationFailed
from bosonline.sqlfunctions import RuleRefused, call
from catalog.models import StockEntry, StockLevel, Variant
from catalog.services.stock_alerts import levels_watch
from stores.models import Store, Warehouse

PIECES_MAX = 10_000_000
SCARCE = 10  # from here down pages tell how many are left


@dataclass(frozen=True, slots=True)
class Pieces:
    """``qty`` pieces of a variant."""

    variant_id: int
    qty: int


@dataclass(frozen=True, slots=True)
class StockLine:
    """One line of an inventory update. ``mode`` set: the counted pieces; adjust: plus or minus.

    ``expected`` is the on-hand figure the person saw; when it has changed since, the whole update is a conflict.
    """

    variant_id: int
    warehouse_id: int
    mode: str
    qty: int
    expected: int | None = None


@dataclass(slots=True)
class _Move:
    """A level and what it becomes."""

    level: StockLevel
    on_hand: int
    reserved: int
    kind: str
    reason: str = ""
    order_id: int | None = None


def levels_ensure(*, pairs: Iterable[tuple[int, int]], store_id: int, sell_when_empty: bool) -> None:
    """Level rows, empty when new. A level that begins empty did not fall: no alert."""
    now = timezone.now()
    StockLevel.objects.bulk_create(
        [
            StockLevel(store_id=store_id, variant_id=v, warehouse_id=w, sell_when_empty=sell_when_empty, low_since=now)
            for v, w in pairs
        ],
        ignore_conflicts=True,
    )


def levels_for_warehouses(store_id: int, warehouse_ids: Collection[int]) -> None:
    """Subscriber: a new warehouse gets a level for every living variant, so that its stock can be counted."""
    known = Warehouse.objects.filter(pk__in=warehouse_ids, deleted_at__isnull=True).values_list("pk", flat=True)
    variants = Variant.objects.filter(deleted_at__isnull=True).values_list("pk", "product__sell_when_empty")
    rows = list(variants)
    for switch in (False, True):
        pairs = [(v, w) for w in known for v, empty in rows if empty is switch]
        levels_ensure(pairs=pairs, store_id=store_id, sell_when_empty=switch)


@transaction.atomic
def stock_update(*, store: Store, lines: Sequence[StockLine], reason: str, actor: Actor) -> list[StockLevel]:
    """Set or adjust levels, all or nothing; the levels as they are then, in the order of the lines.

    Raises at ``lines.<n>.…`` for every line that cannot be done, and 409 ``stock_changed`` with the current figures
    when somebody else changed one of them meanwhile. A line that changes nothing leaves no ledger row.
    """
    actor.require("inventory.edit")
    return stock_write(lines=lines, reason=reason, actor=actor)


@transaction.atomic
def stock_write(*, lines: Sequence[StockLine], reason: str, actor: Actor) -> list[StockLevel]:
    """:func:`stock_update` as a part of an operation that has asked for its own right (opening stock of a product)."""
    levels = _levels_locked([(line.variant_id, line.warehouse_id) for line in lines])
    errors: dict[str, list[str]] = {}
    conflicts: list[dict[str, int]] = []
    moves: list[_Move] = []
    seen: set[tuple[int, int]] = set()
    for index, line in enumerate(lines):
        pair = (line.variant_id, line.warehouse_id)
        level = levels.get(pair)
        if level is None:
            errors[f"lines.{index}.variant_id"] = [_("Unknown variant or warehouse.")]
        elif pair in seen:
            errors[f"lines.{index}.variant_id"] = [_("This variant and warehouse is listed twice.")]
        elif line.expected is not None and line.expected != level.on_hand:
            conflicts.append(
                {"line": index, "variant_id": pair[0], "warehouse_id": pair[1], "expected": line.expected,
                 "on_hand": level.on_hand, "reserved": level.reserved}
            )  # fmt: skip
        else:
            after = line.qty if line.mode == "set" else level.on_hand + line.qty
            problem = _why_not(level, after)
            if problem:
                errors[f"lines.{index}.qty"] = [problem]
            kind = StockEntry.Kind.SET if line.mode == "set" else StockEntry.Kind.ADJUST
            moves.append(_Move(level, after, level.reserved, kind, reason))
        seen.add(pair)
    if conflicts:
        raise _conflict(conflicts)
    if errors:
        raise ValidationFailed(next(iter(errors.values()))[0], errors=errors)
    _write([m for m in moves if m.on_hand != m.level.on_hand], actor)
    return [levels[(line.variant_id, line.warehouse_id)] for line in lines]


def _why_not(level: StockLevel, after: int) -> str:
    if abs(after) > PIECES_MAX:
        return _("This number is too large.")
    if not level.sell_when_empty and after < level.reserved:
        if level.reserved:
            return _("%(count)s pieces are reserved by open orders.") % {"count": level.reserved}
        return _("The stock cannot fall below zero.")
    return ""


def _conflict(conflicts: list[dict[str, int]]) -> Conflict:
    return Conflict(
        _("Someone else changed this stock to %(count)s meanwhile.") % {"count": conflicts[0]["on_hand"]},
        code="stock_changed",
        errors={
            f"lines.{c['line']}.expected": [_("It is %(count)s now.") % {"count": c["on_hand"]}] for c in conflicts
        },
        extra={"conflicts": conflicts},
    )


def _levels_locked(pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], StockLevel]:
    """The levels of these pairs, locked in order; a missing one of a living variant and warehouse is made."""
    wanted = set(pairs)
    found = _lock(wanted)
    missing = wanted - set(found)
    if missing:
        variants = dict(
            Variant.objects.filter(pk__in={v for v, _w in missing}, deleted_at__isnull=True).values_list(
                "pk", "product__sell_when_empty"
            )
        )
        warehouses = Warehouse.objects.filter(pk__in={w for _v, w in missing}, deleted_at__isnull=True)
        known = {w.pk: w.store_id for w in warehouses}
        for v, w in sorted(missing):
            if v in variants and w in known:
                levels_ensure(pairs=[(v, w)], store_id=known[w], sell_when_empty=variants[v])
        found = _lock(wanted)
    return found


def _lock(wanted: set[tuple[int, int]]) -> dict[tuple[int, int], StockLevel]:
    rows = StockLevel.objects.select_for_update(of=("self",)).filter(
        variant_id__in={v for v, _w in wanted}, warehouse_id__in={w for _v, w in wanted},
        variant__deleted_at__isnull=True,
    )  # fmt: skip
    levels = {(r.variant_id, r.warehouse_id): r for r in rows.order_by("variant_id", "warehouse_id")}
    return {pair: level for pair, level in levels.items() if pair in wanted}


def _write(moves: Sequence[_Move], actor: Actor) -> None:
    """One ledger row per move, one statement for all levels. The levels are locked by the caller."""
    if not moves:
        return
    StockEntry.objects.bulk_create(
        [
            StockEntry(
                store_id=m.level.store_id, variant_id=m.level.variant_id, warehouse_id=m.level.warehouse_id,
                kind=m.kind, on_hand_before=m.level.on_hand, on_hand_after=m.on_hand,
                reserved_before=m.level.reserved, reserved_after=m.reserved, reason=m.reason[:200],
                order_id=m.order_id, actor_id=actor.user_id,
            )
            for m in moves
        ],
        batch_size=2000,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalog_stocklevel l SET on_hand = x.on_hand, reserved = x.reserved"
            " FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS x(id, on_hand, reserved) WHERE l.id = x.id",
            [[m.level.pk for m in moves], [m.on_hand for m in moves], [m.reserved for m in moves]],
        )
    # what buyers see of it: whether it can be had, and how many are left of the last
    seen = [m for m in moves if min(m.level.available, SCARCE) != min(m.on_hand - m.reserved, SCARCE)]
    for m in moves:
        m.level.on_hand, m.level.reserved = m.on_hand, m.reserved
    if seen:
        changes.announce("stock", seen[0].level.store_id, sorted({m.level.variant_id for m in seen}))
    levels_watch([m.level for m in moves])


@transaction.atomic
def stock_transfer(
    *, store: Store, from_id: int, to_id: int, pieces: Sequence[Pieces], reason: str, actor: Actor
) -> list[StockLevel]:
    """Move pieces between two warehouses, all or nothing: two ledger rows each, the sum of the shop unchanged.

    Only what is on the shelf and not reserved can go. Raises at ``lines.<n>.…``; the levels of both warehouses after it.
    """
    actor.require("inventory.edit")
    if from_id == to_id:
        raise ValidationFailed.field("to_warehouse_id", _("Choose two different warehouses."))
    levels = _levels_locked([(p.variant_id, w) for p in pieces for w in (from_id, to_id)])
    names = dict(Warehouse.objects.filter(pk__in=[from_id, to_id]).values_list("pk", "name"))
    for field, pk in (("from_warehouse_id", from_id), ("to_warehouse_id", to_id)):
        if pk not in names:
            raise ValidationFailed.field(field, _("Unknown warehouse."))
    note = f"{names[from_id]} → {names[to_id]}" + (f": {reason}" if reason else "")
    errors: dict[str, list[str]] = {}
    moves: list[_Move] = []
    seen: set[int] = set()
    for index, piece in enumerate(pieces):
        source, target = levels.get((piece.variant_id, from_id)), levels.get((piece.variant_id, to_id))
        if source is None or target is None:
            errors[f"lines.{index}.variant_id"] = [_("Unknown variant or warehouse.")]
            continue
        if piece.variant_id in seen:
            errors[f"lines.{index}.variant_id"] = [_("This variant is listed twice.")]
            continue
        seen.add(piece.variant_id)
        free = max(source.available, 0)
        if not 1 <= piece.qty <= free:
            errors[f"lines.{index}.qty"] = [_("Only %(left)s can be moved.") % {"left": free}]
        moves.append(_Move(source, source.on_hand - piece.qty, source.reserved, StockEntry.Kind.TRANSFER, note))
        moves.append(_Move(target, target.on_hand + piece.qty, target.reserved, StockEntry.Kind.TRANSFER, note))
    if errors:
        raise ValidationFailed(next(iter(errors.values()))[0], errors=errors)
    _write(moves, actor)
    return [m.level for m in moves]


def _locked(pieces: Iterable[Pieces], warehouse_id: int) -> list[tuple[StockLevel, int]]:
    wanted: dict[int, int] = {}
    for piece in pieces:
        wanted[piece.variant_id] = wanted.get(piece.variant_id, 0) + piece.qty
    levels = StockLevel.objects.select_for_update().filter(variant_id__in=wanted, warehouse_id=warehouse_id)
    return [(level, wanted[level.variant_id]) for level in levels.order_by("variant_id")]


@transaction.atomic
def stock_release(*, pieces: Iterable[Pieces], warehouse_id: int, order_id: int, actor: Actor) -> None:
    """Give reserved pieces back: the order was cancelled or expired before it shipped."""
    kind = StockEntry.Kind.RELEASE
    _write(
        [_Move(x, x.on_hand, x.reserved - qty, kind, "", order_id) for x, qty in _locked(pieces, warehouse_id)],
        actor,
    )


@transaction.atomic
def stock_commit(*, pieces: Iterable[Pieces], warehouse_id: int, order_id: int, actor: Actor) -> None:
    """The parcel left: reserved pieces are gone from the shelf."""
    kind = StockEntry.Kind.COMMIT
    _write(
        [_Move(x, x.on_hand - qty, x.reserved - qty, kind, "", order_id) for x, qty in _locked(pieces, warehouse_id)],
        actor,
    )


@transaction.atomic
def stock_uncommit(*, pieces: Iterable[Pieces], warehouse_id: int, order_id: int, actor: Actor) -> None:
    """Shipping was taken back by hand: the pieces are on the shelf and reserved again."""
    kind = StockEntry.Kind.RESERVE
    _write(
        [_Move(x, x.on_hand + qty, x.reserved + qty, kind, "", order_id) for x, qty in _locked(pieces, warehouse_id)],
        actor,
    )


@transaction.atomic
def stock_restock(*, pieces: Iterable[Pieces], warehouse_id: int, order_id: int, actor: Actor) -> None:
    """A return came back in good condition."""
    kind = StockEntry.Kind.RESTOCK
    _write(
        [_Move(x, x.on_hand + qty, x.reserved, kind, "", order_id) for x, qty in _locked(pieces, warehouse_id)],
        actor,
    )


@transaction.atomic
def stock_reserve(*, pieces: Iterable[Pieces], warehouse_id: int, order_id: int, actor: Actor) -> None:
    """Reserve for an order that exists (an edit, a reopening), by the function that placing an order uses.

    Raises 409 ``out_of_stock`` with what is left; then nothing is reserved.
    """
    wanted: dict[int, int] = {}
    for piece in pieces:
        wanted[piece.variant_id] = wanted.get(piece.variant_id, 0) + piece.qty
    store_id = Warehouse.objects.values_list("store_id", flat=True).get(pk=warehouse_id)
    rows = [{"variant_id": variant_id, "qty": qty} for variant_id, qty in wanted.items()]
    try:
        call("stock_reserve", Jsonb(rows), store_id, warehouse_id, order_id, actor.user_id, timezone.now())
    except RuleRefused as refused:
        left = max(refused.detail["left"], 0)
        raise Conflict(
            _("Only %(left)s left in stock.") % {"left": left},
            code=refused.code,
            extra={"variant_id": refused.detail["variant_id"], "left": left},
        ) from None
    levels_watch(list(StockLevel.objects.filter(variant_id__in=wanted, warehouse_id=warehouse_id)))
    changes.announce("stock", store_id, sorted(wanted))


def sales_refresh(*, days: int = 28) -> int:
    """Write how many pieces orders took of each level in the last ``days`` (reserved less released); rows changed.

    One statement over the ledger's recent blocks. What a person did, a commit or a return moved, is no sale.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH sold AS (
                SELECT variant_id, warehouse_id, greatest(sum(reserved_after - reserved_before), 0) AS pieces
                FROM catalog_stockentry
                WHERE created_at >= now() - make_interval(days => %s) AND kind IN ('reserve', 'release')
                  AND on_hand_after = on_hand_before
                GROUP BY variant_id, warehouse_id
            )
            UPDATE catalog_stocklevel l SET sold_recently = coalesce(s.pieces, 0)
            FROM catalog_stocklevel k LEFT JOIN sold s USING (variant_id, warehouse_id)
            WHERE k.id = l.id AND l.sold_recently <> coalesce(s.pieces, 0)
            """,
            [days],
        )
        return int(cursor.rowcount)


LOW = Q(low_since__isnull=False, sell_when_empty=False)
AVAILABLE = F("on_hand") - F("reserved")
