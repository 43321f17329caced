"""PDF documents: an HTML template rendered by WeasyPrint. Nothing is fetched from anywhere."""

from __future__ import annotations

import base64
import io
from functools import lru_cache
from typing import Any

import barcode
from barcode.writer import SVGWriter
from django.template.loader import render_to_string


@lru_cache(maxsize=1)
def _engine() -> Any:
    """WeasyPrint, loaded when the first document is asked for: most processes never print."""
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

    fetcher = URLFetcher(allowed_protocols=["data"], fail_on_errors=True)
    return weasyprint, FontConfiguration(), fetcher


@lru_cache(maxsize=8)
def _stylesheet(css: str) -> Any:
    """Parsing a stylesheet costs more than laying out a label: each one is parsed once per process."""
    weasyprint, fonts, _fetcher = _engine()
    return weasyprint.CSS(string=css, font_config=fonts)


def render_pdf(template: str, context: dict[str, Any], css_template: str) -> bytes:
    """Render ``template`` with the stylesheet of ``css_template`` to one PDF."""
    html = render_to_string(template, context)
    css = render_to_string(css_template, {"size": context.get("size", "A4")})
    weasyprint, fonts, fetcher = _engine()
    document = weasyprint.HTML(string=html, url_fetcher=fetcher)
    return bytes(document.write_pdf(stylesheets=[_stylesheet(css)], font_config=fonts) or b"")


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
