"""Reads about stores, regions and notifications."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from bosonline.hosts import store_url
from bosonline.tenancy import all_stores
from stores.models import District, Domain, Notification, NotificationState, Store
from stores.notifications import not_muted
from stores.services.regions import plain, tidy

HOST_CACHE_SECONDS = 60


_hosts: dict[str, tuple[float, int]] = {}


def store_id_of_host(host: str) -> int | None:
    """The store that answers at ``host``: its subdomain or a verified own domain.

    Known to the process for a second and to Redis for a minute.
    """
    now = time.monotonic()
    known = _hosts.get(host)
    if known is not None and now - known[0] < 1.0:
        return known[1] or None
    key = f"host:{host}"
    found = cache.get(key)
    if found is None:
        found = _find_host(host) or 0
        cache.set(key, found, HOST_CACHE_SECONDS)
    if len(_hosts) > 2000:
        _hosts.clear()
    _hosts[host] = (now, found)
    return found or None


def store_id_of_subdomain(subdomain: str) -> int | None:
    return store_id_of_host(f"{subdomain.lower()[:40]}.{settings.BASE_DOMAIN}")


def _find_host(host: str) -> int | None:
    suffix = f".{settings.BASE_DOMAIN}"
    if host.endswith(suffix):
        row = Store.objects.filter(subdomain=host.removesuffix(suffix), is_active=True).values_list("pk").first()
        return row[0] if row else None
    with all_stores():
        row = (
            Domain.objects.filter(hostname=host, verified_at__isnull=False, store__is_active=True)
            .values_list("store_id")
            .first()
        )
    return row[0] if row else None


def forget_host(host: str) -> None:
    _hosts.pop(host, None)
    cache.delete(f"host:{host}")


def public_url(store: Store, path: str = "/") -> str:
    """Where buyers find the store: its default own domain when verified, else its subdomain."""
    return store_url(store.subdomain, path) if store.subdomain else ""


@dataclass(frozen=True, slots=True)
class Area:
    """A district as the one-box search shows it. ``district_id`` is BosCOD's."""

    district_id: int
    code: str
    district: str
    city: str
    province: str
    postal_codes: list[str]

    def as_api(self, postal_code: str = "") -> dict[str, Any]:
        shown = postal_code or (self.postal_codes[0] if self.postal_codes else "")
        return {
            "district_id": self.district_id,
            "district": self.district,
            "city": self.city,
            "province": self.province,
            "postal_codes": self.postal_codes,
            "postal_code": shown,
            "label": f"{self.district}, {self.city}, {self.province} {shown}".strip(),
        }


_SEARCH = """
SELECT d.boscod_id, d.code, d.name, c.name, p.name, d.postal_codes
FROM stores_district d JOIN stores_city c ON c.code = d.city_id JOIN stores_province p ON p.code = c.province_id
WHERE d.boscod_id IS NOT NULL AND {where}
ORDER BY {rank} LIMIT %(limit)s
"""
_NOISE_WORDS = {"kec", "kecamatan", "kab", "kabupaten", "kota", "prov", "provinsi", "desa", "kel", "kelurahan"}


def areas_search(keyword: str, limit: int = 10) -> list[Area]:
    """Districts for a one-box text: district, city, province, postal code, in any order, typos tolerated."""
    words = [w for w in plain(keyword[:100]).split() if w not in _NOISE_WORDS][:6]
    if not words or len("".join(words)) < 3:
        return []
    params: dict[str, Any] = {"limit": limit, "first": words[0], "text": " ".join(words)}
    conditions = []
    for index, word in enumerate(words):
        params[f"w{index}"] = f"%{word}%"
        conditions.append(f"d.search_text LIKE %(w{index})s")
    rank = "(lower(d.name) = %(first)s) DESC, word_similarity(%(text)s, d.search_text) DESC, d.name, d.code"
    rows = _areas(_SEARCH.format(where=" AND ".join(conditions), rank=rank), params)
    if rows or all(re.fullmatch(r"\d+", w) for w in words):
        return rows
    # nothing spelled like that: look for what sounds alike, by trigrams
    return _areas(
        _SEARCH.format(
            where="word_similarity(%(text)s, d.search_text) >= 0.45",
            rank="word_similarity(%(text)s, d.search_text) DESC, d.code",
        ),
        params,
    )


def _areas(sql: str, params: dict[str, Any]) -> list[Area]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [Area(r[0], r[1], r[2], tidy(r[3]), tidy(r[4]), r[5]) for r in cursor.fetchall()]


AREA_CACHE: dict[int, Area] = {}


def area_of(district_id: int) -> Area | None:
    """The area with BosCOD's id. Regions change only with a new data package, so a process remembers them."""
    area = AREA_CACHE.get(district_id)
    if area is None and 0 < district_id < 2**31:
        rows = _areas(_SEARCH.format(where="d.boscod_id = %(id)s", rank="d.code"), {"id": district_id, "limit": 1})
        if rows:
            area = AREA_CACHE[district_id] = rows[0]
    return area


def district_of(district_id: int) -> District | None:
    """The district with BosCOD's id, city and province loaded."""
    return District.objects.select_related("city__province").filter(boscod_id=district_id).first()


def notifications_of(user_id: int, store_id: int, limit: int = 20) -> tuple[list[Any], int]:
    """The latest lines of the bell, each with ``is_unread``, and how many are unread. Muted groups are left out."""
    state = NotificationState.objects.filter(user_id=user_id, store_id=store_id).first()
    read = state.last_id if state else 0
    rows = Notification.objects.filter(Q(user_id=user_id) | Q(user__isnull=True))
    rows = rows.filter(not_muted(state.muted if state else []))
    unread = rows.filter(id__gt=read)[:100].count()
    latest: list[Any] = list(rows.order_by("-id")[:limit])
    for row in latest:
        row.is_unread = row.pk > read
    return latest, unread


def store_today(store: Store) -> Any:
    """The store's own calendar day."""
    import zoneinfo

    return timezone.now().astimezone(zoneinfo.ZoneInfo(store.time_zone)).date()
