"""Bodies of the catalogue's API. Money in rupiah, weight in grams, sizes in cm."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from bosonline.api.fields import CodeField
from bosonline.sheets import FORMATS
from catalog.models import Product, Voucher
from catalog.services.variants import PRICE_MAX, SIDE_MAX, WEIGHT_MAX

ID_MAX = 2**62
DATES = ["%Y-%m-%d", "%d/%m/%Y"]
STATUSES = list(Product.Status.values)


class AttributeIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=30)
    items = serializers.ListField(child=serializers.CharField(max_length=60), max_length=1000)


class TierIn(serializers.Serializer[Any]):
    min_qty = serializers.IntegerField(min_value=2, max_value=100_000)
    price = serializers.IntegerField(min_value=0, max_value=PRICE_MAX)


class VariantFields(serializers.Serializer[Any]):
    """What a variant has; nothing is required, so that what is not sent stays."""

    sku = CodeField(max_length=60, allow_blank=True, required=False)
    price = serializers.IntegerField(min_value=0, max_value=PRICE_MAX, required=False)
    compare_at_price = serializers.IntegerField(min_value=0, max_value=PRICE_MAX, allow_null=True, required=False)
    cost_price = serializers.IntegerField(min_value=0, max_value=PRICE_MAX, required=False)
    weight_grams = serializers.IntegerField(min_value=1, max_value=WEIGHT_MAX, required=False)
    length_cm = serializers.IntegerField(min_value=1, max_value=SIDE_MAX, required=False)
    width_cm = serializers.IntegerField(min_value=1, max_value=SIDE_MAX, required=False)
    height_cm = serializers.IntegerField(min_value=1, max_value=SIDE_MAX, required=False)
    tiers = TierIn(many=True, required=False, max_length=10)
    image_id = serializers.IntegerField(min_value=1, max_value=ID_MAX, allow_null=True, required=False)
    is_active = serializers.BooleanField(required=False)


class VariantUpdateIn(VariantFields):
    """One variant; what is not sent stays."""

    sku = CodeField(max_length=60, required=False)


class VariantIn(VariantFields):
    """A variant inside a product. ``id`` names one that exists; ``stock`` is a new one's opening stock."""

    id = serializers.IntegerField(min_value=1, max_value=ID_MAX, required=False)
    options = serializers.ListField(child=serializers.CharField(max_length=60), default=list, max_length=3)
    stock = serializers.IntegerField(min_value=0, max_value=10_000_000, required=False)


class NewVariantIn(VariantIn):
    price = serializers.IntegerField(min_value=0, max_value=PRICE_MAX)


class ProductIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=10_000, allow_blank=True, default="")
    category_name = serializers.CharField(max_length=60, allow_blank=True, default="")
    status = serializers.ChoiceField(choices=STATUSES, default="active")
    slug = serializers.CharField(max_length=120, allow_blank=True, default="")
    attributes = AttributeIn(many=True, default=list, max_length=10)
    variants = NewVariantIn(many=True, max_length=1000)
    sell_when_empty = serializers.BooleanField(default=False)
    image_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=ID_MAX), default=list, max_length=12
    )


class ProductUpdateIn(serializers.Serializer[Any]):
    """What is not sent stays. ``confirm_removal`` lets variants go that forms or open orders still use."""

    name = serializers.CharField(max_length=120, required=False)
    description = serializers.CharField(max_length=10_000, allow_blank=True, required=False)
    category_name = serializers.CharField(max_length=60, allow_blank=True, required=False)
    status = serializers.ChoiceField(choices=STATUSES, required=False)
    slug = serializers.CharField(max_length=120, allow_blank=True, required=False)
    attributes = AttributeIn(many=True, required=False, max_length=10)
    variants = VariantIn(many=True, required=False, max_length=1000)
    sell_when_empty = serializers.BooleanField(required=False)
    image_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=ID_MAX), required=False, max_length=12
    )
    confirm_removal = serializers.BooleanField(default=False)
    expected_updated_at = serializers.DateTimeField(required=False, allow_null=True)


class ProductStatusIn(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=STATUSES)


class VariantStatusIn(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["active", "inactive"])


class BulkIn(serializers.Serializer[Any]):
    """A bulk edit. ``target`` says what the ids are; ``mode`` add and percent are for price and weight only."""

    target = serializers.ChoiceField(choices=["products", "variants"], default="products")
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=ID_MAX), allow_empty=False, max_length=1000
    )
    field = serializers.ChoiceField(choices=["price", "weight", "status", "category"])
    mode = serializers.ChoiceField(choices=["set", "add", "percent"], default="set")
    value = serializers.CharField(max_length=60, allow_blank=True)
    round_to = serializers.ChoiceField(choices=[1, 100, 500, 1000], default=1)
    preview = serializers.BooleanField(default=False)


class StockLineIn(serializers.Serializer[Any]):
    variant_id = serializers.IntegerField(min_value=1, max_value=ID_MAX)
    warehouse_id = serializers.IntegerField(min_value=1, max_value=ID_MAX)
    mode = serializers.ChoiceField(choices=["set", "adjust"], default="set")
    qty = serializers.IntegerField(min_value=-10_000_000, max_value=10_000_000)
    expected = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=-(2**31), max_value=2**31
    )


class InventoryIn(serializers.Serializer[Any]):
    lines = StockLineIn(many=True, allow_empty=False, max_length=500)
    reason = serializers.CharField(max_length=200, allow_blank=True, default="")


class TransferLineIn(serializers.Serializer[Any]):
    variant_id = serializers.IntegerField(min_value=1, max_value=ID_MAX)
    qty = serializers.IntegerField(min_value=1, max_value=10_000_000)


class TransferIn(serializers.Serializer[Any]):
    from_warehouse_id = serializers.IntegerField(min_value=1, max_value=ID_MAX)
    to_warehouse_id = serializers.IntegerField(min_value=1, max_value=ID_MAX)
    lines = TransferLineIn(many=True, allow_empty=False, max_length=500)
    reason = serializers.CharField(max_length=120, allow_blank=True, default="")


class VoucherIn(serializers.Serializer[Any]):
    """``value`` is per cent or rupiah by ``value_type``; the dates are the store's days, both included."""

    code = CodeField(max_length=60)
    description = serializers.CharField(max_length=200, allow_blank=True, default="")
    type = serializers.ChoiceField(choices=[Voucher.Kind.PRODUCT.value, Voucher.Kind.SHIPPING.value])
    value_type = serializers.ChoiceField(choices=["percent", "fixed"])
    value = serializers.IntegerField(min_value=-(2**62), max_value=2**62)
    max_discount = serializers.IntegerField(min_value=0, max_value=PRICE_MAX, allow_null=True, default=None)
    start_date = serializers.DateField(input_formats=DATES)
    end_date = serializers.DateField(input_formats=DATES)
    voucher_stok = serializers.IntegerField(min_value=-(2**62), max_value=2**62)
    voucher_limit = serializers.IntegerField(min_value=-(2**62), max_value=2**62, default=1)
    min_purchase = serializers.IntegerField(min_value=0, max_value=PRICE_MAX, default=0)
    min_qty = serializers.IntegerField(min_value=0, max_value=100_000, default=0)
    payment_methods = serializers.ListField(child=serializers.CharField(max_length=20), default=list, max_length=10)
    apply_target_type = serializers.ChoiceField(choices=["all", "area", "courier"], default="all")
    province_codes = serializers.ListField(child=serializers.CharField(max_length=2), default=list, max_length=50)
    courier_codes = serializers.ListField(child=serializers.CharField(max_length=20), default=list, max_length=50)
    product_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=ID_MAX), default=list, max_length=500
    )
    is_active = serializers.BooleanField(default=True)
    is_listed = serializers.BooleanField(default=True)


class VoucherStatusIn(serializers.Serializer[Any]):
    """1 (on) or 0 (off)."""

    status = serializers.BooleanField()


class TableDownloadIn(serializers.Serializer[Any]):
    format = serializers.ChoiceField(choices=list(FORMATS), default="csv")


class ImportMappingIn(serializers.Serializer[Any]):
    """Column of the file → field; a column that is not named is ignored."""

    mapping = serializers.DictField(child=serializers.CharField(max_length=40, allow_blank=True))


class ImportApplyIn(serializers.Serializer[Any]):
    skip_errors = serializers.BooleanField(default=False)
