"""The first steps of a store over HTTP: one step a call, resumable, with progress."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline.api.fields import CodeField
from bosonline.api.views import ApiView
from bosonline.errors import ValidationFailed
from forms.services import onboarding
from stores.api.serializers import BankAccountIn, StoreIn, SubdomainIn, WarehouseIn

PRICE_MAX = 1_000_000_000


class FirstVariantIn(serializers.Serializer[Any]):
    """Rupiah, pieces, grams."""

    option = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    price = serializers.IntegerField(min_value=0, max_value=PRICE_MAX)
    stock = serializers.IntegerField(min_value=0, max_value=10_000_000, required=False, default=0)
    weight_grams = serializers.IntegerField(min_value=1, max_value=99_000, required=False, default=500)
    sku = CodeField(max_length=60, required=False, allow_blank=True, default="")


class FirstProductIn(serializers.Serializer[Any]):
    """``sample: true`` makes a sample product instead."""

    sample = serializers.BooleanField(required=False, default=False)
    name = serializers.CharField(max_length=120, required=False, default="")
    attribute = serializers.CharField(max_length=30, required=False, allow_blank=True, default="")
    variants = FirstVariantIn(many=True, required=False, default=list)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["sample"] and not attrs["name"].strip():
            raise serializers.ValidationError({"name": serializers.Field.default_error_messages["required"]})
        return attrs


class FirstFormIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    payment_methods = serializers.ListField(child=serializers.ChoiceField(choices=onboarding.METHODS), max_length=4)


class FirstStoreIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    whatsapp = serializers.CharField(max_length=30)
    time_zone = StoreIn().fields["time_zone"]


class OnboardingIn(serializers.Serializer[Any]):
    """``step`` with its ``data``; ``skip`` for a step that a store can do without (``bank_account``)."""

    step = serializers.ChoiceField(choices=[key for key, _label in onboarding.STEPS])
    skip = serializers.BooleanField(required=False, default=False)
    data = serializers.DictField(required=False, default=dict)  # type: ignore[assignment]  # the contract names it so


DATA: dict[str, type[serializers.Serializer[Any]]] = {
    "store": FirstStoreIn,
    "subdomain": SubdomainIn,
    "warehouse": WarehouseIn,
    "bank_account": BankAccountIn,
    "product": FirstProductIn,
    "form": FirstFormIn,
}


class OnboardingView(ApiView):
    """Progress of the first steps (GET), and one step (POST): store, subdomain, warehouse, bank_account, product, form."""

    group = "store"
    rights = {"GET": "store.view", "POST": "store.edit"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        return Response({"data": onboarding.progress(self.member.store)})

    @extend_schema(request=OnboardingIn, responses={200: dict})
    def post(self, request: Request) -> Response:
        given = self.parse(OnboardingIn)
        step = given["step"]
        if given["skip"]:
            onboarding.step_skip(actor=self.member, step=step)
        else:
            serializer = DATA[step](data=given["data"])
            if not serializer.is_valid():
                from bosonline.api.errors import flatten

                errors = flatten(serializer.errors, "data")
                raise ValidationFailed(next(iter(errors.values()))[0], errors=errors)
            data = dict(serializer.validated_data)
            data.pop("is_default", None)
            onboarding.step_save(actor=self.member, step=step, data=data)
        self.member.store.refresh_from_db()
        return Response({"data": onboarding.progress(self.member.store)})
