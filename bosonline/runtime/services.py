"""PostgreSQL, Redis and the sandbox as one context, for the supervisor, tests, benchmarks and developers' shells."""

from __future__ import annotations

import os
import secrets
import shlex
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

from bosonline.runtime import children, locks
from bosonline.runtime.children import Say
from bosonline.runtime.keys import keys
from bosonline.runtime.locks import Busy
from bosonline.runtime.ports import free_port, is_free
from bosonline.runtime.postgres import Postgres
from bosonline.runtime.redis import Redis

PROJECT = Path(__file__).resolve().parent.parent.parent
RUN = PROJECT / "var" / "run"


class Sandbox:
    """The sandbox process; ``app_url`` is where it sends its callbacks."""

    def __init__(
        self,
        project: Path,
        *,
        app_url: str,
        name: str = "sandbox",
        wanted_port: int = 8790,
        log: Path | Say | None = None,
    ) -> None:
        self.project = project
        self.folder = project / "var" / name
        self.app_url = app_url
        self.log = log or project / "var" / "log" / f"{name}.log"
        self.wanted_port = wanted_port
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        """What the product needs to talk to this sandbox."""
        return {
            "SANDBOX_URL": self.url,
            "WINPAY_PRIVATE_KEY": str(self.folder / "merchant_private.pem"),
            "WINPAY_PUBLIC_KEY": str(self.folder / "winpay_public.pem"),
        }

    def launch(self) -> None:
        """Start without waiting."""
        pid_file = self.project / "var" / "run" / f"{self.folder.name}.pid"
        if not children.watcher_of(pid_file):
            children.end_leftover(children.read_pid(pid_file), mark=f"--state-dir {self.folder} ")
        self.port = self.port if self.port and is_free(self.port) else free_port(self.wanted_port)
        self.process = children.start(
            [sys.executable, "-m", "bosonline.sandbox", "--port", str(self.port), "--state-dir", str(self.folder),
             "--app-url", self.app_url],
            name="sandbox", env={**os.environ, "PYTHONUNBUFFERED": "1"}, cwd=self.project, log=self.log,
        )  # fmt: skip
        children.write_pid(pid_file, self.process)

    def wait(self) -> None:
        wait_for(f"{self.url}/control/failures", self.process)

    def start(self) -> None:
        self.launch()
        self.wait()

    def stop(self) -> None:
        children.stop(self.process, seconds=5)


def wait_for(url: str, process: subprocess.Popen[bytes] | None = None, seconds: float = 40.0) -> None:
    """Until ``url`` answers anything below 500."""
    ends = time.monotonic() + seconds
    while not answers(url):
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"the process behind {url} ended with {process.returncode}")
        if time.monotonic() > ends:
            raise RuntimeError(f"{url} did not answer within {seconds} s")
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Whether ``url`` answers anything below 500 right now."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status < 500)
    except OSError:
        return False


class Services:
    """``with Services() as env:`` gives the environment that points at what was started.

    Servers whose address is already in the environment are respected and not started. ``suffix`` chooses the data
    (``""`` for run, ``-test``, ``-bench``). Raises :class:`Busy` when another living supervisor has them.
    """

    def __init__(
        self,
        *,
        suffix: str = "",
        durable: bool = True,
        sandbox: bool = True,
        app_url: str = "http://127.0.0.1:9",
        say: Say | None = None,
        project: Path = PROJECT,
    ) -> None:
        self.suffix, self.durable, self.with_sandbox, self.app_url = suffix, durable, sandbox, app_url
        self.say, self.project = say, project
        self.postgres: Postgres | None = None
        self.redis: Redis | None = None
        self.sandbox: Sandbox | None = None
        self.env: dict[str, str] = {}
        self._lock: IO[str] | None = None

    @property
    def lock_path(self) -> Path:
        return self.project / "var" / "run" / f"services{self.suffix}.lock"

    @property
    def env_path(self) -> Path:
        """The environment of the running services, as ``export NAME=value`` lines."""
        return self.project / "var" / "run" / f"services{self.suffix}.env"

    def __enter__(self) -> dict[str, str]:
        self._lock = locks.hold(self.lock_path)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        if self.durable:
            self.env = keys(self.project) | self.env  # a shell reads what `run` has encrypted
        self.env_path.touch(mode=0o600)
        self.env_path.write_text(exports(self.env))
        return self.env

    def _start(self) -> None:
        if self.with_sandbox and not (os.environ.get("SANDBOX_URL") or os.environ.get("BOSCOD_BASE_URL")):
            self.sandbox = Sandbox(self.project, app_url=self.app_url, name=f"sandbox{self.suffix}", log=self.say)
            self.sandbox.launch()  # the slowest to start, so it starts beside the others
        if not os.environ.get("DATABASE_URL"):
            self.postgres = Postgres(self.project, name=f"postgres{self.suffix}", durable=self.durable, log=self.say)
            self.postgres.start()
            self.env["DATABASE_URL"] = self.postgres.url
        if not os.environ.get("REDIS_URL"):
            self.redis = Redis(self.project, name=f"redis{self.suffix}", durable=self.durable, log=self.say)
            self.redis.start()
            self.env["REDIS_URL"] = self.redis.url
        if self.sandbox is not None:
            self.sandbox.wait()
            self.env |= self.sandbox.env

    def stop(self) -> None:
        """The sandbox first, the database last."""
        for part in (self.sandbox, self.redis, self.postgres):
            if part is not None:
                part.stop()
        self.env_path.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def exports(env: dict[str, str]) -> str:
    """Lines for a shell to read."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in env.items())


def running(suffix: str = "") -> dict[str, str]:
    """The environment of services that are already up in this project; empty when there are none."""
    path = RUN / f"services{suffix}.env"
    if not locks.holder_of(RUN / f"services{suffix}.lock") or not path.exists():
        return {}
    lines = [shlex.split(line)[1].split("=", 1) for line in path.read_text().splitlines()]
    return {name: value for name, value in lines}  # noqa: C416 - dict() of lists has no type


@contextmanager
def services_for_tests() -> Iterator[dict[str, str]]:
    """Services for one test run, without fsync. Runs beside each other get data of their own."""
    for number in range(1, 9):
        services = Services(suffix="-test" if number == 1 else f"-test{number}", durable=False)
        try:
            env = services.__enter__()
        except Busy:
            continue
        try:
            # a key of this run's own: the built-in one answers this machine's names only, and tests use others as well
            yield env | {"TEST_RUN": services.suffix.strip("-"), "SECRET_KEY": secrets.token_urlsafe(50)}
        finally:
            services.stop()
        return
    raise Busy(0)
