"""Downloads of orders: the caller's filters, streamed to CSV or XLSX with flat memory (product.md §7)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.http import QueryDict
from django.utils.translation import gettext as _

from bosonline.actor import Actor
from bosonline.errors import ValidationFailed
from bosonline.jobs import job_kind, job_shaped_by, job_start
from bosonline.models import BackgroundJob
from bosonline.sheets import FORMATS, extension, write_rows
from orders.lists import ORDERS
from sellers.models import Membership


def orders_download(*, actor: Actor, query: QueryDict, file_format: str) -> BackgroundJob:
    """Queue a download of what the list's filters show now. Raises at ``format``."""
    actor.require("export")
    if file_format not in FORMATS:
        raise ValidationFailed.field("format", _("Choose csv, csv-excel or xlsx."))
    params = {k: str(v) for k, v in query.dict().items() if k not in ("start", "limit", "after", "format")}
    rows = ORDERS.count(actor, params)
    assert actor.store is not None
    return job_start(
        kind="orders.download", store_id=actor.store.pk, user_id=actor.user.pk, rows=rows,
        params={"filters": params, "format": file_format}, filename=f"pesanan.{extension(file_format)}",
    )  # fmt: skip


def member_now(job: BackgroundJob) -> Actor:
    """The person as they are now: a role that was taken away in the meantime counts."""
    membership = Membership.objects.select_related("role", "user", "store").get(
        user_id=job.user_id, store_id=job.store_id, is_active=True, removed_at__isnull=True
    )
    return Actor(membership.user, None, membership, membership.store, membership.role.granted)


@job_kind("orders.download", needs=lambda _job: ("export", "orders.view"), reads_replica=True)
def orders_download_run(job: BackgroundJob, path: Path) -> Iterator[int]:
    """By the rights the person has now, in the list's own order."""
    member = member_now(job)
    member.require("export")
    job_shaped_by(job, member, "see_phone", "see_all_orders")
    return write_rows(
        path, job.params["format"], title="Pesanan", header=ORDERS.header(member),
        rows=ORDERS.export(member, job.params["filters"]),
    )  # fmt: skip
