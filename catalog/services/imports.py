"""The import wizard: a file is uploaded, its columns are mapped, it is checked without writing, then applied.

Checking and applying are background jobs. The check reads the file once, keeps its rows beside it as plain JSON lines, and
says for every row whether it is new, changed, unchanged or wrong, and why. Applying judges the rows again against what is
there then and writes all good ones in one transaction: the same file a second time changes nothing.
"""

from __future__ import annotations

import csv
import secrets
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import structlog
import tablib
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from bosonline import files
from bosonline.actor import Actor
from bosonline.errors import Conflict, DomainError, NotFound, ValidationFailed
from bosonline.jobs import KEEP, LOOK_SECONDS, JobStopped, job_kind, job_progress, job_shaped_by, job_start
from bosonline.models import BackgroundJob
from bosonline.outbox import claim_check
from bosonline.sheets import neutral
from bosonline.tables import MAX_BYTES, BadCell, Table, TableRefused, table_open
from bosonline.tenancy import all_stores
from catalog.models import ImportMapping, ImportRun
from catalog.transfer.base import TableResource
from catalog.transfer.columns import columns_for, mapping_guess, remembered
from catalog.transfer.inventory import InventoryTable
from catalog.transfer.products import ProductTable
from catalog.transfer.variants import VariantTable
from sellers.models import Membership
from stores.services.bell import notify

log = structlog.get_logger("imports")

TABLES: dict[str, type[TableResource]] = {
    "products": ProductTable,
    "variants": VariantTable,
    "inventory": InventoryTable,
}
RIGHTS = {
    "products": ("products.create", "products.edit"),
    "variants": ("products.edit",),
    "inventory": ("inventory.edit",),
}
# what a run is while its job works; ``applied`` already before the job has told so
ENDING = (ImportRun.Status.CHECKING, ImportRun.Status.APPLYING, ImportRun.Status.APPLIED)
SAMPLE = 5
SHOWN = 500
WRONG_SHOWN = 1000


def import_upload(*, actor: Actor, kind: str, upload: Any) -> ImportRun:
    """Keep an uploaded file and read its headers. Raises :class:`TableRefused` at ``file`` and keeps nothing then."""
    if kind not in TABLES:
        raise ValidationFailed.field("kind", _("Use %(choices)s.") % {"choices": ", ".join(TABLES)})
    for right in RIGHTS[kind]:
        actor.require(right)
    if upload.size > MAX_BYTES:
        message = _("The file is larger than %(size)s MB.") % {"size": MAX_BYTES // 1_048_576}
        raise TableRefused(message, code="too_large", status=413)
    assert actor.store is not None
    name = f"jobs/{actor.store.pk}/import-{secrets.token_urlsafe(18)}"
    with files.scratch() as path:
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        table = table_open(path)
        sample = [row.cells for _n, row in zip(range(SAMPLE), table.rows(), strict=False)]
        files.keep(name, path)
    known = ImportMapping.objects.filter(kind=kind).values_list("columns", flat=True).first() or {}
    run: ImportRun = ImportRun.objects.create(
        store=actor.store, kind=kind, user=actor.user, filename=str(upload.name)[:200], file=name, headers=table.headers,
        sample=[[str(cell) for cell in row] for row in sample],
        mapping=mapping_guess(kind, table.headers, known, see_cost=actor.may("see_cost")),
    )  # fmt: skip
    return run


def import_get(*, run_id: int, actor: Actor) -> ImportRun:
    """One's own run, else 404."""
    run: ImportRun | None = ImportRun.objects.filter(pk=run_id, user_id=actor.user.pk).first()
    if run is None:
        raise NotFound()
    return run


def _mapping_checked(run: ImportRun, mapping: Mapping[str, str], actor: Actor) -> dict[str, str]:
    columns = {c.name: c for c in columns_for(run.kind, see_cost=actor.may("see_cost")) if not c.readonly}
    chosen = {header: name for header, name in mapping.items() if name}
    errors: dict[str, list[str]] = {}
    used: set[str] = set()
    for header, name in chosen.items():
        if header not in run.headers:
            errors[f"mapping.{header[:60]}"] = [_("The file has no such column.")]
        elif name not in columns:
            errors[f"mapping.{header[:60]}"] = [_("Unknown field.")]
        elif name in used:
            errors[f"mapping.{header[:60]}"] = [_("This field is mapped twice.")]
        used.add(name)
    for column in columns.values():
        if column.required and column.name not in used and not errors:
            errors["mapping"] = [_("Choose the column for “%(name)s”.") % {"name": column.label}]
    if errors:
        raise ValidationFailed(next(iter(errors.values()))[0], errors=errors)
    return chosen


@transaction.atomic
def import_check(*, run_id: int, mapping: Mapping[str, str], actor: Actor) -> ImportRun:
    """Remember the mapping and start the dry run. Raises at ``mapping…``."""
    run = _locked(run_id, actor)
    if run.status in (ImportRun.Status.APPLYING, ImportRun.Status.APPLIED):
        raise Conflict(_("This file was imported already. Upload it again."), code="import_finished")
    run.mapping = _mapping_checked(run, mapping, actor)
    known, _new = ImportMapping.objects.get_or_create(store_id=run.store_id, kind=run.kind)
    known.columns = {**known.columns, **remembered(run.mapping)}
    known.save(update_fields=["columns"])
    return _start(run, ImportRun.Status.CHECKING, "catalog.import.check")


@transaction.atomic
def import_apply(*, run_id: int, actor: Actor, skip_errors: bool = False) -> ImportRun:
    """Import a checked file in the background. With wrong rows only when ``skip_errors`` says to leave them out."""
    run = _locked(run_id, actor)
    for right in RIGHTS[run.kind]:
        actor.require(right)
    if run.status != ImportRun.Status.CHECKED:
        raise Conflict(_("Check the file first."), code="not_checked")
    if run.counts.get("errors") and not skip_errors:
        raise Conflict(_("The file still has wrong rows. Correct them, or leave them out."), code="rows_wrong")
    run.skip_errors = skip_errors
    return _start(run, ImportRun.Status.APPLYING, "catalog.import.apply")


def _locked(run_id: int, actor: Actor) -> ImportRun:
    run: ImportRun | None = ImportRun.objects.select_for_update().filter(pk=run_id, user_id=actor.user.pk).first()
    if run is None:
        raise NotFound()
    return run


def _start(run: ImportRun, status: str, kind: str) -> ImportRun:
    job = job_start(
        kind=kind, store_id=run.store_id, user_id=run.user_id, params={"run_id": run.pk, "kind": run.kind},
        filename="laporan-impor.csv", rows=run.rows_total,
    )  # fmt: skip
    run.status, run.job_id, run.error = status, job.pk, ""
    run.save(update_fields=["status", "job_id", "error", "mapping", "skip_errors"])
    return run


# --- the jobs ---------------------------------------------------------------------------------------------------------
def _person(job: BackgroundJob, kind: str) -> Actor:
    """The person as they are now: a right that was taken away in the meantime counts."""
    membership = Membership.objects.select_related("role", "user", "store").get(
        user_id=job.user_id, store_id=job.store_id, is_active=True, removed_at__isnull=True
    )
    actor = Actor(membership.user, None, membership, membership.store, membership.role.granted)
    for right in RIGHTS[kind]:
        actor.require(right)
    return actor


def _keep_rows(table: Table, run: ImportRun) -> int:
    """The file's mapped cells as JSON lines beside it: ``[row number, problem, [cells]]``."""
    wanted = [run.headers.index(header) for header in run.mapping]
    count = 0
    with files.scratch() as path:
        with path.open("wb") as out:
            for row in table.rows():
                cells = [
                    {"bad": str(c), "why": c.problem} if isinstance(c := row.cells[i], BadCell) else c for i in wanted
                ]
                out.write(orjson.dumps([row.number, row.problem, cells]) + b"\n")
                count += 1
        files.keep(f"{run.file}.rows", path)
    return count


def _dataset(run: ImportRun) -> tuple[Any, list[int], dict[int, str]]:
    """The kept rows as import-export wants them, their numbers in the file, and rows that are wrong as a whole."""
    data = tablib.Dataset(headers=list(run.mapping.values()))
    numbers: list[int] = []
    problems: dict[int, str] = {}
    with files.private().open(f"{run.file}.rows", "rb") as lines:
        for line in lines:
            number, problem, cells = orjson.loads(line)
            numbers.append(number)
            if problem:
                problems[number] = problem
            data.append([BadCell(c["bad"], c["why"]) if isinstance(c, dict) else c for c in cells])
    return data, numbers, problems


def _resource(run: ImportRun, actor: Actor, job: BackgroundJob) -> TableResource:
    told = time.monotonic()

    def progress(done: int) -> None:
        nonlocal told
        if time.monotonic() - told > LOOK_SECONDS:
            job_progress(job, done)
            told = time.monotonic()

    def before_write() -> None:
        """The last moment to cancel: from here on it is one transaction, whose end a person waits for."""
        claim_check()
        now = ImportRun.objects.select_for_update().get(pk=run.pk)
        if now.status != ImportRun.Status.APPLYING:
            raise JobStopped
        ImportRun.objects.filter(pk=run.pk).update(status=ImportRun.Status.APPLIED)

    assert actor.store is not None
    return TABLES[run.kind](
        store=actor.store, actor=actor, filename=run.filename, progress=progress,
        before_write=before_write,
    )  # fmt: skip


def _put_back(job: BackgroundJob) -> None:
    """A cancelled check or import: the run is where it was before."""
    Status = ImportRun.Status
    run = ImportRun.objects.select_for_update().filter(pk=job.params["run_id"]).first()
    if run is None:
        return
    if run.status not in (Status.CHECKING, Status.APPLYING):
        raise Conflict(_("The rows are written already."), code="job_ended")
    run.status = Status.UPLOADED if run.status == Status.CHECKING else Status.CHECKED
    run.save(update_fields=["status"])


def _judged(
    run: ImportRun, actor: Actor, job: BackgroundJob, *, dry_run: bool
) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Run the resource; how many rows are what, and the first rows of each kind."""
    data, numbers, problems = _dataset(run)
    resource = _resource(run, actor, job)
    resource.row_numbers, resource.row_problems = numbers, problems
    # never the library's own dry run: it opens a savepoint per row and hides the progress in a transaction to be rolled back
    result = resource.import_data(
        data, dry_run=False, use_transactions=False, raise_errors=False, write=not dry_run, skip_errors=run.skip_errors
    )
    if result.base_errors:
        error = result.base_errors[0].error
        raise error if isinstance(error, DomainError | DatabaseError) else RuntimeError("import failed") from error
    columns = {f.attribute: f.column_name for f in resource.get_import_fields()}
    return _report(result, numbers, [str(sku or "") for sku in data["sku"]], columns)


_KINDS = {"new": "new", "update": "changed", "skip": "unchanged", "invalid": "errors", "error": "errors"}


def _report(
    result: Any, numbers: list[int], skus: list[str], columns: dict[str, str]
) -> tuple[dict[str, int], list[dict[str, Any]]]:
    counts = {"new": 0, "changed": 0, "unchanged": 0, "errors": 0}
    shown = dict(counts)
    rows: list[dict[str, Any]] = []
    for index, row in enumerate(result.rows):
        kind = _KINDS[row.import_type]
        counts[kind] += 1
        line = row.instance
        notes = getattr(line, "notes", {})
        if (kind == "unchanged" and not notes) or shown[kind] >= (WRONG_SHOWN if kind == "errors" else SHOWN):
            continue
        shown[kind] += 1
        entry: dict[str, Any] = {"row": numbers[index], "kind": kind, "sku": skus[index]}
        if kind == "changed":
            entry["changes"] = {columns.get(k, k): [_shown(v) for v in pair] for k, pair in line.changes().items()}
            for name, pair in getattr(line, "told", {}).items():  # what the row says of its product
                entry["changes"][columns.get(name, name)] = [_shown(v) for v in pair]
        if kind == "errors":
            entry["errors"] = {columns.get(k, k): texts for k, texts in _row_errors(row).items()}
        if notes:
            entry["notes"] = {columns.get(k, k): text for k, text in notes.items()}
        rows.append(entry)
    return counts, rows


def _shown(value: Any) -> Any:
    return value if isinstance(value, int | str | bool) or value is None else orjson.dumps(value).decode()


def _row_errors(row: Any) -> dict[str, list[str]]:
    if row.validation_error is not None:
        if hasattr(row.validation_error, "error_dict"):
            return {k: list(v) for k, v in row.validation_error.message_dict.items()}
        return {"row": list(row.validation_error.messages)}
    log.error("import_row_failed", error=repr(row.errors[0].error))
    return {"row": [_("This row could not be read.")]}


def _work(job: BackgroundJob, *, dry_run: bool) -> ImportRun:
    run = ImportRun.objects.select_related("store").get(pk=job.params["run_id"])
    language = translation.get_language() or "id"
    with translation.override("id" if language.startswith("en") is False else language):
        try:
            actor = _person(job, run.kind)
            job_shaped_by(job, actor, "see_cost")
            if dry_run:
                with files.local(run.file) as path:
                    run.rows_total = _keep_rows(table_open(path), run)
                BackgroundJob.objects.filter(pk=job.pk).update(rows_total=run.rows_total)
            run.counts, run.report = _judged(run, actor, job, dry_run=dry_run)
            run.status = ImportRun.Status.CHECKED if dry_run else ImportRun.Status.APPLIED
            run.error = ""
        except DomainError as exc:
            run.status, run.error = ImportRun.Status.FAILED, exc.message[:500]
        except IntegrityError:
            run.status = ImportRun.Status.FAILED
            run.error = _("Somebody used one of these SKUs meanwhile. Nothing was imported; upload the file again.")
        except Exception:
            run.error = _("The import stopped by a mistake of ours. Nothing was imported; please tell us.")
            ImportRun.objects.filter(pk=run.pk).update(status=ImportRun.Status.FAILED, error=run.error)
            raise
    run.finished_at = timezone.now()
    claim_check()
    rows = ImportRun.objects.filter(pk=run.pk, status__in=ENDING)
    names = ("rows_total", "counts", "report", "status", "error", "finished_at")
    if not rows.update(**{name: getattr(run, name) for name in names}):
        raise JobStopped  # cancelled meanwhile
    return run


def _needs(job: BackgroundJob) -> tuple[str, ...]:
    return RIGHTS[job.params.get("kind", "products")]


@job_kind("catalog.import.check", needs=_needs, put_back=_put_back)
def import_check_run(job: BackgroundJob, path: Path) -> Iterator[int]:
    run = _work(job, dry_run=True)
    _write_report(run, path)
    yield run.rows_total


@job_kind("catalog.import.apply", needs=_needs, put_back=_put_back)
def import_apply_run(job: BackgroundJob, path: Path) -> Iterator[int]:
    run = _work(job, dry_run=False)
    _write_report(run, path)
    _tell(run)
    if run.status == ImportRun.Status.APPLIED:
        files.remove(run.file, f"{run.file}.rows")
    yield run.rows_total


def _write_report(run: ImportRun, path: Path) -> None:
    """The rows that were shown, as a CSV to work through."""
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(["baris", "hasil", "sku", "kolom", "keterangan"])
        for row in run.report:
            notes = [(c, t) for c, texts in row.get("errors", {}).items() for t in texts]
            notes += [(c, f"{a} → {b}") for c, (a, b) in row.get("changes", {}).items()]
            notes += list(row.get("notes", {}).items())
            for column, text in notes or [("", "")]:
                writer.writerow([row["row"], row["kind"], neutral(row["sku"]), column, neutral(text)])


def _tell(run: ImportRun) -> None:
    done = run.status == ImportRun.Status.APPLIED
    facts = {"file": run.filename, "run_id": run.pk} | ({"counts": run.counts} if done else {"error": run.error})
    notify(store_id=run.store_id, user_id=run.user_id, kind="job.import", facts=facts)


def imports_sweep() -> int:
    """Remove the files of runs that nobody finished within a week; the runs themselves stay in the list."""
    with all_stores():
        old = list(ImportRun.objects.filter(created_at__lt=timezone.now() - KEEP).exclude(file="")[:500])
        for run in old:
            files.remove(run.file, f"{run.file}.rows")
            status = run.status if run.status == ImportRun.Status.APPLIED else ImportRun.Status.FAILED
            ImportRun.objects.filter(pk=run.pk).update(file="", status=status)
        return len(old)
