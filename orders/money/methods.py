"""Another payment method for an unpaid order: the fees that belong to it change with it, and a new payment opens."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from bosonline.actor import BUYER, Actor
from bosonline.errors import ValidationFailed
from bosonline.tenancy import store_scope
from catalog.models import VoucherUse
from forms.content import content_full
from forms.queries import method_choices
from orders.models import Order, Payment
from orders.money.receipts import payment_free
from orders.money.ways import payment_renew
from orders.services.rebill import bill_write, code_draw, rebill
from orders.services.status import order_lock
from orders.services.terms import terms_of
from stores.models import BankAccount


def methods_of(order: Order) -> list[dict[str, Any]]:
    """The payment cards a buyer may change to: what the form offers now, less what this order cannot have; each with its
    fee and the ``total`` that it would make (rupiah, without a unique code, which is drawn when it is chosen).

    Cash on delivery needs a service that collects it at the address and a risk light that allows it; a voucher used in
    the order may be bound to some methods (product.md §5, rule 2).
    """
    if order.form is None or order.form.published is None or order.is_test:
        return []
    content = content_full(order.form.published.content)
    refused = content["risk_actions"].get(order.risk) == "no_cod"
    with store_scope(order.store_id):
        bound = _bound(order)
        payable = BankAccount.objects.filter(is_active=True, deleted_at__isnull=True).exists()
    terms = terms_of(order)
    return [
        m | {"fee": terms.method_fees.get(m["method"], m["fee"]), "total": _total_by(order, m["method"])}
        for m in method_choices(content, unique_codes=order.store.unique_code_enabled)
        if m["method"] == order.payment_method
        or (
            all(m["method"] in methods for methods in bound)
            and (m["method"] != Order.Method.COD or (order.cod_covered and not refused))
            and (m["method"] != Order.Method.BANK_TRANSFER or payable)
        )
    ]


def _total_by(order: Order, method: str) -> int:
    with store_scope(order.store_id):
        return rebill(order, method=method).after.total


def _bound(order: Order) -> list[set[str]]:
    """For each voucher used in the order that is bound to payment methods: which."""
    uses = VoucherUse.objects.filter(order_id=order.pk, released_at__isnull=True)
    return [set(methods) for methods in uses.values_list("voucher__payment_methods", flat=True) if methods]


def buyer_method(*, order: Order, method: str, channel: str) -> Payment:
    """The buyer changes the method while nothing is paid.

    Raises at ``payment_method``, or 409 when money came or the parcel is on its way.
    """
    if method not in {m["method"] for m in methods_of(order)}:
        raise ValidationFailed.field("payment_method", _("Choose a payment method."))
    return _change(order, method, channel, fee=None, actor=BUYER)


def seller_method(*, order: Order, method: str, channel: str, actor: Actor) -> Payment:
    """The seller changes it: any method, with the fee that the order was promised for it.

    Raises at ``payment_method`` when the courier collects no cash at the address, or a voucher of the order is bound to
    other methods.
    """
    actor.require_any("orders.edit", "payments.edit")
    if method not in Order.Method.values:
        raise ValidationFailed.field("payment_method", _("Choose a payment method."))
    if method != order.payment_method:
        if method == Order.Method.COD and order.cod_covered is False:
            raise ValidationFailed.field(
                "payment_method", _("This courier does not collect cash at the buyer's address.")
            )
        if not all(method in methods for methods in _bound(order)):
            raise ValidationFailed.field(
                "payment_method", _("A voucher of this order cannot be used with this payment method.")
            )
    return _change(order, method, channel, fee=None, actor=actor)


def _change(order: Order, method: str, channel: str, *, fee: int | None, actor: Actor) -> Payment:
    for attempt in range(3):
        try:
            with store_scope(order.store_id), transaction.atomic():
                return _change_once(order, method, channel, fee, actor, last=attempt == 2)
        except IntegrityError as exc:  # another open transfer has this amount: draw again
            if "payment_unique_amount" not in str(exc):
                raise
    raise AssertionError("the last attempt draws no code")


def payment_again(*, order: Order, actor: Actor) -> Payment:
    """A new open payment by the same method, for a bill that has changed. ``order`` is locked; a transfer gets a new code."""
    return _change(order, order.payment_method, order.payment_channel, fee=order.method_fee, actor=actor)


def _change_once(order: Order, method: str, channel: str, fee: int | None, actor: Actor, *, last: bool) -> Payment:
    """``fee`` is the method's own in rupiah, negative for a discount; None: as the order was promised."""
    locked = order_lock(order.pk)
    code = code_draw(method=method, is_enabled=order.store.unique_code_enabled, is_last_try=last)
    change = rebill(locked, method=method, method_fee=fee, unique_code=code)
    locked.payment_method = method
    bill_write(locked, change.after)
    payment = payment_renew(order_id=locked.pk, method=method, channel=channel, actor=actor)
    if change.after.unique_code:
        payment.unique_code = change.after.unique_code
        payment.save(update_fields=["unique_code"])
    payment_free(order_id=locked.pk)
    return payment
