"""The browser's side of a session: cookie → :class:`LoginSession` → member and store scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from bosonline.actor import Actor
from sellers.models import LoginSession
from sellers.queries import member_of_session

SESSION_KEY = "login_session_id"


def member_of(request: HttpRequest) -> Actor | None:
    session_id = request.session.get(SESSION_KEY)
    return member_of_session(session_id, LoginSession.Kind.WEB) if session_id else None


class MemberMiddleware:
    """Puts ``request.member`` on dashboard requests, read from the database only when someone looks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        cache: dict[str, Any] = {}

        def load() -> Actor | None:
            if "member" not in cache:
                cache["member"] = member_of(request)
            return cache["member"]

        request.load_member = load  # type: ignore[attr-defined]  # ours
        request.member = None if request.path.startswith("/api/") else SimpleLazyObject(load)  # type: ignore[attr-defined]  # ours
        return self.get_response(request)
