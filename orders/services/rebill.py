"""The one way an existing order is priced again (moving, another method, another courier, edited items and fees).

rebill(order, **changes)  →  BillChange: computed by the order's own terms, nothing written
bill_write(order, bill)   →  the columns; the caller opens a new way to pay where the total changed
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from django.db.models import Sum

from bosonline.bill import UNIQUE_MAX, Bill, compute_bill, insurance_of
from catalog.models import Voucher, VoucherUse
from orders.models import Order
from orders.services.terms import terms_of

COLUMNS = (
    "goods", "discount", "shipping", "shipping_discount", "insurance", "other_fee", "method_fee", "cod_fee", "cod_round",
    "unique_code", "total",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BillChange:
    """``difference`` in rupiah, without unique codes: positive is billed on top, negative is given back."""

    before: Bill
    after: Bill

    @property
    def difference(self) -> int:
        return (self.after.total - self.after.unique_code) - (self.before.total - self.before.unique_code)


def bill_from(order: Order) -> Bill:
    """The stored bill of an order."""
    return Bill(
        goods=order.goods,
        discount=order.discount,
        shipping=order.shipping,
        shipping_discount=order.shipping_discount,
        insurance=order.insurance,
        other_fee=order.other_fee,
        method_fee=order.method_fee,
        cod_fee=order.cod_fee,
        cod_fee_payer="seller" if order.cod_fee_payer == "seller" else "buyer",
        cod_round=order.cod_round,
        unique_code=order.unique_code,
        total=order.total,
    )


def rebill(
    order: Order,
    *,
    method: str | None = None,
    method_fee: int | None = None,
    courier_code: str | None = None,
    shipping: int | None = None,
    province_code: str | None = None,
    goods: int | None = None,
    discount: int | None = None,
    insured: bool | None = None,
    other_fee: int | None = None,
    unique_code: int = 0,
) -> BillChange:
    """Price ``order`` with these changes by its own terms; what is not named stays. All money in rupiah.

    A changed shipping price, goods value or province asks the subsidy rules anew; the discount of a shipping voucher
    stays as it was promised. ``method_fee`` overrides what the terms say of the method. ``unique_code`` is the number to
    use (:func:`code_draw`), 0 for none.
    """
    terms = terms_of(order)
    before = bill_from(order)
    way = method or order.payment_method
    courier = order.courier_code if courier_code is None else courier_code
    new_goods = order.goods if goods is None else goods
    new_shipping = order.shipping if shipping is None else shipping
    off = order.shipping_discount
    if shipping is not None or goods is not None or province_code is not None:
        province = province_code if province_code is not None else (order.district_id or "")[:2]
        subsidy = terms.subsidy_of(shipping=new_shipping, goods=new_goods, province_code=province)
        off = _shipping_vouchers(order) + subsidy
    is_insured = bool(order.insurance) if insured is None else insured
    insurance = order.insurance if insured is None and goods is None and courier_code is None else 0
    if is_insured and not insurance:
        insurance = insurance_of(new_goods, terms.courier(courier).insurance_bp)
    fee = terms.method_fees.get(way, 0) if method_fee is None else method_fee
    bill = compute_bill(
        lines=(),
        package_price=new_goods,
        discount=order.discount if discount is None else discount,
        shipping=new_shipping,
        shipping_discount=off,
        insurance=insurance,
        other_fee=order.other_fee if other_fee is None else other_fee,
        method_fee=fee if method or method_fee is not None else order.method_fee,
        cod=terms.cod(courier) if way == Order.Method.COD else None,
        unique_code=unique_code,
    )
    if bill.unique_code and bill.total <= bill.unique_code:  # nothing to transfer
        bill = replace(bill, unique_code=0, total=0)
    return BillChange(before, bill)


def _shipping_vouchers(order: Order) -> int:
    """Rupiah that vouchers take off this order's shipping."""
    uses = VoucherUse.objects.filter(order_id=order.pk, released_at__isnull=True, voucher__kind=Voucher.Kind.SHIPPING)
    return int(uses.aggregate(sum=Sum("amount"))["sum"] or 0)


def code_draw(*, method: str, is_enabled: bool, is_last_try: bool = False) -> int:
    """A unique code, 1–999 rupiah, that makes a transfer known by its amount; 0 for other methods, where the store does
    not want it, and at the last try of a store with very many equal open transfers."""
    if method != Order.Method.BANK_TRANSFER or not is_enabled or is_last_try:
        return 0
    return secrets.randbelow(UNIQUE_MAX) + 1


def bill_write(order: Order, bill: Bill, *, courier_code: str | None = None) -> None:
    """Write the bill of the (locked) order. ``courier_code``: with the COD rate of that courier."""
    columns = list(COLUMNS)
    for name in COLUMNS:
        setattr(order, name, getattr(bill, name))
    if courier_code is not None:
        order.cod_fee_bp = terms_of(order).courier(courier_code).cod_fee_bp
        columns.append("cod_fee_bp")
    if order.is_cod:
        order.cod_fee_payer = bill.cod_fee_payer
        columns.append("cod_fee_payer")
    order.save(update_fields=columns)
