"""Product list, inventory grid of 5,000 variants and product detail: p95 over HTTP, queries, and the bare SQL beside it."""

from __future__ import annotations

import os
import statistics
import time
import urllib.request
from typing import Any

from benchmarks.common import environment, record, server

ROUNDS = 120
LIMIT = 60

SQL = {
    "catalog_product_list": "SELECT p.*, (SELECT min(price) FROM catalog_variant v WHERE v.product_id = p.id) FROM catalog_product p"
    " WHERE store_id = %(store)s AND deleted_at IS NULL ORDER BY id DESC LIMIT 25",
    "catalog_inventory": "SELECT l.*, v.sku, p.name FROM catalog_stocklevel l JOIN catalog_variant v ON v.id = l.variant_id"
    " JOIN catalog_product p ON p.id = v.product_id WHERE l.store_id = %(store)s ORDER BY l.id DESC LIMIT 50",
    "catalog_product_detail": "SELECT v.*, l.on_hand FROM catalog_variant v JOIN catalog_stocklevel l ON l.variant_id = v.id"
    " WHERE v.product_id = %(product)s ORDER BY position",
    "catalog_ledger": "SELECT e.*, v.sku FROM catalog_stockentry e JOIN catalog_variant v ON v.id = e.variant_id"
    " WHERE e.store_id = %(store)s AND e.created_at > now() - interval '30 days' ORDER BY e.id DESC LIMIT 50",
}


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1] * 1000


def timed(*works: Any) -> list[float]:
    """p95 of each, taken in turn, so that all feel the same machine."""
    times: list[list[float]] = [[] for _work in works]
    for n in range(ROUNDS + 10):
        for index, work in enumerate(works):
            began = time.perf_counter()
            work()
            if n >= 10:
                times[index].append(time.perf_counter() - began)
    return [p95(t) for t in times]


def main() -> None:
    with environment() as env:
        from django.db import connection
        from django.test import Client
        from django.test.utils import CaptureQueriesContext

        from benchmarks.catalog_data import many_variants
        from bosonline.tenancy import store_scope
        from catalog.models import Product
        from sellers.models import LoginSession
        from sellers.services.sessions import session_open
        from sellers.tokens import access_token

        store, user, _warehouse = many_variants("banyak", products=500, variants=10)
        many_variants("lain", products=2000, variants=10)
        with store_scope(store):
            product = Product.objects.order_by("id")[250].pk
        session = session_open(user=user, store=store, kind=LoginSession.Kind.API, ip="127.0.0.1", user_agent="bench")
        token = f"Bearer {access_token(session)}"
        paths = {
            "catalog_product_list": "/api/v1/store/products?limit=25&keyword=madu",
            "catalog_inventory": "/api/v1/store/inventory?limit=50&sort_by=name",
            "catalog_product_detail": f"/api/v1/store/products/{product}/edit",
            "catalog_ledger": "/api/v1/store/inventory/ledger?limit=50",
        }
        with server("bosonline.wsgi:application", env) as base:
            for name, path in paths.items():
                client = Client(SERVER_NAME="localhost")
                with CaptureQueriesContext(connection) as queries:
                    assert client.get(path, HTTP_AUTHORIZATION=token).status_code == 200

                def ask(path: str = path) -> None:
                    request = urllib.request.Request(base + path, headers={"Authorization": token, "Host": "localhost"})
                    with urllib.request.urlopen(request, timeout=10) as answer:
                        answer.read()

                def bare(name: str = name) -> None:
                    with connection.cursor() as cursor:
                        cursor.execute(SQL[name], {"store": store.pk, "product": product})
                        cursor.fetchall()

                value, floor, sql = timed(ask, lambda: ask("/api/v1/me"), bare)
                record(
                    name, value=value, floor=floor, unit="ms p95",
                    note=f"at most {LIMIT} ms wanted on an idle machine (load was {os.getloadavg()[0]:.1f}); {len(queries)} queries; 5,000 variants "
                    f"of 25,000; floor is GET /me in turn; the bare SQL of the page {sql:.1f} ms p95",
                )  # fmt: skip


if __name__ == "__main__":
    main()
