"""One supervisor per set of data. The kernel drops the lock with the process, so nothing stale is ever left."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO


class Busy(Exception):
    """Another living supervisor holds these data."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"in use by process {pid}" if pid else "in use by another process")
        self.pid = pid


def hold(path: Path) -> IO[str]:
    """The lock as an open file: closing it (or dying) lets it go. Raises :class:`Busy`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = holder_of(path)
        file.close()
        raise Busy(holder) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def holder_of(path: Path) -> int:
    """The process that holds the lock; 0 when nobody does or it cannot be told."""
    if not path.exists():
        return 0
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            text = file.read().strip()
            return int(text) if text.isdigit() else 0
        return 0
