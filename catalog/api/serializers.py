from __future__ import annotations

from typing import Any

from rest_framework import serializers

PRICE_MAX = 1_000_000_000


class AttributeIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=30)
    items = serializers.ListField(child=serializers.CharField(max_length=60), max_length=100)


class TierIn(serializers.Serializer[Any]):
    min_qty = serializers.IntegerField(min_value=2, max_value=100_000)
    price = serializers.IntegerField(min_value=0, max_value=PRICE_MAX)


class VariantIn(serializers.Serializer[Any]):
    """Money in rupiah, weight in grams, sizes in cm."""

    options = serializers.ListField(child=serializers.CharField(max_length=60), default=list, max_length=3)
    sku = serializers.CharField(max_length=60, allow_blank=True, default="")
    price = serializers.IntegerField(min_value=0, max_value=PRICE_MAX)
    compare_at_price = serializers.IntegerField(min_value=0, max_value=PRICE_MAX, allow_null=True, default=None)
    cost_price = serializers.IntegerField(min_value=0, max_value=PRICE_MAX, default=0)
    weight_grams = serializers.IntegerField(min_value=1, max_value=99_000, default=1000)
    length_cm = serializers.IntegerField(min_value=1, max_value=300, default=10)
    width_cm = serializers.IntegerField(min_value=1, max_value=300, default=10)
    height_cm = serializers.IntegerField(min_value=1, max_value=300, default=10)
    stock = serializers.IntegerField(min_value=0, max_value=10_000_000, default=0)
    tiers = TierIn(many=True, default=list, max_length=10)


class ProductIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=10_000, allow_blank=True, default="")
    category_name = serializers.CharField(max_length=60, allow_blank=True, default="")
    status = serializers.ChoiceField(choices=["draft", "active", "inactive"], default="active")
    attributes = AttributeIn(many=True, default=list)
    variants = VariantIn(many=True, max_length=1000)
    sell_when_empty = serializers.BooleanField(default=False)
    image_ids = serializers.ListField(child=serializers.IntegerField(min_value=1), default=list, max_length=12)


class StockLineIn(serializers.Serializer[Any]):
    variant_id = serializers.IntegerField(min_value=1, max_value=2**62)
    warehouse_id = serializers.IntegerField(min_value=1, max_value=2**62)
    mode = serializers.ChoiceField(choices=["set", "adjust"], default="set")
    qty = serializers.IntegerField(min_value=-10_000_000, max_value=10_000_000)
    expected = serializers.IntegerField(required=False, allow_null=True, default=None)


class InventoryIn(serializers.Serializer[Any]):
    lines = StockLineIn(many=True, allow_empty=False, max_length=500)
    reason = serializers.CharField(max_length=200, allow_blank=True, default="")
