"""Receipts over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline.api.views import ApiView, IdempotentMixin, idempotency_key
from bosonline.moments import MomentField
from orders import queries
from orders.models import Order
from orders.money import receipts
from orders.money.queries import due_of, receipt_as_api, receipts_of


class ConfirmPaymentIn(serializers.Serializer[Any]):
    """``amount`` in rupiah as seen on the account; ``another`` says that a second transfer of an amount that is
    recorded already came."""

    amount = serializers.IntegerField(min_value=1, max_value=10_000_000_000)
    bank_account_id = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=2**62
    )
    paid_at = MomentField(required=False, allow_null=True, default=None)
    another = serializers.BooleanField(required=False, default=False)


class DifferenceIn(serializers.Serializer[Any]):
    """``refund``: ``amount`` rupiah (default: what is too much) went ``to`` an account or person. ``credit``: what is too
    much is kept for the customer. ``use_credit``: the customer's credit pays. ``waive``: the rest is not asked for, or a
    little too much is kept; ``note`` says why."""

    action = serializers.ChoiceField(choices=["refund", "credit", "use_credit", "waive"])
    amount = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=10_000_000_000
    )
    to = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class TakeBackIn(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200)


def _money(order: Order) -> dict[str, Any]:
    return {
        "payment_status": order.payment_status, "status": order.status, "paid_amount": order.paid_amount,
        "left": due_of(order), "surplus": receipts.surplus_of(order),
    }  # fmt: skip


class ConfirmPaymentView(ApiView):
    """A person saw the money. The same amount again is the same transfer, and changes nothing."""

    group = "order"
    rights = {"PUT": "payments.edit"}

    @extend_schema(request=ConfirmPaymentIn, responses={200: dict})
    def put(self, request: Request, pk: int) -> Response:
        data = self.parse(ConfirmPaymentIn)
        order = queries.order_get(self.member, pk)
        outcome = receipts.payment_confirm(
            order_id=order.pk, actor=self.member, amount=data["amount"], bank_account_id=data["bank_account_id"],
            paid_at=data["paid_at"], is_another=data["another"], key=idempotency_key(request) or "",
        )  # fmt: skip
        return Response({"data": {"outcome": outcome} | _money(queries.order_get(self.member, pk))})


class ReceiptsView(IdempotentMixin, ApiView):
    """Every rupiah in and out of an order. POST settles a difference; it honours ``Idempotency-Key``."""

    group = "order"
    rights = {"GET": "payments.view", "POST": "payments.edit"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request, pk: int) -> Response:
        order = queries.order_get(self.member, pk)
        rows = [receipt_as_api(r, order.store) for r in receipts_of(order)]
        return Response({"data": rows, "total": len(rows)} | _money(order))

    @extend_schema(
        request=DifferenceIn, responses={201: dict},
        examples=[
            OpenApiExample(
                "refund", request_only=True,
                value={"action": "refund", "amount": 10000, "to": "BCA 1234567890 Siti", "note": "transfer dobel"},
            )
        ],
    )  # fmt: skip
    def post(self, request: Request, pk: int) -> Response:
        return super().post(request, pk)

    def create(self, request: Request, pk: int) -> Response:
        data = self.parse(DifferenceIn)
        order = queries.order_get(self.member, pk)
        common: dict[str, Any] = {"order_id": order.pk, "actor": self.member}
        match data["action"]:
            case "refund":
                row = receipts.refund_record(**common, amount=data["amount"], to=data["to"], note=data["note"])
            case "credit":
                row = receipts.surplus_keep(**common)
            case "use_credit":
                row = receipts.credit_use(**common)
            case _:
                row = receipts.difference_waive(**common, reason=data["note"])
        return Response(
            {"data": receipt_as_api(row, order.store) | _money(queries.order_get(self.member, pk))}, status=201
        )


class TakeBackView(ApiView):
    """A person's mistaken entry counts no more; it stays visible."""

    group = "order"
    rights = {"POST": "payments.edit"}

    @extend_schema(request=TakeBackIn, responses={200: dict})
    def post(self, request: Request, pk: int, receipt: int) -> Response:
        data = self.parse(TakeBackIn)
        order = queries.order_get(self.member, pk)
        row = receipts.receipt_take_back(
            receipt_id=receipt, order_id=order.pk, actor=self.member, reason=data["reason"]
        )
        return Response({"data": receipt_as_api(row, order.store) | _money(queries.order_get(self.member, pk))})
