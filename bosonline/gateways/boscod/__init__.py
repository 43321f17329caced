"""BosCOD, the courier aggregator (integrations.md). Grams, cm and rupiah on our side; kg and its own types on theirs."""

from bosonline.gateways.boscod.client import (
    Area,
    BookedParcel,
    BosCodClient,
    CourierInfo,
    Rate,
    RatesResult,
    Region,
    ShipmentRequest,
    Tracking,
    TrackingEvent,
    WebhookEvent,
    boscod_client,
)

__all__ = [
    "Area",
    "BookedParcel",
    "BosCodClient",
    "CourierInfo",
    "Rate",
    "RatesResult",
    "Region",
    "ShipmentRequest",
    "Tracking",
    "TrackingEvent",
    "WebhookEvent",
    "boscod_client",
]
