from __future__ import annotations

from typing import Any

from rest_framework import serializers

from bosonline.api.fields import CodeField, CodePattern, EmailField, LineField, PhoneField
from bosonline.moments import MomentField
from bosonline.sheets import FORMATS
from orders.models import Order
from orders.services.followups import RESULTS


class ItemIn(serializers.Serializer[Any]):
    variant_id = serializers.IntegerField(min_value=1, max_value=2**62)
    qty = serializers.IntegerField(min_value=1, max_value=1000)


class CustomerIn(serializers.Serializer[Any]):
    name = LineField(max_length=80)
    phone = PhoneField()
    email = EmailField(required=False, allow_null=True, allow_blank=True, default="")


class AddressIn(serializers.Serializer[Any]):
    district_id = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    street = LineField(min_length=5, max_length=200)
    landmark = LineField(max_length=100, required=False, allow_blank=True, default="")
    postal_code = CodePattern(r"^\d{5}$", required=False, allow_blank=True, default="")


class SmallText(serializers.DictField):
    """A flat object of short texts."""

    child = serializers.CharField(max_length=500, allow_blank=True)


class CheckoutOrderIn(serializers.Serializer[Any]):
    """``POST /checkout/orders`` of api.md. ``expected_goods`` (before discounts) and
    ``expected_total`` (without the unique code), in rupiah, guard against a price that changed meanwhile."""

    form = serializers.SlugField(max_length=60)
    store = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    items = ItemIn(many=True, required=False, default=list, max_length=20)
    package_id = serializers.SlugField(max_length=20, required=False, allow_null=True, default=None)
    bump = serializers.BooleanField(required=False, default=False)
    customer = CustomerIn()
    address = AddressIn()
    fields = SmallText(required=False, default=dict)  # type: ignore[assignment]  # a field named fields
    courier_quote = serializers.CharField(max_length=1000)
    insurance = serializers.BooleanField(required=False, default=False)
    payment_method = serializers.ChoiceField(choices=Order.Method.values)
    payment_channel = serializers.CharField(
        max_length=20, required=False, allow_null=True, allow_blank=True, default=""
    )
    voucher_codes = serializers.ListField(child=CodeField(max_length=30), required=False, default=list, max_length=4)
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")
    utm = SmallText(required=False, default=dict)
    event_ids = SmallText(required=False, default=dict)
    abandoned_token = serializers.CharField(
        max_length=200, required=False, allow_null=True, allow_blank=True, default=""
    )
    expected_goods = serializers.IntegerField(required=False, allow_null=True, default=None)
    expected_total = serializers.IntegerField(required=False, allow_null=True, default=None)
    filled_in_ms = serializers.IntegerField(required=False, allow_null=True, default=None)
    website = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    confirmed = serializers.BooleanField(required=False, default=False)
    test_token = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class MethodIn(serializers.Serializer[Any]):
    payment_method = serializers.ChoiceField(choices=Order.Method.values)
    payment_channel = serializers.CharField(
        max_length=20, required=False, allow_null=True, allow_blank=True, default=""
    )


class IdsIn(serializers.Serializer[Any]):
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), allow_empty=False, max_length=200
    )


class StatusIn(IdsIn):
    status = serializers.ChoiceField(choices=Order.Status.values)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class FollowUpIn(serializers.Serializer[Any]):
    stage = serializers.CharField(max_length=30, required=False, allow_blank=True, default="")
    text = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")
    result = serializers.ChoiceField(choices=list(RESULTS), required=False, allow_blank=True, default="")
    next_at = MomentField(required=False, allow_null=True, default=None)


class ShippingIn(serializers.Serializer[Any]):
    """An AWB entered by hand (own courier)."""

    awb = CodePattern(r"^[A-Za-z0-9-]{5,40}$")
    courier_name = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")


class WinpayIn(serializers.Serializer[Any]):
    order_id = serializers.IntegerField(min_value=1, max_value=2**62)
    channel = serializers.CharField(max_length=20)


class DownloadIn(serializers.Serializer[Any]):
    format = serializers.ChoiceField(choices=list(FORMATS), required=False, default="csv")
