"""Risk of a submit (product.md §10): a traffic light with reasons. An honest buyer is never lost: held, not dropped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from bosonline.redis import redis_ask

log = structlog.get_logger("risk")

LEVELS = ("clear", "watch", "suspicious", "blocked")
WINDOW_SECONDS = 3600
# attempts per hour from which a light turns amber, then red
PHONE_LIMITS = (3, 8)
IP_LIMITS = (10, 40)
# orders of one form within a minute from which the light turns amber: a flood, or a very good advertisement
FORM_MINUTE = 600

_JUNK_NAME = re.compile(
    r"^(?:(.)\1{2,}|test|tes|coba|asd+f?|qwe+r?t?y?|xxx+|abc+|anon\w*|no ?name|\d+)$", re.IGNORECASE
)
_KEYBOARD = re.compile(r"(asdf|qwer|zxcv|hjkl|12345)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Assessment:
    """``level`` of :data:`LEVELS` and machine codes of the reasons, the worst first."""

    level: str
    reasons: tuple[str, ...]


def assess(
    *,
    store_id: int,
    form_id: int,
    name: str,
    street: str,
    phone: str,
    ip: str,
    filled_in_ms: int | None,
    trap: str,
    landmark: str = "",
    blocked: Mapping[str, Sequence[str]] | None = None,
    count: bool = True,
) -> Assessment:
    """Judge what was typed and how often this phone and address tried in the last hour.

    ``blocked`` is the store's blacklist (kind → values); ``count`` is False for a repeat of the same submit. The
    phone's history of deliveries and blacklisted customers are added by the database when the order is written.
    """
    found: list[tuple[int, str]] = []
    if trap:
        found.append((2, "trap_field"))
    if filled_in_ms is not None and filled_in_ms < 3000:
        found.append((1, "too_fast"))
    if _JUNK_NAME.match(name.strip()) or len(re.sub(r"\W|\d", "", name)) < 2:
        found.append((1, "junk_name"))
    if street and (_KEYBOARD.search(street) or len(re.sub(r"\W", "", street)) < 5):
        found.append((1, "junk_address"))
    if blocked:
        found += _blocked(blocked, phone, ip, f"{street} {landmark}")
    if count:
        phones, ips, forms = _attempts(store_id, form_id, phone, ip)
        for number, limits, code in ((phones, PHONE_LIMITS, "many_by_phone"), (ips, IP_LIMITS, "many_by_ip")):
            if number > limits[1]:
                found.append((2, code))
            elif number > limits[0]:
                found.append((1, code))
        if forms > FORM_MINUTE:
            found.append((1, "many_on_form"))
    level = max((weight for weight, _code in found), default=0)
    if level == 1 and len(found) >= 3:
        level = 2
    return Assessment(LEVELS[level], tuple(code for _weight, code in sorted(found, reverse=True)))


def _blocked(blocked: Mapping[str, Sequence[str]], phone: str, ip: str, address: str) -> list[tuple[int, str]]:
    """A phone or IP that is on the list, or an address that contains a listed part (case and spaces do not matter)."""
    found = []
    if phone in blocked.get("phone", ()):
        found.append((2, "blocked_phone"))
    if ip and ip in blocked.get("ip", ()):
        found.append((2, "blocked_ip"))
    plain = " ".join(address.lower().split())
    if any(part in plain for part in blocked.get("address", ())):
        found.append((2, "blocked_address"))
    return found


# One command for three counters, and a counter that never lacks its end (EXPIRE … NX would need Redis 7).
_COUNT = """
local counts = {}
for i, key in ipairs(KEYS) do
    counts[i] = redis.call('INCR', key)
    if counts[i] == 1 then redis.call('EXPIRE', key, ARGV[i]) end
end
return counts
"""


def _attempts(store_id: int, form_id: int, phone: str, ip: str) -> tuple[int, int, int]:
    """How often this phone and this address ordered in the store within the hour, and everybody on this form within
    the minute; this time included."""
    keys = (f"bos:risk:p:{store_id}:{phone}", f"bos:risk:i:{store_id}:{ip}", f"bos:risk:f:{form_id}")
    windows = (WINDOW_SECONDS, WINDOW_SECONDS, 60)
    phones, ips, forms = redis_ask(
        lambda client: client.register_script(_COUNT)(keys=keys, args=windows), otherwise=(0, 0, 0)
    )
    return int(phones), int(ips), int(forms)
