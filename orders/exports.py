"""Downloads of orders: the caller's filters, streamed to CSV or XLSX with flat memory (product.md §7)."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from bosonline import phone as phones
from bosonline.errors import ValidationFailed
from bosonline.jobs import job_kind, job_shaped_by, job_start
from bosonline.models import BackgroundJob
from bosonline.sheets import FORMATS, write_rows
from orders.filters import orders_for
from orders.models import Order
from sellers.models import Membership
from sellers.rights import Member

COLUMNS = (
    "order_number", "created_at", "buyer_name", "buyer_phone", "street", "district_name", "city_name", "province_name",
    "postal_code", "goods", "discount", "shipping", "shipping_discount", "insurance", "cod_fee", "unique_code", "total",
    "payment_method", "status", "payment_status", "shipping_status", "courier_name", "service_code", "awb", "note",
)  # fmt: skip


def orders_download(*, member: Member, query: QueryDict, file_format: str) -> BackgroundJob:
    """Queue a download of what the list's filters show now. Raises at ``format``."""
    member.require("export")
    if file_format not in FORMATS:
        raise ValidationFailed.field("format", _("Choose csv or xlsx."))
    params = {k: str(v) for k, v in query.dict().items() if k not in ("start", "limit", "after", "format")}
    rows = orders_for(member, params).count()
    assert member.store is not None
    return job_start(
        kind="orders.download", store_id=member.store.pk, user_id=member.user.pk, rows=rows,
        params={"filters": params, "format": file_format}, filename=f"pesanan.{file_format}",
    )  # fmt: skip


def member_now(job: BackgroundJob) -> Member:
    """The person as they are now: a role that was taken away in the meantime counts."""
    membership = Membership.objects.select_related("role", "user", "store").get(
        user_id=job.user_id, store_id=job.store_id, is_active=True, removed_at__isnull=True
    )
    return Member(membership.user, None, membership, membership.store, membership.role.granted)


def _rows(job: BackgroundJob) -> Iterator[list[Any]]:
    member = member_now(job)
    member.require("export")
    job_shaped_by(job, member, "see_phone", "see_all_orders")
    assert member.store is not None
    zone = zoneinfo.ZoneInfo(member.store.time_zone)
    queryset = orders_for(member, job.params["filters"]).order_by("-id").only(*COLUMNS)
    for order in queryset.iterator(chunk_size=2000):
        yield [_cell(order, name, member, zone) for name in COLUMNS]


def _cell(order: Order, name: str, member: Member, zone: zoneinfo.ZoneInfo) -> Any:
    value = getattr(order, name)
    if name == "created_at":
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    if name == "buyer_phone":
        return phones.display(value) if member.may("see_phone") else phones.masked(value)
    return value


@job_kind("orders.download", needs=lambda _job: ("export", "orders.view"))
def orders_download_run(job: BackgroundJob, path: Path) -> Iterator[int]:
    return write_rows(path, job.params["format"], title="Pesanan", header=COLUMNS, rows=_rows(job))
