"""Several machines on this one: folders that share no file, a bucket, a connection pooler, a streaming replica.

All of them are the real programs, started for a test and ended with it. A *machine* is a folder with a copy of the code
and data folders of its own; what its processes know of the others comes through the database, Redis and the bucket.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis
from django.conf import settings
from django.db import connection

from bosonline.models import OutboxMessage
from bosonline.runtime import children
from bosonline.runtime.children import Owner
from bosonline.runtime.ports import free_port
from bosonline.runtime.postgres import Postgres
from bosonline.runtime.services import Sandbox, wait_for
from bosonline.runtime.supervisor import web_command

ROOT = Path(__file__).resolve().parent.parent
CODE = (
    "bosonline",
    "stores",
    "sellers",
    "catalog",
    "forms",
    "orders",
    "adminpanel",
    "templates",
    "static",
    "locale",
    "tests",
)
BUCKET = "berkas"


def database_url() -> str:
    """The database that this test is in."""
    found = connection.settings_dict
    return f"postgres://{found['USER']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


def until(met: Callable[[], bool], seconds: float = 60) -> float:
    """Wait for it; how long it took."""
    began = time.monotonic()
    while not met():
        assert time.monotonic() - began < seconds, list(
            OutboxMessage.objects.filter(done_at=None).values("pk", "topic", "attempts", "last_error")[:20]
        )
        time.sleep(0.05)
    return time.monotonic() - began


def all_done() -> bool:
    return not OutboxMessage.objects.filter(done_at__isnull=True).exists()


def product_env(worker_name: str, sandbox: Sandbox | None = None, **more: str) -> dict[str, str]:
    """The environment of product processes over the database, Redis and sandbox of this test; their broker is emptied."""
    broker = f"{settings.REDIS_URL.rsplit('/', 1)[0]}/{24 + int(worker_name.removeprefix('gw'))}"
    redis.Redis.from_url(broker).flushdb()
    keys = sandbox.env if sandbox else {}
    return {
        "DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL, "CELERY_BROKER_URL": broker,
        "SANDBOX_URL": sandbox.url if sandbox else settings.SANDBOX_URL, "THROTTLE_ENABLED": "0", "GATEWAY_READ_TIMEOUT": "3", "DB_POOL_SIZE": "8",
        # texts, not paths: a machine has no files of another
        "WINPAY_PRIVATE_KEY": Path(keys.get("WINPAY_PRIVATE_KEY", settings.WINPAY_PRIVATE_KEY)).read_text(),
        "WINPAY_PUBLIC_KEY": Path(keys.get("WINPAY_PUBLIC_KEY", settings.WINPAY_PUBLIC_KEY)).read_text(), **more,
    }  # fmt: skip


@dataclass
class Machine:
    """A copy of the code in a folder, whose processes keep every file of theirs below it."""

    folder: Path
    env: dict[str, str]

    @classmethod
    def make(cls, folder: Path, env: Mapping[str, str]) -> Machine:
        for name in CODE:
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "browser"))
        shutil.copy2(ROOT / "manage.py", folder)
        for name in ("tmp", "var"):
            (folder / name).mkdir()
        own = {
            "MEDIA_ROOT": str(folder / "media"), "PRIVATE_ROOT": str(folder / "private"), "TMPDIR": str(folder / "tmp"),
            "EMAIL_URL": f"filemail:///{folder}/mail",
        }  # fmt: skip
        return cls(folder, {**os.environ, **env, **own})

    @contextmanager
    def web(self, log: Path, port: int = 0) -> Iterator[str]:
        """A web server of this machine; its address."""
        port = port or free_port(8500 + os.getpid() % 80)
        env = {**self.env, "PUBLIC_PORT": str(port), "WEB_PORT": str(port), "WEB_THREADS": "4"}
        process = children.start(web_command(port, workers="1"), name="web", env=env, cwd=self.folder, log=log)
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz", process)
            yield f"http://localhost:{port}"
        finally:
            children.stop(process)

    def left_files(self) -> list[str]:
        """What lies in the folders that are meant for files of the product."""
        return [
            str(path.relative_to(self.folder))
            for name in ("media", "private", "tmp")
            for path in (self.folder / name).rglob("*")
            if path.is_file()
        ]


@dataclass
class Workers:
    """Celery workers that a test may kill."""

    env: dict[str, str]
    log: Path
    folder: Path = ROOT
    application: str = "tests.lanes.work"
    threads: int = 4
    queues: str = ""
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, count: int = 1) -> list[subprocess.Popen[bytes]]:
        queues = ["-Q", self.queues] if self.queues else []
        for _n in range(count):
            name = f"{self.folder.name}-{len(self.started)}"
            self.started.append(
                children.start(
                    [sys.executable, "-m", "celery", "-q", "-A", self.application, "worker", "--pool", "threads",
                     "--concurrency", str(self.threads), "--hostname", f"{name}@%h", "--loglevel", "WARNING",
                     "--without-gossip", "--without-mingle", *queues],
                    name=name, env=self.env, cwd=self.folder, log=self.log.with_name(f"{self.log.name}-{name}.log"),
                )
            )  # fmt: skip
        return self.started[-count:]

    def kill(self, pid: int) -> None:
        """The hardest end of one of ours."""
        assert pid in [process.pid for process in self.started]
        os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        for process in self.started:
            process.terminate()
        for process in self.started:
            children.stop(process, seconds=3)


class S3:
    """moto's server with one bucket: everybody reads below ``public/``, below ``private/`` who has a key or a signed link."""

    def __init__(self, log: Path) -> None:
        self.log, self.port = log, 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"s3://kunci:rah%2Fasia@127.0.0.1:{self.port}/{BUCKET}?region=us-east-1&tls=0"

    @property
    def public_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{BUCKET}/public/"

    def start(self) -> S3:
        import boto3

        self.port = free_port(5600 + os.getpid() % 200)
        self.process = children.start(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
            name="s3", env=os.environ, cwd=ROOT, log=self.log,
        )  # fmt: skip
        wait_for(f"http://127.0.0.1:{self.port}/moto-api/", self.process)
        self.client: Any = boto3.client(
            "s3", endpoint_url=f"http://127.0.0.1:{self.port}", aws_access_key_id="kunci",
            aws_secret_access_key="rah/asia", region_name="us-east-1",
        )  # fmt: skip
        self.client.create_bucket(Bucket=BUCKET)
        everybody = (
            '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",'
            f'"Resource":"arn:aws:s3:::{BUCKET}/public/*"}}]}}'
        )
        self.client.put_bucket_policy(Bucket=BUCKET, Policy=everybody)
        return self

    def names(self) -> list[str]:
        return [row["Key"] for row in self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def stop(self) -> None:
        children.stop(self.process)


class Bouncer:
    """Debian's pgbouncer in transaction mode before one server, with fewer connections to it than its clients have."""

    def __init__(self, folder: Path, upstream: str, *, connections: int = 8) -> None:
        self.folder, self.upstream, self.connections, self.port = folder, urlsplit(upstream), connections, 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgres://{self.upstream.username}@127.0.0.1:{self.port}{self.upstream.path}"

    def start(self) -> Bouncer:
        program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        assert program, "pgbouncer is installed by `make setup-test`"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port(6432)
        users, config = self.folder / "users.txt", self.folder / "pgbouncer.ini"
        users.write_text(f'"{self.upstream.username}" ""\n')
        name, user = self.upstream.path.strip("/"), self.upstream.username
        config.write_text(
            f"[databases]\n{name} = host={self.upstream.hostname} port={self.upstream.port} user={user} dbname={name}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\n"
            f"auth_type = any\nauth_file = {users}\nadmin_users = {user}\n"
            f"pool_mode = transaction\ndefault_pool_size = {self.connections}\nmax_client_conn = 300\n"
        )
        owner = Owner.unprivileged()  # like PostgreSQL it refuses to run as root
        if owner is not None:
            for path in (self.folder, users, config):
                os.chown(path, owner.uid, owner.gid)
        self.process = children.start(
            [program, "-q", str(config)], name="pgbouncer", env={"PATH": os.environ["PATH"]}, cwd=Path("/"),
            log=ROOT / "var" / "log" / "pgbouncer.log", owner=owner,
        )  # fmt: skip
        ends = time.monotonic() + 20
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
                return self
            except psycopg.OperationalError:
                assert self.process.poll() is None and time.monotonic() < ends, self.log
                time.sleep(0.1)

    @property
    def log(self) -> str:
        return (ROOT / "var" / "log" / "pgbouncer.log").read_text(errors="replace")[-2000:]

    def counts(self) -> dict[str, int]:
        """Transactions and connections to the server so far, as pgbouncer tells them."""
        with psycopg.connect(self.url.rsplit("/", 1)[0] + "/pgbouncer", autocommit=True) as admin:
            admin.prepare_threshold = None
            name = self.upstream.path.strip("/")
            cursor = psycopg.ClientCursor(admin)
            stats = {row[0]: row[1] for row in cursor.execute("SHOW STATS_TOTALS").fetchall()}
            servers = [row for row in cursor.execute("SHOW SERVERS").fetchall() if row[2] == name]
        return {"transactions": stats.get(name, 0), "servers": len(servers)}

    def stop(self) -> None:
        children.stop(self.process, how=signal.SIGINT)


class Replica(Postgres):
    """A streaming replica of a server of ours, made by its own ``pg_basebackup``."""

    def __init__(self, name: str, upstream: str) -> None:
        super().__init__(ROOT, name=name, durable=False, wanted_port=5533)
        self.upstream = upstream.rsplit("/", 1)[0] + "/postgres"

    def start(self, seconds: float = 60.0) -> None:
        if not self.port:  # a first start; a later one goes on with its data
            shutil.rmtree(self._home() / self.name, ignore_errors=True)
        super().start(seconds)

    def _create(self) -> None:
        half = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        if self.owner is not None:
            os.chown(half, self.owner.uid, self.owner.gid)
        self._run(
            str(self.bin / "pg_basebackup"), "-D", str(half), "-d", self.upstream, "-R", "-X", "stream", "-c", "fast",
            "--no-sync", cwd=half,
        )  # fmt: skip
        (half / "postmaster.pid").unlink(missing_ok=True)
        half.rename(self.data)

    def database(self, name: str) -> str:
        return f"{self.url.rsplit('/', 1)[0]}/{name}"

    def ask(self, statement: str) -> Any:
        with psycopg.connect(self.database("postgres"), autocommit=True) as link:
            row = link.execute(statement).fetchone()  # type: ignore[arg-type]  # our own text
            return row[0] if row else None

    def pause(self) -> None:
        """It hears of new transactions and does not apply them."""
        self.ask("SELECT pg_wal_replay_pause()")

    def resume(self) -> None:
        self.ask("SELECT pg_wal_replay_resume()")

    def remove(self) -> None:
        self.stop()
        if hasattr(self, "data"):
            shutil.rmtree(self.data, ignore_errors=True)
