"""A form's link as a QR code, for print and screens."""

from __future__ import annotations

import io

import segno


def qr_png(text: str) -> bytes:
    """About 600 px wide, error correction M."""
    return _save(text, "png", scale=16)


def qr_svg(text: str) -> bytes:
    return _save(text, "svg", scale=8)


def _save(text: str, kind: str, *, scale: int) -> bytes:
    buffer = io.BytesIO()
    segno.make(text, error="m", micro=False).save(buffer, kind=kind, scale=scale, border=4)
    return buffer.getvalue()
