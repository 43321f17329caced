"""Downloads: background jobs with progress, the caller's filters, formulas neutralised, visible to their owner only."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
from django.test import Client

from bosonline import outbox
from tests.factories import Shop, make_shop


def download(client: Client, shop: Shop, file_format: str, query: str = "") -> dict[str, Any]:
    headers = shop.bearer()
    answer = client.post(
        f"/api/v1/store/orders/download{query}", {"format": file_format}, content_type="application/json", **headers
    )
    assert answer.status_code == 202
    job = answer.json()["data"]
    assert job["status"] == "queued"
    outbox.drain()
    return client.get(f"/api/v1/store/exports/{job['id']}", **headers).json()["data"]


def test_a_csv_holds_the_filtered_orders_with_formulas_neutralised(committed_db: None, client: Client) -> None:
    shop = make_shop()
    shop.place(name="=cmd|'/c calc'!A1", phone="081234567891")
    shop.place(payment_method="bank_transfer")
    job = download(client, shop, "csv", "?payment_method=cod")
    assert (job["status"], job["progress"], job["rows"]) == ("done", 100, 1)
    body = b"".join(client.get(job["url"], **shop.bearer()).streaming_content).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(body))
    assert row["buyer_name"] == "'=cmd|'/c calc'!A1"
    assert row["buyer_phone"] == "0812-3456-7891"


def test_an_xlsx_holds_the_same(committed_db: None, client: Client) -> None:
    shop = make_shop()
    order = shop.order()
    job = download(client, shop, "xlsx")
    content = b"".join(client.get(job["url"], **shop.bearer()).streaming_content)
    rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
    assert rows[1][0] == order.order_number
    assert order.total in rows[1]


def test_a_download_is_seen_by_nobody_else(committed_db: None, client: Client) -> None:
    shop, other = make_shop(), make_shop()
    colleague = shop.staff("administrator")
    job = download(client, shop, "csv")
    for headers in (other.bearer(), shop.bearer(colleague.user)):
        assert client.get(f"/api/v1/store/exports/{job['id']}", **headers).status_code == 404
        assert client.get(job["url"], **headers).status_code == 404
    viewer = shop.staff("viewer")
    answer = client.post(
        "/api/v1/store/orders/download", {}, content_type="application/json", **shop.bearer(viewer.user)
    )
    assert answer.status_code == 403
