"""What a form says: the shape of a draft and of a published version, checked in one place."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

METHODS = ("cod", "bank_transfer", "va", "qris")
PRICE_MAX = 1_000_000_000


class PackageItem(serializers.Serializer[Any]):
    variant_id = serializers.IntegerField(min_value=1)
    qty = serializers.IntegerField(min_value=1, max_value=1000)


class Package(serializers.Serializer[Any]):
    """Several pieces at one price, e.g. "Beli 2 gratis 1". ``price`` in rupiah for the whole package."""

    id = serializers.SlugField(max_length=20)
    name = serializers.CharField(max_length=80)
    items = PackageItem(many=True, allow_empty=False, max_length=20)
    price = serializers.IntegerField(min_value=0, max_value=PRICE_MAX)
    compare_at_price = serializers.IntegerField(min_value=0, max_value=PRICE_MAX, allow_null=True, default=None)
    best_value = serializers.BooleanField(default=False)


class CustomField(serializers.Serializer[Any]):
    key = serializers.SlugField(max_length=30)
    label = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=["text", "textarea", "select", "number"], default="text")
    required = serializers.BooleanField(default=False)
    options = serializers.ListField(child=serializers.CharField(max_length=60), default=list, max_length=30)


class PaymentMethod(serializers.Serializer[Any]):
    """``fee`` in rupiah on top of the bill; negative is a reward for paying this way."""

    method = serializers.ChoiceField(choices=list(METHODS))
    fee = serializers.IntegerField(min_value=-1_000_000, max_value=1_000_000, default=0)
    label = serializers.CharField(max_length=60, allow_blank=True, default="")
    note = serializers.CharField(max_length=120, allow_blank=True, default="")
    channels = serializers.ListField(child=serializers.CharField(max_length=20), default=list, max_length=20)


class Subsidy(serializers.Serializer[Any]):
    """What the seller pays of the shipping: ``value`` is rupiah (fixed) or per cent; ``min_goods`` for free_above."""

    kind = serializers.ChoiceField(choices=["none", "fixed", "percent", "free_above"], default="none")
    value = serializers.IntegerField(min_value=0, max_value=PRICE_MAX, default=0)
    maximum = serializers.IntegerField(min_value=0, max_value=PRICE_MAX, allow_null=True, default=None)
    min_goods = serializers.IntegerField(min_value=0, max_value=PRICE_MAX, default=0)


class Bump(serializers.Serializer[Any]):
    variant_id = serializers.IntegerField(min_value=1)
    title = serializers.CharField(max_length=80)
    text = serializers.CharField(max_length=200, allow_blank=True, default="")
    price = serializers.IntegerField(min_value=0, max_value=PRICE_MAX)


class Success(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["page", "whatsapp", "url"], default="page")
    message = serializers.CharField(max_length=1000, allow_blank=True, default="")
    url = serializers.URLField(max_length=300, allow_blank=True, default="")


class CsShare(serializers.Serializer[Any]):
    membership_id = serializers.IntegerField(min_value=1)
    weight = serializers.IntegerField(min_value=1, max_value=100, default=1)


class Testimony(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60)
    text = serializers.CharField(max_length=500)


class Faq(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=200)
    a = serializers.CharField(max_length=1000)


class FormContent(serializers.Serializer[Any]):
    """A form's content. Every part has a default, so that an empty draft is valid."""

    title = serializers.CharField(max_length=120, allow_blank=True, default="")
    headline = serializers.CharField(max_length=200, allow_blank=True, default="")
    description = serializers.CharField(max_length=5000, allow_blank=True, default="")
    image_ids = serializers.ListField(child=serializers.IntegerField(min_value=1), default=list, max_length=12)
    button_text = serializers.CharField(max_length=30, allow_blank=True, default="")
    theme = serializers.RegexField(r"^#[0-9a-f]{6}$", allow_blank=True, default="")
    variant_ids = serializers.ListField(child=serializers.IntegerField(min_value=1), default=list, max_length=200)
    packages = Package(many=True, default=list, max_length=20)
    fields = CustomField(many=True, default=list, max_length=20)  # type: ignore[assignment]  # a field named fields
    payment_methods = PaymentMethod(many=True, default=list, max_length=4)
    courier_codes = serializers.ListField(child=serializers.SlugField(max_length=20), default=list, max_length=30)
    shipping_subsidy = Subsidy(default=dict)
    bump = Bump(allow_null=True, default=None)
    voucher_enabled = serializers.BooleanField(default=True)
    note_enabled = serializers.BooleanField(default=True)
    insurance_enabled = serializers.BooleanField(default=False)
    benefits = serializers.ListField(child=serializers.CharField(max_length=120), default=list, max_length=12)
    testimonies = Testimony(many=True, default=list, max_length=20)
    faqs = Faq(many=True, default=list, max_length=20)
    countdown_until = serializers.DateTimeField(allow_null=True, default=None)
    success = Success(default=dict)
    cs = CsShare(many=True, default=list, max_length=50)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        methods = [m["method"] for m in data["payment_methods"]]
        if len(set(methods)) != len(methods):
            raise serializers.ValidationError({"payment_methods": _("A payment method is listed twice.")})
        ids = [p["id"] for p in data["packages"]]
        if len(set(ids)) != len(ids):
            raise serializers.ValidationError({"packages": _("Two packages have the same id.")})
        return data


def content_clean(data: dict[str, Any]) -> dict[str, Any]:
    """The content with defaults filled in, ready for JSON. Raises DRF's ``ValidationError`` at the field."""
    content = {key: value for key, value in data.items() if value is not None or key in ("bump", "countdown_until")}
    for nested in ("shipping_subsidy", "success"):
        content.setdefault(nested, {})
    serializer = FormContent(data=content)
    serializer.is_valid(raise_exception=True)
    clean = dict(serializer.validated_data)
    if clean["countdown_until"] is not None:
        clean["countdown_until"] = clean["countdown_until"].isoformat()
    return clean


def sold_variant_ids(content: dict[str, Any]) -> set[int]:
    """Every variant that a content can sell: choices, packages and the bump."""
    ids = set(content["variant_ids"])
    for package in content["packages"]:
        ids.update(item["variant_id"] for item in package["items"])
    if content["bump"]:
        ids.add(content["bump"]["variant_id"])
    return ids
