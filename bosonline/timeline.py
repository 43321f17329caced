"""The audit timeline: who changed what, when, from which value to which (product.md §7)."""

from __future__ import annotations

from typing import Any

from bosonline.models import TimelineEntry


def record(
    *,
    store_id: int,
    subject: str,
    subject_id: int,
    kind: str,
    actor_id: int | None = None,
    actor_label: str = "",
    data: dict[str, Any] | None = None,
) -> None:
    """Append a line. ``actor_label`` names an actor that is no user: ``buyer``, ``boscod``, ``winpay``, ``system``."""
    TimelineEntry.objects.create(
        store_id=store_id,
        subject=subject,
        subject_id=subject_id,
        kind=kind,
        actor_id=actor_id,
        actor_label=actor_label,
        data=data or {},
    )
