from __future__ import annotations

from typing import Any

from rest_framework import serializers

from stores.models import BankAccount, Store, Warehouse
from stores.services.regions import tidy


class StoreOut(serializers.ModelSerializer[Store]):
    class Meta:
        model = Store
        fields = (
            "id", "name", "subdomain", "logo", "colour", "whatsapp", "email", "address", "time_zone", "invoice_note",
            "unique_code_enabled", "cod_fee_payer", "payment_hours", "cancel_when_expired", "complete_after_days",
            "duplicate_window_hours", "low_stock_at",
        )  # fmt: skip


class StoreIn(serializers.ModelSerializer[Store]):
    class Meta:
        model = Store
        fields = (
            "name", "colour", "whatsapp", "email", "address", "time_zone", "invoice_note", "unique_code_enabled",
            "cod_fee_payer", "payment_hours", "cancel_when_expired", "complete_after_days", "duplicate_window_hours",
            "low_stock_at",
        )  # fmt: skip
        extra_kwargs = {
            "whatsapp": {"max_length": 30},
            "payment_hours": {"min_value": 1, "max_value": 720},
            "complete_after_days": {"min_value": 1, "max_value": 60},
            "duplicate_window_hours": {"min_value": 0, "max_value": 720},
        }


class SubdomainIn(serializers.Serializer[Any]):
    subdomain = serializers.CharField(max_length=60)


class WarehouseIn(serializers.Serializer[Any]):
    """``district_id`` is BosCOD's, from ``GET /regions``."""

    name = serializers.CharField(max_length=50)
    contact_name = serializers.CharField(max_length=50)
    phone = serializers.CharField(max_length=30)
    district_id = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    address = serializers.CharField(max_length=300)
    postal_code = serializers.RegexField(r"^\d{5}$", required=False, allow_blank=True, default="")
    is_default = serializers.BooleanField(required=False, default=False)


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


class BankAccountIn(serializers.Serializer[Any]):
    bank_code = serializers.CharField(max_length=4)
    number = serializers.CharField(max_length=40)
    holder = serializers.CharField(max_length=80)
    is_default = serializers.BooleanField(required=False, default=False)


class BankAccountOut(serializers.ModelSerializer[BankAccount]):
    bank_code = serializers.CharField(source="bank_id")
    bank = serializers.CharField(source="bank.short_name")

    class Meta:
        model = BankAccount
        fields = ("id", "bank_code", "bank", "number", "holder", "is_default", "is_active")


class OnboardingIn(serializers.Serializer[Any]):
    """One step at a time: ``step`` with its ``data``, or ``skip``."""

    step = serializers.ChoiceField(choices=["store", "subdomain", "warehouse", "bank_account", "product", "form"])
    skip = serializers.BooleanField(required=False, default=False)
    data = serializers.DictField(required=False, default=dict)


class ReadIn(serializers.Serializer[Any]):
    last_id = serializers.IntegerField(required=False, min_value=1, max_value=2**62)


class PreferencesIn(serializers.Serializer[Any]):
    """``muted``: groups that stay out of the bell; ``digest``: one letter a day."""

    muted = serializers.ListField(child=serializers.CharField(max_length=20), required=False, max_length=20)
    digest = serializers.BooleanField(required=False)
