"""OpenAPI: every endpoint has its contract group as tag and its actor named."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema


def only_public_paths(endpoints: list[Any]) -> list[Any]:
    """Keep the documented spelling of each path; the other one (with or without slash) answers but is not listed."""
    return [e for e in endpoints if e[0].startswith("/api/v1/") and not e[0].endswith("/?")]


class BosAutoSchema(AutoSchema):
    def get_tags(self) -> list[str]:
        return [getattr(self.view, "group", "") or "other"]

    def get_auth(self) -> list[dict[str, Any]]:
        return [] if getattr(self.view, "actor", "") == "public" else [{"bearer": []}]

    def get_description(self) -> str:
        text = super().get_description() or ""
        return f"{text}\n\nActor: {getattr(self.view, 'actor', '')}".strip()

    def get_operation_id(self) -> str:
        return f"{type(self.view).__name__}_{self.method.lower()}"
