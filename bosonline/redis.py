"""One Redis connection pool per process."""

from __future__ import annotations

from functools import lru_cache

import redis
from django.conf import settings


@lru_cache(maxsize=2)
def redis_client(blocking: bool = False) -> redis.Redis:
    """The shared client. ``blocking`` gives one whose socket may wait (BLPOP)."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=5 if blocking else 1.0,
        socket_connect_timeout=1.0,
        health_check_interval=0,
    )
