"""Pages of the kernel: liveness, readiness, metrics, and errors in the form the caller can read."""

from __future__ import annotations

import hmac
import mimetypes
import os
import sys
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from bosonline import files, jobs
from bosonline.errors import NotFound
from bosonline.lanes import LaneCollector
from bosonline.redis import redis_client
from bosonline.replica import ReplicaCollector
from bosonline.secrets import from_this_machine

RETRY_SECONDS = 5


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """The process can serve: database and Redis answer."""
    state: dict[str, str] = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        state["database"] = "ok"
    except DatabaseError:
        state["database"] = "down"
    try:
        redis_client().ping()
        state["redis"] = "ok"
    except redis.RedisError:
        state["redis"] = "down"
    return JsonResponse(state, status=200 if set(state.values()) == {"ok"} else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus. With a ``METRICS_TOKEN`` for who has it; without one for this machine itself, never through a proxy."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    token = settings.METRICS_TOKEN.encode()
    if not (hmac.compare_digest(given, token) if token else from_this_machine(request.META)):
        return HttpResponse(status=403)
    lanes = CollectorRegistry()
    lanes.register(LaneCollector())
    lanes.register(ReplicaCollector())
    return HttpResponse(generate_latest(_counted()) + generate_latest(lanes), content_type=CONTENT_TYPE_LATEST)


def _counted() -> CollectorRegistry:
    """What the processes have counted: all of them when they share a folder (``PROMETHEUS_MULTIPROC_DIR``)."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


# One folder, a store's number, one name without a dot before its ending: no path that leads anywhere else fits.
PICTURE_PATH = r"^media/(?P<name>images/[0-9]+/[A-Za-z0-9_-]+\.(?:webp|jpg|jpeg|png|gif))$"


@require_safe
@condition(etag_func=lambda _request, name: f'"{name.rsplit("/", 1)[-1]}"')
def picture(request: HttpRequest, name: str) -> FileResponse:
    """A public picture. Names are random and never used twice, so a browser may keep what it has."""
    try:
        data = files.public().open(name)
    except files.StorageAway:
        raise
    except OSError:
        raise Http404 from None
    response = FileResponse(data, content_type=mimetypes.guess_type(name)[0] or "application/octet-stream")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def private_file(name: str, *, filename: str = "", inline: bool = False) -> HttpResponseBase:
    """A private file for a view that has asked for the right: its bytes, or where it is in a bucket a link that works for
    a minute. Raises ``NotFound`` when it is gone."""
    filename = filename or name.rsplit("/", 1)[-1]
    content_type = mimetypes.guess_type(filename)[0] or "application/octet-stream"
    disposition = content_disposition_header(not inline, filename) or "inline"
    try:
        link = files.private_link(name, disposition=disposition, content_type=content_type) if name else ""
        data = None if link or not name else files.private().open(name)
    except files.StorageAway:
        raise
    except OSError:
        link, data = "", None
    response: HttpResponseBase
    if link:
        response = HttpResponseRedirect(link)
    elif data is not None:
        response = FileResponse(data, as_attachment=not inline, filename=filename)
    else:
        raise NotFound(_("This file does not exist any more."))
    response.headers["Cache-Control"] = "private, no-store"
    return response


def job_file(pk: int, member: Any) -> HttpResponseBase:
    """The file of one's own finished job, for as long as one may have what is in it."""
    job = jobs.job_of(job_id=pk, user_id=member.user.pk)
    jobs.job_require(job, member)
    return private_file(job.file, filename=job.filename, inline=job.filename.endswith(".pdf"))


def _api(request: HttpRequest) -> bool:
    return request.path.startswith(("/api/", "/callbacks/", "/internal/"))


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    if _api(request):
        return JsonResponse({"message": _("Not found."), "code": "not_found", "errors": {}}, status=404)
    return render(request, "errors/404.html", status=404)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    if _api(request):
        return JsonResponse(
            {"message": _("You do not have access to this."), "code": "forbidden", "errors": {}}, status=403
        )
    return render(request, "errors/403.html", status=403)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    if _api(request):
        return JsonResponse({"message": _("The request is malformed."), "code": "malformed", "errors": {}}, status=400)
    return render(request, "errors/400.html", status=400)


def database_is_away(error: BaseException | None) -> bool:
    """Whether the request failed because the database or its connection is gone, not because of what it asked."""
    seen = 0
    while error is not None and seen < 10:
        if isinstance(error, OperationalError | InterfaceError):
            cause = error.__cause__
            state = getattr(cause, "sqlstate", None)
            # no state: the connection itself; 08 connection, 57P server is ending, 53300 too many connections
            return state is None or state[:2] == "08" or state[:3] == "57P" or state == "53300"
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False


def unavailable(request: HttpRequest) -> HttpResponse:
    """503 for as long as the database or the bucket is away."""
    message = _("We are busy for a moment. Please try again in a few seconds.")
    if _api(request) or "text/html" not in request.headers.get("Accept", "text/html"):
        body = {"message": message, "code": "service_unavailable", "errors": {}, "retry_after": RETRY_SECONDS}
        response: HttpResponse = JsonResponse(body, status=503)
    else:  # without the request: what surrounds other pages is read from the database
        response = HttpResponse(render_to_string("errors/500.html", {"message": message}), status=503)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    response.headers["Cache-Control"] = "no-store"
    response.database_away = True  # type: ignore[attr-defined]  # DatabaseAwayMiddleware asks for it
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    error = sys.exc_info()[1]
    if isinstance(error, files.StorageAway) or database_is_away(error):
        return unavailable(request)
    request_id = getattr(request, "request_id", "")
    if _api(request):
        message = _("We made a mistake. Please tell us this number: %(id)s") % {"id": request_id}
        return JsonResponse({"message": message, "code": "server_error", "errors": {}}, status=500)
    return render(request, "errors/500.html", {"request_id": request_id}, status=500)
