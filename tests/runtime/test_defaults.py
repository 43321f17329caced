"""What holds when nobody set anything: no page with code, no public key beyond this machine, no phone in a log."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.test import Client, RequestFactory

from bosonline.api.views import client_ip
from bosonline.runtime.keys import keys
from bosonline.runtime.ports import free_port
from bosonline.runtime.postgres import Postgres
from bosonline.runtime.services import PROJECT
from bosonline.secrets import DEFAULT_SECRET, from_this_machine
from bosonline.server import Door
from tests.conftest import LiveApp
from tests.factories import PASSWORD, make_shop
from tests.runtime import raw

GOOD = "k3Jd-92nXq_Lw0pTzB7vYc5RfHs8MgA1uEo6"


def _settings(**env: str) -> str:
    """The settings loaded in a process of their own: empty, or what they say no with."""
    clean = {
        k: v for k, v in os.environ.items() if k not in ("SECRET_KEY", "FIELD_KEY", "BASE_DOMAIN", "DEBUG", "WEB_HOST")
    }
    result = subprocess.run(
        [sys.executable, "-c", "import bosonline.settings"], cwd=PROJECT, env={**clean, **env}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    return "" if result.returncode == 0 else result.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({}, ""),
        ({"BASE_DOMAIN": "toko.localhost"}, ""),
        ({"BASE_DOMAIN": "bosonline.id"}, "SECRET_KEY must be set"),
        ({"BASE_DOMAIN": "bosonline.id", "SECRET_KEY": GOOD}, "FIELD_KEY must be set"),
        ({"BASE_DOMAIN": "bosonline.id", "SECRET_KEY": GOOD, "FIELD_KEY": GOOD}, ""),
        ({"BASE_DOMAIN": "bosonline.id", "SECRET_KEY": "x", "FIELD_KEY": GOOD}, "at least 32"),
        ({"BASE_DOMAIN": "bosonline.id", "SECRET_KEY": "a" * 60, "FIELD_KEY": GOOD}, "12 of them different"),
        ({"BASE_DOMAIN": "bosonline.id", "SECRET_KEY": "", "FIELD_KEY": GOOD}, "at least 32"),
        ({"SECRET_KEY": "x"}, "at least 32"),
        ({"WEB_HOST": "0.0.0.0"}, "SECRET_KEY must be set"),
        ({"WEB_HOST": "192.168.1.4"}, "SECRET_KEY must be set"),
        ({"BASE_DOMAIN": "bosonline.id", "SECRET_KEY": GOOD, "FIELD_KEY": GOOD, "DEBUG": "1"}, "DEBUG"),
        ({"PRIVATE_ROOT": str(PROJECT / "var" / "media" / "private")}, "MEDIA_ROOT and PRIVATE_ROOT"),
    ],
)
def test_a_weak_or_public_key_signs_nothing_but_for_this_machine(env: dict[str, str], words: str) -> None:
    said = _settings(**env)
    assert words in said and bool(words) == bool(said)


def test_with_the_public_key_the_web_server_answers_this_machine_only(settings: Any) -> None:
    door = Door(lambda _environ, start: (start("200 OK", []), [b"ok"])[1], at_work=1, limit=1000)
    here = {"HTTP_HOST": "localhost:8000", "REMOTE_ADDR": "127.0.0.1"}
    strangers: list[dict[str, str]] = [
        here | {"REMOTE_ADDR": "192.168.1.7"}, here | {"HTTP_HOST": "bosonline.id"},
        here | {"HTTP_X_FORWARDED_FOR": "36.70.1.2"}, here | {"HTTP_VIA": "1.1 caddy"},
    ]  # fmt: skip

    def status(environ: dict[str, str]) -> str:
        seen: list[str] = []
        b"".join(door(dict(environ), lambda status, _headers: seen.append(status)))
        return seen[0][:3]

    settings.PUBLIC_KEY_IN_USE = True
    assert [status(here), status(here | {"REMOTE_ADDR": "::1", "HTTP_HOST": "[::1]:8000"})] == ["200", "200"]
    assert [status(s) for s in strangers] == ["503"] * 4
    settings.PUBLIC_KEY_IN_USE = False
    assert [status(s) for s in strangers] == ["200"] * 4
    assert DEFAULT_SECRET not in keys_of_a_new_project().values()


def keys_of_a_new_project() -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        first = keys(Path(folder), {})
        assert keys(Path(folder), {}) == first, "kept"
        assert (Path(folder) / "var" / "keys.env").stat().st_mode & 0o077 == 0
        assert keys(Path(folder), {"SECRET_KEY": GOOD}).keys() == {"FIELD_KEY"}
        (Path(folder) / ".env").write_text(f"SECRET_KEY={GOOD}\nFIELD_KEY={GOOD}\n")
        assert keys(Path(folder), {}) == {}, "what somebody set is left alone"
    return first


def test_data_of_an_earlier_version_stay_readable(tmp_path: Path) -> None:
    (tmp_path / "var" / "postgres").mkdir(parents=True)
    made = keys(tmp_path, {})
    assert made["FIELD_KEY"] == DEFAULT_SECRET and made["SECRET_KEY"] != DEFAULT_SECRET


def test_development_answers_mistakes_as_production_does(live_app: LiveApp) -> None:
    for path in ("/api/v1/tidak-ada", "/tidak-ada", "/media/images/x", "/api/v1/store/orders/abc"):
        answer = raw.get(live_app.port, path)
        assert answer.status in (401, 404) and len(answer.body) < 20_000
        assert (
            b"urlpatterns" not in answer.body and b"Traceback" not in answer.body and b"DEBUG = True" not in answer.body
        )
    assert b'"code":"not_found"' in raw.get(live_app.port, "/api/v1/tidak-ada").body.replace(b": ", b":")


def test_metrics_are_for_this_machine_or_the_token(client: Client, db: None, settings: Any) -> None:
    local = {"HTTP_HOST": "localhost"}
    assert client.get("/metrics", **local).status_code == 200
    for header in ("X_FORWARDED_FOR", "X_FORWARDED_HOST", "X_REAL_IP", "FORWARDED", "VIA"):
        assert client.get("/metrics", **local, **{f"HTTP_{header}": "10.0.0.1"}).status_code == 403, header
    assert client.get("/metrics", HTTP_HOST="localhost", REMOTE_ADDR="10.0.0.9").status_code == 403
    settings.METRICS_TOKEN = "t0ken"
    assert client.get("/metrics", **local).status_code == 403
    assert client.get("/metrics", **local, HTTP_AUTHORIZATION="Bearer é").status_code == 403
    answer = client.get(
        "/metrics", HTTP_HOST="localhost", HTTP_X_FORWARDED_FOR="10.0.0.1", HTTP_AUTHORIZATION="Bearer t0ken"
    )
    assert answer.status_code == 200


ADDRESSES = [
    ("36.70.1.2", "36.70.1.2"), ("1.1.1.1, 36.70.1.2", "36.70.1.2"), ("36.70.1.2:4455", "36.70.1.2"),
    ("[2001:db8::1]:443", "2001:db8::1"), ("2001:DB8::1", "2001:db8::1"), ("::ffff:36.70.1.2", "36.70.1.2"), ("fe80::1%eth0", "fe80::1"),
    ("tidak-ada", "127.0.0.1"), ("", "127.0.0.1"), (",", "127.0.0.1"), ("999.1.1.1", "127.0.0.1"), ("' OR 1=1", "127.0.0.1"),
    ("1.2.3.4; drop", "127.0.0.1"), ("x" * 5000, "127.0.0.1"), ("unknown", "127.0.0.1"), ("_hidden", "127.0.0.1"), ("٣٦.70.1.2", "127.0.0.1"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "address"), ADDRESSES)
def test_a_forwarded_address_is_an_address_or_nothing(settings: Any, db: None, header: str, address: str) -> None:
    settings.TRUST_FORWARDED = True
    assert client_ip(RequestFactory().get("/", HTTP_X_FORWARDED_FOR=header)) == address
    shop = make_shop()
    client = Client(HTTP_HOST="localhost", HTTP_X_FORWARDED_FOR=header)
    page = client.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    api = client.post(
        "/api/v1/auth/login", {"email": shop.user.email, "password": "salah"}, content_type="application/json"
    )
    placed = client.post("/api/v1/checkout/orders", shop.body(), content_type="application/json")
    assert (page.status_code, api.status_code, placed.status_code) == (302, 422, 201)


def test_where_a_request_comes_from_is_not_what_a_header_says() -> None:
    assert from_this_machine({"HTTP_HOST": "toko.localhost:8000", "REMOTE_ADDR": "127.0.0.1"})
    assert not from_this_machine({"HTTP_HOST": "localhost.jahat.id", "REMOTE_ADDR": "127.0.0.1"})
    assert not from_this_machine(
        {"HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=1.2.3.4"}
    )


def test_the_database_writes_no_rows_into_its_log() -> None:
    with tempfile.TemporaryDirectory(prefix="bosonline-") as folder:
        Path(folder).chmod(0o755)
        log = Path(folder) / "pg.log"
        server = Postgres(Path(folder), durable=False, wanted_port=free_port(15_733), log=log)
        server.start()
        try:
            with psycopg.connect(server.url, autocommit=True) as link:
                link.execute("CREATE TABLE orang (telepon text UNIQUE CHECK (telepon <> 'x'), surel text, umur int)")
                row = ["+6281234567890", "siti@contoh.id"]
                link.execute("INSERT INTO orang VALUES (%s, %s, 1)", row)
                for statement, values in (
                    ("INSERT INTO orang VALUES (%s, %s, 1)", row),
                    ("INSERT INTO orang VALUES ('x', %s, 1)", row[1:]),
                    ("INSERT INTO orang VALUES (%s, %s, %s)", [*row, "bukan angka +6281234567890"]),
                ):
                    with pytest.raises(psycopg.Error):
                        link.execute(statement, values)
        finally:
            server.stop()
        text = log.read_text()
        assert "81234567890" not in text and "siti@" not in text
