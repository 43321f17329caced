"""Base of the dashboard's pages: log-in, right, tenant scope and errors, once for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views import View
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event
from psycopg.errors import UniqueViolation
from rest_framework.exceptions import ValidationError

from bosonline import replica
from bosonline.actor import Actor
from bosonline.api.errors import body_of, flatten, twice
from bosonline.errors import Conflict, DomainError, Forbidden, NotFound, Unauthenticated
from bosonline.tenancy import store_scope
from sellers.navigation import page_context


class StorePage(View):
    """A page of the current store. Subclasses name the ``right`` a method needs (or one for all)."""

    right: ClassVar[str] = ""
    rights: ClassVar[dict[str, str]] = {}
    # Where the address ends with an ``action``: the ones there are, each with the rights it needs; others are 404. The
    # rights matrix asks for a row of each.
    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    # False: about the person (profile, sessions, switching), works for somebody without any store as well
    needs_store: ClassVar[bool] = True
    # True: what GET shows may be a few seconds old (bosonline.replica)
    reads_replica: ClassVar[bool] = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        member: Actor | None = request.load_member()  # type: ignore[attr-defined]  # set by MemberMiddleware
        if member is None:
            return self.to_login(request)
        if member.store is None and self.needs_store:
            return HttpResponseRedirect(reverse("store-new"))
        self.member = member
        request.member = member  # type: ignore[attr-defined]  # ours
        request.page_context = partial(page_context, request, member)  # type: ignore[attr-defined]  # ours
        right = self.rights.get(request.method or "", self.right)
        with store_scope(member.store) if member.store else nullcontext():
            try:
                if self.needs_store:
                    same_store(request, member)
                if right:
                    member.require(right)
                if self.actions and kwargs.get("action") not in self.actions:
                    raise NotFound()
                for needed in self.actions.get(kwargs.get("action", ""), ()):
                    member.require(needed)
                if request.method not in ("GET", "HEAD", "OPTIONS"):
                    try:
                        return super().dispatch(request, *args, **kwargs)
                    finally:
                        replica.wrote(member.user.pk)
                with replica.reading(member.user.pk) if self.reads_replica else nullcontext():
                    return super().dispatch(request, *args, **kwargs)
            except DomainError as exc:
                return self.failed(request, exc)
            except IntegrityError as exc:
                if not isinstance(exc.__cause__, UniqueViolation):
                    raise
                return self.failed(request, twice())
            except ValidationError as exc:
                errors = flatten(exc.detail)
                return self.failed(request, DomainError(next(iter(errors.values()))[0], errors=errors))

    @staticmethod
    def to_login(request: HttpRequest) -> HttpResponse:
        """To the log-in, and from there back to the page that was open: what only takes POST is none to come back to."""
        if request.headers.get("Accept", "").startswith("application/json"):
            error = Unauthenticated(_("This session has ended. Please log in again."), code="session_ended")
            return JsonResponse(body_of(error), status=error.status)
        htmx = getattr(request, "htmx", None)
        if htmx:
            back = htmx.current_url_abs_path or ""
        elif request.method in ("GET", "HEAD"):
            back = request.get_full_path()
        else:
            page = urlsplit(safe_next(request, request.headers.get("Referer", ""), ""))
            back = page.path + (f"?{page.query}" if page.query else "")
        target = f"{settings.LOGIN_URL}?{urlencode({'next': back})}" if back else settings.LOGIN_URL
        return HttpResponseClientRedirect(target) if htmx else HttpResponseRedirect(target)

    @property
    def store(self) -> Any:
        assert self.member.store is not None
        return self.member.store

    def failed(self, request: HttpRequest, error: DomainError) -> HttpResponse:
        """An error as this kind of request can show it: JSON, a toast, a designed page, or back with a message."""
        if request.headers.get("Accept", "").startswith("application/json"):
            return JsonResponse(body_of(error), status=error.status)
        if getattr(request, "htmx", False):
            response = HttpResponse(status=204)
            return trigger_client_event(response, "toast", {"message": error.message, "kind": "error"})
        if isinstance(error, NotFound):
            return render(request, "errors/404.html", {"message": error.message}, status=404)
        if isinstance(error, Forbidden):
            return render(request, "errors/403.html", {"message": error.message}, status=403)
        messages.error(request, error.message)
        # the page that was open belongs to another store and may not exist in this one
        back = "" if error.code == "other_store" else request.META.get("HTTP_REFERER", "")
        return HttpResponseRedirect(safe_next(request, back, "/beranda"))


def same_store(request: HttpRequest, member: Actor) -> None:
    """A page sends along which store it shows (``_store``, ``X-Store``). When another tab has switched since then, what
    was meant for that store must not be written into this one: 409 ``other_store``."""
    if request.method in ("GET", "HEAD") or member.store is None:
        return
    shown = request.headers.get("X-Store", "") or request.GET.get("_store", "")
    if not shown and request.content_type == "application/x-www-form-urlencoded":
        shown = request.POST.get("_store", "")  # an upload is not read here: it says so in its address
    if shown and shown != str(member.store.pk):
        raise Conflict(
            _("Another tab went over to the store %(store)s. Nothing was saved: switch back and try again.")
            % {"store": member.store.name},
            code="other_store",
        )


def safe_next(request: HttpRequest, target: str, default: str) -> str:
    """``target`` when it stays on this host, else ``default``: no open redirects."""
    allowed = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if target and allowed else default


def put_errors(form: Any, error: DomainError | ValidationError) -> None:
    """Show a service's errors at the form's fields; what names no field of the form stands above it."""
    errors = flatten(error.detail) if isinstance(error, ValidationError) else error.errors
    placed = False
    for name, texts in errors.items():
        field = name if name in form.fields else name.rsplit(".", 1)[-1]
        if field in form.fields:
            placed = True
            for text in texts:
                form.add_error(field, text)
        else:
            placed = True
            for text in texts:
                form.add_error(None, text)
    if not placed and isinstance(error, DomainError):
        form.add_error(None, error.message)
