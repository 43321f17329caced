"""Everything about BosCOD that no public page says ([A] in docs/integrations.md), in one place."""

from __future__ import annotations

COURIER_LIST = "/v1/courier"
AREA_SEARCH = "/v1/address/search"
ORDER_BY_CODE = "/v1/order/by-code/{order_code}"
BALANCE = "/v1/bospay/balance"
PICKUP_POINT = "/v1/pickup-point"
TRACKING = "/v1/order/tracking/{order_number}"

PAGE = 100
SIGNATURE_HEADER = "X-Boscod-Signature"
EVENT_HEADER = "X-Boscod-Event-Id"
COD_FEE_BP = 300
VAT_BP = 1100
INSURANCE_BP = 20

# courier status code → our shipping status. "2" = delivered is public; the rest is ours until seen otherwise.
STATUS = {
    "0": "awaiting_pickup",
    "1": "picked_up",
    "2": "delivered",
    "3": "in_transit",
    "4": "out_for_delivery",
    "5": "problem",
    "6": "return_in_transit",
    "7": "returned",
    "8": "lost",
    "9": "damaged",
    "10": "cancelled",
}
