"""What the catalogue asks the apps above it, which it may not import: who uses a product, how an order is called.

Forms and orders register their answers once per process, in their ``ready``. Without an answer nobody uses anything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Use:
    """A form or an order that uses variants. ``active``: it sells or waits for them now."""

    kind: str
    id: int
    name: str
    variant_ids: frozenset[int]
    active: bool


UsesOf = Callable[[Collection[int]], list[Use]]
NamesOf = Callable[[Collection[int]], dict[int, str]]
_uses: dict[str, UsesOf] = {}
_names: dict[str, NamesOf] = {}


def register_uses(kind: str, answer: UsesOf) -> None:
    """``answer`` gets product ids and names what uses their variants (at most a hundred)."""
    _uses[kind] = answer


def register_order_names(answer: NamesOf) -> None:
    """``answer`` gets order ids and gives their numbers."""
    _names["order"] = answer


def uses_of(product_ids: Collection[int]) -> list[Use]:
    """Everything that uses variants of these products, in the current store."""
    return [use for answer in _uses.values() for use in answer(product_ids)]


def order_names(order_ids: Collection[int]) -> dict[int, str]:
    """Order id → order number."""
    answer = _names.get("order")
    return answer(order_ids) if answer and order_ids else {}
