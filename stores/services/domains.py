"""Own domains: claimed, proved by DNS, made the address of links, looked after.

A claim costs nothing and excludes nobody: any store may add any domain. Only the one that proves it with its own TXT
text, and points it at us, gets it, and a unique index says that there is one such store. A verified domain is looked
up again every day. When buyers no longer reach us under it, links use the subdomain at once, which always answers;
only after ``GRACE_DAYS`` of definite answers is the domain unverified. A DNS server that does not answer proves
nothing and changes nothing.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import changes, outbox, throttle, timeline
from bosonline.actor import SYSTEM, Actor
from bosonline.errors import Conflict, DomainError, NotFound, ValidationFailed
from bosonline.tenancy import all_stores, store_scope
from stores.dns import lookup
from stores.hostnames import hostname_clean, hostname_shown
from stores.models import Domain, Store
from stores.queries import refresh_host, verified_domains
from stores.services.bell import notify
from stores.services.domain_records import Verdict, judge, proof_name

log = structlog.get_logger("domains")

MAX_DOMAINS = 10
CHECKS = throttle.Limit(10, 60)  # per store
GRACE_DAYS = 7
DAILY = timedelta(hours=20)
FAILING = timedelta(hours=1)
PAGE = "/pengaturan/domain"


def domain_of(domain_id: int) -> Domain:
    """One of the open store's names. Raises :class:`NotFound`."""
    row: Domain | None = Domain.objects.filter(pk=domain_id).first()
    if row is None or (row.redirect_until is not None and row.redirect_until <= timezone.now()):
        raise NotFound()
    return row


def domain_add(*, store: Store, hostname: str, actor: Actor) -> Domain:
    """Claim a domain; its records (``stores.services.domain_records``) say what to set. Raises at ``hostname``."""
    actor.require("store.edit")
    host = hostname_clean(hostname)
    with all_stores():
        if _verified_elsewhere(host, store):
            raise _taken()
    with transaction.atomic():
        Store.objects.select_for_update().only("pk").get(pk=store.pk)
        if Domain.objects.filter(hostname=host).exists():
            raise DomainError.field("hostname", _("This domain is already in your list."), code="duplicate")
        if Domain.objects.filter(kind=Domain.Kind.CUSTOM).count() >= MAX_DOMAINS:
            raise ValidationFailed.field("hostname", _("A store can have at most %(n)s domains.") % {"n": MAX_DOMAINS})
        row: Domain = Domain.objects.create(
            store=store, hostname=host, kind=Domain.Kind.CUSTOM, txt_token=secrets.token_hex(16)
        )
        _record(row, "domain.added", actor)
    return row


def domain_verify(*, domain_id: int, actor: Actor) -> Domain:
    """Look the records up now and keep what was found. Takes at most ``DNS_TIMEOUT`` seconds.

    Raises :class:`TooMany` when a store asks too often, ``Conflict`` when another store proved it first.
    """
    actor.require("store.edit")
    row = domain_of(domain_id)
    if row.kind != Domain.Kind.CUSTOM:
        return row
    throttle.hit("domain-check", str(row.store_id), CHECKS)
    verdict = _look(row)
    return _keep(row, verdict, actor)


def _look(row: Domain) -> Verdict:
    return judge(row, lookup(row.hostname, proof_name(row.hostname)))


def _keep(row: Domain, verdict: Verdict, actor: Actor) -> Domain:
    """Write down what a look-up said and draw the consequences."""
    try:
        return _write(row, verdict, actor)
    except (IntegrityError, Conflict):
        # another store proved it first, perhaps between our look and our writing
        Domain.objects.filter(pk=row.pk).update(checked_at=timezone.now(), check_result=verdict.as_json())
        raise _taken() from None


@transaction.atomic
def _write(row: Domain, verdict: Verdict, actor: Actor) -> Domain:
    Store.objects.select_for_update().only("pk").get(pk=row.store_id)
    current: Domain | None = Domain.objects.filter(pk=row.pk).first()
    if current is None:  # removed while we looked
        raise NotFound()
    now, was_verified = timezone.now(), current.verified_at is not None
    current.checked_at, current.check_result = now, verdict.as_json()
    if verdict.points_here is not None:
        current.points_here = verdict.points_here
    if not was_verified:
        if verdict.proved and verdict.points_here:
            _verify(current, actor)
    elif verdict.proved and verdict.points_here:
        current.failing_since = None
    elif verdict.proved is False or verdict.points_here is False:
        if current.failing_since is None:
            current.failing_since = now
            _tell_failing(current)
        elif now - current.failing_since >= timedelta(days=GRACE_DAYS):
            _unverify(current)
    current.save()
    links_changed = _links(current.store_id)
    if links_changed or was_verified != (current.verified_at is not None):
        changes.announce("store", current.store_id, [current.store_id])
        transaction.on_commit(partial(refresh_host, current.hostname))
    return current


def _verify(row: Domain, actor: Actor) -> None:
    with all_stores():
        if _verified_elsewhere(row.hostname, row.store):
            raise _taken()
    row.verified_at, row.failing_since = timezone.now(), None
    _record(row, "domain.verified", actor)


def _unverify(row: Domain) -> None:
    row.verified_at = row.failing_since = None
    row.is_default = False
    _record(row, "domain.unverified", SYSTEM)
    facts = {"domain": hostname_shown(row.hostname), "days": GRACE_DAYS}
    notify(store_id=row.store_id, kind="domain.unverified", facts=facts)


def _tell_failing(row: Domain) -> None:
    notify(store_id=row.store_id, kind="domain.failing", facts={"domain": hostname_shown(row.hostname)})


@transaction.atomic
def domain_set_default(*, store: Store, domain_id: int, actor: Actor) -> Domain:
    """Links use this name from now on: a verified own domain, or the subdomain. Others go on answering."""
    actor.require("store.edit")
    Store.objects.select_for_update().only("pk").get(pk=store.pk)
    row = domain_of(domain_id)
    if row.redirect_until is not None:
        raise Conflict(_("This old address only redirects."), code="domain_redirects")
    if row.verified_at is None:
        raise Conflict(_("Verify this domain first."), code="domain_not_verified")
    if row.is_default:
        return row
    Domain.objects.filter(is_default=True).update(is_default=False)
    row.is_default = True
    row.save(update_fields=["is_default"])
    _record(row, "domain.default", actor)
    if _links(store.pk):
        changes.announce("store", store.pk, [store.pk])
    store.refresh_from_db(fields=["link_host"])
    return row


@transaction.atomic
def domain_remove(*, domain_id: int, actor: Actor) -> None:
    """Take an own domain out. The subdomain cannot be removed, an old one ends by itself."""
    actor.require("store.edit")
    row = domain_of(domain_id)
    Store.objects.select_for_update().only("pk").get(pk=row.store_id)
    row = domain_of(domain_id)
    if row.kind != Domain.Kind.CUSTOM:
        raise Conflict(_("The BosOnline address always stays; it can be changed."), code="domain_is_subdomain")
    _record(row, "domain.removed", actor)
    changes.announce("store", row.store_id, [row.store_id])  # while the host is still known
    host, store_id = row.hostname, row.store_id
    row.delete()
    _links(store_id)
    transaction.on_commit(partial(refresh_host, host))


def _links(store_id: int) -> bool:
    """Keep ``Store.link_host`` equal to what the rows say. True when it changed."""
    host = (
        Domain.objects.filter(
            store_id=store_id, kind=Domain.Kind.CUSTOM, is_default=True, verified_at__isnull=False, points_here=True
        )
        .values_list("hostname", flat=True)
        .first()
    ) or ""
    changed = Store.objects.filter(pk=store_id).exclude(link_host=host).update(link_host=host)
    if changed:  # old subdomains redirect to where links lead
        old = Domain.objects.filter(kind=Domain.Kind.SUBDOMAIN, redirect_until__isnull=False)
        for name in old.values_list("hostname", flat=True):
            transaction.on_commit(partial(refresh_host, name))
    return bool(changed)


def _verified_elsewhere(host: str, store: Store) -> bool:
    return bool(verified_domains([host]).exclude(store=store).exists())


def _taken() -> Conflict:
    message = _("Another store uses this domain. It has to be removed there first.")
    return Conflict(message, code="domain_taken", errors={"hostname": [message]})


def _record(row: Domain, kind: str, actor: Actor) -> None:
    timeline.record(
        store_id=row.store_id, subject="domain", subject_id=row.pk, kind=kind, actor=actor,
        data={"hostname": row.hostname},
    )  # fmt: skip


# -- the daily look ----------------------------------------------------------------------------------------------------


def domains_recheck() -> int:
    """Queue a look at every own domain that is due: verified ones once a day, failing ones every hour, claims of the last
    week hourly. Answers how many were queued; one that still waits for its look is not queued twice."""
    now = timezone.now()
    due = Q(checked_at__isnull=True) | Q(checked_at__lte=now - FAILING)
    healthy = Q(verified_at__isnull=False, failing_since__isnull=True)
    rested = Q(checked_at__isnull=True) | Q(checked_at__lte=now - DAILY)
    young = Q(verified_at__isnull=True, created_at__gte=now - timedelta(days=7))
    failing = Q(verified_at__isnull=False, failing_since__isnull=False)
    with all_stores():
        rows = Domain.objects.filter(kind=Domain.Kind.CUSTOM).filter((healthy & rested) | ((young | failing) & due))
        ids = list(rows.order_by(F("checked_at").asc(nulls_first=True), "pk").values_list("pk", flat=True))
    return outbox.enqueue_again("domain.recheck", [({"domain_id": pk}, f"domain.recheck:{pk}") for pk in ids])


@outbox.handler("domain.recheck", lane="parcels", limit=1)
def domain_recheck_task(payload: dict[str, Any]) -> None:
    domain_recheck(payload["domain_id"])


def domain_recheck(domain_id: int) -> None:
    """One domain's periodic look. What it cannot write (taken, removed meanwhile) is logged, not raised."""
    with all_stores():
        row = Domain.objects.select_related("store").filter(pk=domain_id).first()
    if row is None:
        return
    verdict = _look(row)
    with store_scope(row.store):
        try:
            _keep(row, verdict, SYSTEM)
        except DomainError as exc:
            log.info("domain_recheck_refused", domain=row.hostname, code=exc.code)
