"""Kinds of the bell's lines, each declared once: group, right, words and where it leads (ui.md, page 11).

A row keeps facts (a number, a name, an amount); its words are made when it is read, in the reader's language, for those
who hold the right and, when it is about an order, may see that order. Each app declares its kinds in its ``notices.py``
(:func:`declare`), imported from its ``ready``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Facts = Mapping[str, Any]
Words = Callable[[Facts], str]

# what a person can mute
GROUPS = {
    "orders": gettext_lazy("New orders"),
    "payments": gettext_lazy("Payments"),
    "problems": gettext_lazy("Problems: couriers, stock, domains"),
    "jobs": gettext_lazy("Finished downloads and imports"),
    "account": gettext_lazy("Staff and account"),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """``right``: who hears of it, empty for everybody. ``url_name`` is reversed with the facts named in ``url_args``;
    ``tail`` gives a query or an anchor."""

    kind: str
    group: str
    title: Words
    body: Words = lambda _facts: ""
    right: str = ""
    url_name: str = ""
    url_args: tuple[str, ...] = ()
    tail: Words = lambda _facts: ""

    def url(self, facts: Facts) -> str:
        if not self.url_name:
            return ""
        return reverse(self.url_name, urlconf="bosonline.urls", args=[facts[n] for n in self.url_args]) + self.tail(
            facts
        )


NOTICES: dict[str, Notice] = {}


def declare(*notices: Notice) -> None:
    for notice in notices:
        assert notice.group in GROUPS, notice.kind
        NOTICES[notice.kind] = notice


@dataclass(frozen=True, slots=True)
class Told:
    """A line in the reader's language."""

    title: str
    body: str
    url: str


def told(row: Any) -> Told:
    """What a row says to whoever reads it now. Rows from before facts were kept say what was written then."""
    notice = NOTICES.get(row.kind)
    if notice is None or not row.facts:
        return Told(row.title, row.body, row.url)
    return Told(notice.title(row.facts), notice.body(row.facts), notice.url(row.facts))


# Which orders a person may see: registered by the app that knows (a queryset of ids), asked only about those who may
# not see all of them.
OrdersOf = Callable[[Any], QuerySet[Any]]
_orders_of: list[OrdersOf] = []


def register_orders_of(answer: OrdersOf) -> None:
    """``answer`` gets the person (``sellers.rights.Actor``) and gives the ids of the orders they may see."""
    _orders_of[:] = [answer]


def audible(member: Any) -> Q:
    """The lines of the current store that this person may hear: their own, and everybody's that their rights allow."""
    mine = Q(user_id=member.user.pk)
    hidden = [notice.kind for notice in NOTICES.values() if notice.right and not member.may(notice.right)]
    everybodys = Q(user__isnull=True) & ~Q(kind__in=hidden)
    if not member.may("see_all_orders"):
        seen = Q(order_id__in=_orders_of[0](member)) if _orders_of else Q(pk__in=[])
        everybodys &= Q(order_id__isnull=True) | seen
    return mine | everybodys


def not_muted(muted: list[str]) -> Q:
    """The lines that somebody who muted these groups wants to see."""
    return ~Q(kind__in=[notice.kind for notice in NOTICES.values() if notice.group in muted])


declare(
    Notice(
        "job.done", "jobs", lambda f: _("Your file is ready"), lambda f: str(f["filename"]),
        url_name="downloads", tail=lambda f: f"#job-{f['job_id']}",
    ),
    Notice(
        "job.failed", "jobs", lambda f: _("A download or import failed"), lambda f: str(f["filename"]),
        url_name="downloads", tail=lambda f: f"#job-{f['job_id']}",
    ),
    Notice(
        "domain.unverified", "problems", lambda f: _("%(domain)s is no longer verified") % f,
        lambda f: _("Its DNS records have been wrong for %(days)s days. Your forms answer at your BosOnline address.") % f,
        right="store.view", url_name="settings-domain",
    ),
    Notice(
        "domain.failing", "problems", lambda f: _("Check the DNS records of %(domain)s") % f,
        lambda f: _("They changed. While buyers cannot reach it, links use your BosOnline address."),
        right="store.view", url_name="settings-domain",
    ),
    Notice(
        "warehouse.failed", "problems", lambda f: _("BosCOD refused the warehouse %(name)s") % f,
        lambda f: _("Couriers cannot collect there yet. Check its name, phone and address."),
        right="store.view", url_name="settings-warehouses-edit", url_args=("warehouse_id",),
    ),
    # everyone who may see accounts hears at once when somebody puts another one into the store
    Notice(
        "account.bank_account", "account", lambda f: _("A bank account was changed"), lambda f: str(f["account"]),
        right="bank_accounts.view", url_name="settings-bank-accounts",
    ),
)  # fmt: skip
