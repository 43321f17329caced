"""Text that paper can show: what no installed font has is left out instead of printed as a box."""

from __future__ import annotations

import shutil
import subprocess
import unicodedata
from functools import lru_cache

# covered by the font that every installation has (DejaVu): Latin with its accents and the usual punctuation
_SURE = (range(0x20, 0x7F), range(0xA0, 0x180), range(0x2010, 0x2028), range(0x2030, 0x2040), range(0x20A0, 0x20BF))


def printable(text: str) -> str:
    """``text`` without marks that nobody sees and without letters and pictures that no installed font has."""
    return " ".join("".join(c for c in _joined(text) if c == "\n" or _has_glyph(c)).split(" ")).strip()


def _joined(text: str) -> str:
    """Emoji that are made of several come apart: paper shows the first, not a row of its parts."""
    out: list[str] = []
    skip = False
    for char in unicodedata.normalize("NFC", text):
        if char == "\u200d" and out and unicodedata.category(out[-1]) == "So":
            skip = True  # what follows is painted into the picture before it
            continue
        if 0xFE00 <= ord(char) <= 0xFE0F or 0x1F3FB <= ord(char) <= 0x1F3FF:
            continue
        if skip:
            skip = False
            continue
        out.append(char)
    return "".join(out)


@lru_cache(maxsize=8192)
def _has_glyph(char: str) -> bool:
    point = ord(char)
    if any(point in known for known in _SURE):
        return True
    if unicodedata.category(char) in ("Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"):
        # the two joiners shape Javanese and Arabic; a font need not draw them
        return char in "\u200c\u200d"
    return point in _installed()


@lru_cache(maxsize=1)
def _installed() -> frozenset[int]:
    """Every code point that some installed font has: asked once, when the first unusual letter is printed."""
    finder = shutil.which("fc-list")
    if finder is None:
        return frozenset()
    found = subprocess.run(  # noqa: S603 - a fixed program found on the path, no input of anybody
        [finder, "--format", "%{charset}\n"], capture_output=True, text=True, timeout=30, check=False
    )
    points: set[int] = set()
    for part in {part for line in found.stdout.splitlines() for part in line.split()}:
        first, _dash, last = part.partition("-")
        points.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(points)
