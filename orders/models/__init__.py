"""Orders, money and parcels (product.md §§7–10)."""

from orders.models.customers import Customer
from orders.models.followups import FollowUp, MessageTemplate, Task
from orders.models.orders import Order, OrderItem, OrderNote
from orders.models.payments import GatewayCallback, Payment, Receipt
from orders.models.shipments import Shipment, TrackingEvent

__all__ = [
    "Customer",
    "FollowUp",
    "GatewayCallback",
    "MessageTemplate",
    "Order",
    "OrderItem",
    "OrderNote",
    "Payment",
    "Receipt",
    "Shipment",
    "Task",
    "TrackingEvent",
]
