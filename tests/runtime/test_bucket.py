"""Files in a real S3 server: everything that has files, from machines that share no disk."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.test import Client
from PIL import Image as Pillow

from bosonline import files, outbox
from bosonline.models import BackgroundJob
from bosonline.tenancy import store_scope
from catalog.models import Product
from orders.models import Payment
from tests.catalog.api import call
from tests.catalog.test_imports import HEADER, ROWS, upload
from tests.conftest import ROOT
from tests.factories import PASSWORD, Shop, make_shop
from tests.machines import S3, Machine, Workers, product_env, until
from tests.runtime.pictures import png

LOG = ROOT / "var" / "log"


@pytest.fixture(scope="session")
def s3(worker_name: str) -> Iterator[S3]:
    server = S3(LOG / f"s3-{worker_name}.log").start()
    yield server
    server.stop()


@pytest.fixture
def bucket(s3: S3, settings: Any) -> Iterator[S3]:
    """The bucket as the files of this process; emptied."""
    for name in s3.names():
        s3.client.delete_object(Bucket="berkas", Key=name)
    settings.STORAGES = {**settings.STORAGES, **files.storage_settings(s3.url, public_root="", private_root="")}
    settings.STORAGE_PUBLIC_URL = s3.public_url
    storages._storages.clear()
    yield s3
    storages._storages.clear()


@pytest.fixture
def shop(committed_db: None) -> Shop:
    shop = make_shop(stock=50)
    outbox.drain(500)
    return shop


def fetched(client: Client, url: str, **headers: Any) -> requests.Response:
    """What a browser gets that follows the link, without our cookies and headers."""
    answer = client.get(url, **headers)
    assert answer.status_code == 302 and answer["Cache-Control"] == "private, no-store", answer.content
    link = answer["Location"]
    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == ["60"]
    bare = requests.get(link.split("?")[0], timeout=5)
    assert bare.status_code == 403, "without its signature nobody gets it"
    found = requests.get(link, timeout=5)
    assert found.status_code == 200 and found.headers["Cache-Control"] == "private, no-store"
    return found


def logged_in(shop: Shop) -> Client:
    client = Client()
    client.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    return client


def test_pictures_come_from_the_buckets_address_for_everybody(bucket: S3, shop: Shop, client: Client) -> None:
    answer = client.post("/api/v1/store/images", {"image": ContentFile(png(300, 200), "foto.png")}, **shop.bearer())
    assert answer.status_code == 201, answer.content
    url = answer.json()["data"]["thumbnail_url"]
    assert url.startswith(bucket.public_url)
    served = requests.get(url, timeout=5)
    assert served.headers["Content-Type"] == "image/webp" and "immutable" in served.headers["Cache-Control"]
    assert Pillow.open(io.BytesIO(served.content)).size == (160, 107)
    name = url.removeprefix(bucket.public_url)
    ours = client.get(f"/media/{name}")
    assert b"".join(ours.streaming_content) == served.content, "an old address still answers"  # type: ignore[attr-defined]  # a file


def test_without_an_address_of_its_own_a_closed_bucket_is_read_through_ours(
    bucket: S3, shop: Shop, client: Client, settings: Any
) -> None:
    settings.STORAGE_PUBLIC_URL = ""
    answer = client.post("/api/v1/store/images", {"image": ContentFile(png(300, 200), "foto.png")}, **shop.bearer())
    url = answer.json()["data"]["thumbnail_url"]
    assert url.startswith("/media/images/") and client.get(url).status_code == 200


def test_a_proof_is_handed_out_by_a_short_link_after_the_right_was_asked(bucket: S3, shop: Shop) -> None:
    order = shop.order(payment_method="bank_transfer")
    buyer = Client()
    host = f"{shop.store.subdomain}.localhost"
    sent = buyer.post(f"/o/{order.token}?do=proof", {"proof": ContentFile(png(300, 300), "bukti.png")}, HTTP_HOST=host)
    assert sent.status_code == 302, sent.content
    with store_scope(shop.store):
        name = Payment.objects.get(order=order).proof
    assert f"private/{name}" in bucket.names()
    found = fetched(logged_in(shop), f"/pesanan/{order.pk}/bukti")
    assert found.headers["Content-Type"] == "image/webp" and found.headers["Content-Disposition"].startswith("inline")
    warehouse = Client()
    warehouse.post("/masuk", {"email": shop.staff("warehouse").user.email, "password": PASSWORD})
    assert warehouse.get(f"/pesanan/{order.pk}/bukti").status_code == 403
    files.remove(name)
    assert logged_in(shop).get(f"/pesanan/{order.pk}/bukti").status_code == 404


def test_batches_of_documents_are_made_into_the_bucket(bucket: S3, shop: Shop) -> None:
    client = logged_in(shop)
    orders = [shop.order() for _n in range(6)]
    with store_scope(shop.store):
        from orders.documents import documents_print

        job = documents_print("invoice", shop.owner, [o.pk for o in orders])
        assert isinstance(job, BackgroundJob)
        outbox.drain(500)
        job.refresh_from_db()
    assert job.status == "done", job.error
    found = fetched(client, f"/unduhan/{job.pk}")
    assert found.content.startswith(b"%PDF") and found.headers["Content-Type"] == "application/pdf"


def test_files_that_were_in_folders_are_found_in_the_bucket(bucket: S3, shop: Shop) -> None:
    name = f"images/{shop.store.pk}/lama-160.webp"
    path = Path(django_settings.MEDIA_ROOT) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"RIFF picture")
    call_command("move_files")
    assert not path.exists() and requests.get(f"{bucket.public_url}{name}", timeout=5).content == b"RIFF picture"


def test_a_bucket_that_is_away_is_503_and_no_missing_file(
    bucket: S3, shop: Shop, client: Client, settings: Any
) -> None:
    order = shop.order(payment_method="bank_transfer")
    with store_scope(shop.store):
        Payment.objects.filter(order=order).update(proof="proofs/1/x.webp")
    seller = logged_in(shop)
    away = files.storage_settings("s3://k:r@127.0.0.1:9/b?region=us-east-1&tls=0", public_root="", private_root="")
    settings.STORAGES = {**settings.STORAGES, **away}
    storages._storages.clear()
    seller.raise_request_exception = client.raise_request_exception = False
    assert seller.get(f"/pesanan/{order.pk}/bukti").status_code == 503
    assert client.get(f"/media/images/{shop.store.pk}/x-160.webp").status_code == 503
    answer = client.post("/api/v1/store/images", {"image": ContentFile(png(300, 200), "f.png")}, **shop.bearer())
    assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")


def test_what_one_machine_writes_the_other_reads(
    bucket: S3, shop: Shop, client: Client, worker_name: str, tmp_path: Path
) -> None:
    """Uploaded here, checked by a worker on one machine, applied by one on another, downloaded from a third."""
    env = product_env(worker_name, STORAGE_URL=bucket.url, STORAGE_PUBLIC_URL=bucket.public_url)
    machines = [Machine.make(tmp_path / name, env) for name in ("satu", "dua")]
    one, two = (Workers(m.env, LOG / f"bucket-{worker_name}", m.folder, "bosonline") for m in machines)
    try:
        run = upload(client, shop, HEADER + ROWS).json()["data"]
        one.start()
        put = call(client, shop, "put", f"/imports/{run['id']}", {"mapping": run["mapping"]})
        assert put.status_code == 202, put.content
        until(lambda: call(client, shop, "get", f"/imports/{run['id']}").json()["data"]["status"] == "checked")
        one.stop()

        two.start()
        call(client, shop, "post", f"/imports/{run['id']}/apply", {})
        until(lambda: call(client, shop, "get", f"/imports/{run['id']}").json()["data"]["status"] == "applied")
        with store_scope(shop.store):
            assert Product.objects.filter(name__in=("Kopi Gayo", "Teh Poci")).count() == 2

        order = shop.order()
        job = client.post(
            "/api/v1/store/orders/download", {"format": "csv"}, content_type="application/json", **shop.bearer()
        ).json()["data"]
        until(lambda: call(client, shop, "get", f"/exports/{job['id']}").json()["data"]["status"] == "done")
        found = fetched(client, f"/api/v1/store/exports/{job['id']}/file", **shop.bearer())
        rows = list(csv.DictReader(io.StringIO(found.content.decode("utf-8-sig"))))
        assert [row["order_number"] for row in rows] == [order.order_number]
        assert found.headers["Content-Disposition"].startswith("attachment")
        assert [machine.left_files() for machine in machines] == [[], []], "no file stays on a machine"
    finally:
        one.stop()
        two.stop()


def test_the_content_policy_names_the_buckets_address_and_only_for_pictures(bucket: S3) -> None:
    code = "import django; django.setup(); from bosonline.middleware import POLICY; print(POLICY)"
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "bosonline.settings", "STORAGE_URL": bucket.url}
    told = {
        address: subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True,
            env={**env, "STORAGE_PUBLIC_URL": address},
        ).stdout
        for address in ("", "https://gambar.contoh.id/toko/public/")
    }  # fmt: skip
    assert "img-src 'self' data: blob:;" in told[""]
    policy = told["https://gambar.contoh.id/toko/public/"]
    assert "img-src 'self' data: blob: https://gambar.contoh.id;" in policy and policy.count("gambar") == 1
