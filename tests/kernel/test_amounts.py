"""One reading of amounts at every door that takes them as text: 20.000 is twenty thousand, 12.5 is no rupiah."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError

from bosonline.cleaning import whole_of
from bosonline.errors import DomainError
from bosonline.formfields import WholeField
from catalog.transfer.widgets import Whole
from catalog.views.products import BulkEditPage
from forms.views.onboarding import OnboardingPage
from orders.actions import Facts

ROOT = Path(__file__).parents[2]
AMOUNTS = {
    "20000": 20_000, "20.000": 20_000, "20,000": 20_000, "Rp 20.000": 20_000, "Rp20.000,-": 20_000, "IDR 20.000,00": 20_000,
    " 1.250.000 ": 1_250_000, "٢٠٠٠٠": 20_000, "0": 0, "1.000": 1_000,
}  # fmt: skip
NONE = ("12.5", "12,50", "1.00.000", "dua puluh", "20k", "1e5", "²", "5²", "½", "1.25.0")


def by_field(text: str) -> Any:
    return WholeField().clean(text)


def by_facts(text: str) -> Any:
    return Facts({"amount": text}).rupiah("amount")


def by_import(text: str) -> Any:
    return Whole(0, 10**12).clean(text)


def by_bulk(text: str) -> Any:
    form = {"field": "price", "mode": "set", "value_price": text, "round_to": "1"}
    return int(BulkEditPage._edit("variants", [1], form).value)


def by_first_steps(text: str) -> Any:
    row = {"price": text, "option": "", "weight": "", "stock": "", "sku": ""}
    return OnboardingPage._variant(row, 1, "")["price"]


DOORS = (by_field, by_facts, by_import, by_bulk, by_first_steps)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("text", AMOUNTS)
def test_an_amount_is_the_same_at_every_door(door: Any, text: str) -> None:
    assert whole_of(text) == door(text) == AMOUNTS[text]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("text", NONE)
def test_what_is_no_amount_is_refused_and_never_guessed(door: Any, text: str) -> None:
    assert whole_of(text) is None
    with pytest.raises((DomainError, ValidationError, ValueError)):
        door(text)


def test_no_page_reads_numbers_with_djangos_own_field() -> None:
    """It takes 20.000 for 20. An id that a script fills in may be read by it."""
    allowed = {"stores/forms.py": 1}
    for path in ROOT.glob("*/**/*.py"):
        name = str(path.relative_to(ROOT))
        if name.split("/")[0] in ("bosonline", "stores", "sellers", "catalog", "forms", "orders", "adminpanel"):
            found = path.read_text().count("forms.IntegerField(") - (name == "bosonline/formfields.py")
            assert max(found, 0) == allowed.get(name, 0), name
    assert forms.IntegerField().clean("20.000") == 20, "why it is not used"
