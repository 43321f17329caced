"""PostgreSQL ends connections, dies and comes back: nobody sees a 500, and afterwards everything is as before."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psycopg
import requests
from django.conf import settings
from django.db import connection

from bosonline.runtime import children
from bosonline.runtime.ports import free_port
from bosonline.runtime.postgres import Postgres
from bosonline.runtime.services import PROJECT, wait_for
from bosonline.runtime.supervisor import web_command
from tests.conftest import LiveApp
from tests.factories import PASSWORD, make_shop
from tests.runtime import raw


def _end_all_connections(database: str) -> int:
    connection.close()
    url = f"{settings.DATABASES['default']['HOST']}:{settings.DATABASES['default']['PORT']}"
    user = settings.DATABASES["default"]["USER"]
    with psycopg.connect(f"postgres://{user}@{url}/postgres", autocommit=True) as admin:
        row = admin.execute(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = %s", [database]
        ).fetchone()
    return int(row[0]) if row else 0


def test_connections_that_the_server_ends_are_nobodys_error(live_app: LiveApp) -> None:
    shop = make_shop(stock=10_000)
    bearer = {"Authorization": f"Bearer {shop.token()}"}
    seller = requests.Session()
    seller.get(f"{live_app.url}/masuk")
    token = seller.get(f"{live_app.url}/masuk").text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    seller.post(
        f"{live_app.url}/masuk",
        data={"email": shop.user.email, "password": PASSWORD, "csrfmiddlewaretoken": token},
        headers={"Referer": f"{live_app.url}/masuk"},
    )
    host = {"Host": f"{shop.store.subdomain}.localhost:{live_app.port}"}
    body = json.dumps(shop.body())
    calls: dict[str, Callable[[], requests.Response]] = {
        "page": lambda: seller.get(f"{live_app.url}/pesanan", timeout=15),
        "api": lambda: requests.get(f"{live_app.url}/api/v1/store/orders", headers=bearer, timeout=15),
        "form": lambda: requests.get(f"{live_app.url}/{shop.form.slug}?lanjut=x", headers=host, timeout=15),
        "order": lambda: requests.post(
            f"{live_app.url}/api/v1/checkout/orders",
            data=body,
            headers={**host, "Content-Type": "application/json"},
            timeout=15,
        ),
    }
    for name, call in calls.items():
        assert call().status_code < 400, (name, call().text)
    seen: dict[str, Counter[int]] = {name: Counter() for name in calls}
    refused: list[requests.Response] = []
    stop = threading.Event()

    def hammer(name: str) -> None:
        while not stop.is_set():
            answer = calls[name]()
            seen[name][answer.status_code] += 1
            if answer.status_code == 503:
                refused.append(answer)

    threads = [threading.Thread(target=hammer, args=(name,)) for name in calls]
    for thread in threads:
        thread.start()
    ended = 0
    for _n in range(8):
        time.sleep(0.7)
        ended += _end_all_connections(live_app.database)
    stop.set()
    for thread in threads:
        thread.join()
    assert ended > 8, "there were connections to end"
    for name, statuses in seen.items():
        assert statuses.keys() <= {200, 201, 302, 404, 409, 429, 503}, (name, statuses)
        assert statuses.total() > statuses[503] * 2, (name, statuses)
    for answer in refused:
        assert answer.headers["Retry-After"] == "5"
        if answer.headers["Content-Type"].startswith("application/json"):
            assert answer.json()["code"] == "service_unavailable" and answer.json()["errors"] == {}
    for name in ("page", "api", "order"):
        assert calls[name]().status_code < 400
    _end_all_connections(live_app.database)  # idle ones in the pool, nobody notices
    for name in ("page", "api", "order"):
        assert calls[name]().status_code < 400


def test_a_database_that_died_is_used_again_within_seconds() -> None:
    with tempfile.TemporaryDirectory(prefix="bosonline-") as folder:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder), durable=False, wanted_port=free_port(15_633))
        server.start()
        port = free_port(18_300)
        env = {**os.environ, "DATABASE_URL": server.url, "WEB_PORT": str(port)}
        web = children.start(
            web_command(port, workers="1"), name="web", env=env, cwd=PROJECT, log=Path(folder) / "web.log"
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz", web)
            assert raw.get(port, "/readyz").status == 200
            assert server.process is not None
            server.process.send_signal(signal.SIGQUIT)
            server.process.wait()
            for _n in range(4):
                began = time.monotonic()
                assert raw.get(port, "/readyz").status == 503
                answer = raw.get(port, "/api/v1/store/orders", "localhost", "Authorization: Bearer x.y.z")
                assert answer.status in (401, 503)
                assert time.monotonic() - began < 12
            time.sleep(8)  # long enough for the pool to have begun to ask more and more seldom
            server.start()
            ends = time.monotonic() + 6
            while raw.get(port, "/readyz").status != 200:
                assert time.monotonic() < ends, "minutes, not seconds"
                time.sleep(0.2)
            for _n in range(20):
                assert raw.get(port, "/readyz").status == 200
        finally:
            children.stop(web)
            server.stop()
