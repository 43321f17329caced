"""The seller's form pages."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ValidationError

from bosonline.errors import DomainError
from catalog.models import Variant
from forms import queries
from forms.content import METHODS
from forms.services import forms as services
from sellers.pages import StorePage, put_errors


class FormListPage(StorePage):
    right = "forms.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        page = queries.forms_page(request.GET)
        rows = queries.form_rows(page.rows, self.store)
        context = {
            "rows": rows,
            "page": page,
            "filtered": bool(request.GET.get("keyword") or request.GET.get("status")),
        }
        return render(request, "forms/list.html", context)


class EditForm(forms.Form):
    """The parts of a form that the simple editor changes; the rest of its content is kept as it is."""

    name = forms.CharField(label=gettext_lazy("Form name"), max_length=80, help_text=gettext_lazy("Only you see this."))
    title = forms.CharField(label=gettext_lazy("Title on the page"), max_length=120)
    headline = forms.CharField(label=gettext_lazy("Line below the title"), max_length=200, required=False)
    description = forms.CharField(
        label=gettext_lazy("Description"), max_length=5000, required=False, widget=forms.Textarea({"rows": 4})
    )
    button_text = forms.CharField(label=gettext_lazy("Button"), max_length=30, required=False)
    variants = forms.MultipleChoiceField(label=gettext_lazy("What it sells"), widget=forms.CheckboxSelectMultiple)
    methods = forms.MultipleChoiceField(
        label=gettext_lazy("Payment methods"), widget=forms.CheckboxSelectMultiple,
        choices=[(m, queries.METHOD_LABELS[m][0]) for m in METHODS],
    )  # fmt: skip
    success_message = forms.CharField(
        label=gettext_lazy("Message after ordering"),
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature
        field = self.fields["variants"]
        assert isinstance(field, forms.MultipleChoiceField)
        rows = (
            Variant.objects.select_related("product")
            .filter(deleted_at__isnull=True, is_active=True, product__deleted_at__isnull=True)
            .order_by("product__name", "position")[:300]
        )
        field.choices = [(str(v.pk), f"{v.product.name} {v.name}".strip()) for v in rows]


class FormEditPage(StorePage):
    """Create a form, or change its draft; "Publish" makes it live."""

    rights = {"GET": "forms.view", "POST": "forms.edit"}

    def get(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        if pk is None:
            return render(request, "forms/edit.html", {"form": EditForm(initial={"methods": ["cod"]}), "row": None})
        row = queries.form_get(pk)
        content = row.draft
        start = {
            "name": row.name,
            "title": content["title"],
            "headline": content["headline"],
            "description": content["description"],
            "button_text": content["button_text"],
            "variants": [str(i) for i in content["variant_ids"]],
            "methods": [m["method"] for m in content["payment_methods"]],
            "success_message": content["success"]["message"],
        }
        answer = queries.form_as_api(row, self.store)
        return render(request, "forms/edit.html", {"form": EditForm(initial=start), "row": answer})

    def post(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        form = EditForm(request.POST)
        row = queries.form_get(pk) if pk else None
        if form.is_valid():
            data = form.cleaned_data
            old = row.draft if row else {}
            known = {m["method"]: m for m in old.get("payment_methods", [])}
            content = old | {
                "title": data["title"],
                "headline": data["headline"],
                "description": data["description"],
                "button_text": data["button_text"],
                "variant_ids": [int(v) for v in data["variants"]],
                "payment_methods": [known.get(m, {"method": m}) for m in data["methods"]],
                "success": {**old.get("success", {}), "message": data["success_message"]},
            }
            try:
                if row is None:
                    row = services.form_create(
                        store=self.store, name=data["name"], content=content, actor_id=self.member.user.pk
                    )
                else:
                    row = services.form_save_draft(form=row, content=content, name=data["name"])
                if "publish" in request.POST:
                    services.form_publish(form=row, actor_id=self.member.user.pk)
            except (DomainError, ValidationError) as exc:
                put_errors(form, exc)
            else:
                messages.success(request, _("Published.") if "publish" in request.POST else _("Draft saved."))
                return redirect("form-edit", pk=row.pk)
        answer = queries.form_as_api(row, self.store) if row else None
        return render(request, "forms/edit.html", {"form": form, "row": answer}, status=422)


class FormStatusPage(StorePage):
    right = "forms.edit"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        status = "published" if request.POST.get("status") == "published" else "closed"
        services.form_set_status(form_id=pk, status=status, actor_id=self.member.user.pk)
        messages.success(request, _("Form opened.") if status == "published" else _("Form closed."))
        return redirect("forms")
