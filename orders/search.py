"""The search of the order list: which orders hold the words, found through their small copy (``OrderSearch``).

Orders whose copy is not current yet (they lie in ``OrderChange``) are read themselves, so a search never misses what was
just placed or changed. A word of one or two letters must begin a word; longer ones are found anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q

from bosonline import phone as phones
from bosonline.actor import Actor
from orders.models import FormerAwb, Order, OrderChange, OrderItem, OrderSearch, OrderTallyState

MOST = 5_000  # beyond so many hits the list is read newest first and its total is a bound
_SPACE = re.compile(r"\s+")


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text).strip().lower()


def words_of(order_ids: Collection[int]) -> list[OrderSearch]:
    """The rows that these orders should have. Each field stands on a line of its own, so no text is found across two."""
    names = ("store_id", "order_number", "buyer_name", "buyer_phone", "district_name", "city_name", "awb")
    orders = Order.objects.filter(pk__in=order_ids, is_test=False).order_by("pk").values_list("pk", *names)
    more: dict[int, list[str]] = {}
    for pk, product, sku in OrderItem.objects.filter(order_id__in=order_ids).values_list(
        "order_id", "product_name", "sku"
    ):
        more.setdefault(pk, []).extend((product, sku))
    for pk, awb in FormerAwb.objects.filter(shipment__order_id__in=order_ids).values_list("shipment__order_id", "awb"):
        more.setdefault(pk, []).append(awb)
    made = []
    for pk, store_id, number, name, phone, district, city, awb in orders:
        fields = dict.fromkeys(filter(None, map(_plain, (number, name, awb, *more.get(pk, ()), district, city))))
        made.append(OrderSearch(order_id=pk, store_id=store_id, text=" " + "\n ".join(fields), phone=phone))
    return made


def holds(keyword: str, member: Actor) -> Q:
    """Condition on ``OrderSearch`` rows: the keyword stands somewhere in them."""
    typed = _plain(keyword)
    words = Q(text__contains=typed if len(typed) > 2 else f" {typed}")
    digits = phones.search_digits(keyword)
    if not digits:
        return words
    if member.may("see_phone"):
        return words | Q(phone__contains=digits)
    try:
        return words | Q(phone=phones.normalise(keyword))
    except phones.InvalidPhone:
        return words


def _holds_now(row: OrderSearch, keyword: str, member: Actor) -> bool:
    """The same as :func:`holds`, of a row that is not written yet."""
    typed = _plain(keyword)
    if (typed if len(typed) > 2 else f" {typed}") in row.text:
        return True
    digits = phones.search_digits(keyword)
    if not digits:
        return False
    if member.may("see_phone"):
        return digits in row.phone
    try:
        return row.phone == phones.normalise(keyword)
    except phones.InvalidPhone:
        return False


def orders_holding(keyword: str, member: Actor) -> tuple[Q, bool] | None:
    """Condition on orders that hold the keyword, and whether they are few (at most ``MOST``, named one by one).

    None while the store's copies are not made yet (a database that has just learned of them): then the list's own
    columns are searched.
    """
    if not OrderTallyState.objects.exists():
        return None
    # what is not current is read before the copies, so what is taken in between the two is not lost
    stale = set(OrderChange.objects.order_by().values_list("order_id", flat=True).distinct())
    fresh = {row.order_id for row in words_of(stale) if _holds_now(row, keyword, member)} if stale else set()
    copies = OrderSearch.objects.filter(holds(keyword, member)).order_by()
    found = set(copies.values_list("order_id", flat=True)[: MOST + 1])
    if len(found) <= MOST:
        return Q(pk__in=(found - stale) | fresh), True
    one = OrderSearch.objects.filter(holds(keyword, member), order_id=OuterRef("pk"))
    return (Q(Exists(one)) & ~Q(pk__in=stale)) | Q(pk__in=fresh), False
