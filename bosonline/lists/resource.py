"""A list, declared once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter

from bosonline import cleaning
from bosonline.api.lists import ListSpec, Page, Total, page_of
from bosonline.errors import ValidationFailed
from bosonline.lists.filters import Filter, Params

SELECTION_MAX = 100_000
EXPORT_CHUNK = 2_000
BROAD = 500  # how far a page counts the hits of a search that are not few
_resources: dict[str, Resource] = {}


@dataclass(frozen=True, slots=True)
class Tab:
    """A segment of the list with a count beside it."""

    label: Any
    condition: Callable[[], Q]


@dataclass(frozen=True, slots=True)
class Column:
    """``sort``: the ORM field; ``search``: text → condition; ``export``: person → what makes the download's cell of the
    value (None: the value itself); ``reads``: the model's column an export needs, where it is not ``key``; ``right``:
    without it the column is not there."""

    key: str
    label: Any = ""
    sort: str = ""
    search: Callable[[str, Any], Q] | None = None
    export: Callable[[Any], Callable[[Any], Any] | None] | None = None
    reads: str = ""
    right: str = ""


class Tally(Protocol):
    """Sums that are kept beside the rows, for the parameters they know."""

    def sums(
        self, member: Any, params: Params, figures: Mapping[str, tuple[str, Q | None]], *, group: Sequence[str] = ()
    ) -> list[dict[str, Any]] | None:
        """Of the rows that ``params`` leave: each figure is (measure or ``n``, condition or None). None: not known."""


class Resolved(dict[str, str]):
    """Parameters whose search was already looked up: several answers about one list ask for it once."""

    search: Q
    few: bool = True


@dataclass(frozen=True)
class Resource:
    """``base``: the rows a person may see at all. ``joined``: what a page's rows show beside the row itself.

    Large tables: ``find`` looks a keyword up (condition, and whether it names few rows) before the columns' own searches;
    ``tally`` counts without the rows; ``bound``: where it cannot, a page counts no further than this.
    """

    name: str
    base: Callable[[Any], QuerySet[Any]]
    filters: tuple[Filter, ...]
    columns: tuple[Column, ...]
    tabs: Mapping[str, Tab] = field(default_factory=dict)
    default_sort: str = "-id"
    joined: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows
    find: Callable[[str, Any], tuple[Q, bool] | None] | None = None
    tally: Tally | None = None
    bound: int = 0

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
        if isinstance(params, Resolved):
            return params.search
        return self._looked_up(keyword, category, member)[0]

    def _looked_up(self, keyword: str, category: str, member: Any) -> tuple[Q, bool]:
        searches = {c.key: c.search for c in self.columns if c.search is not None}
        found = self.find(keyword, member) if self.find else None
        if found is None:
            condition = Q()
            for build in [searches[category]] if category else searches.values():
                condition |= build(keyword, member)
            return condition, True
        condition, few = found
        return (condition & searches[category](keyword, member) if category else condition), few

    def resolved(self, member: Any, params: Params) -> Resolved:
        """``params`` with its search looked up. Raises as :meth:`rows` does."""
        if isinstance(params, Resolved):
            return params
        found = Resolved(params.items())  # of a QueryDict the last values
        keyword = cleaning.keyword(params.get("keyword", ""))
        self._search(member, {**found, "keyword": ""} if keyword else found)
        found.search, found.few = Q(), True
        if keyword:
            if "\x00" in params["keyword"] or len(keyword) > 200:
                raise ValidationFailed.field("keyword", _("Enter a shorter search text."))
            found.search, found.few = self._looked_up(keyword, params.get("category", ""), member)
        return found

    # -- what is made of them --------------------------------------------------------------------------------------

    def page(self, member: Any, params: Params) -> Page:
        """A page with everything its rows show: the same number of queries whatever the number of rows."""
        params = self.resolved(member, params)
        spec = ListSpec({c.key: c.sort for c in self.columns if c.sort}, {}, self.default_sort)
        plain = {k: v for k, v in params.items() if k not in ("keyword", "category")}
        total = self.total(member, params)
        return page_of(self.rows(member, params), plain, spec, joined=self.joined, large=True, total=total)

    def total(self, member: Any, params: Params) -> Total:
        """How many rows: from the tally or counted, but no further than ``bound``."""
        found = self.tally.sums(member, params, {"rows": ("n", None)}) if self.tally else None
        if found is not None:
            return Total(int(found[0]["rows"]))
        rows = self.rows(member, params).order_by()
        if not self.bound:
            return Total(rows.count())
        bound = BROAD if isinstance(params, Resolved) and not params.few else self.bound
        number = rows[: bound + 1].count()
        return Total(min(number, bound), number <= bound)

    def count(self, member: Any, params: Params) -> int:
        """How many rows exactly."""
        found = self.tally.sums(member, params, {"rows": ("n", None)}) if self.tally else None
        return int(found[0]["rows"]) if found is not None else self.rows(member, params).order_by().count()

    def tab_counts(self, member: Any, params: Params) -> dict[str, int] | None:
        """How many rows each tab has, with filters and search kept: one query. None beyond ``bound`` of all tabs, and for a
        search whose hits are not few."""
        tabs = {key: tab.condition() or None for key, tab in self.tabs.items()}
        kept = {k: v for k, v in params.items() if k != "tab"}
        figures = {key: ("n", condition) for key, condition in tabs.items()}
        found = self.tally.sums(member, kept, figures) if self.tally else None
        if found is not None:
            return {key: int(found[0][key]) for key in tabs}
        if self.bound and isinstance(params, Resolved) and not params.few:
            return None
        rows = self.rows(member, params, without=("tab",)).order_by()
        if self.bound:
            rows = rows.model._default_manager.filter(pk__in=rows.values("pk")[: self.bound + 1]).order_by()
        counted = rows.aggregate(
            all_rows=Count("pk"), **{f"tab_{key}": Count("pk", filter=condition) for key, condition in tabs.items()}
        )
        if self.bound and counted["all_rows"] > self.bound:
            return None
        return {key: counted[f"tab_{key}"] for key in tabs}

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

    def export(self, member: Any, params: Params) -> Iterator[Sequence[Any]]:
        """The rows of the download in the list's own order, read with flat memory."""
        columns = self._exported(member)
        makers = [c.export(member) for c in columns if c.export]
        rows = self.rows(member, params).order_by(*self.order(params)).values_list(*(c.reads or c.key for c in columns))
        read = rows.iterator(chunk_size=EXPORT_CHUNK)
        while chunk := list(islice(read, EXPORT_CHUNK)):
            # column by column: most are taken as they are
            made = [
                cells if make is None else list(map(make, cells))
                for make, cells in zip(makers, zip(*chunk, strict=True), strict=True)
            ]
            yield from zip(*made, strict=True)

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
