"""The price shown is the price charged: the page's arithmetic equals the server's for every combination, by a table that the
server's own function makes."""

from __future__ import annotations

from itertools import product
from typing import Any

from bosonline.bill import CodTerms, compute_bill
from tests.kernel.test_cleaning import in_javascript

GOODS = (0, 1, 49_999, 135_000, 9_999_999)
DISCOUNTS = (0, 13_000, 500_000)
SHIPPING = ((0, 0), (15_000, 0), (15_000, 7_500), (17_333, 40_000))
INSURANCE = (0, 400)
METHOD_FEES = (0, 2_500, -2_000, -900_000)
COD = (None, *(CodTerms(bp, least, payer, step) for bp, least in ((0, 0), (300, 2_000), (333, 0))
               for payer in ("buyer", "seller") for step in (0, 500, 1000)))  # fmt: skip


def test_the_page_says_the_servers_bill_for_every_combination() -> None:
    cases: list[dict[str, Any]] = []
    expected = []
    for goods, discount, (shipping, off), insurance, fee, cod in product(
        GOODS, DISCOUNTS, SHIPPING, INSURANCE, METHOD_FEES, COD
    ):
        bill = compute_bill(
            lines=(), package_price=goods, discount=discount, shipping=shipping, shipping_discount=off,
            insurance=insurance, method_fee=fee, cod=cod,
        )  # fmt: skip
        terms = cod and {"rate_bp": cod.rate_bp, "minimum": cod.minimum, "payer": cod.payer, "round_to": cod.round_to}
        cases.append(
            {"goods": goods, "discount": discount, "shipping": shipping, "shippingDiscount": off, "insurance": insurance,
             "methodFee": fee, "cod": terms}
        )  # fmt: skip
        expected.append(
            {"discount": bill.discount, "shipOff": bill.shipping_discount, "codRound": bill.cod_round, "total": bill.total,
             "codFee": bill.cod_fee if cod and bill.cod_fee_payer == "buyer" else 0}
        )  # fmt: skip
    answers: list[Any] = in_javascript("static/src/buyer/bill.js", "computeBill", cases)  # type: ignore[arg-type]
    wrong = [(c, e, a) for c, e, a in zip(cases, expected, answers, strict=True) if a != e]
    assert len(cases) > 5_000 and not wrong, wrong[:3]


def test_the_case_that_was_told_wrongly() -> None:
    """COD with a product voucher: the fee is on what is left, on the page as in the bill."""
    case = {"goods": 130_000, "discount": 13_000, "shipping": 15_000, "cod": {"rate_bp": 300, "minimum": 0,
            "payer": "buyer", "round_to": 0}}  # fmt: skip
    (answer,) = in_javascript("static/src/buyer/bill.js", "computeBill", [case])  # type: ignore[list-item]
    assert answer == {"discount": 13_000, "shipOff": 0, "codFee": 3_960, "codRound": 0, "total": 135_960}
