"""Redis stops, hangs or comes back: buyers order, sellers work, and nobody is told of it."""

from __future__ import annotations

import contextlib
import re
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client

from bosonline import pagecache
from bosonline.redis import redis_client, redis_forget
from bosonline.runtime.ports import free_port
from bosonline.runtime.redis import Redis
from bosonline.runtime.services import PROJECT
from forms import snapshot
from stores import queries
from tests.factories import GAMBIR, PASSWORD, Shop, make_shop


@pytest.fixture
def server(settings: Any) -> Iterator[Redis]:
    """A Redis of this test's own, which it may treat as it likes."""
    with tempfile.TemporaryDirectory(prefix="bosonline-") as folder:
        Path(folder).chmod(0o755)
        own = Redis(Path(folder), durable=False, wanted_port=free_port(17_380))
        own.start()
        settings.REDIS_URL = f"redis://127.0.0.1:{own.port}/0"
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": settings.REDIS_URL}}
        _forget_everything()
        yield own
        if own.process is not None and own.process.poll() is None:
            own.process.send_signal(signal.SIGCONT)
        own.stop()
    redis_forget()


def _forget_everything() -> None:
    """As in a process that has just started: nothing is in its own memory."""
    redis_forget()
    with contextlib.suppress(AttributeError):  # nobody has used it in this thread
        del caches["default"]
    pagecache._local.clear()
    snapshot._local.clear()
    queries._hosts.clear()


def _stop(server: Redis) -> None:
    server.stop()


def _hang(server: Redis) -> None:
    assert server.process is not None
    server.process.send_signal(signal.SIGSTOP)


def _walk(shop: Shop, key: str) -> dict[str, Callable[[], Any]]:
    """What people do, each from the first request on."""
    host = f"{shop.store.subdomain}.localhost"
    buyer, seller, api = Client(HTTP_HOST=host), Client(HTTP_HOST="localhost"), Client(HTTP_HOST="localhost")
    bearer = shop.bearer()
    steps: dict[str, Callable[[], Any]] = {
        "the order form": lambda: buyer.get(f"/{shop.form.slug}"),
        "the order form from the cache": lambda: buyer.get(f"/{shop.form.slug}"),
        "couriers": lambda: buyer.get(
            f"/api/v1/checkout/rates?form={shop.form.slug}&district={GAMBIR}&items={shop.variants[0].pk}:1"
        ),
        "an order": lambda: buyer.post(
            "/api/v1/checkout/orders", shop.body(), content_type="application/json", HTTP_IDEMPOTENCY_KEY=key
        ),
        "log-in": lambda: seller.post("/masuk", {"email": shop.user.email, "password": PASSWORD}),
        "log-in by API": lambda: api.post(
            "/api/v1/auth/login", {"email": shop.user.email, "password": PASSWORD}, content_type="application/json"
        ),
    }
    for path in ("/beranda", "/pesanan", "/produk", "/inventori", "/voucher", "/form", "/pengaturan", "/unduhan"):
        steps[path] = lambda path=path: seller.get(path, follow=True)
    for path in ("orders", "products", "forms", "exports", "vouchers"):
        steps[f"API {path}"] = lambda path=path: api.get(f"/api/v1/store/{path}", **bearer)
    return steps


@pytest.mark.parametrize("trouble", [_stop, _hang])
def test_without_redis_everybody_goes_on(server: Redis, committed_db: None, trouble: Callable[[Redis], None]) -> None:
    shop = make_shop()
    with_redis = {name: step().status_code for name, step in _walk(shop, "sebelum").items()}
    assert set(with_redis.values()) <= {200, 201, 302}, with_redis
    assert redis_client().dbsize(), "this walk does use Redis"
    trouble(server)
    _forget_everything()
    slow = 0.0
    without: dict[str, int] = {}
    for name, step in _walk(shop, "sesudah").items():
        began = time.monotonic()
        without[name] = step().status_code
        slow = max(slow, time.monotonic() - began)
    assert without == with_redis
    assert slow < 5, "a Redis that hangs costs its time-out once, not at every use"


def test_back_again_it_is_used_within_moments_and_old_connections_hurt_nobody(
    server: Redis, committed_db: None, settings: Any
) -> None:
    shop = make_shop()
    buyer = Client(HTTP_HOST=f"{shop.store.subdomain}.localhost")
    assert buyer.get(f"/{shop.form.slug}").status_code == 200
    server.stop()
    server.start()  # the pool's connections are all dead now
    redis_client().dbsize()
    pagecache._local.clear()
    assert buyer.get(f"/{shop.form.slug}").status_code == 200
    assert redis_client().exists(pagecache.page_key(f"{shop.store.subdomain}.localhost", f"/{shop.form.slug}"))


def test_redis_is_asked_in_one_guarded_place_only() -> None:
    own = {
        "bosonline/redis.py",  # the place
        "bosonline/views.py",  # /readyz wants to know
        "bosonline/outbox.py",  # the worker's waiting for a wake-up
    }
    uses = re.compile(r"redis_client|import redis\b|from redis\b|Redis\.from_url|RedisCache")
    apps = ("bosonline", "stores", "sellers", "catalog", "forms", "orders", "adminpanel")
    found = {
        path.relative_to(PROJECT).as_posix()
        for app in apps
        for path in (PROJECT / app).rglob("*.py")
        if uses.search(re.sub(r"from bosonline\.redis import redis_ask\n|except redis\.ResponseError", "", path.read_text()))
        and "runtime" not in path.parts and path.name != "settings.py"
    }  # fmt: skip
    typed = {name for name in found - own if "redis_client" not in (PROJECT / name).read_text()}
    for name in typed:  # a type in a signature is fine; a second way of asking or catching is not
        assert not re.search(
            r"except redis\.(?!ResponseError)|Redis\.from_url|RedisCache", (PROJECT / name).read_text()
        ), name
    assert found - typed <= own
