"""What layers above answer for a person's or a store's end; they register in their ``ready()``.

``sellers`` must not import ``orders`` or ``forms``, but a place may only be removed once its work is handed over, and an
erased store's orders must be anonymised in the same breath. Calls are explicit and run inside the caller's transaction
and store scope.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Count = Callable[[int], int]
HandOver = Callable[[int, int, Any], int]
Erase = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class StaffWork:
    """``count(membership_id)``: open pieces of work. ``hand_over(from_id, to_id, member)``: how many were moved."""

    name: str
    count: Count
    hand_over: HandOver


_work: dict[str, StaffWork] = {}
_erasers: dict[str, Erase] = {}


def register_staff_work(work: StaffWork) -> None:
    _work[work.name] = work


def register_erasure(name: str, erase: Erase) -> None:
    """``erase(store_id)`` removes personal data of a store's rows; amounts and counts stay."""
    _erasers[name] = erase


def open_work(membership_id: int) -> int:
    return sum(work.count(membership_id) for work in _work.values())


def hand_over_work(from_id: int, to_id: int, member: Any) -> int:
    return sum(work.hand_over(from_id, to_id, member) for work in _work.values())


def erase_store(store_id: int) -> None:
    for erase in _erasers.values():
        erase(store_id)
