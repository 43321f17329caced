"""Which variants stay the same when attributes change, and what makes a set of them valid."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bosonline.bill import BillLine, Tier
from bosonline.errors import ValidationFailed
from catalog.services.bulk import computed, edit_of
from catalog.services.variants import MAX_VARIANTS, attributes_clean, tiers_check, variants_match

NAMES = ["Ukuran", "Warna", "Rasa"]
items = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=4, unique=True)


def combinations(parts: list[list[str]]) -> list[tuple[str, ...]]:
    return list(product(*parts))


@given(st.lists(items, min_size=0, max_size=3), st.data())
def test_equal_options_are_the_same_variant_in_any_order(parts: list[list[str]], data: Any) -> None:
    old = list(enumerate(combinations(parts), 1))
    new = data.draw(st.permutations([options for _pk, options in old]))
    names = NAMES[: len(parts)]
    by_options = {options: pk for pk, options in old}
    matched = variants_match(names, old, names, [(None, [o.upper() for o in options]) for options in new])
    assert matched == [by_options[options] for options in new]


@given(st.lists(items, min_size=1, max_size=3), st.lists(items, min_size=1, max_size=3), st.integers(0, 2))
def test_no_variant_is_given_twice(before: list[list[str]], after: list[list[str]], shift: int) -> None:
    old = list(enumerate(combinations(before), 1))
    new_names = (NAMES[shift:] + NAMES[:shift])[: len(after)]
    matched = variants_match(NAMES[: len(before)], old, new_names, [(None, o) for o in combinations(after)])
    given_ids = [pk for pk in matched if pk is not None]
    assert len(given_ids) == len(set(given_ids)) and set(given_ids) <= {pk for pk, _o in old}


@given(items, items)
def test_an_added_attribute_keeps_every_variant(sizes: list[str], colours: list[str]) -> None:
    old = list(enumerate([(s,) for s in sizes], 1))
    new = combinations([sizes, colours])
    matched = variants_match(["Ukuran"], old, ["Ukuran", "Warna"], [(None, o) for o in new])
    assert sorted(pk for pk in matched if pk) == [pk for pk, _o in old]
    for pk, options in old:
        assert new[matched.index(pk)] == (options[0], colours[0])


def test_a_product_without_attributes_becomes_its_first_variant() -> None:
    assert variants_match([], [(7, [])], ["Ukuran"], [(None, ["S"]), (None, ["M"])]) == [7, None]


def test_another_attribute_in_place_of_one_continues_nothing() -> None:
    assert variants_match(["Ukuran"], [(7, ["S"])], ["Warna"], [(None, ["Merah"])]) == [None]


def test_a_named_variant_keeps_its_id_under_a_new_name() -> None:
    assert variants_match(["U"], [(7, ["S"]), (8, ["M"])], ["U"], [(8, ["L"]), (None, ["S"])]) == [8, 7]
    with pytest.raises(ValidationFailed):
        variants_match(["U"], [(7, ["S"])], ["U"], [(7, ["S"]), (7, ["M"])])


def test_a_hundred_times_a_hundred_times_a_hundred_is_refused_with_the_count() -> None:
    many = [{"name": n, "items": [str(i) for i in range(100)]} for n in NAMES]
    with pytest.raises(ValidationFailed) as caught:
        attributes_clean(many)
    assert caught.value.code == "too_many_variants"
    assert "1000000" in caught.value.message and str(MAX_VARIANTS) in caught.value.message


tier_lists = st.lists(st.fixed_dictionaries({"min_qty": st.integers(2, 50), "price": st.integers(0, 1000)}), max_size=5)


@given(st.integers(0, 1000), tier_lists, st.integers(1, 60))
def test_accepted_tiers_never_make_more_pieces_dearer_each(price: int, tiers: list[dict[str, int]], qty: int) -> None:
    try:
        tiers_check(tiers, price)
    except ValidationFailed:
        return
    best = [price, *[t["price"] for t in tiers if t["min_qty"] <= qty]]
    line = BillLine(price, qty, tuple(Tier(**t) for t in tiers))
    assert line.unit_price == best[-1] == min(best)


@given(st.integers(0, 10**9), st.integers(-99, 1000), st.sampled_from([1, 100, 500, 1000]))
def test_a_percentage_is_rounded_down_to_the_step(price: int, percent: int, step: int) -> None:
    edit = edit_of(target="products", ids=[1], field="price", mode="percent", value=str(percent), round_to=step)
    after = computed(price, edit)
    exact = price * (100 + percent) / 100
    assert after % step == 0 and after <= exact + 1 and exact - after < step + 1
