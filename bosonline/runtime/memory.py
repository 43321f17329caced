"""What the processes of ``make run`` take: proportional set sizes, so that shared pages count once."""

from __future__ import annotations

from pathlib import Path

from bosonline.runtime import children, locks
from bosonline.runtime.services import RUN


def pss_kb(pid: int) -> int:
    """0 when the process is gone or belongs to somebody else."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)


def memory(suffix: str = "") -> int:
    """Prints a line per process and the sum, in MB."""
    supervisor = locks.holder_of(RUN / f"services{suffix}.lock")
    if not supervisor:
        print("nothing is running")
        return 1
    total = 0
    for pid in children.descendants(supervisor):
        size = pss_kb(pid)
        total += size
        print(f"{size / 1024:8.1f} MB {children.command_of(pid)[:110]}")
    print(f"{total / 1024:8.1f} MB in all")
    return 0
