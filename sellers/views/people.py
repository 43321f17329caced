"""Pengaturan › Karyawan and Peran & Akses."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bosonline.api.lists import page_of
from bosonline.errors import Conflict, DomainError, NotFound, ValidationFailed
from bosonline.whatsapp import share_link
from sellers import ports, queries
from sellers.forms import RoleForm, StaffForm
from sellers.models import Membership, Role
from sellers.pages import StorePage, put_errors, safe_next
from sellers.rights import ACTION_LABELS, ACTIONS, ALL_RIGHTS, MODULES, SPECIAL
from sellers.services import roles, staff


def matrix_of(rights: frozenset[str]) -> list[dict[str, Any]]:
    """The permission matrix as rows: module, and per action the right's name and whether it is given."""
    return [
        {
            "key": module,
            "label": label,
            "any": any(f"{module}.{action}" in rights for action in ACTIONS),
            "cells": [
                {"right": f"{module}.{a}", "on": f"{module}.{a}" in rights, "label": ACTION_LABELS[a]} for a in ACTIONS
            ],
        }
        for module, label in MODULES.items()
    ]


def specials_of(rights: frozenset[str]) -> list[dict[str, Any]]:
    return [{"right": key, "label": label, "on": key in rights} for key, label in SPECIAL.items()]


def _access(role: Role) -> dict[str, Any]:
    """Ringkasan Akses Fitur of a role."""
    return {"role": role, "matrix": matrix_of(role.granted), "special": specials_of(role.granted)}


def _back_to_list(request: HttpRequest) -> HttpResponse:
    """The list of people as it was: its page, search and filters."""
    page = urlsplit(safe_next(request, request.headers.get("Referer", ""), ""))
    url = reverse("settings-staff")
    return redirect(f"{url}?{page.query}" if page.path == url and page.query else url)


class StaffListPage(StorePage):
    right = "staff.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        params = request.GET.dict() | {"limit": "25"}
        page = page_of(queries.staff_list(params), params, queries.STAFF_LIST)
        own = self.member.membership.pk if self.member.membership else 0
        context = {
            "page": page,
            "rows": [
                {"row": row, "own": row.pk == own, "fixed": row.pk == own or row.role.is_owner} for row in page.rows
            ],
            "invitations": queries.invitations_open() if not params.get("after") else [],
            "roles": queries.roles_of(self.store),
            "keyword": params.get("keyword", ""),
            "role": params.get("role", ""),
            "active": params.get("active", ""),
            "filtered": bool(params.get("keyword") or params.get("role") or params.get("active")),
        }
        return render(request, "settings/staff.html", context)


def _said(made: staff.StaffCreated, *, password: bool) -> str:
    if made.membership:
        return _("Saved.")
    if password:
        return _("This e-mail has an account already, so an invitation was mailed. Its own password stays as it is.")
    return _("An invitation was mailed.")


class StaffEditPage(StorePage):
    """A new person, or a change of one."""

    rights = {"GET": "staff.view", "POST": "staff.view"}

    def get(self, request: HttpRequest, pk: int = 0) -> HttpResponse:
        if not pk:
            self.member.require("staff.create")
            usual = next((r.pk for r in queries.roles_of(self.store) if r.preset == "customer_service"), None)
            return self._show(StaffForm(initial={"role_id": usual}), None)
        row = staff.staff_of(actor=self.member, staff_id=pk)
        start = {
            "name": row.user.name, "email": row.user.email, "phone": row.user.phone, "role_id": row.role_id,
            "takes_leads": row.takes_leads, "lead_weight": row.lead_weight, "max_open_leads": row.max_open_leads,
        }  # fmt: skip
        return self._show(StaffForm(initial=start), row)

    def post(self, request: HttpRequest, pk: int = 0) -> HttpResponse:
        self.member.require("staff.edit" if pk else "staff.create")
        row = staff.staff_of(actor=self.member, staff_id=pk) if pk else None
        form = self._roles(StaffForm(request.POST), row)
        if form.is_valid():
            try:
                if row is None:
                    made = staff.staff_create(actor=self.member, **form.cleaned_data)
                    messages.success(request, _said(made, password=bool(form.cleaned_data.get("password"))))
                else:
                    staff.staff_update(actor=self.member, staff_id=pk, **self._changes(form, row))
                    messages.success(request, _("Saved."))
                return redirect("settings-staff")
            except DomainError as exc:
                put_errors(form, exc)
        return self._show(form, row, status=422)

    def _changes(self, form: StaffForm, row: Membership) -> dict[str, Any]:
        """What an account that manages itself does not let us change is not sent along."""
        values = dict(form.cleaned_data)
        if row.user.managed_by_id != row.store_id:
            for name in staff.PERSONAL:
                values.pop(name, None)
        return values

    def _roles(self, form: StaffForm, row: Membership | None) -> StaffForm:
        """Only roles this person may give; the present one stays choosable."""
        choices = [
            (role.pk, role.label)
            for role in queries.roles_of(self.store)
            if (not role.is_owner and role.granted <= self.member.rights)
            or (row is not None and role.pk == row.role_id)
        ]
        form.fields["role_id"].choices = choices  # type: ignore[attr-defined]  # a choice field
        managed = row is None or row.user.managed_by_id == row.store_id
        if not managed:
            for name in ("name", "email", "phone"):
                form.fields[name].disabled = True
                form.fields[name].initial = getattr(row.user, name) if row else ""
            form.fields["password"].disabled = True
        return form

    def _show(self, form: StaffForm, row: Membership | None, status: int = 200) -> HttpResponse:
        form = self._roles(form, row)
        own = self.member.membership.pk if self.member.membership else 0
        locked = row is not None and (row.pk == own or row.role.is_owner)
        context = {
            "form": form,
            "row": row,
            "managed": row is None or row.user.managed_by_id == row.store_id,
            "locked": locked,
            "may_save": not locked and self.member.may("staff.edit" if row else "staff.create"),
            "access": [_access(role) for role in queries.roles_of(self.store)],
            "chosen": str(form["role_id"].value() or ""),
        }
        return render(self.request, "settings/staff_edit.html", context, status=status)


class StaffAction(StorePage):
    """Pause, wake, or (after handing the open orders over) remove one person."""

    actions = {"aktif": ("staff.edit",), "nonaktif": ("staff.edit",), "hapus": ("staff.delete",)}

    def get(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        """The page that asks who takes the open orders over."""
        if action != "hapus":
            raise NotFound()
        return self._ask(request, pk)

    def post(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        match action:
            case "aktif" | "nonaktif":
                row = staff.staff_status_set(actor=self.member, staff_id=pk, is_active=action == "aktif")
                text = _("%(name)s can work again.") if row.is_active else _("%(name)s is paused and logged out.")
                messages.success(request, text % {"name": row.user.name})
            case "hapus":
                heir = request.POST.get("hand_over_to", "")
                try:
                    staff.staff_remove(
                        actor=self.member,
                        staff_id=pk,
                        hand_over_to=int(heir) if heir.isdecimal() and len(heir) < 19 else None,
                    )
                except Conflict as exc:
                    return self._ask(request, pk, exc, status=409)
                messages.success(request, _("The person was removed."))
        return _back_to_list(request)

    def _ask(self, request: HttpRequest, pk: int, error: DomainError | None = None, status: int = 200) -> HttpResponse:
        row = staff.staff_of(actor=self.member, staff_id=pk)
        context = {
            "row": row,
            "count": ports.open_work(row.pk),
            "heirs": queries.heirs_of(row),
            "error": error if request.method == "POST" else None,
        }
        return render(request, "settings/staff_remove.html", context, status=status)


class StaffBulkPage(StorePage):
    """Pause or wake the selected people; each answers for itself."""

    actions = {"aktif": ("staff.edit",), "nonaktif": ("staff.edit",)}

    def post(self, request: HttpRequest, action: str) -> HttpResponse:
        ids = [int(i) for i in request.POST.get("ids", "").split(",") if i.isdecimal() and len(i) < 18][:100]
        if not ids:
            raise ValidationFailed.field("ids", _("Choose at least one person."))
        done, failed = 0, []
        for pk in ids:
            try:
                staff.staff_status_set(actor=self.member, staff_id=pk, is_active=action == "aktif")
                done += 1
            except DomainError as exc:
                failed.append(exc.message)
        if done:
            messages.success(request, ngettext("%(n)s person changed.", "%(n)s people changed.", done) % {"n": done})
        for text in dict.fromkeys(failed):
            messages.error(request, text)
        return _back_to_list(request)


class InvitationAction(StorePage):
    actions = {"kirim": ("staff.create",), "tautan": ("staff.create",), "batal": ("staff.create",)}

    def post(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        match action:
            case "kirim":
                staff.invitation_resend(actor=self.member, invitation_id=pk)
                messages.success(request, _("An invitation was mailed."))
            case "tautan":
                row, url = staff.invitation_link(actor=self.member, invitation_id=pk)
                words = _("%(store)s invites you to its team on BosOnline: %(link)s") % {
                    "store": self.store.name,
                    "link": url,
                }
                context = {"row": row, "url": url, "share_url": share_link(words)}
                return render(request, "settings/invitation_link.html", context)
            case "batal":
                staff.invitation_withdraw(actor=self.member, invitation_id=pk)
                messages.success(request, _("The invitation was withdrawn."))
        return _back_to_list(request)


class RoleListPage(StorePage):
    right = "staff.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = [
            {
                "role": role,
                "count": role.members,  # type: ignore[attr-defined]  # set by the query
                "features": [row["label"] for row in matrix_of(role.granted) if row["any"]],
            }
            for role in queries.roles_of(self.store)
        ]
        return render(request, "settings/roles.html", {"rows": rows, "modules": len(MODULES)})


class RoleEditPage(StorePage):
    """A role of this store: name and matrix. ``?dari=<id>`` copies another one; a preset is shown, not changed."""

    right = "staff.view"

    def get(self, request: HttpRequest, pk: int = 0) -> HttpResponse:
        source = request.GET.get("dari", "")
        if pk:
            role = roles.role_of(store=self.store, role_id=pk)
            return self._show(RoleForm(initial={"name": role.label}), role, role.granted)
        self.member.require("staff.create")
        if source.isdecimal() and len(source) < 19:
            copied = roles.role_of(store=self.store, role_id=int(source))
            name = _("%(name)s (copy)") % {"name": copied.label}
            return self._show(RoleForm(initial={"name": name[:40]}), None, copied.granted & self.member.rights)
        return self._show(RoleForm(), None, frozenset())

    def post(self, request: HttpRequest, pk: int = 0) -> HttpResponse:
        self.member.require("staff.edit" if pk else "staff.create")
        role = roles.role_of(store=self.store, role_id=pk) if pk else None
        wanted = request.POST.getlist("rights")
        form = RoleForm(request.POST)
        if form.is_valid():
            try:
                if role is None:
                    roles.role_create(actor=self.member, name=form.cleaned_data["name"], rights=wanted)
                else:
                    roles.role_update(actor=self.member, role_id=pk, name=form.cleaned_data["name"], rights=wanted)
            except DomainError as exc:
                put_errors(form, exc)
            else:
                messages.success(request, _("Saved."))
                return redirect("settings-roles")
        return self._show(form, role, frozenset(wanted), status=422)

    def _show(self, form: RoleForm, role: Role | None, rights: frozenset[str], status: int = 200) -> HttpResponse:
        own = self.member.membership.role_id if self.member.membership else 0
        fixed = role is not None and (role.is_preset or role.pk == own)
        context = {
            "form": form,
            "role": role,
            "matrix": matrix_of(rights),
            "special": specials_of(rights),
            "actions": [ACTION_LABELS[a] for a in ACTIONS],
            "mine": self.member.rights,
            "limited": len(self.member.rights) < len(ALL_RIGHTS),
            "may_save": not fixed and self.member.may("staff.edit" if role else "staff.create"),
            "is_own": role is not None and role.pk == own,
        }
        return render(self.request, "settings/role_edit.html", context, status=status)


class RoleDeletePage(StorePage):
    right = "staff.delete"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        roles.role_delete(actor=self.member, role_id=pk)
        messages.success(request, _("The role was deleted."))
        return redirect("settings-roles")
