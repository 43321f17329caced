"""Files in two places that share nothing: pictures for everybody, and everything else for those who may see it now.

    files.public()    product pictures and logos; the only thing below ``/media/``
    files.private()   downloads, imports, proofs of payment; handed out by a view that asks for the right of today

Both are Django storages, so where they are is a setting (``STORAGE_URL``): folders of this machine, or one S3 bucket.
``default`` is the private one: what forgets to choose is hidden, not shown.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

MEDIA_PREFIX = "/media/"


def storage_settings(url: str, *, public_root: str, private_root: str) -> dict[str, dict[str, Any]]:
    """The two storages for Django's ``STORAGES``. An empty ``url``: folders; ``s3://key:secret@host/bucket?region=…``:
    one bucket with a prefix for each (host empty: Amazon's own; ``tls=0``: plain HTTP). Raises ValueError for others."""
    if not url:
        backend = "django.core.files.storage.FileSystemStorage"
        return {
            "default": {
                "BACKEND": backend,
                "OPTIONS": {
                    "location": private_root, "base_url": None,
                    "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700,
                },
            },
            "public": {"BACKEND": backend, "OPTIONS": {"location": public_root, "base_url": MEDIA_PREFIX}},
        }  # fmt: skip
    parts = urlsplit(url)
    bucket = parts.path.strip("/")
    if parts.scheme != "s3" or not bucket or "/" in bucket:
        raise ValueError("STORAGE_URL must be s3://key:secret@host/bucket?region=…, or empty for folders.")
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    host = parts.hostname or ""
    if parts.port:
        host += f":{parts.port}"
    options: dict[str, Any] = {
        "bucket_name": bucket,
        "access_key": unquote(parts.username) if parts.username else None,
        "secret_key": unquote(parts.password) if parts.password else None,
        "region_name": query.get("region"),
        "endpoint_url": f"{'http' if query.get('tls') == '0' else 'https'}://{host}" if host else None,
        "default_acl": None,  # the bucket stays closed: pictures, too, come through our own address
        "file_overwrite": False,
    }
    backend = "storages.backends.s3.S3Storage"
    return {
        "default": {"BACKEND": backend, "OPTIONS": options | {"location": "private"}},
        "public": {"BACKEND": backend, "OPTIONS": options | {"location": "public"}},
    }


def public() -> Any:
    from django.core.files.storage import storages

    return storages["public"]


def private() -> Any:
    from django.core.files.storage import storages

    return storages["default"]


def picture_url(name: str) -> str:
    """The address of a public picture: always ours, wherever the bytes are, so that the content policy stays ``'self'``."""
    return f"{MEDIA_PREFIX}{name}" if name else ""


def keep(name: str, source: Path) -> None:
    """A finished local file becomes the private file ``name``; one that was there is replaced."""
    from django.core.files import File

    storage = private()
    storage.delete(name)
    with source.open("rb") as data:
        kept = storage.save(name, File(data))
    if kept != name:  # somebody else wrote it in between: theirs is not ours
        storage.delete(kept)
        raise FileExistsError(name)


def local_path(storage: Any, name: str) -> Path | None:
    """Where the file is on this machine; None for storages that are elsewhere."""
    from django.core.files.storage import FileSystemStorage

    return Path(storage.path(name)) if isinstance(storage, FileSystemStorage) else None


@contextmanager
def scratch(suffix: str = "") -> Iterator[Path]:
    """A path of this machine to write to; what is there afterwards is thrown away."""
    folder = tempfile.mkdtemp(prefix="bosonline-")
    try:
        yield Path(folder) / f"work{suffix}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def local(name: str) -> Iterator[Path]:
    """The private file ``name`` as a path to read from; a copy when the storage is not this machine."""
    storage = private()
    path = local_path(storage, name)
    if path is None:
        with scratch() as copy, storage.open(name, "rb") as source:
            with copy.open("wb") as target:
                shutil.copyfileobj(source, target)
            yield copy
        return
    yield path


def remove(*names: str) -> None:
    """Private files that are not needed any more; one that is not there is fine."""
    for name in names:
        if name:
            private().delete(name)
