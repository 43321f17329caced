"""Long work with progress (exports, batch prints, imports): one machinery for all of it, in the long lane.

A kind is a function registered with :func:`job_kind`; it gets the job and a path to write to and yields how many rows it
has done so far. The row belongs to a user; nobody else sees it or its file. Files are kept seven days, private
(``bosonline.files``), and are handed out only while their owner may have what is in them: the rights that the kind needs,
and those that shaped this file (:func:`job_shaped_by`).

A job whose worker died starts anew. One that is cancelled stops at its next look (:func:`job_progress`), at most half a
second of rows later; what it has written by then is removed, and its kind puts its own rows back.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import files, outbox, replica
from bosonline.errors import Conflict, NotFound
from bosonline.models import BackgroundJob
from bosonline.tenancy import all_stores, store_scope

log = structlog.get_logger("jobs")

Worker = Callable[[BackgroundJob, Path], Iterator[int]]
PutBack = Callable[[BackgroundJob], None]
KEEP = timedelta(days=7)
Needs = Callable[[BackgroundJob], Iterable[str]]
LOOK_SECONDS = 0.5
RUNNABLE = (BackgroundJob.Status.QUEUED, BackgroundJob.Status.RUNNING)
_kinds: dict[str, Worker] = {}
_needs: dict[str, Needs] = {}
_put_back: dict[str, PutBack] = {}
_from_replica: set[str] = set()


class JobStopped(BaseException):
    """The job was cancelled: its work ends here. No ``Exception``, so that a rescue of single rows lets it pass."""


def job_kind(
    kind: str, *, needs: Needs, put_back: PutBack | None = None, reads_replica: bool = False
) -> Callable[[Worker], Worker]:
    """Register the generator that does the work of ``kind``; ``needs`` names the rights without which nobody gets its file.

    ``put_back`` is called in the transaction that cancels a job; it raises :class:`Conflict` when it is too late for that.
    ``reads_replica``: the work only reads, and may read a replica that is as new as the job's beginning.
    """

    def register(function: Worker) -> Worker:
        _kinds[kind], _needs[kind] = function, needs
        if put_back is not None:
            _put_back[kind] = put_back
        if reads_replica:
            _from_replica.add(kind)
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


@outbox.handler("job.run", lane="long")
def job_run(payload: dict[str, Any]) -> None:
    """Run a job. A worker that died in between leaves it queued or running; the next try starts it anew."""
    with store_scope(payload["store_id"]):
        rows = BackgroundJob.objects.filter(pk=payload["job_id"], status__in=RUNNABLE)
        if not rows.update(status=BackgroundJob.Status.RUNNING, started_at=timezone.now(), rows_done=0):
            return
        job = BackgroundJob.objects.get(pk=payload["job_id"])
        suffix = Path(job.filename).suffix
        name = f"jobs/{job.store_id}/{secrets.token_urlsafe(18)}{suffix}"
        try:
            with files.scratch(suffix) as path:
                done = _work(job, path)
                files.keep(name, path)
        except JobStopped:
            return
        except Exception as exc:
            log.exception("job_failed", job=job.pk, kind=job.kind)
            _finish(job, status=BackgroundJob.Status.FAILED, error=str(exc)[:500])
        else:
            ended = _finish(
                job, status=BackgroundJob.Status.DONE, rows_done=done, file=name, expires_at=timezone.now() + KEEP
            )
            if not ended:
                files.remove(name)


def _work(job: BackgroundJob, path: Path) -> int:
    if job.kind not in _from_replica:
        return _steps(job, path)
    try:
        with replica.reading_as_of_now():
            return _steps(job, path)
    except replica.ReplicaLost as exc:
        log.warning("job_begins_anew", job=job.pk, error=repr(exc.__cause__)[:200])
    with replica.reading_as_of_now():
        return _steps(job, path)


def _steps(job: BackgroundJob, path: Path) -> int:
    told, done = time.monotonic(), 0
    steps = _kinds[job.kind](job, path)
    try:
        for done in steps:
            if time.monotonic() - told > LOOK_SECONDS:
                job_progress(job, done)
                told = time.monotonic()
    finally:
        if isinstance(steps, Generator):
            steps.close()
    outbox.claim_check()
    return done


def job_progress(job: BackgroundJob, done: int) -> None:
    """Show how far it is. Raises :class:`JobStopped` when it was cancelled, ``ClaimLost`` when another worker has it."""
    outbox.claim_check()
    if not BackgroundJob.objects.filter(pk=job.pk, status=BackgroundJob.Status.RUNNING).update(rows_done=done):
        raise JobStopped


@transaction.atomic
def _finish(job: BackgroundJob, **values: Any) -> bool:
    """The end and the word to its owner (topic ``job.finished``) belong together. False when it was cancelled meanwhile."""
    rows = BackgroundJob.objects.filter(pk=job.pk, status=BackgroundJob.Status.RUNNING)
    if not rows.update(finished_at=timezone.now(), **values):
        return False
    replica.wrote(job.user_id)  # what an import has changed is theirs
    outbox.enqueue(
        "job.finished",
        {"job_id": job.pk, "store_id": job.store_id, "user_id": job.user_id, "status": str(values["status"]),
         "filename": job.filename},
        dedup_key=f"job.finished:{job.pk}",
    )  # fmt: skip
    return True


@transaction.atomic
def job_cancel(*, job_id: int, user_id: int) -> BackgroundJob:
    """Stop one's own job, also while it runs; a cancelled one stays so. Raises 404, and 409 when it has ended."""
    job = BackgroundJob.objects.select_for_update().filter(pk=job_id, user_id=user_id).first()
    if job is None:
        raise NotFound()
    if job.status == BackgroundJob.Status.CANCELLED:
        return job
    if job.status not in RUNNABLE:
        raise Conflict(_("This has ended already."), code="job_ended")
    if job.kind in _put_back:
        _put_back[job.kind](job)
    job.status, job.finished_at = BackgroundJob.Status.CANCELLED, timezone.now()
    job.save(update_fields=["status", "finished_at"])
    return job


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
        old = list(
            BackgroundJob.objects.filter(expires_at__lt=timezone.now()).exclude(file="").order_by("expires_at")[:500]
        )
        for job in old:
            files.remove(job.file)
            BackgroundJob.objects.filter(pk=job.pk).update(file="")
        return len(old)
