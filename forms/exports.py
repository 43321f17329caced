"""Download of the form list with its figures, by the list's own filters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from bosonline.actor import Actor
from bosonline.errors import ValidationFailed
from bosonline.jobs import job_kind, job_start
from bosonline.models import BackgroundJob
from bosonline.sheets import FORMATS, extension, write_rows
from forms import queries
from stores.models import Store

COLUMNS = ("id", "name", "slug", "url", "status", "version", "views", "starts", "orders", "amount", "conversion_percent",
           "opens_at", "closes_at", "quota", "created_at", "updated_at")  # fmt: skip
FILTERS = ("status", "keyword", "category")


def forms_download(*, actor: Actor, params: Mapping[str, str], file_format: str) -> BackgroundJob:
    """Queue a download of what the list's filters show. Raises at ``format`` or at a filter."""
    actor.require("export")
    if file_format not in FORMATS:
        raise ValidationFailed.field("format", _("Choose csv, csv-excel or xlsx."))
    filters = {name: params[name] for name in FILTERS if params.get(name)}
    rows = queries.forms_page(filters | {"limit": "1"}).total
    assert actor.store is not None
    return job_start(
        kind="forms.download", store_id=actor.store.pk, user_id=actor.user.pk, rows=rows,
        params={"filters": filters, "format": file_format}, filename=f"form.{extension(file_format)}",
    )  # fmt: skip


def _rows(job: BackgroundJob) -> Iterator[list[Any]]:
    store = Store.objects.get(pk=job.store_id)
    start = 0
    while True:
        page = queries.forms_page({**job.params["filters"], "start": str(start), "limit": "100"})
        for row in queries.form_rows(page.rows, store):
            row["conversion_percent"] = row["conversion_bp"] / 100
            yield [row[name] for name in COLUMNS]
        start += len(page.rows)
        if not page.rows or start >= page.total:
            return


@job_kind("forms.download", needs=lambda _job: ("export", "forms.view"), reads_replica=True)
def forms_download_run(job: BackgroundJob, path: Path) -> Iterator[int]:
    return write_rows(path, job.params["format"], title="Form Order", header=COLUMNS, rows=_rows(job))
