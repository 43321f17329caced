"""Redis, which may go away at any moment without anybody noticing more than a slower page.

What is in it can be made again (cache, counters, a wake-up call), so every use says what holds without it:

    redis_ask(lambda client: client.get("bos:page"), otherwise=None)

When it does not answer, nobody asks again for :data:`PAUSE_SECONDS`: a server that hangs would cost each request its
time-out. Django's cache goes the same way (:class:`QuietRedisCache`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

import redis
import structlog
from django.conf import settings
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger("redis")

T = TypeVar("T")
PAUSE_SECONDS = 2.0
# Once more at once: a connection of the pool may be from before a restart. The library's own default waits for seconds.
CONNECTION: dict[str, Any] = {"socket_connect_timeout": 0.5, "retry": Retry(NoBackoff(), 1), "health_check_interval": 0}
_away_until = 0.0


@lru_cache(maxsize=2)
def redis_client(blocking: bool = False) -> redis.Redis:
    """The shared client, one connection pool per process. ``blocking`` gives one whose socket may wait (BLPOP)."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5 if blocking else 1.0, **CONNECTION)


def guarded(call: Callable[[], T], otherwise: T) -> T:
    """``call()``, or ``otherwise`` when Redis cannot answer it."""
    global _away_until
    if time.monotonic() < _away_until:
        return otherwise
    try:
        return call()
    except (redis.ConnectionError, redis.TimeoutError) as exc:
        _away_until = time.monotonic() + PAUSE_SECONDS
        log.warning("redis_away", error=type(exc).__name__)
    except redis.RedisError as exc:
        log.warning("redis_refused", error=type(exc).__name__)
    return otherwise


def redis_ask(call: Callable[[redis.Redis], T], otherwise: T) -> T:
    """What ``call`` gets from Redis, or ``otherwise`` when there is none to ask. Never raises for Redis's sake."""
    return guarded(lambda: call(redis_client()), otherwise)


def redis_forget() -> None:
    """Ask again at once, at the address of the settings."""
    global _away_until
    _away_until = 0.0
    redis_client.cache_clear()


class QuietRedisCache(RedisCache):
    """Django's cache over Redis: empty while Redis is away."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        params = {**params, "OPTIONS": {"socket_timeout": 1.0, **CONNECTION, **params.get("OPTIONS", {})}}
        super().__init__(server, params)

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return guarded(lambda: super(QuietRedisCache, self).add(*args, **kwargs), True)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return guarded(lambda: super(QuietRedisCache, self).get(key, default, version), default)

    def set(self, *args: Any, **kwargs: Any) -> None:
        guarded(lambda: super(QuietRedisCache, self).set(*args, **kwargs), None)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        return guarded(lambda: super(QuietRedisCache, self).touch(*args, **kwargs), False)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return guarded(lambda: super(QuietRedisCache, self).delete(*args, **kwargs), False)

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return guarded(lambda: super(QuietRedisCache, self).get_many(*args, **kwargs), {})

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        return guarded(lambda: super(QuietRedisCache, self).has_key(*args, **kwargs), False)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> Any:
        return guarded(lambda: super(QuietRedisCache, self).incr(key, delta, version), delta)

    def set_many(self, *args: Any, **kwargs: Any) -> Any:
        return guarded(lambda: super(QuietRedisCache, self).set_many(*args, **kwargs), [])

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        guarded(lambda: super(QuietRedisCache, self).delete_many(*args, **kwargs), None)

    def clear(self) -> Any:
        return guarded(lambda: bool(super(QuietRedisCache, self).clear()), False)
