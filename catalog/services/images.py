"""Uploads: checked, re-encoded to WebP in several widths, everything else of the file thrown away."""

from __future__ import annotations

import io
import secrets
import warnings
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from bosonline.errors import DomainError, ValidationFailed
from catalog.models import Image
from stores.models import Store

WIDTHS = (160, 480, 1080)
MAX_PIXELS = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def image_store(*, store: Store, upload: Any, alt: str = "", folder: str = "images") -> Image:
    """Re-encode an uploaded picture (EXIF dropped, orientation kept). Raises at ``image``."""
    if upload.size > settings.UPLOAD_MAX_BYTES:
        raise DomainError(
            _("The file is larger than %(size)s MB.") % {"size": settings.UPLOAD_MAX_BYTES // 1_048_576},
            code="too_large", status=413,
        )  # fmt: skip
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)
            picture: Any = Pillow.open(upload, formats=FORMATS)
            if picture.width * picture.height > MAX_PIXELS:
                raise Pillow.DecompressionBombError
            picture = ImageOps.exif_transpose(picture).convert("RGBA" if "A" in picture.getbands() else "RGB")
    except (
        UnidentifiedImageError,
        Pillow.DecompressionBombError,
        Pillow.DecompressionBombWarning,
        OSError,
        ValueError,
    ):
        raise ValidationFailed.field(
            "image", _("Upload a JPEG, PNG or WebP picture of at most 40 megapixels.")
        ) from None
    name = f"{folder}/{store.pk}/{secrets.token_hex(12)}"
    sizes: dict[str, str] = {}
    for width in WIDTHS:
        copy = picture.copy()
        copy.thumbnail((width, width * 2))
        buffer = io.BytesIO()
        copy.save(buffer, "WEBP", quality=78, method=4)
        sizes[str(width)] = default_storage.save(f"{name}-{width}.webp", ContentFile(buffer.getvalue()))
    return Image.objects.create(store=store, width=picture.width, height=picture.height, sizes=sizes, alt=alt[:120])


def image_url(sizes: dict[str, str], width: int) -> str:
    """The URL of the smallest stored size that is at least ``width`` px wide."""
    chosen = next((sizes[str(w)] for w in WIDTHS if w >= width and str(w) in sizes), None)
    chosen = chosen or next(iter(sizes.values()), "")
    return default_storage.url(chosen) if chosen else ""
