"""Placing an order: the one path where a hand-written statement replaces the ORM (performance.md; decision 0002).

``order_place`` does the thinking in Python (bill, quote, risk, who gets the lead) and hands finished rows to the
database function ``order_place_v2`` in one round trip. A plain ORM version in the tests writes the same rows and is
compared with this one.
"""

from __future__ import annotations

import random
import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import IntegrityError, connection, transaction
from django.db.utils import InternalError
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb, set_json_dumps

from bosonline import outbox
from bosonline.bill import Bill
from bosonline.errors import Conflict, DomainError, NotFound, ValidationFailed
from bosonline.ids import order_number, public_token
from bosonline.models import IdempotencyRecord
from bosonline.money import format_rupiah
from bosonline.phone import InvalidPhone, normalise
from bosonline.tenancy import store_scope
from catalog.models import Voucher, VoucherUse
from catalog.services.vouchers import VoucherContext, voucher_amount, voucher_check, voucher_message
from forms.answers import answers_of
from forms.pricing import Basket, basket_of, bill_of
from forms.services.rates import MANUAL, Quote, quote_redeem
from forms.snapshot import Snapshot, snapshot_draft, snapshot_of
from orders.models import Order, Payment
from orders.services.risk import Assessment, assess
from stores.queries import Area, area_of

# How many orders a process writes at once. More only queue inside PostgreSQL, where they hold locks while they wait.
_SLOTS = threading.BoundedSemaphore(2)
METHOD_STATUS = {"cod": "cod_pending", "bank_transfer": "unpaid", "va": "unpaid", "qris": "unpaid"}
ATTEMPTS = 4


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


set_json_dumps(_dumps)


@dataclass(frozen=True, slots=True)
class CheckoutInput:
    """What the buyer sent, types already checked (``POST /checkout/orders`` of api.md)."""

    form_slug: str
    name: str
    phone: str
    payment_method: str
    items: list[dict[str, int]] = field(default_factory=list)
    package_id: str | None = None
    bump: bool = False
    email: str = ""
    district_id: int | None = None
    street: str = ""
    landmark: str = ""
    postal_code: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    courier_quote: str = ""
    insurance: bool = False
    payment_channel: str = ""
    voucher_codes: list[str] = field(default_factory=list)
    note: str = ""
    utm: dict[str, str] = field(default_factory=dict)
    event_ids: dict[str, str] = field(default_factory=dict)
    abandoned_token: str = ""
    expected_total: int | None = None
    filled_in_ms: int | None = None
    trap: str = ""
    # the buyer pressed again after ``confirmation_required``
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """Where the request came from."""

    ip: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """The order as answered to the buyer."""

    order_id: int
    order_number: str
    token: str
    status: str
    payment_status: str
    risk: str
    bill: Bill
    payment_method: str
    payment_channel: str
    payment_due_at: datetime | None
    replayed: bool = False
    assigned_to_id: int | None = None
    courier_name: str = ""
    buyer_name: str = ""
    products: str = ""
    is_test: bool = False


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
        if snapshot is None or snapshot.slug != data.form_slug or (snapshot.status == "draft" and not is_test):
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
        raise _refusal("idempotency_conflict", {})
    with store_scope(store_id):
        return placed_of(row.order_id, replayed=True)


class StaleForm(Exception):
    """The form changed after its snapshot was taken."""


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
        _check_open(snapshot, now)
    method = snapshot.methods.get(data.payment_method)
    if method is None:
        raise ValidationFailed.field("payment_method", _("Choose a payment method."))
    phone = _phone(data.phone)
    area = _area(data)
    basket = basket_of(snapshot, items=data.items, package_id=data.package_id, bump=data.bump)
    quote = quote_redeem(
        snapshot, basket, token=data.courier_quote, destination_id=area.district_id, method=data.payment_method
    )
    if not is_test:
        _check_stock(snapshot, basket)
    fields = answers_of(snapshot.content, fields=data.fields, note=data.note, landmark=data.landmark, email=data.email)
    vouchers = _vouchers(snapshot, data, basket, quote, phone, area, now)
    unique_code = _unique_code(snapshot, data, attempt)
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
    if data.expected_total is not None and data.expected_total != bill.total - unique_code:
        raise Conflict(
            _("The price has changed to %(total)s. Please check and order again.")
            % {"total": format_rupiah(bill.total - unique_code)},
            code="price_changed",
            extra={"bill": bill.as_api()},
        )
    risk = Assessment("clear", ()) if is_test else _gate(snapshot, data, caller, phone, attempt)
    order = _order_row(snapshot, data, caller, basket, quote, bill, phone, area, fields, risk, now, is_test)
    payload = _payload(snapshot, data, order, basket, vouchers, bill, idempotency, now)
    answer = _call(payload)
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


def _product_names(basket: Basket) -> str:
    """``Madu Hutan 100gr ×2, Propolis``: for messages to the buyer."""
    return ", ".join(
        f"{line.variant.product_name} {line.variant.variant_name}".strip() + (f" ×{line.qty}" if line.qty > 1 else "")
        for line in basket.lines
    )


def _call(payload: dict[str, Any]) -> dict[str, Any]:
    """One round trip. A rule that the database refuses comes back as SQLSTATE BO001."""
    try:
        # a savepoint only where a caller already opened a transaction; alone the statement is its own transaction
        if connection.in_atomic_block:
            with transaction.atomic():
                return _execute(payload)
        return _execute(payload)
    except (InternalError, Exception) as exc:
        cause = exc.__cause__
        if getattr(cause, "sqlstate", None) == "BO001":
            raise _refusal(str(cause.diag.message_primary), orjson.loads(cause.diag.message_detail or "{}")) from None  # type: ignore[union-attr]  # psycopg's error
        raise


def _execute(payload: dict[str, Any]) -> dict[str, Any]:
    with _SLOTS, connection.cursor() as cursor:
        cursor.execute("SELECT order_place_v2(%s)", [Jsonb(payload)])  # type: ignore[list-item]  # psycopg adapts it
        row: dict[str, Any] = cursor.fetchone()[0]
        return row if isinstance(row, dict) else orjson.loads(row)


def _refusal(code: str, detail: dict[str, Any]) -> Exception:
    match code:
        case "stale_form":
            return StaleForm()
        case "out_of_stock":
            return _out_of_stock(detail["variant_id"], detail["left"])
        case "form_closed":
            return Conflict(_("This form is closed. New orders are not accepted."), code="form_closed")
        case "idempotency_conflict":
            return Conflict(_("This Idempotency-Key was used with another body."), code="idempotency_conflict")
        case _:
            message = voucher_message(code)
            return ValidationFailed(
                message, code=code, errors={"voucher_codes": [message]}, extra={"voucher": detail.get("code", "")}
            )


def _out_of_stock(variant_id: int, left: int) -> DomainError:
    message = _("Only %(left)s left in stock.") % {"left": left} if left > 0 else _("This item is sold out.")
    return Conflict(
        message, code="out_of_stock", errors={"items": [message]}, extra={"variant_id": variant_id, "left": left}
    )


def _check_open(snapshot: Snapshot, now: datetime) -> None:
    text = now.isoformat()
    if (
        snapshot.status != "published"
        or (snapshot.opens_at and snapshot.opens_at > text)
        or (snapshot.closes_at and snapshot.closes_at <= text)
    ):
        raise Conflict(_("This form is closed. New orders are not accepted."), code="form_closed")


def _phone(text: str) -> str:
    try:
        return normalise(text)
    except InvalidPhone:
        raise ValidationFailed.field(
            "customer.phone", _("The WhatsApp number is not valid, for example 081234567890.")
        ) from None


def _area(data: CheckoutInput) -> Area:
    area = area_of(data.district_id) if data.district_id else None
    if area is None:
        raise ValidationFailed.field("address.district_id", _("Choose your district from the list."))
    if data.postal_code and data.postal_code not in area.postal_codes:
        raise ValidationFailed.field("address.postal_code", _("This postal code does not belong to the district."))
    return area


def _check_stock(snapshot: Snapshot, basket: Basket) -> None:
    """What the snapshot already knows to be sold out is said before anything is written."""
    for variant_id, qty in basket.pieces().items():
        variant = snapshot.variants[variant_id]
        if not variant.sell_when_empty and variant.left < qty and variant.left <= 0:
            raise _out_of_stock(variant_id, max(variant.left, 0))


def _gate(snapshot: Snapshot, data: CheckoutInput, caller: Caller, phone: str, attempt: int) -> Assessment:
    """The traffic light and what the form does with it (product.md §10). A held order is kept, never lost.

    Raises ``confirmation_required`` (answered by the same order with ``confirmed``) or, at ``payment_method``,
    ``cod_not_offered``.
    """
    risk = assess(
        store_id=snapshot.store["id"], form_id=snapshot.form_id, name=data.name, street=data.street,
        landmark=data.landmark, phone=phone, ip=caller.ip, filled_in_ms=data.filled_in_ms, trap=data.trap,
        blocked=snapshot.blocked, count=attempt == 0,
    )  # fmt: skip
    action = snapshot.content["risk_actions"].get(risk.level, "allow")
    if action == "hold" and risk.level == "watch":
        return Assessment("suspicious", risk.reasons)
    if action == "confirm" and not data.confirmed:
        raise Conflict(
            _("Please check your details once more, then press the button again to confirm the order."),
            code="confirmation_required",
        )
    if action == "no_cod" and data.payment_method == "cod" and len(snapshot.methods) > 1:
        message = _("Please choose another way to pay for this order.")
        raise ValidationFailed.field("payment_method", message, code="cod_not_offered")
    return risk


def _vouchers(
    snapshot: Snapshot,
    data: CheckoutInput,
    basket: Basket,
    quote: Quote,
    phone: str,
    area: Area,
    now: datetime,
) -> list[dict[str, Any]]:
    """The vouchers' amounts, in rupiah. At most one per kind; the first rule that fails is the answer."""
    codes = list(dict.fromkeys(c.strip().lower() for c in data.voucher_codes if c.strip()))
    if not codes:
        return []
    if not snapshot.content["voucher_enabled"]:
        raise _voucher_error("voucher_not_found", codes[0])
    import zoneinfo

    rows = {
        v.code.lower(): v
        for v in Voucher.objects.filter(
            deleted_at__isnull=True, code__iregex="^(" + "|".join(map(_plain, codes)) + ")$"
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
            raise _voucher_error(failed or "voucher_not_found", code)
        if any(v["kind"] == voucher.kind for v in chosen):
            raise ValidationFailed.field(
                "voucher_codes", _("Only one voucher of each kind can be used."), code="voucher_combination"
            )
        amount = voucher_amount(voucher, product_ids, context)
        chosen.append({"id": voucher.pk, "code": voucher.code, "kind": voucher.kind, "amount": amount})
    return chosen


def _plain(code: str) -> str:
    import re

    return re.escape(code)


def _voucher_error(code: str, voucher: str) -> ValidationFailed:
    message = voucher_message(code)
    return ValidationFailed(message, code=code, errors={"voucher_codes": [message]}, extra={"voucher": voucher.upper()})


def _unique_code(snapshot: Snapshot, data: CheckoutInput, attempt: int) -> int:
    """1–999 for bank transfers; 0 after three collisions in a row (a store with very many open equal transfers)."""
    if data.payment_method != "bank_transfer" or not snapshot.store["unique_code_enabled"]:
        return 0
    return secrets.randbelow(999) + 1 if attempt < ATTEMPTS - 1 else 0


def _assign(snapshot: Snapshot) -> tuple[int | None, str]:
    """Who gets the lead, by weight. A returning buyer's previous CS goes first; the database decides that."""
    if not snapshot.cs:
        return None, ""
    if len(snapshot.cs) == 1:
        return snapshot.cs[0]["id"], "only_cs"
    chosen = random.choices(snapshot.cs, weights=[c["weight"] for c in snapshot.cs])[0]  # noqa: S311 - fairness, not security
    return chosen["id"], "weight"


_FIELDS = [f for f in Order._meta.concrete_fields if f.name != "id"]


def _order_row(
    snapshot: Snapshot,
    data: CheckoutInput,
    caller: Caller,
    basket: Basket,
    quote: Quote,
    bill: Bill,
    phone: str,
    area: Area,
    fields: dict[str, str],
    risk: Assessment,
    now: datetime,
    is_test: bool,
) -> dict[str, Any]:
    """Every column of ``orders_order``: what is not said here has the model's default."""
    cs_id, cs_reason = _assign(snapshot)
    manual = quote.courier_code == MANUAL
    due = None if data.payment_method == "cod" else now + timedelta(hours=snapshot.store["payment_hours"])
    return {
        **_defaults(),
        "store_id": snapshot.store["id"],
        "order_number": order_number(now),
        "token": public_token(),
        "is_test": is_test,
        "form_id": snapshot.form_id,
        "warehouse_id": snapshot.warehouse_id,
        "payment_status": METHOD_STATUS[data.payment_method],
        "risk": risk.level,
        "risk_reasons": list(risk.reasons),
        "buyer_name": data.name.strip(),
        "buyer_phone": phone,
        "buyer_email": data.email,
        "district_id": area.code,
        "district_name": area.district,
        "city_name": area.city,
        "province_name": area.province,
        "street": data.street.strip(),
        "landmark": data.landmark.strip(),
        "postal_code": data.postal_code or (area.postal_codes[0] if area.postal_codes else ""),
        "note": data.note.strip() if snapshot.content["note_enabled"] else "",
        "fields": fields,
        "courier_code": "" if manual else quote.courier_code,
        "courier_name": quote.courier_name,
        "service_code": "" if manual else quote.service_code,
        "service_name": quote.service_name,
        "etd": quote.etd,
        "weight_grams": basket.weight_grams,
        **bill.as_api(),
        "cod_fee_bp": snapshot.couriers.get(quote.courier_code, {}).get("cod_fee_bp", 0),
        "cod_fee_payer": bill.cod_fee_payer,
        "cost_of_goods": basket.cost,
        "quantity": basket.quantity,
        "payment_method": data.payment_method,
        "payment_channel": data.payment_channel,
        "payment_due_at": due,
        "assigned_to_id": cs_id,
        "assigned_reason": cs_reason,
        "next_followup_at": now + timedelta(minutes=15),
        "utm": data.utm,
        "event_ids": data.event_ids,
        "ip": caller.ip or None,
        "user_agent": caller.user_agent[:300],
        "created_at": now,
    }


_DEFAULTS: dict[str, Any] = {}


def _defaults() -> dict[str, Any]:
    if not _DEFAULTS:
        blank = Order(goods=0, total=0)
        for column in _FIELDS:
            value = getattr(blank, column.attname)
            _DEFAULTS[column.attname] = None if hasattr(value, "resolve_expression") else value
    return _DEFAULTS


def _payload(
    snapshot: Snapshot,
    data: CheckoutInput,
    order: dict[str, Any],
    basket: Basket,
    vouchers: list[dict[str, Any]],
    bill: Bill,
    idempotency: tuple[str, str] | None,
    now: datetime,
) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "order": order,
        "form_revision": snapshot.revision,
        "duplicate_hours": snapshot.store["duplicate_window_hours"],
        "cs_candidates": [c["id"] for c in snapshot.cs],
        "actor_label": "buyer",
        "items": [
            {
                "product_id": line.variant.product_id,
                "variant_id": line.variant.variant_id,
                "product_name": line.variant.product_name,
                "variant_name": line.variant.variant_name,
                "sku": line.variant.sku,
                "qty": line.qty,
                "unit_price": line.unit_price,
                "total": line.total,
                "cost_price": line.variant.cost_price,
                "weight_grams": line.variant.weight_grams,
                "is_bump": line.is_bump,
                "package_name": line.package_name,
            }
            for line in basket.lines
        ],
        "vouchers": [{"id": v["id"], "code": v["code"], "amount": v["amount"]} for v in vouchers],
        "stock": [{"variant_id": variant_id, "qty": qty} for variant_id, qty in basket.pieces().items()],
        "outbox": [{"topic": "order.placed", "payload": {}}],
        "payment": _payment_row(data, bill, order, snapshot),
    }
    if order["is_test"]:  # nothing outside the order itself may notice it
        payload["vouchers"] = payload["stock"] = payload["outbox"] = []
    elif data.payment_method in ("va", "qris"):
        payload["outbox"].append({"topic": "payment.create", "payload": {}})
    if idempotency is not None:
        payload["idempotency"] = {
            "scope": f"checkout:{snapshot.store['id']}",
            "key": idempotency[0],
            "hash": idempotency[1],
        }
    if data.abandoned_token:
        payload["abandoned_token"] = data.abandoned_token
    return payload


def _payment_row(data: CheckoutInput, bill: Bill, order: dict[str, Any], snapshot: Snapshot) -> dict[str, Any]:
    gateway = data.payment_method in ("va", "qris") and not order["is_test"]
    accounts = snapshot.bank_accounts
    return {
        "method": data.payment_method,
        "channel": data.payment_channel,
        "status": Payment.Status.CREATING if gateway else Payment.Status.PENDING,
        "amount": bill.total,
        "unique_code": bill.unique_code or None,
        "reference": order["order_number"] if gateway else None,
        "expires_at": order["payment_due_at"],
        "bank_account_id": accounts[0]["id"] if data.payment_method == "bank_transfer" and accounts else None,
    }


def placed_of(order_id: int, *, replayed: bool = False) -> Placed:
    """The answer for an order that exists."""
    order = Order.objects.get(pk=order_id)
    return Placed(
        order_id=order.pk,
        order_number=order.order_number,
        token=order.token,
        status=order.status,
        payment_status=order.payment_status,
        risk=order.risk,
        bill=bill_from(order),
        payment_method=order.payment_method,
        payment_channel=order.payment_channel,
        payment_due_at=order.payment_due_at,
        replayed=replayed,
        assigned_to_id=order.assigned_to_id,
        courier_name=order.courier_name,
        buyer_name=order.buyer_name,
        products=", ".join(
            f"{i.product_name} {i.variant_name}".strip() + (f" ×{i.qty}" if i.qty > 1 else "")
            for i in order.items.order_by("id")
        ),
        is_test=order.is_test,
    )


def bill_from(order: Order) -> Bill:
    """The stored bill of an order."""
    return Bill(
        goods=order.goods,
        discount=order.discount,
        shipping=order.shipping,
        shipping_discount=order.shipping_discount,
        insurance=order.insurance,
        other_fee=order.other_fee,
        method_fee=order.method_fee,
        cod_fee=order.cod_fee,
        cod_fee_payer="seller" if order.cod_fee_payer == "seller" else "buyer",
        unique_code=order.unique_code,
        total=order.total,
    )
