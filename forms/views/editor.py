"""The editor in three panes: sections, live preview, settings. Saves itself by JSON; publishes, restores, tests, examines."""

from __future__ import annotations

from typing import Any

import orjson
from django.contrib import messages
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bosonline.errors import DomainError, ValidationFailed
from catalog.models import Image, ProductImage, Variant
from catalog.queries import variant_choices
from catalog.services.images import image_store, image_url
from forms import queries, sections
from forms.api.seller import form_edit, qr_response
from forms.api.serializers import FormEditIn
from forms.content import (
    FIELD_KINDS,
    METHODS,
    PURCHASE_AT,
    VA_CHANNELS,
    content_full,
    content_problems,
    sold_variant_ids,
)
from forms.models import OrderForm, PixelToken
from forms.policy import page_policy
from forms.services import doctor, tokens
from forms.services import forms as services
from forms.snapshot import snapshot_draft
from forms.tokens import trial_token
from sellers.models import Membership
from sellers.pages import StorePage
from stores.models import Courier, Province
from stores.queries import public_url

LABELS: dict[str, tuple[Any, str]] = {
    "gallery": (gettext_lazy("Pictures"), "photo"),
    "headline": (gettext_lazy("Title and price"), "file-text"),
    "countdown": (gettext_lazy("Countdown"), "clock"),
    "benefits": (gettext_lazy("Benefits"), "list-check"),
    "packages": (gettext_lazy("Packages"), "gift"),
    "variants": (gettext_lazy("Products and variants"), "package"),
    "fields": (gettext_lazy("Buyer's details"), "user"),
    "area": (gettext_lazy("Address"), "map-pin"),
    "courier": (gettext_lazy("Couriers and shipping"), "truck"),
    "payment": (gettext_lazy("Payment"), "credit-card"),
    "bump": (gettext_lazy("Extra offer"), "copy-plus"),
    "voucher": (gettext_lazy("Voucher box"), "ticket"),
    "summary": (gettext_lazy("Summary"), "receipt-2"),
    "button": (gettext_lazy("Order button"), "hand-stop"),
    "description": (gettext_lazy("Description"), "note"),
    "testimony": (gettext_lazy("What buyers say"), "message"),
    "faq": (gettext_lazy("Questions"), "help"),
}
# beside the sections: settings of the form as a whole
PANELS = (
    ("look", gettext_lazy("Name and colour"), "edit"),
    ("settings", gettext_lazy("Link, schedule, quota"), "calendar"),
    ("cs", gettext_lazy("Who takes the orders"), "headset"),
    ("pixels", gettext_lazy("Pixels"), "activity"),
    ("risk", gettext_lazy("Doubtful orders"), "shield"),
    ("embed", gettext_lazy("Other sites"), "code"),
)
KINDS = {
    "text": gettext_lazy("Short text"),
    "textarea": gettext_lazy("Long text"),
    "select": gettext_lazy("List"),
    "radio": gettext_lazy("Choice"),
    "checkbox": gettext_lazy("Tick"),
    "number": gettext_lazy("Number"),
    "date": gettext_lazy("Date"),
}
SUBSIDIES = {
    "none": gettext_lazy("The buyer pays all of it"),
    "fixed": gettext_lazy("A fixed amount off"),
    "percent": gettext_lazy("A share of it (%)"),
    "free_above": gettext_lazy("Free from a purchase of"),
}
WHEN = {
    "placed": gettext_lazy("when the order is placed"),
    "confirmed": gettext_lazy("when it is confirmed"),
    "paid": gettext_lazy("when it is paid"),
    "shipped": gettext_lazy("when it is shipped"),
    "delivered": gettext_lazy("when it is delivered"),
}
RISK = {
    "allow": gettext_lazy("Take the order"),
    "no_cod": gettext_lazy("Take it, but not as COD"),
    "confirm": gettext_lazy("Ask the buyer to confirm once more"),
    "hold": gettext_lazy("Hold it as suspicious"),
}


def _pairs(words: dict[str, Any], keys: Any) -> list[tuple[str, str]]:
    return [(key, str(words[key])) for key in keys]


class EditorPage(StorePage):
    """The editor. Everything it needs is in the page; it asks again only to save."""

    right = "forms.view"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = queries.form_get(pk)
        content = content_full(form.draft)
        row = queries.form_rows([form], self.store)[0]
        choices = variant_choices(ids=sold_variant_ids(content))
        context = {
            "row": row,
            "form": form,
            "content": content,
            "sections": [
                {"key": key, "label": str(label), "icon": icon, "required": key in sections.REQUIRED}
                for key, (label, icon) in LABELS.items()
            ],
            "panels": PANELS,
            "choices": choices,
            "couriers": list(Courier.objects.filter(is_active=True).order_by("name").values("code", "name")),
            "provinces": list(Province.objects.order_by("name").values("code", "name")),
            "people": _people(),
            "methods": [(m, queries.METHOD_LABELS[m][0]) for m in METHODS],
            "channels": VA_CHANNELS,
            "kinds": _pairs(KINDS, FIELD_KINDS),
            "subsidies": _pairs(SUBSIDIES, SUBSIDIES),
            "purchase_at": _pairs(WHEN, PURCHASE_AT),
            "risk_watch": _pairs(RISK, RISK),
            "risk_suspicious": _pairs(RISK, ("hold", "confirm", "no_cod")),
            "own_fields": _own_fields(),
            "tokens": list(PixelToken.objects.order_by("provider", "pixel_id").values("id", "provider", "pixel_id")),
            "embed_code": self._embed_code(form),
            "data": {
                "content": content,
                "name": form.name,
                "draft_rev": form.draft_rev,
                "problems": content_problems(content),
                "changed": row["unpublished_changes"],
                "published": row["version"] is not None,
                "images": _images(content),
                "variants": choices["rows"],
                "may_edit": self.member.may("forms.edit"),
                "draft_url": reverse("form-draft", args=[pk]),
                "preview_url": reverse("form-preview", args=[pk]),
                "image_url": reverse("form-image", args=[pk]),
                "time_zone": self.store.time_zone,
            },
            "zone": self.store.get_time_zone_display(),
        }
        return render(request, "forms/editor.html", context)

    def _embed_code(self, form: OrderForm) -> str:
        script = public_url(self.store, "/static/embed.js")
        return f'<script src="{script}" data-form="{form.slug}" async></script>' if script else ""


def _images(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Pictures to choose from: those of the products it sells, and what was chosen or uploaded before."""
    sold = sold_variant_ids(content)
    own = Image.objects.in_bulk(content["image_ids"])
    rows = Variant.objects.filter(pk__in=sold).select_related("image").order_by("product_id", "position", "id")
    products = (
        ProductImage.objects.filter(product__variants__in=sold).select_related("image").order_by("position", "id")
    )
    found = {p.image_id: p.image for p in products} | {v.image_id: v.image for v in rows if v.image} | own
    return [{"id": pk, "thumb": image_url(image.sizes, 160), "alt": image.alt} for pk, image in found.items()]


def _people() -> list[dict[str, Any]]:
    rows = Membership.objects.select_related("user").filter(is_active=True, removed_at__isnull=True, takes_leads=True)
    return [{"id": m.pk, "name": m.user.name} for m in rows.order_by("id")[:50]]


def _own_fields() -> list[dict[str, Any]]:
    """The page's own fields: which of them can be hidden or made compulsory."""
    return [
        {"key": "name", "label": _("Recipient's name"), "fixed": True, "panel": "fields"},
        {"key": "phone", "label": _("WhatsApp number"), "fixed": True, "panel": "fields"},
        {"key": "email", "label": "E-mail", "fixed": False, "panel": "fields"},
        {"key": "note", "label": _("Note"), "fixed": False, "panel": "fields"},
        {"key": "street", "label": _("Street, house number, RT/RW"), "fixed": True, "panel": "area"},
        {"key": "landmark", "label": _("Landmark"), "fixed": False, "panel": "area"},
    ]


class DraftPage(StorePage):
    """Autosave: the editor sends the whole content with the ``draft_rev`` it began with. Answers JSON."""

    right = "forms.edit"

    def put(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            body = orjson.loads(request.body)
            assert isinstance(body, dict)
        except RequestDataTooBig:
            raise ValidationFailed.field("content", _("The form holds too much text.")) from None
        except (orjson.JSONDecodeError, AssertionError):
            raise DomainError(_("The body is not valid JSON."), code="malformed", status=400) from None
        data = FormEditIn().run_validation(body)
        form = queries.form_get(pk)
        sold = sold_variant_ids(content_full(form.draft))
        form_edit(form, data, self.member)
        form = queries.form_get(pk)
        content = content_full(form.draft)
        answer = {
            "draft_rev": form.draft_rev,
            "sections": content["sections"],
            "problems": content_problems(content),
            "changed": form.published is None or content_full(form.published.content) != content,
            "published": form.published_id is not None,
            "status": form.status,
            "slug": form.slug,
        }
        if sold_variant_ids(content) != sold:
            answer["images"] = _images(content)
        return JsonResponse({"data": answer})


class PreviewPage(StorePage):
    """The buyer's own template over the draft, muted: nothing is counted, kept or ordered. Only our editor may frame it."""

    right = "forms.view"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        queries.form_get(pk)
        snapshot = snapshot_draft(self.store.pk, pk)
        if snapshot is None:
            raise ValidationFailed(_("The store is not active."))
        data = queries.page_data(snapshot) | {"pixels": None, "preview": True, "quote_token": trial_token(pk)}
        with translation.override("id"):
            response = render(
                request, "buyer/order_form.html", {"form": data, "store": snapshot.store, "preview": True}
            )
        response.headers["Content-Security-Policy"] = page_policy(frame_ancestors="'self'")
        response.headers["Cache-Control"] = "private, no-store"
        response.xframe_options_exempt = True
        return response


class TestOrderPage(StorePage):
    """Opens the draft in test mode on the store's own host."""

    right = "forms.edit"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = queries.form_get(pk)
        url = public_url(self.store, f"/{form.slug}")
        if not url:
            raise ValidationFailed(_("The store has no address yet, so the form has no link."))
        return redirect(f"{url}?uji={trial_token(form.pk)}")


class DoctorPage(StorePage):
    """What the doctor found, as a part of the editor's dialog."""

    right = "forms.view"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = doctor.form_examine(queries.form_get(pk))
        return render(request, "forms/includes/doctor.html", {"findings": found, "report": doctor.summary(found)})


class VersionsPage(StorePage):
    """Kept versions (a part of the editor's dialog); POST restores one into the draft."""

    rights = {"GET": "forms.view", "POST": "forms.edit"}

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = queries.form_get(pk)
        context = {"form": form, "versions": queries.versions_of(form, self.store)}
        return render(request, "forms/includes/versions.html", context)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        number = request.POST.get("number", "")
        if not number.isdecimal() or len(number) > 8:
            raise ValidationFailed.field("number", _("This version does not exist."))
        services.form_restore(form_id=pk, number=int(number), actor=self.member)
        messages.success(request, _("Version %(n)s is in the draft. Publish it to show it to buyers.") % {"n": number})
        return redirect("form-edit", pk=pk)


class ImagePage(StorePage):
    """A picture for the form, re-encoded."""

    right = "forms.edit"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        queries.form_get(pk)
        upload = request.FILES.get("image")
        if upload is None:
            raise ValidationFailed.field("image", _("Choose a picture: JPG, PNG or WebP."))
        image = image_store(store=self.store, upload=upload, actor=self.member)
        data = {"id": image.pk, "thumb": image_url(image.sizes, 160), "alt": image.alt}
        return JsonResponse({"data": data}, status=201)


class QrPage(StorePage):
    right = "forms.view"

    def get(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        return qr_response(queries.form_get(pk), self.store, kind)


class TokenPage(StorePage):
    """Keep or remove the access token of a pixel."""

    right = "forms.edit"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        data = request.POST
        if data.get("remove", "").isdecimal():
            tokens.token_remove(token_id=int(data["remove"][:18]), actor=self.member)
            messages.success(request, _("The access token was removed."))
        else:
            tokens.token_save(
                store=self.store, provider=data.get("provider", ""), pixel_id=data.get("pixel_id", ""),
                token=data.get("token", ""), test_code=data.get("test_code", ""), actor=self.member,
            )  # fmt: skip
            messages.success(request, _("The access token was saved."))
        return redirect(reverse("form-edit", args=[pk]) + "#pixels")
