"""Winpay: virtual accounts and QRIS by SNAP, Bank Indonesia's standard (integrations.md)."""

from bosonline.gateways.winpay.client import (
    CHANNELS,
    PaidCallback,
    PaymentState,
    QrisPayment,
    VirtualAccount,
    WinpayClient,
    winpay_client,
)

__all__ = [
    "CHANNELS",
    "PaidCallback",
    "PaymentState",
    "QrisPayment",
    "VirtualAccount",
    "WinpayClient",
    "winpay_client",
]
