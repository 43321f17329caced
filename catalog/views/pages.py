"""The seller's product pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bosonline.errors import DomainError
from catalog import queries
from catalog.services.images import image_store
from catalog.services.products import VariantInput, product_create
from sellers.pages import StorePage, put_errors


class ProductListPage(StorePage):
    right = "products.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        page = queries.products_page(request.GET)
        rows = queries.product_rows(page.rows)
        return render(
            request, "catalog/list.html", {"rows": rows, "page": page, "filtered": bool(request.GET.get("keyword"))}
        )


class ProductForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Product name"), max_length=120)
    description = forms.CharField(
        label=gettext_lazy("Description"), max_length=10_000, required=False, widget=forms.Textarea({"rows": 3})
    )
    category_name = forms.CharField(label=gettext_lazy("Category"), max_length=60, required=False)
    attribute = forms.CharField(
        label=gettext_lazy("What differs between the variants"), max_length=30, required=False,
        help_text=gettext_lazy("For example Size. Leave empty when there is only one kind."),
    )  # fmt: skip
    sell_when_empty = forms.BooleanField(label=gettext_lazy("Keep selling when the stock is empty"), required=False)
    image = forms.FileField(label=gettext_lazy("Picture"), required=False)


ROW = ("option", "sku", "price", "cost", "stock", "weight")


class ProductNewPage(StorePage):
    right = "products.create"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(ProductForm(), [dict.fromkeys(ROW, "")])

    def _show(self, form: ProductForm, rows: list[dict[str, str]], status: int = 200) -> HttpResponse:
        return render(self.request, "catalog/new.html", {"form": form, "rows": rows}, status=status)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ProductForm(request.POST, request.FILES)
        rows = self._rows(request)
        if form.is_valid():
            try:
                product = self._create(form.cleaned_data, rows)
            except DomainError as exc:
                put_errors(form, exc)
            else:
                messages.success(request, _("%(name)s was added.") % {"name": product.name})
                return redirect("products")
        return self._show(form, rows, status=422)

    @staticmethod
    def _rows(request: HttpRequest) -> list[dict[str, str]]:
        columns = {name: request.POST.getlist(name) for name in ROW}
        count = max([len(c) for c in columns.values()] or [0])
        rows = [{n: (columns[n][i] if i < len(columns[n]) else "") for n in ROW} for i in range(min(count, 200))]
        return [row for row in rows if any(row.values())] or [dict.fromkeys(ROW, "")]

    def _create(self, data: dict[str, Any], rows: list[dict[str, str]]) -> Any:
        attribute = data["attribute"].strip()
        variants = [_variant(row, index, attribute) for index, row in enumerate(rows)]
        upload = data["image"]
        images = [image_store(store=self.store, upload=upload).pk] if upload else []
        return product_create(
            store=self.store,
            name=data["name"],
            description=data["description"],
            category_name=data["category_name"],
            attributes=[{"name": attribute, "items": [v.options[0] for v in variants]}] if attribute else [],
            variants=variants if attribute else variants[:1],
            sell_when_empty=data["sell_when_empty"],
            image_ids=images,
            actor_id=self.member.user.pk,
        )


def _variant(row: dict[str, str], index: int, attribute: str) -> VariantInput:
    """A typed row → a variant. Raises naming the row."""

    def whole(name: str, default: str, low: int, high: int) -> int:
        text = (row[name] or default).replace(".", "").strip()
        if not text.isdigit() or not low <= int(text) <= high:
            raise DomainError(
                _("Row %(row)s: %(field)s must be a whole number from %(low)s to %(high)s.")
                % {"row": index + 1, "field": name, "low": low, "high": high}
            )
        return int(text)

    if attribute and not row["option"].strip():
        raise DomainError(_("Row %(row)s: enter the variant's name.") % {"row": index + 1})
    return VariantInput(
        options=[row["option"].strip()[:60]] if attribute else [],
        sku=row["sku"].strip()[:60],
        price=whole("price", "", 0, 1_000_000_000),
        cost_price=whole("cost", "0", 0, 1_000_000_000),
        stock=whole("stock", "0", 0, 10_000_000),
        weight_grams=whole("weight", "500", 1, 99_000),
    )
