"""Uploads: checked, re-encoded to WebP in several widths, everything else of the file thrown away."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.files.base import ContentFile

from bosonline import files
from bosonline.actor import Actor
from bosonline.images import image_copies, image_open
from catalog.models import Image
from stores.models import Store

WIDTHS = (160, 480, 1080)


def image_store(*, store: Store, upload: Any, actor: Actor, alt: str = "") -> Image:
    """Re-encode an uploaded picture (EXIF dropped, orientation kept). Raises an ``ImageRefused`` at ``image``."""
    actor.require_any("products.edit", "forms.edit")
    picture = image_open(upload, need_width=WIDTHS[-1])
    name = f"images/{store.pk}/{secrets.token_hex(12)}"
    copies = image_copies(picture, WIDTHS)
    sizes = {
        str(copy.box): files.public().save(f"{name}-{copy.box}.{copy.extension}", ContentFile(copy.data))
        for copy in copies
    }
    largest = copies[-1]
    return Image.objects.create(store=store, width=largest.width, height=largest.height, sizes=sizes, alt=alt[:120])


def image_url(sizes: dict[str, str], width: int) -> str:
    """The URL of the smallest stored size that is at least ``width`` px wide."""
    chosen = next((sizes[str(w)] for w in WIDTHS if w >= width and str(w) in sizes), None)
    chosen = chosen or next(iter(sizes.values()), "")
    return files.picture_url(chosen)
