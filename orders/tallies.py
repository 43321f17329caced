"""Figures of orders from their tallies, with what is not folded yet added: equal to the orders at every moment."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import F, IntegerField, Q, Sum, Value

from bosonline.actor import Actor
from bosonline.api.lists import parse_date
from bosonline.lists.filters import Params
from orders.figures import MEASURES
from orders.models import OrderChange, OrderTally, OrderTallyState
from orders.models.reading import ALWAYS, EVERYBODY

AXES = {"status", "payment_status", "shipping_status", "followup_status", "risk", "payment_method"}
KNOWN = AXES | {"tab", "from", "to", "basis"}


class OrderTallies:
    """Knows tabs, the axes and days of ``created_at``, for everybody's orders; over all days also a CS's own."""

    def sums(
        self, member: Actor, params: Params, figures: Mapping[str, tuple[str, Q | None]], *, group: Sequence[str] = ()
    ) -> list[dict[str, Any]] | None:
        from orders.lists import ORDERS

        narrowing = {name for one in ORDERS.filters for name in one.parameters} | {"tab", "keyword"}
        asked = {name for name in narrowing if params.get(name)}
        if not asked <= KNOWN or params.get("basis", "created") not in ("", "created"):
            return None
        axes = ORDERS.condition(member, {name: params[name] for name in asked & (AXES | {"tab"})})
        ORDERS.condition(member, {name: params[name] for name in asked - AXES})  # raises at days that are none
        start, end = parse_date(params, "from"), parse_date(params, "to")
        own = not member.may("see_all_orders")
        assert member.store is not None
        zone = member.store.time_zone
        if own and (start or end or member.membership is None):
            return None
        if not OrderTallyState.objects.filter(zone=zone).exists():
            return None
        kept = Q(cs=member.membership.pk if own and member.membership else EVERYBODY)
        new = ~Q(n=0)
        if own and member.membership:
            new &= Q(assigned_to_id=member.membership.pk)
        if start or end:
            local = zoneinfo.ZoneInfo(zone)
            kept &= ~Q(day=ALWAYS)
            if start:
                kept &= Q(day__gte=start)
                new &= Q(created_at__gte=datetime.combine(start, time.min, local))
            if end:
                kept &= Q(day__lte=end)
                new &= Q(created_at__lt=datetime.combine(end + timedelta(days=1), time.min, local))
        else:
            kept &= Q(day=ALWAYS)
        names = list(group) or ["everything"]
        folded = {key: Sum(measure, filter=q, default=0) for key, (measure, q) in figures.items()}
        waiting = {
            key: Sum(F("n") if measure == "n" else F("n") * MEASURES[measure], filter=q, default=0)
            for key, (measure, q) in figures.items()
        }
        parts = []
        for rows, sums in ((OrderTally.objects.filter(kept), folded), (OrderChange.objects.filter(new), waiting)):
            rows = rows.filter(axes).order_by()
            if not group:
                rows = rows.annotate(everything=Value(1, IntegerField()))
            parts.append(rows.values(*names).annotate(**{f"sum_{key}": value for key, value in sums.items()}))
        found: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in parts[0].union(parts[1], all=True):  # one statement: a fold meanwhile is seen whole or not at all
            place = tuple(row[name] for name in names)
            cell = found.setdefault(place, {**{n: row[n] for n in group}, **dict.fromkeys(figures, 0)})
            for key in figures:
                cell[key] += int(row[f"sum_{key}"])
        return list(found.values()) or ([] if group else [dict.fromkeys(figures, 0)])
