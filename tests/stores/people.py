"""Somebody at a browser."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tests.factories import PASSWORD


def login(client: Client, user: Any) -> Client:
    """``client``, logged in as ``user``."""
    answer = client.post("/masuk", {"email": user.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content[:500]
    return client
