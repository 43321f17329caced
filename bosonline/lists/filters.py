"""The filters of lists: each parses its parameters into a condition, and says in words what is chosen."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, TextChoices
from django.utils.translation import gettext as _

from bosonline.api.lists import parse_date
from bosonline.errors import ValidationFailed

Params = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Filter:
    """``parameters``: the names it reads. ``parse``: parameters and the person → condition, or None when nothing is chosen;
    raises at the parameter. ``chips``: what is chosen, as (parameter, label, shown value)."""

    parameters: tuple[str, ...]
    parse: Callable[[Params, Any], Q | None]
    chips: Callable[[Params], list[tuple[str, str, str]]]


def _listed(params: Params, name: str) -> list[str]:
    return [v for v in params.get(name, "").split(",") if v]


def choice(name: str, label: Any, options: type[TextChoices], *, field: str = "") -> Filter:
    """One or several of an enumeration, comma separated."""

    def parse(params: Params, _member: Any) -> Q | None:
        chosen = _listed(params, name)
        if any(v not in options.values for v in chosen):
            raise ValidationFailed.field(name, _("Unknown value."))
        return Q(**{f"{field or name}__in": chosen}) if chosen else None

    def chips(params: Params) -> list[tuple[str, str, str]]:
        chosen = [str(options(v).label) for v in _listed(params, name) if v in options.values]
        return [(name, str(label), ", ".join(chosen))] if chosen else []

    return Filter((name,), parse, chips)


def reference(name: str, label: Any, field: str, shown: Callable[[int], str] | None = None) -> Filter:
    """The id of another row."""

    def number(params: Params) -> int | None:
        raw = params.get(name, "")
        if not raw:
            return None
        if not (raw.isascii() and raw.isdecimal()) or len(raw) > 18:
            raise ValidationFailed.field(name, _("Enter a whole number."))
        return int(raw)

    def parse(params: Params, _member: Any) -> Q | None:
        value = number(params)
        return None if value is None else Q(**{field: value})

    def chips(params: Params) -> list[tuple[str, str, str]]:
        value = number(params)
        return [] if value is None else [(name, str(label), shown(value) if shown else str(value))]

    return Filter((name,), parse, chips)


def text(name: str, label: Any, field: str, *, length: int = 60) -> Filter:
    """Exactly this text."""

    def parse(params: Params, _member: Any) -> Q | None:
        raw = params.get(name, "").replace("\x00", "")[:length]
        return Q(**{field: raw}) if raw else None

    def chips(params: Params) -> list[tuple[str, str, str]]:
        return [(name, str(label), params[name][:length])] if params.get(name) else []

    return Filter((name,), parse, chips)


def flag(name: str, label: Any, condition: Callable[[], Any]) -> Filter:
    """On or not asked for."""

    def parse(params: Params, _member: Any) -> Q | None:
        return Q(condition()) if params.get(name) else None

    def chips(params: Params) -> list[tuple[str, str, str]]:
        return [(name, str(label), _("yes"))] if params.get(name) else []

    return Filter((name,), parse, chips)


def dates(bases: Mapping[str, str], *, default: str, labels: tuple[Any, Any]) -> Filter:
    """``from`` and ``to``, days of the store's own calendar, by one of several moments (``basis``)."""

    def column(params: Params) -> str:
        basis = params.get("basis", "") or default
        if basis not in bases:
            raise ValidationFailed.field("basis", _("Use one of: %(names)s.") % {"names": ", ".join(bases)})
        return bases[basis]

    def parse(params: Params, member: Any) -> Q | None:
        name = column(params)
        start, end = parse_date(params, "from"), parse_date(params, "to")
        if start and end and end < start:
            raise ValidationFailed.field("to", _("The end lies before the start."))
        zone = zoneinfo.ZoneInfo(member.store.time_zone)
        condition = Q()
        if start:
            condition &= Q(**{f"{name}__gte": datetime.combine(start, time.min, zone)})
        if end:
            condition &= Q(**{f"{name}__lt": datetime.combine(end + timedelta(days=1), time.min, zone)})
        return condition or None

    def shown(value: date | None) -> str:
        from django.utils.formats import date_format

        return date_format(value, "j M Y") if value else ""

    def chips(params: Params) -> list[tuple[str, str, str]]:
        return [
            (name, str(label), shown(parse_date(params, name)))
            for name, label in zip(("from", "to"), labels, strict=True)
            if params.get(name)
        ]

    return Filter(("from", "to", "basis"), parse, chips)
