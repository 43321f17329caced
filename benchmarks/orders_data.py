"""A million orders of many stores, 300,000 of them of one, made once: the benchmarks of lists share the database."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.common import ROOT, environment

ALL = int(os.environ.get("ORDERS_ROWS", "1000000"))
OURS = ALL * 3 // 10
OTHERS = 20
NAMES = ("Siti Aminah", "Budi Santoso", "Ratna Dewi", "Joko Widodo", "Agus Salim", "Dewi Lestari", "Rizki Pratama",
         "Nur Hidayah", "Putri Ayu", "Eko Prasetyo", "Fitri Handayani", "Bambang Susilo")  # fmt: skip
PLACES = (("Juwana", "Pati", "Jawa Tengah"), ("Gambir", "Jakarta Pusat", "DKI Jakarta"), ("Lowokwaru", "Malang", "Jawa Timur"),
          ("Denpasar Barat", "Denpasar", "Bali"), ("Medan Baru", "Medan", "Sumatera Utara"))  # fmt: skip
GOODS = (("Madu Hutan 500 gr", "MADU-500"), ("Kopi Gayo 250 gr", "KOPI-250"), ("Gamis Syari Premium", "GMS-01"))


@contextmanager
def orders_environment() -> Iterator[dict[str, str]]:
    """The database as :func:`seed` left it; made anew when a migration or this file changed, or its size."""
    texts = [path.read_bytes() for path in sorted((ROOT / "orders" / "migrations").glob("0*.py"))]
    key = hashlib.sha256(b"".join([*texts, Path(__file__).read_bytes(), str(ALL).encode()])).hexdigest()[:8]
    with environment(database=f"bench_orders_{key}") as env:
        from sellers.models import User

        if not User.objects.filter(email="ready@bosonline.id").exists():
            seed()
        yield env


def seed() -> None:
    from django.contrib.auth.hashers import make_password
    from django.db import connection

    from benchmarks.data import bench_shop
    from bosonline.tenancy import store_scope
    from orders.services.reading import store_rebuild
    from sellers.models import Membership, User

    shop = bench_shop()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM orders_order LIMIT 1")
        with store_scope(shop.store):
            cs = Membership.objects.get(store_id=shop.store).pk
        stores = [shop.store, *_other_stores(cursor, shop.store)]
        _copy_orders(cursor, shop, stores, cs)
        _copy_items(cursor, shop)
        cursor.execute("UPDATE orders_customer c SET orders_count = 2 WHERE id % 3 = 0")
        cursor.execute("ALTER TABLE orders_order ENABLE TRIGGER USER")
    for store in stores:
        store_rebuild(store_id=store)
    with connection.cursor() as cursor:
        for table in ("orders_order", "orders_orderitem", "orders_ordersearch", "orders_ordertally", "orders_customer"):
            cursor.execute(f"VACUUM ANALYZE {table}")
    User.objects.create(email="ready@bosonline.id", name="Ready", password=make_password(None))


def _other_stores(cursor: Any, like: int) -> list[int]:
    cursor.execute(
        "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = 'stores_store'::regclass"
        " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attname NOT IN ('id', 'subdomain')"
    )
    columns = cursor.fetchone()[0]
    cursor.execute(
        f"INSERT INTO stores_store (subdomain, {columns}) SELECT 'other-' || g, {columns}"
        " FROM stores_store, generate_series(1, %s) g WHERE id = %s RETURNING id",
        [OTHERS, like],
    )
    return [row[0] for row in cursor.fetchall()]


def _copy_orders(cursor: Any, shop: Any, stores: list[int], cs: int) -> None:
    """By ``COPY`` from here: states as a shop of a year has them, most of them settled, the open ones young."""
    import random
    from datetime import UTC, datetime, timedelta

    chance = random.Random(7)
    now = datetime.now(UTC)
    cursor.execute("ALTER TABLE orders_order DISABLE TRIGGER USER")
    with cursor.copy(
        "COPY orders_customer (store_id, phone, name, email, orders_count, delivered_count, returned_count, spent, tags,"
        " is_blacklisted, created_at) FROM STDIN"
    ) as copy:
        for store in stores:
            for n in range(2_000):
                copy.write_row((store, f"+62812{n:08d}", NAMES[n % len(NAMES)], "", 1, 0, 0, 0, [], False, now))
    cursor.execute("SELECT store_id, min(id) FROM orders_customer GROUP BY store_id")
    first = dict(cursor.fetchall())
    columns = (
        "store_id, order_number, token, source, is_test, customer_id, form_id, warehouse_id, status, payment_status,"
        " shipping_status, followup_status, risk, risk_reasons, buyer_name, buyer_phone, buyer_email, district_name,"
        " city_name, province_name, street, landmark, postal_code, note, fields, courier_code, courier_name,"
        " service_code, service_name, etd, weight_grams, awb, goods, discount, shipping, shipping_discount, insurance,"
        " other_fee, other_fee_name, method_fee, cod_fee, cod_fee_bp, cod_fee_payer, unique_code, total,"
        " cost_of_goods, quantity, payment_method, payment_channel, paid_amount, assigned_to_id, assigned_reason,"
        " followup_attempts, utm, event_ids, user_agent, tags, created_at, paid_at, shipped_at, delivered_at"
    )
    year = 365 * 86400
    with cursor.copy(f"COPY orders_order ({columns}) FROM STDIN") as copy:
        for n in range(ALL):
            ours = n % 10 < 3
            store = stores[0] if ours else stores[1 + n % OTHERS]
            age = (ALL - n) * year // ALL + chance.randrange(600)
            at = now - timedelta(seconds=age)
            method = chance.choices(("cod", "bank_transfer", "va", "qris"), (70, 24, 5, 1))[0]
            status, payment, shipping = _state(chance, age / 86400, method)
            name = f"{NAMES[chance.randrange(len(NAMES))]} {chance.randrange(100_000)}"
            place = PLACES[chance.randrange(len(PLACES))]
            goods, cost = 50_000 * (1 + chance.randrange(4)), 20_000
            cod_fee = 2_000 + chance.randrange(3_000) if method == "cod" else 0
            courier = chance.choices(("jnt", "jne", "idx", "ninja", "pos"), (50, 25, 20, 4.9, 0.1))[0]
            copy.write_row((
                store, f"BO{n:010d}", f"{n:030x}", "form", False, first[store] + chance.randrange(2_000),
                shop.form if ours else None, shop.warehouse, status, payment, shipping,
                chance.choices(("not_contacted", "in_progress", "done"), (30, 10, 60))[0] if age > 86400 else "not_contacted",
                chance.choices(("clear", "watch", "suspicious", "blocked"), (97, 2, 0.8, 0.2))[0], "[]", name,
                f"+62812{chance.randrange(10**8):08d}", "", *place, "Jl. Melati 5", "", "59185", "", "{}", courier,
                courier.upper(), "REG", "REG", "2-3", 500, f"{courier.upper()}{n:010d}" if shipping != "none" else "", goods,
                0, 15_000, 0, 0, 0, "", 0, cod_fee, 400, "buyer", 0, goods + 15_000 + cod_fee, cost, 1, method, "", 0,
                cs if ours and n % 7 == 0 else None, "", 0, "{}", "{}", "", [], at,
                at + timedelta(hours=3) if payment in ("paid", "settled") else None,
                at + timedelta(days=1) if shipping != "none" else None,
                at + timedelta(days=4) if status in ("delivered", "completed") else None,
            ))  # fmt: skip


def _state(chance: Any, days: float, method: str) -> tuple[str, str, str]:
    pending = "cod_pending" if method == "cod" else "paid"
    if days < 1:
        status = chance.choices(("new", "confirmed", "cancelled"), (60, 35, 5))[0]
        return (
            status,
            "cod_pending" if method == "cod" else chance.choice(("unpaid", "waiting_verification", "paid")),
            "none",
        )
    if days < 3:
        status = chance.choices(("processing", "ready", "shipped", "cancelled"), (20, 20, 50, 10))[0]
        return status, pending, "in_transit" if status == "shipped" else "none"
    if days < 10:
        status = chance.choices(("shipped", "delivered", "returning", "cancelled"), (40, 45, 5, 10))[0]
        shipping = {"shipped": "in_transit", "delivered": "delivered", "returning": "return_in_transit"}.get(
            status, "none"
        )
        if status == "shipped" and chance.random() < 0.05:
            shipping = "problem"
        return status, pending, shipping
    status = chance.choices(("completed", "returned", "cancelled"), (80, 8, 12))[0]
    if status == "completed":
        return status, "settled" if method == "cod" else "paid", "delivered"
    return status, "expired" if status == "cancelled" else "refunded", "returned" if status == "returned" else "none"


def _copy_items(cursor: Any, shop: Any) -> None:
    cursor.execute(
        "INSERT INTO orders_orderitem (store_id, order_id, product_id, variant_id, product_name, variant_name, sku, qty,"
        " unit_price, total, cost_price, weight_grams, is_bump, package_name)"
        " SELECT store_id, id, %s, %s, (%s::text[])[1 + id %% 3], '', (%s::text[])[1 + id %% 3], 1, goods, goods, 20000,"
        " 500, false, '' FROM orders_order",
        [shop.product, shop.variants[0], [g[0] for g in GOODS], [g[1] for g in GOODS]],
    )
