"""``manage.py contract``: which of the contract's endpoints are routed, documented and answer.

Walks ``../shared/spec/endpoints.csv`` when it is there, else our own copy in ``docs/api/``. An endpoint *answers* when it
gives a JSON error or result below 500 that is neither "no such path" nor "no such method". It is *documented* when the
OpenAPI document has it with that method, the contract's group as tag, and the stated actor.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.test import Client
from django.urls import Resolver404, resolve
from drf_spectacular.generators import SchemaGenerator

BASE = "/api/v1"
SAMPLE = {"id": "999999999", "note_id": "999999999", "token": "A" * 22, "slug": "tidak-ada", "key": "x", "pattern": "x"}
# a parameter's name in the contract → in our routes
_PARAMETER = re.compile(r"\{(\w+)\}")


def rows() -> list[dict[str, str]]:
    root = Path(settings.BASE_DIR)
    outside = root.parent / "shared" / "spec" / "endpoints.csv"
    source = outside if outside.exists() else root / "docs" / "api" / "endpoints.csv"
    with source.open(newline="") as file:
        return list(csv.DictReader(file))


def missing() -> tuple[list[tuple[dict[str, str], str]], int]:
    """What is not there with the reason, and how many rows the contract has."""
    client = Client(raise_request_exception=False)
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    documented = {_PARAMETER.sub("{}", path): methods for path, methods in schema["paths"].items()}
    found: list[tuple[dict[str, str], str]] = []
    contract = rows()
    for row in contract:
        why = _why(client, documented, row)
        if why:
            found.append((row, why))
    return found, len(contract)


def _why(client: Client, documented: dict[str, Any], row: dict[str, str]) -> str:
    method = row["method"].lower()
    operation = documented.get(_PARAMETER.sub("{}", BASE + row["path"]), {}).get(method)
    path = BASE + _PARAMETER.sub(lambda m: SAMPLE[m[1]], row["path"])
    try:
        match = resolve(path)
    except Resolver404:
        return "not routed"
    if not hasattr(getattr(match.func, "view_class", None), method):
        return "method not routed"
    answer = getattr(client, method)(path, data={} if method == "get" else "{}", content_type="application/json")
    if answer.status_code >= 500:
        return f"answers {answer.status_code}"
    if operation is None:
        return "not documented"
    if operation["tags"] != [row["group"]]:
        return f"documented under {operation['tags'][0]}"
    if f"Actor: {row['actor']}" not in operation.get("description", ""):
        return "another actor"
    if row["actor"] != "public" and answer.status_code != 401:
        return f"answers a stranger with {answer.status_code}"
    return ""


class Command(BaseCommand):
    help = "Walk the contract and print what is missing"

    def handle(self, *args: Any, **options: Any) -> None:
        from django.core.management import call_command

        settings.THROTTLE_ENABLED = False
        call_command("migrate", verbosity=0)
        found, total = missing()
        for row, why in found:
            self.stdout.write(f"missing: {row['group']},{row['name']},{row['method']},{row['path']},{why}")
        self.stdout.write(f"contract: {total - len(found)} of {total} endpoints")
