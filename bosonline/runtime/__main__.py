"""``python -m bosonline.runtime run | services | exec -- <command> | memory``"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

from bosonline.runtime.services import PROJECT, Services
from bosonline.runtime.supervisor import memory, run


def services() -> int:
    """PostgreSQL, Redis and the sandbox for a developer's shell; prints what to export."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_args: stop.set())
    with Services(app_url="http://127.0.0.1:8000") as env:
        for name, value in env.items():
            print(f"export {name}={value}", flush=True)
        stop.wait()
    return 0


def execute(command: list[str]) -> int:
    """Run ``command`` with the test services (no fsync, own data) and stop them again."""
    (PROJECT / "var").mkdir(exist_ok=True)
    durable = os.environ.get("SERVICES_DURABLE") == "1"
    with Services(suffix="" if durable else "-test", durable=durable) as env:
        process = subprocess.Popen(command, env={**os.environ, **env}, cwd=PROJECT)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda s, _f: process.send_signal(s))
        return process.wait()


def main() -> int:
    match sys.argv[1:]:
        case ["run"]:
            return run()
        case ["services"]:
            return services()
        case ["exec", "--", *command] if command:
            return execute(command)
        case ["memory"]:
            return memory()
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main())
