"""What a log line may hold."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from bosonline.logging import configure_logging, redact


@pytest.fixture
def lines() -> io.StringIO:
    """The root handler's output as JSON lines, put back afterwards."""
    return io.StringIO()


def test_secrets_and_phone_numbers_are_hidden_at_any_depth() -> None:
    event = redact(
        None,
        "info",
        {
            "event": "sent to 081234567890 and +62 812-3456-7890",
            "password": "x",
            "access_token": "x",
            "headers": {"Authorization": "Bearer x", "Accept": "json"},
            "rows": [{"phone": "6281234567890"}],
            "count": 3,
        },
    )
    text = json.dumps(event)
    assert "34567890" not in text.replace("-", "")
    assert '"x"' not in text
    assert "Bearer" not in text
    assert event["headers"]["Accept"] == "json"
    assert event["count"] == 3


def test_our_lines_and_a_librarys_look_the_same_and_carry_the_request_id(lines: io.StringIO) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging(json_lines=True, level="INFO")
    try:
        root.handlers[0].setStream(lines)  # type: ignore[attr-defined]  # a StreamHandler by configuration
        with structlog.contextvars.bound_contextvars(request_id="r-1"):
            structlog.get_logger("ours").info("order_placed", order=7)
            logging.getLogger("library").warning("called %s", "081234567890")
    finally:
        configure_logging(json_lines=False, level="INFO")
        root.handlers[:], root.level = handlers, level
    ours, theirs = (json.loads(line) for line in lines.getvalue().splitlines())
    assert (ours["event"], ours["order"], ours["logger"]) == ("order_placed", 7, "ours")
    assert theirs["event"].startswith("called 0812")
    assert "34567890" not in theirs["event"]
    assert ours["request_id"] == theirs["request_id"] == "r-1"


def test_the_text_of_an_exception_is_clean_as_well(lines: io.StringIO) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging(json_lines=True, level="INFO")
    try:
        root.handlers[0].setStream(lines)  # type: ignore[attr-defined]  # a StreamHandler by configuration
        detail = "DETAIL:  Key (email, phone)=(siti.aminah@contoh.co.id, +6281234567890) already exists."
        for log in (structlog.get_logger("ours"), logging.getLogger("library")):
            try:
                raise ValueError(detail)
            except ValueError as exc:
                log.exception("row refused")
                log.warning("refused %s", exc)
                log.warning("refused %r", exc)
        structlog.get_logger("ours").warning("refused", error=ValueError(detail), deep=[[[[[[[[detail]]]]]]]])
    finally:
        configure_logging(json_lines=False, level="INFO")
        root.handlers[:], root.level = handlers, level
    text = lines.getvalue()
    assert text.count("already exists") >= 7 and text.count("***@contoh.co.id") >= 7
    assert "siti" not in text and "1234567" not in text
