"""Starting processes that die with us, and ending what a killed supervisor left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

Say = Callable[[str, str], None]  # (name of the process, one line of its output)


@dataclass(frozen=True)
class Owner:
    """The unprivileged user that a server runs as when we are root."""

    uid: int
    gid: int

    @classmethod
    def unprivileged(cls) -> Owner | None:
        """``nobody`` when we are root, else None: run as oneself."""
        if os.geteuid() != 0:
            return None
        found = pwd.getpwnam("nobody")
        return cls(found.pw_uid, found.pw_gid)


def start(
    command: Sequence[str],
    *,
    name: str,
    env: Mapping[str, str],
    cwd: Path,
    log: Path | Say,
    owner: Owner | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """A child in its own session, bound to our life: the kernel sends it ``death_signal`` when we die, however we die.

    ``log`` is a file (written anew) or a function that gets every line.
    """
    parent = os.getpid()

    def bind_to_parent() -> None:  # runs in the child, after the change of user (which would reset it), before exec
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # died between fork and here
            os._exit(1)

    sink = None
    if isinstance(log, Path):
        log.parent.mkdir(parents=True, exist_ok=True)
        sink = log.open("wb")
    try:
        process = subprocess.Popen(
            list(command), env=dict(env), cwd=cwd, start_new_session=True, preexec_fn=bind_to_parent,
            user=owner.uid if owner else None, group=owner.gid if owner else None, extra_groups=[] if owner else None,
            stdin=subprocess.DEVNULL, stdout=sink or subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    finally:
        if sink is not None:
            sink.close()
    if not isinstance(log, Path):
        threading.Thread(target=_relay, args=(process, name, log), daemon=True).start()
    return process


def _relay(process: subprocess.Popen[bytes], name: str, say: Say) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        text = line.decode(errors="replace").rstrip()
        if text:
            say(name, text)


def stop(
    process: subprocess.Popen[bytes] | None, *, how: signal.Signals = signal.SIGTERM, seconds: float = 8.0
) -> None:
    """End a child politely, its whole session by force when it does not listen."""
    if process is None:
        return
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            kill_session(process.pid)
            process.wait(5)
    kill_session(process.pid)  # workers that outlived their parent


# -- other processes, read from /proc --------------------------------------------------------------------------------


def _stat(pid: int) -> list[str]:
    """Fields of /proc/<pid>/stat after the command's name: state, parent, group, session, …"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return []


def pids() -> list[int]:
    return sorted(int(path.name) for path in Path("/proc").glob("[0-9]*"))


def is_alive(pid: int) -> bool:
    fields = _stat(pid)
    return bool(fields) and fields[0] not in "ZX"


def parent_of(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[1]) if fields else 0


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def folder_of(pid: int) -> str:
    """The working directory of ``pid``; empty when it is gone or not ours to look at."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""


def descendants(root: int) -> list[int]:
    """``root`` and everything below it."""
    below: dict[int, list[int]] = {}
    for pid in pids():
        below.setdefault(parent_of(pid), []).append(pid)
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        found.append(pid)
        queue.extend(below.get(pid, []))
    return found


def session(leader: int) -> list[int]:
    """The living processes of the session that ``leader`` opened, whether or not it still lives itself."""
    found = []
    for pid in pids():
        fields = _stat(pid)
        if len(fields) > 3 and fields[3] == str(leader) and fields[0] not in "ZX":
            found.append(pid)
    return found


def kill_session(leader: int) -> None:
    """SIGKILL for all of a session that we opened."""
    for pid in session(leader):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def end_leftover(
    pid: int, *, mark: str, folder: Path | None = None, how: signal.Signals = signal.SIGTERM, seconds: float = 10.0
) -> bool:
    """End what is left of the session of ``pid`` as far as it is ours: the command line contains ``mark`` and the
    process runs in ``folder``. A number that was given to somebody else's process meanwhile is left alone."""

    def is_ours(one: int) -> bool:
        return mark in command_of(one) and (folder is None or folder_of(one) == str(folder.resolve()))

    if pid <= 1:
        return False
    members = [one for one in session(pid) if is_ours(one)]
    for one in [pid] if pid in members else members:  # the first of them ends the others in its own way
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, how)
    ends = time.monotonic() + seconds
    while any(is_alive(one) for one in members) and time.monotonic() < ends:
        time.sleep(0.05)
    for one in members:
        if is_alive(one):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
    return bool(members)


def read_pid(path: Path) -> int:
    """The number in the first line of a pid file; 0 when there is none."""
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def write_pid(path: Path, process: subprocess.Popen[bytes]) -> None:
    """The process and, in the second line, who watches it: ourselves."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{process.pid}\n{os.getpid()}\n")


def watcher_of(path: Path) -> int:
    """The living process that watches the one in a pid file of ours; 0 when it was left alone."""
    try:
        pid, watcher = (int(line) for line in path.read_text().split())
    except (OSError, ValueError):
        return 0
    return watcher if is_alive(pid) and parent_of(pid) == watcher else 0
