"""Rendered public pages, kept as bytes.

Two levels: Redis (shared, filled by the view) and, for :data:`LOCAL_SECONDS`, this process's own memory, so that a
burst from an advertisement costs neither a query nor a round trip. What a page shows may therefore be one second
old; what an order costs never is, because the order path checks the form's revision in the database.
"""

from __future__ import annotations

import gzip
import time
from dataclasses import dataclass

from bosonline.redis import redis_ask

LOCAL_SECONDS = 1.0
SHARED_SECONDS = 15  # what is left in stock may be this old on the page; the order path is exact
MAX_LOCAL = 512


@dataclass(slots=True)
class CachedPage:
    body: bytes
    gzipped: bytes
    etag: str
    loaded: float
    policy: str = ""


_local: dict[str, CachedPage] = {}


def page_key(host: str, path: str) -> str:
    return f"bos:page:{host}:{path}"


def get(host: str, path: str) -> CachedPage | None:
    """The cached page, or None. Never raises: a missing Redis is a miss."""
    name = page_key(host, path)
    page = _local.get(name)
    now = time.monotonic()
    if page is not None and now - page.loaded < LOCAL_SECONDS:
        return page
    raw = redis_ask(lambda client: client.get(name), otherwise=None)
    if not isinstance(raw, bytes):
        _local.pop(name, None)
        return None
    head, _, body = raw.partition(b"\n")
    etag, _, policy = head.decode().partition("|")
    if page is not None and page.etag == etag and page.policy == policy:
        page.loaded = now
        return page
    page = CachedPage(body, gzip.compress(body, 6, mtime=0), etag, now, policy)
    _remember(name, page)
    return page


def _remember(name: str, page: CachedPage) -> None:
    if len(_local) >= MAX_LOCAL:
        _local.clear()
    _local[name] = page


def put(host: str, path: str, body: bytes, etag: str, policy: str = "") -> None:
    """Keep a page. ``policy``: its own content security policy, when it has one."""
    name = page_key(host, path)
    data = f"{etag}|{policy}\n".encode() + body
    if not redis_ask(lambda client: bool(client.set(name, data, ex=SHARED_SECONDS)), otherwise=False):
        # without Redis every visitor would have the page made; so at least this process keeps it for its moment
        _remember(name, CachedPage(body, gzip.compress(body, 6, mtime=0), etag, time.monotonic(), policy))


def drop(host: str, path: str) -> None:
    """Forget a page everywhere; other processes follow within :data:`LOCAL_SECONDS`."""
    _local.pop(page_key(host, path), None)
    redis_ask(lambda client: client.delete(page_key(host, path)), otherwise=None)
