"""A small port: a lower app asks before it takes a row away, upper ones that need it say why not.

The asking service decides what to do with the reasons; a guard only reads. Called inside the asker's transaction.
"""

from __future__ import annotations

from collections.abc import Callable

Guard = Callable[[int, int], list[str]]
_guards: dict[str, list[Guard]] = {}


def guard(action: str, function: Guard) -> None:
    """Called once per process from an app's ``ready``: ``function(store_id, row_id)`` gives translated reasons."""
    known = _guards.setdefault(action, [])
    if function not in known:
        known.append(function)


def reasons(action: str, store_id: int, row_id: int) -> list[str]:
    """Why ``action`` (``warehouse.delete`` …) must not happen to the row; empty when it may."""
    return [reason for function in _guards.get(action, ()) for reason in function(store_id, row_id)]
