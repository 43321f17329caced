"""Questions of our own servers, not of people. The proxy does not let them in from outside."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from stores.queries import host_entry


def tls_allowed(request: HttpRequest) -> HttpResponse:
    """``?domain=``: 200 when the proxy may ask for a certificate: a live or redirecting subdomain, a verified domain."""
    host = request.GET.get("domain", "").lower().rstrip(".")
    return HttpResponse(status=200 if host_entry(host) is not None else 404, content_type="text/plain")
