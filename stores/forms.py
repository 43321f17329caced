"""Parsing of the onboarding's and settings' input; the rules are in the services."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from bosonline.formfields import CodeField, CodePattern, PhoneField
from stores.models import Bank, Store
from stores.services.stores import LIMITS


class StoreForm(forms.Form):
    name = forms.CharField(label=_("Store name"), max_length=80)
    whatsapp = forms.CharField(label=_("WhatsApp of customer service"), max_length=30)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=[(z.value, f"{z.label} ({z.value.split('/')[1]})") for z in Store.Zone],
        help_text=_("Days in reports follow this zone."),
    )


class SubdomainForm(forms.Form):
    subdomain = CodeField(label=_("Store address"), max_length=60, widget=forms.TextInput({"autocapitalize": "none"}))


class WarehouseForm(forms.Form):
    name = forms.CharField(label=_("Warehouse name"), max_length=50, initial=_("Main warehouse"))
    contact_name = forms.CharField(label=_("Contact person"), max_length=50)
    phone = PhoneField(label=_("Phone for the courier"))
    district_id = forms.IntegerField(
        widget=forms.HiddenInput,
        min_value=1,
        max_value=2**31 - 1,
        error_messages={"required": _("Choose an area from the list.")},
    )
    postal_code = CodePattern(r"^\d{5}$", required=False, widget=forms.HiddenInput)
    address = forms.CharField(label=_("Full address"), max_length=300, widget=forms.Textarea({"rows": 2}))


class BankAccountForm(forms.Form):
    bank_code = forms.ChoiceField(label=_("Bank"))
    number = CodeField(label=_("Account number"), max_length=40, widget=forms.TextInput({"inputmode": "numeric"}))
    holder = forms.CharField(label=_("Account holder"), max_length=80)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature
        field = self.fields["bank_code"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Choose a bank"))] + [
            (b.code, b.short_name) for b in Bank.objects.order_by("short_name")
        ]


class StoreSettingsForm(forms.ModelForm):
    """Pengaturan › Toko. Bounds and rules are the service's (``stores.services.stores.LIMITS``)."""

    whatsapp = forms.CharField(label=_("WhatsApp of customer service"), max_length=30, required=False)
    colour = forms.CharField(label=_("Colour"), max_length=7, widget=forms.TextInput({"type": "color"}))

    class Meta:
        model = Store
        fields = (
            "name", "whatsapp", "email", "address", "time_zone", "colour", "invoice_heading", "invoice_note",
            "unique_code_enabled", "cod_fee_payer", "cod_round_to", "payment_hours", "cancel_when_expired", "complete_after_days",
            "duplicate_window_hours", "low_stock_at",
        )  # fmt: skip
        labels = {
            "name": _("Store name"), "email": _("E-mail"), "address": _("Address"), "time_zone": _("Time zone"),
            "invoice_heading": _("Line under the store's name"), "invoice_note": _("Note at the foot"),
            "unique_code_enabled": _("Add a unique code of 1–999 rupiah to bank transfers"),
            "cod_fee_payer": _("Who pays the COD fee"), "cod_round_to": _("Round COD totals up to"), "payment_hours": _("Time to pay"),
            "cancel_when_expired": _("Cancel the order when the time to pay is over"),
            "complete_after_days": _("Completed after delivery"), "duplicate_window_hours": _("Possible double order"),
            "low_stock_at": _("Low stock"),
        }  # fmt: skip
        help_texts = {
            "name": _("Buyers see it on every page."),
            "address": _("Printed on invoices."),
            "time_zone": _("Days in reports follow this zone."),
            "invoice_heading": _("For example a slogan or a tax number."),
            "invoice_note": _("For example thanks, or how to complain."),
            "unique_code_enabled": _("Every transfer is then recognised by its amount."),
            "cod_fee_payer": _("The courier takes it from what was collected."),
            "cod_round_to": _("Buyers rarely have the exact coins. The difference is a line of its own in the bill."),
            "payment_hours": _("For bank transfer, virtual account and QRIS."),
            "cancel_when_expired": _("Its stock and vouchers become free again. Otherwise it stays for CS to decide."),
            "complete_after_days": _("An order nobody complains about is completed by itself."),
            "duplicate_window_hours": _("The same number orders the same product again within this time. 0 switches it off."),
            "low_stock_at": _("A variant with this many pieces or fewer is marked."),
        }  # fmt: skip
        widgets = {
            "address": forms.Textarea({"rows": 2}),
            "invoice_note": forms.Textarea({"rows": 2}),
            "cod_fee_payer": forms.RadioSelect,
        }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature
        zones = [(z.value, f"{z.label} ({z.value.split('/')[1]})") for z in Store.Zone]
        choice = self.fields["time_zone"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = zones
        for name, (low, high) in LIMITS.items():
            field = self.fields[name]
            field.widget.attrs |= {"min": low, "max": high, "inputmode": "numeric"}

    def _post_clean(self) -> None:
        """Without the model's own checks: the service writes, the form only reads the input."""


class LogoForm(forms.Form):
    logo = forms.FileField(label=_("Logo"))


class BankAccountSettingsForm(BankAccountForm):
    is_default = forms.BooleanField(label=_("Use as the default account"), required=False)


class DomainForm(forms.Form):
    hostname = forms.CharField(
        label=_("Domain"),
        max_length=300,
        widget=forms.TextInput({"placeholder": "tokomadu.com", "autocapitalize": "none", "inputmode": "url"}),
        help_text=_("One you have bought, for example at a domain seller. With or without www."),
    )
