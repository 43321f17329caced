"""Long work with progress (exports, batch prints, imports): one machinery for all of it.

A kind is a function registered with :func:`job_kind`; it gets the job and a path to write to and yields how many rows it
has done so far. The row belongs to a user; nobody else sees it or its file. Files are kept seven days, private
(``bosonline.files``), and are handed out only while their owner may have what is in them: the rights that the kind needs,
and those that shaped this file (:func:`job_shaped_by`).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from bosonline import files, outbox
from bosonline.errors import NotFound
from bosonline.models import BackgroundJob
from bosonline.tenancy import all_stores, store_scope

log = structlog.get_logger("jobs")

Worker = Callable[[BackgroundJob, Path], Iterator[int]]
KEEP = timedelta(days=7)
Needs = Callable[[BackgroundJob], Iterable[str]]
_kinds: dict[str, Worker] = {}
_needs: dict[str, Needs] = {}


def job_kind(kind: str, *, needs: Needs) -> Callable[[Worker], Worker]:
    """Register the generator that does the work of ``kind``; ``needs`` names the rights without which nobody gets its file."""

    def register(function: Worker) -> Worker:
        _kinds[kind], _needs[kind] = function, needs
        return function

    return register


def job_shaped_by(job: BackgroundJob, member: Any, *rights: str) -> None:
    """Remember which of ``rights`` the person has while the file is made: it shows what they allow to see."""
    job.params = {**job.params, "shaped_by": [right for right in rights if member.may(right)]}
    BackgroundJob.objects.filter(pk=job.pk).update(params=job.params)


def _job_rights(job: BackgroundJob) -> list[str] | None:
    """None for a kind that nobody knows any more."""
    needs = _needs.get(job.kind)
    return None if needs is None else [*needs(job), *job.params.get("shaped_by", [])]


def job_require(job: BackgroundJob, member: Any) -> None:
    """Raise ``Forbidden`` unless ``member`` may have the job's file now."""
    rights = _job_rights(job)
    if rights is None:
        raise NotFound()
    for right in rights:
        member.require(right)


def job_may(job: BackgroundJob, member: Any) -> bool:
    rights = _job_rights(job)
    return rights is not None and all(member.may(right) for right in rights)


@transaction.atomic
def job_start(
    *, kind: str, store_id: int, user_id: int, params: dict[str, Any], filename: str, rows: int
) -> BackgroundJob:
    """Queue a job; it runs in the worker after the commit. ``rows`` is what progress is counted against."""
    job = BackgroundJob.objects.create(
        store_id=store_id, user_id=user_id, kind=kind, params=params, filename=filename, rows_total=rows
    )
    outbox.enqueue("job.run", {"job_id": job.pk, "store_id": store_id}, dedup_key=f"job.run:{job.pk}")
    return job


@outbox.handler("job.run")
def job_run(payload: dict[str, Any]) -> None:
    """Run a job. A worker that died in between leaves it queued or running; the next try starts it anew."""
    with store_scope(payload["store_id"]):
        job = BackgroundJob.objects.filter(pk=payload["job_id"]).first()
        if job is None or job.status in (BackgroundJob.Status.DONE, BackgroundJob.Status.FAILED):
            return
        rows = BackgroundJob.objects.filter(pk=job.pk)
        rows.update(status=BackgroundJob.Status.RUNNING, started_at=timezone.now(), rows_done=0)
        suffix = Path(job.filename).suffix
        name = f"jobs/{job.store_id}/{secrets.token_urlsafe(18)}{suffix}"
        try:
            with files.scratch(suffix) as path:
                told = time.monotonic()
                done = 0
                for done in _kinds[job.kind](job, path):
                    if time.monotonic() - told > 0.5:
                        rows.update(rows_done=done)
                        told = time.monotonic()
                files.keep(name, path)
        except Exception as exc:
            log.exception("job_failed", job=job.pk, kind=job.kind)
            _finish(job, status=BackgroundJob.Status.FAILED, error=str(exc)[:500])
            return
        _finish(job, status=BackgroundJob.Status.DONE, rows_done=done, file=name, expires_at=timezone.now() + KEEP)


@transaction.atomic
def _finish(job: BackgroundJob, **values: Any) -> None:
    """The end and the word to its owner (topic ``job.finished``) belong together."""
    BackgroundJob.objects.filter(pk=job.pk).update(finished_at=timezone.now(), **values)
    outbox.enqueue(
        "job.finished",
        {"job_id": job.pk, "store_id": job.store_id, "user_id": job.user_id, "status": str(values["status"]),
         "filename": job.filename},
        dedup_key=f"job.finished:{job.pk}",
    )  # fmt: skip


def job_of(*, job_id: int, user_id: int) -> BackgroundJob:
    """One's own job, else 404."""
    job = BackgroundJob.objects.filter(pk=job_id, user_id=user_id).first()
    if job is None:
        raise NotFound()
    return job


def job_as_api(job: BackgroundJob, member: Any) -> dict[str, Any]:
    """``{"id", "status", "progress", "rows", "url"}`` (api.md, Downloads); no ``url`` for who may not have the file now."""
    ready = job.status == BackgroundJob.Status.DONE and bool(job.file)
    allowed = ready and job_may(job, member)
    return {
        "id": job.pk,
        "kind": job.kind,
        "status": job.status,
        "progress": job.progress,
        "rows": job.rows_done if ready else job.rows_total,
        "url": f"/api/v1/store/exports/{job.pk}/file" if allowed else None,
        "error": job.error,
    }


def jobs_sweep() -> int:
    """Remove files that are older than seven days."""
    with all_stores():
        old = list(BackgroundJob.objects.filter(expires_at__lt=timezone.now()).exclude(file="")[:500])
        for job in old:
            files.remove(job.file)
            BackgroundJob.objects.filter(pk=job.pk).update(file="")
        return len(old)
