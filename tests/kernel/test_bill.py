"""The bill of product.md §4, against a naive computation with exact fractions."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from hypothesis import given
from hypothesis import strategies as st

from bosonline.bill import BillLine, CodTerms, Tier, chargeable_grams, compute_bill, insurance_of, seller_income
from bosonline.money import discount_of, fee_of, format_rupiah, round_up_to

rupiah = st.integers(0, 50_000_000)
lines = st.lists(st.builds(BillLine, price=rupiah, qty=st.integers(1, 1000)), min_size=1, max_size=5)
terms = st.none() | st.builds(
    CodTerms, rate_bp=st.integers(0, 2000), minimum=st.integers(0, 20_000), payer=st.sampled_from(["buyer", "seller"])
)


@given(
    lines,
    rupiah,
    rupiah,
    rupiah,
    rupiah,
    st.integers(-100_000, 100_000),
    st.integers(-50_000, 50_000),
    terms,
    st.integers(0, 999),
)
def test_the_total_is_the_sum_of_its_parts_and_never_negative(
    lines: list[BillLine], discount: int, shipping: int, off: int, insurance: int, other: int, method: int,
    cod: CodTerms | None, unique: int,
) -> None:  # fmt: skip
    bill = compute_bill(
        lines=lines, discount=discount, shipping=shipping, shipping_discount=off, insurance=insurance, other_fee=other,
        method_fee=method, cod=cod, unique_code=unique,
    )  # fmt: skip
    goods = sum(line.price * line.qty for line in lines)
    assert bill.goods == goods
    assert bill.discount == min(discount, goods)
    assert bill.shipping_discount == min(off, shipping)
    base = goods - bill.discount + shipping - bill.shipping_discount + insurance + other + method
    if cod is None or base <= 0:
        assert bill.cod_fee == 0
    else:
        assert bill.cod_fee == max(ceil(Fraction(base * cod.rate_bp, 10_000)), cod.minimum)
    paid_by_buyer = bill.cod_fee if cod and cod.payer == "buyer" else 0
    assert bill.total == max(base + paid_by_buyer + unique, 0)
    assert bill.total == (
        bill.goods - bill.discount + bill.shipping - bill.shipping_discount + bill.insurance + bill.other_fee
        + bill.method_fee + paid_by_buyer + bill.unique_code
    )  # fmt: skip


@given(
    st.lists(st.builds(Tier, min_qty=st.integers(2, 500), price=rupiah), max_size=5, unique_by=lambda t: t.min_qty),
    rupiah,
    st.integers(1, 600),
)
def test_the_unit_price_is_that_of_the_largest_tier_reached(tiers: list[Tier], price: int, qty: int) -> None:
    reached = [t for t in tiers if t.min_qty <= qty]
    wanted = max(reached, key=lambda t: t.min_qty).price if reached else price
    assert BillLine(price, qty, tuple(tiers)).unit_price == wanted


@given(rupiah, st.integers(0, 10_000))
def test_fees_round_up_and_discounts_round_down(amount: int, rate: int) -> None:
    exact = Fraction(amount * rate, 10_000)
    assert fee_of(amount, rate) == (ceil(exact) if amount else 0)
    assert discount_of(amount, rate) == floor(exact)
    assert insurance_of(amount, rate) % 100 == 0
    assert insurance_of(amount, rate) >= exact


def test_a_cod_order_by_hand() -> None:
    """Rp 195.000 + ongkir 12.000 − 5.000 subsidy, 3 %: the figures of an order on screen."""
    bill = compute_bill(lines=[BillLine(65_000, 3)], shipping=12_000, shipping_discount=5_000, cod=CodTerms())
    assert (bill.cod_fee, bill.total) == (6_060, 208_060)
    income = seller_income(total=208_060, courier_shipping=12_000, cod_fee=6_060, method_cost=0, cost_of_goods=96_000)
    assert (income.cod_fee_vat, income.net, income.profit) == (667, 189_333, 93_333)


def test_weights_and_words() -> None:
    assert chargeable_grams(weight_grams=500, length_cm=30, width_cm=20, height_cm=10) == 1000
    assert chargeable_grams(weight_grams=1500, length_cm=10, width_cm=10, height_cm=10) == 1500
    assert round_up_to(1, 100) == 100
    assert format_rupiah(1_234_567) == "Rp 1.234.567"
    assert format_rupiah(-500) == "−Rp 500"
