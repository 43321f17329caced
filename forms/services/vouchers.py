"""Vouchers as the checkout offers them, judged by the catalogue's twelve rules (product.md §5). Reads only."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django.utils import timezone

from bosonline import cleaning, crypto
from bosonline.phone import InvalidPhone, normalise
from catalog.models import Voucher
from catalog.services.vouchers import Verdict, VoucherContext, voucher_message, vouchers_judge
from forms.pricing import Basket, subsidy_of
from forms.services.rates import SALT
from forms.snapshot import Snapshot
from stores.queries import area_of

# answers that depend on what the buyer has not chosen yet
_OPEN = {"voucher_area": "district", "voucher_courier": "courier"}
LIMIT = 20


def vouchers_for(
    snapshot: Snapshot, basket: Basket, *, method: str, district_id: int, phone: str, quote: str, code: str = ""
) -> list[dict[str, Any]]:
    """Listed vouchers of the (current) store that this checkout could use now, the largest discount first.

    ``code`` asks for one voucher, known or not, and gets its answer whatever it is. ``discount`` and
    ``shipping_discount`` are rupiah; the latter is null until a courier is chosen.
    """
    if not snapshot.content["voucher_enabled"]:
        return [_refused(code, "voucher_not_found")] if code else []
    courier, shipping = _courier(quote)
    area = area_of(district_id) if district_id else None
    today = timezone.now().astimezone(zoneinfo.ZoneInfo(snapshot.store["time_zone"])).date()
    context = VoucherContext(
        payment_method=method,
        phone=_phone(phone),
        today=today,
        goods_by_product=basket.goods_by_product(),
        quantity=basket.quantity,
        province_code=area.code[:2] if area else "",
        courier_code=courier,
        shipping=shipping or 0,
    )
    answers = [
        _answer(snapshot, basket, verdict, context, area is not None, bool(courier))
        for verdict in vouchers_judge(context, codes=[code] if code else [])
        if not code or verdict.voucher.code.lower() == cleaning.same(code)
    ]
    if code:
        return answers or [_refused(code, "voucher_not_found")]
    return [a for a in answers if a["usable"]][:LIMIT]


def _answer(
    snapshot: Snapshot, basket: Basket, verdict: Verdict, context: VoucherContext, has_area: bool, has_courier: bool
) -> dict[str, Any]:
    voucher, failed = verdict.voucher, "" if verdict.applicable else verdict.code
    unknown = (failed == "voucher_area" and not has_area) or (failed == "voucher_courier" and not has_courier)
    on_shipping = voucher.kind == Voucher.Kind.SHIPPING
    amount = verdict.shipping_discount
    if on_shipping and has_courier and not failed:
        subsidy = subsidy_of(
            snapshot, shipping=context.shipping, goods=basket.goods, province_code=context.province_code
        )
        amount = min(amount, context.shipping - subsidy)
    return {
        "code": voucher.code,
        "description": voucher.description,
        "type": voucher.get_kind_display(),
        "usable": not failed or unknown,
        "reason": failed or None,
        "message": verdict.message,
        "waits_for": _OPEN[failed] if unknown else None,
        "discount": verdict.discount,
        "shipping_discount": (amount if has_courier and not failed else None) if on_shipping else 0,
    }


def _refused(code: str, reason: str) -> dict[str, Any]:
    return {
        "code": cleaning.code(code).upper(), "description": "", "type": "", "usable": False, "reason": reason,
        "message": voucher_message(reason), "waits_for": None, "discount": 0, "shipping_discount": 0,
    }  # fmt: skip


def _courier(quote: str) -> tuple[str, int | None]:
    """Courier and price of a signed quote; nothing when there is none or it is not ours."""
    if not quote:
        return "", None
    try:
        data = crypto.unsign(quote, salt=SALT, allow_expired=True)
        return str(data["c"]), int(data["p"])
    except (crypto.BadToken, KeyError, TypeError, ValueError):
        return "", None


def _phone(text: str) -> str:
    try:
        return normalise(text) if text else ""
    except InvalidPhone:
        return ""
