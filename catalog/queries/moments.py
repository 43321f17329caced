"""Times in the zone of the store whose scope is open."""

from __future__ import annotations

from datetime import datetime

from bosonline.moments import iso_in
from bosonline.tenancy import current_store


def moment(value: datetime) -> str:
    """ISO 8601 with the offset of the store's zone."""
    return str(iso_in(value, getattr(current_store(), "time_zone", "")))
