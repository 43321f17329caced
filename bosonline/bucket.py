"""Files in an S3 bucket. Only imported where ``STORAGE_URL`` is set (``bosonline.files``)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from bosonline.files import StorageAway


@contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error) as exc:
        raise StorageAway(f"{type(exc).__name__}: {exc}") from exc


class Bucket(S3Storage):
    """One prefix of a bucket. What fails is an ``OSError``, as with folders, and nobody waits long for it."""

    def __init__(self, *, path_style: bool = False, link_seconds: int = 0, **options: Any) -> None:
        self.link_seconds = link_seconds
        client = Config(
            s3={"addressing_style": "path" if path_style else "auto"}, signature_version="s3v4",
            connect_timeout=3, read_timeout=20, retries={"max_attempts": 3, "mode": "standard"},
        )  # fmt: skip
        super().__init__(client_config=client, **options)

    def link(self, name: str, *, disposition: str, content_type: str) -> str:
        """A signed address for ``link_seconds``; empty when this bucket gives none. ``FileNotFoundError`` without the file."""
        if not self.link_seconds:
            return ""
        if not self.exists(name):
            raise FileNotFoundError(name)
        answer = {
            "ResponseContentDisposition": disposition,
            "ResponseContentType": content_type,
            "ResponseCacheControl": "private, no-store",
        }
        return str(self.url(name, parameters=answer, expire=self.link_seconds))

    def _open(self, name: str, mode: str = "rb") -> Any:
        with _as_os_error():
            file = super()._open(name, mode)
            if "r" in mode:
                file.open()  # fetched now: a failure in the middle of reading is none of a reader's cases
            return file

    def _save(self, name: str, content: Any) -> str:
        with _as_os_error():
            return str(super()._save(name, content))

    def exists(self, name: str) -> bool:
        with _as_os_error():
            return bool(super().exists(name))

    def delete(self, name: str) -> None:
        with _as_os_error():
            super().delete(name)

    def size(self, name: str) -> int:
        with _as_os_error():
            return int(super().size(name))
