"""A Celery application with handlers that only leave traces: ``celery -A tests.lanes.work worker``.

Each run writes ``start`` and ``end`` lines into the file that its payload names, so that a test sees what two processes did.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bosonline.settings")
django.setup()

from bosonline import outbox  # noqa: E402 - models exist once Django is set up
from bosonline.celery import app  # noqa: E402

__all__ = ["app"]


def _trace(payload: dict[str, Any], what: str) -> None:
    line = f"{what} {payload['n']} {os.getpid()} {time.time():.3f}\n"
    with Path(payload["file"]).open("a") as file:
        file.write(line)


@outbox.handler("test.quick", lane="buyer")
@outbox.handler("test.long", lane="long")
def work(payload: dict[str, Any]) -> None:
    _trace(payload, "start")
    time.sleep(payload.get("seconds", 0))
    _trace(payload, "end")
