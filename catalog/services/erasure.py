"""What the catalogue knows of buyers and files, removed when a store's last owner is erased (product.md §14)."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat, LPad

from catalog.models import ImportRun, VoucherUse

# E.164 has no country 999: no real phone
_NOBODY = Concat(Value("+999"), LPad(Cast(F("order_id"), CharField()), 11, Value("0")))


def store_erase(store_id: int) -> None:
    """Inside the caller's transaction and the store's scope. Uses and amounts stay, the phones go; so do uploads."""
    VoucherUse.objects.update(phone=_NOBODY)
    files = list(ImportRun.objects.exclude(file="").values_list("file", flat=True))
    ImportRun.objects.all().delete()

    def unlink() -> None:
        for name in files:
            (Path(settings.MEDIA_ROOT) / name).unlink(missing_ok=True)

    transaction.on_commit(unlink)
