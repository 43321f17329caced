"""Voucher: list, editor, who used it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bosonline.errors import DomainError
from bosonline.formfields import CodeField, WholeField
from catalog import queries
from catalog.fields import ProductsField
from catalog.models import Voucher
from catalog.services import vouchers as services
from catalog.views.common import chips, hidden, query_with
from catalog.wording import voucher_sentence
from sellers.pages import StorePage, put_errors
from stores.models import Courier, Province
from stores.queries import store_today

STATES = (
    (gettext_lazy("Off"), "off"), (gettext_lazy("Scheduled"), ""), (gettext_lazy("Used up"), "wait"),
    (gettext_lazy("Active"), "done"), (gettext_lazy("Ended"), "off"),
)  # fmt: skip
METHODS = (
    ("cod", gettext_lazy("Cash on delivery (COD)")), ("bank_transfer", gettext_lazy("Bank transfer")),
    ("va", gettext_lazy("Virtual account")), ("qris", "QRIS"),
)  # fmt: skip


class VoucherListPage(StorePage):
    right = "vouchers.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        params = request.GET
        page = queries.vouchers_page(params.dict() | {"limit": params.get("limit") or "25"}, self.store)
        types = {"product": _("Product discount"), "ongkir": _("Shipping discount")}
        active = {"1": _("Active"), "0": _("Not active")}
        labels = {"keyword": (_("Search"), None), "type": (_("Kind"), types), "active": (_("Status"), active)}
        context = {
            "rows": [self._row(v) for v in page.rows],
            "page": page,
            "filters": chips(params, labels),
            "keyword": params.get("keyword", ""),
            "hidden": hidden(params, "keyword"),
            "hidden_filters": hidden(params, "type", "active"),
            "types": types.items(),
            "actives": active.items(),
            "sort_by": params.get("sort_by", ""),
            "sort_dir": params.get("sort_dir", ""),
            "all_url": query_with(params),
        }
        return render(request, "catalog/vouchers.html", context)

    @staticmethod
    def _row(voucher: Any) -> dict[str, Any]:
        label, tone = STATES[voucher.status_number]
        return {"voucher": voucher, "status": {"label": label, "tone": tone}, "products": len(voucher.products.all()),
                "endless": voucher.end_date == Voucher.FOREVER, "unlimited": voucher.stock == Voucher.UNLIMITED,
                "sentence": voucher_sentence(voucher)}  # fmt: skip


MANY = ("payment_methods", "province_codes", "courier_codes", "product_ids")


class VoucherForm(forms.Form):
    code = CodeField(
        label=gettext_lazy("Code"), max_length=30, help_text=gettext_lazy("Letters and digits, for example HEMAT10.")
    )
    description = forms.CharField(label=gettext_lazy("Description"), max_length=200, required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Takes off"),
        choices=[("product", gettext_lazy("the products")), ("ongkir", gettext_lazy("the shipping"))],
    )
    value_type = forms.ChoiceField(
        label=gettext_lazy("Kind of discount"),
        choices=[("percent", gettext_lazy("Per cent")), ("fixed", gettext_lazy("Rupiah"))],
    )
    percent = WholeField(label=gettext_lazy("Per cent"), required=False)
    amount = WholeField(
        label=gettext_lazy("Amount (Rp)"),
        required=False,
        widget=forms.TextInput({"data-money": "", "inputmode": "numeric"}),
    )
    max_discount = WholeField(
        label=gettext_lazy("At most (Rp)"), required=False, min_value=0, max_value=1_000_000_000,
        widget=forms.TextInput({"data-money": "", "inputmode": "numeric"}),
    )  # fmt: skip
    start_date = forms.DateField(
        label=gettext_lazy("From"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    end_date = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Empty: without an end."),
    )  # fmt: skip
    voucher_stok = WholeField(
        label=gettext_lazy("Uses in all"), required=False, min_value=1, max_value=Voucher.UNLIMITED,
        help_text=gettext_lazy("Empty: as often as wanted."),
    )  # fmt: skip
    voucher_limit = WholeField(label=gettext_lazy("Uses per buyer"), min_value=1, max_value=1_000_000, initial=1)
    min_purchase = WholeField(
        label=gettext_lazy("Purchase of at least (Rp)"), required=False, min_value=0, max_value=1_000_000_000,
        widget=forms.TextInput({"data-money": "", "inputmode": "numeric"}),
    )  # fmt: skip
    min_qty = WholeField(label=gettext_lazy("Pieces of at least"), required=False, min_value=0, max_value=100_000)
    payment_methods = forms.MultipleChoiceField(
        label=gettext_lazy("Only for these payment methods"), choices=METHODS, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: all."),
    )  # fmt: skip
    apply_target_type = forms.ChoiceField(
        label=gettext_lazy("Where it holds"),
        choices=[
            ("all", gettext_lazy("Everywhere")),
            ("area", gettext_lazy("Some provinces")),
            ("courier", gettext_lazy("Some couriers")),
        ],
    )
    province_codes = forms.MultipleChoiceField(
        label=gettext_lazy("Provinces"), required=False, widget=forms.CheckboxSelectMultiple
    )
    courier_codes = forms.MultipleChoiceField(
        label=gettext_lazy("Couriers"), required=False, widget=forms.CheckboxSelectMultiple
    )
    product_ids = ProductsField(
        label=gettext_lazy("Only for these products"), help_text=gettext_lazy("None chosen: all products.")
    )
    is_listed = forms.BooleanField(
        label=gettext_lazy("Offer it on the order form"), required=False, initial=True,
        help_text=gettext_lazy("Not ticked: only those who know the code can use it."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.data.get("value_type")  # of the two figures the chosen one is needed
        self.fields["percent"].required = kind in (None, "percent")
        self.fields["amount"].required = kind in (None, "fixed")
        self._choose("province_codes", Province.objects.order_by("name").values_list("code", "name"))
        self._choose(
            "courier_codes", Courier.objects.filter(is_active=True).order_by("name").values_list("code", "name")
        )

    def _choose(self, name: str, choices: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = list(choices)

    def clean(self) -> dict[str, Any]:
        """What only the service knows to be wrong is said together with the rest, not after it."""
        cleaned = super().clean() or {}
        if self.errors:
            held = {"code": "XXX", "start_date": date.today(), "value_type": "percent", "kind": "product",
                    "apply_target_type": "all", "percent": 1, "amount": 1}  # fmt: skip
            blank = dict.fromkeys(self.fields) | dict.fromkeys(MANY, ()) | {"description": ""}
            found = services.voucher_problems(self._input(blank | held | cleaned, is_active=True))
            for name, texts in found.items():
                field = cleaned.get("value_type", "percent").replace("fixed", "amount") if name == "value" else name
                if field in self.fields and field not in self.errors and field in cleaned:
                    for text in texts:
                        self.add_error(field, text)
        return cleaned

    def data_in(self, *, is_active: bool) -> services.VoucherInput:
        return self._input(self.cleaned_data, is_active=is_active)

    @staticmethod
    def _input(d: dict[str, Any], *, is_active: bool) -> services.VoucherInput:
        value = d["percent"] if d["value_type"] == "percent" else d["amount"]
        return services.VoucherInput(
            code=d["code"], kind=d["kind"], value_type=d["value_type"], value=value or 0, start_date=d["start_date"],
            end_date=d["end_date"] or Voucher.FOREVER, stock=d["voucher_stok"] or Voucher.UNLIMITED, description=d["description"], max_discount=d["max_discount"],
            voucher_limit=d["voucher_limit"] or 1, min_purchase=d["min_purchase"] or 0, min_qty=d["min_qty"] or 0,
            payment_methods=tuple(d["payment_methods"]), apply_target_type=d["apply_target_type"],
            province_codes=tuple(d["province_codes"]), courier_codes=tuple(d["courier_codes"]),
            product_ids=tuple(p.pk for p in d["product_ids"]), is_active=is_active, is_listed=d["is_listed"],
        )  # fmt: skip


def _start(voucher: Voucher) -> dict[str, Any]:
    percent = voucher.value_type == "percent"
    return {
        "code": voucher.code, "description": voucher.description, "kind": voucher.kind, "value_type": voucher.value_type,
        "percent": voucher.value if percent else None, "amount": None if percent else voucher.value,
        "max_discount": voucher.max_discount, "start_date": voucher.start_date, "end_date": None if voucher.end_date == Voucher.FOREVER else voucher.end_date,
        "voucher_stok": None if voucher.stock == Voucher.UNLIMITED else voucher.stock, "voucher_limit": voucher.voucher_limit, "min_purchase": voucher.min_purchase or None,
        "min_qty": voucher.min_qty or None, "payment_methods": voucher.payment_methods,
        "apply_target_type": voucher.apply_target_type, "province_codes": voucher.province_codes,
        "courier_codes": voucher.courier_codes, "product_ids": [str(p.pk) for p in voucher.products.all()],
        "is_listed": voucher.is_listed,
    }  # fmt: skip


class VoucherEditorPage(StorePage):
    """Make a voucher, or look at one and change it."""

    def get(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        self.member.require("vouchers.view" if pk else "vouchers.create")
        if pk is None:
            today = store_today(self.store)
            start = {"start_date": today, "value_type": "percent", "kind": "product", "apply_target_type": "all"}
            return self._show(VoucherForm(initial=start), None)
        voucher = queries.voucher_get(pk, self.store)
        return self._show(VoucherForm(initial=_start(voucher)), voucher)

    def _show(self, form: VoucherForm, voucher: Any, status: int = 200) -> HttpResponse:
        context: dict[str, Any] = {"form": form, "voucher": voucher}
        context["sentence"] = voucher_sentence(voucher) if voucher else ""
        if voucher is not None:
            page, uses = queries.voucher_uses_page(voucher, self.request.GET, see_phone=self.member.may("see_phone"))
            label, tone = STATES[voucher.status_number]
            uses = [row | {"at": use.created_at} for row, use in zip(uses, page.rows, strict=True)]
            context |= {"uses": uses, "page": page, "status": {"label": label, "tone": tone}}
        context["can_save"] = self.member.may("vouchers.edit" if voucher else "vouchers.create")
        return render(self.request, "catalog/voucher.html", context, status=status)

    def post(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        self.member.require("vouchers.edit" if pk else "vouchers.create")
        voucher = queries.voucher_get(pk, self.store) if pk else None
        form = VoucherForm(request.POST)
        if form.is_valid():
            try:
                data = form.data_in(is_active=voucher.is_active if voucher else True)
                if voucher is None:
                    services.voucher_create(store=self.store, data=data, actor=self.member)
                else:
                    services.voucher_update(voucher_id=voucher.pk, data=data, actor=self.member)
            except DomainError as exc:
                field = "percent" if form.cleaned_data["value_type"] == "percent" else "amount"
                if "value" in exc.errors:
                    exc.errors[field] = exc.errors.pop("value")
                put_errors(form, exc)
            else:
                messages.success(request, _("Voucher %(code)s was saved.") % {"code": data.code.upper()})
                return redirect("vouchers")
        return self._show(form, voucher, status=422)


class VoucherAction(StorePage):
    actions = {"hapus": ("vouchers.delete",), "nyala": ("vouchers.edit",), "mati": ("vouchers.edit",)}

    def post(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        actor = self.member
        if action == "hapus":
            services.voucher_delete(voucher_id=pk, actor=actor)
            messages.success(request, _("The voucher was deleted. Orders that used it keep their discount."))
        else:
            on = action == "nyala"
            services.voucher_set_active(voucher_id=pk, is_active=on, actor=actor)
            messages.success(request, _("The voucher is on.") if on else _("The voucher is off."))
        return redirect("vouchers")
