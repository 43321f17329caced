"""The catalogue of texts is complete, the contract answers, the outbox loses nothing, history cannot be rewritten."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from adminpanel.management.commands.contract import missing
from bosonline import outbox
from bosonline.models import OutboxMessage, TimelineEntry
from bosonline.tenancy import all_stores
from catalog.models import StockEntry
from sellers.services.sessions import session_refresh
from tests.factories import make_shop

ROOT = Path(settings.BASE_DIR)


def test_every_text_has_an_indonesian_translation(tmp_path: Path) -> None:
    """Strings are collected anew into a scratch catalogue and compared with the committed one."""
    catalogue = ROOT / "locale" / "id" / "LC_MESSAGES" / "django.po"
    known = set(re.findall(r'^msgid (".*"(?:\n".*")*)', catalogue.read_text(), re.M))
    files = [
        p
        for app in ("bosonline", "stores", "sellers", "catalog", "forms", "orders", "adminpanel")
        for p in (ROOT / app).rglob("*.py")
    ]
    out = tmp_path / "all.pot"
    command = [
        "xgettext",
        "-L",
        "Python",
        "--from-code=UTF-8",
        "-k_",
        "-kgettext_lazy",
        "-kngettext:1,2",
        "--no-wrap",
        "-o",
        str(out),
    ]
    subprocess.run([*command, *map(str, files)], check=True, capture_output=True)
    found = set(re.findall(r'^msgid (".*"(?:\n".*")*)', out.read_text(), re.M))
    assert found - known - {'""'} == set()
    empty = re.findall(r'^msgstr(?:\[0\])? ""\n(?!")', catalogue.read_text(), re.M)
    assert empty == []
    assert "#, fuzzy" not in catalogue.read_text()


def test_the_contract_answers_what_is_built(db: None, settings: Any) -> None:
    """Whatever is routed is documented under its group, names its actor, and turns strangers away."""
    settings.THROTTLE_ENABLED = False
    found, total = missing()
    assert total == 169
    assert [row for row in found if row[1] not in ("not routed", "method not routed")] == []
    absent = {f"{row['method']} {row['path']}" for row, _why in found}
    main_job = {"POST /auth/register", "POST /checkout/orders", "GET /checkout/rates", "GET /store/orders", "GET /store/order/tracking",
                "POST /store/orders/shipments", "POST /payments/winpay", "POST /auth/refresh/"}  # fmt: skip
    assert not absent & main_job


def test_health_readiness_and_metrics(client: Client, db: None) -> None:
    assert client.get("/healthz").content == b"ok"
    assert client.get("/readyz").json() == {"database": "ok", "redis": "ok"}
    assert b"bosonline_outbox_pending" in client.get("/metrics", HTTP_HOST="localhost").content
    assert client.get("/api/schema").status_code == 200
    assert client.get("/api/docs").status_code == 200


def test_work_is_only_done_when_its_transaction_commits(committed_db: None) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012 - the point is that both happen together
        outbox.enqueue("order.placed", {"order_id": 1, "store_id": 1})
        raise RuntimeError
    assert not OutboxMessage.objects.exists()


def test_work_that_fails_is_tried_again_later_and_kept_at_last(committed_db: None) -> None:
    outbox.enqueue("no.such.topic", {})
    for attempt in range(1, outbox.MAX_ATTEMPTS + 1):
        OutboxMessage.objects.update(due_at=timezone.now())
        outbox.drain()
        row = OutboxMessage.objects.get()
        assert row.attempts == attempt
    assert row.failed_at
    assert "no.such.topic" in row.last_error


def test_the_same_work_is_queued_once(committed_db: None) -> None:
    for _n in range(3):
        outbox.enqueue("no.such.topic", {}, dedup_key="once")
    assert OutboxMessage.objects.count() == 1


def test_history_cannot_be_rewritten(db: None) -> None:
    shop = make_shop()
    shop.place()
    with all_stores():
        for model, change in ((TimelineEntry, {"kind": "x"}), (StockEntry, {"on_hand_after": 5})):
            with pytest.raises(DatabaseError), transaction.atomic():
                model.objects.update(**change)
            with pytest.raises(DatabaseError), transaction.atomic():
                model.objects.all()._raw_delete("default")


def test_a_refresh_token_used_twice_ends_the_session(db: None, client: Client) -> None:
    shop = make_shop()
    answer = client.post(
        "/api/v1/auth/login",
        {"email": shop.user.email, "password": "Rahasia-sekali-9"},
        content_type="application/json",
    ).json()
    token = answer["token"]["refresh_token"]
    assert set(answer["user"]) == {"id", "name", "email", "role_id", "store_id", "staff_id", "store_name", "boscod"}
    session_refresh(token=token)
    second = client.post("/api/v1/auth/refresh/", {"refresh_token": token}, content_type="application/json")
    assert (second.status_code, second.json()["code"]) == (401, "token_reused")
    access = answer["token"]["access_token"]
    assert client.get("/api/v1/me", HTTP_AUTHORIZATION=f"Bearer {access}").status_code == 401


def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(db: None, client: Client) -> None:
    shop = make_shop()
    answers = [
        client.post("/api/v1/auth/login", {"email": who, "password": "salah-sekali"}, content_type="application/json")
        for who in (shop.user.email, "tidak@ada.id")
    ]
    assert answers[0].status_code == answers[1].status_code == 422
    assert answers[0].json() == answers[1].json()


def test_what_is_asked_before_int_is_what_int_takes() -> None:
    """``"²".isdigit()`` is true and ``int("²")`` raises: a 500 for who types it. ``isdecimal`` and ``int`` agree."""
    apps = ("bosonline", "stores", "sellers", "catalog", "forms", "orders", "adminpanel")
    files = [p for app in apps for p in (ROOT / app).rglob("*.py") if not {"runtime", "sandbox"} & set(p.parts)]
    assert len(files) > 100
    assert [str(p.relative_to(ROOT)) for p in files if ".isdigit()" in p.read_text()] == []


def test_log_ins_are_throttled_with_retry_after(db: None, client: Client) -> None:
    body = {"email": "siapa@ada.id", "password": "salah-sekali"}
    for _n in range(10):
        client.post("/api/v1/auth/login", body, content_type="application/json")
    answer = client.post("/api/v1/auth/login", body, content_type="application/json")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


def test_list_queries_do_not_grow_with_rows(db: None, client: Client, django_assert_max_num_queries: Any) -> None:
    shop = make_shop(stock=1000)
    headers = shop.bearer()
    for n in range(2):
        shop.place(phone=f"0812000000{n:02d}")
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path, **headers).status_code == 200
        return len(queries)

    paths = (
        "/api/v1/store/orders?limit=100",
        "/api/v1/store/products",
        "/api/v1/store/inventory",
        "/api/v1/store/forms",
    )
    before = [count(path) for path in paths]
    for n in range(20):
        shop.place(phone=f"0813000000{n:02d}")
    assert [count(path) for path in paths] == before


def test_every_model_change_has_its_migration(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
