"""What every page needs: who is logged in, the navigation they may see, whether services are simulated."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    member = getattr(request, "member", None)
    context: dict[str, Any] = {
        "member": member or None,
        "simulation": bool(settings.SANDBOX_URL),
        "request_id": getattr(request, "request_id", ""),
        "LANGUAGE_CODE": getattr(request, "LANGUAGE_CODE", settings.LANGUAGE_CODE),
    }
    builder = getattr(request, "page_context", None)
    if member and builder is not None:
        context.update(builder())
    return context
