"""What Winpay's public pages say only in part ([A] in docs/integrations.md), in one place."""

from __future__ import annotations

TERMINAL = "BOSONLINE"
STATUS_METHOD = "POST"  # one table of the documentation says GET, the samples POST

# ``CCC SS ss``: what the last two digits of a refusal mean, after its HTTP status
EXTERNAL_ID_USED = ("409", "00")
TRX_ID_EXISTS = ("409", "01")
NOT_FOUND = {("404", "01"), ("404", "12")}
CONTRACT_UNKNOWN = ("500", "02")
ALREADY_PAID = ("404", "14")

# VA, payment state → ours; QR, latestTransactionStatus → ours. What is not here is to be looked at by a person.
VA_STATE = {"00": "paid", "01": "unpaid", "02": "check"}
QR_STATE = {
    "00": "paid",
    "01": "unpaid",
    "02": "unpaid",
    "03": "unpaid",
    "05": "unpaid",
    "06": "unpaid",
    "07": "unpaid",
}
