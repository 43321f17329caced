"""OpenAPI: every endpoint has its contract group as tag and its actor named."""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema

from bosonline.api.refusals import REFUSALS

WRITES = ("post", "put", "patch", "delete")
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


# Groups whose operations ask a courier aggregator or a payment gateway.
OUTSIDE = ("boscod", "checkout", "payment", "order", "profile", "store", "shipping")


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

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        """The declared answers and every refusal this operation can give."""
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status in self.refusals():
            bodies.setdefault(
                str(status),
                {"description": REFUSALS[status],
                 "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}},
            )  # fmt: skip
        return dict(sorted(bodies.items()))

    def refusals(self) -> list[int]:
        """The statuses that may refuse this operation, by what it is: who may call it, what it takes, what it asks."""
        writes = self.method.lower() in WRITES
        public = getattr(self.view, "actor", "") == "public"
        found = {422, 429, 503}
        if not public:
            found |= {401, 403}
        if "{" in self.path or public or writes:
            found.add(404)
        if writes:
            found |= {400, 409, 411, 413, 415}
        if getattr(self.view, "group", "") in OUTSIDE:
            found.add(502)
        return sorted(found)
