"""A store's own colour on buyers' pages, made readable whatever the seller picks (WCAG AA)."""

from __future__ import annotations

import re

DARK, LIGHT = "#16211f", "#ffffff"
_HEX = re.compile(r"^#?([0-9a-fA-F]{6})$")


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2)."""
    channels = []
    for at in (1, 3, 5):
        value = int(colour[at : at + 2], 16) / 255
        channels.append(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]


def contrast(one: str, other: str) -> float:
    first, second = sorted((luminance(one), luminance(other)), reverse=True)
    return (first + 0.05) / (second + 0.05)


def darkened(colour: str, *, ratio: float = 4.5) -> str:
    """The colour mixed with black until it holds ``ratio`` on white."""
    rgb = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    result = colour
    for step in range(21):
        result = "#" + "".join(f"{round(c * (20 - step) / 20):02x}" for c in rgb)
        if contrast(result, LIGHT) >= ratio:
            break
    return result


def theme_css(colour: str) -> str | None:
    """The whole of ``/theme/<hex>.css``; None when ``colour`` is not six hex digits.

    ``--brand`` is the seller's colour, ``--brand-ink`` text on it, ``--brand-text`` the colour as text on white.
    """
    match = _HEX.match(colour)
    if match is None:
        return None
    brand = f"#{match.group(1).lower()}"
    ink = LIGHT if contrast(brand, LIGHT) >= 4.5 else DARK
    if contrast(brand, ink) < 4.5:  # a middle tone that neither holds: take the deeper shade under white
        brand, ink = darkened(brand), LIGHT
    # 5.2 on white still holds 4.5 on the tinted ground behind what is chosen.
    text = darkened(brand, ratio=5.2)
    soft = "#" + "".join(f"{round(int(brand[at : at + 2], 16) * 0.08 + 255 * 0.92):02x}" for at in (1, 3, 5))
    return f":root{{--brand:{brand};--brand-ink:{ink};--brand-text:{text};--brand-soft:{soft}}}\n"
