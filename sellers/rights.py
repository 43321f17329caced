"""Who may do what: the presets' table and the one check (product.md §3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bosonline.errors import Forbidden

if TYPE_CHECKING:
    from sellers.models import LoginSession, Membership, User
    from stores.models import Store

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


class Can:
    """Rights for templates: ``member.can.orders_view``, ``member.can.see_cost``."""

    def __init__(self, rights: Iterable[str]) -> None:
        self._names = {right.replace(".", "_") for right in rights}

    def __getitem__(self, name: str) -> bool:
        return name in self._names


@dataclass(frozen=True)
class Member:
    """The person behind a request: user, current store and rights. ``store`` is None for the platform's own staff."""

    user: User
    session: LoginSession | None
    membership: Membership | None
    store: Store | None
    rights: frozenset[str] = field(default_factory=frozenset)

    @property
    def can(self) -> Can:
        return Can(self.rights)

    @property
    def pk(self) -> int:
        return self.user.pk

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def role_name(self) -> str:
        if self.membership is None:
            return ""
        return self.membership.role.label

    @property
    def is_owner(self) -> bool:
        return self.membership is not None and self.membership.role.is_owner

    def may(self, right: str) -> bool:
        return right in self.rights

    def require(self, right: str) -> None:
        """Raise :class:`Forbidden` unless the role has ``right``: the one place where rights are enforced."""
        if right not in self.rights:
            raise Forbidden(_("Your role does not allow this. Ask the owner of the store for access."))
