"""What lists and figures read beside the orders themselves: tallies and words are made after the answer.

``OrderChange`` is written by a trigger in the transaction of whatever places or changes an order (migration 0011), so that
``OrderTally + OrderChange`` equals the orders at every moment. ``orders.services.reading`` folds it away.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from bosonline.tenancy import StoreOwned
from orders.models.orders import Order

ALWAYS = date(1, 1, 1)  # the day of a tally over all days
EVERYBODY = 0  # the CS of a tally over all of them


class _Axes(StoreOwned):
    status = models.CharField(max_length=12)
    payment_status = models.CharField(max_length=20)
    shipping_status = models.CharField(max_length=20)
    followup_status = models.CharField(max_length=14)
    risk = models.CharField(max_length=10)
    payment_method = models.CharField(max_length=15)

    class Meta:
        abstract = True


class OrderChange(_Axes):
    """What an order no longer is (``n`` = -1) or has become (1; 0: only its words changed). Tests count as 0."""

    order_id = models.BigIntegerField()
    created_at = models.DateTimeField()
    assigned_to_id = models.BigIntegerField(null=True)
    n = models.SmallIntegerField()
    total = models.BigIntegerField()
    shipping = models.BigIntegerField()
    shipping_discount = models.BigIntegerField()
    insurance = models.BigIntegerField()
    cod_fee = models.BigIntegerField()
    cost_of_goods = models.BigIntegerField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["store", "id"], name="orderchange_store")]


class OrderTally(_Axes):
    """How many orders stand on these axes, and their sums in rupiah: over all days, per day of the store's calendar, and
    per CS. The names of the sums are those of ``orders.figures.MEASURES``."""

    day = models.DateField()
    cs = models.BigIntegerField()
    n = models.BigIntegerField()
    total = models.BigIntegerField()
    shipping_borne = models.BigIntegerField()
    profit = models.BigIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["store", "day", "cs", "status", "payment_status", "shipping_status", "followup_status", "risk",
                        "payment_method"],
                name="ordertally_once",
            )
        ]  # fmt: skip


class OrderTallyState(StoreOwned):
    """The store's tallies are complete, with days of this time zone. Without it figures come from the orders themselves."""

    zone = models.CharField(max_length=40)
    built_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["store"], name="ordertallystate_once")
        ]


class OrderSearch(StoreOwned):
    """The words of an order that a search looks through, in small letters; the phone apart, which not everybody may see."""

    # no constraint: what removes orders need not know of this table, the fold removes what has no order any more
    order = models.OneToOneField(
        Order, primary_key=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    text = models.TextField()
    phone = models.CharField(max_length=16)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            GinIndex(
                fields=["store", "text", "phone"], opclasses=["int8_ops", "gin_trgm_ops", "gin_trgm_ops"],
                name="ordersearch_words",
            )
        ]  # fmt: skip
