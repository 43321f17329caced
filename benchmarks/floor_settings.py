"""The floor: Django without any of our middleware."""

from bosonline.settings import *  # noqa: F403 - settings are meant to be taken over whole

MIDDLEWARE: list[str] = []
ROOT_URLCONF = "benchmarks.floor"
