"""Starting processes that die with us, and ending what a killed supervisor left behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Runs in the child before exec: the kernel ends it when the supervisor dies, however it dies."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    user: int | None = None,
    group: int | None = None,
    **kwargs: Any,
) -> subprocess.Popen[Any]:
    """A child in its own session, bound to our life."""
    return subprocess.Popen(
        list(command), env=dict(env), cwd=cwd, user=user, group=group, start_new_session=True,
        preexec_fn=die_with_parent, stdin=subprocess.DEVNULL, **kwargs,
    )  # fmt: skip


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def stop_pid(pid: int, *, mark: str, how: signal.Signals = signal.SIGTERM, seconds: float = 10.0) -> None:
    """End ``pid`` if its command line says that it is ours (contains ``mark``)."""
    if not is_alive(pid) or mark not in command_of(pid):
        return
    os.kill(pid, how)
    ends = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < ends:
        time.sleep(0.05)
    if is_alive(pid):
        os.kill(pid, signal.SIGKILL)
