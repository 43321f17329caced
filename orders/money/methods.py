"""Another payment method for an unpaid order: the fees that belong to it change with it, and a new payment opens."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from bosonline.bill import CodFeePayer, CodTerms, compute_bill
from bosonline.errors import ValidationFailed
from bosonline.tenancy import store_scope
from catalog.models import VoucherUse
from forms.content import content_full
from forms.queries import method_choices
from orders.models import Order, Payment
from orders.money.receipts import payment_free
from orders.money.ways import payment_renew
from orders.services.actors import BUYER, Actor
from orders.services.status import order_lock
from stores.models import BankAccount, Courier


def methods_of(order: Order) -> list[dict[str, Any]]:
    """The payment cards a buyer may change to: what the form offers now, less what this order cannot have.

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
    return [
        m
        for m in method_choices(content)
        if m["method"] == order.payment_method
        or (
            all(m["method"] in methods for methods in bound)
            and (m["method"] != Order.Method.COD or (order.cod_covered and not refused))
            and (m["method"] != Order.Method.BANK_TRANSFER or payable)
        )
    ]


def _bound(order: Order) -> list[set[str]]:
    """For each voucher used in the order that is bound to payment methods: which."""
    uses = VoucherUse.objects.filter(order_id=order.pk, released_at__isnull=True)
    return [set(methods) for methods in uses.values_list("voucher__payment_methods", flat=True) if methods]


def buyer_method(*, order: Order, method: str, channel: str) -> Payment:
    """The buyer changes the method while nothing is paid.

    Raises at ``payment_method``, or 409 when money came or the parcel is on its way.
    """
    offered = {m["method"]: m["fee"] for m in methods_of(order)}
    if method not in offered:
        raise ValidationFailed.field("payment_method", _("Choose a payment method."))
    return _change(order, method, channel, fee=offered[method], actor=BUYER)


def seller_method(*, order: Order, method: str, channel: str, actor: Actor) -> Payment:
    """The seller changes it: any method, with the form's fee for it where the form has one.

    Raises at ``payment_method`` when the courier collects no cash at the address, or a voucher of the order is bound to
    other methods.
    """
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
    published = order.form.published if order.form else None
    fees = {m["method"]: m["fee"] for m in content_full(published.content)["payment_methods"]} if published else {}
    return _change(order, method, channel, fee=fees.get(method, 0), actor=actor)


def _change(order: Order, method: str, channel: str, *, fee: int, actor: Actor) -> Payment:
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


def _change_once(order: Order, method: str, channel: str, fee: int, actor: Actor, *, last: bool) -> Payment:
    """``fee`` is the method's own in rupiah, negative for a discount."""
    locked = order_lock(order.pk)
    coded = method == Order.Method.BANK_TRANSFER and order.store.unique_code_enabled and not last
    courier = Courier.objects.filter(code=locked.courier_code).first()
    terms = CodTerms(locked.cod_fee_bp, courier.cod_fee_min if courier else 0, _payer(locked.cod_fee_payer))
    bill = compute_bill(
        lines=(),
        package_price=locked.goods,
        discount=locked.discount,
        shipping=locked.shipping,
        shipping_discount=locked.shipping_discount,
        insurance=locked.insurance,
        other_fee=locked.other_fee,
        method_fee=fee,
        cod=terms if method == Order.Method.COD else None,
        unique_code=secrets.randbelow(999) + 1 if coded else 0,
    )
    if bill.unique_code and bill.total <= bill.unique_code:  # nothing to transfer
        bill = replace(bill, unique_code=0, total=0)
    for name in ("method_fee", "other_fee", "cod_fee", "unique_code", "total"):
        setattr(locked, name, getattr(bill, name))
    locked.save(update_fields=["method_fee", "other_fee", "cod_fee", "unique_code", "total"])
    payment = payment_renew(order_id=locked.pk, method=method, channel=channel, actor=actor)
    if bill.unique_code:
        payment.unique_code = bill.unique_code
        payment.save(update_fields=["unique_code"])
    payment_free(order_id=locked.pk)
    return payment


def _payer(text: str) -> CodFeePayer:
    return "seller" if text == "seller" else "buyer"
