"""What an order was promised, kept with it: a later edit is priced by its own terms, not by what its form says today
(mechanisms of the bill: docs/orders.md)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from bosonline.bill import CodFeePayer, CodTerms
from forms.content import content_full
from forms.pricing import subsidy_by
from forms.snapshot import Snapshot
from orders.models import Order
from stores.models import Courier

NO_SUBSIDY: dict[str, Any] = {"kind": "none", "value": 0, "min_goods": 0, "maximum": None}


@dataclass(frozen=True, slots=True)
class CourierTerms:
    """Basis points, and the least COD fee in rupiah."""

    cod_fee_bp: int = 0
    cod_fee_min: int = 0
    insurance_bp: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """``method_fees``: rupiah per payment method, negative for a discount. ``couriers``: by code. ``subsidy`` and
    ``subsidy_rules``: as the form's content has them."""

    method_fees: dict[str, int]
    cod_fee_payer: CodFeePayer
    cod_round_to: int
    couriers: dict[str, CourierTerms]
    subsidy: dict[str, Any]
    subsidy_rules: list[dict[str, Any]]

    def courier(self, code: str) -> CourierTerms:
        return self.couriers.get(code) or _courier_today(code)

    def cod(self, courier_code: str) -> CodTerms:
        courier = self.courier(courier_code)
        return CodTerms(courier.cod_fee_bp, courier.cod_fee_min, self.cod_fee_payer, self.cod_round_to)

    def subsidy_of(self, *, shipping: int, goods: int, province_code: str) -> int:
        return subsidy_by(self.subsidy, self.subsidy_rules, shipping=shipping, goods=goods, province_code=province_code)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def terms_from(snapshot: Snapshot) -> Terms:
    """The promise of a form as it is now."""
    content = snapshot.content
    return Terms(
        method_fees={name: method["fee"] for name, method in snapshot.methods.items()},
        cod_fee_payer="seller" if snapshot.store["cod_fee_payer"] == "seller" else "buyer",
        cod_round_to=snapshot.store["cod_round_to"],
        couriers={
            code: CourierTerms(row["cod_fee_bp"], row["cod_fee_min"], row["insurance_bp"])
            for code, row in snapshot.couriers.items()
        },
        subsidy=content["shipping_subsidy"],
        subsidy_rules=content["shipping_rules"],
    )


def terms_of(order: Order) -> Terms:
    """The order's own terms. One that was placed before they were kept, or without a form, takes what stands in its
    bill, and the form and store of today for the rest."""
    kept = order.terms
    if kept:
        return Terms(
            method_fees=kept["method_fees"],
            cod_fee_payer="seller" if kept["cod_fee_payer"] == "seller" else "buyer",
            cod_round_to=kept["cod_round_to"],
            couriers={code: CourierTerms(**row) for code, row in kept["couriers"].items()},
            subsidy=kept["subsidy"],
            subsidy_rules=kept["subsidy_rules"],
        )
    published = order.form.published if order.form else None
    content = content_full(published.content) if published else {}
    fees = {m["method"]: m["fee"] for m in content.get("payment_methods", [])} | {
        order.payment_method: order.method_fee
    }
    couriers = {}
    if order.cod_fee_bp:
        couriers[order.courier_code] = CourierTerms(order.cod_fee_bp, *_minimum_and_insurance(order.courier_code))
    return Terms(
        method_fees=fees,
        cod_fee_payer="seller" if order.cod_fee_payer == "seller" else "buyer",
        cod_round_to=order.store.cod_round_to,
        couriers=couriers,
        subsidy=content.get("shipping_subsidy", NO_SUBSIDY),
        subsidy_rules=content.get("shipping_rules", []),
    )


def _courier_today(code: str) -> CourierTerms:
    """A courier that the form did not offer (own choice of the seller): its rates of today."""
    row = Courier.objects.filter(code=code).first() if code else None
    return CourierTerms(row.cod_fee_bp, row.cod_fee_min, row.insurance_bp) if row else CourierTerms()


def _minimum_and_insurance(code: str) -> tuple[int, int]:
    today = _courier_today(code)
    return today.cod_fee_min, today.insurance_bp
