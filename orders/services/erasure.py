"""Anonymising a store's orders when its last owner's account is erased (product.md §14): who bought goes, what was sold
and for how much stays, so that the platform's figures do not change."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F, Func, JSONField, Value
from django.db.models.fields import CharField
from django.db.models.functions import Cast, Concat, LPad

from bosonline import files
from bosonline.models import BackgroundJob
from orders.models import Customer, FollowUp, GatewayCallback, MessageTemplate, Order, OrderNote, Payment, Receipt

NOBODY = "Pembeli dihapus"
# E.164 has no country 999: unique per row, and no real phone
_PHONE = Concat(Value("+999"), LPad(Cast(F("pk"), CharField()), 11, Value("0")))


def store_erase(store_id: int) -> None:
    """Inside the caller's transaction and the store's scope. Files are removed after the commit."""
    proofs = list(Payment.objects.exclude(proof="").values_list("proof", flat=True))
    downloads = list(BackgroundJob.objects.exclude(file="").values_list("file", flat=True))
    references = [r for r in Payment.objects.values_list("reference", flat=True) if r]
    Order.objects.update(
        buyer_name=NOBODY, buyer_phone=Concat(Value("+999"), LPad(Cast(F("customer_id"), CharField()), 11, Value("0"))),
        buyer_email="", street="", landmark="", note="", fields={}, utm={}, event_ids={}, ip=None, user_agent="",
        risk_reasons=[],
    )  # fmt: skip
    Customer.objects.update(name=NOBODY, phone=_PHONE, email="", tags=[])
    FollowUp.objects.update(text="")
    OrderNote.objects.update(text="–")
    MessageTemplate.objects.all().delete()
    Payment.objects.update(proof="")
    Receipt.objects.update(note="", taken_back_reason="")
    BackgroundJob.objects.update(file="", params={})
    # what Winpay wrote of the buyer goes, what was paid stays
    GatewayCallback.objects.filter(service="winpay", body__reference__in=references).update(
        body=Func(F("body"), template="%(expressions)s - 'raw'", output_field=JSONField())
    )
    transaction.on_commit(lambda: _remove(proofs, downloads))


def _remove(proofs: list[str], downloads: list[str]) -> None:
    files.remove(*proofs, *downloads)
