"""The embedded servers: they start beside others, survive the hardest kill, and leave other folders as they were."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from bosonline.runtime import children, locks
from bosonline.runtime.locks import Busy
from bosonline.runtime.ports import free_port
from bosonline.runtime.postgres import Postgres
from bosonline.runtime.redis import Redis
from bosonline.runtime.services import PROJECT

AS_ROOT = os.geteuid() == 0


@pytest.fixture
def project() -> Iterator[Path]:
    """A project folder that everybody can reach, whatever the umask (pytest's own folders are private)."""
    folder = Path(tempfile.mkdtemp(prefix="bosonline-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def hidden_project(project: Path) -> Path:
    """A project below a private folder, as in root's home."""
    home = project / "home"
    home.mkdir(mode=0o700)
    (home / "shop").mkdir()
    return home / "shop"


def modes(path: Path) -> dict[str, tuple[int, int, int]]:
    """Mode and owners of ``path`` and everything above it."""
    return {str(p): (p.stat().st_mode, p.stat().st_uid, p.stat().st_gid) for p in (path, *path.parents)}


def postgres(project: Path, **options: object) -> Postgres:
    return Postgres(project, durable=False, wanted_port=free_port(15433), **options)  # type: ignore[arg-type]  # any option


def test_postgres_has_our_extensions_and_changes_no_folder_above(project: Path) -> None:
    before = modes(project)
    server = postgres(project)
    server.start()
    try:
        with psycopg.connect(server.url, autocommit=True) as link:
            for name in ("pg_trgm", "unaccent", "citext", "btree_gin", "pg_stat_statements"):
                link.execute(f"CREATE EXTENSION {name}")
            assert link.execute("SELECT count(*) > 0 FROM pg_stat_statements").fetchone() == (True,)
            assert link.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
    finally:
        server.stop()
    assert modes(project) == before
    assert server.data == project.resolve() / "var" / "postgres"


@pytest.mark.skipif(not AS_ROOT, reason="only root has to run the server as somebody else")
def test_a_private_folder_stays_private_and_the_data_go_elsewhere(
    project: Path, hidden_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = project / "lib"
    state.mkdir(mode=0o755)
    before = modes(hidden_project)
    server = postgres(hidden_project, state=state)
    reachable = Postgres._reachable
    # as if pip had put the package below the private folder, too
    monkeypatch.setattr(
        Postgres, "_reachable", lambda self, path: "site-packages" not in str(path) and reachable(self, path)
    )
    package = Path(sys.prefix)
    package_before = modes(package)
    server.start()
    try:
        assert server.data.is_relative_to(state)
        assert server.bin.is_relative_to(server.home)
        assert (hidden_project / "var" / "postgres.location").read_text().strip() == str(server.home)
        assert psycopg.connect(server.url).execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()
    assert server.home.stat().st_mode & 0o777 == 0o700
    assert modes(hidden_project) == before
    assert modes(package) == package_before


def test_a_taken_port_is_left_to_its_owner(project: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = taken.getsockname()[1]
        server = Redis(project, durable=False, wanted_port=wanted)
        server.start()
        try:
            assert server.port != wanted
            assert redis.Redis.from_url(server.url).ping()
        finally:
            server.stop()


# A supervisor whose children do not die with it: what the kernel's help cannot cover.
SUPERVISOR = """
import sys, time
from pathlib import Path
from bosonline.runtime import children
if sys.argv[2] == "unbound":
    children._libc.prctl = lambda *_args: 0
from bosonline.runtime.postgres import Postgres
from bosonline.runtime.redis import Redis
project = Path(sys.argv[1])
pg, cache = Postgres(project, wanted_port=15533), Redis(project, wanted_port=16380)
pg.start(); cache.start()
print(pg.url, cache.url, pg.process.pid, cache.process.pid, flush=True)
time.sleep(600)
"""


def supervisor(project: Path, kind: str) -> tuple[subprocess.Popen[str], str, str, list[int]]:
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(project), kind], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    pg, cache, *numbers = process.stdout.readline().split()
    return process, pg, cache, [int(n) for n in numbers]


def gone(pids: list[int], seconds: float = 10) -> bool:
    ends = time.monotonic() + seconds
    while any(children.is_alive(pid) for pid in pids) and time.monotonic() < ends:
        time.sleep(0.05)
    return not any(children.is_alive(pid) for pid in pids)


@pytest.mark.parametrize("kind", ["unbound", "bound"])
def test_nothing_is_lost_when_the_supervisor_is_killed_hard(project: Path, kind: str) -> None:
    process, pg, cache, pids = supervisor(project, kind)
    with psycopg.connect(pg, autocommit=True) as link:
        link.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    redis.Redis.from_url(cache).set("kept", "42")
    if kind == "unbound":
        time.sleep(1.1)  # Redis writes its file to the disk once a second
    process.send_signal(signal.SIGKILL)
    process.wait()
    if kind == "bound":
        assert gone(pids), "children die with the supervisor"
    else:
        assert all(children.is_alive(pid) for pid in pids), "this test needs leftovers"
    again, store = postgres(project), Redis(project)
    again.start()
    store.start()
    try:
        assert gone(pids)
        assert psycopg.connect(again.url).execute("SELECT answer FROM kept").fetchone() == (42,)
        assert redis.Redis.from_url(store.url).get("kept") == b"42"
    finally:
        again.stop()
        store.stop()


def test_a_pid_that_was_given_to_somebody_else_is_left_alone(project: Path) -> None:
    bystander = subprocess.Popen(["sleep", "60"], start_new_session=True)
    # Popen returns while the kernel is still putting the new program's command line in place
    while "sleep" not in children.command_of(bystander.pid):
        assert bystander.poll() is None
    try:
        assert not children.end_leftover(bystander.pid, mark="redis-server")
        assert not children.end_leftover(bystander.pid, mark="sleep", folder=project)
        assert bystander.poll() is None
        assert children.end_leftover(bystander.pid, mark="sleep", folder=Path.cwd())
        assert bystander.wait(5) == -signal.SIGTERM
    finally:
        bystander.kill()


def test_one_supervisor_per_data(tmp_path: Path) -> None:
    path = tmp_path / "services.lock"
    first = locks.hold(path)
    with pytest.raises(Busy) as caught:
        locks.hold(path)
    assert caught.value.pid == os.getpid() == locks.holder_of(path)
    first.close()
    assert locks.holder_of(path) == 0
    locks.hold(path).close()


def test_a_server_that_died_comes_back_on_its_port(project: Path) -> None:
    server = Redis(project, wanted_port=16480)
    server.start()
    port, process = server.port, server.process
    assert process is not None
    process.kill()
    process.wait()
    server.start()
    try:
        assert server.port == port
    finally:
        server.stop()
