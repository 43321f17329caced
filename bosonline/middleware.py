"""Middleware of the kernel: cached buyer pages, request id, content security policy, language."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _

from bosonline import files, pagecache
from bosonline.hosts import host_of

GetResponse = Callable[[HttpRequest], HttpResponse]

_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")

# Everything comes from ourselves, pictures from the bucket's address as well; no inline script or style anywhere. The
# WhatsApp button's form is redirected to wa.me.
_PICTURES = " ".join(filter(None, ["'self' data: blob:", files.picture_origin()]))
POLICY = (
    f"default-src 'self'; script-src 'self'; style-src 'self'; img-src {_PICTURES}; font-src 'self'; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self' https://wa.me; object-src 'none'"
)


class DatabaseAwayMiddleware:
    """A read whose database connection was gone is done once more, with a new one; what is still without is 503.

    Only GET and HEAD: nobody knows how far anything else had come. They have sent nothing yet, so nobody sees the first try.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(response, "database_away", False):
            _drop_connection()
            if request.method in ("GET", "HEAD"):
                response.close()
                response = self.get_response(request)
                if getattr(response, "database_away", False):
                    _drop_connection()
        return response


def _drop_connection() -> None:
    if not connection.in_atomic_block:
        connection.close()


class PublicPageCacheMiddleware:
    """Answers a buyer's page from the cache before anything else runs.

    Only GETs without the returning-buyer cookie: those pages are the same for everyone. What an advertisement adds to the
    address (UTM, click ids) is read by the page's script, so it does not keep a page from the cache; the few parameters
    that change the page do.
    """

    OWN = ("embed=", "uji=", "lanjut=")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.suffix = f".{settings.BASE_DOMAIN}"

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        if (
            request.method == "GET"
            and not (meta.get("QUERY_STRING") and any(name in meta["QUERY_STRING"] for name in self.OWN))
            and request.path.count("/") == 1
            and "bos_buyer" not in meta.get("HTTP_COOKIE", "")
        ):
            page = pagecache.get(host_of(request), request.path)
            if page is not None:
                return self.answer(page, meta)
        return self.get_response(request)

    @staticmethod
    def answer(page: pagecache.CachedPage, meta: dict[str, str]) -> HttpResponse:
        if meta.get("HTTP_IF_NONE_MATCH") == page.etag:
            response = HttpResponse(status=304)
        elif "gzip" in meta.get("HTTP_ACCEPT_ENCODING", ""):
            response = HttpResponse(page.gzipped, content_type="text/html; charset=utf-8")
            response.headers["Content-Encoding"] = "gzip"
        else:
            response = HttpResponse(page.body, content_type="text/html; charset=utf-8")
        headers = response.headers
        headers["ETag"] = page.etag
        headers["Cache-Control"] = "public, max-age=0, must-revalidate"
        headers["Vary"] = "Accept-Encoding, Cookie"
        headers["Content-Security-Policy"] = page.policy or POLICY
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
        return response


class RequestIdMiddleware:
    """``X-Request-ID`` in and out, and in every log line of the request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _REQUEST_ID.match(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]  # ours
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            response = self.get_response(request)
        finally:
            structlog.contextvars.clear_contextvars()
        response.headers["X-Request-ID"] = request_id
        return response


class ContentSecurityPolicyMiddleware:
    """One strict policy for all our pages; the browsable API reference brings its own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


class LanguageMiddleware:
    """Indonesian unless the person chose English: cookie first, for the API the ``Accept-Language`` header."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = request.COOKIES.get("bos_language", "")
        if language not in ("id", "en"):
            accept = request.META.get("HTTP_ACCEPT_LANGUAGE", "")
            # Browsers of Indonesian buyers often say "en": only the API follows the header.
            api = request.path.startswith(("/api/", "/callbacks/"))
            language = "en" if api and accept.lower().startswith("en") else "id"
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
        return response


class RequestSizeMiddleware:
    """413 for a request that is larger than anything we take. The door (``bosonline.server``) has dropped its body."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        length = int(announced) if announced.isdecimal() else 0
        limit = settings.REQUEST_MAX_BYTES
        if length <= limit:
            return self.get_response(request)
        message = _("The request is larger than %(size)s MB.") % {"size": limit // 1_048_576}
        if request.path.startswith("/api/") or "text/html" not in request.headers.get("Accept", ""):
            return JsonResponse({"message": message, "code": "too_large", "errors": {}}, status=413)
        return render(request, "errors/400.html", {"message": message}, status=413)
