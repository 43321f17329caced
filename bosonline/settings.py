"""Settings, all of them from the environment (see ``.env.example``).

Nothing here decides behaviour that a store may configure; that lives on ``stores.Store``.
"""

from __future__ import annotations

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from bosonline.api.refusals import ERROR
from bosonline.files import MEDIA_PREFIX, storage_settings
from bosonline.logging import configure_logging
from bosonline.secrets import DEFAULT_SECRET, is_loopback, key_problem

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
if (BASE_DIR / ".env").exists():
    environ.Env.read_env(BASE_DIR / ".env")

# Django's page with code and values for every error: only for who asks for it. Without it, development answers as production.
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default=DEFAULT_SECRET)
# Encrypts credentials and identity numbers at rest; apart from SECRET_KEY so that each can be rotated alone.
FIELD_KEY = env.str("FIELD_KEY", default=DEFAULT_SECRET)
# Former ones: they still decrypt, until `manage.py reencrypt` has run.
FIELD_KEY_FALLBACKS = env.list("FIELD_KEY_FALLBACKS", default=[])
# The public address. A store answers at <subdomain>.<BASE_DOMAIN>.
BASE_DOMAIN = env.str("BASE_DOMAIN", default="localhost")
PUBLIC_PORT = env.str("PUBLIC_PORT", default="8000")
PUBLIC_SCHEME = env.str("PUBLIC_SCHEME", default="http")
# Whether we answer to this machine only: by our name, and by the address that `make run` binds to.
LOCAL = is_loopback(BASE_DOMAIN) and is_loopback(env.str("WEB_HOST", default="127.0.0.1"))
for _name, _key in (("SECRET_KEY", SECRET_KEY), ("FIELD_KEY", FIELD_KEY)):
    if _problem := key_problem(_name, _key, local=LOCAL):
        raise ImproperlyConfigured(_problem)
if DEBUG and not LOCAL:
    raise ImproperlyConfigured("DEBUG shows code and values to everybody: only on this machine.")
# The web server then answers nobody but this machine (bosonline.server).
PUBLIC_KEY_IN_USE = SECRET_KEY == DEFAULT_SECRET
# Hosts are checked by bosonline.hosts against verified domains; Django's own list cannot know them.
ALLOWED_HOSTS = ["*"]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[f"{PUBLIC_SCHEME}://{BASE_DOMAIN}:{PUBLIC_PORT}"])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "bosonline",
    "stores",
    "sellers",
    "catalog",
    "forms",
    "orders",
    "adminpanel",
]

MIDDLEWARE = [
    "bosonline.middleware.DatabaseAwayMiddleware",
    "bosonline.middleware.PublicPageCacheMiddleware",
    "bosonline.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "bosonline.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "bosonline.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "bosonline.middleware.RequestSizeMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "bosonline.hosts.HostMiddleware",
    "stores.middleware.OldAddressMiddleware",
    "sellers.middleware.MemberMiddleware",
]

ROOT_URLCONF = "bosonline.urls"
WSGI_APPLICATION = "bosonline.wsgi.application"
APPEND_SLASH = False
AUTH_USER_MODEL = "sellers.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "bosonline.context.page",
            ],
            "builtins": ["bosonline.templatetags.bos"],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ]
            if env.bool("CACHE_TEMPLATES", default=True)
            else [
                "django.template.loaders.filesystem.Loader",
                "django.template.loaders.app_directories.Loader",
            ],
        },
    }
]

_PGBOUNCER = env.bool("PGBOUNCER", default=False)


def _database(url: dict[str, object], *, cursors: bool = not _PGBOUNCER, **pool: object) -> dict[str, object]:
    return {
        **url,
        "ENGINE": "django.db.backends.postgresql",
        # A connection of the pool is looked at before it is used: the server may have ended it.
        "CONN_HEALTH_CHECKS": True,
        # in transaction mode the next question may reach another connection of the server than the one with the cursor
        "DISABLE_SERVER_SIDE_CURSORS": not cursors,
        "OPTIONS": {
            "application_name": "bosonline",
            # pgbouncer before 1.21 cannot keep prepared statements in transaction mode
            "prepare_threshold": None if _PGBOUNCER else 3,
            # reconnect_timeout: while the server is away the pool tries ever more seldom, up to minutes apart; given up
            # early, the next request tries at once
            "pool": {
                "min_size": 1,
                "max_size": env.int("DB_POOL_SIZE", default=12),
                "timeout": 4,
                "reconnect_timeout": 3,
                **pool,
            },
            "connect_timeout": 3,
        },
    }


DATABASES = {"default": _database(env.db_url("DATABASE_URL", default="postgres://bosonline@127.0.0.1:5433/bosonline"))}
# A streaming replica for lists, reports and downloads (bosonline.replica); nobody waits long for one that is away.
if env.str("DATABASE_REPLICA_URL", default=""):
    DATABASES["replica"] = _database(env.db_url("DATABASE_REPLICA_URL"), cursors=True, min_size=0, timeout=1)
if _PGBOUNCER:  # the primary once more: downloads read with a cursor inside a transaction of its own
    DATABASES["stream"] = _database(env.db_url("DATABASE_URL"), cursors=True, min_size=0)
DATABASE_ROUTERS = ["bosonline.replica.Router"]
REPLICA_MAX_LAG_SECONDS = env.float("REPLICA_MAX_LAG_SECONDS", default=5.0)
REPLICA_AFTER_WRITE_SECONDS = env.int("REPLICA_AFTER_WRITE_SECONDS", default=10)
if REPLICA_AFTER_WRITE_SECONDS <= REPLICA_MAX_LAG_SECONDS:
    raise ImproperlyConfigured("REPLICA_AFTER_WRITE_SECONDS must be more than REPLICA_MAX_LAG_SECONDS.")

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6380/0")
CACHES = {
    "default": {
        "BACKEND": "bosonline.redis.QuietRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "bos",
    }
}
# The cookie carries the number of a LoginSession row, which decides; a store of its own would only be a second truth.
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_SCHEME == "https"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# The same key for both: the token lives in the session so that cached buyer pages set no cookie.
CSRF_USE_SESSIONS = True
CSRF_FAILURE_VIEW = "bosonline.errors.csrf_failure"

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL)
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ALWAYS_EAGER = env.bool("CELERY_TASK_ALWAYS_EAGER", default=False)
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # our formatter hides what must not be in a log

# A run's hold on its outbox row; a worker that was killed is noticed when it ends (renewed three times within it).
OUTBOX_LEASE_SECONDS = env.float("OUTBOX_LEASE_SECONDS", default=30.0)
# A message that no worker has taken by then was lost (Redis was emptied), or no worker is there: handed over anew.
OUTBOX_HAND_SECONDS = env.float("OUTBOX_HAND_SECONDS", default=20.0)
# Messages of each lane that are on their way or at work at once, over all machines: raise with the number of workers.
OUTBOX_WIDTHS = {
    "buyer": env.int("OUTBOX_WIDTH_BUYER", default=6),
    "parcels": env.int("OUTBOX_WIDTH_PARCELS", default=4),
    "tell": env.int("OUTBOX_WIDTH_TELL", default=6),
    "long": env.int("OUTBOX_WIDTH_LONG", default=4),
}

LANGUAGE_CODE = "id"
LANGUAGES = [("id", _("Indonesian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [p for p in (BASE_DIR / "static", VAR_DIR / "build") if p.exists()]
# Pictures that everybody may see, and apart from them everything that is only for some (bosonline.files).
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(VAR_DIR / "media"))
PRIVATE_ROOT = env.str("PRIVATE_ROOT", default=str(VAR_DIR / "private"))
_public, _private = Path(MEDIA_ROOT).resolve(), Path(PRIVATE_ROOT).resolve()
if _private.is_relative_to(_public) or _public.is_relative_to(_private):
    raise ImproperlyConfigured("MEDIA_ROOT and PRIVATE_ROOT must be two folders, neither inside the other.")
try:
    _files = storage_settings(env.str("STORAGE_URL", default=""), public_root=MEDIA_ROOT, private_root=PRIVATE_ROOT)
except ValueError as exc:
    raise ImproperlyConfigured(str(exc)) from None
# Where everybody reads the pictures of the bucket, e.g. its CDN: the address of ``public/``. Empty: through ourselves.
STORAGE_PUBLIC_URL = env.str("STORAGE_PUBLIC_URL", default="")
if STORAGE_PUBLIC_URL:
    STORAGE_PUBLIC_URL = STORAGE_PUBLIC_URL.rstrip("/") + "/"
    if not env.str("STORAGE_URL", default="") or not STORAGE_PUBLIC_URL.startswith(("https://", "http://")):
        raise ImproperlyConfigured("STORAGE_PUBLIC_URL is the http(s) address of the pictures in STORAGE_URL.")
STORAGES = {
    **_files,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# before the static files were collected (a fresh checkout, tests)
WHITENOISE_USE_FINDERS = not (STATIC_ROOT / "staticfiles.json").exists()
WHITENOISE_KEEP_ONLY_HASHED_FILES = False
WHITENOISE_MANIFEST_STRICT = False
MEDIA_URL = MEDIA_PREFIX
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=8 * 1024 * 1024)
# A whole request, several files together. More is refused before anything of it is kept.
REQUEST_MAX_BYTES = env.int("REQUEST_MAX_BYTES", default=40 * 1024 * 1024)
IMAGE_MAX_PIXELS = env.int("IMAGE_MAX_PIXELS", default=40_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

EMAIL_CONFIG = env.email_url("EMAIL_URL", default=f"filemail:///{VAR_DIR}/mail")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="BosOnline <halo@bosonline.id>")

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = env.list(
    "PASSWORD_HASHERS",
    default=[
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ],
)
LOGIN_URL = "/masuk"
ACCESS_TOKEN_SECONDS = 3600
REFRESH_TOKEN_SECONDS = 30 * 24 * 3600
RESET_PASSWORD_SECONDS = env.int("RESET_PASSWORD_SECONDS", default=3600)
CONFIRM_EMAIL_SECONDS = 3 * 24 * 3600
INVITATION_SECONDS = 7 * 24 * 3600
DEVICE_SECONDS = 180 * 24 * 3600
ACCOUNT_DELETION_DAYS = 30
STORES_PER_USER = env.int("STORES_PER_USER", default=20)

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PUBLIC_SCHEME == "https":
    SECURE_HSTS_SECONDS = 31536000
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["sellers.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["bosonline.api.permissions.ActorPermission"],
    "DEFAULT_RENDERER_CLASSES": ["bosonline.api.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["bosonline.api.parsers.JSONParser", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_SCHEMA_CLASS": "bosonline.api.schema.BosAutoSchema",
    "EXCEPTION_HANDLER": "bosonline.api.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "bosonline.api.renderers.JSONOnlyNegotiation",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "BosOnline API",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "DESCRIPTION": "Shop management for Indonesian social-commerce sellers.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "PREPROCESSING_HOOKS": ["bosonline.api.schema.only_public_paths"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "bosonline.api.examples.with_examples",
    ],
    "APPEND_COMPONENTS": {
        "schemas": {"Error": ERROR},
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    },
}

# Outside services. In development the supervisor points these at the sandbox process.
SANDBOX_URL = env.str("SANDBOX_URL", default="")
BOSCOD_BASE_URL = env.str(
    "BOSCOD_BASE_URL", default=f"{SANDBOX_URL}/boscod" if SANDBOX_URL else "https://demo.boscod.com:4004"
)
BOSCOD_TOKEN = env.str("BOSCOD_TOKEN", default="sandbox-boscod-token" if SANDBOX_URL else "")
BOSCOD_WEBHOOK_SECRET = env.str("BOSCOD_WEBHOOK_SECRET", default="sandbox-boscod-webhook-secret" if SANDBOX_URL else "")
WINPAY_BASE_URL = env.str(
    "WINPAY_BASE_URL", default=f"{SANDBOX_URL}/winpay" if SANDBOX_URL else "https://snap.winpay.id"
)
WINPAY_PARTNER_ID = env.str("WINPAY_PARTNER_ID", default="sandbox-partner" if SANDBOX_URL else "")
# PEM text, or a path to a PEM file. The sandbox writes its pair under var/sandbox/ at its first start.
WINPAY_PRIVATE_KEY = env.str("WINPAY_PRIVATE_KEY", default=str(VAR_DIR / "sandbox" / "merchant_private.pem"))
WINPAY_PUBLIC_KEY = env.str("WINPAY_PUBLIC_KEY", default=str(VAR_DIR / "sandbox" / "winpay_public.pem"))
# Conversion events; the access tokens are the stores' own.
META_BASE_URL = env.str("META_BASE_URL", default=f"{SANDBOX_URL}/meta" if SANDBOX_URL else "https://graph.facebook.com")
META_API_VERSION = env.str("META_API_VERSION", default="v21.0")
TIKTOK_BASE_URL = env.str(
    "TIKTOK_BASE_URL", default=f"{SANDBOX_URL}/tiktok" if SANDBOX_URL else "https://business-api.tiktok.com"
)
GOOGLE_BASE_URL = env.str(
    "GOOGLE_BASE_URL", default=f"{SANDBOX_URL}/google" if SANDBOX_URL else "https://www.google-analytics.com"
)
GATEWAY_CONNECT_TIMEOUT = env.float("GATEWAY_CONNECT_TIMEOUT", default=2.0)
GATEWAY_READ_TIMEOUT = env.float("GATEWAY_READ_TIMEOUT", default=6.0)

# Own domains of stores: where they point, and whom we ask about them. Empty nameservers: the machine's own resolver.
DOMAIN_TARGET = env.str("DOMAIN_TARGET", default=f"domains.{BASE_DOMAIN}")
DOMAIN_ADDRESSES = env.list("DOMAIN_ADDRESSES", default=["127.0.0.1"] if LOCAL else [])
DNS_NAMESERVERS = env.list("DNS_NAMESERVERS", default=[])
DNS_PORT = env.int("DNS_PORT", default=53)
DNS_TIMEOUT = env.float("DNS_TIMEOUT", default=4.0)

QUOTE_SECONDS = 30 * 60
RATE_CACHE_SECONDS = 24 * 3600
TRUST_FORWARDED = env.bool("TRUST_FORWARDED", default=False)
THROTTLE_ENABLED = env.bool("THROTTLE_ENABLED", default=True)
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

LOGGING_CONFIG = None
configure_logging(json_lines=env.bool("LOG_JSON", default=not LOCAL), level=env.str("LOG_LEVEL", default="INFO"))
