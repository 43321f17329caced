"""Produk, the product editor and Varian."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bosonline import cleaning
from bosonline.errors import DomainError, NotFound, ValidationFailed
from bosonline.sheets import FORMAT_LABELS
from catalog import queries
from catalog.api import serializers as s
from catalog.api.common import without_cost
from catalog.api.products import sku_check
from catalog.exports import rows_of
from catalog.models import BulkChange, Category, Product
from catalog.services import bulk
from catalog.services import products as services
from catalog.services.images import image_store, image_url
from catalog.services.variants import MAX_ATTRIBUTES, MAX_TIERS, MAX_VARIANTS, VariantInput
from catalog.views.common import JsonPage, chips, hidden, sections
from sellers.pages import StorePage, safe_next
from stores.models import Warehouse

LIMIT = "25"
PREVIEWED = 200


class ProductListPage(StorePage):
    """Produk: search, filters in the URL, bulk edit."""

    right = "products.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        params = request.GET
        page = queries.products_page(params.dict() | {"limit": params.get("limit") or LIMIT})
        statuses = {str(k): v for k, v in Product.Status.choices}
        categories = list(queries.categories())
        names = {str(c.pk): c.name for c in categories}
        labels = {
            "keyword": (_("Search"), None),
            "status": (_("Status"), statuses),
            "category_id": (_("Category"), names),
        }
        context = {
            "rows": queries.product_rows(page.rows),
            "page": page,
            "filters": chips(params, labels),
            "keyword": params.get("keyword", ""),
            "hidden": hidden(params, "keyword"),
            "hidden_filters": hidden(params, "status", "category_id"),
            "statuses": Product.Status.choices,
            "categories": categories,
            "sections": sections("products", self.member),
            "query": params.urlencode(),
            "downloads": downloads(self.member, "products", params.urlencode()),
            "undo": undoable(request),
        }
        return render(request, "catalog/products.html", context)


def downloads(member: Any, kind: str, query: str) -> list[dict[str, str]]:
    """The entries of the menu "Unduh"."""
    if not member.may("export"):
        return []
    base = reverse("product-download", args=[kind])
    return [{"label": label, "url": f"{base}?format={f}&{query}"} for f, label in FORMAT_LABELS]


def undoable(request: HttpRequest) -> BulkChange | None:
    """The bulk edit that was just done, while it can be undone."""
    given = request.GET.get("changed", "")
    if not given.isdecimal() or len(given) > 17:
        return None
    change: BulkChange | None = BulkChange.objects.filter(pk=given, undone_at__isnull=True).first()
    return change


class VariantListPage(StorePage):
    """Varian: every variant of the store with its figures."""

    right = "products.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        params = request.GET
        page = queries.variants_page(params.dict() | {"limit": params.get("limit") or LIMIT})
        see = self.member.may("see_cost")
        statuses = {"active": _("Active"), "inactive": _("Inactive")}
        context = {
            "rows": [queries.variant_as_api(v, see_cost=see) | {"product": v.product.name} for v in page.rows],
            "page": page,
            "filters": chips(params, {"keyword": (_("Search"), None), "status": (_("Status"), statuses)}),
            "keyword": params.get("keyword", ""),
            "hidden": hidden(params, "keyword"),
            "hidden_filters": hidden(params, "status"),
            "statuses": statuses.items(),
            "sections": sections("product-variants", self.member),
            "query": params.urlencode(),
            "sort_by": params.get("sort_by", ""),
            "sort_dir": params.get("sort_dir", ""),
            "downloads": downloads(self.member, "variants", params.urlencode()),
            "undo": undoable(request),
        }
        return render(request, "catalog/variants.html", context)


class ProductEditorPage(StorePage):
    """The editor of one product, new or existing. It saves through :class:`ProductSave`."""

    def get(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        self.member.require("products.edit" if pk else "products.create")
        see = self.member.may("see_cost")
        data = queries.product_edit(pk, see_cost=see) if pk else self._blank()
        uses = data["used_by"]
        context = {
            "data": data | {"see_cost": see, "urls": self._urls(pk)},
            "product": data["product"],
            "forms": uses["forms"],
            "orders": uses["orders"],
            "categories": data["categories"],
            "statuses": Product.Status.choices,
            "can_delete": pk and self.member.may("products.delete"),
            "can_create": self.member.may("products.create"),
        }
        return render(request, "catalog/editor.html", context)

    @staticmethod
    def _urls(pk: int | None) -> dict[str, str]:
        return {
            "save": reverse("product-save", args=[pk]) if pk else reverse("product-save-new"),
            "image": reverse("product-image"),
            "sku": reverse("product-sku"),
        }

    @staticmethod
    def _blank() -> dict[str, Any]:
        warehouses = Warehouse.objects.filter(deleted_at__isnull=True).order_by("-is_default", "id")
        return {
            "product": {"id": None, "name": "", "slug": "", "description": "", "category": "", "status": "active",
                        "attributes": [], "sell_when_empty": False, "images": [], "variants": [], "updated_at": None},
            "categories": list(Category.objects.order_by("name").values("id", "name")),
            "warehouses": [{"id": w.pk, "name": w.name, "is_default": w.is_default} for w in warehouses],
            "used_by": {"forms": [], "orders": []},
            "limits": {"attributes": MAX_ATTRIBUTES, "variants": MAX_VARIANTS, "tiers": MAX_TIERS, "images": 12},
        }  # fmt: skip


class ProductSave(JsonPage):
    """The editor's Save: the API's bodies and services."""

    def post(self, request: HttpRequest, pk: int | None = None) -> JsonResponse:
        self.member.require("products.edit" if pk else "products.create")
        if pk:
            queries.product_get(pk)
            data = without_cost(self.member, self.body(s.ProductUpdateIn))
            confirm, expected = data.pop("confirm_removal"), data.pop("expected_updated_at", None)
            product = services.product_update(
                product_id=pk, values=data, confirm_removal=confirm, expected_updated_at=expected,
                actor=self.member,
            )  # fmt: skip
        else:
            data = without_cost(self.member, self.body(s.ProductIn))
            rows = [VariantInput(**row) for row in data.pop("variants")]
            product = services.product_create(store=self.store, variants=rows, actor=self.member, **data)
        messages.success(request, _("%(name)s was saved.") % {"name": product.name})
        return self.answer({"id": product.pk, "url": reverse("product-edit", args=[product.pk])})


class ProductImageUpload(JsonPage):
    right = "products.edit"

    def post(self, request: HttpRequest) -> JsonResponse:
        upload = request.FILES.get("image")
        if upload is None:
            raise ValidationFailed.field("image", _("Choose a picture."))
        row = image_store(store=self.store, upload=upload, actor=self.member)
        return self.answer({"id": row.pk, "thumb": image_url(row.sizes, 160)}, 201)


class ProductSku(JsonPage):
    right = "products.view"

    def get(self, request: HttpRequest) -> JsonResponse:
        return self.answer(sku_check(request.GET))


class ProductAction(StorePage):
    """Duplicate, delete, make a sample."""

    actions = {"salin": ("products.create",), "hapus": ("products.delete",), "contoh": ("products.create",)}

    def post(self, request: HttpRequest, action: str, pk: int | None = None) -> HttpResponse:
        actor = self.member
        match action:
            case "salin" if pk:
                copy = services.product_duplicate(product_id=pk, actor=actor)
                messages.success(request, _("A copy was made. It is a draft until you activate it."))
                return redirect("product-edit", pk=copy.pk)
            case "hapus" if pk:
                services.product_delete(product_id=pk, actor=actor)
                messages.success(request, _("The product was deleted. Past orders keep it."))
                return redirect("products")
            case "contoh" if pk is None:
                product = services.product_dummy(store=self.store, actor=actor)
                messages.success(request, _("A sample product was added. Change it as you like."))
                return redirect("product-edit", pk=product.pk)
        raise NotFound()


class BulkEditPage(StorePage):
    """Bulk edit: choose what to change, look at what would happen, do it."""

    right = "products.edit"

    def post(self, request: HttpRequest, target: str) -> HttpResponse:
        if target not in ("products", "variants"):
            raise NotFound()
        ids = self._ids(request, target)
        context: dict[str, Any] = {
            "target": target,
            "ids": ",".join(map(str, ids)),
            "count": len(ids),
            **self._choices(target),
        }
        step = request.POST.get("step", "choose")
        form = {
            k: request.POST.get(k, "")
            for k in ("field", "mode", "value_price", "value_weight", "value_status", "value_category", "round_to")
        }
        context["form"] = form
        if step == "choose":
            return render(request, "catalog/bulk.html", context)
        try:
            edit = self._edit(target, ids, form)
            if step == "apply":
                return self._apply(request, edit, target)
            rows = bulk.bulk_preview(edit)
        except DomainError as exc:
            context["error"] = exc.message
            return render(request, "catalog/bulk.html", context, status=422)
        context |= {
            "rows": rows[:PREVIEWED],
            "more": max(len(rows) - PREVIEWED, 0),
            "changing": sum(r.changes for r in rows),
            "wrong": sum(bool(r.error) for r in rows),
            "money": edit.field == "price",
        }
        return render(request, "catalog/bulk.html", context)

    @staticmethod
    def _choices(target: str) -> dict[str, Any]:
        fields = [("price", _("Price")), ("weight", _("Weight"))]
        if target == "products":
            fields += [("status", _("Status")), ("category", _("Category"))]
        return {
            "fields": fields,
            "modes": [("set", _("Set to")), ("add", _("Add or take off")), ("percent", _("Change by per cent"))],
            "rounds": [(1, _("Rp 1")), (100, "Rp 100"), (500, "Rp 500"), (1000, "Rp 1.000")],
            "statuses": Product.Status.choices,
            "categories": Category.objects.order_by("name"),
        }

    @staticmethod
    def _ids(request: HttpRequest, target: str) -> list[int]:
        """The ticked rows, or everything the list's filter shows."""
        if request.POST.get("all") == "1":
            from django.http import QueryDict

            params = QueryDict(request.POST.get("query", "")).dict()
            rows = rows_of(target, {k: str(v) for k, v in params.items()})
            column = "product_id" if target == "products" else "pk"
            return list(dict.fromkeys(rows.order_by().values_list(column, flat=True)[:5000]))[:1000]
        ids = [int(part) for part in request.POST.get("ids", "").split(",") if part.isdecimal() and len(part) < 18]
        if not ids:
            raise DomainError(_("Choose at least one row."))
        return list(dict.fromkeys(ids))[:1000]

    @staticmethod
    def _edit(target: str, ids: list[int], form: dict[str, str]) -> bulk.BulkEdit:
        field = form["field"] if form["field"] in ("price", "weight", "status", "category") else "price"
        value = form[f"value_{field}"].strip()
        if field in ("price", "weight") and (number := cleaning.whole_of(value)) is not None:
            value = str(number)  # anything else is refused as it was typed: 12.5 per cent is not 125
        mode = form["mode"] if field in ("price", "weight") and form["mode"] in ("set", "add", "percent") else "set"
        step = int(form["round_to"]) if form["round_to"] in ("1", "100", "500", "1000") and field == "price" else 1
        return bulk.edit_of(target=target, ids=ids, field=field, mode=mode, value=value, round_to=step)

    def _apply(self, request: HttpRequest, edit: bulk.BulkEdit, target: str) -> HttpResponse:
        change, rows = bulk.bulk_apply(store=self.store, edit=edit, actor=self.member)
        done = sum(r.changes for r in rows)
        wrong = sum(bool(r.error) for r in rows)
        text = ngettext("%(n)s row was changed.", "%(n)s rows were changed.", done) % {"n": done}
        if wrong:
            text += " " + ngettext("%(n)s could not be changed.", "%(n)s could not be changed.", wrong) % {"n": wrong}
        messages.success(request, text)
        url = reverse("products" if target == "products" else "product-variants")
        return redirect(f"{url}?changed={change.pk}" if change else url)


class BulkUndo(StorePage):
    right = "products.edit"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        rows = bulk.bulk_undo(change_id=pk, actor=self.member)
        back, left = sum(not r.error for r in rows), sum(bool(r.error) for r in rows)
        text = ngettext("%(n)s row is as it was before.", "%(n)s rows are as they were before.", back) % {"n": back}
        if left:
            text += " " + ngettext("%(n)s was changed since and stays.", "%(n)s were changed since and stay.", left) % {
                "n": left
            }
        messages.success(request, text)
        return redirect(safe_next(request, request.POST.get("next", ""), reverse("products")))
