"""Pictures from outside, made safe: checked by content, turned upright, stripped, encoded anew.

    picture = image_open(upload)                   # raises an ImageRefused: 413 or 422 at the field
    for copy in image_copies(picture, (160, 480)):
        storage.save(f"{name}-{copy.box}.{copy.extension}", ContentFile(copy.data))

Nothing of the file survives but its pixels: no EXIF (place, camera), no comments, no second file hidden behind the
picture. What is no JPEG, PNG, WebP or GIF by its content is refused whatever it is called, SVG with and without
script among it. The size in bytes is looked at before anything is read, the size in pixels before anything is decoded.
A process decodes at most ``IMAGE_MAX_PIXELS`` at once, whoever sends them; a large picture is made small before anything else
is done with it, and its memory goes back to the system.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import threading
import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image as Pillow
from PIL import ImageCms, ImageFile, ImageOps, UnidentifiedImageError

from bosonline.errors import DomainError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


class ImageRefused(DomainError):
    """The upload cannot be used. ``errors`` names the field it came in."""

    status, code = 422, "image_invalid"

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message, errors={field: [message]})


class ImageTooLarge(ImageRefused):
    """More bytes than ``UPLOAD_MAX_BYTES``."""

    status, code = 413, "too_large"


class ImageTooManyPixels(ImageRefused):
    """More pixels than ``IMAGE_MAX_PIXELS``, decoded it would fill the memory."""

    code = "too_many_pixels"


class ImageWrongType(ImageRefused):
    """No JPEG, PNG, WebP or GIF by its content."""

    code = "wrong_type"


class ImageBusy(ImageRefused):
    """Too many pictures at this moment."""

    status, code = 503, "busy"


class ImageBroken(ImageRefused):
    """Cut off or damaged."""

    code = "image_broken"


class _Desk:
    """How many pixels this process has on it. One waits for room; more than that are sent away, because who waits keeps a
    thread that could serve somebody else."""

    LARGE = 4_000_000  # below, nobody need wait
    PATIENCE = 8.0

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.pixels = self.waiting = 0

    @contextlib.contextmanager
    def hold(self, pixels: int, field: str) -> Iterator[None]:
        if pixels <= self.LARGE:
            yield
            return
        with self.changed:
            if not self._fits(pixels):
                if self.waiting:
                    raise _busy(field)
                self.waiting += 1
                ends = time.monotonic() + self.PATIENCE
                try:
                    while not self._fits(pixels):
                        if not self.changed.wait(ends - time.monotonic()):
                            raise _busy(field)
                finally:
                    self.waiting -= 1
            self.pixels += pixels
        try:
            yield
        finally:
            _give_back()
            with self.changed:
                self.pixels -= pixels
                self.changed.notify_all()

    def _fits(self, pixels: int) -> bool:
        return self.pixels == 0 or self.pixels + pixels <= settings.IMAGE_MAX_PIXELS


_desk = _Desk()
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc; other libraries give memory back by themselves


def _give_back() -> None:
    """The allocator keeps what was freed for later; after a large picture that is hundreds of megabytes."""
    if _trim is not None:
        _trim(0)


def _busy(field: str) -> ImageBusy:
    return ImageBusy(_("Many pictures are being uploaded at this moment. Try again in a few seconds."), field=field)


@dataclass(frozen=True, slots=True)
class Copy:
    """An encoded copy that fits into ``box`` px width; ``width`` and ``height`` are its own."""

    box: int
    width: int
    height: int
    data: bytes
    extension: str
    content_type: str


def image_open(
    upload: Any, *, field: str = "image", max_bytes: int | None = None, need_width: int | None = None
) -> Pillow.Image:
    """The decoded picture, upright, in sRGB, ``RGB`` or ``RGBA``.

    ``upload`` is a file with ``size`` (Django's ``UploadedFile``, ``ContentFile``). ``need_width``: the largest copy
    that will be made; a JPEG is then decoded at a fraction of its size, which saves most of the memory.
    Raises an :class:`ImageRefused`.
    """
    limit = settings.UPLOAD_MAX_BYTES if max_bytes is None else max_bytes
    if upload.size > limit:
        raise ImageTooLarge(_("The file is larger than %(size)s MB.") % {"size": limit // 1_048_576}, field=field)
    if upload.size == 0:
        raise ImageBroken(_("The file is empty."), field=field)
    # Importing WeasyPrint switches this on for the whole process: half a picture would then pass for a whole one.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)  # our own limit follows
        try:
            picture: Pillow.Image = Pillow.open(upload, formats=FORMATS)
        except UnidentifiedImageError:
            raise ImageWrongType(_("Upload a JPEG, PNG, WebP or GIF picture."), field=field) from None
        except Pillow.DecompressionBombError:
            raise _too_many(field) from None
        except (OSError, ValueError, SyntaxError, OverflowError):
            raise ImageBroken(_("This picture is damaged. Save it again and retry."), field=field) from None
    if picture.width * picture.height > settings.IMAGE_MAX_PIXELS:
        raise _too_many(field)
    try:
        if picture.format == "JPEG" and need_width:
            side = need_width * 2
            picture.draft(None, (side, side))
        with _desk.hold(picture.width * picture.height, field):
            picture.load()
            if need_width and picture.width * picture.height > _Desk.LARGE:
                return _small(picture, need_width)
            return _srgb(ImageOps.exif_transpose(picture))
    except Pillow.DecompressionBombError:
        raise _too_many(field) from None
    except (OSError, ValueError, SyntaxError, OverflowError, IndexError, KeyError, TypeError, EOFError, MemoryError):
        # Pillow's readers raise all of these for damaged files
        raise ImageBroken(_("This picture is damaged. Save it again and retry."), field=field) from None


def _small(picture: Pillow.Image, need_width: int) -> Pillow.Image:
    """Twice what the largest copy needs, upright: everything after the decoding is done with that."""
    # turned pictures swap their sides; the smaller factor is right for both
    factor = int(max(min(picture.width, picture.height) / (2 * need_width), max(picture.size) / (4 * need_width), 1))
    if factor == 1:
        return _srgb(ImageOps.exif_transpose(picture))
    info, exif = picture.info, picture.getexif()
    if picture.mode.startswith("I;16"):
        small = picture.resize((picture.width // factor, picture.height // factor), Pillow.Resampling.NEAREST)
    else:
        mode = picture.mode
        if "transparency" in info or mode in ("PA", "LA"):
            mode = "RGBA"
        elif mode in ("P", "1"):  # an average of palette numbers is no colour
            mode = "RGB"
        small = Pillow.new(mode, (-(-picture.width // factor), -(-picture.height // factor)))
        step = factor * max(1, 256 // factor)  # in strips: a second whole picture is never there
        for top in range(0, picture.height, step):
            strip = picture.crop((0, top, picture.width, min(picture.height, top + step)))
            small.paste((strip if strip.mode == mode else strip.convert(mode)).reduce(factor), (0, top // factor))
        info = {name: value for name, value in info.items() if name != "transparency"}
    small.info = {name: info[name] for name in ("icc_profile", "transparency") if name in info}
    orientation = exif.get(0x0112)
    turns = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # EXIF's numbers to Pillow's
    if orientation in turns:
        turned = small.transpose(Pillow.Transpose(turns[orientation]))
        turned.info = small.info
        small = turned
    return _srgb(small)


def _too_many(field: str) -> ImageTooManyPixels:
    megapixels = settings.IMAGE_MAX_PIXELS // 1_000_000
    return ImageTooManyPixels(_("The picture has more than %(n)s megapixels.") % {"n": megapixels}, field=field)


def _srgb(picture: Pillow.Image) -> Pillow.Image:
    """Colours as every screen shows them: an embedded profile is applied, then forgotten."""
    profile = picture.info.get("icc_profile")
    has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            picture = converted or picture
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a broken profile: the numbers as they are
    if picture.mode.startswith("I;16"):
        picture = picture.point(lambda value: value / 256).convert("L")
    return picture.convert("RGBA" if has_alpha else "RGB")


def image_copies(
    picture: Pillow.Image, boxes: Iterable[int], *, format: str = "WEBP", quality: int = 78, ratio: float = 2.0
) -> list[Copy]:
    """One copy per box: at most ``box`` px wide and ``box × ratio`` px high, never enlarged.

    ``format`` is ``WEBP`` or ``JPEG`` (which has no transparency: the background becomes white).
    """
    copies = []
    for box in boxes:
        copy = picture.copy()
        copy.thumbnail((box, max(1, round(box * ratio))))
        buffer = io.BytesIO()
        if format == "JPEG":
            if copy.mode == "RGBA":
                paper = Pillow.new("RGB", copy.size, "white")
                paper.paste(copy, mask=copy.getchannel("A"))
                copy = paper
            copy.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
        else:
            copy.save(buffer, "WEBP", quality=quality, method=4)
        extension, kind = ("jpg", "image/jpeg") if format == "JPEG" else ("webp", "image/webp")
        copies.append(Copy(box, copy.width, copy.height, buffer.getvalue(), extension, kind))
    return copies
