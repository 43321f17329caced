"""A voucher in one sentence: what it takes off, when, for whom and how often."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bosonline.money import format_rupiah
from bosonline.templatetags.bos import store_date
from catalog.models import Voucher


def voucher_sentence(voucher: Voucher) -> str:
    """``10 % off the products, at most Rp 20.000, from a purchase of Rp 50.000; 1–30 Nov 2026; 100 uses, 1 per buyer.``"""
    value = f"{voucher.value} %" if voucher.value_type == "percent" else format_rupiah(voucher.value)
    what = (
        _("%(value)s off the shipping") if voucher.kind == Voucher.Kind.SHIPPING else _("%(value)s off the products")
    ) % {"value": value}
    parts = [what]
    if voucher.max_discount and voucher.value_type == "percent":
        parts.append(_("at most %(amount)s") % {"amount": format_rupiah(voucher.max_discount)})
    if voucher.min_purchase:
        parts.append(_("from a purchase of %(amount)s") % {"amount": format_rupiah(voucher.min_purchase)})
    if voucher.min_qty:
        parts.append(ngettext("from %(n)s piece", "from %(n)s pieces", voucher.min_qty) % {"n": voucher.min_qty})
    start = store_date(voucher.start_date)
    if voucher.end_date == Voucher.FOREVER:
        when = _("from %(start)s on, without an end") % {"start": start}
    else:
        when = _("from %(start)s to %(end)s") % {"start": start, "end": store_date(voucher.end_date)}
    if voucher.stock == Voucher.UNLIMITED:
        often = _("without a quota")
    else:
        often = ngettext("%(n)s use in all", "%(n)s uses in all", voucher.stock) % {"n": voucher.stock}
    each = ngettext("%(n)s per buyer", "%(n)s per buyer", voucher.voucher_limit) % {"n": voucher.voucher_limit}
    return f"{', '.join(parts)}; {when}; {often}, {each}."
