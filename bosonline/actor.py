"""Who acts: a person with rights in a store, or a named source of events. The one place where rights are enforced.

Every write of a service takes ``actor`` and begins with ``actor.require(right)``, so that no door (page, API, batch,
import) can forget it. What a person may do is decided by their role (``sellers/rights.py``, product.md §3); a source
such as the payment gateway acts on facts and needs no right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from bosonline.errors import Forbidden


class Can:
    """Rights for templates: ``member.can.orders_view``, ``member.can.see_cost``."""

    def __init__(self, rights: Iterable[str]) -> None:
        self._names = {right.replace(".", "_") for right in rights}

    def __getitem__(self, name: str) -> bool:
        return name in self._names


@dataclass(frozen=True)
class Actor:
    """A person (``user``, and where they act for a store ``membership``, ``store`` and ``rights``) or a source (``label``).

    ``store`` is None for somebody without a store and for the platform's own staff; ``session`` is the log-in behind a
    request, None for tokens and tasks. The types are those of ``sellers.models``, which stand above this module.
    """

    user: Any = None
    session: Any = None
    membership: Any = None
    store: Any = None
    rights: frozenset[str] = frozenset()
    label: str = ""

    @property
    def can(self) -> Can:
        return Can(self.rights)

    @property
    def user_id(self) -> int | None:
        """For columns that name a person; None for a source."""
        return self.user.pk if self.user is not None else None

    @property
    def pk(self) -> int:
        return int(self.user.pk)

    @property
    def is_authenticated(self) -> bool:
        return self.user is not None

    @property
    def role_name(self) -> str:
        return "" if self.membership is None else self.membership.role.label

    @property
    def is_owner(self) -> bool:
        return self.membership is not None and self.membership.role.is_owner

    def may(self, right: str) -> bool:
        return right in self.rights or (self.user is None and bool(self.label))

    def require(self, right: str) -> None:
        """Raise :class:`Forbidden` unless the role has ``right``."""
        if not self.may(right):
            raise Forbidden(_("Your role does not allow this. Ask the owner of the store for access."))

    def require_any(self, *rights: str) -> None:
        """:meth:`require` for what several rights allow (a picture belongs to products and to forms)."""
        self.require(next((right for right in rights if self.may(right)), rights[0]))


SYSTEM = Actor(label="system")
BUYER = Actor(label="buyer")
BOSCOD = Actor(label="boscod")
WINPAY = Actor(label="winpay")
