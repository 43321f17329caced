"""``python -m bosonline.runtime`` …

run                             the product (``make run``)
services [--detach-file FILE]   PostgreSQL, Redis and the sandbox for a shell; prints what to export. With a file they
                                run on in the background and FILE holds the exports; ``services --stop`` ends them
exec -- COMMAND                 COMMAND with the services of a test run (no fsync, data of its own)
memory                          what the processes of ``run`` take
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import AbstractContextManager
from pathlib import Path

from bosonline.runtime import children, locks
from bosonline.runtime.keys import keys
from bosonline.runtime.locks import Busy
from bosonline.runtime.services import PROJECT, RUN, Services, exports, running, services_for_tests


def services() -> int:
    """Until Ctrl-C. When ``run`` or another shell has them up already, its addresses are printed instead."""
    found = running()
    if found:
        print(exports(found), end="", flush=True)
        print("# running already", flush=True)
        return 0
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_args: stop.set())
    with Services(app_url=f"http://127.0.0.1:{os.environ.get('WEB_PORT', '8000')}") as env:
        print(exports(env), end="", flush=True)
        stop.wait()
    return 0


def detach(target: Path) -> int:
    """The services in the background, their exports in ``target`` (``. FILE`` in any shell)."""
    found = running()
    if not found:
        log = PROJECT / "var" / "log" / "services.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [sys.executable, "-m", "bosonline.runtime", "services"], cwd=PROJECT, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
            )  # fmt: skip
        while not (found := running()):
            if process.poll() is not None:
                print(log.read_text(errors="replace"), file=sys.stderr)
                return 1
            time.sleep(0.1)
    target.write_text(exports(found))
    print(f". {target}")
    return 0


def stop() -> int:
    """End services in the background; a running product is not touched."""
    pid = locks.holder_of(RUN / "services.lock")
    if not pid:
        print("nothing is running")
        return 0
    if "bosonline.runtime services" not in children.command_of(pid):
        print(f"process {pid} is not a services process; stop it where it was started")
        return 1
    os.kill(pid, signal.SIGTERM)
    while children.is_alive(pid):
        time.sleep(0.05)
    return 0


def execute(command: list[str]) -> int:
    """``SERVICES_DURABLE=1`` uses the data of ``run``, or joins it when it is up."""
    if os.environ.get("SERVICES_DURABLE") == "1":
        found = running()
        own = keys(PROJECT)  # what `run` has encrypted is read with its keys
        if found:
            return subprocess.call(command, env={**os.environ, **own, **found}, cwd=PROJECT)
        context: AbstractContextManager[dict[str, str]] = Services()
    else:
        own = {}
        context = services_for_tests()
    # the terminal sends Ctrl-C to the command as well; it must be able to finish before its services go
    signal.signal(signal.SIGINT, lambda *_args: None)
    with context as env:
        process = subprocess.Popen(command, env={**os.environ, **own, **env}, cwd=PROJECT)
        signal.signal(signal.SIGTERM, lambda number, _frame: process.send_signal(number))
        return process.wait()


def main() -> int:
    (PROJECT / "var").mkdir(exist_ok=True)
    try:
        match sys.argv[1:]:
            case ["run"]:
                from bosonline.runtime.supervisor import run

                return run()
            case ["services"]:
                return services()
            case ["services", "--detach-file", target]:
                return detach(Path(target))
            case ["services", "--stop"]:
                return stop()
            case ["exec" | "exec-with-services", "--", *command] if command:
                return execute(command)
            case ["memory"]:
                from bosonline.runtime.memory import memory

                return memory()
    except Busy as busy:
        print(f"these data are {busy}; stop that first", file=sys.stderr)
        return 1
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main())
