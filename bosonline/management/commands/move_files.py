"""``manage.py move_files``: files that an earlier version, or another setting, put elsewhere go where they belong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.management.base import BaseCommand

from bosonline import files

PRIVATE = ("jobs", "proofs")
PUBLIC = ("images",)


class Command(BaseCommand):
    help = "Move downloads, imports and proofs out of MEDIA_ROOT, and local files into STORAGE_URL; may be run again"

    def handle(self, *args: Any, **options: Any) -> None:
        moved = 0
        roots = {Path(settings.MEDIA_ROOT), Path(settings.PRIVATE_ROOT)}
        for root in sorted(roots):
            for folder in PRIVATE:
                moved += self._move(root, folder, files.private())
            for folder in PUBLIC:
                moved += self._move(root, folder, files.public())
        if moved:
            self.stdout.write(f"files moved: {moved}")

    @staticmethod
    def _move(root: Path, folder: str, storage: Any) -> int:
        """Copy first, remove afterwards: stopped at any point, a second run finishes what the first began."""
        moved = 0
        for path in sorted(p for p in (root / folder).rglob("*") if p.is_file() and not p.is_symlink()):
            name = path.relative_to(root).as_posix()
            own = files.local_path(storage, name)
            if own is not None and own.resolve() == path.resolve():
                continue  # it is where it belongs
            if storage.exists(name) and storage.size(name) != path.stat().st_size:
                storage.delete(name)  # half of it, from a run that was stopped
            if not storage.exists(name):
                with path.open("rb") as data:
                    storage.save(name, File(data))
            path.unlink()
            moved += 1
        for empty in sorted((p for p in (root / folder).rglob("*") if p.is_dir()), reverse=True):
            if not any(empty.iterdir()):
                empty.rmdir()
        return moved
