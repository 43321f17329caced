"""Parsing of the account pages' input; the rules themselves are in the services."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from bosonline.formfields import EmailField, PhoneField, WholeField


class RegisterForm(forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=80, widget=forms.TextInput({"autocomplete": "name"}))
    email = EmailField(label=_("E-mail"), widget=forms.EmailInput({"autocomplete": "email"}))
    phone = PhoneField(label=_("WhatsApp number"))
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("At least 8 characters."),
    )


def _new_password(label: object) -> forms.CharField:
    return forms.CharField(
        label=label,  # type: ignore[arg-type]  # a lazy translation
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("At least 8 characters."),
    )


def _old_password(label: object = _("Password")) -> forms.CharField:
    return forms.CharField(
        label=label,  # type: ignore[arg-type]  # a lazy translation
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


def _code() -> forms.CharField:
    return forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "text", "autocapitalize": "none"}),
        help_text=_("Six digits of your authenticator app, or one of your recovery codes."),
    )


class CodeForm(forms.Form):
    otp = _code()


class ForgotForm(forms.Form):
    email = forms.CharField(
        label=_("E-mail or WhatsApp number"), max_length=254, widget=forms.TextInput({"autocomplete": "username"})
    )


class ResetForm(forms.Form):
    token = forms.CharField(max_length=100, widget=forms.HiddenInput)
    password = _new_password(_("New password"))


class InvitationForm(forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=80, widget=forms.TextInput({"autocomplete": "name"}))
    phone = PhoneField(label=_("WhatsApp number"))
    password = _new_password(_("Password"))


class ProfileForm(forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=80, widget=forms.TextInput({"autocomplete": "name"}))
    email = EmailField(label=_("E-mail"), widget=forms.EmailInput({"autocomplete": "email"}))
    phone = PhoneField(label=_("WhatsApp number"))
    language = forms.ChoiceField(label=_("Language"), choices=[("id", "Bahasa Indonesia"), ("en", "English")])
    password = _old_password()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        self.fields["password"].required = False
        self.fields["password"].help_text = _("Only needed when you change e-mail or number.")


class PasswordForm(forms.Form):
    password = _old_password(_("Current password"))
    new_password = _new_password(_("New password"))


class PasswordCheckForm(forms.Form):
    password = _old_password()


class PasswordCodeForm(forms.Form):
    password = _old_password()
    otp = _code()


class StaffForm(forms.Form):
    """Creating and changing a person; the roles are filled in by the page."""

    name = forms.CharField(label=_("Name"), max_length=80)
    email = EmailField(label=_("E-mail"), max_length=254)
    phone = PhoneField(label=_("WhatsApp number"))
    role_id = forms.TypedChoiceField(label=_("Role"), coerce=int)
    password = forms.CharField(
        label=_("Password"), max_length=200, strip=False, required=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )  # fmt: skip
    takes_leads = forms.BooleanField(label=_("Gets new leads"), required=False, initial=True)
    lead_weight = WholeField(
        label=_("Share of leads"), min_value=1, max_value=100, initial=1,
        help_text=_("2 gets twice as many as 1."),
    )  # fmt: skip
    max_open_leads = WholeField(
        label=_("Most open leads"), min_value=1, max_value=10_000, required=False,
        help_text=_("Empty: no limit."),
    )  # fmt: skip


class RoleForm(forms.Form):
    name = forms.CharField(label=_("Role name"), max_length=40)


class StoreNewForm(forms.Form):
    name = forms.CharField(label=_("Store name"), max_length=80)


class StoreHandOverForm(forms.Form):
    staff_id = forms.TypedChoiceField(label=_("New owner"), coerce=int)
    stay = forms.ChoiceField(
        label=_("What you are afterwards"),
        choices=[("administrator", _("Administrator")), ("owner", _("Owner as well"))],
        widget=forms.RadioSelect,
        initial="administrator",
    )
    password = _old_password()


class LoginForm(forms.Form):
    email = forms.CharField(
        label=_("E-mail or WhatsApp number"), max_length=254, widget=forms.TextInput({"autocomplete": "username"})
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
