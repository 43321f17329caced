"""The buttons on an order's payment card."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bosonline.errors import ValidationFailed
from bosonline.money import format_rupiah
from orders.models import Order
from orders.money import receipts
from orders.views.pages import OrderAction


def rupiah_typed(text: str) -> int:
    """``"28.325"`` → 28325. Raises at ``amount``."""
    raw = text.replace("Rp", "").replace(".", "").strip()
    if not (raw.isascii() and raw.isdecimal()) or len(raw) > 12:
        raise ValidationFailed.field("amount", _("Enter the amount received, in rupiah."))
    return int(raw)


class ConfirmPaymentAction(OrderAction):
    """A person saw the transfer."""

    right = "payments.edit"

    def act(self, order: Order) -> str:
        data = self.request.POST
        amount = rupiah_typed(data.get("amount", ""))
        outcome = receipts.payment_confirm(
            order_id=order.pk, amount=amount, actor=self.member, is_another=data.get("another") == "1",
            key=data.get("key", "")[:40].replace("\x00", ""),
        )  # fmt: skip
        return {
            "paid": _("Payment confirmed."),
            "already_recorded": _(
                "%(amount)s was recorded already, so nothing changed. If a second transfer of the same amount came, tick “another transfer”."
            ) % {"amount": format_rupiah(amount)},
            "partially_paid": _("Part of the bill is paid. The rest stays open."),
        }.get(outcome) or _("The amount differs from the bill. Please resolve it.")  # fmt: skip


class DifferenceAction(OrderAction):
    """Give back, keep as credit, use credit, or waive a difference."""

    right = "payments.edit"

    def act(self, order: Order) -> str:
        data = self.request.POST
        key = data.get("key", "")[:40].replace("\x00", "")
        note = data.get("note", "")[:200].replace("\x00", "")
        match data.get("do", ""):
            case "refund":
                row = receipts.refund_record(
                    order_id=order.pk, actor=self.member, amount=rupiah_typed(data.get("amount", "")),
                    to=data.get("to", "")[:100].replace("\x00", ""), note=note, key=key,
                )  # fmt: skip
                return _("Noted: %(amount)s given back.") % {"amount": format_rupiah(-row.amount)}
            case "credit":
                row = receipts.surplus_keep(order_id=order.pk, actor=self.member, key=key)
                return _("%(amount)s is kept as the customer's credit.") % {"amount": format_rupiah(-row.amount)}
            case "use_credit":
                row = receipts.credit_use(order_id=order.pk, actor=self.member, key=key)
                return _("%(amount)s of the customer's credit was used.") % {"amount": format_rupiah(row.amount)}
            case "waive":
                receipts.difference_waive(order_id=order.pk, actor=self.member, reason=note, key=key)
                return _("The difference is waived.")
        raise ValidationFailed.field("do", _("Unknown value."))


class TakeBackAction(OrderAction):
    """A person's mistaken entry counts no more."""

    right = "payments.edit"

    def act(self, order: Order) -> str:
        receipts.receipt_take_back(
            receipt_id=self.kwargs["receipt"], order_id=order.pk, actor=self.member,
            reason=self.request.POST.get("reason", "")[:200].replace("\x00", ""),
        )  # fmt: skip
        return _("The entry is taken back. It stays visible, and counts no more.")
