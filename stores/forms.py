"""Parsing of the onboarding's and settings' input; the rules are in the services."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from stores.models import Bank, Store


class StoreForm(forms.Form):
    name = forms.CharField(label=_("Store name"), max_length=80)
    whatsapp = forms.CharField(label=_("WhatsApp of customer service"), max_length=30)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=[(z.value, f"{z.label} ({z.value.split('/')[1]})") for z in Store.Zone],
        help_text=_("Days in reports follow this zone."),
    )


class SubdomainForm(forms.Form):
    subdomain = forms.CharField(
        label=_("Store address"), max_length=60, widget=forms.TextInput({"autocapitalize": "none"})
    )


class WarehouseForm(forms.Form):
    name = forms.CharField(label=_("Warehouse name"), max_length=50, initial=_("Main warehouse"))
    contact_name = forms.CharField(label=_("Contact person"), max_length=50)
    phone = forms.CharField(label=_("Phone for the courier"), max_length=30)
    district_id = forms.IntegerField(
        widget=forms.HiddenInput,
        min_value=1,
        max_value=2**31 - 1,
        error_messages={"required": _("Choose an area from the list.")},
    )
    postal_code = forms.RegexField(r"^\d{5}$", required=False, widget=forms.HiddenInput)
    address = forms.CharField(label=_("Full address"), max_length=300, widget=forms.Textarea({"rows": 2}))


class BankAccountForm(forms.Form):
    bank_code = forms.ChoiceField(label=_("Bank"))
    number = forms.CharField(label=_("Account number"), max_length=40, widget=forms.TextInput({"inputmode": "numeric"}))
    holder = forms.CharField(label=_("Account holder"), max_length=80)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature
        field = self.fields["bank_code"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Choose a bank"))] + [
            (b.code, b.short_name) for b in Bank.objects.order_by("short_name")
        ]
