"""All static checks; every one runs, any one that fails fails the run."""

from __future__ import annotations

import os
import subprocess
import sys
import time

PY = sys.executable
CHECKS: list[tuple[str, list[str]]] = [
    ("ruff", [PY, "-m", "ruff", "check", "--quiet", "."]),
    ("format", [PY, "-m", "ruff", "format", "--check", "--quiet", "."]),
    ("layers", [PY, "-c", "from importlinter.cli import lint_imports_command as c; c()"]),
    ("types", [PY, "-m", "mypy"]),
    ("templates", [PY, "-m", "djlint", "templates", "--lint", "--quiet"]),
]


def main() -> int:
    failed = []
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "bosonline.settings"}
    for name, command in CHECKS:
        began = time.monotonic()
        result = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
        state = "ok" if result.returncode == 0 else "FAILED"
        print(f"check | {name:<10} {state} ({time.monotonic() - began:.1f} s)", flush=True)
        if result.returncode:
            failed.append(name)
            print((result.stdout + result.stderr)[-6000:])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
