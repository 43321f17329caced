"""The dashboard's navigation: one list, filtered by what the person may see."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bosonline.actor import Actor
from sellers.queries import stores_of

# (key, url name, label, icon, right)
ITEMS: tuple[tuple[str, str, Any, str, str], ...] = (
    ("home", "home", _("Home"), "home", ""),
    ("orders", "orders", _("Orders"), "shopping-cart", "orders.view"),
    ("cs-queue", "cs-queue", _("CS queue"), "headset", "followups.view"),
    ("products", "products", _("Products"), "package", "products.view"),
    ("inventory", "inventory", _("Inventory"), "building-warehouse", "inventory.view"),
    ("vouchers", "vouchers", _("Vouchers"), "ticket", "vouchers.view"),
    ("forms", "forms", _("Order forms"), "forms", "forms.view"),
    ("settings", "settings", _("Settings"), "settings", ""),
)
# The parts of /pengaturan in the order of their list; a page of one only needs an entry here and a url of that name.
SETTINGS: tuple[tuple[str, str, Any, str, str, str], ...] = (
    ("store", "settings-store", _("Store"), "building-store", "store.view", "store"),
    ("domain", "settings-domain", _("Domain"), "world", "store.view", "store"),
    ("warehouses", "settings-warehouses", _("Warehouses"), "building-warehouse", "store.view", "store"),
    ("bank-accounts", "settings-bank-accounts", _("Bank accounts"), "building-bank", "bank_accounts.view", "store"),
    ("staff", "settings-staff", _("Staff"), "users", "staff.view", "team"),
    ("roles", "settings-roles", _("Roles & access"), "id-badge-2", "staff.view", "team"),
    ("ownership", "settings-ownership", _("Ownership"), "key", "", "team"),
    ("profile", "settings-profile", _("Profile"), "user", "", "account"),
    ("notifications", "settings-notifications", _("Notifications"), "bell", "", "account"),
    ("security", "settings-security", _("Password & security"), "lock", "", "account"),
    ("sessions", "settings-sessions", _("Active sessions"), "devices", "", "account"),
    ("deletion", "settings-deletion", _("Delete account"), "user-x", "", "account"),
)
GROUPS = {"store": _("Store"), "team": _("Team"), "account": _("My account")}
# what somebody without any store still has
PERSONAL = frozenset(("profile", "security", "sessions", "deletion"))


def settings_nav(member: Actor, current: str = "") -> list[dict[str, Any]]:
    """The settings this person may see. ``current`` is the page's url name; its sub-pages count as it."""
    items: list[dict[str, Any]] = []
    last = ""
    for key, name, label, icon, right, group in SETTINGS:
        if (right and not member.may(right)) or (member.store is None and key not in PERSONAL):
            continue
        items.append(
            {
                "key": key,
                "label": label,
                "icon": icon,
                "url": reverse(name),
                "active": current == name or current.startswith(f"{name}-"),
                "group": GROUPS[group] if group != last else "",
            }
        )
        last = group
    return items


def page_context(request: HttpRequest, member: Actor) -> dict[str, Any]:
    """What the frame shows around every page."""
    match = request.resolver_match
    current = (match.url_name or "") if match else ""
    nav = [
        {
            "key": key,
            "label": label,
            "icon": icon,
            "url": reverse(name),
            "active": current == name or current.startswith((name.rstrip("s") + "-", name + "-")),
        }
        for key, name, label, icon, right in ITEMS
        if (not right or member.may(right)) and member.store is not None
    ]
    in_settings = current == "settings" or current.startswith("settings-")
    return {
        "nav": nav,
        "settings_nav": settings_nav(member, current) if in_settings else [],
        "stores": stores_of(member.user.pk, member.store.pk if member.store else None),
        "notifications_url": reverse("notifications") if member.store else "",
        "search_url": reverse("search") if member.may("orders.view") else "",
    }
