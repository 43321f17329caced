"""The two workers of ``make run`` over the benchmark's database."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.common import ROOT

QUICK, LONG = "buyer,parcels,tell", "long,periodic"


@contextmanager
def workers(env: dict[str, str], *queues: str) -> Iterator[None]:
    """Workers that have begun to listen; as many as there are sets of queues."""
    from bosonline.celery import app
    from bosonline.runtime import children, supervisor

    started: list[subprocess.Popen[bytes]] = []
    try:
        for number, names in enumerate(queues):
            name = f"bench-{number}"
            program = supervisor.worker(name, names, "18" if names == QUICK else "8", {**os.environ, **env})
            log = ROOT / "var" / "log" / f"{name}.log"
            started.append(children.start(program.command, name=name, env=program.env, cwd=ROOT, log=log))
        until(lambda: len(app.control.ping(timeout=1.0)) >= len(queues), 60)
        yield
    finally:
        for process in started:
            children.stop(process)


def until(met: Callable[[], bool], seconds: float, pause: float = 0.01) -> float:
    """Wait for it, at most so long; how long it took."""
    began = time.monotonic()
    while not met():
        if time.monotonic() - began > seconds:
            print(f"not within {seconds} s", file=sys.stderr)
            raise TimeoutError
        time.sleep(pause)
    return time.monotonic() - began
