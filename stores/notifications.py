"""The groups of the bell's lines: what a person can mute (ui.md, page 11)."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

# group → (label, prefixes of ``Notification.kind``)
GROUPS = {
    "orders": (_("New orders"), ("order.",)),
    "payments": (_("Payments"), ("payment.",)),
    "problems": (_("Problems: couriers, stock, domains"), ("problem.", "shipment.", "stock.", "domain.", "warehouse.")),
    "jobs": (_("Finished downloads and imports"), ("job.",)),
    "account": (_("Staff and account"), ("staff.", "account.")),
}


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
