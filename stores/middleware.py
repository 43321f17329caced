"""An address a store has left sends its visitors to the new one."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from bosonline.hosts import host_url
from stores.queries import host_entry

# What an order form that was open during the change still asks for: a redirect to another origin would break it.
STAYS = ("/api/", "/media/", "/static/", "/internal/", "/healthz")


class OldAddressMiddleware:
    """301 with path and query, only for GET and HEAD of pages. Sending an order from an old address still works."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        host: str | None = getattr(request, "store_host", None)
        if host and request.method in ("GET", "HEAD") and not request.path.startswith(STAYS):
            entry = host_entry(host)
            if entry is not None and entry.redirect_to:
                response = HttpResponsePermanentRedirect(host_url(entry.redirect_to, request.get_full_path()))
                # Browsers keep a 301 for ever; the store may take its old name back.
                response.headers["Cache-Control"] = "public, max-age=300"
                return response
        return self.get_response(request)
