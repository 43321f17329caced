"""The rights there are and the presets' table (product.md §3); ``bosonline.actor`` enforces them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

ACTIONS = ("view", "create", "edit", "delete")
ACTION_LABELS = {
    "view": gettext_lazy("See"),
    "create": gettext_lazy("Add"),
    "edit": gettext_lazy("Change"),
    "delete": gettext_lazy("Delete"),
}
MODULES = {
    "orders": gettext_lazy("Orders"),
    "shipping": gettext_lazy("Shipping"),
    "payments": gettext_lazy("Payments"),
    "followups": gettext_lazy("Follow up"),
    "customers": gettext_lazy("Customers"),
    "products": gettext_lazy("Products"),
    "inventory": gettext_lazy("Inventory"),
    "vouchers": gettext_lazy("Vouchers"),
    "forms": gettext_lazy("Order forms"),
    "reports": gettext_lazy("Reports"),
    "staff": gettext_lazy("Staff and roles"),
    "store": gettext_lazy("Store settings"),
    "bank_accounts": gettext_lazy("Bank accounts"),
}
SPECIAL = {
    "export": gettext_lazy("Download data"),
    "see_phone": gettext_lazy("See full phone numbers"),
    "see_cost": gettext_lazy("See cost and profit"),
    "see_all_orders": gettext_lazy("See all orders"),
    "reopen": gettext_lazy("Move an order back"),
    "ship_unpaid": gettext_lazy("Ship before payment"),
}
ALL_RIGHTS = tuple(f"{m}.{a}" for m in MODULES for a in ACTIONS) + tuple(SPECIAL)


def _rights(text: str, *special: str) -> list[str]:
    """``"orders:vce"`` → view, create, edit of orders."""
    letters = {"v": "view", "c": "create", "e": "edit", "d": "delete"}
    result = []
    for part in text.split():
        module, _sep, flags = part.partition(":")
        result += [f"{module}.{letters[flag]}" for flag in flags]
    return result + list(special)


PRESETS: dict[str, tuple[Any, list[str]]] = {
    "owner": (gettext_lazy("Owner"), list(ALL_RIGHTS)),
    "administrator": (gettext_lazy("Administrator"), list(ALL_RIGHTS)),
    "customer_service": (
        gettext_lazy("Customer Service"),
        _rights(
            "orders:vce shipping:v payments:v followups:vce customers:ve products:v vouchers:v forms:v", "see_phone"
        ),
    ),
    "advertiser": (gettext_lazy("Advertiser"), _rights("orders:v products:v vouchers:vce forms:vce reports:v", "see_all_orders")),
    "warehouse": (
        gettext_lazy("Warehouse"),
        _rights("orders:v shipping:vce products:v inventory:vce", "see_all_orders", "see_phone"),
    ),
    "finance": (
        gettext_lazy("Finance"),
        _rights(
            "orders:v shipping:v payments:vce customers:v products:v reports:v bank_accounts:vce",
            "export", "see_cost", "see_all_orders",
        ),
    ),
    "viewer": (
        gettext_lazy("Viewer"),
        _rights("orders:v shipping:v payments:v customers:v products:v inventory:v vouchers:v forms:v reports:v", "see_all_orders"),
    ),
}  # fmt: skip
