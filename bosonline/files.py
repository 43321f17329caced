"""Files in two places that share nothing: pictures for everybody, and everything else for those who may see it now.

    files.public()    product pictures and logos; the only thing below ``/media/``
    files.private()   downloads, imports, proofs of payment; handed out by a view that asks for the right of today

Both are Django storages, so where they are is a setting (``STORAGE_URL``): folders of this machine, or one S3 bucket that
all machines share. ``default`` is the private one: what forgets to choose is hidden, not shown. Only this module knows
paths; what needs one (a parser, a PDF) works on a :func:`scratch` or :func:`local` copy.
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
LINK_SECONDS = 60
YEAR = 31_536_000


def storage_settings(url: str, *, public_root: str, private_root: str) -> dict[str, dict[str, Any]]:
    """The two storages for Django's ``STORAGES``. An empty ``url``: folders; ``s3://key:secret@host/bucket?region=…``:
    one bucket with a prefix for each. Host empty: Amazon's own; ``tls=0``: plain HTTP; ``style=virtual``: the bucket's name
    in the host instead of the path; ``links=30``: seconds that a signed link works, 0 for none (a bucket that browsers
    cannot reach). Raises ValueError for others."""
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
    links = query.get("links", str(LINK_SECONDS))
    if not links.isdecimal() or query.get("style", "path") not in ("path", "virtual"):
        raise ValueError("STORAGE_URL: links is a number of seconds, style is path or virtual.")
    host = parts.hostname or ""
    if parts.port:
        host += f":{parts.port}"
    options: dict[str, Any] = {
        "bucket_name": bucket,
        "access_key": unquote(parts.username) if parts.username else None,
        "secret_key": unquote(parts.password) if parts.password else None,
        "region_name": query.get("region"),
        "endpoint_url": f"{'http' if query.get('tls') == '0' else 'https'}://{host}" if host else None,
        # services that speak S3 under one name of their own have no name per bucket
        "path_style": bool(host) and query.get("style", "path") == "path",
        "default_acl": None,  # who reads ``public/`` from outside is the bucket's policy, not each file's
        "file_overwrite": False,
        "max_memory_size": 1024 * 1024,  # what is larger is on disk while it is read
    }
    backend = "bosonline.bucket.Bucket"
    kept = {"CacheControl": f"public, max-age={YEAR}, immutable"}  # names are never used twice
    return {
        "default": {"BACKEND": backend, "OPTIONS": options | {"location": "private", "link_seconds": int(links)}},
        "public": {"BACKEND": backend, "OPTIONS": options | {"location": "public", "object_parameters": kept}},
    }


class StorageAway(OSError):
    """The bucket did not answer or refused: 503 to whoever waits (``bosonline.views``)."""


def public() -> Any:
    from django.core.files.storage import storages

    return storages["public"]


def private() -> Any:
    from django.core.files.storage import storages

    return storages["default"]


def picture_url(name: str) -> str:
    """The address of a public picture: ours, or the bucket's or its CDN's (``STORAGE_PUBLIC_URL``)."""
    from django.conf import settings

    return f"{settings.STORAGE_PUBLIC_URL or MEDIA_PREFIX}{name}" if name else ""


def picture_origin() -> str:
    """The foreign origin that pictures come from, for the content policy; empty when they come from ours."""
    from django.conf import settings

    parts = urlsplit(settings.STORAGE_PUBLIC_URL)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def private_link(name: str, *, disposition: str, content_type: str) -> str:
    """A short signed address of a private file, for who was found to have the right. Empty where the files are folders.
    Raises ``FileNotFoundError``."""
    link = getattr(private(), "link", None)
    return str(link(name, disposition=disposition, content_type=content_type)) if link else ""


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
