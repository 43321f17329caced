"""Calls of the API as a seller's client makes them."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from tests.factories import Shop


def call(client: Client, shop: Shop, method: str, path: str, data: Any = None, user: Any = None, **headers: Any) -> Any:
    """``path`` below ``/api/v1/store``; the shop's owner unless ``user`` is given."""
    url = f"/api/v1/store{path}"
    if method == "get":
        return client.get(url, data or {}, **shop.bearer(user), **headers)
    body = json.dumps(data if data is not None else {})
    return getattr(client, method)(url, body, content_type="application/json", **shop.bearer(user), **headers)


def refused(answer: Any, status: int, *, field: str = "", code: str = "") -> dict[str, Any]:
    """The error form of api.md, naming the field."""
    body: dict[str, Any] = answer.json()
    assert answer.status_code == status, (answer.status_code, body)
    assert body["message"]
    if field:
        assert field in body["errors"], body
    if code:
        assert body["code"] == code, body
    return body
