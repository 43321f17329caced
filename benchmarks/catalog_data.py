"""A shop with many variants, filled by ``COPY``; a second one beside it, so that a store's index has to work."""

from __future__ import annotations

from typing import Any

from django.db import connection

from bosonline.actor import SYSTEM
from bosonline.tenancy import store_scope
from catalog.models import Product
from sellers.services.accounts import account_register
from stores.services.stores import subdomain_set
from stores.services.warehouses import warehouse_create

JUWANA = 15780
PASSWORD = "Bench-rahasia-1"


def many_variants(name: str, *, products: int, variants: int, entries: int = 4) -> tuple[Any, Any, Any]:
    """A store with ``products`` × ``variants``, a level and ``entries`` ledger rows each; store, user, warehouse."""
    number = abs(hash(name)) % 10**8
    user, store = account_register(
        name="Bench", email=f"{name}@bosonline.id", phone=f"0811{number:08d}", password=PASSWORD, store_name=name
    )
    with store_scope(store):
        subdomain_set(store=store, name=name, actor=SYSTEM)
        warehouse = warehouse_create(store=store, name="Gudang", contact_name="Bench", phone="081234567890", district_id=JUWANA,
                                     address="Jl. Silugonggo No. 12", actor=SYSTEM)  # fmt: skip
        attributes = [{"name": "Ukuran", "items": [f"{n} gr" for n in range(variants)]}]
        Product.objects.bulk_create(
            [Product(store=store, name=f"Madu {n}", slug=f"madu-{n}", attributes=attributes) for n in range(products)],
            batch_size=2000,
        )
        ids = list(Product.objects.order_by("id").values_list("pk", flat=True))
    columns = "store_id, product_id, sku, options, price, cost_price, weight_grams, length_cm, width_cm, height_cm, tiers, position, is_active"
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY catalog_variant ({columns}) FROM STDIN") as copy:
            for product in ids:
                for n in range(variants):
                    copy.write_row(
                        (
                            store.pk,
                            product,
                            f"{name}-{product}-{n}",
                            [f"{n} gr"],
                            50_000 + n,
                            20_000,
                            300,
                            5,
                            5,
                            5,
                            "[]",
                            n,
                            True,
                        )
                    )
        cursor.execute(
            "INSERT INTO catalog_stocklevel (store_id, variant_id, warehouse_id, on_hand, reserved, sell_when_empty)"
            " SELECT store_id, id, %s, %s, 0, false FROM catalog_variant WHERE store_id = %s",
            [warehouse.pk, entries * 10, store.pk],
        )
        cursor.execute(
            "INSERT INTO catalog_stockentry (store_id, variant_id, warehouse_id, kind, on_hand_before, on_hand_after, reserved_before,"
            " reserved_after, reason) SELECT store_id, id, %s, 'adjust', 10 * (n - 1), 10 * n, 0, 0, '' FROM catalog_variant,"
            " generate_series(1, %s) n WHERE store_id = %s",
            [warehouse.pk, entries, store.pk],
        )
        cursor.execute("ANALYZE")
    return store, user, warehouse
