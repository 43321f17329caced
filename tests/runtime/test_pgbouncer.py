"""Everything through the real pgbouncer in transaction mode, with far fewer connections to the server than threads."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from benchmarks.backlog import pile
from bosonline import outbox
from bosonline.models import OutboxMessage
from bosonline.tenancy import store_scope
from catalog.queries import stock_mismatches
from orders.models import Order, Payment
from stores.models import Notification
from tests.conftest import ROOT
from tests.factories import make_shop
from tests.machines import CODE, Bouncer, Machine, Workers, all_done, database_url, product_env, until

LOG = ROOT / "var" / "log"
CONNECTIONS = 4


@pytest.fixture
def bouncer(committed_db: None, worker_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bouncer]:
    found = Bouncer(Path("/tmp") / f"bosonline-bouncer-{worker_name}", database_url(), connections=CONNECTIONS)
    yield found.start()
    found.stop()


def test_orders_what_follows_them_and_downloads_share_four_connections(
    bouncer: Bouncer, worker_name: str, tmp_path: Path
) -> None:
    shop = make_shop(stock=1000)
    outbox.drain(500)
    env = product_env(worker_name, DATABASE_URL=bouncer.url, PGBOUNCER="1")
    machine = Machine.make(tmp_path / "satu", env)
    # two relays, which take turns by a lock, and twelve threads
    workers = Workers(machine.env, LOG / f"bouncer-{worker_name}", machine.folder, "bosonline", threads=6)
    bodies = [shop.body(payment_method=method) for method in ("cod", "va", "bank_transfer") * 20]
    try:
        with machine.web(LOG / f"bouncer-{worker_name}-web.log") as base:
            workers.start(2)

            def send(body: dict[str, Any]) -> int:
                return requests.post(f"{base}/api/v1/checkout/orders", json=body, timeout=30).status_code

            with ThreadPoolExecutor(12) as pool:
                answers = Counter(pool.map(send, bodies))
            assert answers == {201: 60}, answers
            until(all_done)
            with store_scope(shop.store):
                orders = list(Order.objects.all())
                assert Counter(o.payment_method for o in orders) == {"cod": 20, "va": 20, "bank_transfer": 20}
                assert all(Payment.objects.filter(method="va").values_list("va_number", flat=True))
                assert Notification.objects.filter(kind="order.new").count() == 60
                assert stock_mismatches() == [] and shop.level().reserved == sum(o.items.get().qty for o in orders)

            pile(shop.store.pk, orders[0].pk, 5000)  # more than a cursor gives at once
            bearer = shop.bearer()["HTTP_AUTHORIZATION"]
            headers = {"Authorization": bearer}
            job = requests.post(
                f"{base}/api/v1/store/orders/download", json={"format": "csv"}, headers=headers, timeout=30
            ).json()["data"]
            with ThreadPoolExecutor(6) as pool:  # beside it
                assert Counter(pool.map(send, bodies[:12])) == {201: 12}
            address = f"{base}/api/v1/store/exports/{job['id']}"
            until(lambda: requests.get(address, headers=headers, timeout=30).json()["data"]["status"] == "done")
            text = requests.get(f"{address}/file", headers=headers, timeout=30).content.decode("utf-8-sig")
            rows = [row["order_number"] for row in csv.DictReader(io.StringIO(text))]
            assert len(rows) == len(set(rows)) and 5060 <= len(rows) <= 5072
            until(all_done, 120)
            told = bouncer.counts()
            assert told["servers"] <= CONNECTIONS and told["transactions"] > 500, told
        assert not OutboxMessage.objects.exclude(failed_at=None).exists()
    finally:
        workers.stop()


def test_nothing_is_kept_in_a_connection() -> None:
    """What a session would keep, the next question's connection does not know."""
    kept = re.compile(
        r"pg_(try_)?advisory_(un)?lock(_shared)?\(|\bLISTEN\s+\w|\bNOTIFY\s+\w|\bPREPARE\s+\w+\s+AS|\bDISCARD\s+ALL"
        r"|WITH HOLD|\"SET (?!LOCAL)[A-Za-z_]+ (=|TO)|TEMP(ORARY)? TABLE (?!.*ON COMMIT DROP)",
    )
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for folder in CODE[:7]
        for path in [*(ROOT / folder).rglob("*.py"), *(ROOT / folder).rglob("*.sql")]
        for match in kept.finditer(path.read_text())
    ]
    assert found == []
