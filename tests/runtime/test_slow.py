"""Slow, silent and unmeasured requests at a really running server."""

from __future__ import annotations

import json
import socket
import time

from bosonline.tenancy import store_scope
from catalog.models import Product
from tests.conftest import LiveApp
from tests.factories import Shop, make_shop
from tests.runtime import raw

THREADS = 8  # of the live app


def _half(port: int, path: str = "/api/v1/checkout/orders") -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port), 5)
    link.sendall(
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n12345678".encode()
    )
    return link


def _fetch(port: int) -> tuple[float, int]:
    began = time.monotonic()
    status = raw.get(port, "/masuk").status
    return time.monotonic() - began, status


def test_people_with_half_a_body_keep_nobody_waiting_and_are_let_go(live_app: LiveApp) -> None:
    links = [_half(live_app.port) for _n in range(THREADS * 12)]
    try:
        for _n in range(3):
            seconds, status = _fetch(live_app.port)
            assert status == 200 and seconds < 2
        for link in links[:10]:
            link.sendall(b"x")
        ends = time.monotonic() + 45  # WEB_IDLE_SECONDS of the live app is 20
        gone = 0
        while gone < len(links) and time.monotonic() < ends:
            time.sleep(1)
            gone = sum(_is_closed(link) for link in links)
        assert gone == len(links), "silent connections are closed"
    finally:
        for link in links:
            link.close()
    assert _fetch(live_app.port)[1] == 200


def _is_closed(link: socket.socket) -> bool:
    link.setblocking(False)
    try:
        while link.recv(4096):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def test_half_a_body_is_no_body(live_app: LiveApp) -> None:
    shop = make_shop()
    body = json.dumps({"name": "Separuh"}).encode()
    with socket.create_connection(("127.0.0.1", live_app.port), 5) as link:
        link.sendall(_head(shop, "POST", "/api/v1/store/products", f"Content-Length: {len(body) + 10}") + body)
        link.shutdown(socket.SHUT_WR)
        answer = raw.read(link)
    assert answer.status in (0, 400)
    with store_scope(shop.store):
        assert not Product.objects.filter(name="Separuh").exists()


def _head(shop: Shop, method: str, path: str, *more: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", "Connection: close",
             f"Authorization: Bearer {shop.token()}", *more, "", ""]  # fmt: skip
    return "\r\n".join(lines).encode()


def _chunked(body: bytes, size: int) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def test_a_body_without_a_length_counts_as_one_with(live_app: LiveApp) -> None:
    shop = make_shop()
    for method, path, name in (("PUT", "/api/v1/store", "Toko Potong"), ("PUT", "/api/v1/store", "Toko Lagi")):
        body = json.dumps({"name": name}).encode()
        answer = raw.send(
            live_app.port, _head(shop, method, path, "Transfer-Encoding: chunked") + _chunked(body, 5)
        )  # fmt: skip
        assert answer.status == 200, answer.body
        shop.store.refresh_from_db()
        assert shop.store.name == name
    bad = raw.send(
        live_app.port, _head(shop, "PUT", "/api/v1/store", "Transfer-Encoding: chunked") + _chunked(b"{nonsense", 4)
    )
    assert bad.status == 400 and json.loads(bad.body)["code"] == "malformed"


def test_a_body_without_a_length_that_never_ends_is_refused(live_app: LiveApp) -> None:
    shop = make_shop()
    piece = b"x" * 1_000_000
    answer = raw.send(
        live_app.port,
        _head(shop, "PUT", "/api/v1/store", "Transfer-Encoding: chunked") + _chunked(piece * 45, len(piece)),
        seconds=30,
    )
    assert answer.status == 413 and json.loads(answer.body)["code"] == "too_large"
