"""``manage.py seed_bulk --orders 1000000``: orders by ``COPY`` into the demo store, for measuring at size.

Rows are consistent (customer, items, payment, bill) but have no timeline and take no stock: they are history, spread over
two years, in the states that history has.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from bosonline.ids import order_number
from bosonline.tenancy import store_scope
from catalog.models import Variant
from forms.models import OrderForm
from orders.services.placement.rows import defaults
from stores.models import District, Store, Warehouse

STATES = (
    ("completed", "cod_collected", "delivered", 62), ("delivered", "cod_collected", "delivered", 6),
    ("returned", "cod_pending", "returned", 12), ("cancelled", "cod_pending", "none", 15), ("shipped", "cod_pending", "in_transit", 5),
)  # fmt: skip
PER_CUSTOMER = 4


class Command(BaseCommand):
    help = "Fill the demo store with many orders by COPY"

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--orders", type=int, default=100_000)
        parser.add_argument("--store", default="madu", help="the store's subdomain")

    def handle(self, *args: Any, **options: Any) -> None:
        store = Store.objects.filter(subdomain=options["store"]).first()
        if store is None:
            raise CommandError("no such store; run seed_demo first")
        began, count = time.monotonic(), options["orders"]
        self.random = random.Random(11)  # noqa: S311 - the same history every time
        with store_scope(store), transaction.atomic():
            self._copy(store, count)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE orders_order, orders_orderitem, orders_customer, orders_payment")
        self.stdout.write(f"{count} orders in {time.monotonic() - began:.1f} s")

    def _copy(self, store: Store, count: int) -> None:
        variant = Variant.objects.select_related("product").order_by("id").first()
        form, warehouse = OrderForm.objects.order_by("id").first(), Warehouse.objects.order_by("id").first()
        districts = list(District.objects.select_related("city__province").order_by("?")[:300])
        if variant is None or form is None or warehouse is None:
            raise CommandError("the store has no product, form or warehouse")
        customers = max(count // PER_CUSTOMER, 1)
        first_customer = self._reserve("orders_customer", customers)
        first_order = self._reserve("orders_order", count)
        now = datetime.now(UTC)
        self._rows(
            "orders_customer",
            ("id", "store_id", "phone", "name", "email", "orders_count", "delivered_count", "returned_count", "spent", "tags",
             "is_blacklisted", "created_at"),
            ((first_customer + n, store.pk, f"+62859{first_customer + n:08d}", f"Pelanggan {n}", "", PER_CUSTOMER, 3, 0, 300_000, [],
              False, now) for n in range(customers)),
        )  # fmt: skip
        self._rows(
            "orders_order",
            *self._orders(store, form, warehouse, variant, districts, first_order, first_customer, customers, count),
        )
        self._rows(
            "orders_orderitem",
            ("store_id", "order_id", "product_id", "variant_id", "product_name", "variant_name", "sku", "qty", "unit_price", "total",
             "cost_price", "weight_grams", "is_bump", "package_name"),
            ((store.pk, first_order + n, variant.product_id, variant.pk, variant.product.name, variant.name, variant.sku, 1,
              variant.price, variant.price, variant.cost_price, variant.weight_grams, False, "") for n in range(count)),
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO orders_payment (store_id, order_id, method, channel, status, amount, paid_amount, contract_id,"
                " va_number, qr_content, error, proof, created_at)"
                " SELECT store_id, id, 'cod', '', CASE WHEN paid_amount > 0 THEN 'paid' WHEN status = 'cancelled'"
                " THEN 'cancelled' ELSE 'pending' END, total, paid_amount, '', '', '', '', '', created_at"
                " FROM orders_order WHERE id >= %s AND id < %s",
                [first_order, first_order + count],
            )
            cursor.execute(
                "INSERT INTO orders_receipt (store_id, order_id, payment_id, kind, amount, source, source_id, reference_no,"
                " received_at, note, taken_back_reason)"
                " SELECT o.store_id, o.id, p.id, 'cash', o.paid_amount, 'courier', 'cod:' || o.id || ':1', '',"
                " o.delivered_at, '', '' FROM orders_order o JOIN orders_payment p ON p.order_id = o.id"
                " WHERE o.id >= %s AND o.id < %s AND o.paid_amount > 0",
                [first_order, first_order + count],
            )

    def _reserve(self, table: str, count: int) -> int:
        """The first of ``count`` ids taken out of the table's sequence."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval(%s, nextval(%s) + %s)", [f"{table}_id_seq", f"{table}_id_seq", count])
            return int(cursor.fetchone()[0]) - count

    def _rows(self, table: str, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> None:
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def _orders(
        self, store: Store, form: OrderForm, warehouse: Warehouse, variant: Variant, districts: list[District], first_order: int,
        first_customer: int, customers: int, count: int,
    ) -> tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]:  # fmt: skip
        columns_of_order = {**defaults(), "risk_reasons": "[]", "fields": "{}", "utm": "{}", "event_ids": "{}"}
        columns = ("id", *columns_of_order)
        weights = [state[3] for state in STATES]
        begin = datetime.now(UTC) - timedelta(days=730)
        step = timedelta(days=729) / count

        def rows() -> Iterator[tuple[Any, ...]]:
            for n in range(count):
                at, district = begin + step * n, districts[n % len(districts)]
                status, payment, shipping, _weight = self.random.choices(STATES, weights)[0]
                customer = first_customer + n % customers
                row = {
                    **columns_of_order,
                    "store_id": store.pk, "order_number": f"{order_number(at)[:7]}{first_order + n:09d}", "token": secrets.token_urlsafe(16),
                    "customer_id": customer, "form_id": form.pk, "warehouse_id": warehouse.pk, "status": status,
                    "payment_status": payment, "shipping_status": shipping, "buyer_name": f"Pelanggan {n % customers}",
                    "buyer_phone": f"+62859{customer:08d}", "district_id": district.code, "district_name": district.name,
                    "city_name": district.city.name, "province_name": district.city.province.name, "street": "Jl. Melati 5",
                    "courier_code": "idx", "courier_name": "ID Express", "service_code": "03", "weight_grams": 500,
                    "awb": "" if status == "cancelled" else f"IDX{first_order + n:09d}", "goods": variant.price, "shipping": 15_000,
                    "cod_fee": 2_000, "total": variant.price + 17_000,
                    "paid_amount": variant.price + 17_000 if payment == "cod_collected" else 0, "cost_of_goods": variant.cost_price, "payment_method": "cod",
                    "created_at": at, "delivered_at": at + timedelta(days=3) if status in ("completed", "delivered") else None,
                }  # fmt: skip
                yield (first_order + n, *(row[name] for name in columns_of_order))

        return columns, rows()
