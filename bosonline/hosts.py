"""Which host is this: the platform's own, or a store's?

The Host header is never trusted further than this: a name that is neither is answered with the designed 404.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def host_of(request: HttpRequest) -> str:
    """The Host header, lower case, without port and trailing dot; empty when malformed."""
    raw = (request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", "")).lower()
    host = raw.rsplit(":", 1)[0] if ":" in raw else raw
    return host.rstrip(".")


def is_platform_host(host: str) -> bool:
    return host in (settings.BASE_DOMAIN, f"www.{settings.BASE_DOMAIN}", f"app.{settings.BASE_DOMAIN}") or (
        host in ("127.0.0.1", "testserver", "[::1]")
    )


def host_url(host: str, path: str = "/") -> str:
    """The public address of ``path`` on one of our hosts."""
    default_port = {"http": "80", "https": "443"}.get(settings.PUBLIC_SCHEME)
    port = "" if default_port == settings.PUBLIC_PORT else f":{settings.PUBLIC_PORT}"
    return f"{settings.PUBLIC_SCHEME}://{host}{port}{path}"


def platform_url(path: str = "/") -> str:
    """A dashboard page's address for mails: from the settings, never from a Host header."""
    return host_url(settings.BASE_DOMAIN, path)


def store_url(subdomain: str, path: str = "/") -> str:
    """The public address of a store's page on its subdomain."""
    return host_url(f"{subdomain}.{settings.BASE_DOMAIN}", path)


class HostMiddleware:
    """Buyer hosts get the buyer's URL table; the platform's host the dashboard's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        host = host_of(request)
        if not is_platform_host(host):
            request.urlconf = "bosonline.urls_buyer"
        request.store_host = None if is_platform_host(host) else host  # type: ignore[attr-defined]  # ours
        return self.get_response(request)
