"""``make run``: everything the product needs, one merged log, one Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bosonline.runtime import children
from bosonline.runtime.keys import keys
from bosonline.runtime.ports import free_port
from bosonline.runtime.services import PROJECT, RUN, Services, answers

COLOURS = {"run": 32, "web": 36, "worker": 35, "long": 95, "sandbox": 33, "pg": 34, "redis": 31}
READY_SECONDS = 60.0
CONNECTIONS = "512"  # of a web process
_TROUBLE = re.compile(r"error|can.t |corrupt|denied|bad file|out of memory", re.IGNORECASE)


def say(name: str, text: str) -> None:
    colour = COLOURS.get(name, 37)
    prefix = f"\033[{colour}m{name:>7}\033[0m" if sys.stdout.isatty() else f"{name:>7}"
    with contextlib.suppress(OSError):  # the terminal is gone; stopping in order matters more
        print(f"{prefix} | {text}", flush=True)


def say_server(name: str, text: str) -> None:
    """The servers' own chatter about starting and stopping stays out of the merged log; trouble stays in."""
    quiet = text.startswith("LOG:") if name == "pg" else name == "redis" and not _TROUBLE.search(text)
    if not quiet:
        say(name, text)


class Stopped(Exception):
    """Somebody asked for the end while we were still starting."""


class Part(Protocol):
    """A server that can be started again after it died."""

    process: subprocess.Popen[bytes] | None

    def start(self) -> None: ...
    def stop(self) -> None: ...


@dataclass
class Program:
    """A process of the product. Its number is in ``var/run``, so that the next start finds what a hard kill left."""

    name: str
    command: list[str]
    env: dict[str, str]
    mark: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid_file(self) -> Path:
        return RUN / f"{self.name}.pid"

    def start(self) -> None:
        children.end_leftover(
            children.read_pid(self.pid_file), mark=self.mark, folder=PROJECT, seconds=5
        )  # its workers
        self.process = children.start(self.command, name=self.name, env=self.env, cwd=PROJECT, log=say)
        children.write_pid(self.pid_file, self.process)

    def ask(self) -> None:
        """To end, without waiting for it."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            try:
                self.process.wait(8)  # it was asked already
            except subprocess.TimeoutExpired:
                say("run", f"{self.name} does not end; killed")
        if self.process is not None:
            children.kill_session(self.process.pid)
            self.process.wait(5)
        self.pid_file.unlink(missing_ok=True)


@dataclass
class Watch:
    """Starts a part again when it dies; ever later when it keeps dying."""

    name: str
    part: Part
    failures: int = 0
    due: float = 0.0
    since: float = 0.0

    def look(self, now: float) -> None:
        process = self.part.process
        if process is None:
            return
        if process.poll() is None:
            if self.failures and now - self.since > 60:
                self.failures = 0
            return
        if not self.due:
            self.failures += 1
            wait = min(30.0, 0.5 * 2 ** (self.failures - 1))
            self.due = now + wait
            say("run", f"{self.name} ended with {process.returncode}; starting it again in {wait:g} s")
        elif now >= self.due:
            self.due, self.since = 0.0, now
            try:
                self.part.start()
            except (OSError, RuntimeError) as exc:  # the next look counts it as one more failure
                say("run", f"{self.name}: {exc}")


def prepare(env: dict[str, str], stopping: threading.Event) -> int:
    """Everything between a fresh database and a running product, in one Django process."""
    arguments = ["startup"]
    if os.environ.get("DEMO", "1") != "0":
        arguments.append("--demo")
    process = children.start(
        [sys.executable, "manage.py", *arguments], name="startup", env=env, cwd=PROJECT, log=lambda _n, t: say("run", t)
    )
    while process.poll() is None:
        if stopping.wait(0.05):
            children.stop(process, seconds=5)
            raise Stopped
    return process.returncode


def web_command(port: int, host: str = "127.0.0.1", workers: str = "2") -> list[str]:
    """granian. Threads are as many as connections, so that nobody's slow body keeps another one waiting; how many of them work
    at a time is the door's business (``bosonline.server``, ``WEB_THREADS``: four keep within a process's database pool)."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", workers,
        # counted per connection, idle ones included: generous, or quiet browsers would keep others out
        "--backlog", "1024", "--backpressure", CONNECTIONS, "--blocking-threads", CONNECTIONS,
        "--http", "1", "--http1-header-read-timeout", "10000",
        "--respawn-failed-workers", "--workers-kill-timeout", "5", "--no-ws", "--log-level", "warning",
        "bosonline.wsgi:application",
    ]  # fmt: skip


def programs(port: int, host: str, env: dict[str, str]) -> list[Program]:
    """The web server and the workers."""
    web = web_command(port, host, os.environ.get("WEB_WORKERS", "2"))
    # as root (a container, a trial machine) Celery would warn at every start
    quiet = {**env, "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}
    web_env = {**env, "WEB_PORT": str(port), "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "2")}
    return [
        Program("web", web, web_env, "granian"),
        # threads: the widths of the quick lanes (settings.OUTBOX_WIDTHS) and a little more
        worker("worker", "buyer,parcels,tell", os.environ.get("WORKER_THREADS", "18"), quiet, "-B", "--schedule",
               str(RUN / "beat")),
        # what computes for minutes, and what asks outside services from time to time: a process of their own
        worker("long", "long,periodic", os.environ.get("LONG_THREADS", "8"), quiet),
    ]  # fmt: skip


def worker(name: str, queues: str, threads: str, env: dict[str, str], *options: str) -> Program:
    """A Celery worker for some lanes. Each thread may hold a database connection, and so may relay and heartbeat."""
    command = [
        sys.executable, "-m", "celery", "-q", "-A", "bosonline", "worker", "-Q", queues, "--pool", "threads",
        "--concurrency", threads, "--hostname", f"{name}@%h", "--loglevel", "WARNING", "--without-gossip",
        "--without-mingle", *options,
    ]  # fmt: skip
    return Program(name, command, {**env, "DB_POOL_SIZE": str(int(threads) + 3)}, "celery")


def counters() -> str:
    """An empty folder in which all processes of this run keep their counters, so that ``/metrics`` adds them up."""
    folder = RUN / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return str(folder)


def until_ready(url: str, web: Program, stopping: threading.Event) -> bool:
    ends = time.monotonic() + READY_SECONDS
    while time.monotonic() < ends:
        if answers(url):
            return True
        if web.process is not None and web.process.poll() is not None:
            return False
        if stopping.wait(0.1):
            raise Stopped
    return False


def run() -> int:
    """Start everything, print the addresses, keep it alive until a signal. A second signal ends it by force."""
    stopping = threading.Event()

    def on_signal(*_args: Any) -> None:
        if stopping.is_set():
            for pid in children.descendants(os.getpid())[1:]:
                if "postgres" not in children.command_of(pid):  # the database is never killed hard
                    os.kill(pid, signal.SIGKILL)
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    began = time.monotonic()
    RUN.mkdir(parents=True, exist_ok=True)
    host, wanted = os.environ.get("WEB_HOST", "127.0.0.1"), int(os.environ.get("WEB_PORT", "8000"))
    # before the port is chosen, so that a killed supervisor's web server does not push us to another one
    for name, mark in (("web", "granian"), ("worker", "celery"), ("long", "celery")):
        _end_if_left(name, mark)
    port = free_port(wanted, host)
    if port != wanted:
        say("run", f"port {wanted} is taken, using {port}")
    services = Services(app_url=f"http://127.0.0.1:{port}", say=say_server)
    started: list[Program] = []
    with services as found:
        try:
            return _run(services, found, started, host, port, began, stopping)
        except Stopped:
            return 0
        finally:
            say("run", "stopping")
            for program in started:
                program.ask()
            for program in reversed(started):
                program.stop()


def _end_if_left(name: str, mark: str) -> None:
    path = RUN / f"{name}.pid"
    if children.watcher_of(path):
        return  # another supervisor's; the lock of the data will say so
    if children.end_leftover(children.read_pid(path), mark=mark, folder=PROJECT, seconds=5):
        say("run", f"ended a {name} process that an earlier run had left")


def _run(
    services: Services,
    found: dict[str, str],
    started: list[Program],
    host: str,
    port: int,
    began: float,
    stopping: threading.Event,
) -> int:
    env = {
        **os.environ,
        **keys(PROJECT),
        **found,
        "PUBLIC_PORT": os.environ.get("PUBLIC_PORT", str(port)),
        "PYTHONUNBUFFERED": "1",
        "PROMETHEUS_MULTIPROC_DIR": counters(),
    }
    say("run", f"PostgreSQL {found.get('DATABASE_URL', 'as in DATABASE_URL')}")
    say("run", f"Redis {found.get('REDIS_URL', 'as in REDIS_URL')}")
    failed = prepare(env, stopping)
    if failed:
        say("run", "the database could not be prepared; see above")
        return failed
    for program in programs(port, host, env):
        started.append(program)
        program.start()
    local = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - compared, not bound
    if not until_ready(f"http://{local}:{port}/readyz", started[0], stopping):
        say("run", f"the web server did not become ready within {READY_SECONDS:g} s; see above")
        return 1
    addresses(port, env.get("SANDBOX_URL", ""), time.monotonic() - began)
    servers: list[tuple[str, Part | None]] = [
        ("PostgreSQL", services.postgres), ("Redis", services.redis), ("sandbox", services.sandbox),
    ]  # fmt: skip
    watches = [Watch(name, part) for name, part in servers if part is not None]
    watches += [Watch(program.name, program) for program in started]
    while not stopping.wait(0.5):
        for watch in watches:
            watch.look(time.monotonic())
    return 0


def addresses(port: int, sandbox: str, seconds: float) -> None:
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
    say("run", "Ctrl-C stops everything; the data stay in var/")
