"""Pengaturan › Gudang: pick-up points and what BosCOD says about them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from bosonline.errors import DomainError
from sellers.pages import StorePage, put_errors
from stores.forms import WarehouseForm
from stores.models import Warehouse
from stores.queries import district_of, warehouses_of
from stores.services import warehouses as services


class WarehouseListPage(StorePage):
    right = "store.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "settings/warehouses.html", {"warehouses": list(warehouses_of())})


class WarehouseEditPage(StorePage):
    """A new warehouse, or an old one."""

    rights = {"GET": "store.view", "POST": "store.edit"}

    def get(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        if pk is None:
            self.member.require("store.edit")
            start = {"contact_name": self.member.user.name, "phone": self.store.whatsapp or self.member.user.phone}
            return self._show(WarehouseForm(initial=start), None)
        row = services.warehouse_of(pk)
        start = {
            "name": row.name, "contact_name": row.contact_name, "phone": row.phone, "address": row.address,
            "district_id": row.district.boscod_id, "postal_code": row.postal_code,
        }  # fmt: skip
        return self._show(WarehouseForm(initial=start), row)

    def post(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        row = services.warehouse_of(pk) if pk is not None else None
        form = WarehouseForm(request.POST)
        if form.is_valid():
            try:
                if row is None:
                    services.warehouse_create(store=self.store, actor=self.member, **form.cleaned_data)
                else:
                    services.warehouse_update(warehouse_id=row.pk, actor=self.member, **form.cleaned_data)
            except (DomainError, ValidationError) as exc:
                put_errors(form, exc)
            else:
                messages.success(request, _("Saved. BosCOD is being told."))
                return redirect("settings-warehouses")
        return self._show(form, row, status=422)

    def _show(self, form: WarehouseForm, row: Warehouse | None, status: int = 200) -> HttpResponse:
        value = str(form["district_id"].value() or "")
        district = district_of(int(value)) if value.isdecimal() and len(value) < 10 else None
        if not self.member.may("store.edit"):
            for field in form.fields.values():
                field.disabled = True
        context = {"form": form, "row": row, "area_label": district.label if district else ""}
        return render(self.request, "settings/warehouse_edit.html", context, status=status)


class WarehouseAction(StorePage):
    actions = dict.fromkeys(("utama", "daftarkan", "aktif", "nonaktif", "hapus"), ("store.edit",))

    def post(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        actor = self.member
        match action:
            case "utama":
                services.warehouse_set_default(warehouse_id=pk, actor=actor)
                messages.success(request, _("This is the default warehouse now."))
            case "daftarkan":
                row = services.warehouse_register_now(warehouse_id=pk)
                if row.boscod_state == Warehouse.BosCodState.REGISTERED:
                    messages.success(request, _("Registered with BosCOD."))
                else:
                    messages.error(request, _("BosCOD refused: %(why)s") % {"why": row.boscod_error})
            case "aktif" | "nonaktif":
                services.warehouse_update(warehouse_id=pk, is_active=action == "aktif", actor=actor)
                messages.success(request, _("Saved."))
            case "hapus":
                services.warehouse_delete(warehouse_id=pk, actor=actor)
                messages.success(request, _("The warehouse was removed."))
        return redirect("settings-warehouses")
