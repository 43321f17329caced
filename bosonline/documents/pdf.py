"""PDF documents: an HTML template rendered by WeasyPrint. Nothing is fetched from anywhere."""

from __future__ import annotations

import base64
import io
from functools import lru_cache
from typing import Any

import barcode
from barcode.writer import SVGWriter
from django.template.loader import render_to_string
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration


class OutsideFetch(Exception):
    """A document asked for something that is not embedded in it."""


def _only_data(url: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    if not url.startswith("data:"):
        raise OutsideFetch(url[:60])
    head, _sep, payload = url.partition(",")
    mime = head[5:].split(";")[0]
    return {"string": base64.b64decode(payload), "mime_type": mime}


@lru_cache(maxsize=1)
def _fonts() -> FontConfiguration:
    return FontConfiguration()


@lru_cache(maxsize=8)
def _stylesheet(css: str) -> CSS:
    """Parsing a stylesheet costs more than laying out a label: each one is parsed once per process."""
    return CSS(string=css, font_config=_fonts())


def render_pdf(template: str, context: dict[str, Any], css_template: str) -> bytes:
    """Render ``template`` with the stylesheet of ``css_template`` to one PDF."""
    html = render_to_string(template, context)
    css = render_to_string(css_template, {"size": context.get("size", "A4")})
    document = HTML(string=html, url_fetcher=_only_data)
    return bytes(document.write_pdf(stylesheets=[_stylesheet(css)], font_config=_fonts()) or b"")


def code128(text: str) -> str:
    """A Code 128 barcode as a data URL (SVG), without the text below it."""
    if not text:
        return ""
    buffer = io.BytesIO()
    writer = SVGWriter()
    barcode.get("code128", text, writer=writer).write(
        buffer, {"write_text": False, "module_height": 14.0, "module_width": 0.32, "quiet_zone": 2.0}
    )
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode()
