"""From what a buyer chose to a bill: the one computation behind the rates, the vouchers and the order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from bosonline.bill import Bill, BillLine, CodTerms, Tier, compute_bill, insurance_of
from bosonline.errors import Conflict, ValidationFailed
from bosonline.money import discount_of
from forms.snapshot import Snapshot, SoldVariant

MAX_QTY = 1000
MAX_LINES = 20


@dataclass(frozen=True, slots=True)
class Line:
    """A chosen variant. ``unit_price`` is None where wholesale tiers decide; a package or bump sets ``total``."""

    variant: SoldVariant
    qty: int
    total: int
    unit_price: int
    is_bump: bool = False
    package_name: str = ""


@dataclass(frozen=True, slots=True)
class Basket:
    """Lines with their goods value in rupiah and their weight in grams."""

    lines: tuple[Line, ...]
    goods: int
    weight_grams: int

    @property
    def quantity(self) -> int:
        return sum(line.qty for line in self.lines)

    @property
    def cost(self) -> int:
        return sum(line.variant.cost_price * line.qty for line in self.lines)

    def pieces(self) -> dict[int, int]:
        """Pieces per variant, packages and bump included."""
        wanted: dict[int, int] = {}
        for line in self.lines:
            wanted[line.variant.variant_id] = wanted.get(line.variant.variant_id, 0) + line.qty
        return wanted

    def goods_by_product(self) -> dict[int, int]:
        totals: dict[int, int] = {}
        for line in self.lines:
            totals[line.variant.product_id] = totals.get(line.variant.product_id, 0) + line.total
        return totals


def basket_of(snapshot: Snapshot, *, items: list[dict[str, int]], package_id: str | None, bump: bool) -> Basket:
    """Price the choice from the snapshot; the browser's own figures are never looked at.

    Raises :class:`ValidationFailed` at ``items.<n>.…`` or ``package_id`` for what the form does not sell.
    """
    lines: list[Line] = []
    if package_id:
        package = snapshot.package_map.get(package_id)
        if package is None:
            raise ValidationFailed.field("package_id", _("This package is not offered."))
        lines += _package_lines(snapshot, package)
    if len(items) > MAX_LINES:
        raise ValidationFailed.field("items", _("Too many different items."))
    if not package_id:
        merged: dict[int, int] = {}
        for index, item in enumerate(items):
            variant_id, qty = item["variant_id"], item["qty"]
            if variant_id not in snapshot.variants or variant_id not in snapshot.content["variant_ids"]:
                raise ValidationFailed.field(f"items.{index}.variant_id", _("This item is not offered here."))
            merged[variant_id] = merged.get(variant_id, 0) + qty
            if merged[variant_id] > MAX_QTY:
                raise ValidationFailed.field(
                    f"items.{index}.qty", _("At most %(count)s pieces per order.") % {"count": MAX_QTY}
                )
        for variant_id, qty in merged.items():
            variant = snapshot.variants[variant_id]
            bill_line = BillLine(variant.price, qty, tuple(Tier(**t) for t in variant.tiers))
            lines.append(Line(variant, qty, bill_line.total, bill_line.unit_price))
    if not lines:
        raise ValidationFailed.field("items", _("Choose at least one item."))
    offer = snapshot.content["bump"] if "bump" in snapshot.content["sections"] else None
    if bump and offer and offer["variant_id"] in snapshot.variants:
        variant = snapshot.variants[offer["variant_id"]]
        lines.append(Line(variant, 1, offer["price"], offer["price"], is_bump=True))
    return Basket(
        tuple(lines),
        sum(line.total for line in lines),
        sum(line.variant.weight_grams * line.qty for line in lines),
    )


def _package_lines(snapshot: Snapshot, package: dict[str, Any]) -> list[Line]:
    """Spread the package's price over its pieces by value; the last line takes what rounding leaves."""
    parts = [(snapshot.variants.get(i["variant_id"]), i["qty"]) for i in package["items"]]
    known = [(variant, qty) for variant, qty in parts if variant is not None]
    if len(known) != len(parts):
        raise Conflict(_("This package is not available any more."), code="out_of_stock", extra={"left": 0})
    worth = sum(variant.price * qty for variant, qty in known) or 1
    lines: list[Line] = []
    rest = package["price"]
    for index, (variant, qty) in enumerate(known):
        share = rest if index == len(known) - 1 else package["price"] * variant.price * qty // worth
        rest -= share
        lines.append(Line(variant, qty, share, share // qty, package_name=package["name"]))
    return lines


def subsidy_of(snapshot: Snapshot, *, shipping: int, goods: int, province_code: str = "") -> int:
    """Rupiah of the shipping that the seller takes over.

    A rule for the buyer's province takes the place of the general one; of several such rules the best for the buyer.
    """
    content = snapshot.content
    return subsidy_by(
        content["shipping_subsidy"],
        content["shipping_rules"],
        shipping=shipping,
        goods=goods,
        province_code=province_code,
    )


def subsidy_by(
    general: dict[str, Any], by_province: list[dict[str, Any]], *, shipping: int, goods: int, province_code: str
) -> int:
    """:func:`subsidy_of` by the rules themselves (those of a form, or those that an order was promised)."""
    rules = [r for r in by_province if province_code and province_code in r["province_codes"]]
    return max(_rule_value(r, shipping, goods) for r in rules or [general])


def _rule_value(rule: dict[str, Any], shipping: int, goods: int) -> int:
    if shipping <= 0 or goods < rule["min_goods"]:
        return 0
    match rule["kind"]:
        case "fixed":
            value = rule["value"]
        case "percent":
            value = discount_of(shipping, min(rule["value"], 100) * 100, maximum=rule["maximum"])
        case "free_above":
            value = shipping if rule["maximum"] is None else rule["maximum"]
        case _:
            value = 0
    return min(value, shipping)


def cod_terms(snapshot: Snapshot, courier_code: str) -> CodTerms:
    courier = snapshot.couriers.get(courier_code)
    payer, round_to = snapshot.store["cod_fee_payer"], snapshot.store["cod_round_to"]
    if courier is None:
        return CodTerms(
            rate_bp=0, payer=payer, round_to=round_to
        )  # not chosen yet: CS names the fee together with the courier
    return CodTerms(courier["cod_fee_bp"], courier["cod_fee_min"], payer, round_to)


def bill_of(
    snapshot: Snapshot,
    basket: Basket,
    *,
    method: str,
    courier_code: str,
    shipping: int,
    insured: bool = False,
    discount: int = 0,
    shipping_voucher: int = 0,
    unique_code: int = 0,
    province_code: str = "",
) -> Bill:
    """The bill of a basket with a chosen courier and method. All money in rupiah."""
    subsidy = subsidy_of(snapshot, shipping=shipping, goods=basket.goods, province_code=province_code)
    rate = snapshot.couriers.get(courier_code, {}).get("insurance_bp", 0)
    return compute_bill(
        lines=(),
        package_price=basket.goods,
        discount=discount,
        shipping=shipping,
        shipping_discount=shipping_voucher + subsidy,
        insurance=insurance_of(basket.goods, rate) if insured else 0,
        method_fee=snapshot.methods[method]["fee"],
        cod=cod_terms(snapshot, courier_code) if method == "cod" else None,
        unique_code=unique_code,
    )
