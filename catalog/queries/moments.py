"""Times as the API shows them: ISO 8601 with the offset of the store's zone (api.md, Conventions)."""

from __future__ import annotations

import zoneinfo
from datetime import datetime

from bosonline.tenancy import current_store


def moment(value: datetime) -> str:
    """``value`` in the zone of the store whose scope is open."""
    zone = zoneinfo.ZoneInfo(getattr(current_store(), "time_zone", "") or "Asia/Jakarta")
    return value.astimezone(zone).isoformat()
