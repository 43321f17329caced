"""A list, declared once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter

from bosonline import cleaning
from bosonline.api.lists import ListSpec, Page, page_of
from bosonline.errors import ValidationFailed
from bosonline.lists.filters import Filter, Params

SELECTION_MAX = 100_000
_resources: dict[str, Resource] = {}


@dataclass(frozen=True, slots=True)
class Tab:
    """A segment of the list with a count beside it."""

    label: Any
    condition: Callable[[], Q]


@dataclass(frozen=True, slots=True)
class Column:
    """``sort``: the ORM field; ``search``: text → condition; ``export``: row and person → cell of the download;
    ``reads``: the model's columns an export needs; ``right``: without it the column is not there."""

    key: str
    label: Any = ""
    sort: str = ""
    search: Callable[[str, Any], Q] | None = None
    export: Callable[[Any, Any], Any] | None = None
    reads: tuple[str, ...] = ()
    right: str = ""


@dataclass(frozen=True)
class Resource:
    """``base``: the rows a person may see at all. ``joined``: what a page's rows show beside the row itself."""

    name: str
    base: Callable[[Any], QuerySet[Any]]
    filters: tuple[Filter, ...]
    columns: tuple[Column, ...]
    tabs: Mapping[str, Tab] = field(default_factory=dict)
    default_sort: str = "-id"
    joined: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows

    def __post_init__(self) -> None:
        _resources[self.name] = self

    # -- which rows ------------------------------------------------------------------------------------------------

    def rows(self, member: Any, params: Params, *, without: Sequence[str] = ()) -> QuerySet[Any]:
        """The rows of the list: what the person may see, in the tab, filters and search of ``params``.

        Unknown values raise 422 at their parameter. ``without`` leaves out ``tab``, a filter's parameter or ``keyword``.
        """
        return self.base(member).filter(self.condition(member, params, without=without))

    def condition(self, member: Any, params: Params, *, without: Sequence[str] = ()) -> Q:
        """What narrows :meth:`rows`, as one condition: for counting several segments of a list in one query."""
        condition = Q() if "tab" in without else self._tab(params)
        for one in self.filters:
            if not set(one.parameters) & set(without):
                narrowed = one.parse(params, member)
                if narrowed is not None:
                    condition &= narrowed
        return condition if "keyword" in without else condition & self._search(member, params)

    def _tab(self, params: Params) -> Q:
        name = params.get("tab", "")
        if name and name not in self.tabs:
            raise ValidationFailed.field("tab", _("Unknown tab."))
        return self.tabs[name].condition() if name else Q()

    def _search(self, member: Any, params: Params) -> Q:
        category, keyword = params.get("category", ""), cleaning.keyword(params.get("keyword", ""))
        if "\x00" in params.get("keyword", "") or len(keyword) > 200:
            raise ValidationFailed.field("keyword", _("Enter a shorter search text."))
        searches = {c.key: c.search for c in self.columns if c.search is not None}
        if category and category not in searches:
            raise ValidationFailed.field("category", _("Unknown column."))
        if not keyword:
            return Q()
        condition = Q()
        for build in [searches[category]] if category else searches.values():
            condition |= build(keyword, member)
        return condition

    # -- what is made of them --------------------------------------------------------------------------------------

    def page(self, member: Any, params: Params) -> Page:
        """A page with everything its rows show: the same number of queries whatever the number of rows."""
        spec = ListSpec({c.key: c.sort for c in self.columns if c.sort}, {}, self.default_sort)
        plain = {k: v for k, v in params.items() if k not in ("keyword", "category")}
        return page_of(self.rows(member, params), plain, spec, joined=self.joined)

    def count(self, member: Any, params: Params) -> int:
        return self.rows(member, params).order_by().count()

    def tab_counts(self, member: Any, params: Params) -> dict[str, int]:
        """How many rows each tab has, with filters and search kept: one query."""
        counts = {}
        for key, tab in self.tabs.items():
            condition = tab.condition()
            counts[key] = Count("pk", filter=condition) if condition else Count("pk")
        return self.rows(member, params, without=("tab",)).order_by().aggregate(**counts)

    def selection(self, member: Any, params: Params) -> list[int]:
        """The ids of all results, for a bulk action on them. Raises 422 beyond :data:`SELECTION_MAX`."""
        ids = list(self.rows(member, params).order_by("pk").values_list("pk", flat=True)[: SELECTION_MAX + 1])
        if len(ids) > SELECTION_MAX:
            raise ValidationFailed.field(
                "keyword", _("More than %(most)s results. Narrow the list first.") % {"most": SELECTION_MAX}
            )
        return ids

    def header(self, member: Any) -> list[str]:
        """The keys of the download's columns for this person."""
        return [c.key for c in self._exported(member)]

    def export(self, member: Any, params: Params) -> Iterator[list[Any]]:
        """The rows of the download in the list's own order, read with flat memory."""
        columns = self._exported(member)
        reads = dict.fromkeys(name for c in columns for name in c.reads or (c.key,))
        rows = self.rows(member, params).order_by(*self.order(params)).only(*reads)
        for row in rows.iterator(chunk_size=2000):
            yield [c.export(row, member) if c.export else getattr(row, c.key) for c in columns]

    def order(self, params: Params) -> list[str]:
        return [self.default_sort] if self.default_sort.lstrip("-") == "id" else [self.default_sort, "-id"]

    def _exported(self, member: Any) -> list[Column]:
        return [c for c in self.columns if c.export is not None and (not c.right or member.may(c.right))]

    # -- what is said of them --------------------------------------------------------------------------------------

    def chips(self, params: Params) -> list[tuple[str, str, str]]:
        """What narrows the list now, as (parameter, label, shown value)."""
        keyword = params.get("keyword", "")
        chosen = [("keyword", _("Search"), keyword)] if keyword else []
        for one in self.filters:
            chosen += one.chips(params)
        return chosen

    def parameters(self) -> list[OpenApiParameter]:
        """The list's parameters for the OpenAPI document."""
        names = ["start", "limit", "sort_by", "sort_dir", "category", "keyword", "after"]
        names += ["tab"] if self.tabs else []
        enums: dict[str, list[str]] = {
            "sort_by": [c.key for c in self.columns if c.sort],
            "category": [c.key for c in self.columns if c.search],
            "sort_dir": ["asc", "desc"],
            "tab": list(self.tabs),
        }
        return [
            OpenApiParameter(name, str, enum=enums.get(name))
            for name in [*names, *(n for one in self.filters for n in one.parameters)]
        ]


def resources() -> Mapping[str, Resource]:
    """All declared lists, by name."""
    return _resources
