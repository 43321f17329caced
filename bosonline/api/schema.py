"""OpenAPI: every endpoint has its contract group as tag and its actor named."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

# The only documented path that ends with a slash; of every other path the spelling without one is listed.
WITH_SLASH = {"/api/v1/auth/refresh/"}


def only_public_paths(endpoints: list[Any]) -> list[Any]:
    """Each path once, in its documented spelling (both spellings answer)."""
    return [
        e
        for e in endpoints
        if e[0].startswith("/api/v1/")
        and (e[0] in WITH_SLASH or not e[0].endswith("/"))
        and e[0] + "/" not in WITH_SLASH
    ]


class BosAutoSchema(AutoSchema):
    def get_tags(self) -> list[str]:
        return [getattr(self.view, "group", "") or "other"]

    def get_auth(self) -> list[dict[str, Any]]:
        return [] if getattr(self.view, "actor", "") == "public" else [{"bearer": []}]

    def get_description(self) -> str:  # type: ignore[override]  # drf-spectacular asks without arguments
        text = super().get_description() or ""
        return f"{text}\n\nActor: {getattr(self.view, 'actor', '')}".strip()

    def get_operation_id(self) -> str:
        return f"{type(self.view).__name__}_{self.method.lower()}"
