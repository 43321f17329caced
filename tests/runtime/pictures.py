"""Pictures for tests."""

from __future__ import annotations

import io

from PIL import Image


def png(width: int, height: int, mode: str = "RGB") -> bytes:
    """One colour: many pixels in few bytes."""
    buffer = io.BytesIO()
    Image.new(mode, (width, height), "white" if mode != "P" else 0).save(buffer, "PNG")
    return buffer.getvalue()
