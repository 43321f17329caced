"""Search in the same store: part of a name, phone in any form, number, AWB, SKU, product, kecamatan; rare and frequent."""

from __future__ import annotations

from benchmarks.orders_ask import Asked, measured
from benchmarks.orders_data import orders_environment

LIMIT = 60
FLOOR = (
    "SELECT o.id FROM orders_order o WHERE o.id IN (SELECT order_id FROM orders_ordersearch WHERE store_id = %(store)s"
    " AND text LIKE %(like)s) ORDER BY o.created_at DESC LIMIT 25"
)


def main() -> None:
    with orders_environment() as env:
        from bosonline import phone as phones
        from bosonline.tenancy import store_scope
        from orders.models import Order

        asked = Asked(env)
        with store_scope(asked.store):
            row = Order.objects.exclude(awb="").order_by("-id")[50_000:50_001].get()
        local = phones.display(row.buyer_phone)
        words = [row.buyer_name, row.buyer_name[-8:], "siti", "Aminah 77", local, local.replace("-", ""), row.buyer_phone,
                 local[5:], row.order_number, row.order_number[-6:], row.awb, row.awb[-7:], "MADU-500", "gamis", "kopi gay",
                 "gambir", "lowok", "zzzznobody", "jl", "bu", "%", "zq"]  # fmt: skip
        paths = [f"/api/v1/store/orders?limit=25&keyword={_quoted(word)}" for word in words]
        paths += [f"/pesanan?keyword={_quoted(word)}" for word in words]
        paths += [f"/api/v1/store/orders?limit=25&category=name&keyword={_quoted(row.buyer_name)}&tab=done"]
        measured("order_search", asked, paths, FLOOR, LIMIT, like=f"%{row.buyer_name.lower()}%")


def _quoted(word: str) -> str:
    from urllib.parse import quote

    return quote(word)


if __name__ == "__main__":
    main()
