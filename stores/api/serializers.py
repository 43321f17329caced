from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from bosonline.api.fields import CodeField, CodePattern, PhoneField
from bosonline.hosts import host_url
from stores.hostnames import hostname_shown
from stores.models import BankAccount, Domain, Store, Warehouse
from stores.queries import public_url
from stores.services.bank_accounts import masked_number
from stores.services.domain_records import records_of
from stores.services.regions import tidy
from stores.services.stores import LIMITS

STORE_FIELDS = (
    "name", "colour", "whatsapp", "email", "address", "time_zone", "invoice_heading", "invoice_note",
    "unique_code_enabled", "cod_fee_payer", "cod_round_to", "payment_hours", "cancel_when_expired", "complete_after_days",
    "duplicate_window_hours", "low_stock_at",
)  # fmt: skip


class StoreOut(serializers.ModelSerializer[Store]):
    """``logo`` and ``url`` are addresses: the picture, and where buyers find the store."""

    logo = serializers.CharField(source="logo_url")
    url = serializers.SerializerMethodField()

    class Meta:
        model = Store
        fields = ("id", "subdomain", "url", "logo", *STORE_FIELDS)

    def get_url(self, store: Store) -> str:
        return public_url(store)


def _bounds(name: str) -> dict[str, int]:
    low, high = LIMITS[name]
    return {"min_value": low, "max_value": high}


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A store", request_only=True,
            value={"name": "Madu Pati", "whatsapp": "081234567890", "colour": "#0f766e", "time_zone": "Asia/Jakarta",
                   "unique_code_enabled": True, "cod_fee_payer": "buyer", "payment_hours": 24},
        )
    ]
)  # fmt: skip
class StoreIn(serializers.ModelSerializer[Store]):
    """What is not sent stays as it is."""

    colour = serializers.CharField(max_length=7)

    class Meta:
        model = Store
        fields = STORE_FIELDS
        extra_kwargs = {"whatsapp": {"max_length": 30}, **{name: _bounds(name) for name in LIMITS}}


class LogoIn(serializers.Serializer[Any]):
    """Multipart: ``logo`` is a JPEG, PNG, WebP or GIF."""

    logo = serializers.FileField()


@extend_schema_serializer(examples=[OpenApiExample("A name", request_only=True, value={"subdomain": "madu-pati"})])
class SubdomainIn(serializers.Serializer[Any]):
    subdomain = CodeField(max_length=60)


@extend_schema_serializer(examples=[OpenApiExample("A domain", request_only=True, value={"hostname": "tokomadu.com"})])
class DomainIn(serializers.Serializer[Any]):
    hostname = serializers.CharField(max_length=300)


@extend_schema_serializer(examples=[OpenApiExample("A domain", request_only=True, value={"id": 12})])
class DefaultDomainIn(serializers.Serializer[Any]):
    """``id`` of ``GET /store/domains``: the subdomain or a verified own domain."""

    id = serializers.IntegerField(min_value=1, max_value=2**62)


class DomainOut(serializers.ModelSerializer[Domain]):
    """``state``: ``active`` (the subdomain), ``redirects`` (an old one), ``pending``, ``verified``, ``failing``."""

    shown = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()
    state = serializers.SerializerMethodField()
    records = serializers.SerializerMethodField()

    class Meta:
        model = Domain
        fields = (
            "id", "hostname", "shown", "url", "kind", "is_default", "state", "verified_at", "checked_at",
            "failing_since", "redirect_until", "records",
        )  # fmt: skip

    def get_shown(self, row: Domain) -> str:
        return hostname_shown(row.hostname)

    def get_url(self, row: Domain) -> str:
        return host_url(row.hostname)

    def get_state(self, row: Domain) -> str:
        if row.kind == Domain.Kind.SUBDOMAIN:
            return "redirects" if row.redirect_until else "active"
        if row.verified_at is None:
            return "pending"
        return "failing" if row.failing_since else "verified"

    def get_records(self, row: Domain) -> list[dict[str, Any]]:
        return records_of(row)


WAREHOUSE_EXAMPLE = {
    "name": "Gudang Juwana", "contact_name": "Ratna Sari", "phone": "081234567890", "district_id": 15780,
    "address": "Jl. Silugonggo No. 12", "postal_code": "59185",
}  # fmt: skip


@extend_schema_serializer(examples=[OpenApiExample("A warehouse", request_only=True, value=WAREHOUSE_EXAMPLE)])
class WarehouseIn(serializers.Serializer[Any]):
    """``district_id`` is BosCOD's, from ``GET /regions``."""

    name = serializers.CharField(max_length=50)
    contact_name = serializers.CharField(max_length=50)
    phone = PhoneField()
    district_id = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    address = serializers.CharField(max_length=300)
    postal_code = CodePattern(r"^\d{5}$", required=False, allow_blank=True, default="")
    is_default = serializers.BooleanField(required=False, default=False)


@extend_schema_serializer(examples=[OpenApiExample("A new phone", request_only=True, value={"phone": "081234567891"})])
class WarehouseEdit(WarehouseIn):
    """What is not sent stays as it is. ``is_active`` false is refused (409) while forms or orders need it."""

    postal_code = CodePattern(r"^\d{5}$", required=False, allow_blank=True)
    is_default = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)


@extend_schema_serializer(examples=[OpenApiExample("A warehouse", request_only=True, value={"warehouse_id": 3})])
class WarehouseRegisterIn(serializers.Serializer[Any]):
    warehouse_id = serializers.IntegerField(min_value=1, max_value=2**62)


class WarehouseOut(serializers.ModelSerializer[Warehouse]):
    area = serializers.SerializerMethodField()

    class Meta:
        model = Warehouse
        fields = (
            "id", "name", "contact_name", "phone", "address", "postal_code", "area", "is_default", "is_active",
            "boscod_state", "boscod_error",
        )  # fmt: skip

    def get_area(self, row: Warehouse) -> dict[str, Any]:
        city = row.district.city
        return {
            "district_id": row.district.boscod_id,
            "district": row.district.name,
            "city": tidy(city.name),
            "province": city.province.name,
        }


ACCOUNT_EXAMPLE = {"bank_code": "014", "number": "1234567890", "holder": "Ratna Sari"}


@extend_schema_serializer(examples=[OpenApiExample("An account", request_only=True, value=ACCOUNT_EXAMPLE)])
class BankAccountIn(serializers.Serializer[Any]):
    bank_code = serializers.CharField(max_length=4)
    number = serializers.CharField(max_length=40)
    holder = serializers.CharField(max_length=80)
    is_default = serializers.BooleanField(required=False, default=False)


@extend_schema_serializer(examples=[OpenApiExample("The default", request_only=True, value={"is_default": True})])
class BankAccountEdit(BankAccountIn):
    """What is not sent stays as it is."""

    is_default = serializers.BooleanField(required=False)


@extend_schema_serializer(examples=[OpenApiExample("Hidden", request_only=True, value={"is_active": False})])
class ActiveIn(serializers.Serializer[Any]):
    is_active = serializers.BooleanField()


class BankAccountOut(serializers.ModelSerializer[BankAccount]):
    """``number`` is whole for roles with ``bank_accounts.edit`` (context ``whole``), else its last four digits."""

    bank_code = serializers.CharField(source="bank_id")
    bank = serializers.CharField(source="bank.short_name")
    number = serializers.SerializerMethodField()

    class Meta:
        model = BankAccount
        fields = ("id", "bank_code", "bank", "number", "holder", "is_default", "is_active")

    def get_number(self, row: BankAccount) -> str:
        return row.number if self.context.get("whole") else masked_number(row.number)


class ReadIn(serializers.Serializer[Any]):
    last_id = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    only = serializers.IntegerField(required=False, min_value=1, max_value=2**62)


class PreferencesIn(serializers.Serializer[Any]):
    """``muted``: groups that stay out of the bell; ``digest``: one letter a day."""

    muted = serializers.ListField(child=serializers.CharField(max_length=20), required=False, max_length=20)
    digest = serializers.BooleanField(required=False)
