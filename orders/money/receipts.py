"""Every rupiah in and out of an order, recorded once (product.md §8).

A receipt has an identity of its own: the gateway's id, the courier's collection, or a person's entry. It is written
under the order's row lock; ``payment_status``, ``paid_amount`` and the states of the ways to pay follow from the
receipts and from nothing else (:func:`money_follow`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import outbox, timeline
from bosonline.actor import SYSTEM, WINPAY, Actor
from bosonline.errors import Conflict, NotFound, ValidationFailed
from bosonline.money import format_rupiah
from bosonline.tenancy import all_stores, store_scope
from orders.models import Customer, Order, Payment, Receipt
from orders.money.states import Sums, payment_state, sums_of, surplus
from orders.money.ways import GATEWAY_METHODS, way_open, ways_close
from orders.services.axes import axis_set
from orders.services.status import order_event, order_lock
from stores.models import BankAccount

S, P, K = Payment.Status, Order.PaymentStatus, Receipt.Kind
OPEN = (S.CREATING, S.PENDING, S.PARTIAL)
OUTCOMES = {P.PAID: "paid", P.PARTIAL: "partially_paid", P.CONFLICT: "conflict"}


# -- what follows from the receipts --------------------------------------------------------------------------------


def live_receipts(order: Order) -> list[Receipt]:
    return list(Receipt.objects.filter(order=order, taken_back_at__isnull=True).order_by("id"))


def money_follow(order: Order, actor: Actor, *, reason: str = "", is_reopening: bool = False) -> str:
    """Make the (locked) order say what its receipts say, close the ways that are no longer needed, and see that what is
    still due can be paid (unless ``is_reopening``: then the caller opens a way with a new bill).

    Returns the payment status. Repeating it changes nothing.
    """
    receipts = live_receipts(order)
    sums = sums_of(receipts)
    _code_drop(order, receipts, sums)
    ways = list(Payment.objects.select_for_update().filter(order=order).order_by("-id"))
    for way in ways:
        _way_follow(way, [r for r in receipts if r.payment_id == way.pk], is_newest=way is ways[0])
    newest = ways[0] if ways else None
    state = payment_state(
        sums,
        total=order.total,
        is_cod=order.is_cod,
        is_cancelled=order.status == Order.Status.CANCELLED,
        proof_waits=newest is not None and _proof_waits(newest, receipts),
        is_expired=newest is not None and newest.status == S.EXPIRED,
        is_settled=order.payment_status == P.SETTLED,
    )
    paid_at = _paid_at(receipts) if state == P.PAID else None
    if (order.paid_amount, order.paid_at) != (sums.net, paid_at):
        order.paid_amount, order.paid_at = sums.net, paid_at
        order.save(update_fields=["paid_amount", "paid_at"])
    axis_set(order, "payment_status", state, actor, reason=reason)
    if state in (P.PAID, P.CONFLICT, P.REFUNDED):
        ways_close([way for way in ways if way.status in OPEN and way.method != Order.Method.COD])
    elif state in (P.UNPAID, P.PARTIAL) and newest is not None and order.status != Order.Status.CANCELLED:
        is_open = is_reopening or newest.status == S.FAILED or any(way.status in OPEN for way in ways)
        if not is_open:
            way_open(order, method=order.payment_method, channel=order.payment_channel)
    if state == P.PAID and order.total == 0 and newest is not None and newest.status != S.PAID:
        Payment.objects.filter(pk=newest.pk).update(status=S.PAID, paid_at=paid_at, unique_code=None)
    if state == P.PAID and order.status == Order.Status.NEW and not order.is_held:
        order_event(order=order, status=Order.Status.CONFIRMED, actor=actor, reason="paid")
    return state


def _code_drop(order: Order, receipts: list[Receipt], sums: Sums) -> None:
    """A unique code only names a transfer: an order that Winpay's money pays does not owe it."""
    by_gateway = any(r.kind == K.GATEWAY for r in receipts)
    if order.unique_code and by_gateway and sums.came == order.total - order.unique_code:
        order.total -= order.unique_code
        order.unique_code = 0
        order.save(update_fields=["total", "unique_code"])


def _paid_at(receipts: list[Receipt]) -> datetime:
    return max((r.received_at for r in receipts if r.amount > 0), default=timezone.now())


def _proof_waits(way: Payment, receipts: list[Receipt]) -> bool:
    """A picture that nobody has answered yet by recording what came."""
    if way.proof_at is None or way.status not in (S.PENDING, S.PARTIAL):
        return False
    return not any(r.kind == K.TRANSFER and r.created_at >= way.proof_at for r in receipts)


def _way_follow(way: Payment, receipts: list[Receipt], *, is_newest: bool) -> None:
    """The way's own state: what came by it, and whether that is what it asked for."""
    came = sum(r.amount for r in receipts if r.amount > 0)
    status = way.status
    if came and (came >= way.amount or way.method in GATEWAY_METHODS):
        status = S.PAID  # a VA and a QR are used up by one payment, whatever its amount
    elif came and status in OPEN:
        status = S.PARTIAL
    elif not came and status in (S.PARTIAL, S.PAID) and way.amount:
        by_hand = way.method in (Order.Method.BANK_TRANSFER, Order.Method.COD)
        status = S.PENDING if by_hand and is_newest else S.CANCELLED
    paid_at = max((r.received_at for r in receipts), default=None) if status == S.PAID else None
    code = way.unique_code if status in (S.CREATING, S.PENDING) else None  # what is paid frees its number
    if way.amount == 0 and status == S.PAID:
        return
    if (way.status, way.paid_amount, way.paid_at, way.unique_code) != (status, came, paid_at, code):
        way.status, way.paid_amount, way.paid_at, way.unique_code = status, came, paid_at, code
        way.save(update_fields=["status", "paid_amount", "paid_at", "unique_code"])


def money_line(order: Order, kind: str, actor: Actor, data: dict[str, Any]) -> None:
    timeline.record(
        store_id=order.store_id, subject="order", subject_id=order.pk, kind=kind, actor=actor, data=data,
    )  # fmt: skip


def _record(order: Order, actor: Actor, **fields: Any) -> Receipt:
    """Write a receipt of the locked order and let everything follow."""
    receipt = Receipt.objects.create(store_id=order.store_id, order=order, **fields)
    receipt.refresh_from_db(fields=["created_at"])
    money_line(
        order, f"money.{receipt.kind}", actor,
        {"amount": receipt.amount, "receipt": receipt.pk, "note": receipt.note, "reference": receipt.reference_no},
    )  # fmt: skip
    state = money_follow(order, actor)
    if receipt.kind in (K.GATEWAY, K.TRANSFER):
        payload = {"order_id": order.pk, "store_id": order.store_id, "receipt_id": receipt.pk}
        outbox.enqueue("payment.received", payload | {"outcome": OUTCOMES.get(P(state), state)})
    return receipt


# -- the gateway ---------------------------------------------------------------------------------------------------


def gateway_paid(
    *, reference: str, paid_amount: int, gateway_payment_id: str, paid_at: datetime, reference_no: str = ""
) -> str:
    """A verified callback, or an inquiry (which knows no ``gateway_payment_id``), says that ``paid_amount`` rupiah came
    by the VA or QR with our ``reference``. Returns what was done, for the log of callbacks.

    Idempotent and safe in any order. A VA and a QR are paid once: an inquiry's word and the callback's are the same
    money even where they share no number. Late money on a way that was replaced or has expired is recorded as well.
    """
    with all_stores():
        known = Payment.objects.filter(reference=reference).values_list("store_id", "order_id", "pk").first()
    if known is None:
        return "unknown_reference"
    store_id, order_id, payment_id = known
    with store_scope(store_id), transaction.atomic():
        order = order_lock(order_id)
        if _is_told(payment_id, paid_amount, gateway_payment_id, reference_no):
            return "already_recorded"
        if gateway_payment_id and _is_elsewhere(gateway_payment_id):
            # the gateway counts one payment for two references: nobody's money until a person has looked
            money_line(
                order, "payment.gateway_alarm", WINPAY,
                {"outcome": "payment_id_reused", "amount": paid_amount, "id": gateway_payment_id[:100]},
            )  # fmt: skip
            outbox.enqueue(
                "payment.received",
                {"order_id": order.pk, "store_id": store_id, "receipt_id": 0, "outcome": "payment_id_reused"},
            )
            return "payment_id_reused"
        if paid_amount <= 0:
            return "no_money"
        _record(
            order, WINPAY, payment_id=payment_id, kind=K.GATEWAY, amount=paid_amount, source="winpay",
            source_id=gateway_payment_id or None, reference_no=reference_no, received_at=paid_at,
        )  # fmt: skip
        return OUTCOMES.get(P(order.payment_status), order.payment_status)


def _is_told(payment_id: int, amount: int, gateway_payment_id: str, reference_no: str) -> bool:
    """Whether this money is recorded already; a number that was not known then is added."""
    rows = list(Receipt.objects.filter(payment_id=payment_id, source="winpay").order_by("id"))
    if gateway_payment_id and any(r.source_id == gateway_payment_id for r in rows):
        return True
    if not gateway_payment_id:
        # an inquiry only says "it is paid"
        return bool(rows) and not (reference_no and all(r.reference_no not in ("", reference_no) for r in rows))
    for row in rows:
        same_number = reference_no != "" and row.reference_no == reference_no
        from_inquiry = row.source_id is None and (not reference_no or not row.reference_no) and row.amount == amount
        if same_number or from_inquiry:
            if row.source_id is None and not _is_elsewhere(gateway_payment_id):
                row.source_id = gateway_payment_id
            row.reference_no = row.reference_no or reference_no
            row.save(update_fields=["source_id", "reference_no"])
            return True
    return False


def _is_elsewhere(gateway_payment_id: str) -> bool:
    with all_stores():
        return Receipt.objects.filter(source="winpay", source_id=gateway_payment_id).exists()


# -- people --------------------------------------------------------------------------------------------------------


@transaction.atomic
def payment_confirm(
    *,
    order_id: int,
    amount: int,
    actor: Actor,
    paid_at: datetime | None = None,
    bank_account_id: int | None = None,
    is_another: bool = False,
    key: str = "",
) -> str:
    """Endpoint "Confirm Payment": a person saw ``amount`` rupiah on the account.

    The same amount again is taken for the same transfer, whoever enters it, unless ``is_another`` says that a second
    one came; the same ``key`` (of a request or a shown form) is one entry whatever it says. Returns ``paid``,
    ``partially_paid``, ``conflict`` or ``already_recorded``.

    Raises at ``amount`` and ``bank_account_id``; 409 ``is_cod`` for an order that the courier collects.
    """
    actor.require("payments.edit")
    if amount <= 0:
        raise ValidationFailed.field("amount", _("Enter the amount received, in rupiah."))
    account = _account(bank_account_id)
    order = order_lock(order_id)
    if order.is_cod and not order.paid_amount and order.status != Order.Status.CANCELLED:
        raise Conflict(_("This is a COD order: the courier collects the money."), code="is_cod")
    known = live_receipts(order)
    identity = _identity(order, key)
    if any(identity and r.source_id == identity for r in known):
        return "already_recorded"
    if not is_another and any(r.amount == amount and r.kind in (K.TRANSFER, K.GATEWAY) for r in known):
        return "already_recorded"
    way = _transfer_way(order)
    if way is not None and account is not None:
        Payment.objects.filter(pk=way.pk).update(bank_account=account)
    _record(
        order, actor, payment=way, kind=K.TRANSFER, amount=amount, source="person", source_id=identity,
        received_at=paid_at or timezone.now(), bank_account=account or (way.bank_account if way else None),
        recorded_by=actor.membership,
    )  # fmt: skip
    return OUTCOMES.get(P(order.payment_status), order.payment_status)


def _account(bank_account_id: int | None) -> BankAccount | None:
    if bank_account_id is None:
        return None
    account = BankAccount.objects.filter(pk=bank_account_id, deleted_at__isnull=True).first()
    if account is None:
        raise ValidationFailed.field("bank_account_id", _("Choose one of your bank accounts."))
    return account


def _transfer_way(order: Order) -> Payment | None:
    """The way a transfer came by: the newest transfer of the order, whatever became of it."""
    ways = Payment.objects.filter(order=order, method=Order.Method.BANK_TRANSFER).order_by("-id")
    return ways.exclude(status=S.CANCELLED).first() or ways.first()


def _identity(order: Order, key: str) -> str | None:
    return f"{order.store_id}:{order.pk}:{key}"[:120] if key else None


@transaction.atomic
def receipt_take_back(*, receipt_id: int, order_id: int, actor: Actor, reason: str) -> Receipt:
    """A person's mistake: the entry stays visible, and counts no more.

    Raises 409 ``not_by_person`` for what a gateway or courier said (give it back instead), ``taken_back`` when it
    was taken back before, ``credit_used`` when the credit it made is spent; at ``reason`` without one.
    """
    actor.require("payments.edit")
    if not reason.strip():
        raise ValidationFailed.field("reason", _("Say why the entry is taken back."))
    order = order_lock(order_id)
    receipt = Receipt.objects.select_for_update().filter(pk=receipt_id, order=order).first()
    if receipt is None:
        raise NotFound()
    if receipt.source != "person":
        raise Conflict(
            _("This money was reported by Winpay or the courier. Give it back instead."), code="not_by_person"
        )
    if receipt.taken_back_at is not None:
        raise Conflict(_("This entry was taken back already."), code="taken_back")
    if receipt.kind == K.CREDIT:
        Customer.objects.select_for_update().get(pk=order.customer_id)
        if receipt.amount < 0 and credit_of(order.customer_id) + receipt.amount < 0:
            raise Conflict(_("This credit has been used for another order."), code="credit_used")
    receipt.taken_back_at, receipt.taken_back_by = timezone.now(), actor.membership
    receipt.taken_back_reason = reason.strip()[:200]
    receipt.save(update_fields=["taken_back_at", "taken_back_by", "taken_back_reason"])
    data = {"amount": receipt.amount, "receipt": receipt.pk, "reason": receipt.taken_back_reason}
    money_line(order, "money.taken_back", actor, data)
    money_follow(order, actor, reason=receipt.taken_back_reason)
    return receipt


# -- settling a difference -----------------------------------------------------------------------------------------


def credit_of(customer_id: int) -> int:
    """Rupiah a customer has left with the store: kept from orders, less what was used."""
    rows = Receipt.objects.filter(order__customer_id=customer_id, kind=K.CREDIT, taken_back_at__isnull=True)
    return -int(rows.aggregate(sum=Sum("amount"))["sum"] or 0)


def surplus_of(order: Order) -> int:
    """Rupiah of a conflict that belong to the buyer; 0 when nothing is too much."""
    return surplus(
        sums_of(live_receipts(order)),
        total=order.total,
        is_cod=order.is_cod,
        is_cancelled=order.status == Order.Status.CANCELLED,
    )


@transaction.atomic
def refund_record(
    *, order_id: int, actor: Actor, amount: int | None = None, to: str = "", note: str = "", key: str = ""
) -> Receipt:
    """Money was given back to the buyer: by default what is too much. ``to`` says to which account or person.

    Raises at ``amount`` when it is more than is there, at ``to`` without one.
    """
    actor.require("payments.edit")
    order = order_lock(order_id)
    known = _known(order, key)
    if known is not None:
        return known
    wanted = surplus_of(order) if amount is None else amount
    if not 0 < wanted <= order.paid_amount:
        raise ValidationFailed.field(
            "amount", _("Between Rp 1 and %(most)s.") % {"most": format_rupiah(max(order.paid_amount, 0))}
        )
    if not to.strip():
        raise ValidationFailed.field("to", _("Say to which account or person the money went."))
    text = f"{to.strip()} {note.strip()}".strip()[:200]
    return _entry(order, actor, K.REFUND, -wanted, text, key)


@transaction.atomic
def surplus_keep(*, order_id: int, actor: Actor, key: str = "") -> Receipt:
    """What is too much stays with the store as the customer's credit for a next order. 409 ``no_surplus`` without."""
    actor.require("payments.edit")
    order = order_lock(order_id)
    known = _known(order, key)
    if known is not None:
        return known
    amount = surplus_of(order)
    if not amount:
        raise Conflict(_("Nothing is too much on this order."), code="no_surplus")
    return _entry(order, actor, K.CREDIT, -amount, "", key)


@transaction.atomic
def credit_use(*, order_id: int, actor: Actor, key: str = "") -> Receipt:
    """Pay the rest of an order from the customer's credit, as far as it goes. 409 ``no_credit`` / ``nothing_due``."""
    actor.require("payments.edit")
    order = order_lock(order_id)
    known = _known(order, key)
    if known is not None:
        return known
    Customer.objects.select_for_update().get(pk=order.customer_id)  # two orders never spend the same credit
    due = 0 if order.status == Order.Status.CANCELLED or order.is_cod else order.total - order.paid_amount
    if due <= 0:
        raise Conflict(_("This order waits for no money."), code="nothing_due")
    amount = min(due, credit_of(order.customer_id))
    if amount <= 0:
        raise Conflict(_("This customer has no credit."), code="no_credit")
    return _entry(order, actor, K.CREDIT, amount, "", key)


@transaction.atomic
def difference_waive(*, order_id: int, actor: Actor, reason: str, key: str = "") -> Receipt:
    """The store takes what came as the whole: the rest is not asked for, or a little too much is kept.

    Raises at ``reason`` without one, 409 ``no_difference`` when nothing came or it fits.
    """
    actor.require("payments.edit")
    if not reason.strip():
        raise ValidationFailed.field("reason", _("Say why the difference is waived."))
    order = order_lock(order_id)
    known = _known(order, key)
    if known is not None:
        return known
    sums = sums_of(live_receipts(order))
    difference = order.total - sums.net
    waivable = sums.came > 0 and difference and not sums.left and order.status != Order.Status.CANCELLED
    if not waivable or (order.is_cod and not sums.cash):
        raise Conflict(_("There is no difference to waive on this order."), code="no_difference")
    return _entry(order, actor, K.CORRECTION, difference, reason.strip()[:200], key)


def _known(order: Order, key: str) -> Receipt | None:
    """The entry that a repeated request or a form sent twice has made already."""
    identity = _identity(order, key)
    return Receipt.objects.filter(source="person", source_id=identity).first() if identity else None


def _entry(order: Order, actor: Actor, kind: str, amount: int, note: str, key: str) -> Receipt:
    return _record(
        order, actor, payment=None, kind=kind, amount=amount, source="person",
        source_id=_identity(order, key), received_at=timezone.now(), note=note, recorded_by=actor.membership,
    )  # fmt: skip


# -- cash at the door ----------------------------------------------------------------------------------------------


def cod_collected(order: Order, actor: Actor) -> None:
    """The parcel was delivered: whoever brought it has the cash. The order's row is locked; repeating changes nothing."""
    receipts = live_receipts(order)
    if not order.is_cod or order.is_test or any(r.kind == K.CASH for r in receipts):
        return
    due = order.total - sums_of(receipts).net
    if due <= 0:
        money_follow(order, actor)
        return
    number = Receipt.objects.filter(order=order, kind=K.CASH).count() + 1
    way = Payment.objects.filter(order=order, method=Order.Method.COD).order_by("-id").first()
    _record(
        order, actor, payment=way, kind=K.CASH, amount=due, source="courier", source_id=f"cod:{order.pk}:{number}",
        received_at=timezone.now(),
    )  # fmt: skip


def cod_not_collected(order: Order, actor: Actor, reason: str) -> None:
    """The parcel comes back after all: the cash that its delivery promised is none, unless the courier has paid it."""
    if order.payment_status == P.SETTLED:
        return
    rows = Receipt.objects.filter(order=order, kind=K.CASH, source="courier", taken_back_at__isnull=True)
    if rows.update(taken_back_at=timezone.now(), taken_back_reason=reason[:200]):
        money_line(order, "money.taken_back", actor, {"amount": order.paid_amount, "reason": reason})
        money_follow(order, actor, reason=reason)


def sums_for(order: Order) -> Sums:
    return sums_of(live_receipts(order))


@transaction.atomic
def payment_free(*, order_id: int) -> None:
    """What vouchers or rewards have paid for in full waits for no money. Repeating it changes nothing."""
    order = order_lock(order_id)
    if order.total or order.is_cod or order.is_test or order.payment_status != P.UNPAID:
        return
    money_follow(order, SYSTEM)
