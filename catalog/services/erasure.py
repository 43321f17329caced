"""What the catalogue knows of buyers and files, removed when a store's last owner is erased (product.md §14)."""

from __future__ import annotations

from django.db import transaction
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat, LPad

from bosonline import files
from catalog.models import ImportRun, VoucherUse

# E.164 has no country 999: no real phone
_NOBODY = Concat(Value("+999"), LPad(Cast(F("order_id"), CharField()), 11, Value("0")))


def store_erase(store_id: int) -> None:
    """Inside the caller's transaction and the store's scope. Uses and amounts stay, the phones go; so do uploads."""
    VoucherUse.objects.update(phone=_NOBODY)
    names = list(ImportRun.objects.exclude(file="").values_list("file", flat=True))
    ImportRun.objects.all().delete()

    # the uploads, and their rows that a check had read
    transaction.on_commit(lambda: files.remove(*names, *(f"{name}.rows" for name in names)))
