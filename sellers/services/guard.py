"""Growing waits against guessing, and the devices that are known to an account.

A *bucket* counts tries; after its free ones each further try makes the next wait twice as long. A try is counted before
the secret is looked at, in one script inside Redis, so that parallel guesses cannot all slip through before the first of
them fails. Buckets: the account as seen from unknown devices, each known device of its own, the IP, the second factor.
Somebody who hammers an account therefore never locks its owner out of a device that logged in before.
"""

from __future__ import annotations

import ipaddress
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.conf import settings
from django.utils import timezone

from bosonline import crypto
from bosonline.errors import TooMany
from bosonline.redis import redis_ask
from sellers.models import LoginAttempt

log = structlog.get_logger("guard")
DEVICE_COOKIE = "bos_device"
DEVICE_HEADER = "X-Device-Token"
_SALT = "login-device"


@dataclass(frozen=True, slots=True)
class Rule:
    """``free`` tries without a wait, then ``first`` seconds, doubling, at most ``most``; forgotten after ``keep``."""

    free: int
    first: int
    most: int
    keep: int = 24 * 3600


ACCOUNT = Rule(free=5, first=30, most=900)
DEVICE = Rule(free=5, first=30, most=900)
IP = Rule(free=40, first=30, most=3600, keep=3600)
SECOND_FACTOR = Rule(free=5, first=60, most=3600)
PASSWORD_AGAIN = Rule(free=5, first=30, most=900)

# KEYS[1] bucket; ARGV now, free, first, most, keep → seconds to wait (0: the try is counted and may go on)
_COUNT = """
local now = tonumber(ARGV[1])
local wait = tonumber(redis.call('HGET', KEYS[1], 'u') or '0') - now
if wait > 0 then return math.ceil(wait) end
local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
local free = tonumber(ARGV[2])
if n >= free then
  redis.call('HSET', KEYS[1], 'u', now + math.min(tonumber(ARGV[4]), tonumber(ARGV[3]) * 2 ^ math.min(n - free, 20)))
end
redis.call('EXPIRE', KEYS[1], tonumber(ARGV[5]))
return 0
"""
# a try that turned out right was no guess: take it back
_TAKE_BACK = """
local n = tonumber(redis.call('HGET', KEYS[1], 'n') or '0')
if n > 0 then
  redis.call('HINCRBY', KEYS[1], 'n', -1)
  redis.call('HDEL', KEYS[1], 'u')
end
return n
"""


def _key(name: str, subject: str) -> str:
    return f"bos:guard:{name}:{subject}"


def count(name: str, subject: str, rule: Rule) -> None:
    """Count a try. Raises :class:`TooMany` with the seconds to wait while the bucket is closed."""
    if not settings.THROTTLE_ENABLED:
        return
    arguments = (int(time.time()), rule.free, rule.first, rule.most, rule.keep)
    wait = redis_ask(lambda client: int(client.eval(_COUNT, 1, _key(name, subject), *arguments)), otherwise=-1)
    if wait < 0:
        wait = _wait_by_database(subject, rule) if name in ("account", "ip") else 0
    if wait > 0:
        raise TooMany(wait)


def _wait_by_database(subject: str, rule: Rule) -> int:
    """Redis is away: the failed attempts of the last quarter of an hour are the count."""
    since = timezone.now() - timedelta(minutes=15)
    rows = LoginAttempt.objects.filter(created_at__gt=since, succeeded=False)
    rows = (
        rows.filter(identifier=subject) if "@" in subject or subject[:1] == "+" else rows.filter(user_id=_int(subject))
    )
    return 60 if rows[: rule.free].count() >= rule.free else 0


def _int(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def clear(name: str, subject: str) -> None:
    """Forget a bucket: the right secret was given."""
    redis_ask(lambda client: client.delete(_key(name, subject)), otherwise=None)


def take_back(name: str, subject: str) -> None:
    """Uncount one try (used for the IP, where a right password must not wipe away the wrong ones of others)."""
    redis_ask(lambda client: client.eval(_TAKE_BACK, 1, _key(name, subject)), otherwise=None)


def ip_subject(ip: str) -> str:
    """An IPv6 customer has a whole /64: count it as one."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network(f"{ip}/64", strict=False).network_address)
    return str(address)


# -- known devices ----------------------------------------------------------------------------------------------------


def device_new() -> str:
    return secrets.token_hex(16)


def device_token(user_id: int, device_id: str) -> str:
    """What the device keeps: says that it once logged in to this account. It opens nothing by itself."""
    return crypto.sign({"u": user_id, "d": device_id}, salt=_SALT, expires_in=settings.DEVICE_SECONDS)


def device_of(token: str, user_id: int | None) -> str:
    """The device's id when the token was given to it for this account, else an empty text."""
    if not token or user_id is None:
        return ""
    try:
        data = crypto.unsign(token, salt=_SALT)
    except crypto.BadToken:
        return ""
    return str(data["d"]) if data.get("u") == user_id else ""
