"""Periodic work about stores."""

from __future__ import annotations

from celery import shared_task

from stores.services.domains import domain_recheck, domains_due
from stores.services.subdomains import subdomains_release


@shared_task(name="stores.recheck_domains")
def recheck_domains() -> int:
    """Hands each domain that is due to a task of its own: one slow DNS server does not hold up the rest."""
    due = domains_due()
    for domain_id in due:
        recheck_domain.delay(domain_id)
    return len(due)


@shared_task(name="stores.recheck_domain")
def recheck_domain(domain_id: int) -> None:
    domain_recheck(domain_id)


@shared_task(name="stores.release_subdomains")
def release_subdomains() -> int:
    return subdomains_release()
