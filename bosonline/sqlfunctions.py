"""Functions of the database that the code brings with it: each app owns its texts in ``<app>/sql/<name>.sql``.

A text begins ``CREATE FUNCTION @name@(…)`` and calls others as ``@other@(…)``. A function's real name ends in a hash of
its text (and so of all it calls): processes of two releases run beside each other, each with its own. ``migrate``
installs what is missing and drops what no release of the last ``KEEP_DAYS`` days has used.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import nullcontext
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

KEEP_DAYS = 30
_MARK = "bosonline "  # begins the comment of every function that is ours, followed by when a release last installed it
_REFERENCE = re.compile(r"@(\w+)@")


@cache
def _files() -> dict[str, Path]:
    return {path.stem: path for path in sorted(Path(settings.BASE_DIR).glob("*/sql/*.sql"))}


@cache
def text_of(name: str) -> str:
    """The text with the real names of what it calls; its own name is still ``@name@``."""
    raw = _files()[name].read_text()
    return _REFERENCE.sub(lambda m: m[0] if m[1] == name else name_of(m[1]), raw)


@cache
def name_of(name: str) -> str:
    """The function's real name: ``stock_reserve`` → ``stock_reserve_3f9c21ab``."""
    return f"{name}_{hashlib.sha256(text_of(name).encode()).hexdigest()[:8]}"


def _in_order() -> list[str]:
    """Every function after those that it calls."""
    done: list[str] = []

    def visit(name: str) -> None:
        if name in done:
            return
        for other in _REFERENCE.findall(_files()[name].read_text()):
            if other != name:
                visit(other)
        done.append(name)

    for name in _files():
        visit(name)
    return done


def install(using: str = "default") -> None:
    """Create what is missing, mark what is current, drop what is long out of use. Repeating it changes nothing."""
    now = timezone.now()
    with connections[using].cursor() as cursor:
        for name in _in_order():
            real = name_of(name)
            cursor.execute(
                text_of(name).replace(f"@{name}@", real).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
            )
            cursor.execute(f"COMMENT ON FUNCTION {real} IS %s", [f"{_MARK}{now.isoformat()}"])
        cursor.execute(
            "SELECT p.oid::regprocedure::text, obj_description(p.oid) FROM pg_proc p"
            " JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE n.nspname = current_schema() AND obj_description(p.oid) LIKE %s",
            [f"{_MARK}%"],
        )
        for signature, comment in reversed(cursor.fetchall()):
            if datetime.fromisoformat(comment.removeprefix(_MARK)) < now - timedelta(days=KEEP_DAYS):
                cursor.execute(f"DROP FUNCTION IF EXISTS {signature}")


def install_after_migrate(sender: Any, using: str = "default", **_more: Any) -> None:
    """Connected to the last app's ``post_migrate``, when all tables are there."""
    install(using)


class RuleRefused(Exception):
    """A function said no: the machine code, and its facts."""

    def __init__(self, code: str, detail: dict[str, Any]) -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


def call(name: str, *arguments: Any) -> Any:
    """The function's answer. Raises :class:`RuleRefused` for SQLSTATE BO001; inside a transaction that survives it."""
    marks = ", ".join(["%s"] * len(arguments))
    try:
        # a savepoint only where a caller already opened a transaction; alone the statement is its own transaction
        with transaction.atomic() if connection.in_atomic_block else nullcontext(), connection.cursor() as cursor:
            cursor.execute(f"SELECT {name_of(name)}({marks})", arguments)
            return cursor.fetchone()[0]
    except DatabaseError as exc:
        cause: Any = exc.__cause__
        if getattr(cause, "sqlstate", None) != "BO001":
            raise
        raise RuleRefused(str(cause.diag.message_primary), json.loads(cause.diag.message_detail or "{}")) from None
