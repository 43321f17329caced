"""Pictures from outside: what is refused, with which error, and what is left of what is kept."""

from __future__ import annotations

import contextlib
import io
import random
import struct
import zlib
from typing import Any

import pytest
from django.core.files.base import ContentFile
from PIL import Image, ImageFile, PngImagePlugin

from bosonline.images import (
    ImageBroken,
    ImageRefused,
    ImageTooLarge,
    ImageTooManyPixels,
    ImageWrongType,
    image_copies,
    image_open,
)


def encoded(kind: str, size: tuple[int, int] = (300, 200), mode: str = "RGB", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, 0 if mode in "1LP" else (200, 30, 30, 255)[: len(mode)]).save(buffer, kind, **options)
    return buffer.getvalue()


def opened(data: bytes, **options: Any) -> Image.Image:
    return image_open(ContentFile(data, name="apa.jpg"), **options)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_the_usual_formats_are_taken_whatever_they_are_called(kind: str) -> None:
    picture = opened(encoded(kind))
    assert picture.size == (300, 200) and picture.mode in ("RGB", "RGBA")


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><rect width='1' height='1'/></svg>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>",
        b"%PDF-1.7 ...", b"MZ" + b"\0" * 200, b"<html><script>alert(1)</script></html>", b"GIF8", b"x",
        encoded("BMP"), encoded("TIFF"), encoded("ICO", (32, 32)),
    ],
)  # fmt: skip
def test_what_is_no_picture_by_its_content_is_refused(data: bytes) -> None:
    with pytest.raises(ImageRefused) as refused:
        opened(data)
    assert isinstance(refused.value, ImageWrongType | ImageBroken) and refused.value.status == 422
    assert list(refused.value.errors) == ["image"]


def test_the_field_of_the_upload_carries_the_error() -> None:
    with pytest.raises(ImageWrongType) as refused:
        opened(b"nothing", field="logo")
    assert list(refused.value.errors) == ["logo"]


def test_too_many_bytes_are_refused_before_a_byte_is_read() -> None:
    class Unreadable:
        size = 50 * 1024 * 1024

        def read(self, *args: Any) -> bytes:
            raise AssertionError("read")

    with pytest.raises(ImageTooLarge) as refused:
        image_open(Unreadable())
    assert (refused.value.status, refused.value.code) == (413, "too_large")
    with pytest.raises(ImageTooLarge):
        opened(encoded("PNG"), max_bytes=10)


def _bomb(width: int, height: int) -> bytes:
    """A PNG of some hundred bytes that claims to be enormous."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 10_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(7_000, 7_000), (50_000, 50_000), (1, 2**31 - 1)])
def test_a_bomb_is_refused_by_its_size_in_pixels(size: tuple[int, int]) -> None:
    with pytest.raises(ImageTooManyPixels):
        opened(_bomb(*size))


def test_a_text_bomb_inside_a_png_is_refused() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * 80_000_000, zip=True)
    with pytest.raises(ImageBroken):
        opened(encoded("PNG", pnginfo=info))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_cut_and_damaged_files_are_refused_or_read_but_never_a_crash(kind: str) -> None:
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # as the PDF library leaves it
    chance = random.Random(3)
    noise = Image.effect_noise((160, 120), 80).convert("RGB")
    buffer = io.BytesIO()
    noise.save(buffer, kind)
    whole = buffer.getvalue()
    with pytest.raises(ImageRefused):
        opened(whole[: len(whole) // 3])
    with pytest.raises(ImageBroken):
        opened(b"")
    for _round in range(60):
        damaged = bytearray(whole)
        for _byte in range(chance.randint(1, 20)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        with contextlib.suppress(ImageRefused):
            image_copies(opened(bytes(damaged)), (80,))


def test_place_and_camera_are_dropped_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right
    exif[0x010F] = "Kamera Rahasia"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "S", (6.0, 42.0, 0.0)
    data = encoded("JPEG", (300, 200), exif=exif, comment=b"rahasia")
    assert b"Kamera Rahasia" in data
    (copy,) = image_copies(opened(data, need_width=100), (100,))
    assert (copy.width, copy.height) == (100, 150)
    assert b"Kamera" not in copy.data and b"rahasia" not in copy.data and b"EXIF" not in copy.data
    assert not Image.open(io.BytesIO(copy.data)).getexif()


@pytest.mark.parametrize(
    ("kind", "mode", "result"),
    [("PNG", "RGBA", "RGBA"), ("PNG", "LA", "RGBA"), ("PNG", "P", "RGB"), ("PNG", "1", "RGB"), ("PNG", "I;16", "RGB"),
     ("JPEG", "CMYK", "RGB"), ("JPEG", "L", "RGB")],
)  # fmt: skip
def test_every_kind_of_colour_becomes_rgb_or_rgba(kind: str, mode: str, result: str) -> None:
    buffer = io.BytesIO()
    Image.new(mode, (20, 10)).save(buffer, kind)
    assert opened(buffer.getvalue()).mode == result


def test_copies_fit_their_boxes_and_are_never_enlarged() -> None:
    picture = opened(encoded("PNG", (600, 3000), "RGBA"))
    sizes = [(c.box, c.width, c.height, c.extension) for c in image_copies(picture, (100, 400, 2000))]
    assert sizes == [(100, 40, 200, "webp"), (400, 160, 800, "webp"), (2000, 600, 3000, "webp")]
    (jpeg,) = image_copies(opened(encoded("PNG", (50, 50), "RGBA")), (50,), format="JPEG")
    assert jpeg.content_type == "image/jpeg" and Image.open(io.BytesIO(jpeg.data)).format == "JPEG"


def test_a_large_photo_is_decoded_small_when_only_small_copies_are_wanted() -> None:
    data = encoded("JPEG", (6000, 4000))
    picture = opened(data, need_width=320)
    assert 640 <= picture.width <= 1600
    assert image_copies(picture, (320,))[0].width == 320
