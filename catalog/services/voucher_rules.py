"""The twelve checks of product.md §5, in their order, what each says to the buyer, and what a voucher takes off."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from bosonline.money import discount_of, format_rupiah
from catalog.models import Voucher


@dataclass(frozen=True, slots=True)
class VoucherContext:
    """What a checkout knows when it asks. ``goods_by_product`` in rupiah after wholesale tiers, before discounts."""

    payment_method: str
    phone: str
    today: date
    goods_by_product: dict[int, int]
    quantity: int
    province_code: str
    courier_code: str
    shipping: int
    uses_by_buyer: int = 0

    @property
    def goods(self) -> int:
        return sum(self.goods_by_product.values())


def voucher_check(voucher: Voucher | None, product_ids: Collection[int], context: VoucherContext) -> str | None:
    """The code of the first rule that fails, or None. ``product_ids``: what the voucher covers, empty = all."""
    if voucher is None or not voucher.is_active or voucher.deleted_at is not None:
        return "voucher_not_found"
    if voucher.payment_methods and context.payment_method not in voucher.payment_methods:
        return "voucher_payment_method"
    if context.uses_by_buyer >= voucher.voucher_limit:
        return "voucher_limit_reached"
    if voucher.used >= voucher.stock:
        return "voucher_used_up"
    if not voucher.start_date <= context.today <= voucher.end_date:
        return "voucher_not_now"
    if product_ids and not set(product_ids) & set(context.goods_by_product):
        return "voucher_product"
    if context.goods < voucher.min_purchase:
        return "voucher_min_purchase"
    targets = Voucher.Target
    if voucher.apply_target_type == targets.AREA and context.province_code not in voucher.province_codes:
        return "voucher_area"
    if voucher.apply_target_type == targets.COURIER and context.courier_code not in voucher.courier_codes:
        return "voucher_courier"
    if context.quantity < voucher.min_qty:
        return "voucher_min_qty"
    if voucher.value_type == Voucher.ValueType.PERCENT and not 1 <= voucher.value <= 100:
        return "voucher_percent"
    if voucher.value_type == Voucher.ValueType.FIXED and voucher.value <= 0:
        return "voucher_value"
    return None


def voucher_message(code: str, voucher: Voucher | None = None) -> str:
    """What the buyer reads. With the ``voucher`` the message names its figure (a minimum, a day)."""
    if voucher is not None:
        if code == "voucher_min_purchase":
            return _("Buy for at least %(amount)s to use this voucher.") % {
                "amount": format_rupiah(voucher.min_purchase)
            }
        if code == "voucher_min_qty":
            return _("Take at least %(count)s pieces to use this voucher.") % {"count": voucher.min_qty}
    return {
        "voucher_not_found": _("This voucher code is not known."),
        "voucher_payment_method": _("This voucher is not for this payment method."),
        "voucher_limit_reached": _("You have used this voucher as often as it allows."),
        "voucher_used_up": _("This voucher is used up."),
        "voucher_not_now": _("This voucher is not valid today."),
        "voucher_product": _("This voucher is not for these products."),
        "voucher_min_purchase": _("The purchase is too small for this voucher."),
        "voucher_area": _("This voucher is not for your area."),
        "voucher_courier": _("This voucher is not for this courier."),
        "voucher_min_qty": _("There are too few pieces for this voucher."),
        "voucher_percent": _("This voucher's percentage is set up wrongly. Please tell the seller."),
        "voucher_value": _("This voucher's amount is set up wrongly. Please tell the seller."),
    }[code]


def voucher_amount(voucher: Voucher, product_ids: Collection[int], context: VoucherContext) -> int:
    """Rupiah this voucher takes off: from the covered goods, or from shipping."""
    if voucher.kind == Voucher.Kind.SHIPPING:
        base = context.shipping
    else:
        base = sum(v for pid, v in context.goods_by_product.items() if not product_ids or pid in product_ids)
    if voucher.value_type == Voucher.ValueType.PERCENT:
        return discount_of(base, voucher.value * 100, maximum=voucher.max_discount)
    return min(voucher.value, base)
