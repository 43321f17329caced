"""What a form says: the shape of a draft and of a published version, checked in one place (docs/forms.md)."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.utils.translation import gettext as _
from rest_framework import serializers

from bosonline.moments import MomentField
from forms import sections

METHODS = ("cod", "bank_transfer", "va", "qris")
PRICE_MAX = 1_000_000_000
ID_MAX = 2**62
# the banks of a virtual account, the most used first
VA_CHANNELS = ("BCA", "BRI", "BNI", "MANDIRI", "PERMATA", "BSI", "CIMB")
DRAFT_BYTES = 200_000
FIELD_KINDS = ("text", "textarea", "select", "radio", "checkbox", "number", "date")
PURCHASE_AT = ("placed", "confirmed", "paid", "shipped", "delivered")
PIXEL_FORMS = {
    "meta": re.compile(r"\d{10,20}"),
    "tiktok": re.compile(r"[A-Z0-9]{15,25}"),
    "google": re.compile(r"(?:G|AW)-[A-Z0-9]{6,14}"),
    "gtm": re.compile(r"GTM-[A-Z0-9]{4,10}"),
}


class PackageItem(serializers.Serializer[Any]):
    variant_id = serializers.IntegerField(min_value=1, max_value=ID_MAX)
    qty = serializers.IntegerField(min_value=1, max_value=1000)


class Package(serializers.Serializer[Any]):
    """Several pieces at one price, e.g. "Beli 2 gratis 1". ``price`` in rupiah for the whole package."""

    id = serializers.SlugField(max_length=20)
    name = serializers.CharField(max_length=80, allow_blank=True)
    items = PackageItem(many=True, max_length=20)
    price = serializers.IntegerField(min_value=0, max_value=PRICE_MAX)
    compare_at_price = serializers.IntegerField(min_value=0, max_value=PRICE_MAX, allow_null=True, default=None)
    best_value = serializers.BooleanField(default=False)


class CustomField(serializers.Serializer[Any]):
    key = serializers.SlugField(max_length=30)
    label = serializers.CharField(max_length=60, allow_blank=True)
    kind = serializers.ChoiceField(choices=list(FIELD_KINDS), default="text")
    required = serializers.BooleanField(default=False)
    options = serializers.ListField(child=serializers.CharField(max_length=60), default=list, max_length=30)
    help = serializers.CharField(max_length=120, allow_blank=True, default="")


class FieldSetting(serializers.Serializer[Any]):
    """One of the page's own fields: its words, whether it is shown and must be filled in."""

    label = serializers.CharField(max_length=60, allow_blank=True, default="")
    show = serializers.BooleanField(default=True)
    required = serializers.BooleanField(default=False)


class HiddenSetting(FieldSetting):
    show = serializers.BooleanField(default=False)


class BuyerFields(serializers.Serializer[Any]):
    """Name, phone and street are always there; of them only the words can change."""

    name = FieldSetting(default=dict)
    phone = FieldSetting(default=dict)
    email = HiddenSetting(default=dict)
    street = FieldSetting(default=dict)
    landmark = FieldSetting(default=dict)
    note = FieldSetting(default=dict)

    def to_internal_value(self, data: Any) -> Any:
        # an absent part gets its own serializer's defaults, which DRF does not do by itself
        return super().to_internal_value({**{k: {} for k in self.fields}, **data} if isinstance(data, dict) else data)


class PaymentMethod(serializers.Serializer[Any]):
    """``fee`` in rupiah on top of the bill; negative is a reward for paying this way."""

    method = serializers.ChoiceField(choices=list(METHODS))
    fee = serializers.IntegerField(min_value=-1_000_000, max_value=1_000_000, default=0)
    label = serializers.CharField(max_length=60, allow_blank=True, default="")
    note = serializers.CharField(max_length=120, allow_blank=True, default="")
    channels = serializers.ListField(child=serializers.ChoiceField(choices=VA_CHANNELS), default=list, max_length=20)


class Subsidy(serializers.Serializer[Any]):
    """What the seller pays of the shipping: ``value`` is rupiah (fixed) or per cent; ``min_goods`` for free_above."""

    kind = serializers.ChoiceField(choices=["none", "fixed", "percent", "free_above"], default="none")
    value = serializers.IntegerField(min_value=0, max_value=PRICE_MAX, default=0)
    maximum = serializers.IntegerField(min_value=0, max_value=PRICE_MAX, allow_null=True, default=None)
    min_goods = serializers.IntegerField(min_value=0, max_value=PRICE_MAX, default=0)


class SubsidyRule(Subsidy):
    """A rule for some provinces; where it applies it takes the place of the general one."""

    kind = serializers.ChoiceField(choices=["none", "fixed", "percent", "free_above"], default="fixed")
    province_codes = serializers.ListField(child=serializers.RegexField(r"^\d{2}$"), default=list, max_length=40)


class Bump(serializers.Serializer[Any]):
    variant_id = serializers.IntegerField(min_value=1, max_value=ID_MAX)
    title = serializers.CharField(max_length=80, allow_blank=True)
    text = serializers.CharField(max_length=200, allow_blank=True, default="")
    price = serializers.IntegerField(min_value=0, max_value=PRICE_MAX)


class Success(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["page", "whatsapp", "url"], default="page")
    message = serializers.CharField(max_length=1000, allow_blank=True, default="")
    url = serializers.URLField(max_length=300, allow_blank=True, default="")


class CsShare(serializers.Serializer[Any]):
    membership_id = serializers.IntegerField(min_value=1, max_value=ID_MAX)
    weight = serializers.IntegerField(min_value=1, max_value=100, default=1)


class Testimony(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60, allow_blank=True)
    text = serializers.CharField(max_length=500, allow_blank=True)


class Faq(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=200, allow_blank=True)
    a = serializers.CharField(max_length=1000, allow_blank=True)


class PixelId(serializers.RegexField):
    """Kept as typed while it is being typed; only a well-formed id reaches a page (``pixel_ids``)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^[A-Za-z0-9_-]*$", max_length=40, allow_blank=True, **kwargs)


class Pixels(serializers.Serializer[Any]):
    """Which pixels the page loads, and when a Purchase is told and with which value (product.md §13)."""

    meta = serializers.ListField(child=PixelId(), default=list, max_length=3)
    tiktok = serializers.ListField(child=PixelId(), default=list, max_length=3)
    google = serializers.ListField(child=PixelId(), default=list, max_length=3)
    gtm = serializers.ListField(child=PixelId(), default=list, max_length=1)
    purchase_at = serializers.ChoiceField(choices=list(PURCHASE_AT), default="placed")
    value = serializers.ChoiceField(choices=["gross", "net"], default="gross")


class RiskActions(serializers.Serializer[Any]):
    """What the form does with a traffic light (product.md §10). ``hold`` keeps the order in "Mencurigakan"."""

    watch = serializers.ChoiceField(choices=["allow", "no_cod", "confirm", "hold"], default="allow")
    suspicious = serializers.ChoiceField(choices=["no_cod", "confirm", "hold"], default="hold")


class Origin(serializers.CharField):
    """``https://example.com``, no path."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=120, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data).strip().rstrip("/").lower()
        if "[" in text:  # an IPv6 address; urlsplit raises when its brackets do not close
            raise serializers.ValidationError(_("Enter an address such as https://example.com."))
        parts = urlsplit(text)
        if (
            parts.scheme not in ("https", "http")
            or parts.path
            or parts.query
            or not re.fullmatch(r"[a-z0-9.-]+(:\d{1,5})?", parts.netloc)
        ):
            raise serializers.ValidationError(_("Enter an address such as https://example.com."))
        return text


class Embed(serializers.Serializer[Any]):
    """Whether other sites may show the form; without ``origins`` any site may."""

    enabled = serializers.BooleanField(default=False)
    origins = serializers.ListField(child=Origin(), default=list, max_length=20)


class FormContent(serializers.Serializer[Any]):
    """A form's content. Every part has a default, so that an empty draft is valid."""

    title = serializers.CharField(max_length=120, allow_blank=True, default="")
    headline = serializers.CharField(max_length=200, allow_blank=True, default="")
    description = serializers.CharField(max_length=5000, allow_blank=True, default="")
    image_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=ID_MAX), default=list, max_length=12
    )
    button_text = serializers.CharField(max_length=30, allow_blank=True, default="")
    theme = serializers.RegexField(r"^#[0-9a-f]{6}$", allow_blank=True, default="")
    sections = serializers.ListField(child=serializers.ChoiceField(choices=list(sections.DEFAULT)), default=list)
    variant_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=ID_MAX), default=list, max_length=200
    )
    packages = Package(many=True, default=list, max_length=20)
    fields = CustomField(many=True, default=list, max_length=20)  # type: ignore[assignment]  # a field named fields
    payment_methods = PaymentMethod(many=True, default=list, max_length=4)
    buyer_fields = BuyerFields(default=dict)
    courier_codes = serializers.ListField(child=serializers.SlugField(max_length=20), default=list, max_length=30)
    shipping_subsidy = Subsidy(default=dict)
    shipping_rules = SubsidyRule(many=True, default=list, max_length=20)
    bump = Bump(allow_null=True, default=None)
    voucher_enabled = serializers.BooleanField(default=True)
    note_enabled = serializers.BooleanField(default=True)
    insurance_enabled = serializers.BooleanField(default=False)
    benefits = serializers.ListField(child=serializers.CharField(max_length=120), default=list, max_length=12)
    testimonies = Testimony(many=True, default=list, max_length=20)
    faqs = Faq(many=True, default=list, max_length=20)
    countdown_until = MomentField(allow_null=True, default=None)
    success = Success(default=dict)
    cs = CsShare(many=True, default=list, max_length=50)
    pixels = Pixels(default=dict)
    risk_actions = RiskActions(default=dict)
    embed = Embed(default=dict)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        methods = [m["method"] for m in data["payment_methods"]]
        if len(set(methods)) != len(methods):
            raise serializers.ValidationError({"payment_methods": _("A payment method is listed twice.")})
        ids = [p["id"] for p in data["packages"]]
        if len(set(ids)) != len(ids):
            raise serializers.ValidationError({"packages": _("Two packages have the same id.")})
        keys = [f["key"] for f in data["fields"]]
        if len(set(keys)) != len(keys):
            raise serializers.ValidationError({"fields": _("Two fields have the same key.")})
        return data


NESTED = ("shipping_subsidy", "success", "buyer_fields", "pixels", "risk_actions", "embed")


def content_clean(data: dict[str, Any]) -> dict[str, Any]:
    """A draft's content with defaults filled in, ready for JSON. It may be unfinished; what is there has the right form.

    Raises DRF's ``ValidationError`` at the field.
    """
    if len(json.dumps(data, default=str)) > DRAFT_BYTES:
        raise serializers.ValidationError({"content": _("The form holds too much text.")})
    content = {key: value for key, value in data.items() if value is not None or key in ("bump", "countdown_until")}
    for nested in NESTED:
        content.setdefault(nested, {})
    serializer = FormContent(data=content)
    serializer.is_valid(raise_exception=True)
    clean: dict[str, Any] = orjson.loads(orjson.dumps(serializer.validated_data))
    clean["sections"] = sections.arranged(clean["sections"])
    if "voucher" not in clean["sections"]:
        clean["voucher_enabled"] = False
    return clean


_DEFAULTS: dict[str, Any] = {}


def content_full(content: dict[str, Any]) -> dict[str, Any]:
    """A stored content with the keys that are younger than it."""
    if not _DEFAULTS:
        _DEFAULTS.update(content_clean({}))
    return {**_DEFAULTS, **content}


def pixel_ids(content: dict[str, Any]) -> dict[str, list[str]]:
    """The well-formed pixel ids per provider."""
    return {
        provider: list(dict.fromkeys(i for i in content["pixels"][provider] if form.fullmatch(i)))
        for provider, form in PIXEL_FORMS.items()
    }


def content_problems(content: dict[str, Any]) -> dict[str, list[str]]:
    """What keeps a draft from being published, by field. Empty when nothing does."""
    found: dict[str, list[str]] = {}

    def need(ok: Any, field: str, message: str) -> None:
        if not ok:
            found.setdefault(field, []).append(message)

    need(content["variant_ids"] or content["packages"], "variant_ids", _("Choose at least one product to sell."))
    need(content["payment_methods"], "payment_methods", _("Choose at least one payment method."))
    for n, package in enumerate(content["packages"]):
        need(package["name"].strip(), f"packages.{n}.name", _("Give the package a name."))
        need(package["items"], f"packages.{n}.items", _("Choose what the package contains."))
    for n, field in enumerate(content["fields"]):
        need(field["label"].strip(), f"fields.{n}.label", _("Give the field a label."))
        if field["kind"] in ("select", "radio"):
            need(field["options"], f"fields.{n}.options", _("Add at least one option."))
    for n, faq in enumerate(content["faqs"]):
        need(faq["q"].strip() and faq["a"].strip(), f"faqs.{n}.q", _("Write both the question and the answer."))
    for n, testimony in enumerate(content["testimonies"]):
        need(testimony["text"].strip(), f"testimonies.{n}.text", _("Write what the buyer said."))
    for n, rule in enumerate(content["shipping_rules"]):
        need(rule["province_codes"], f"shipping_rules.{n}.province_codes", _("Choose at least one province."))
    subsidies = {"shipping_subsidy": content["shipping_subsidy"]}
    subsidies |= {f"shipping_rules.{n}": rule for n, rule in enumerate(content["shipping_rules"])}
    for path, rule in subsidies.items():
        if rule["kind"] == "percent":
            need(1 <= rule["value"] <= 100, f"{path}.value", _("Write whole per cent, from 1 to 100."))
        elif rule["kind"] == "fixed":
            need(rule["value"], f"{path}.value", _("Write how much of the shipping you pay."))
    if content["bump"]:
        need(content["bump"]["title"].strip(), "bump.title", _("Write what the extra offer is."))
    for provider, form in PIXEL_FORMS.items():
        for n, pixel in enumerate(content["pixels"][provider]):
            need(form.fullmatch(pixel), f"pixels.{provider}.{n}", _("This pixel id is not well-formed."))
    return found


def sold_variant_ids(content: dict[str, Any]) -> set[int]:
    """Every variant that a content can sell: choices, packages and the bump."""
    ids = set(content["variant_ids"])
    for package in content["packages"]:
        ids.update(item["variant_id"] for item in package["items"])
    if content["bump"]:
        ids.add(content["bump"]["variant_id"])
    return ids
