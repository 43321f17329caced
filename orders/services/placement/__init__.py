"""Placing an order: the one path where a hand-written statement replaces the ORM (performance.md; decision 0002).

``order_place`` does the thinking in Python (bill, quote, risk, who gets the lead) and hands finished rows to a
database function in one round trip. A plain ORM version in the tests writes the same rows and is compared with this one.

| module | what |
|---|---|
| ``types`` | what comes in, what goes out |
| ``checks`` | what the buyer can mend, each refusal at its field |
| ``rows`` | the rows as the database function takes them |
| ``statement`` | the round trip |
| ``refusals`` | codes and sentences |
"""

from __future__ import annotations

from dataclasses import replace

from django.db import IntegrityError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import outbox
from bosonline.errors import Conflict, DomainError, NotFound, ValidationFailed
from bosonline.models import IdempotencyRecord
from bosonline.money import format_rupiah
from bosonline.tenancy import store_scope
from catalog.models import Voucher
from forms.answers import answers_of
from forms.pricing import Basket, basket_of, bill_of
from forms.services.rates import quote_redeem
from forms.snapshot import Snapshot, snapshot_draft, snapshot_of
from orders.services.placement import checks, rows, statement
from orders.services.placement.refusals import StaleForm, refusal
from orders.services.placement.types import Caller, CheckoutInput, Placed, placed_of
from orders.services.rebill import code_draw
from orders.services.risk import Assessment, assess

__all__ = ["Caller", "CheckoutInput", "Placed", "order_place", "placed_of"]

ATTEMPTS = 4


def order_place(
    *,
    store_id: int,
    data: CheckoutInput,
    caller: Caller,
    idempotency: tuple[str, str] | None = None,
    is_test: bool = False,
    test_form_id: int | None = None,
) -> Placed:
    """Place an order from a form.

    ``idempotency`` is the key and the hash of the body: the same pair gives the same order, the same key with another
    hash raises 409 ``idempotency_conflict``. Raises :class:`DomainError` naming the field for everything the buyer can
    mend; then nothing was written. ``test_form_id`` orders in test mode from that form's draft: no stock, no voucher use,
    no statistics, no payment channel, no limits.
    """
    is_test = is_test or test_form_id is not None
    snapshot = snapshot_draft(store_id, test_form_id) if test_form_id else snapshot_of(store_id, data.form_slug)
    for attempt in range(ATTEMPTS):
        if snapshot is None or (snapshot.status == "draft" and not is_test):
            raise NotFound(_("This form does not exist."))
        if test_form_id and snapshot.slug != data.form_slug:
            raise NotFound(_("This form does not exist."))
        try:
            with store_scope(store_id):
                return _place_once(snapshot, data, caller, idempotency, is_test, attempt)
        except DomainError:
            # what was refused now may have been placed before: a late repeat gets its order, not the state of today
            known = _known(store_id, idempotency)
            if known is not None:
                return known
            raise
        except StaleForm:
            snapshot = snapshot_of(store_id, data.form_slug, fresh=True)
        except IntegrityError as exc:
            # another open transfer has this amount, or the random order number exists: draw again
            if not any(name in str(exc) for name in ("payment_unique_amount", "order_number_once", "order_token_once")):
                raise
    raise Conflict(_("Many orders arrive right now. Please press the button again."), code="try_again", status=503)


def _known(store_id: int, idempotency: tuple[str, str] | None) -> Placed | None:
    """The order that was placed with this key and body, or None. Another body raises ``idempotency_conflict``."""
    if idempotency is None:
        return None
    row = IdempotencyRecord.objects.filter(scope=f"checkout:{store_id}", key=idempotency[0]).first()
    if row is None or row.order_id is None:
        return None
    if row.body_hash != idempotency[1]:
        raise refusal("idempotency_conflict")
    with store_scope(store_id):
        return placed_of(row.order_id, replayed=True)


def _place_once(
    snapshot: Snapshot,
    data: CheckoutInput,
    caller: Caller,
    idempotency: tuple[str, str] | None,
    is_test: bool,
    attempt: int,
) -> Placed:
    now = timezone.now()
    if not is_test:
        checks.form_open(snapshot, now)
    method = snapshot.methods.get(data.payment_method)
    if method is None:
        raise ValidationFailed.field("payment_method", _("Choose a payment method."))
    phone = checks.phone(data.phone)
    area = checks.area(data)
    basket = basket_of(snapshot, items=data.items, package_id=data.package_id, bump=data.bump)
    quote = quote_redeem(
        snapshot, basket, token=data.courier_quote, destination_id=area.district_id, method=data.payment_method
    )
    if not is_test:
        checks.stock_known(snapshot, basket)
    fields = answers_of(snapshot.content, fields=data.fields, note=data.note, landmark=data.landmark, email=data.email)
    vouchers = checks.vouchers(snapshot, data, basket, quote, phone, area, now)
    unique_code = code_draw(
        method=data.payment_method,
        is_enabled=snapshot.store["unique_code_enabled"],
        is_last_try=attempt == ATTEMPTS - 1,
    )
    bill = bill_of(
        snapshot,
        basket,
        method=data.payment_method,
        courier_code=quote.courier_code,
        shipping=quote.price,
        insured=data.insurance and snapshot.content["insurance_enabled"],
        discount=sum(v["amount"] for v in vouchers if v["kind"] == Voucher.Kind.PRODUCT),
        shipping_voucher=sum(v["amount"] for v in vouchers if v["kind"] == Voucher.Kind.SHIPPING),
        unique_code=unique_code,
        province_code=area.code[:2],
    )
    if unique_code and bill.total <= unique_code:  # nothing to transfer
        bill, unique_code = replace(bill, unique_code=0, total=0), 0
    plain = replace(bill, unique_code=0, total=bill.total - unique_code)  # the code is drawn anew with every try
    if data.expected_goods not in (None, plain.goods) or data.expected_total not in (None, plain.total):
        raise Conflict(
            _("The price has changed to %(total)s. Please check and order again.")
            % {"total": format_rupiah(plain.total)},
            code="price_changed",
            extra={"bill": plain.as_api()},
        )
    risk = Assessment("clear", ()) if is_test else _risk(snapshot, data, caller, phone, attempt)
    order = rows.order_row(snapshot, data, caller, basket, quote, bill, phone, area, fields, risk, now, is_test)
    answer = statement.order_write(rows.payload(snapshot, data, order, basket, vouchers, bill, idempotency, now))
    if answer["replayed"]:
        return placed_of(answer["order_id"], replayed=True)
    if data.payment_method in ("va", "qris") and not connection.in_atomic_block:
        outbox.wake()  # the buyer waits for a number to pay to; everything else may take the relay's second
    return Placed(
        order_id=answer["order_id"],
        order_number=order["order_number"],
        token=order["token"],
        status=order["status"],
        payment_status=order["payment_status"],
        risk=answer["risk"],
        bill=bill,
        payment_method=data.payment_method,
        payment_channel=order["payment_channel"],
        payment_due_at=order["payment_due_at"],
        assigned_to_id=answer["assigned_to_id"],
        courier_name=order["courier_name"],
        buyer_name=order["buyer_name"],
        products=_product_names(basket),
        is_test=is_test,
    )


def _risk(snapshot: Snapshot, data: CheckoutInput, caller: Caller, phone: str, attempt: int) -> Assessment:
    """What was typed and how often. The database adds the phone's history and does what the form wants done with the
    light (hold, ask once more, no cash on delivery): see ``risk_actions`` in ``order_place.sql``."""
    return assess(
        store_id=snapshot.store["id"], form_id=snapshot.form_id, name=data.name, street=data.street,
        landmark=data.landmark, phone=phone, ip=caller.ip, filled_in_ms=data.filled_in_ms, trap=data.trap,
        blocked=snapshot.blocked, count=attempt == 0,
    )  # fmt: skip


def _product_names(basket: Basket) -> str:
    """``Madu Hutan 100gr ×2, Propolis``: for messages to the buyer."""
    return ", ".join(
        f"{line.variant.product_name} {line.variant.variant_name}".strip() + (f" ×{line.qty}" if line.qty > 1 else "")
        for line in basket.lines
    )
