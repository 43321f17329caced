"""On Boarding: six steps to a shareable link. Resumable, skippable, every step saved on its own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ValidationError

from bosonline import cleaning
from bosonline.errors import Conflict, DomainError, NotFound
from bosonline.whatsapp import share_link
from catalog.models import Product
from forms.services import onboarding
from forms.services.onboarding import OPTIONAL, STEPS
from sellers.pages import StorePage, put_errors
from stores.forms import BankAccountForm, StoreForm, SubdomainForm, WarehouseForm
from stores.queries import district_of
from stores.services.stores import onboarding_mark
from stores.services.subdomains import subdomain_propose


class ProductForm(forms.Form):
    """A first product with up to one attribute: ``Ukuran`` with two rows is the usual start."""

    name = forms.CharField(label=gettext_lazy("Product name"), max_length=120)
    attribute = forms.CharField(
        label=gettext_lazy("What differs between the variants"),
        max_length=30,
        required=False,
        help_text=gettext_lazy("For example Size. Leave empty when there is only one kind."),
    )


class FormForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Form name"), max_length=80)
    cod = forms.BooleanField(label=gettext_lazy("Cash on delivery (COD)"), required=False, initial=True)
    bank_transfer = forms.BooleanField(label=gettext_lazy("Bank transfer"), required=False, initial=True)
    va = forms.BooleanField(label=gettext_lazy("Virtual account"), required=False, initial=True)
    qris = forms.BooleanField(label="QRIS", required=False, initial=True)


# where what a step made is changed later
MANAGED = {"warehouse": "settings-warehouses", "bank_account": "settings-bank-accounts", "product": "products",
           "form": "forms"}  # fmt: skip


class OnboardingPage(StorePage):
    """One URL per step; ``/onboarding`` goes to the first one that is not done."""

    right = "store.edit"

    def get(self, request: HttpRequest, step: str = "") -> HttpResponse:
        if not step:
            return redirect(self._next())
        made = onboarding.made_by(step)
        if made is not None:
            context = {"made": made, "step": step, "steps": self._steps(step), "manage_url": reverse(MANAGED[step]),
                       "next_url": self._next(), "skip_url": reverse("home")}  # fmt: skip
            return render(request, "onboarding/made.html", context)
        return self._show(step, self._form(step))

    def post(self, request: HttpRequest, step: str = "") -> HttpResponse:
        if step not in dict(STEPS):
            raise NotFound()
        if "skip" in request.POST:
            onboarding.step_skip(actor=self.member, step=step)
            return redirect(self._next())
        if step == "product" and "sample" in request.POST:
            try:
                onboarding.step_save(actor=self.member, step=step, data={"sample": True})
            except Conflict as exc:
                messages.info(request, exc.message)
            return redirect(self._next())
        form = self._form(step, request.POST)
        if form.is_valid():
            try:
                onboarding.step_save(actor=self.member, step=step, data=self._data(step, form))
            except Conflict as exc:
                if exc.code == "step_done":
                    messages.info(request, exc.message)
                    return redirect(self._next())
                put_errors(form, exc)
            except (DomainError, ValidationError) as exc:
                put_errors(form, exc)
            else:
                return redirect(self._next())
        return self._show(step, form, status=422)

    # -- steps -----------------------------------------------------------------------------------------------------

    def _next(self) -> str:
        missing = onboarding.next_step(onboarding.steps_done(self.store))
        return reverse("onboarding-step", args=[missing]) if missing else reverse("onboarding-done")

    def _form(self, step: str, data: Any = None) -> forms.Form:
        user = self.member.user
        match step:
            case "store":
                start = {"name": self.store.name, "whatsapp": user.phone, "time_zone": self.store.time_zone}
                return StoreForm(data, initial=start)
            case "subdomain":
                return SubdomainForm(data, initial={"subdomain": self.store.subdomain or subdomain_propose(self.store)})
            case "warehouse":
                start = {
                    "contact_name": user.name,
                    "phone": self.store.whatsapp or user.phone,
                    "name": _("Main warehouse"),
                }
                return WarehouseForm(data, initial=start)
            case "bank_account":
                return BankAccountForm(data, initial={"holder": user.name})
            case "product":
                return ProductForm(data)
            case "form":
                first = Product.objects.filter(deleted_at__isnull=True).order_by("id").first()
                return FormForm(data, initial={"name": first.name if first else ""})
        raise NotFound()

    def _steps(self, step: str) -> list[dict[str, Any]]:
        done = onboarding.steps_done(self.store)
        return [
            {
                "key": key,
                "label": label,
                "url": reverse("onboarding-step", args=[key]),
                "done": done[key],
                "current": key == step,
            }
            for key, label in STEPS
        ]

    def _show(self, step: str, form: forms.Form, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "step": step,
            "steps": self._steps(step),
            "skippable": step in OPTIONAL,
            "skip_url": reverse("home"),
            "base_domain": settings.BASE_DOMAIN,
            "area_label": self._area_label(form),
            "rows": self._variant_rows() if step == "product" else [],
        }
        return render(self.request, f"onboarding/{step}.html", context, status=status)

    @staticmethod
    def _area_label(form: forms.Form) -> str:
        """What the area box shows again after an error."""
        value = form.data.get("district_id", "") if form.is_bound else ""
        district = district_of(int(value)) if str(value).isdecimal() and len(str(value)) < 10 else None
        return district.label if district else ""

    def _variant_rows(self) -> list[dict[str, str]]:
        """The variant rows as typed, or two empty ones."""
        names = ("option", "price", "stock", "weight", "sku")
        columns = {name: self.request.POST.getlist(name) for name in names}
        count = max([len(c) for c in columns.values()] or [0])
        rows = [{n: (columns[n][i] if i < len(columns[n]) else "") for n in names} for i in range(count)]
        return rows or [dict.fromkeys(names, ""), dict.fromkeys(names, "")]

    def _data(self, step: str, form: forms.Form) -> dict[str, Any]:
        """What the service wants, from what the page's form has."""
        data = dict(form.cleaned_data)
        if step == "product":
            rows = [row for row in self._variant_rows() if any(row.values())]
            data["variants"] = [self._variant(row, n, data["attribute"].strip()) for n, row in enumerate(rows, 1)]
        if step == "form":
            data = {"name": data["name"], "payment_methods": [m for m in onboarding.METHODS if data[m]]}
        return data

    @staticmethod
    def _variant(row: dict[str, str], number: int, attribute: str) -> dict[str, Any]:
        price = cleaning.whole_of(row["price"])
        if price is None or not 0 <= price <= 1_000_000_000:
            raise DomainError.field("name", _("Row %(row)s: enter a price in rupiah.") % {"row": number})
        if attribute and not row["option"].strip():
            raise DomainError.field("attribute", _("Row %(row)s: enter the variant's name.") % {"row": number})
        weight = cleaning.whole_of(row["weight"] or "500")
        stock = cleaning.whole_of(row["stock"] or "0")
        if weight is None or not 1 <= weight <= 99_000:
            raise DomainError.field("name", _("Row %(row)s: the weight is in grams, 1 to 99.000.") % {"row": number})
        if stock is None or not 0 <= stock <= 10_000_000:
            raise DomainError.field("name", _("Row %(row)s: the stock is a whole number.") % {"row": number})
        return {
            "option": row["option"].strip(), "price": price, "sku": cleaning.code(row["sku"])[:60], "stock": stock,
            "weight_grams": weight,
        }  # fmt: skip


class OnboardingDonePage(StorePage):
    """The share link."""

    right = "store.edit"

    def get(self, request: HttpRequest) -> HttpResponse:
        url = onboarding.form_url(self.store)
        if url is None:
            return redirect("onboarding")
        steps = [{"key": k, "label": label, "done": True, "current": False, "url": ""} for k, label in STEPS]
        form = onboarding.form_first()
        bare = onboarding.product_without_picture()
        context = {
            "steps": steps, "form_url": url, "form": form, "bare": bare,
            "share_url": share_link(_("Order here: %(link)s") % {"link": url}),
        }  # fmt: skip
        return render(request, "onboarding/done.html", context)


class SetupHidePage(StorePage):
    """The list of first steps on the home page is put away."""

    right = "store.edit"

    def post(self, request: HttpRequest) -> HttpResponse:
        onboarding_mark(store=self.store, step=onboarding.SETUP_HIDDEN)
        return redirect("home")
