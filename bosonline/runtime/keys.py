"""The keys of ``make run``: random, made once, kept in ``var/keys.env`` where only its owner reads them."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from bosonline.secrets import DEFAULT_SECRET

NAMES = ("SECRET_KEY", "FIELD_KEY")


def keys(project: Path, environ: dict[str, str] | None = None) -> dict[str, str]:
    """The keys that neither the environment nor ``.env`` gives."""
    environ = dict(os.environ) if environ is None else environ
    missing = [name for name in NAMES if not environ.get(name) and name not in _read(project / ".env")]
    path = project / "var" / "keys.env"
    kept = _read(path)
    new = {name: _made(project, name) for name in missing if name not in kept}
    if new:
        path.parent.mkdir(exist_ok=True)
        lines = [f"{name}={value}\n" for name, value in (kept | new).items()]
        half = path.with_name("keys.env.new")
        half.unlink(missing_ok=True)
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.writelines(lines)
        half.rename(path)
    return {name: (kept | new)[name] for name in missing}


def _made(project: Path, name: str) -> str:
    # data of an earlier version are encrypted with the built-in key: another one could not read them
    older = any((project / "var" / place).exists() for place in ("postgres", "postgres.location"))
    return DEFAULT_SECRET if name == "FIELD_KEY" and older else secrets.token_urlsafe(48)


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = (line.strip().removeprefix("export ").partition("=") for line in path.read_text().splitlines())
    return {name.strip(): value.strip().strip("\"'") for name, sep, value in lines if sep and not name.startswith("#")}
