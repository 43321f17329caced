"""Filters and tags of every template (a builtin library): money, phones, times, icons, small components.

The filters are pure: no database, no request. Wrong input never breaks a page; it renders as an empty string.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import template
from django.forms import BoundField
from django.http import QueryDict
from django.template.context import Context
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from bosonline.documents.glyphs import printable
from bosonline.money import format_rupiah
from bosonline.phone import display, masked
from bosonline.templatetags import _chart, _uitext

register = template.Library()

DEFAULT_ZONE = "Asia/Jakarta"
PAGING = ("after", "before", "start", "page")
ZONE_NAMES = {"Asia/Jakarta": "WIB", "Asia/Pontianak": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
# Our own lists: Django's Indonesian abbreviations differ between versions ("Agt", "Ags"), the screens must not.
MONTHS = {
    "id": ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}


def _language() -> str:
    return "en" if (get_language() or "id").startswith("en") else "id"


@lru_cache(maxsize=32)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or DEFAULT_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(DEFAULT_ZONE)


def _as_datetime(value: Any) -> dt.datetime | None:
    """An aware datetime from a datetime, or from the ISO text that API-shaped dictionaries carry."""
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, dt.datetime):
        return None
    return value if timezone.is_aware(value) else value.replace(tzinfo=dt.UTC)


def _decimal(value: Decimal) -> str:
    """``Decimal("1.20")`` → ``1,2`` (``1.2`` in English), without trailing zeros."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if _language() == "en" else text.replace(".", ",")


# --- money, numbers, phones -------------------------------------------------------------------------------------------


register.filter("printable", printable)


@register.filter
def rupiah(value: Any) -> str:
    """Integer rupiah → ``Rp 1.234.567``; negative → ``−Rp 500``; None → empty."""
    if value is None or value == "":
        return ""
    try:
        return format_rupiah(int(value))
    except (TypeError, ValueError):
        return ""


@register.filter
def number(value: Any) -> str:
    """``12345`` → ``12.345`` (``12,345`` in English)."""
    try:
        text = f"{int(value):,}"
    except (TypeError, ValueError):
        return ""
    return text if _language() == "en" else text.replace(",", ".")


@register.filter
def minus(value: Any, other: Any) -> int:
    """``value − other``, never below 0; 0 when either is missing: what a buyer saves."""
    try:
        return max(int(value) - int(other), 0)
    except (TypeError, ValueError):
        return 0


@register.filter
def percent_bp(value: Any) -> str:
    """Basis points → ``3 %``, ``2,5 %``."""
    try:
        return f"{_decimal(Decimal(int(value)) / 100)} %"
    except (TypeError, ValueError):
        return ""


@register.filter
def grams(value: Any) -> str:
    """Grams → ``500 g`` below a kilogram, else kilograms with at most two decimals: ``1,2 kg``."""
    try:
        weight = int(value)
    except (TypeError, ValueError):
        return ""
    if abs(weight) < 1000:
        return f"{weight} g"
    return f"{_decimal((Decimal(weight) / 1000).quantize(Decimal('0.01'), ROUND_HALF_UP))} kg"


@register.filter
def phone(value: Any) -> str:
    """E.164 → ``0812-3456-7890``."""
    return display(str(value)) if value else ""


@register.filter
def phone_masked(value: Any) -> str:
    """E.164 → ``0812-••••-7890``."""
    return masked(str(value)) if value else ""


@register.filter
def wa_digits(value: Any) -> str:
    """E.164 → the digits wa.me wants."""
    return str(value or "").lstrip("+")


# --- times ------------------------------------------------------------------------------------------------------------


@register.filter
def store_time(value: Any, zone: str = DEFAULT_ZONE) -> str:
    """Aware datetime → ``23 Agu 2026, 10.13 WIB`` in the store's zone (``10:13`` in English)."""
    moment = _as_datetime(value)
    if moment is None:
        return ""
    local = moment.astimezone(_zone(zone))
    clock = local.strftime("%H:%M" if _language() == "en" else "%H.%M")
    return f"{store_date(local, zone)}, {clock} {ZONE_NAMES.get(zone, 'WIB' if zone == '' else local.strftime('%Z'))}"


@register.filter
def store_date(value: Any, zone: str = DEFAULT_ZONE) -> str:
    """Date, or datetime seen in the store's zone → ``23 Agu 2026``."""
    moment = _as_datetime(value)
    day = moment.astimezone(_zone(zone)) if moment else value
    if not isinstance(day, dt.date):
        return ""
    return f"{day.day} {MONTHS[_language()][day.month - 1]} {day.year}"


@register.filter
def store_clock(value: Any, zone: str = DEFAULT_ZONE) -> str:
    """Only the time of day: ``10.13 WIB``."""
    return store_time(value, zone).rpartition(", ")[2]


@register.filter
def iso(value: Any) -> str:
    """For ``<time datetime>``: ISO 8601 in UTC."""
    moment = _as_datetime(value)
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds") if moment else ""


@register.filter
def ago(value: Any, now: dt.datetime | None = None) -> str:
    """``baru saja``, ``5 mnt lalu``, ``3 jam lalu``, ``2 hari lalu``; from 30 days on the date."""
    moment = _as_datetime(value)
    if moment is None:
        return ""
    seconds = int(((now or timezone.now()) - moment).total_seconds())
    if seconds < 60:
        return _("just now")
    if seconds < 3600:
        count = seconds // 60
        return ngettext("%(count)d min ago", "%(count)d min ago", count) % {"count": count}
    if seconds < 86_400:
        count = seconds // 3600
        return ngettext("%(count)d hour ago", "%(count)d hours ago", count) % {"count": count}
    if seconds < 30 * 86_400:
        count = seconds // 86_400
        return ngettext("%(count)d day ago", "%(count)d days ago", count) % {"count": count}
    return store_date(moment)


# --- look-ups and links -----------------------------------------------------------------------------------------------


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """``mapping[key]`` for a key that is itself a variable; None when it is not there."""
    if isinstance(mapping, Mapping):
        return mapping.get(key)
    return None


@register.filter
def offer(form: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a buyer's form shows first: the best-value package, else the first offer that can be had."""
    choices = form.get("packages") or form.get("items") or []
    available = [c for c in choices if c.get("available")]
    best = [c for c in available if c.get("best_value")]
    return (best or available or choices or [{}])[0]


CARDS = 6  # more variants than this are no list to scroll through


@register.filter
def offer_mode(form: Mapping[str, Any]) -> str:
    """How a form's choice is drawn: ``package``, ``one``, ``variant`` (a card each of one product), ``options`` (one product
    by its attributes, when cards would be a long list), ``many`` (several products)."""
    if form.get("packages"):
        return "package"
    items = form.get("items") or []
    if len(items) == 1:
        return "one"
    if len({item.get("product_id") for item in items}) != 1:
        return "many"
    attributes = [set(item.get("options") or ()) for item in items]
    complete = all(names == attributes[0] for names in attributes)
    long = len(attributes[0]) > 1 or (len(attributes[0]) == 1 and len(items) > CARDS)
    return "options" if complete and long else "variant"


@register.filter
def axes(form: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """The attributes of a form's one product and what is offered of each, in the seller's order."""
    found: dict[str, dict[str, None]] = {}
    for item in form.get("items") or []:
        for name, value in item["options"].items():
            found.setdefault(name, {})[value] = None
    return [(name, list(values)) for name, values in found.items()]


@register.filter
def by_product(form: Mapping[str, Any]) -> list[list[Mapping[str, Any]]]:
    """A form's items, those of one product together, in the seller's order."""
    found: dict[int, list[Mapping[str, Any]]] = {}
    for item in form.get("items") or []:
        found.setdefault(item["product_id"], []).append(item)
    return list(found.values())


@register.filter
def full_name(item: Mapping[str, Any]) -> str:
    """Product and variant: what a control is called for a reader."""
    return f"{item['product_name']} {item['variant_name']}".strip()


@register.filter
def pictured(form: Mapping[str, Any]) -> bool:
    """Whether the variants differ in their pictures: the chosen one's is then shown beside its price."""
    return len({item["image"] for item in form.get("items") or []}) > 1


def _query(context: Context) -> QueryDict:
    request = context.get("request")
    return request.GET.copy() if request is not None else QueryDict(mutable=True)


@register.simple_tag(takes_context=True)
def qs(context: Context, **changes: Any) -> str:
    """The current query with ``changes``; None or "" removes a key, and paging starts anew unless it is set.

    Filters, sort, page and columns live in the URL (ui.md); Django's own ``querystring`` would keep the cursor
    while a filter changes, which shows the middle of another list.
    """
    query = _query(context)
    for paging in PAGING:
        if paging not in changes:
            query.pop(paging, None)
    for key, value in changes.items():
        if value is None or value == "":
            query.pop(key, None)
        elif isinstance(value, list | tuple):
            query.setlist(key, [str(item) for item in value])
        else:
            query[key] = str(value)
    text = query.urlencode()
    return f"?{text}" if text else "?"


@register.simple_tag(takes_context=True)
def carry(context: Context, *without: str) -> SafeString:
    """Hidden fields that take the current query along when a form asks for the list anew; its page stays behind."""
    left = (*PAGING, *without)
    pairs = [pair for pair in _query(context).items() if pair[1] and pair[0] not in left]
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', pairs)


@register.inclusion_tag("components/sort_select.html", takes_context=True)
def sort_select(context: Context, rising: str = "", **columns: str) -> dict[str, Any]:
    """The columns a list is sorted by, for screens too narrow for its heads: ``name=_("Form") views=_("Views")``.
    ``rising`` names those that begin with the smallest."""
    query = _query(context)
    first = rising.split()
    return {
        "request": context.get("request"),
        "sort_by": query.get("sort_by", ""),
        "sort_dir": query.get("sort_dir") or "asc",
        "columns": [
            {"key": key, "label": label, "first": "asc" if key in first else "desc"} for key, label in columns.items()
        ],
    }


# --- forms ------------------------------------------------------------------------------------------------------------

_CONTROL = {
    "select": "form-select",
    "selectmultiple": "form-select",
    "nullbooleanselect": "form-select",
    "checkbox": "form-check-input",
    # Django puts a group's class on the wrapper as well as on each box.
    "checkboxselectmultiple": "choices",
    "radioselect": "choices",
}


@register.filter
def control(field: BoundField) -> SafeString:
    """A form's control with the right class; the error is announced with it."""
    kind = field.widget_type
    base = _CONTROL.get(kind, "form-control")
    attrs: dict[str, str | bool] = {"class": f"{base} {field.field.widget.attrs.get('class', '')}".strip()}
    described = [f"{field.auto_id}_helptext"] if field.help_text else []
    if field.errors:
        described.append(f"{field.auto_id}_error")
    if described and not field.use_fieldset:
        attrs["aria-describedby"] = " ".join(described)
    return field.as_widget(attrs=attrs)


# --- icons, texts of the scripts, charts ------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """``{% icon "truck" %}`` from the sprite; silent for screen readers unless it stands alone and has a label."""
    href = f"{static('icons.svg')}#{name}"
    classes = f"icon {css}".strip()
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}"></use></svg>', classes, label, href
        )
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"></use></svg>', classes, href)


@register.simple_tag
def js_text(which: str = "app") -> SafeString:
    """The sentences the scripts say, in the page's language, as JSON data in the page."""
    return json_script(_uitext.texts(which), "ui-text")


@register.inclusion_tag("components/chart.html")
def chart(
    series: Sequence[Mapping[str, Any]],
    labels: Sequence[str],
    title: str,
    kind: str = "line",
    unit: str = "number",
    height: int = 220,
) -> dict[str, Any]:
    """A small labelled SVG drawn on the server, with the same figures as a table below it.

    ``series``: ``[{"name", "values": [int, …], "tone": "accent|wait|loss|muted"}]``; ``unit``: ``number`` or ``rupiah``.
    """
    say = rupiah if unit == "rupiah" else number
    # Twice, because text in a scaled SVG shrinks with it: the style sheet shows the one that fits its container.
    wide, narrow = (
        _chart.draw(series, labels, kind=kind, width=width, height=height, say=lambda value: str(say(value)))
        for width in (720, 330)
    )
    return {"title": title, "chart": wide, "drawings": (("wide", wide), ("narrow", narrow))}


# --- components that wrap markup --------------------------------------------------------------------------------------


def _wrap(name: str, context: Context, content: str, values: dict[str, Any]) -> SafeString:
    # A component sees only what it is given and the form token, never the page's variables.
    given = {"content": content, "csrf_token": context.get("csrf_token"), **values}
    return SafeString(get_template(f"components/{name}.html").render(given))


@register.simple_block_tag(takes_context=True)
def card(context: Context, content: str, title: str = "", **values: Any) -> SafeString:
    """``{% card title="…" icon="…" link="…" link_label="…" flush=True id="…" %}…{% endcard %}``."""
    return _wrap("card", context, content, {"title": title, **values})


@register.simple_block_tag(takes_context=True)
def page_header(context: Context, content: str, title: str, **values: Any) -> SafeString:
    """``{% page_header title="…" lead="…" back_url="…" back_label="…" %}buttons{% endpage_header %}``."""
    return _wrap("page_header", context, content if content.strip() else "", {"title": title, **values})


@register.simple_block_tag(takes_context=True)
def dropdown(context: Context, content: str, id: str, label: str, **values: Any) -> SafeString:
    """``{% dropdown id="…" label="…" icon="…" css="…" hide_label=True %}menu items{% enddropdown %}``."""
    return _wrap("dropdown_menu", context, content, {"id": id, "label": label, **values})


@register.simple_block_tag(takes_context=True)
def modal(context: Context, content: str, id: str, title: str, **values: Any) -> SafeString:
    """A dialog opened by ``data-dialog-open="<id>"``."""
    return _wrap("modal", context, content, {"id": id, "title": title, **values})


@register.simple_block_tag(takes_context=True)
def bulk_bar(context: Context, content: str, **values: Any) -> SafeString:
    """The sticky bar that appears while rows are selected; the content are its buttons."""
    return _wrap("bulk_bar", context, content, values)
