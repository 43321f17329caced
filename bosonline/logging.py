"""Structured logs: one formatter for structlog and the standard library; secrets, phone numbers and e-mail addresses never leave."""

from __future__ import annotations

import logging
import logging.config
import re
from typing import Any

import structlog

_SECRET = re.compile(r"pass(word)?|token|secret|authorization|api_?key|private_key|cookie|signature", re.IGNORECASE)
# Indonesian mobile numbers as people write them: with spaces, dots or dashes between the groups
_PHONE = re.compile(r"(?<![\w])(?:\+?62|0)[ .-]?8(?:[ .-]?\d){7,12}(?!\d)")
_EMAIL = re.compile(r"[\w.+%-]+@((?:[\w-]+\.)+[A-Za-z]{2,})")
_DEEPEST = 6


def _hide_phone(match: re.Match[str]) -> str:
    text = match.group()
    return text[:4] + "****" + text[-3:]


def _clean(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return _EMAIL.sub(r"***@\1", _PHONE.sub(_hide_phone, value))
    if isinstance(value, BaseException):
        return _clean(f"{type(value).__name__}: {value}")
    if depth >= _DEEPEST:
        return "[deep]" if isinstance(value, dict | list | tuple | set) else value
    if isinstance(value, dict):
        return {k: "[hidden]" if _SECRET.search(str(k)) else _clean(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple | set):
        return [_clean(v, depth + 1) for v in value]
    return value


def redact(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Drop the values of secret keys, the middle of phone numbers and the names in e-mail addresses: in nested values and in
    the text of exceptions as well (PostgreSQL quotes the row that it refuses)."""
    for key, value in event.items():
        if key.startswith("_"):  # structlog's own, removed before rendering
            continue
        event[key] = "[hidden]" if _SECRET.search(key) else _clean(value)
    return event


def configure_logging(*, json_lines: bool, level: str) -> None:
    """structlog and the standard library through one formatter; ``request_id`` comes from structlog's context."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if json_lines
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=24)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "all": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "all"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                "fontTools": {"level": "ERROR"},
                "weasyprint": {"level": "ERROR"},
                "django.server": {"level": "WARNING"},
            },
        }
    )
