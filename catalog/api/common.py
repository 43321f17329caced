"""What the catalogue's views share."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from bosonline.actor import Actor

LIST = [
    OpenApiParameter("start", int), OpenApiParameter("limit", int), OpenApiParameter("sort_by", str),
    OpenApiParameter("sort_dir", str), OpenApiParameter("category", str), OpenApiParameter("keyword", str),
    OpenApiParameter("after", str),
]  # fmt: skip


def without_cost(member: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Who may not see the cost may not set it either: what was sent of it is not looked at."""
    if not member.may("see_cost"):
        data.pop("cost_price", None)
        for variant in data.get("variants", ()):
            variant.pop("cost_price", None)
    return data
