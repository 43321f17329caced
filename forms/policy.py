"""The content security policy of a buyer's page: strict, and wider only where a form's own pixels or embedding need it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from bosonline.middleware import POLICY

# provider → directive → hosts it is known to use
_HOSTS: dict[str, dict[str, str]] = {
    "meta": {
        "script-src": "https://connect.facebook.net",
        "img-src": "https://www.facebook.com",
        "connect-src": "https://www.facebook.com https://connect.facebook.net",
        "form-action": "https://www.facebook.com",
    },
    "tiktok": {
        "script-src": "https://analytics.tiktok.com",
        "img-src": "https://analytics.tiktok.com",
        "connect-src": "https://analytics.tiktok.com https://*.tiktokw.us",
    },
    "google": {
        "script-src": "https://www.googletagmanager.com",
        "img-src": "https://www.googletagmanager.com https://*.google-analytics.com",
        "connect-src": "https://www.googletagmanager.com https://*.google-analytics.com "
        "https://*.analytics.google.com https://www.google.com",
    },
}
_HOSTS["gtm"] = _HOSTS["google"]


def page_policy(pixels: Mapping[str, Any] | None = None, *, frame_ancestors: str = "") -> str:
    """The policy with the hosts of these pixels. ``frame_ancestors`` takes the place of ``'none'``."""
    directives = dict(part.strip().split(" ", 1) for part in POLICY.split(";"))
    for provider in pixels or {}:
        for name, hosts in _HOSTS.get(provider, {}).items():
            known = directives[name].split()
            directives[name] = " ".join([*known, *(h for h in hosts.split() if h not in known)])
    if frame_ancestors:
        directives["frame-ancestors"] = frame_ancestors
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def embed_ancestors(origins: Collection[str]) -> str:
    """Who may show the embedded page: the named sites, or any when none is named."""
    return " ".join(origins) if origins else "*"
