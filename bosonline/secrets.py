"""What keys must be, and where the built-in one is good enough: nowhere but on this machine."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

# Known to everybody who has the code.
DEFAULT_SECRET = "insecure-development-secret-change-me-in-production-0000"  # noqa: S105 - refused outside loopback
SHORTEST, FEWEST_CHARACTERS = 32, 12
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_FORWARDED", "HTTP_VIA",
             "HTTP_X_REAL_IP")  # fmt: skip


def key_problem(name: str, value: str, *, local: bool) -> str:
    """Why ``value`` cannot be the key ``name``; empty when it can. ``local``: answering to this machine only."""
    if value == DEFAULT_SECRET:
        return "" if local else f"{name} must be set: the built-in one is public."
    if len(value) < SHORTEST or len(set(value)) < FEWEST_CHARACTERS:
        return f"{name} must have at least {SHORTEST} characters, {FEWEST_CHARACTERS} of them different."
    return ""


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be this machine."""
    host = host.lower().strip("[]").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_forwarded(meta: Mapping[str, Any]) -> bool:
    """Whether a proxy says that it speaks for somebody else."""
    return any(meta.get(name) for name in FORWARDED)


def from_this_machine(meta: Mapping[str, Any]) -> bool:
    """Whether the request was made on this machine by itself: not through a proxy, and not to a name of elsewhere."""
    host = str(meta.get("HTTP_HOST") or meta.get("SERVER_NAME") or "")
    name = host.rsplit(":", 1)[0] if ":" in host and not host.endswith("]") else host
    address = str(meta.get("REMOTE_ADDR") or "127.0.0.1")  # a socket file has no address
    return is_loopback(address) and is_loopback(name) and not is_forwarded(meta)
