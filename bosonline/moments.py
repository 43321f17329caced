"""Times as the API shows them: ISO 8601 with the offset of the store's zone (api.md, Conventions)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from rest_framework import serializers

ZONE = "Asia/Jakarta"


def iso_in(moment: datetime | None, zone: str) -> str | None:
    """``moment`` in ``zone``; None stays None."""
    return moment.astimezone(ZoneInfo(zone or ZONE)).isoformat() if moment else None


class MomentField(serializers.DateTimeField):
    """A moment of this century: one at the edge of what a calendar holds cannot be shown in every time zone."""

    def to_internal_value(self, value: Any) -> datetime:
        moment: datetime = super().to_internal_value(value)
        if not 2000 <= moment.year <= 2100:
            raise serializers.ValidationError(_("Choose a date between 2000 and 2100."))
        return moment
