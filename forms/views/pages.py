"""The seller's form pages beside the editor: the list with its actions, a new form, the success page."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from rest_framework.exceptions import ValidationError

from bosonline.errors import DomainError, ValidationFailed
from bosonline.whatsapp import chat_link
from catalog.fields import ProductsField
from catalog.models import Product
from forms import queries, records
from forms.api.serializers import BlockIn
from forms.exports import forms_download
from forms.models import BlockEntry, OrderForm, RedirectHost
from forms.policy import page_policy
from forms.services import abandoned, blocklist, copies, restock, success
from forms.services import forms as services
from forms.snapshot import snapshot_of
from forms.success import VARIABLES, WHATSAPP_TEXT, fill, redirect_hosts, success_default
from sellers.pages import StorePage, put_errors

SAMPLE = {
    "nama": "Siti Aminah", "produk": "Madu Hutan 100gr", "total": "Rp 77.000", "nomor": "261124-7KQ2M9",
    "kurir": "ID Express", "metode": "Bayar di Tempat (COD)", "link": "https://…/o/…",
}  # fmt: skip


class FormListPage(StorePage):
    right = "forms.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        page = queries.forms_page(request.GET)
        context = {
            "rows": queries.form_rows(page.rows, self.store),
            "page": page,
            "statuses": OrderForm.Status.choices,
            "sort_by": request.GET.get("sort_by", ""),
            "sort_dir": request.GET.get("sort_dir", "asc"),
            "filtered": bool(request.GET.get("keyword") or request.GET.get("status")),
        }
        return render(request, "forms/list.html", context)


class FormBulkPage(StorePage):
    """Actions on the chosen rows, or on one: duplicate, delete, download."""

    actions = {"unduh": ("forms.view", "export"), "duplikat": ("forms.create",), "hapus": ("forms.delete",)}

    def post(self, request: HttpRequest, action: str) -> HttpResponse:
        actor = self.member
        if action == "unduh":
            forms_download(actor=self.member, params=request.POST, file_format=request.POST.get("format", "xlsx"))
            messages.success(request, _("The download is being prepared; a notification comes when it is finished."))
            return redirect("forms")
        ids = [int(i) for i in request.POST.get("ids", "").split(",") if i.isdecimal() and len(i) < 18][:200]
        if not ids:
            raise ValidationFailed.field("ids", _("Choose at least one form."))
        match action:
            case "duplikat":
                made = copies.forms_duplicate(store=self.store, form_ids=ids, actor=actor)
                words = ngettext("%(n)s form copied.", "%(n)s forms copied.", len(made)) % {"n": len(made)}
                messages.success(request, words)
            case "hapus":
                with transaction.atomic():
                    for pk in ids:
                        services.form_delete(form_id=pk, actor=actor)
                words = ngettext("%(n)s form deleted.", "%(n)s forms deleted.", len(ids)) % {"n": len(ids)}
                messages.success(request, words)
        return redirect("forms")


class NewForm(forms.Form):
    """What a form cannot begin without; everything else is set in the editor."""

    name = forms.CharField(label=gettext_lazy("Form name"), max_length=80, help_text=gettext_lazy("Only you see this."))
    products = ProductsField(label=gettext_lazy("What it sells"))


class FormNewPage(StorePage):
    right = "forms.create"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(NewForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = NewForm(request.POST)
        if form.is_valid():
            products = form.cleaned_data["products"].prefetch_related("variants")
            variants = [v.pk for p in products for v in p.variants.all() if v.deleted_at is None and v.is_active]
            content = {
                "variant_ids": variants,
                "payment_methods": [{"method": "cod"}, {"method": "bank_transfer"}],
            }
            try:
                made = services.form_create(
                    store=self.store, name=form.cleaned_data["name"], content=content, actor=self.member
                )
            except (DomainError, ValidationError) as exc:
                put_errors(form, exc)
            else:
                return redirect("form-edit", pk=made.pk)
        return self._show(form, status=422)

    def _show(self, form: NewForm, status: int = 200) -> HttpResponse:
        has_products = Product.objects.filter(deleted_at__isnull=True).exists()
        return render(self.request, "forms/new.html", {"form": form, "has_products": has_products}, status=status)


class FormStatusPage(StorePage):
    right = "forms.edit"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        status = "published" if request.POST.get("status") == "published" else "closed"
        services.form_set_status(form_id=pk, status=status, actor=self.member)
        messages.success(request, _("Form opened.") if status == "published" else _("Form closed."))
        return redirect("forms")


class SuccessForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("After ordering the buyer"), widget=forms.RadioSelect,
        choices=[("page", gettext_lazy("stays on our page and reads the message")),
                 ("whatsapp", gettext_lazy("is taken to the WhatsApp of their CS")),
                 ("url", gettext_lazy("is taken to another address"))],
    )  # fmt: skip
    message = forms.CharField(
        label=gettext_lazy("Message"), max_length=1000, required=False, widget=forms.Textarea({"rows": 4})
    )
    whatsapp_text = forms.CharField(
        label=gettext_lazy("First words of the WhatsApp chat"), max_length=500, required=False,
        widget=forms.Textarea({"rows": 3}),
    )  # fmt: skip
    url = forms.CharField(
        label=gettext_lazy("Address (https)"),
        max_length=300,
        required=False,
        widget=forms.TextInput({"inputmode": "url"}),
    )
    pixels = forms.BooleanField(label=gettext_lazy("Tell the form's pixels about the order"), required=False)


class SuccessEditPage(StorePage):
    """The success page's editor with a preview of the real page."""

    rights = {"GET": "forms.view", "POST": "forms.edit"}

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = queries.form_get(pk)
        return self._show(row, SuccessForm(initial=row.success or success_default()))

    def _show(self, row: OrderForm, form: SuccessForm, status: int = 200) -> HttpResponse:
        context = {
            "row": row,
            "form": form,
            "variables": ["{" + v + "}" for v in VARIABLES],
            "default_text": WHATSAPP_TEXT,
            "hosts": RedirectHost.objects.order_by("host"),
            "own_hosts": redirect_hosts(self.store),
            "preview_url": reverse("form-success-preview", args=[row.pk]),
        }
        return render(self.request, "forms/success.html", context, status=status)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = queries.form_get(pk)
        form = SuccessForm(request.POST)
        if form.is_valid():
            try:
                success.success_save(
                    store=self.store, form_id=pk, data=form.cleaned_data, create=row.success is None,
                    actor=self.member,
                )  # fmt: skip
            except DomainError as exc:
                put_errors(form, exc)
            else:
                messages.success(request, _("Saved. Buyers see it from their next order on."))
                return redirect("form-success", pk=pk)
        return self._show(row, form, status=422)


class SuccessPreviewPage(StorePage):
    """The buyer's success page with an invented order: what was typed comes in the query, so that it can be unsaved."""

    right = "forms.view"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = queries.form_get(pk)
        page = {**success_default(), **(row.success or {})}
        message = request.GET.get("message", page["message"])[:1000].replace("\x00", "")
        values = {**SAMPLE, "toko": self.store.name, "cs": self.member.user.name.split(" ")[0]}
        order = {
            "number": SAMPLE["nomor"], "url": "#", "total": 77_000,
            "items": [{"name": SAMPLE["produk"], "variant": "", "qty": 1, "total": 62_000}],
            "bill": [{"label": "Total pembelian", "amount": 62_000}, {"label": "Biaya pengiriman", "amount": 15_000}],
            "payment": {"method": "cod", "paid": True}, "cs": {"name": "", "whatsapp_url": ""},
            "address": {"name": SAMPLE["nama"], "phone": "+6281234567890", "street": "Jl. Melati 5", "landmark": "",
                        "area": "Gambir, Jakarta Pusat"},
            "next_steps": [],
        }  # fmt: skip
        kind = request.GET.get("kind", page["kind"])
        context = {
            "order": order,
            "store": {"name": self.store.name, "logo": self.store.logo, "color": self.store.colour, "whatsapp": ""},
            "success": {"message": fill(message, values), "whatsapp_url": "#" if kind == "whatsapp" else ""},
        }
        with translation.override("id"):
            response = render(request, "buyer/success.html", context)
        response.headers["Content-Security-Policy"] = page_policy(frame_ancestors="'self'")
        response.xframe_options_exempt = True
        return response


class HostsPage(StorePage):
    """Allow or remove a host that success pages may lead to."""

    right = "store.edit"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        remove = request.POST.get("remove", "")
        if remove.isdecimal() and len(remove) < 18:
            success.host_remove(store=self.store, host_id=int(remove), actor=self.member)
            messages.success(request, _("The host was removed."))
        else:
            row = success.host_add(store=self.store, host=request.POST.get("host", "")[:140], actor=self.member)
            messages.success(request, _("%(host)s is allowed now.") % {"host": row.host})
        return redirect("form-success", pk=pk)


class BlocklistPage(StorePage):
    """Daftar hitam: whose orders are held as suspicious."""

    rights = {"GET": "customers.view", "POST": "customers.edit"}

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show({"kind": request.GET.get("kind", "phone"), "value": request.GET.get("value", "")[:120]}, {})

    def _show(self, given: dict[str, str], errors: dict[str, list[str]], status: int = 200) -> HttpResponse:
        page = records.blocklist_page(self.request.GET)
        context = {
            "rows": [records.block_as_api(row, self.member) for row in page.rows],
            "page": page,
            "filtered": bool(self.request.GET.get("keyword")),
            "kinds": BlockEntry.Kind.choices,
            "given": given,
            "errors": errors,
        }
        return render(self.request, "forms/blocklist.html", context, status=status)

    def post(self, request: HttpRequest) -> HttpResponse:
        remove = request.POST.get("remove", "")
        if remove.isdecimal() and len(remove) < 18:
            blocklist.block_remove(store=self.store, entry_id=int(remove), actor=self.member)
            messages.success(request, _("Taken off the blacklist."))
            return redirect("order-blocklist")
        given = {name: request.POST.get(name, "") for name in ("kind", "value", "note")}
        data = BlockIn(data=given)
        try:
            data.is_valid(raise_exception=True)
            row = blocklist.block_add(store=self.store, actor=self.member, **data.validated_data)
        except ValidationError:
            return self._show(given, dict(data.errors), status=422)
        except ValidationFailed as exc:
            return self._show(given, exc.errors, status=422)
        messages.success(request, _("%(value)s is on the blacklist now.") % {"value": row.value})
        return redirect("order-blocklist")


class EventsPage(StorePage):
    """The log of conversion events, newest first."""

    right = "forms.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        page = records.events_page(request.GET)
        return render(request, "forms/events.html", {"rows": page.rows, "page": page})


class AbandonedPage(StorePage):
    """Terbengkalai: who began to order, with WhatsApp and the link that brings their entries back."""

    rights = {"GET": "followups.view", "POST": "followups.edit"}

    def get(self, request: HttpRequest) -> HttpResponse:
        page = records.abandoned_page(request.GET)
        rows = records.abandoned_rows(page.rows, self.member)
        for row in rows:
            text = ABANDONED_TEXT.format(
                nama=row["name"] or "Kak",
                toko=self.store.name,
                form=row["form"]["title"],
                link=row["recovery_url"] or "",
            )
            row["wa_url"] = chat_link(row["phone"], text) if row["recovery_url"] else ""
        context = {"rows": rows, "page": page, "filtered": bool(request.GET.get("keyword"))}
        return render(request, "forms/abandoned.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        number = request.POST.get("dismiss", "")
        if not number.isdecimal() or len(number) > 18:
            raise ValidationFailed(_("Unknown value."))
        abandoned.abandoned_set_status(row_id=int(number), status="dismissed", actor=self.member)
        messages.success(request, _("Taken off the list."))
        return redirect("form-abandoned")


class WaitingPage(StorePage):
    """Who wants to hear when a form's goods are back; a press opens the chat and marks them told."""

    rights = {"GET": "followups.view", "POST": "followups.create"}

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = queries.form_get(pk)
        page = records.waiting_page(pk, request.GET)
        snapshot = snapshot_of(self.store.pk, row.slug)
        context = {
            "form": row,
            "rows": records.waiting_rows(page.rows, self.member),
            "page": page,
            "told": request.GET.get("told") == "1",
            "is_back": snapshot is not None and not queries.is_sold_out(queries.page_data(snapshot)),
        }
        return render(request, "forms/waiting.html", context)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        number = request.POST.get("wish", "")
        if not number.isdecimal() or len(number) > 18:
            raise ValidationFailed(_("Unknown value."))
        return HttpResponseRedirect(restock.restock_tell(actor=self.member, wish_id=int(number)).url)


# what buyers read is Indonesian whatever language the dashboard has
ABANDONED_TEXT = (
    "Halo {nama}, pesanan {form} di {toko} belum selesai. Lanjutkan di sini, datanya masih tersimpan: {link}"
)
