"""A buyer's parcel goes to another district: the couriers are asked anew, and no price is agreed to unseen.

moving_options(order, district_id)      couriers there with the new total     ─▶ the buyer chooses one
buyer_move(order, district_id, quote)   the signed quote is redeemed, the bill and the open payment follow
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from bosonline import timeline
from bosonline.actor import BUYER
from bosonline.bill import Bill
from bosonline.errors import Conflict, ValidationFailed
from bosonline.tenancy import store_scope
from catalog.models import Voucher, VoucherUse
from forms.pricing import Basket
from forms.services.rates import MANUAL, province_of, quote_redeem, shipping_options
from forms.snapshot import Snapshot, snapshot_of
from orders.models import Order
from orders.money.methods import payment_again
from orders.services.rebill import bill_write, rebill
from orders.services.status import order_lock
from stores.areas import Area, area_of, postal_code_of

UNPAID = (Order.PaymentStatus.UNPAID, Order.PaymentStatus.EXPIRED, Order.PaymentStatus.COD_PENDING)


@dataclass(frozen=True, slots=True)
class Option:
    """A courier service to the new district. In rupiah: ``shipping`` is what the buyer pays for it, ``price`` the line
    of the bill before its discounts, ``total`` the whole new bill without the unique code, which is drawn anew."""

    quote: str
    name: str
    etd: str
    shipping: int
    price: int
    total: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Moving:
    area: Area
    options: list[Option]
    total_before: int


def moving_options(*, order: Order, district_id: int) -> Moving:
    """Which couriers go there and what the order then costs. Asks the couriers, changes nothing.

    Raises at ``district_id`` for an unknown district; 409 when the bill cannot change any more (``too_late``,
    ``already_paid``), depends on the area (``voucher_bound``), or no courier's price is known (``no_courier``).
    """
    area = _area(district_id)
    with store_scope(order.store_id):
        snapshot = _snapshot(order)
        _check(order)
        found, _more = shipping_options(
            snapshot, _basket(order), destination_id=district_id, method=order.payment_method
        )
        options = [_option(order, row, district_id) for row in found if row["courier_code"] != MANUAL]
    if not options:
        raise Conflict(_("No courier's price to this area is known right now. Contact the store."), code="no_courier")
    if not any(option.chosen for option in options):
        options[0] = replace(options[0], chosen=True)
    return Moving(area, options, order.total - order.unique_code)


def buyer_move(
    *, order: Order, district_id: int, quote: str, street: str, landmark: str, postal_code: str = ""
) -> None:
    """Send the order there by the quoted service. All or nothing: address, courier, bill and payment change together.

    Raises as :func:`moving_options`, and at ``courier_quote`` for a quote that is forged, for elsewhere, or too old.
    """
    area = _area(district_id)
    kept = postal_code_of(area.postal_codes, postal_code)
    if kept is None:
        raise ValidationFailed.field("postal_code", _("This postal code does not belong to the district."))
    with store_scope(order.store_id), transaction.atomic():
        snapshot = _snapshot(order)
        locked = order_lock(order.pk)
        _check(locked)
        chosen = quote_redeem(
            snapshot, _basket(locked), token=quote, destination_id=district_id, method=locked.payment_method
        )
        if chosen.courier_code == MANUAL:
            raise ValidationFailed.field("courier_quote", _("Choose a courier from the list."))
        before = _told(locked)
        bill = _bill(locked, chosen.courier_code, chosen.price, district_id)
        columns = {
            "district_id": area.code, "district_name": area.district, "city_name": area.city,
            "province_name": area.province, "postal_code": kept,
            "street": street, "landmark": landmark,
            "courier_code": chosen.courier_code, "courier_name": chosen.courier_name, "service_code": chosen.service_code,
            "service_name": chosen.service_name, "etd": chosen.etd, "cod_covered": chosen.cod,
        }  # fmt: skip
        for name, value in columns.items():
            setattr(locked, name, value)
        locked.save(update_fields=list(columns))
        bill_write(locked, bill, courier_code=chosen.courier_code)
        timeline.record(
            store_id=locked.store_id, subject="order", subject_id=locked.pk, kind="order.address", actor=BUYER,
            data={"before": before, "after": _told(locked)},
        )  # fmt: skip
        if bill.total != before["total"]:
            payment_again(order=locked, actor=BUYER)


def _area(district_id: int) -> Area:
    area = area_of(district_id)
    if area is None:
        raise ValidationFailed.field("district_id", _("Please choose your area from the list."))
    return area


def _snapshot(order: Order) -> Snapshot:
    snapshot = snapshot_of(order.store_id, order.form.slug) if order.form and not order.is_test else None
    if snapshot is None or snapshot.warehouse_id != order.warehouse_id:
        raise Conflict(_("The shipping price cannot be asked any more. Contact the store."), code="too_late")
    return snapshot


def _check(order: Order) -> None:
    if order.status not in (Order.Status.NEW, Order.Status.CONFIRMED) or order.shipping_status != "none":
        raise Conflict(_("The parcel is already packed. Contact the store."), code="too_late")
    if order.payment_status not in UNPAID or order.paid_amount:
        raise Conflict(
            _("You have paid already, so another kecamatan would change the bill. Contact the store."),
            code="already_paid",
        )
    uses = VoucherUse.objects.filter(order_id=order.pk, released_at__isnull=True).select_related("voucher")
    if any(u.voucher.kind == Voucher.Kind.SHIPPING or u.voucher.apply_target_type != "all" for u in uses):
        raise Conflict(
            _("The voucher of this order depends on the area or the shipping. Contact the store."), code="voucher_bound"
        )


def _basket(order: Order) -> Basket:
    """What couriers and subsidies ask of the order; its lines and their prices stay as they were bought."""
    return Basket((), order.goods, order.weight_grams)


def _bill(order: Order, courier_code: str, shipping: int, district_id: int) -> Bill:
    change = rebill(
        order, courier_code=courier_code, shipping=shipping, province_code=province_of(district_id),
        insured=bool(order.insurance), unique_code=order.unique_code,
    )  # fmt: skip
    return change.after


def _option(order: Order, row: dict[str, Any], district_id: int) -> Option:
    bill = _bill(order, row["courier_code"], row["price"], district_id)
    return Option(
        quote=row["quote"],
        name=f"{row['courier_name']} {row['service_name']}".strip(),
        etd=row["etd"],
        shipping=bill.shipping - bill.shipping_discount,
        price=bill.shipping,
        total=bill.total - bill.unique_code,
        chosen=(row["courier_code"], row["service_code"]) == (order.courier_code, order.service_code),
    )


def _told(order: Order) -> dict[str, Any]:
    """What the timeline keeps of an address."""
    return {
        "street": order.street, "landmark": order.landmark, "district": f"{order.district_name}, {order.city_name}",
        "courier": f"{order.courier_name} {order.service_name}".strip(), "total": order.total,
    }  # fmt: skip
