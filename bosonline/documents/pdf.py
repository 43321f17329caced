"""PDF documents: an HTML template rendered by WeasyPrint. Nothing is fetched from anywhere."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import barcode
from barcode.writer import SVGWriter
from django.template.loader import render_to_string

from bosonline.errors import TooMany


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


# Laying out is Python from beginning to end: two at once only make both late, and everybody else in the process.
_printer = threading.Lock()
_queue = threading.Semaphore(2)  # one prints, one waits; who waits keeps a thread that could serve somebody else
PATIENCE = 10.0
CHUNK = 10


@contextmanager
def _turn(patient: bool) -> Iterator[None]:
    if patient:
        with _printer:
            yield
        return
    if not _queue.acquire(blocking=False):
        raise TooMany(3)
    try:
        if not _printer.acquire(timeout=PATIENCE):
            raise TooMany(5)
        try:
            yield
        finally:
            _printer.release()
    finally:
        _queue.release()


def render_pdf(template: str, context: dict[str, Any], css_template: str) -> bytes:
    """Render ``template`` with the stylesheet of ``css_template`` to one PDF. Raises :class:`TooMany` when others print."""
    with _turn(patient=False):
        weasyprint, fonts, fetcher = _engine()
        document = weasyprint.HTML(string=render_to_string(template, context), url_fetcher=fetcher)
        return bytes(document.write_pdf(stylesheets=[_css(css_template, context)], font_config=fonts) or b"")


def render_pdf_file(
    template: str, context: dict[str, Any], name: str, pages: list[Any], css_template: str, path: Path
) -> Iterator[int]:
    """The same for a background job: many ``pages``, which the template calls
    ``name``, a few at a time, into a file. Yields how many are laid out."""
    weasyprint, fonts, fetcher = _engine()
    documents: list[Any] = []
    for at in range(0, len(pages), CHUNK):
        with _turn(patient=True):
            html = render_to_string(template, context | {name: pages[at : at + CHUNK]})
            documents.append(
                weasyprint.HTML(string=html, url_fetcher=fetcher).render(
                    stylesheets=[_css(css_template, context)], font_config=fonts
                )
            )
        yield min(at + CHUNK, len(pages))
    with _turn(patient=True):
        documents[0].copy([page for document in documents for page in document.pages]).write_pdf(str(path))


def _css(template: str, context: dict[str, Any]) -> Any:
    return _stylesheet(render_to_string(template, {"size": context.get("size", "A4")}))


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
