"""Every API path answers with and without a trailing slash, without a redirect (api.md)."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path


def both(route: str, view: Any, name: str | None = None) -> list[URLPattern]:
    """``route`` as documented plus its other spelling (``bosonline.api.schema`` lists the documented one only)."""
    other = route[:-1] if route.endswith("/") else route + "/"
    return [path(route, view, name=name), path(other, view)]
