"""Real PostgreSQL, real Redis, the real sandbox: started by ``make test``, or by plain ``pytest`` itself.

One migrated template database with regions matched to the sandbox; every worker gets a copy of it, a Redis database and
a sandbox of its own. Tests that need commits seen by other connections use ``committed_db`` instead of ``db``;
pytest-django's ``transactional_db`` empties the database in the same way and keeps the reference rows, too. Tests that
drive the product from outside use ``live_app``: web server and worker over a second database, in which the test then is
as well.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.hashers import reset_hashers
from django.core.management import call_command
from django.db import OperationalError, connection, connections
from django.test import TransactionTestCase
from pytest_django.plugin import DjangoDbBlocker

from tests.dns import DnsServer

ROOT = Path(__file__).resolve().parent.parent
QUICK_HASHER = "django.contrib.auth.hashers.MD5PasswordHasher"
# filled once from open data and never changed by a test
REFERENCE = ("django_migrations", "stores_province", "stores_city", "stores_district", "stores_regionword",
             "stores_regionmatch", "stores_village", "stores_bank", "stores_courier", "django_content_type")  # fmt: skip


def _run() -> str:
    """The name of this test run's services; runs beside each other have different ones."""
    return os.environ["TEST_RUN"]


def pytest_configure(config: pytest.Config) -> None:
    # Playwright's synchronous API runs a loop in this thread; our own queries beside it are still synchronous.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    if not os.environ.get("TEST_RUN"):
        _start_again_with_services(config)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    number = int(worker.removeprefix("gw")) + 1
    settings.REDIS_URL = settings.REDIS_URL.rsplit("/", 1)[0] + f"/{number}"
    settings.CACHES["default"]["LOCATION"] = settings.REDIS_URL
    for name, alias, folder in (("MEDIA_ROOT", "public", "media"), ("PRIVATE_ROOT", "default", "private")):
        place = str(ROOT / "var" / f"{folder}-{_run()}-{worker}")
        setattr(settings, name, place)
        settings.STORAGES[alias]["OPTIONS"]["location"] = place
    settings.PASSWORD_HASHERS = [QUICK_HASHER]
    reset_hashers(setting="PASSWORD_HASHERS")
    if hasattr(config, "workerinput") or not getattr(config.option, "numprocesses", None):
        _own_sandbox(config, worker, number)


def _start_again_with_services(config: pytest.Config) -> None:
    """Plain ``pytest``: the same command again, below services of its own. Settings are read before a plugin could
    change the environment, so a new process is the only honest way."""
    if Path.cwd() != ROOT:
        raise pytest.UsageError(f"run pytest in {ROOT}")
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.stop_global_capturing()
    python = sys.executable
    command = ["-m", "bosonline.runtime", "exec", "--", python, "-m", "pytest", *config.invocation_params.args]
    os.execv(python, [python, *command])


def _own_sandbox(config: pytest.Config, worker: str, number: int) -> None:
    """A sandbox of this worker's own: a test that makes it fail must not disturb another worker's."""
    from bosonline.runtime.services import Sandbox

    sandbox = Sandbox(
        ROOT, app_url="http://127.0.0.1:9", name=f"sandbox-{_run()}-{worker}", wanted_port=8700 + number * 20
    )
    sandbox.start()
    config.add_cleanup(sandbox.stop)
    os.environ["SANDBOX_URL"] = settings.SANDBOX_URL = sandbox.url
    settings.BOSCOD_BASE_URL = f"{sandbox.url}/boscod"
    settings.WINPAY_BASE_URL = f"{sandbox.url}/winpay"
    settings.META_BASE_URL = f"{sandbox.url}/meta"
    settings.TIKTOK_BASE_URL = f"{sandbox.url}/tiktok"
    settings.GOOGLE_BASE_URL = f"{sandbox.url}/google"
    settings.WINPAY_PRIVATE_KEY = str(sandbox.folder / "merchant_private.pem")
    settings.WINPAY_PUBLIC_KEY = str(sandbox.folder / "winpay_public.pem")


@pytest.fixture(scope="session")
def worker_name() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "gw0")


def _admin() -> psycopg.Connection[Any]:
    url = os.environ["DATABASE_URL"].rsplit("/", 1)[0]
    return psycopg.connect(f"{url}/postgres", autocommit=True)


def _use_database(name: str) -> None:
    connection.close()
    connection.close_pool()
    connection.settings_dict["NAME"] = name
    settings.DATABASES["default"]["NAME"] = name


def _template_name() -> str:
    digest = hashlib.sha256()
    sources = [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("*/sql/*.sql"), ROOT / "stores/services/regions.py",
               ROOT / "stores/services/reference.py", ROOT / "bosonline/sandbox/regions.py"]  # fmt: skip
    for path in sorted(sources):
        digest.update(path.read_bytes())
    return f"template_{digest.hexdigest()[:12]}"


def _ensure_template() -> str:
    name = _template_name()
    with _admin() as admin:
        admin.execute("SELECT pg_advisory_lock(4711)")  # one worker builds, the others wait
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            admin.execute("DROP DATABASE IF EXISTS template_in_work WITH (FORCE)")
            admin.execute("CREATE DATABASE template_in_work")
            _use_database("template_in_work")
            call_command("migrate", verbosity=0)
            call_command("load_regions", verbosity=0)
            call_command("boscod_match", verbosity=0)
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM stores_district WHERE boscod_id IS NOT NULL")
                assert cursor.fetchone()[0] > 0, "the sandbox did not give its districts"
            _use_database("postgres")
            old = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'template\\_%'").fetchall()
            for (stale,) in old:
                if stale != "template_in_work":
                    admin.execute(f"DROP DATABASE {stale}")
            admin.execute(f"ALTER DATABASE template_in_work RENAME TO {name}")
    return name


def _copy_template(name: str) -> None:
    template = _ensure_template()
    with _admin() as admin:
        admin.execute("SELECT pg_advisory_lock(4711)")
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker, worker_name: str) -> Iterator[None]:
    """A copy of the template for this worker."""
    name = f"test_{worker_name}"
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        # Django's flush would empty the regions as well
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _self: _truncate())
        _copy_template(name)
        _use_database(name)
        yield
        connections.close_all()
        connection.close_pool()


@pytest.fixture(autouse=True)
def _clean_redis(request: pytest.FixtureRequest) -> None:
    """No test sees another one's cache, counters or throttles."""
    from bosonline import pagecache
    from bosonline.gateways.base import breakers_reset
    from bosonline.redis import redis_client, redis_forget
    from forms import snapshot
    from stores import queries

    redis_forget()  # a test may have taken it away
    redis_client().flushdb()
    pagecache._local.clear()
    snapshot._local.clear()
    queries._hosts.clear()
    breakers_reset()


def _truncate(identity: str = "RESTART") -> None:
    """Empty every table except reference data; numbers start at one again, or go on (``CONTINUE``)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [row[0] for row in cursor.fetchall() if row[0] not in REFERENCE]
        for attempt in range(5):
            try:
                cursor.execute(f"TRUNCATE {', '.join(tables)} {identity} IDENTITY CASCADE")
                return
            except OperationalError:  # a deadlock with the live worker's look into the outbox
                if attempt == 4:
                    raise


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database whose commits other connections see; emptied (reference rows kept) afterwards."""
    with django_db_blocker.unblock():
        _truncate()
        yield
        connection.close()
        _truncate()


@dataclass
class LiveApp:
    """The product as it runs: web server, worker with relay, own sandbox, all over this worker's database."""

    port: int
    sandbox: str

    database: str
    mail: Path

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def base_url(self) -> str:
        return self.url

    @property
    def sandbox_url(self) -> str:
        return self.sandbox

    def store(self, subdomain: str, path: str = "/") -> str:
        return f"http://{subdomain}.localhost:{self.port}{path}"


@pytest.fixture(scope="session")
def _dns_server() -> Iterator[DnsServer]:
    server = DnsServer()
    yield server
    server.stop()


@pytest.fixture
def dns(_dns_server: DnsServer, settings: Any) -> Iterator[DnsServer]:
    """The DNS as the test writes it; asked by this process and by the live app."""
    _dns_server.clear()
    settings.DNS_NAMESERVERS, settings.DNS_PORT = ["127.0.0.1"], _dns_server.port
    yield _dns_server
    _dns_server.clear()


@pytest.fixture(scope="session")
def _live_processes(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, worker_name: str, _dns_server: DnsServer
) -> Iterator[LiveApp]:
    """Started with the first test that wants them. Their database is not the one of the other tests: the worker drains
    its outbox at any time. Their broker is not the Redis database that every test empties."""
    from bosonline.runtime import children
    from bosonline.runtime.ports import free_port
    from bosonline.runtime.services import Sandbox, wait_for
    from bosonline.runtime.supervisor import web_command

    number = int(worker_name.removeprefix("gw"))
    mail = ROOT / "var" / f"mail-{_run()}-{worker_name}"
    # granian shares a port with whoever asks for it: two runs on one machine must not choose the same at once
    port = free_port(8300 + number * 100 + os.getpid() % 50)
    database = f"test_{worker_name}_live"
    with django_db_blocker.unblock():
        _copy_template(database)
        _use_database(f"test_{worker_name}")  # building a missing template had switched it
    sandbox = Sandbox(
        ROOT,
        app_url=f"http://127.0.0.1:{port}",
        name=f"sandbox-{_run()}-live-{worker_name}",
        wanted_port=8900 + number * 100,
    )
    sandbox.start()
    env = {
        **os.environ,
        **sandbox.env,
        "DATABASE_URL": f"{os.environ['DATABASE_URL'].rsplit('/', 1)[0]}/{database}",
        "REDIS_URL": settings.REDIS_URL,
        "CELERY_BROKER_URL": f"{settings.REDIS_URL.rsplit('/', 1)[0]}/{16 + number}",
        "PUBLIC_PORT": str(port),
        "MEDIA_ROOT": settings.MEDIA_ROOT,
        "PRIVATE_ROOT": settings.PRIVATE_ROOT,
        # people made by the test log in at the live server, also those with a real hash
        "PASSWORD_HASHERS": f"{QUICK_HASHER},django.contrib.auth.hashers.Argon2PasswordHasher",
        "THROTTLE_ENABLED": "0",
        "GATEWAY_READ_TIMEOUT": "3",
        "DNS_NAMESERVERS": "127.0.0.1",
        "DNS_PORT": str(_dns_server.port),
        "EMAIL_URL": f"filemail:///{mail}",
    }
    log = ROOT / "var" / "log"
    web = children.start(
        web_command(port, workers="1"),
        name="web", env={**env, "WEB_PORT": str(port), "WEB_THREADS": "8", "WEB_IDLE_SECONDS": "20"}, cwd=ROOT, log=log / f"live-{_run()}-{worker_name}-web.log",
    )  # fmt: skip
    # every lane in one process, and room for a slow service beside the rest
    worker = children.start(
        [sys.executable, "-m", "celery", "-q", "-A", "bosonline", "worker", "--pool", "threads", "--concurrency", "10",
         "--loglevel", "WARNING", "--without-gossip", "--without-mingle"],
        name="worker", env=env, cwd=ROOT, log=log / f"live-{_run()}-{worker_name}-worker.log",
    )  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", web)
        yield LiveApp(port, sandbox.url, database, mail)
    finally:
        worker.terminate()
        children.stop(web)
        children.stop(worker)
        sandbox.stop()
        shutil.rmtree(mail, ignore_errors=True)


@pytest.fixture
def live_app(_live_processes: LiveApp, django_db_blocker: DjangoDbBlocker, worker_name: str) -> Iterator[LiveApp]:
    """The running product over an empty database, in which the test is as well."""
    import requests

    requests.post(f"{_live_processes.sandbox}/control/reset", timeout=5)
    shutil.rmtree(_live_processes.mail, ignore_errors=True)  # the mail of the test before
    with django_db_blocker.unblock():
        _use_database(_live_processes.database)
        # numbers go on: the running processes remember forms by theirs for a moment, and a late request of the test before
        # may still come
        _truncate("CONTINUE")
        yield _live_processes
        connection.close()
        _truncate("CONTINUE")
        _use_database(f"test_{worker_name}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium; ``*.localhost`` resolves in it by itself."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                  "--no-first-run"],
        )  # fmt: skip
        yield browser
        browser.close()


@pytest.fixture
def browser(chromium: Any) -> Iterator[Any]:
    """A fresh browser context: no cookies, no storage."""
    context = chromium.new_context(locale="id-ID", timezone_id="Asia/Jakarta")
    yield context
    context.close()
