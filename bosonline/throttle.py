"""Rate limits: a fixed window per key in Redis. Redis away: requests pass, the database rules still hold."""

from __future__ import annotations

import time
from dataclasses import dataclass

import redis
from django.conf import settings

from bosonline.errors import TooMany
from bosonline.redis import redis_ask


@dataclass(frozen=True, slots=True)
class Limit:
    """``count`` requests per ``seconds``."""

    count: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Allowance:
    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }


def hit(name: str, key: str, limit: Limit) -> Allowance | None:
    """Count a request. Raises :class:`TooMany` with the seconds to wait when the limit is reached."""
    if not settings.THROTTLE_ENABLED:
        return None
    now = int(time.time())
    window = now // limit.seconds
    reset = (window + 1) * limit.seconds - now
    name = f"bos:rl:{name}:{key}:{window}"

    def counted(client: redis.Redis) -> int:
        pipe = client.pipeline(transaction=False)
        pipe.incr(name)
        pipe.expire(name, limit.seconds + 1)
        return int(pipe.execute()[0])

    count = redis_ask(counted, otherwise=0)
    if not count:
        return None
    if count > limit.count:
        raise TooMany(reset)
    return Allowance(limit.count, limit.count - count, reset)
