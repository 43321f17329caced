"""One list machinery: ``start limit sort_by sort_dir category keyword after`` (``api.md``, Lists)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import F, OrderBy, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from bosonline import cleaning
from bosonline.errors import ValidationFailed

MAX_LIMIT = 100
FEW = 2_000


def parse_int(params: Mapping[str, str], name: str, default: int, *, minimum: int = 0, maximum: int = 2**31) -> int:
    raw = params.get(name, "")
    if raw == "":
        return default
    try:
        value = int(raw)
    except ValueError:
        raise ValidationFailed.field(name, _("Enter a whole number.")) from None
    if not minimum <= value <= maximum:
        raise ValidationFailed.field(
            name, _("Must be between %(low)s and %(high)s.") % {"low": minimum, "high": maximum}
        )
    return value


def parse_date(params: Mapping[str, str], name: str) -> date | None:
    """``dd/mm/yyyy`` or ``yyyy-mm-dd``."""
    raw = params.get(name, "").strip()
    if not raw:
        return None
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(raw, form).date()
        except ValueError:
            continue
    raise ValidationFailed.field(name, _("Enter a date such as 2026-08-23 or 23/08/2026."))


@dataclass(frozen=True, slots=True)
class ListSpec:
    """What a resource's list can do. ``sorts`` maps API names to ORM fields (several with commas between), ``searches`` to
    a Q builder."""

    sorts: Mapping[str, str]
    searches: Mapping[str, Callable[[str], Q]]
    default_sort: str = "-id"


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows a list has; where it is not ``exact`` there are more."""

    number: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Any]
    total: int
    next: str | None
    start: int
    limit: int
    exact: bool = True

    def as_api(self) -> dict[str, Any]:
        """What stands beside ``data`` in an answer (api.md, Lists)."""
        return {"total": self.total, "next": self.next} | ({} if self.exact else {"total_at_least": True})


def page_of(
    queryset: QuerySet[Any],
    params: Mapping[str, str],
    spec: ListSpec,
    *,
    joined: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows,
    total: Total | None = None,
    large: bool = False,
) -> Page:
    """Search, sort and cut ``queryset`` as the parameters say. Unknown names → 422. ``joined`` adds what the rows of the
    page show beside themselves: counting does without it. ``total``, where the caller knows it already. ``large``: the table
    is, and all that ``queryset`` adds to its rows is in ``joined``, so rows may be found first and read again by their ids."""
    start = parse_int(params, "start", 0)
    limit = parse_int(params, "limit", 10, minimum=1, maximum=MAX_LIMIT)
    queryset = filtered(queryset, params, spec)
    order = _order(params, spec)
    if total is None:
        total = Total(queryset.count())
    after = params.get("after", "")
    if after:
        try:
            rows = _cut(queryset.filter(_after(after, order)), order, 0, limit, joined, total, large)
        except (ValueError, TypeError, ValidationError, DataError):  # values that are none of these columns
            raise ValidationFailed.field("after", _("This page link is damaged.")) from None
        start = 0
    else:
        rows = _cut(queryset, order, start, limit, joined, total, large)
    more = len(rows) == limit and (bool(after) or not total.exact or start + limit < total.number)
    return Page(rows, total.number, _cursor(rows[-1], order) if rows and more else None, start, limit, total.exact)


def _cut(
    queryset: QuerySet[Any], order: list[str], start: int, limit: int,
    joined: Callable[[QuerySet[Any]], QuerySet[Any]], total: Total, large: bool,
) -> list[Any]:  # fmt: skip
    if total.exact and total.number == 0:
        return []
    if not large:
        return list(joined(queryset).order_by(*order)[start : start + limit])
    cut: list[Any] = list(order)
    if total.exact and total.number <= FEW:
        # few rows of a large table: an index in the order of the list would be read in vain until they all came by, so
        # the order is written as one that no index has
        cut = [_no_index(name) for name in order]
    if start or cut != order:  # skips rows in the index alone, sorts ids alone, and joins only what is shown
        ids = queryset.order_by(*cut).values("pk")[start : start + limit]
        return list(joined(queryset.model._default_manager.filter(pk__in=ids)).order_by(*order))
    return list(joined(queryset).order_by(*cut)[:limit])


def _no_index(name: str) -> OrderBy:
    field = F(name.lstrip("-"))
    return OrderBy(Coalesce(field, field), descending=name.startswith("-"))  # PostgreSQL keeps it as it is written


def filtered(queryset: QuerySet[Any], params: Mapping[str, str], spec: ListSpec) -> QuerySet[Any]:
    """``keyword`` and ``category`` alone: what a download of the list holds."""
    category, keyword = params.get("category", ""), cleaning.keyword(params.get("keyword", ""))
    if "\x00" in params.get("keyword", "") or len(keyword) > 200:
        raise ValidationFailed.field("keyword", _("Enter a shorter search text."))
    if category and category not in spec.searches:
        raise ValidationFailed.field("category", _("Unknown column."))
    if not keyword:
        return queryset
    if category:
        return queryset.filter(spec.searches[category](keyword))
    condition = Q()
    for build in spec.searches.values():
        condition |= build(keyword)
    return queryset.filter(condition)


def _order(params: Mapping[str, str], spec: ListSpec) -> list[str]:
    sort_by, sort_dir = (
        params.get("sort_by", ""),
        params.get("sort_dir", "desc" if not params.get("sort_by") else "asc"),
    )
    if sort_by and sort_by not in spec.sorts:
        raise ValidationFailed.field("sort_by", _("Cannot be sorted by this."))
    if sort_dir not in ("asc", "desc"):
        raise ValidationFailed.field("sort_dir", _("Use asc or desc."))
    if not sort_by:
        return [spec.default_sort] if spec.default_sort.lstrip("-") == "id" else [spec.default_sort, "-id"]
    sign = "-" if sort_dir == "desc" else ""
    fields = spec.sorts[sort_by].split(",")
    return [f"{sign}{field}" for field in (fields if fields[-1] == "id" else [*fields, "id"])]


def _value(row: Any, field: str) -> Any:
    for part in field.lstrip("-").split("__"):
        row = getattr(row, part)
    return row.isoformat() if isinstance(row, datetime | date) else row


def _cursor(row: Any, order: list[str]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([order, [_value(row, f) for f in order]])).decode()


def _after(cursor: str, order: list[str]) -> Q:
    try:
        signed, values = orjson.loads(base64.urlsafe_b64decode(cursor))
    except (ValueError, TypeError):
        raise ValidationFailed.field("after", _("This page link is damaged.")) from None
    if signed != order or not isinstance(values, list) or len(values) != len(order):
        raise ValidationFailed.field("after", _("This page link belongs to another sorting."))
    operator = "lt" if order[0].startswith("-") else "gt"
    names = [f.lstrip("-") for f in order]
    if len(names) == 1:
        return Q(**{f"{names[0]}__{operator}": values[0]})
    beyond = TupleLessThan if operator == "lt" else TupleGreaterThan
    # compared as a row, so that an index begins exactly there; the first alone is checked when the query is built
    return Q(**{f"{names[0]}__{operator}e": values[0]}) & Q(beyond(Tuple(*map(F, names)), tuple(values)))
