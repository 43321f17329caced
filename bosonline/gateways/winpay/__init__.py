"""Winpay: virtual accounts and QRIS by SNAP, Bank Indonesia's standard (integrations.md)."""

from bosonline.gateways.winpay.callbacks import Callback, read_callback
from bosonline.gateways.winpay.client import (
    CHANNELS,
    AlreadyPaid,
    ContractUnknown,
    NotFoundAtGateway,
    PaymentState,
    QrisPayment,
    TrxIdExists,
    VaState,
    VirtualAccount,
    WinpayClient,
    winpay_client,
)

__all__ = [
    "CHANNELS",
    "AlreadyPaid",
    "Callback",
    "ContractUnknown",
    "NotFoundAtGateway",
    "PaymentState",
    "QrisPayment",
    "TrxIdExists",
    "VaState",
    "VirtualAccount",
    "WinpayClient",
    "read_callback",
    "winpay_client",
]
