"""Order list of a store with 300,000 of 1,000,000 orders: every tab, filter and sort, page and API, first and deep pages."""

from __future__ import annotations

from benchmarks.orders_ask import Asked, measured
from benchmarks.orders_data import orders_environment

LIMIT = 50
API = "/api/v1/store/orders?limit=25"
FLOOR = (
    "SELECT o.*, c.name, c.orders_count FROM orders_order o JOIN orders_customer c ON c.id = o.customer_id"
    " WHERE o.store_id = %(store)s AND NOT o.is_test ORDER BY o.created_at DESC, o.id DESC LIMIT 25"
)


def kinds() -> list[str]:
    from orders.lists import ORDERS

    tabs = [f"tab={key}" for key in ORDERS.tabs]
    sorts = [f"sort_by={c.key}&sort_dir={way}" for c in ORDERS.columns if c.sort for way in ("asc", "desc")]
    filters = ["payment_method=qris", "payment_method=cod", "payment_status=settled", "payment_status=conflict",
               "payment_status=unpaid", "shipping_status=problem", "shipping_status=lost", "followup_status=in_progress",
               "risk=blocked", "status=new,shipped", "status=returned", "courier=pos", "courier=jnt", "cs=1", "form=1",
               "uncontacted=1", "parcel_alert=1", "from=2026-10-30&to=2026-11-28", "basis=paid&from=2026-06-01&to=2026-06-02",
               "risk=blocked&sort_by=total", "tab=returns&payment_method=qris", "payment_status=conflict&sort_by=name",
               "tab=problem&sort_by=total&sort_dir=desc"]  # fmt: skip
    return [*tabs, *sorts, *filters, "start=100000", "start=100000&sort_by=total"]


def main() -> None:
    with orders_environment() as env:
        asked = Asked(env)
        paths = [API + "&" + kind for kind in kinds()]
        for sort in ("", "&sort_by=total", "&sort_by=status&sort_dir=desc", "&sort_by=name"):
            paths.append(asked.deep(API + sort))
        pages = ["/pesanan?" + kind for kind in kinds() if not kind.startswith("start")]
        measured("order_list", asked, [*paths, *pages], FLOOR, LIMIT)


if __name__ == "__main__":
    main()
