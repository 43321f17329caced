"""Periodic work about stores."""

from __future__ import annotations

from celery import shared_task

from stores.services.domains import domains_recheck
from stores.services.subdomains import subdomains_release


@shared_task(name="stores.recheck_domains")
def recheck_domains() -> int:
    """Queues each domain that is due by itself: one slow DNS server does not hold up the rest."""
    return domains_recheck()


@shared_task(name="stores.release_subdomains")
def release_subdomains() -> int:
    return subdomains_release()
