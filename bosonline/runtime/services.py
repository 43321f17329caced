"""PostgreSQL, Redis and the sandbox as one context, for the supervisor, tests and benchmarks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType

from bosonline.runtime import children
from bosonline.runtime.ports import free_port
from bosonline.runtime.postgres import Postgres
from bosonline.runtime.redis import Redis

PROJECT = Path(__file__).resolve().parent.parent.parent


class Sandbox:
    """The sandbox process; ``app_url`` is where it sends its callbacks."""

    def __init__(self, project: Path, *, app_url: str, name: str = "sandbox", wanted_port: int = 8790) -> None:
        self.folder = project / "var" / name
        self.app_url = app_url
        self.project = project
        self.port = free_port(wanted_port)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = children.start(
            [sys.executable, "-m", "bosonline.sandbox", "--port", str(self.port), "--state-dir", str(self.folder),
             "--app-url", self.app_url],
            env=os.environ, cwd=self.project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for(f"{self.url}/control/failures", self.process)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()


def wait_for(url: str, process: subprocess.Popen[bytes] | None = None, seconds: float = 40.0) -> None:
    """Until ``url`` answers anything below 500."""
    ends = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback address
                if answer.status < 500:
                    return
        except OSError:
            pass
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"the process behind {url} ended with {process.returncode}")
        if time.monotonic() > ends:
            raise RuntimeError(f"{url} did not answer within {seconds} s")
        time.sleep(0.1)


class Services:
    """``with Services() as env:`` gives the environment that points at what was started. Real URLs are respected."""

    def __init__(
        self, *, suffix: str = "", durable: bool = True, sandbox: bool = True, app_url: str = "http://127.0.0.1:9"
    ) -> None:
        self.suffix, self.durable, self.with_sandbox, self.app_url = suffix, durable, sandbox, app_url
        self.postgres: Postgres | None = None
        self.redis: Redis | None = None
        self.sandbox: Sandbox | None = None
        self.env: dict[str, str] = {}

    def __enter__(self) -> dict[str, str]:
        try:
            if not os.environ.get("DATABASE_URL"):
                self.postgres = Postgres(PROJECT, name=f"postgres{self.suffix}", durable=self.durable)
                self.postgres.start()
                self.env["DATABASE_URL"] = self.postgres.url
            if not os.environ.get("REDIS_URL"):
                self.redis = Redis(PROJECT, name=f"redis{self.suffix}", durable=self.durable)
                self.redis.start()
                self.env["REDIS_URL"] = self.redis.url
            if self.with_sandbox and not (os.environ.get("SANDBOX_URL") or os.environ.get("BOSCOD_BASE_URL")):
                self.sandbox = Sandbox(PROJECT, app_url=self.app_url, name=f"sandbox{self.suffix}")
                self.sandbox.start()
                folder = self.sandbox.folder
                self.env |= {
                    "SANDBOX_URL": self.sandbox.url,
                    "WINPAY_PRIVATE_KEY": str(folder / "merchant_private.pem"),
                    "WINPAY_PUBLIC_KEY": str(folder / "winpay_public.pem"),
                }
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self.env

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for part in (self.sandbox, self.redis, self.postgres):
            if part is not None:
                part.stop()
