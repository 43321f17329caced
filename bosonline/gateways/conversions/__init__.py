"""Conversion events from the server: Meta, TikTok, Google Analytics (integrations.md)."""

from bosonline.gateways.conversions.client import EventData, EventItem, conversion_client, hashed

__all__ = ["EventData", "EventItem", "conversion_client", "hashed"]
