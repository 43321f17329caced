"""A small port: a lower app says that rows changed, an upper one that keeps copies of them is called.

For invalidation only, never for business steps (those are explicit calls or outbox rows). Subscribers run inside the
caller's transaction and defer what must wait for the commit themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from bosonline.tenancy import store_scope

Subscriber = Callable[[int, Collection[int]], None]
_subscribers: dict[str, list[Subscriber]] = {}


def subscribe(kind: str, function: Subscriber) -> None:
    """Called once per process from an app's ``ready``."""
    listeners = _subscribers.setdefault(kind, [])
    if function not in listeners:
        listeners.append(function)


def announce(kind: str, store_id: int, ids: Collection[int]) -> None:
    """Rows of ``kind`` (``product``, ``stock`` by variant, ``store``, ``warehouse`` …) of a store changed."""
    with store_scope(store_id):  # whatever scope the caller has: copies of this store and of no other are meant
        for function in _subscribers.get(kind, ()):
            function(store_id, ids)
