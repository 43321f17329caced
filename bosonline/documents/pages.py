"""A PDF from outside becomes a picture: of the file nothing is kept but what its first page looks like."""

from __future__ import annotations

import threading
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image as Pillow

from bosonline.images import ImageBroken, ImageTooLarge

HEAD = b"%PDF-"
LONGEST = 5  # times its width: what is longer is no page
_lock = threading.Lock()  # PDFium is not made for threads


def is_pdf(upload: Any) -> bool:
    """By its content, whatever it is called."""
    begin = upload.read(1024)
    upload.seek(0)
    return HEAD in begin


def pdf_page(upload: Any, *, field: str, width: int) -> Pillow.Image:
    """The first page, ``width`` pixels wide. Raises an ``ImageRefused`` at ``field``."""
    if upload.size > settings.UPLOAD_MAX_BYTES:
        megabytes = settings.UPLOAD_MAX_BYTES // 1_048_576
        raise ImageTooLarge(_("The file is larger than %(size)s MB.") % {"size": megabytes}, field=field)
    import pypdfium2  # here: a process that never sees a PDF does not load it

    data = upload.read()
    try:
        with _lock:
            document = pypdfium2.PdfDocument(data)
            try:
                page = document[0]
                page_width, page_height = page.get_size()
                if not 0 < page_width <= 20_000 or not 0 < page_height <= page_width * LONGEST:
                    raise ImageBroken(_("This page has no usual size. Send a photo of it instead."), field=field)
                picture: Pillow.Image = page.render(scale=width / page_width).to_pil()
            finally:
                document.close()
    except (pypdfium2.PdfiumError, IndexError, ValueError, OSError, MemoryError):
        raise ImageBroken(
            _("This PDF is damaged or locked. Send a photo or a screenshot instead."), field=field
        ) from None
    return picture.convert("RGB")
