"""Domain errors: raised by services, shaped once for the API (``api.md``) and once for pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


class DomainError(Exception):
    """A rule said no.

    ``code`` is for machines, ``message`` for people (already translated), ``errors`` names fields,
    ``extra`` travels beside them in the answer (what is left in stock, a fresh quote …).
    """

    status = 422
    code = "invalid"

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        errors: dict[str, list[str]] | None = None,
        extra: dict[str, Any] | None = None,
        status: int | None = None,
    ) -> None:
        self.message = message or _("The data is not valid.")
        self.code = code or type(self).code
        self.errors = errors or {}
        self.extra = extra or {}
        self.status = status or type(self).status
        super().__init__(self.message)

    @classmethod
    def field(cls, name: str, message: str, **kwargs: Any) -> DomainError:
        """An error that belongs to one field."""
        return cls(message, errors={name: [message]}, **kwargs)


class ValidationFailed(DomainError):
    status, code = 422, "validation_error"


class NotFound(DomainError):
    """Not there, or another store's: the caller must not be able to tell."""

    status, code = 404, "not_found"

    def __init__(self, message: str = "", **kwargs: Any) -> None:
        super().__init__(message or _("Not found."), **kwargs)


class Forbidden(DomainError):
    status, code = 403, "forbidden"

    def __init__(self, message: str = "", **kwargs: Any) -> None:
        super().__init__(message or _("You do not have access to this."), **kwargs)


class Unauthenticated(DomainError):
    status, code = 401, "not_authenticated"

    def __init__(self, message: str = "", **kwargs: Any) -> None:
        super().__init__(message or _("Please log in."), **kwargs)


class Conflict(DomainError):
    status, code = 409, "conflict"


class TooMany(DomainError):
    status, code = 429, "too_many_requests"

    def __init__(self, retry_after: int, message: str = "") -> None:
        super().__init__(
            message or _("Too many attempts. Try again in %(seconds)s seconds.") % {"seconds": retry_after},
            extra={"retry_after": retry_after},
        )
        self.retry_after = retry_after


class ServiceFailed(DomainError):
    """An outside service is down (503) or answered nonsense (502); says which one."""

    status, code = 503, "service_unavailable"


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A page was open too long or cookies are off: say so, to a script as JSON."""
    if "application/json" in request.headers.get("Accept", ""):
        message = _("This page was open too long. Load it again; nothing was saved.")
        return JsonResponse({"message": message, "code": "page_expired", "errors": {}}, status=403)
    return render(request, "errors/expired.html", {"back": _page_of(request)}, status=403)


def _page_of(request: HttpRequest) -> str:
    """The page the form was on: on our own host the referrer's path, else the start page."""
    came = urlsplit(request.headers.get("Referer", ""))
    own = came.netloc == request.get_host() and came.path.startswith("/") and not came.path.startswith("//")
    return came.path if own else "/"
