"""The bill: one pure function used by checkout, edits, API and pages (product.md §4).

All amounts are whole rupiah. The caller brings discounts already limited by the voucher's own rules;
this function only enforces what holds for every bill (no discount above what it discounts, total ≥ 0).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Literal

from bosonline.money import BASIS_POINTS, ceil_div, fee_of, round_up_to

CodFeePayer = Literal["buyer", "seller"]

VAT_BP = 1_100  # PPN 11 % on the courier's COD fee
INSURANCE_STEP = 100  # rupiah
UNIQUE_MAX = 999  # rupiah: the largest unique code of a transfer, 1 is the least


@dataclass(frozen=True, slots=True)
class Tier:
    """A wholesale price: ``price`` rupiah each from ``min_qty`` pieces on."""

    min_qty: int
    price: int


@dataclass(frozen=True, slots=True)
class BillLine:
    """``qty`` pieces of one variant. ``price`` is the single price, before wholesale tiers."""

    price: int
    qty: int
    tiers: Sequence[Tier] = ()
    cost_price: int = 0

    @property
    def unit_price(self) -> int:
        """The price of the largest tier whose ``min_qty`` is reached, else the single price."""
        best: Tier | None = None
        for tier in self.tiers:
            if tier.min_qty <= self.qty and (best is None or tier.min_qty > best.min_qty):
                best = tier
        return self.price if best is None else best.price

    @property
    def total(self) -> int:
        return self.unit_price * self.qty


@dataclass(frozen=True, slots=True)
class CodTerms:
    """The COD fee of a courier: basis points with a minimum in rupiah, who pays it, and to which step of rupiah the
    store rounds what the buyer has in hand (0: not)."""

    rate_bp: int = 300
    minimum: int = 0
    payer: CodFeePayer = "buyer"
    round_to: int = 0


@dataclass(frozen=True, slots=True)
class Bill:
    """What the buyer is billed. Field names are those of the API's ``bill`` object."""

    goods: int
    discount: int
    shipping: int
    shipping_discount: int
    insurance: int
    other_fee: int
    method_fee: int
    cod_fee: int
    cod_fee_payer: CodFeePayer
    cod_round: int
    unique_code: int
    total: int

    def as_api(self) -> dict[str, int]:
        """The ``bill`` object of ``api.md``."""
        return {name: getattr(self, name) for name in _BILL_LINES}


_BILL_LINES = tuple(f.name for f in fields(Bill) if f.name != "cod_fee_payer")


@dataclass(frozen=True, slots=True)
class SellerIncome:
    """What is left to the seller, in rupiah (product.md §4, "Rincian pendapatan penjual")."""

    paid: int
    courier_shipping: int
    cod_fee: int
    cod_fee_vat: int
    method_cost: int
    net: int
    cost_of_goods: int
    profit: int


def insurance_of(goods: int, rate_bp: int) -> int:
    """Insurance on goods worth ``goods`` rupiah: the rate, rounded up to 100 rupiah."""
    if goods <= 0 or rate_bp <= 0:
        return 0
    return round_up_to(ceil_div(goods * rate_bp, BASIS_POINTS), INSURANCE_STEP)


def compute_bill(
    *,
    lines: Iterable[BillLine],
    discount: int = 0,
    shipping: int = 0,
    shipping_discount: int = 0,
    insurance: int = 0,
    other_fee: int = 0,
    method_fee: int = 0,
    cod: CodTerms | None = None,
    unique_code: int = 0,
    package_price: int | None = None,
) -> Bill:
    """Compute a bill.

    ``package_price`` replaces the sum of the lines when a package with its own price was chosen; extra lines
    (an order bump) must then already be part of it. ``cod`` is given for COD orders only.
    """
    goods = sum(line.total for line in lines) if package_price is None else package_price
    discount = min(max(discount, 0), goods)
    shipping_discount = min(max(shipping_discount, 0), shipping)
    base = goods - discount + shipping - shipping_discount + insurance + other_fee + method_fee
    cod_fee = fee_of(base, cod.rate_bp, minimum=cod.minimum) if cod else 0
    payer: CodFeePayer = cod.payer if cod else "buyer"
    total = base + (cod_fee if payer == "buyer" else 0) + unique_code
    # never below 0: what the seller takes off beyond that is not taken off, so that the parts still make the total
    if total < 0:
        back = min(-total, max(-method_fee, 0))
        method_fee, total = method_fee + back, total + back
        other_fee, total = other_fee - total, 0
    cod_round = round_up_to(total, cod.round_to) - total if cod and cod.round_to and total else 0
    return Bill(
        goods=goods,
        discount=discount,
        shipping=shipping,
        shipping_discount=shipping_discount,
        insurance=insurance,
        other_fee=other_fee,
        method_fee=method_fee,
        cod_fee=cod_fee,
        cod_fee_payer=payer,
        cod_round=cod_round,
        unique_code=unique_code,
        total=total + cod_round,
    )


def seller_income(
    *, total: int, courier_shipping: int, cod_fee: int, method_cost: int, cost_of_goods: int, insurance: int = 0
) -> SellerIncome:
    """Income of one order. The courier takes its COD fee and the VAT on it out of what it collects."""
    vat = ceil_div(cod_fee * VAT_BP, BASIS_POINTS) if cod_fee > 0 else 0
    net = total - courier_shipping - insurance - cod_fee - vat - method_cost
    return SellerIncome(
        paid=total,
        courier_shipping=courier_shipping + insurance,
        cod_fee=cod_fee,
        cod_fee_vat=vat,
        method_cost=method_cost,
        net=net,
        cost_of_goods=cost_of_goods,
        profit=net - cost_of_goods,
    )


def chargeable_grams(
    *, weight_grams: int, length_cm: int = 0, width_cm: int = 0, height_cm: int = 0, divisor: int = 6000
) -> int:
    """The larger of actual and volumetric weight in grams (L×W×H / divisor per kg); product.md §4."""
    volumetric = ceil_div(length_cm * width_cm * height_cm * 1000, divisor) if divisor > 0 else 0
    return max(weight_grams, volumetric)
