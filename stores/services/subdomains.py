"""A store's address under the platform's domain: check, change, and what becomes of the old name.

Every name a store has or had in the last 90 days is a ``Domain`` row whose host name is unique in the database, so two
stores cannot get one name however close together they ask, and an old name is nobody else's while it redirects.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import changes, cleaning, timeline
from bosonline.actor import Actor
from bosonline.errors import Conflict, ValidationFailed
from bosonline.tenancy import all_stores, store_scope
from stores.models import Domain, Store
from stores.queries import refresh_host, verified_domains

REDIRECT_DAYS = 90
MAX_OLD_NAMES = 5
RESERVED = frozenset(
    [
        "www",
        "app",
        "api",
        "admin",
        "internal",
        "static",
        "media",
        "mail",
        "smtp",
        "imap",
        "pop",
        "pop3",
        "ftp",
        "ns",
        "ns1",
        "ns2",
        "dev",
        "test",
        "staging",
        "demo-api",
        "sandbox",
        "status",
        "help",
        "bantuan",
        "blog",
        "docs",
        "cdn",
        "img",
        "assets",
        "dashboard",
        "login",
        "masuk",
        "daftar",
        "bosonline",
        "boscod",
        "bospay",
        "winpay",
        "support",
        "billing",
        "localhost",
        "root",
        "webmail",
        "autodiscover",
        "autoconfig",
        "payment",
        "payments",
        "callback",
        "callbacks",
        "o",
        "health",
        "healthz",
        "domain",
        "domains",
        "security",
        "abuse",
        "postmaster",
        "hostmaster",
        "webmaster",
        "noreply",
        "akun",
        "account",
        "secure",
        "pay",
        "bayar",
        "promo",
        "official",
        "resmi",
        "toko",
        "store",
        "shop",
        "seller",
        "buyer",
        "pengaturan",
    ]
)
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,38}[a-z0-9])?")


def host_of_subdomain(name: str) -> str:
    return f"{name}.{settings.BASE_DOMAIN}"


def subdomain_check(name: str, *, store: Store | None = None) -> dict[str, Any]:
    """Whether ``name`` may become a store's subdomain: ``{"available", "reason", "message", "suggestions"}`` (api.md)."""
    name = cleaning.subdomain(name)
    reason = _form_problem(name)
    if reason is None and _taken([name], store):
        reason = "taken"
    return {
        "available": reason is None,
        "reason": reason,
        "message": _reason_text(reason),
        "suggestions": [] if reason in (None, "too_short") else _suggest(name, store),
    }


def subdomain_propose(store: Store) -> str:
    """A free name made of the store's own, for a store that has none yet."""
    plain = unicodedata.normalize("NFKD", store.name).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"-+", "-", re.sub(r"[^a-z0-9]+", "-", plain)).strip("-")[:40].strip("-")
    if subdomain_check(name, store=store)["available"]:
        return name
    return next(iter(_suggest(name, store)), "")


def _form_problem(name: str) -> str | None:
    if len(name) < 3:
        return "too_short"
    if len(name) > 40:
        return "too_long"
    if not _NAME.fullmatch(name) or "--" in name:
        return "invalid"
    return "reserved" if name in RESERVED else None


def _reason_text(reason: str | None) -> str:
    return {
        None: _("Available"),
        "too_short": _("Use at least 3 characters."),
        "too_long": _("Use at most 40 characters."),
        "invalid": _("Use only letters, digits and hyphens, and start and end with a letter or digit."),
        "reserved": _("This name is reserved."),
        "taken": _("This name is taken."),
    }[reason]


def _taken(names: list[str], store: Store | None) -> set[str]:
    """Which of ``names`` another store has now, or had so lately that it still redirects."""
    own = store.pk if store else 0
    rows = Store.objects.filter(subdomain__in=names).exclude(pk=own)
    taken = {name for name in rows.values_list("subdomain", flat=True) if name}
    held = Q(redirect_until__isnull=True) | Q(redirect_until__gt=timezone.now())
    with all_stores():
        hosts = verified_domains(host_of_subdomain(n) for n in names).filter(held).exclude(store_id=own)
        taken |= {h.removesuffix(f".{settings.BASE_DOMAIN}") for h in hosts.values_list("hostname", flat=True)}
    return taken


def _suggest(name: str, store: Store | None) -> list[str]:
    """Up to three free names that look like ``name``."""
    base = re.sub(r"-+", "-", re.sub(r"[^a-z0-9-]", "-", name)).strip("-")[:28].strip("-") or "toko"
    candidates = [base] if base != name else []
    candidates += [f"{base}-store", f"toko-{base}", f"{base}-id", f"{base}2", f"{base}-shop", f"{base}-{base[:1]}3"]
    candidates = [c for c in candidates if _form_problem(c) is None]
    taken = _taken(candidates, store)
    return [c for c in candidates if c not in taken][:3]


def subdomain_set(*, store: Store, name: str, actor: Actor) -> Store:
    """Give the store its address. The old one redirects for 90 days, and the store may take it back.

    Two stores asking for the same name at once: the database decides. Raises at ``subdomain``.
    """
    actor.require("store.edit")
    name = cleaning.subdomain(name)
    if name == store.subdomain:
        return store
    check = subdomain_check(name, store=store)
    if not check["available"]:
        raise ValidationFailed.field(
            "subdomain",
            check["message"],
            code=f"subdomain_{check['reason']}",
            extra={"suggestions": check["suggestions"]},
        )
    try:
        return _change(store, name, actor)
    except IntegrityError:
        suggestions = _suggest(name, store)
        raise ValidationFailed.field(
            "subdomain", _reason_text("taken"), code="subdomain_taken", extra={"suggestions": suggestions}
        ) from None


@transaction.atomic
def _change(store: Store, name: str, actor: Actor) -> Store:
    current = Store.objects.select_for_update().get(pk=store.pk)
    old, host, now = current.subdomain, host_of_subdomain(name), timezone.now()
    with all_stores():
        # a name whose 90 days are over is free, though the nightly broom has not come by yet
        verified_domains([host]).filter(redirect_until__lte=now).exclude(store=store).delete()
    with store_scope(store):
        # invalidation first: it must still see the hosts as they are
        changes.announce("store", store.pk, [store.pk])
        if old and old != name:
            _retire(store, host_of_subdomain(old), host, now)
        Domain.objects.update_or_create(
            store=store, hostname=host,
            defaults={"kind": Domain.Kind.SUBDOMAIN, "verified_at": now, "points_here": True, "redirect_until": None},
        )  # fmt: skip
    Store.objects.filter(pk=store.pk).update(subdomain=name)
    timeline.record(
        store_id=store.pk, subject="store", subject_id=store.pk, kind="store.subdomain", actor=actor,
        data={"before": old, "after": name},
    )  # fmt: skip
    for changed in filter(None, (old, name)):
        transaction.on_commit(partial(refresh_host, host_of_subdomain(changed)))
    store.subdomain = name
    return store


def _retire(store: Store, old_host: str, new_host: str, now: datetime) -> None:
    """The old name redirects from now on. A store may hold only so many: names are not for hoarding."""
    held = Domain.objects.filter(kind=Domain.Kind.SUBDOMAIN, redirect_until__gt=now).exclude(hostname=new_host)
    if held.count() >= MAX_OLD_NAMES:
        free = held.order_by("redirect_until").values_list("redirect_until", flat=True)[0]
        raise Conflict.field(
            "subdomain",
            _("The address was changed %(n)s times in 90 days. It can be changed again on %(day)s.")
            % {"n": MAX_OLD_NAMES, "day": free.date().isoformat()},
            code="subdomain_changed_often",
        )
    Domain.objects.update_or_create(
        store=store, hostname=old_host,
        defaults={"kind": Domain.Kind.SUBDOMAIN, "verified_at": now, "points_here": True, "is_default": False,
                  "redirect_until": now + timedelta(days=REDIRECT_DAYS)},
    )  # fmt: skip


def subdomains_release() -> int:
    """Delete the names whose redirect has ended (daily). Answers how many."""
    with all_stores():
        rows = list(Domain.objects.filter(redirect_until__lte=timezone.now()).values_list("pk", "hostname"))
        Domain.objects.filter(pk__in=[pk for pk, _host in rows]).delete()
    for _pk, host in rows:
        refresh_host(host)
    return len(rows)
