"""Reads about stores, regions and notifications."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from bosonline import files
from bosonline.hosts import host_url
from bosonline.tenancy import all_stores
from stores.areas import Area, area_of, areas_search
from stores.models import BankAccount, District, Domain, Notification, NotificationState, Store, Warehouse
from stores.notices import audible, not_muted, told

__all__ = [
    "Area", "HostEntry", "area_of", "areas_search", "bank_accounts_of", "district_of", "domains_of", "host_entry",
    "hosts_of", "logo_data", "notification_of", "notifications_of", "public_url", "refresh_host", "store_id_of_host", "store_id_of_subdomain",
    "store_today", "verified_domains", "warehouses_of",
]  # fmt: skip

HOST_CACHE_SECONDS = 60
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class HostEntry:
    """What a host name means: the store that answers there, and for an old subdomain the host it redirects to."""

    store_id: int
    redirect_to: str = ""


# host → (when it was looked up, what was found)
_hosts: dict[str, tuple[float, HostEntry | None]] = {}


def host_entry(host: str) -> HostEntry | None:
    """The store behind ``host``: its subdomain, an old one that still redirects, or a verified own domain.

    Known to the process for a second and to Redis for a minute; a change writes the new answer to Redis at once.
    """
    if not _HOST.fullmatch(host):
        return None
    now = time.monotonic()
    known = _hosts.get(host)
    if known is not None and now - known[0] < 1.0:
        return known[1]
    raw = cache.get(f"host:{host}")
    if raw is None:
        raw = _packed(_find_host(host))
        # add, not set: an answer read before somebody's commit must not replace the one written after it
        if not cache.add(f"host:{host}", raw, HOST_CACHE_SECONDS):
            raw = cache.get(f"host:{host}") or raw
    entry = _unpacked(raw)
    if len(_hosts) > 2000:
        _hosts.clear()
    _hosts[host] = (now, entry)
    return entry


def _packed(entry: HostEntry | None) -> str:
    return f"{entry.store_id}>{entry.redirect_to}" if entry else "0>"


def _unpacked(raw: str) -> HostEntry | None:
    store_id, _sep, redirect_to = str(raw).partition(">")
    return HostEntry(int(store_id), redirect_to) if store_id != "0" else None


def refresh_host(host: str) -> None:
    """After a commit that changed what ``host`` means: every process knows within a second."""
    _hosts.pop(host, None)
    cache.set(f"host:{host}", _packed(_find_host(host)), HOST_CACHE_SECONDS)


def store_id_of_host(host: str) -> int | None:
    entry = host_entry(host)
    return entry.store_id if entry else None


def store_id_of_subdomain(subdomain: str) -> int | None:
    return store_id_of_host(f"{subdomain.lower()[:40]}.{settings.BASE_DOMAIN}")


def verified_domains(hosts: Iterable[str]) -> Any:
    """The rows that own ``hosts``, of whatever store, by the index that makes them unique. For ``all_stores()``."""
    return Domain.objects.annotate(lower=Lower("hostname")).filter(lower__in=list(hosts), verified_at__isnull=False)


def _find_host(host: str) -> HostEntry | None:
    suffix = f".{settings.BASE_DOMAIN}"
    if host.endswith(suffix):
        found = Store.objects.filter(subdomain=host.removesuffix(suffix), is_active=True).values_list("pk").first()
        if found:
            return HostEntry(found[0])
    with all_stores():
        row = (
            verified_domains([host])
            .filter(store__is_active=True)
            .filter(Q(redirect_until__isnull=True) | Q(redirect_until__gt=timezone.now()))
            .values_list("store_id", "kind", "store__subdomain", "store__link_host")
            .first()
        )
    if row is None:
        return None
    store_id, kind, subdomain, link_host = row
    if kind == Domain.Kind.CUSTOM:
        return HostEntry(store_id)
    return HostEntry(store_id, link_host or f"{subdomain}{suffix}") if subdomain else None


def hosts_of(store_id: int) -> list[str]:
    """Every host at which the store's pages may be cached or asked for."""
    with all_stores():
        hosts = set(Domain.objects.filter(store_id=store_id).values_list("hostname", flat=True))
    subdomain = Store.objects.filter(pk=store_id).values_list("subdomain", flat=True).first()
    return sorted(hosts | ({f"{subdomain}.{settings.BASE_DOMAIN}"} if subdomain else set()))


def public_url(store: Store, path: str = "/") -> str:
    """Where buyers find the store; empty while it has no address."""
    return link_url(store.link_host, store.subdomain, path)


def link_url(link_host: str, subdomain: str | None, path: str = "/") -> str:
    """:func:`public_url` from its parts: the own domain when it is the default and reachable, else the subdomain."""
    host = link_host or (f"{subdomain}.{settings.BASE_DOMAIN}" if subdomain else "")
    return host_url(host, path) if host else ""


def domains_of() -> list[Domain]:
    """The open store's names as the settings list them: subdomain, own domains, old names that redirect.

    ``is_default`` is set on what links use when nobody chose: the subdomain.
    """
    rows = list(
        Domain.objects.filter(Q(redirect_until__isnull=True) | Q(redirect_until__gt=timezone.now())).order_by("id")
    )
    rows.sort(key=lambda d: (d.redirect_until is not None, d.kind != Domain.Kind.SUBDOMAIN))
    if rows and not any(d.is_default for d in rows) and rows[0].kind == Domain.Kind.SUBDOMAIN:
        rows[0].is_default = rows[0].redirect_until is None
    return rows


def logo_data(store: Store | None) -> str:
    """The logo as a data URL for documents, which fetch nothing; empty without one or when its file is missing."""
    if store is None or not store.logo:
        return ""
    try:
        with files.public().open(store.logo) as file:
            return "data:image/webp;base64," + base64.b64encode(file.read()).decode()
    except OSError:
        return ""


def warehouses_of() -> Any:
    """The open store's pick-up points, the default first, area loaded."""
    rows = Warehouse.objects.select_related("district__city__province").filter(deleted_at__isnull=True)
    return rows.order_by("-is_default", "-is_active", "id")


def bank_accounts_of() -> Any:
    """The open store's bank accounts, the default first."""
    rows = BankAccount.objects.select_related("bank").filter(deleted_at__isnull=True)
    return rows.order_by("-is_default", "-is_active", "id")


def district_of(district_id: int) -> District | None:
    """The district with BosCOD's id, city and province loaded."""
    return District.objects.select_related("city__province").filter(boscod_id=district_id).first()


def notifications_of(member: Any, limit: int = 20) -> tuple[list[Any], int]:
    """The latest lines of the bell, each with ``is_unread`` and its words as ``told``, and how many are unread. Muted
    groups are left out."""
    state = NotificationState.objects.filter(user_id=member.user.pk, store=member.store).first()
    read = state.last_id if state else 0
    rows = Notification.objects.filter(audible(member))
    rows = rows.filter(not_muted(state.muted if state else []))
    opened = set(state.read_ids) if state else set()
    unread = rows.filter(id__gt=read).exclude(id__in=opened)[:100].count()
    latest: list[Any] = list(rows.order_by("-id")[:limit])
    for row in latest:
        row.is_unread = row.pk > read and row.pk not in opened
        row.told = told(row)
    return latest, unread


def store_today(store: Store) -> Any:
    """The store's own calendar day."""
    import zoneinfo

    return timezone.now().astimezone(zoneinfo.ZoneInfo(store.time_zone)).date()


def notification_of(member: Any, pk: int) -> Any:
    """A line that this person may hear, with its words as ``told``, else None."""
    row = Notification.objects.filter(audible(member), pk=pk).first()
    if row is not None:
        row.told = told(row)
    return row
