"""Rendered public pages, kept as bytes.

Two levels: Redis (shared, filled by the view) and, for :data:`LOCAL_SECONDS`, this process's own memory, so that a
burst from an advertisement costs neither a query nor a round trip. What a page shows may therefore be one second
old; what an order costs never is, because the order path checks the form's revision in the database.
"""

from __future__ import annotations

import gzip
import time
from dataclasses import dataclass

import redis

from bosonline.redis import redis_client

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
    try:
        raw = redis_client().get(name)
    except redis.RedisError:
        return None
    if not isinstance(raw, bytes):
        _local.pop(name, None)
        return None
    head, _, body = raw.partition(b"\n")
    etag, _, policy = head.decode().partition("|")
    if page is not None and page.etag == etag and page.policy == policy:
        page.loaded = now
        return page
    page = CachedPage(body, gzip.compress(body, 6, mtime=0), etag, now, policy)
    if len(_local) >= MAX_LOCAL:
        _local.clear()
    _local[name] = page
    return page


def put(host: str, path: str, body: bytes, etag: str, policy: str = "") -> None:
    """Keep a page. ``policy``: its own content security policy, when it has one."""
    try:
        redis_client().set(page_key(host, path), f"{etag}|{policy}\n".encode() + body, ex=SHARED_SECONDS)
    except redis.RedisError:
        return


def drop(host: str, path: str) -> None:
    """Forget a page everywhere; other processes follow within :data:`LOCAL_SECONDS`."""
    _local.pop(page_key(host, path), None)
    try:
        redis_client().delete(page_key(host, path))
    except redis.RedisError:
        return
