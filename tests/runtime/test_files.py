"""Where files are and who gets them: pictures for everybody, everything else for those who may see it now."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.test import Client

from bosonline import files, jobs
from bosonline.actor import SYSTEM, Actor
from bosonline.models import BackgroundJob
from bosonline.tenancy import store_scope
from catalog.services.images import image_store
from orders.models import Payment
from orders.money.proofs import proof_upload
from sellers.models import Membership, Role
from sellers.services.accounts import preset_role
from tests.catalog.test_imports import HEADER, ROWS, check
from tests.conftest import LiveApp
from tests.factories import PASSWORD, Shop, make_shop
from tests.runtime import raw
from tests.runtime.pictures import png

SECRET = b"Siti Aminah;081234567890"


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop()


def test_no_way_of_writing_a_path_leads_from_the_pictures_to_anything_else(live_app: LiveApp) -> None:
    shop = make_shop()
    mark = secrets.token_hex(6)
    for folder in ("jobs/1", "proofs/1", "images/1", ""):
        files.private().save(f"{folder}/{mark}.csv".lstrip("/"), ContentFile(SECRET))
    for name in (f"jobs/1/{mark}.csv", f"geheim-{mark}.csv", f"images/1/{mark}.csv"):  # as an old version left them
        files.public().save(name, ContentFile(SECRET))
    files.public().save(f"images/1/{mark}.webp", ContentFile(b"RIFF picture"))
    for host in ("localhost", f"{shop.store.subdomain}.localhost"):
        assert raw.get(live_app.port, f"/media/images/1/{mark}.webp", host).body == b"RIFF picture"
        targets = [f"jobs/1/{mark}.csv", f"proofs/1/{mark}.csv", f"images/1/{mark}.csv", f"geheim-{mark}.csv",
                   f"../private/jobs/1/{mark}.csv", f"{settings.PRIVATE_ROOT}/jobs/1/{mark}.csv"]  # fmt: skip
        ups = ["", "../", "../../", "../../../", "%2e%2e/", "..%2f", "%2e%2e%2f", "..%5c", "..\\", "..;/", "%252e%252e/",
               "./", "//", "1/../../", "1/%2e%2e/%2e%2e/", "1/..%2f..%2f", "%00/../"]  # fmt: skip
        for prefix in ("/media/images/", "/media/", "/media//images/", "/static/", "/media/images/1/"):
            for up in ups:
                for target in targets:
                    answer = raw.get(live_app.port, f"{prefix}{up}{target}", host)
                    assert answer.status in (301, 302, 400, 404), (prefix, up, target, answer.status)
                    assert SECRET not in answer.body


def _job(shop: Shop, member: Actor, kind: str, params: dict[str, Any]) -> BackgroundJob:
    assert member.store is not None
    with store_scope(shop.store):
        job = jobs.job_start(
            kind=kind, store_id=shop.store.pk, user_id=member.user.pk, params=params, filename="berkas.csv", rows=1
        )
        jobs.job_run({"job_id": job.pk, "store_id": shop.store.pk})
        job.refresh_from_db()
    assert job.status == "done", job.error
    return job


DOWNLOADS: list[tuple[str, dict[str, Any], str]] = [
    ("orders.download", {"filters": {}, "format": "csv"}, "export"),
    ("orders.download", {"filters": {}, "format": "csv"}, "orders.view"),
    ("orders.download", {"filters": {}, "format": "csv"}, "see_phone"),
    ("orders.download", {"filters": {}, "format": "csv"}, "see_all_orders"),
    ("catalog.download", {"kind": "products", "filters": {}, "format": "csv"}, "export"),
    ("catalog.download", {"kind": "variants", "filters": {}, "format": "csv"}, "see_cost"),
    ("catalog.download", {"kind": "inventory", "filters": {}, "format": "csv"}, "inventory.view"),
    ("forms.download", {"filters": {}, "format": "csv"}, "export"),
    ("forms.download", {"filters": {}, "format": "csv"}, "forms.view"),
]


@pytest.mark.parametrize(("kind", "params", "right"), DOWNLOADS)
def test_a_download_is_gone_with_the_right_that_made_it_and_back_with_it(
    client: Client, shop: Shop, kind: str, params: dict[str, Any], right: str
) -> None:
    member = shop.staff("administrator")
    job = _job(shop, member, kind, params)
    page = Client()
    page.post("/masuk", {"email": member.user.email, "password": PASSWORD})
    bearer = shop.bearer(member.user)
    addresses = (f"/api/v1/store/exports/{job.pk}/file", f"/unduhan/{job.pk}")

    def statuses() -> list[int]:
        return [client.get(addresses[0], **bearer).status_code, page.get(addresses[1]).status_code]

    def told() -> Any:
        return client.get(f"/api/v1/store/exports/{job.pk}", **bearer).json()["data"]["url"]

    assert statuses() == [200, 200] and told() == addresses[0]
    assert addresses[1] in page.get("/unduhan").content.decode()
    with store_scope(shop.store):
        full = preset_role("administrator")
        less = Role.objects.create(
            store=shop.store, name="Kurang", rights=sorted(set(full.granted) - {right}), preset=""
        )  # fmt: skip
        Membership.objects.filter(pk=member.membership.pk).update(role=less)  # type: ignore[union-attr]  # has one
    assert statuses() == [403, 403] and told() is None
    assert f'href="{addresses[1]}"' not in page.get("/unduhan").content.decode()
    with store_scope(shop.store):
        Membership.objects.filter(pk=member.membership.pk).update(role=full)  # type: ignore[union-attr]  # has one
    assert statuses() == [200, 200]
    with store_scope(shop.store):
        Membership.objects.filter(pk=member.membership.pk).update(is_active=False)  # type: ignore[union-attr]  # has one
    assert client.get(addresses[0], **bearer).status_code in (401, 403) and page.get(addresses[1]).status_code == 302


def test_every_kind_of_job_says_which_rights_its_file_needs() -> None:
    assert jobs._kinds.keys() == jobs._needs.keys() and len(jobs._kinds) >= 5
    assert all(
        list(needs(BackgroundJob(kind=kind, params={"kind": "products"}))) for kind, needs in jobs._needs.items()
    )


@pytest.mark.parametrize("preset", ["owner", "customer_service", "finance", "viewer", "advertiser", "warehouse"])
def test_a_proof_of_payment_is_for_roles_that_see_payments(shop: Shop, preset: str) -> None:
    order = shop.order(payment_method="bank_transfer")
    with store_scope(shop.store):
        proof_upload(order=order, upload=ContentFile(png(300, 300), "bukti.png"))
    member = shop.owner if preset == "owner" else shop.staff(preset)
    if preset == "customer_service":
        with store_scope(shop.store):
            type(order).objects.filter(pk=order.pk).update(assigned_to=member.membership)
    client = Client()
    client.post("/masuk", {"email": member.user.email, "password": PASSWORD})
    answer = client.get(f"/pesanan/{order.pk}/bukti")
    page = client.get(f"/pesanan/{order.pk}").content.decode()
    allowed = member.may("payments.view")
    assert answer.status_code == (200 if allowed else 403)
    assert (f"/pesanan/{order.pk}/bukti" in page) == allowed
    if allowed:
        assert answer["Cache-Control"] == "private, no-store" and answer["X-Content-Type-Options"] == "nosniff"


@pytest.fixture
def far_away(settings: Any) -> Iterator[None]:
    """Storages without a single path of this machine, as S3 has none."""
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": memory, "public": dict(memory)}
    storages._storages.clear()
    yield
    storages._storages.clear()


def test_everything_with_files_works_where_no_path_exists(far_away: None, shop: Shop, client: Client) -> None:
    with store_scope(shop.store):
        image = image_store(store=shop.store, upload=ContentFile(png(200, 100), "foto.png"), actor=SYSTEM)
    served = client.get(f"/media/{image.sizes['160']}")
    assert served.status_code == 200 and served["Content-Type"] == "image/webp"
    again = client.get(f"/media/{image.sizes['160']}", HTTP_IF_NONE_MATCH=served["ETag"])
    assert again.status_code == 304

    job = _job(shop, shop.owner, *DOWNLOADS[0][:2])
    answer = client.get(f"/api/v1/store/exports/{job.pk}/file", **shop.bearer())
    assert b"order_number" in b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a FileResponse
    with store_scope(shop.store):
        BackgroundJob.objects.update(expires_at="2020-01-01T00:00:00Z")
    assert jobs.jobs_sweep() == 1 and not files.private().exists(job.file)

    run = check(client, shop, HEADER + ROWS)
    assert run["status"] == "checked", run

    order = shop.order(payment_method="bank_transfer")
    with store_scope(shop.store):
        proof_upload(order=order, upload=ContentFile(png(300, 300), "bukti.png"))
        name = Payment.objects.get(order=order).proof
    assert files.private().exists(name) and not files.public().exists(name)


def test_files_of_an_earlier_version_are_moved_and_found(shop: Shop, client: Client) -> None:
    old = Path(settings.MEDIA_ROOT)
    name = f"jobs/{shop.store.pk}/{secrets.token_hex(8)}.csv"
    half, proof = (
        f"proofs/{shop.store.pk}/{secrets.token_hex(8)}.webp",
        f"proofs/{shop.store.pk}/{secrets.token_hex(8)}.webp",
    )
    picture = f"images/{shop.store.pk}/{secrets.token_hex(8)}-160.webp"
    for each in (name, half, proof, picture):
        (old / each).parent.mkdir(parents=True, exist_ok=True)
        (old / each).write_bytes(SECRET)
    files.private().save(half, ContentFile(SECRET[:5]))  # the run before was stopped in the middle of this one
    call_command("move_files")
    call_command("move_files")
    for each in (name, half, proof):
        assert not (old / each).exists()
        with files.private().open(each) as kept:
            assert kept.read() == SECRET
        assert Path(files.private().path(each)).stat().st_mode & 0o077 == 0, "nobody else on the machine reads it"
    assert (old / picture).exists()
    with store_scope(shop.store):
        job = BackgroundJob.objects.create(
            store=shop.store, user=shop.user, kind="orders.download", status="done", file=name, filename="pesanan.csv"
        )
    answer = client.get(f"/api/v1/store/exports/{job.pk}/file", **shop.bearer())
    assert b"".join(answer.streaming_content) == SECRET  # type: ignore[attr-defined]  # a FileResponse


def test_a_bucket_is_closed_and_split_in_two() -> None:
    made = files.storage_settings(
        "s3://kunci:rah%2Fasia@s3.contoh.id:9000/toko?region=ap-southeast-3", public_root="/a", private_root="/b"
    )
    private, public = made["default"]["OPTIONS"], made["public"]["OPTIONS"]
    assert private["location"] == "private" and public["location"] == "public"
    assert private["secret_key"] == "rah/asia" and private["endpoint_url"] == "https://s3.contoh.id:9000"
    assert private["default_acl"] is None and public["default_acl"] is None
    for wrong in ("ftp://x/y", "s3://kunci:rahasia@host/", "s3://host/a/b"):
        with pytest.raises(ValueError, match="STORAGE_URL"):
            files.storage_settings(wrong, public_root="/a", private_root="/b")
