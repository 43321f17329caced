"""One list machinery: ``start limit sort_by sort_dir category keyword after`` (``api.md``, Lists)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from bosonline import cleaning
from bosonline.errors import ValidationFailed

MAX_LIMIT = 100


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
    """What a resource's list can do. ``sorts`` maps API names to ORM fields, ``searches`` to a Q builder."""

    sorts: Mapping[str, str]
    searches: Mapping[str, Callable[[str], Q]]
    default_sort: str = "-id"


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Any]
    total: int
    next: str | None
    start: int
    limit: int


def page_of(
    queryset: QuerySet[Any],
    params: Mapping[str, str],
    spec: ListSpec,
    *,
    joined: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows,
) -> Page:
    """Search, sort and cut ``queryset`` as the parameters say. Unknown names → 422. ``joined`` adds what the rows of the
    page show beside themselves: counting does without it."""
    start = parse_int(params, "start", 0)
    limit = parse_int(params, "limit", 10, minimum=1, maximum=MAX_LIMIT)
    queryset = filtered(queryset, params, spec)
    order = _order(params, spec)
    total = queryset.count()
    after = params.get("after", "")
    if after:
        try:
            queryset = queryset.filter(_after(after, order))
        except (ValueError, TypeError, ValidationError):  # values that are none of these columns
            raise ValidationFailed.field("after", _("This page link is damaged.")) from None
        start = 0
    rows = list(joined(queryset).order_by(*order)[start : start + limit])
    more = len(rows) == limit and (bool(after) or start + limit < total)
    return Page(rows, total, _cursor(rows[-1], order) if rows and more else None, start, limit)


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
    field = spec.sorts[sort_by]
    return [f"{sign}id"] if field == "id" else [f"{sign}{field}", f"{sign}id"]


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
    return Q(**{f"{names[0]}__{operator}": values[0]}) | Q(
        **{names[0]: values[0], f"{names[1]}__{operator}": values[1]}
    )
