"""What people do to an order, in one table: buttons, batches, addresses and the rights test read it.

A page or an endpoint holds no step of its own: it finds the orders that the person may see, hands over what was typed
and shows what came back. Each action names the rights that its service asks for, so a button is never offered to
somebody whom the service would refuse (``tests/orders/test_actions.py`` proves that both say the same).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bosonline import cleaning
from bosonline.actor import Actor
from bosonline.errors import DomainError, NotFound, ValidationFailed
from bosonline.models import BackgroundJob
from bosonline.money import format_rupiah
from orders.documents import documents_print
from orders.lists import orders_for
from orders.models import Order
from orders.money import receipts
from orders.services import shipping, status
from orders.services.notes import note_add
from orders.services.risk_actions import risk_clear


class Facts:
    """What was typed beside an action: text without NUL, cut to what its column holds."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given

    def text(self, name: str, length: int = 200) -> str:
        return str(self._given.get(name, "") or "").replace("\x00", "").strip()[:length]

    def rupiah(self, name: str) -> int:
        """``"28.325"`` → 28325. Raises at the field."""
        amount = cleaning.whole_of(self.text(name, 30))
        if amount is None or not 0 <= amount < 10**12:
            raise ValidationFailed.field(name, _("Enter the amount received, in rupiah."))
        return amount


Run = Callable[[Actor, Order, Facts], str]
Print = Callable[[Actor, list[int], Facts], bytes | BackgroundJob]


@dataclass(frozen=True, slots=True)
class Action:
    """``key`` names it (``order-<key>`` is its address), ``path`` stands below the order's own address.

    ``rights`` are all needed. ``run`` acts on one order and answers what to tell the person; ``prints`` makes one
    document of many. ``confirm`` is asked before it happens; ``bulk`` offers it for a choice of orders.
    """

    key: str
    path: str
    rights: tuple[str, ...]
    label: Any
    run: Run | None = None
    prints: Print | None = None
    confirm: Any = ""
    bulk: bool = False

    def may(self, actor: Actor) -> bool:
        return all(actor.may(right) for right in self.rights)

    def require(self, actor: Actor) -> None:
        for right in self.rights:
            actor.require(right)


def _status(actor: Actor, order: Order, facts: Facts) -> str:
    target = facts.text("status", 20)
    if target not in Order.Status.values:
        raise ValidationFailed.field("status", _("Unknown value."))
    status.order_set_status(order_id=order.pk, status=target, actor=actor, reason=facts.text("reason"))
    return _("Order %(number)s: %(status)s.") % {"number": order.order_number, "status": Order.Status(target).label}


def _book(actor: Actor, order: Order, _facts: Facts) -> str:
    shipping.shipment_book(order_id=order.pk, actor=actor)
    return _("Courier booked. The AWB arrives in a moment.")


def _cancel_booking(actor: Actor, order: Order, facts: Facts) -> str:
    shipping.shipment_cancel(order_id=order.pk, reason=facts.text("reason"), actor=actor)
    return _("Courier booking cancelled.")


def _alerts_seen(actor: Actor, order: Order, _facts: Facts) -> str:
    shipping.alerts_seen(order_id=order.pk, actor=actor)
    return _("Marked as looked at.")


def _awb(actor: Actor, order: Order, facts: Facts) -> str:
    awb = cleaning.code(facts.text("awb", 60))
    if not 5 <= len(awb) <= 40 or not (awb.isascii() and awb.replace("-", "").isalnum()):
        raise ValidationFailed.field("awb", _("Enter the AWB as printed by the courier."))
    shipping.shipment_by_hand(order_id=order.pk, awb=awb, courier_name=facts.text("courier_name", 60), actor=actor)
    return _("AWB saved.")


def _clear(actor: Actor, order: Order, _facts: Facts) -> str:
    risk_clear(order_id=order.pk, actor=actor)
    return _("The order is cleared and can be worked.")


def _note(actor: Actor, order: Order, facts: Facts) -> str:
    note_add(order=order, text=facts.text("text", 10_000), actor=actor)
    return _("Note saved.")


def _confirm_payment(actor: Actor, order: Order, facts: Facts) -> str:
    amount = facts.rupiah("amount")
    outcome = receipts.payment_confirm(
        order_id=order.pk,
        amount=amount,
        actor=actor,
        is_another=facts.text("another") == "1",
        key=facts.text("key", 40),
    )
    return {
        "paid": _("Payment confirmed."),
        "already_recorded": _(
            "%(amount)s was recorded already, so nothing changed. If a second transfer of the same amount came, tick “another transfer”."
        ) % {"amount": format_rupiah(amount)},
        "partially_paid": _("Part of the bill is paid. The rest stays open."),
    }.get(outcome) or _("The amount differs from the bill. Please resolve it.")  # fmt: skip


def _refund(actor: Actor, order: Order, facts: Facts) -> str:
    row = receipts.refund_record(
        order_id=order.pk, actor=actor, amount=facts.rupiah("amount"), to=facts.text("to", 100),
        note=facts.text("note"), key=facts.text("key", 40),
    )  # fmt: skip
    return _("Noted: %(amount)s given back.") % {"amount": format_rupiah(-row.amount)}


def _credit_keep(actor: Actor, order: Order, facts: Facts) -> str:
    row = receipts.surplus_keep(order_id=order.pk, actor=actor, key=facts.text("key", 40))
    return _("%(amount)s is kept as the customer's credit.") % {"amount": format_rupiah(-row.amount)}


def _credit_use(actor: Actor, order: Order, facts: Facts) -> str:
    row = receipts.credit_use(order_id=order.pk, actor=actor, key=facts.text("key", 40))
    return _("%(amount)s of the customer's credit was used.") % {"amount": format_rupiah(row.amount)}


def _waive(actor: Actor, order: Order, facts: Facts) -> str:
    receipts.difference_waive(order_id=order.pk, actor=actor, reason=facts.text("note"), key=facts.text("key", 40))
    return _("The difference is waived.")


def _take_back(actor: Actor, order: Order, facts: Facts) -> str:
    receipt = facts.text("receipt", 18)
    if not (receipt.isascii() and receipt.isdecimal()):
        raise NotFound()
    receipts.receipt_take_back(receipt_id=int(receipt), order_id=order.pk, actor=actor, reason=facts.text("reason"))
    return _("The entry is taken back. It stays visible, and counts no more.")


def _labels(actor: Actor, ids: list[int], facts: Facts) -> bytes | BackgroundJob:
    return documents_print("label", actor, ids, size=facts.text("label_size", 20))


def _invoices(actor: Actor, ids: list[int], _facts: Facts) -> bytes | BackgroundJob:
    return documents_print("invoice", actor, ids, size="")


_PAY = ("payments.edit",)
TABLE = (
    Action("status", "status", ("orders.edit",), gettext_lazy("Confirm"), _status, bulk=True),
    Action("book", "kurir", ("shipping.create",), gettext_lazy("Book courier"), _book, bulk=True),
    Action("labels", "label", ("shipping.view", "see_phone"), gettext_lazy("Print labels"), prints=_labels, bulk=True),
    Action("invoices", "invoice", ("orders.view",), gettext_lazy("Print invoices"), prints=_invoices, bulk=True),
    Action("cancel-booking", "kurir/batal", ("shipping.edit",), gettext_lazy("Cancel booking"), _cancel_booking,
           confirm=gettext_lazy("Cancel the courier booking?")),
    Action("parcel-seen", "kurir/dilihat", ("shipping.edit",), gettext_lazy("I have looked at it"), _alerts_seen),
    Action("awb", "resi", ("shipping.edit",), gettext_lazy("Own courier: enter an AWB"), _awb),
    Action("clear-risk", "aman", ("orders.edit",), gettext_lazy("It is fine, clear it"), _clear),
    Action("note", "catatan", ("orders.edit",), gettext_lazy("Save note"), _note),
    Action("confirm-payment", "bayar", _PAY, gettext_lazy("Confirm payment"), _confirm_payment),
    Action("refund", "uang/kembali", _PAY, gettext_lazy("Note the refund"), _refund),
    Action("credit-keep", "uang/simpan", _PAY, gettext_lazy("Keep as customer's credit"), _credit_keep),
    Action("credit-use", "uang/pakai", _PAY, gettext_lazy("Pay with the customer's credit"), _credit_use),
    Action("waive", "uang/bebaskan", _PAY, gettext_lazy("Waive"), _waive),
    Action("take-back", "uang/tarik", _PAY, gettext_lazy("Take back"), _take_back),
)  # fmt: skip
ACTIONS = {action.key: action for action in TABLE}
ON_ONE = tuple(action for action in TABLE if action.run is not None)
BULK = tuple(action for action in TABLE if action.bulk)


def visible_ids(actor: Actor, ids: Iterable[int]) -> list[int]:
    """Of these orders the ones this person may see, as they were chosen."""
    wanted = list(dict.fromkeys(ids))
    seen = set(orders_for(actor, {}).filter(pk__in=wanted).values_list("pk", flat=True))
    return [pk for pk in wanted if pk in seen]


def run_many(action: Action, actor: Actor, ids: Iterable[int], facts: Facts) -> list[tuple[int, DomainError | None]]:
    """Each order its own transaction: the legal ones go through, the others say why, unseen ones are 404."""
    assert action.run is not None
    action.require(actor)
    wanted = list(dict.fromkeys(ids))
    orders = orders_for(actor, {}).in_bulk(wanted)
    results: list[tuple[int, DomainError | None]] = []
    for pk in wanted:
        try:
            if pk not in orders:
                raise NotFound()
            action.run(actor, orders[pk], facts)
            results.append((pk, None))
        except DomainError as exc:
            results.append((pk, exc))
    return results


def told(results: list[tuple[int, DomainError | None]]) -> tuple[str, list[tuple[int, str]]]:
    """For people: how many went, and which did not and why."""
    done = sum(1 for _pk, error in results if error is None)
    text = ngettext("%(n)s order done.", "%(n)s orders done.", done) % {"n": done} if done else ""
    return text, [(pk, error.message) for pk, error in results if error is not None]
