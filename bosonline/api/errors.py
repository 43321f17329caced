"""One error form for everything under ``/api`` (``api.md``, Conventions)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DataError, IntegrityError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from psycopg.errors import UniqueViolation
from rest_framework import exceptions
from rest_framework.response import Response

from bosonline.errors import Conflict, DomainError, Forbidden, NotFound


def body_of(error: DomainError) -> dict[str, Any]:
    return {"message": error.message, "code": error.code, "errors": error.errors, **error.extra}


def respond(error: DomainError) -> Response:
    headers = {"Retry-After": str(error.extra["retry_after"])} if "retry_after" in error.extra else None
    if error.status == 401:
        headers = {"WWW-Authenticate": "Bearer"}
    return Response(body_of(error), status=error.status, headers=headers)


def flatten(detail: Any, path: str = "") -> dict[str, list[str]]:
    """DRF's nested details → ``{"customer.phone": ["…"], "items.0.qty": ["…"]}``."""
    errors: dict[str, list[str]] = {}
    if isinstance(detail, dict):
        for key, value in detail.items():
            name = path if key == "non_field_errors" else (f"{path}.{key}" if path else str(key))
            for where, texts in flatten(value, name).items():
                errors.setdefault(where, []).extend(texts)
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        for index, item in enumerate(detail):
            errors.update(flatten(item, f"{path}.{index}" if path else str(index)))
    else:
        errors[path or "non_field_errors"] = [str(t) for t in (detail if isinstance(detail, list) else [detail])]
    return errors


def twice() -> Conflict:
    return Conflict(
        _("Somebody saved the same thing at the same moment. Look again, then repeat it."), code="saved_twice"
    )


def _translate(exc: Exception) -> DomainError | None:
    match exc:
        case DomainError():
            return exc
        case exceptions.ValidationError():
            errors = flatten(exc.detail)
            first = next(iter(errors.values()))[0] if errors else ""
            return DomainError(first or _("The data is not valid."), code="validation_error", errors=errors)
        case exceptions.ParseError():
            return DomainError(_("The body is not valid JSON."), code="malformed", status=400)
        case exceptions.UnsupportedMediaType():
            return DomainError(_("Send JSON, or multipart for files."), code="unsupported_media_type", status=415)
        case exceptions.MethodNotAllowed():
            return DomainError(_("This method is not allowed here."), code="method_not_allowed", status=405)
        case Http404() | exceptions.NotFound():
            return NotFound()
        case PermissionDenied() | exceptions.PermissionDenied():
            return Forbidden()
        case RequestDataTooBig():
            return DomainError(_("The request is too large."), code="too_large", status=413)
        case IntegrityError() if isinstance(exc.__cause__, UniqueViolation):
            # two did the same thing at the same moment; the database let one of them in
            return twice()
        case DataError():
            # A value PostgreSQL itself cannot hold (NUL byte, integer out of range) that no rule named before.
            return DomainError(_("A value cannot be stored."), code="validation_error", status=422)
        case UnicodeDecodeError():
            return DomainError(_("The body is not UTF-8."), code="malformed", status=400)
    return None


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook. Unknown exceptions stay unhandled: they are our mistakes, logged, and answered as JSON 500."""
    error = _translate(exc)
    return respond(error) if error is not None else None


def json_error(request: HttpRequest, error: DomainError) -> JsonResponse:
    """For places outside DRF that still answer the API's form."""
    return JsonResponse(body_of(error), status=error.status)
