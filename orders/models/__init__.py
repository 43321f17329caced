"""Orders, money and parcels (product.md §§7–10)."""

from orders.models.customers import Customer
from orders.models.followups import FollowUp, MessageTemplate, Task
from orders.models.orders import Order, OrderItem, OrderNote
from orders.models.payments import GatewayCallback, Payment, Receipt
from orders.models.reading import OrderChange, OrderSearch, OrderTally, OrderTallyState
from orders.models.shipments import FormerAwb, ParcelAlert, Shipment, TrackingEvent

__all__ = [
    "Customer",
    "FollowUp",
    "FormerAwb",
    "GatewayCallback",
    "MessageTemplate",
    "Order",
    "OrderChange",
    "OrderItem",
    "OrderNote",
    "OrderSearch",
    "OrderTally",
    "OrderTallyState",
    "ParcelAlert",
    "Payment",
    "Receipt",
    "Shipment",
    "Task",
    "TrackingEvent",
]
