"""What a submit must be right in before it is written. Every refusal names the field (api.md)."""

from __future__ import annotations

import re
import zoneinfo
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bosonline import cleaning
from bosonline.errors import ValidationFailed
from bosonline.phone import InvalidPhone, normalise
from catalog.models import Voucher, VoucherUse
from catalog.services.vouchers import VoucherContext, voucher_amount, voucher_check
from forms.pricing import Basket
from forms.services.rates import Quote
from forms.snapshot import Snapshot
from orders.services.placement.refusals import refusal
from orders.services.placement.types import CheckoutInput
from stores.areas import postal_code_of
from stores.queries import Area, area_of


def form_open(snapshot: Snapshot, now: datetime) -> None:
    """Published and within its schedule; the database says it again, and counts the quota."""
    text = now.isoformat()
    if (
        snapshot.status != "published"
        or (snapshot.opens_at and snapshot.opens_at > text)
        or (snapshot.closes_at and snapshot.closes_at <= text)
    ):
        raise refusal("form_closed")


def phone(text: str) -> str:
    """E.164, from any usual spelling."""
    try:
        return normalise(text)
    except InvalidPhone:
        raise ValidationFailed.field(
            "customer.phone", _("The WhatsApp number is not valid, for example 081234567890.")
        ) from None


def area(data: CheckoutInput) -> Area:
    """The district the buyer chose; the postal code must be one of its own."""
    found = area_of(data.district_id) if data.district_id else None
    if found is None:
        raise ValidationFailed.field("address.district_id", _("Choose your district from the list."))
    if postal_code_of(found.postal_codes, data.postal_code) is None:
        raise ValidationFailed.field("address.postal_code", _("This postal code does not belong to the district."))
    return found


def stock_known(snapshot: Snapshot, basket: Basket) -> None:
    """What the snapshot already knows to be sold out is said before anything is written."""
    for variant_id, qty in basket.pieces().items():
        variant = snapshot.variants[variant_id]
        if not variant.sell_when_empty and variant.left < qty and variant.left <= 0:
            raise refusal("out_of_stock", {"variant_id": variant_id, "left": variant.left})


def vouchers(
    snapshot: Snapshot,
    data: CheckoutInput,
    basket: Basket,
    quote: Quote,
    phone: str,
    area: Area,
    now: datetime,
) -> list[dict[str, Any]]:
    """The vouchers' amounts, in rupiah. At most one per kind; the first rule that fails is the answer."""
    codes = list(dict.fromkeys(key for c in data.voucher_codes if (key := cleaning.same(c))))
    if not codes:
        return []
    if not snapshot.content["voucher_enabled"]:
        raise refusal("voucher_not_found", {"code": codes[0]})
    rows = {
        v.code.lower(): v
        for v in Voucher.objects.filter(
            deleted_at__isnull=True, code__iregex="^(" + "|".join(map(re.escape, codes)) + ")$"
        ).prefetch_related("products")
    }
    today = now.astimezone(zoneinfo.ZoneInfo(snapshot.store["time_zone"])).date()
    chosen: list[dict[str, Any]] = []
    for code in codes:
        voucher = rows.get(code)
        product_ids = {p.pk for p in voucher.products.all()} if voucher else set()
        uses = (
            VoucherUse.objects.filter(voucher=voucher, phone=phone, released_at__isnull=True).count() if voucher else 0
        )
        context = VoucherContext(
            payment_method=data.payment_method,
            phone=phone,
            today=today,
            goods_by_product=basket.goods_by_product(),
            quantity=basket.quantity,
            province_code=area.code[:2],
            courier_code=quote.courier_code,
            shipping=quote.price,
            uses_by_buyer=uses,
        )
        failed = voucher_check(voucher, product_ids, context)
        if failed or voucher is None:
            raise refusal(failed or "voucher_not_found", {"code": code})
        if any(v["kind"] == voucher.kind for v in chosen):
            raise ValidationFailed.field(
                "voucher_codes", _("Only one voucher of each kind can be used."), code="voucher_combination"
            )
        amount = voucher_amount(voucher, product_ids, context)
        chosen.append({"id": voucher.pk, "code": voucher.code, "kind": voucher.kind, "amount": amount})
    return chosen
