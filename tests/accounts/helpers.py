"""Calls of the API as a client makes them, and the mails that went out."""

from __future__ import annotations

import json
import re
from typing import Any

from django.core import mail
from django.test import Client

from bosonline import outbox
from tests.factories import PASSWORD

API = "/api/v1"


def call(client: Client, method: str, path: str, body: Any = None, **headers: Any) -> Any:
    data = "" if body is None or method == "get" else json.dumps(body)
    return getattr(client, method)(f"{API}{path}", data, content_type="application/json", **headers)


def log_in(client: Client, identifier: str, password: str = PASSWORD, **extra: Any) -> Any:
    headers = {k: extra.pop(k) for k in list(extra) if k.isupper()}
    return call(client, "post", "/auth/login", {"email": identifier, "password": password, **extra}, **headers)


def bearer(answer: Any) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {answer.json()['token']['access_token']}"}


def letters(to: str = "") -> list[Any]:
    """Work the outbox off and give the mails, newest last."""
    outbox.drain(200)
    return [m for m in mail.outbox if not to or to in m.to]


def token_in(letter: Any) -> str:
    found = re.search(r"token=([\w-]+)", letter.body)
    assert found, letter.body
    return found.group(1)
