"""What forms want to know of the apps above them, without importing them. ``orders`` fills this when it is ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import Expression, IntegerField, Value


@dataclass(frozen=True, slots=True)
class OrderFigures:
    """Orders of a form (tests excepted) and their sum in rupiah (cancelled excepted)."""

    orders: int = 0
    amount: int = 0
    # what a quota counts: without cancelled ones
    alive: int = 0


Counter = Callable[[Sequence[int]], dict[int, OrderFigures]]


def _nobody(_form_ids: Sequence[int]) -> dict[int, OrderFigures]:
    return {}


def _none() -> Expression:
    return Value(0, output_field=IntegerField())


_counter: Counter = _nobody
_order_count: Callable[[], Expression] = _none


def count_orders_with(function: Counter, order_count: Callable[[], Expression]) -> None:
    """``order_count`` builds what counts a form's orders (tests excepted) inside a query of forms."""
    global _counter, _order_count
    _counter, _order_count = function, order_count


def orders_of_forms(form_ids: Sequence[int]) -> dict[int, OrderFigures]:
    """Per form of the current store; forms without orders may be missing."""
    return _counter(form_ids) if form_ids else {}


def order_count() -> Expression:
    """A form's orders as an expression over ``OrderForm`` rows: for sorting a list by them."""
    return _order_count()
