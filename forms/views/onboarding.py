"""On Boarding: six steps to a shareable link. Resumable, skippable, every step saved on its own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ValidationError

from bosonline.errors import DomainError, NotFound
from catalog.models import Product, Variant
from catalog.services.products import VariantInput, product_create
from forms.models import OrderForm
from forms.services.forms import form_create, form_publish
from sellers.pages import StorePage, put_errors
from stores.forms import BankAccountForm, StoreForm, SubdomainForm, WarehouseForm
from stores.models import BankAccount, Warehouse
from stores.queries import district_of, public_url
from stores.services import stores as services

STEPS: tuple[tuple[str, Any], ...] = (
    ("store", gettext_lazy("Store")),
    ("subdomain", gettext_lazy("Address")),
    ("warehouse", gettext_lazy("Warehouse")),
    ("bank_account", gettext_lazy("Bank account")),
    ("product", gettext_lazy("Product")),
    ("form", gettext_lazy("Form")),
)
OPTIONAL = {"bank_account"}


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


class OnboardingPage(StorePage):
    """One URL per step; ``/onboarding`` goes to the first one that is not done."""

    right = "store.edit"

    def get(self, request: HttpRequest, step: str = "") -> HttpResponse:
        if not step:
            return redirect(self._next())
        return self._show(step, self._form(step))

    def post(self, request: HttpRequest, step: str = "") -> HttpResponse:
        if step not in dict(STEPS):
            raise NotFound()
        if "skip" in request.POST and step in OPTIONAL:
            services.onboarding_mark(store=self.store, step=step)
            return redirect(self._next())
        form = self._form(step, request.POST)
        if form.is_valid():
            try:
                getattr(self, f"_save_{step}")(form)
            except (DomainError, ValidationError) as exc:
                put_errors(form, exc)
            else:
                services.onboarding_mark(store=self.store, step=step)
                return redirect(self._next())
        return self._show(step, form, status=422)

    # -- steps -----------------------------------------------------------------------------------------------------

    def _done(self) -> dict[str, bool]:
        marked = self.store.onboarding
        return {
            "store": "store" in marked,
            "subdomain": bool(self.store.subdomain),
            "warehouse": Warehouse.objects.filter(deleted_at__isnull=True).exists(),
            "bank_account": "bank_account" in marked or BankAccount.objects.filter(deleted_at__isnull=True).exists(),
            "product": Product.objects.filter(deleted_at__isnull=True).exists(),
            "form": OrderForm.objects.filter(deleted_at__isnull=True, status="published").exists(),
        }

    def _next(self) -> str:
        done = self._done()
        missing = next((key for key, _label in STEPS if not done[key]), None)
        return reverse("onboarding-step", args=[missing]) if missing else reverse("onboarding-done")

    def _form(self, step: str, data: Any = None) -> forms.Form:
        user = self.member.user
        match step:
            case "store":
                start = {"name": self.store.name, "whatsapp": user.phone, "time_zone": self.store.time_zone}
                return StoreForm(data, initial=start)
            case "subdomain":
                return SubdomainForm(data, initial={"subdomain": self.store.subdomain or ""})
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

    def _show(self, step: str, form: forms.Form, status: int = 200) -> HttpResponse:
        done = self._done()
        steps = [
            {
                "key": key,
                "label": label,
                "url": reverse("onboarding-step", args=[key]),
                "done": done[key],
                "current": key == step,
            }
            for key, label in STEPS
        ]
        context = {
            "form": form,
            "step": step,
            "steps": steps,
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
        district = district_of(int(value)) if str(value).isdigit() and len(str(value)) < 10 else None
        return district.label if district else ""

    def _variant_rows(self) -> list[dict[str, str]]:
        """The variant rows as typed, or two empty ones."""
        names = ("option", "price", "stock", "weight", "sku")
        columns = {name: self.request.POST.getlist(name) for name in names}
        count = max([len(c) for c in columns.values()] or [0])
        rows = [{n: (columns[n][i] if i < len(columns[n]) else "") for n in names} for i in range(count)]
        return rows or [dict.fromkeys(names, ""), dict.fromkeys(names, "")]

    def _save_store(self, form: forms.Form) -> None:
        services.store_update(store=self.store, **form.cleaned_data)

    def _save_subdomain(self, form: forms.Form) -> None:
        services.subdomain_set(store=self.store, name=form.cleaned_data["subdomain"])

    def _save_warehouse(self, form: forms.Form) -> None:
        services.warehouse_create(store=self.store, is_default=True, **form.cleaned_data)

    def _save_bank_account(self, form: forms.Form) -> None:
        services.bank_account_create(store=self.store, is_default=True, **form.cleaned_data)

    def _save_product(self, form: forms.Form) -> None:
        attribute = form.cleaned_data["attribute"].strip()
        rows = [row for row in self._variant_rows() if any(row.values())]
        variants = [self._variant(row, index, attribute) for index, row in enumerate(rows)]
        if not attribute:
            variants = variants[:1]
        product_create(
            store=self.store,
            name=form.cleaned_data["name"],
            attributes=[{"name": attribute, "items": [v.options[0] for v in variants]}] if attribute else [],
            variants=variants,
            actor_id=self.member.user.pk,
        )

    @staticmethod
    def _variant(row: dict[str, str], index: int, attribute: str) -> VariantInput:
        price = number_of(row["price"])
        if price is None or not 0 <= price <= 1_000_000_000:
            raise DomainError.field("name", _("Row %(row)s: enter a price in rupiah.") % {"row": index + 1})
        if attribute and not row["option"].strip():
            raise DomainError.field("attribute", _("Row %(row)s: enter the variant's name.") % {"row": index + 1})
        weight = number_of(row["weight"] or "500")
        stock = number_of(row["stock"] or "0")
        if weight is None or not 1 <= weight <= 99_000:
            raise DomainError.field("name", _("Row %(row)s: the weight is in grams, 1 to 99.000.") % {"row": index + 1})
        if stock is None or not 0 <= stock <= 10_000_000:
            raise DomainError.field("name", _("Row %(row)s: the stock is a whole number.") % {"row": index + 1})
        return VariantInput(
            options=[row["option"].strip()] if attribute else [],
            price=price,
            sku=row["sku"].strip()[:60],
            stock=stock,
            weight_grams=weight,
        )

    def _save_form(self, form: forms.Form) -> None:
        chosen = [m for m in ("cod", "bank_transfer", "va", "qris") if form.cleaned_data[m]]
        if not chosen:
            raise DomainError.field("cod", _("Choose at least one payment method."))
        variants = Variant.objects.filter(deleted_at__isnull=True, product__deleted_at__isnull=True).order_by(
            "product_id", "position"
        )
        first = variants.first()
        ids = [v.pk for v in variants if first is not None and v.product_id == first.product_id]
        draft = form_create(
            store=self.store,
            name=form.cleaned_data["name"],
            content={"variant_ids": ids, "payment_methods": [{"method": m} for m in chosen]},
            actor_id=self.member.user.pk,
        )
        form_publish(form=draft, actor_id=self.member.user.pk)


class OnboardingDonePage(StorePage):
    """The share link."""

    right = "store.edit"

    def get(self, request: HttpRequest) -> HttpResponse:
        form = OrderForm.objects.filter(status="published", deleted_at__isnull=True).order_by("id").first()
        if form is None or not self.store.subdomain:
            return redirect("onboarding")
        if self.store.onboarded_at is None:
            self.store.onboarded_at = timezone.now()
            self.store.save(update_fields=["onboarded_at"])
        url = public_url(self.store, f"/{form.slug}")
        steps = [{"key": k, "label": label, "done": True, "current": False, "url": ""} for k, label in STEPS]
        return render(request, "onboarding/done.html", {"steps": steps, "form_url": url, "form": form})


def number_of(text: str) -> int | None:
    """``"1.250.000"`` or ``"1250000"`` → 1250000; None when it is no whole number."""
    digits = text.strip().replace(".", "").replace("Rp", "").strip()
    return int(digits) if digits.isdigit() and len(digits) < 15 else None
