"""People, roles and ownership of a store over HTTP."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline.api.lists import page_of
from bosonline.api.views import ApiView, bulk_answer, bulk_row
from bosonline.errors import DomainError, ValidationFailed
from sellers import queries
from sellers.api import serializers as s
from sellers.rights import ACTIONS, MODULES, SPECIAL
from sellers.services import accounts, roles, staff
from sellers.services import sessions as session_services

LIST = [
    OpenApiParameter(name, str)
    for name in ("start", "limit", "sort_by", "sort_dir", "category", "keyword", "after", "role", "active")
]


class StaffListView(ApiView):
    """The people of the store. POST creates one (with a password) or invites one (without)."""

    group = "staff"
    rights = {"GET": "staff.view", "POST": "staff.create"}

    @extend_schema(parameters=LIST, responses={200: s.StaffOut(many=True)})
    def get(self, request: Request) -> Response:
        page = page_of(queries.staff_list(request.query_params), request.query_params, queries.STAFF_LIST)
        return Response({"data": s.StaffOut(page.rows, many=True).data, "total": page.total, "next": page.next})

    @extend_schema(request=s.StaffIn, responses={201: s.StaffOut, 202: s.InvitationOut})
    def post(self, request: Request) -> Response:
        made = staff.staff_create(actor=self.member, **self.parse(s.StaffIn))
        if made.membership is not None:
            return Response({"data": s.StaffOut(made.membership).data}, status=201)
        assert made.invitation is not None
        answer = {"message": _("An invitation was mailed."), "data": s.InvitationOut(made.invitation).data}
        return Response(answer, status=202)


class StaffView(ApiView):
    """One person of the store. DELETE hands the open orders over first (``hand_over_to``)."""

    group = "staff"
    rights = {"GET": "staff.view", "PUT": "staff.edit", "DELETE": "staff.delete"}

    @extend_schema(responses={200: s.StaffOut})
    def get(self, request: Request, pk: int) -> Response:
        row = staff.staff_of(actor=self.member, staff_id=pk)
        data = {**s.StaffOut(row).data, "rights": sorted(row.role.granted), "open_orders": queries.open_work_of(row)}
        return Response({"data": data})

    @extend_schema(request=s.StaffUpdateIn(partial=True), responses={200: s.StaffOut})
    def put(self, request: Request, pk: int) -> Response:
        row = staff.staff_update(actor=self.member, staff_id=pk, **self.parse(s.StaffUpdateIn, partial=True))
        return Response({"data": s.StaffOut(row).data})

    @extend_schema(request=s.HandOverWorkIn, parameters=[OpenApiParameter("hand_over_to", int)], responses={200: dict})
    def delete(self, request: Request, pk: int) -> Response:
        heir = _heir(self)
        moved = staff.staff_remove(actor=self.member, staff_id=pk, hand_over_to=heir)
        return Response({"message": _("The person was removed."), "data": {"handed_over": moved}})


def _heir(view: ApiView) -> int | None:
    """``hand_over_to`` from the body, or from the query for clients that send no body with DELETE."""
    if view.request.data:
        return view.parse(s.HandOverWorkIn)["hand_over_to"]
    text = view.request.query_params.get("hand_over_to", "")
    if text and not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise ValidationFailed.field("hand_over_to", _("Choose an active person of this store."))
    return int(text) if text else None


class StaffStatusView(ApiView):
    """Pause or wake a person."""

    group = "staff"
    rights = {"PATCH": "staff.edit"}

    @extend_schema(request=s.StatusIn, responses={200: s.StaffOut})
    def patch(self, request: Request, pk: int) -> Response:
        row = staff.staff_status_set(actor=self.member, staff_id=pk, **self.parse(s.StatusIn))
        return Response({"data": s.StaffOut(row).data})


class StaffMultiStatusView(ApiView):
    """Pause or wake many; a result for each."""

    group = "staff"
    rights = {"PATCH": "staff.edit"}

    @extend_schema(request=s.MultiStatusIn, responses={200: dict})
    def patch(self, request: Request) -> Response:
        data = self.parse(s.MultiStatusIn)
        rows = []
        for pk in dict.fromkeys(data["ids"]):
            try:
                staff.staff_status_set(actor=self.member, staff_id=pk, is_active=data["is_active"])
                rows.append(bulk_row(pk))
            except DomainError as exc:
                rows.append(bulk_row(pk, exc))
        return bulk_answer(rows)


class InvitationsView(ApiView):
    """Invitations that were not taken yet."""

    group = "staff"
    rights = {"GET": "staff.view"}

    @extend_schema(responses={200: s.InvitationOut(many=True)})
    def get(self, request: Request) -> Response:
        data = s.InvitationOut(queries.invitations_open(), many=True).data
        return Response({"data": data, "total": len(data)})


class InvitationView(ApiView):
    """Withdraw an invitation."""

    group = "staff"
    rights = {"DELETE": "staff.create"}

    @extend_schema(request=None, responses={200: dict})
    def delete(self, request: Request, pk: int) -> Response:
        staff.invitation_withdraw(actor=self.member, invitation_id=pk)
        return Response({"message": _("The invitation was withdrawn.")})


class InvitationResendView(ApiView):
    """Mail an invitation once more."""

    group = "staff"
    rights = {"POST": "staff.create"}

    @extend_schema(request=None, responses={200: dict})
    def post(self, request: Request, pk: int) -> Response:
        staff.invitation_resend(actor=self.member, invitation_id=pk)
        return Response({"message": _("An invitation was mailed.")})


class RolesView(ApiView):
    """Presets and own roles, with the matrix of modules, actions and special rights."""

    group = "staff"
    rights = {"GET": "staff.view", "POST": "staff.create"}

    @extend_schema(responses={200: s.RoleOut(many=True)})
    def get(self, request: Request) -> Response:
        data = s.RoleOut(queries.roles_of(self.member.store), many=True).data
        matrix = {
            "modules": [{"key": k, "name": str(n)} for k, n in MODULES.items()],
            "actions": list(ACTIONS),
            "special": [{"key": k, "name": str(n)} for k, n in SPECIAL.items()],
        }
        return Response({"data": data, "total": len(data), "matrix": matrix})

    @extend_schema(request=s.RoleIn, responses={201: s.RoleOut})
    def post(self, request: Request) -> Response:
        role = roles.role_create(actor=self.member, **self.parse(s.RoleIn))
        return Response({"data": s.RoleOut(role).data}, status=201)


class RoleView(ApiView):
    """One role; presets can be read only."""

    group = "staff"
    rights = {"GET": "staff.view", "PUT": "staff.edit", "DELETE": "staff.delete"}

    @extend_schema(responses={200: s.RoleOut})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"data": s.RoleOut(roles.role_of(store=self.member.store, role_id=pk)).data})

    @extend_schema(request=s.RoleIn, responses={200: s.RoleOut})
    def put(self, request: Request, pk: int) -> Response:
        role = roles.role_update(actor=self.member, role_id=pk, **self.parse(s.RoleIn))
        return Response({"data": s.RoleOut(role).data})

    @extend_schema(request=None, responses={200: dict})
    def delete(self, request: Request, pk: int) -> Response:
        roles.role_delete(actor=self.member, role_id=pk)
        return Response({"message": _("The role was deleted.")})


class StoresView(ApiView):
    """One's stores; POST opens another one and makes it the session's current store."""

    group, needs_store = "store", False

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        current = self.member.store.pk if self.member.store else None
        data: list[dict[str, Any]] = queries.stores_of(self.member.user.pk, current)
        return Response({"data": data, "total": len(data)})

    @extend_schema(request=s.StoreNewIn, responses={201: s.LoginOut})
    def post(self, request: Request) -> Response:
        store = accounts.store_open(user=self.member.user, **self.parse(s.StoreNewIn))
        session = self.member.session
        session_services.session_switch(session=session, user_id=self.member.user.pk, store_id=store.pk)
        return Response(session_services.session_answer(session, message=_("The store was opened")), status=201)


class StoreLeaveView(ApiView):
    """Give up one's own place in the current store. The last owner cannot."""

    group = "store"

    @extend_schema(request=s.HandOverWorkIn, responses={200: dict})
    def post(self, request: Request) -> Response:
        staff.store_leave(actor=self.member, hand_over_to=_heir(self))
        return Response({"message": _("You left the store.")})


class StoreHandOverView(ApiView):
    """Make another person the owner of the store; only an owner may, with the password."""

    group = "store"

    @extend_schema(request=s.StoreHandOverIn, responses={200: dict})
    def post(self, request: Request) -> Response:
        row = staff.store_hand_over(actor=self.member, **self.parse(s.StoreHandOverIn))
        return Response({"message": _("The store has a new owner."), "data": s.StaffOut(row).data})
