"""The groups of the bell's lines: what a person can mute (ui.md, page 11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

# group → (label, prefixes of ``Notification.kind``)
GROUPS = {
    "orders": (_("New orders"), ("order.",)),
    "payments": (_("Payments"), ("payment.",)),
    "problems": (_("Problems: couriers, stock, domains"), ("problem.", "shipment.", "stock.", "domain.", "warehouse.")),
    "jobs": (_("Finished downloads and imports"), ("job.",)),
    "account": (_("Staff and account"), ("staff.", "account.")),
}


# who hears of it: the right that its page asks for, by the beginning of the kind. What is not here is for everybody
RIGHTS = {
    "order.": "orders.view", "payment.": "payments.view", "shipment.": "shipping.view", "stock.": "inventory.view",
    "domain.": "store.view", "warehouse.": "store.view", "account.bank_account": "bank_accounts.view",
}  # fmt: skip

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
    everybodys = Q(user__isnull=True)
    for prefix, right in RIGHTS.items():
        if not member.may(right):
            everybodys &= ~Q(kind__startswith=prefix)
    if not member.may("see_all_orders"):
        seen = Q(order_id__in=_orders_of[0](member)) if _orders_of else Q(pk__in=[])
        everybodys &= Q(order_id__isnull=True) | seen
    return mine | everybodys


def group_of(kind: str) -> str:
    """The group of a kind; an unknown one is a problem, so that it is not missed."""
    return next((g for g, (_l, prefixes) in GROUPS.items() if kind.startswith(prefixes)), "problems")


def not_muted(muted: list[str]) -> Q:
    """The lines that somebody who muted these groups wants to see."""
    condition = Q()
    for group in muted:
        for prefix in GROUPS.get(group, ("", ()))[1]:
            condition &= ~Q(kind__startswith=prefix)
    return condition
