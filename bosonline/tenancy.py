"""Tenancy by construction (product.md §3): a store-owned row cannot be queried without a store.

``with store_scope(store):`` opens the scope; pages and API open it from the log-in, tasks from their arguments.
A query outside raises :class:`django_scopes.ScopeError`. ``all_stores()`` is for the platform's own work
(intake of callbacks, periodic sweeps, the admin panel) and is named so that a reviewer sees it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, ClassVar

from django.db import models
from django_scopes import ScopedManager, get_scope, scope, scopes_disabled


class StoreOwned(models.Model):
    """Base of every seller-side row."""

    # No index of its own: every table that is read by store has one that begins with it, and each index costs a write.
    store = models.ForeignKey("stores.Store", on_delete=models.PROTECT, related_name="+", db_index=False)

    objects: ClassVar[Any] = ScopedManager(store="store")

    class Meta:
        abstract = True


def store_scope(store: Any) -> AbstractContextManager[Any]:
    """Everything inside sees only ``store``'s rows."""
    return scope(store=store)


def all_stores() -> AbstractContextManager[Any]:
    """Platform-side work that crosses stores on purpose."""
    return scopes_disabled()


def current_store() -> Any:
    """The store of the open scope, or None."""
    return get_scope().get("store")
