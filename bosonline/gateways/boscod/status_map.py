"""From the courier's code or words to our shipping status (product.md §7, axis 3)."""

from __future__ import annotations

import re

from bosonline.gateways.boscod.assumptions import STATUS

# Notes of ID Express and the other couriers as they are seen in the wild; the first match wins.
NOTES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), status)
    for pattern, status in (
        (r"^paket telah diterima oleh", "picked_up"),
        (r"(dikembalikan|retur).*(diterima|pengirim telah)", "returned"),
        (r"retur|dikembalikan|kembali ke pengirim", "return_in_transit"),
        (r"gagal|bermasalah|tidak di tempat|alamat tidak|ditolak|reschedule|tunda", "problem"),
        (r"hilang", "lost"),
        (r"rusak", "damaged"),
        (r"^paket telah diterima|terkirim|delivered", "delivered"),
        (r"akan dikirim ke alamat|sedang diantar|out for delivery", "out_for_delivery"),
        (r"akan dikirimkan ke|telah sampai di|transit", "in_transit"),
        (r"dijemput|pick ?up", "picked_up"),
    )
)


def shipping_status_of(code: str | None, note: str) -> str | None:
    """Our status for a courier's code (preferred) or note; None when neither says anything we know."""
    if code and code in STATUS:
        return STATUS[code]
    return next((status for pattern, status in NOTES if pattern.search(note)), None)
