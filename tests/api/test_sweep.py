"""Every operation of the OpenAPI document, each value of its example replaced by nonsense: an answer in the error form, never a 500."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.db import transaction
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from tests.factories import GAMBIR, Shop, make_shop, make_voucher

NONSENSE: tuple[Any, ...] = (
    None, -1, 1.5, 10**30, "x", "\x00", "\ud800", "😀" * 300, "9999-12-31T23:59:59+00:00", [None], {"a": None}, ["x"] * 1_100,
)  # fmt: skip
WORDS = ("", "x", "-1", "1e400", "9" * 40, "\x00", "%", "a,b", "1,", "..", "2026-02-30", "31/02/2026", "٣", "²")


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop(stock=50)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    document = SchemaGenerator().get_schema(request=None, public=True)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every value in a body, objects and lists among them."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield from leaves(part, (*path, key))


def replaced(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(body))
    target = copy
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return copy


def example_of(operation: dict[str, Any]) -> Any:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    examples = [e["value"] for e in content.get("examples", {}).values()] or [content.get("example")]
    return examples[0]


def real(value: Any, known: dict[str, Any]) -> Any:
    """The example with what it names (``known`` by key) replaced by what there is, so that checks behind it are reached too."""
    if isinstance(value, dict):
        return {key: known.get(key, real(part, known)) for key, part in value.items()}
    return [real(part, known) for part in value] if isinstance(value, list) else value


def fill(path: str, ids: dict[str, Any]) -> str:
    def one(found: re.Match[str]) -> str:
        resource = path.split("/")[path.split("/").index(found[0]) - 1]
        return str(ids.get(f"{resource}/{found[1]}", ids.get(found[1], 1)))

    return re.sub(r"\{(\w+)\}", one, path)


def calls(client: Client, shop: Shop, order: Any) -> Iterator[tuple[str, int, bytes]]:
    ids = {
        "forms/id": shop.form.pk, "products/id": shop.product.pk, "variants/id": shop.variants[0].pk, "orders/id": order.pk,
        "orders/token": order.token, "warehouses/id": shop.warehouse.pk, "vouchers/id": make_voucher(shop).pk,
        "forms/slug": shop.form.slug,
    }  # fmt: skip
    bearer, host = shop.bearer(), {"HTTP_HOST": f"{shop.store.subdomain}.localhost"}

    def call(method: str, path: str, body: Any = None) -> tuple[str, int, bytes]:
        data = json.dumps(body) if body is not None else {}
        # what an accepted call changes is taken back, so that the next one finds the same store
        headers = host if "/checkout/" in path else bearer
        with transaction.atomic():
            answer = getattr(client, method)(path, data, content_type="application/json", **headers)
            transaction.set_rollback(True)
        return f"{method} {path} {json.dumps(body)[:300]}", answer.status_code, answer.content

    known = {
        "form": shop.form.slug, "store": shop.store.subdomain, "variant_id": shop.variants[0].pk, "district_id": GAMBIR,
        "variant_ids": [v.pk for v in shop.variants], "warehouse_id": shop.warehouse.pk, "staff_id": shop.owner.user.pk,
        "product_ids": [shop.product.pk], "order_id": order.pk, "product_id": shop.product.pk,
    }  # fmt: skip
    for method, route, operation in operations():
        path = fill(route, ids)
        body = real(example_of(operation), known)
        if route.endswith("/checkout/orders"):
            body |= shop.body()
        if body is not None:
            for place in leaves(body):
                for value in NONSENSE:
                    yield call(method, path, replaced(body, place, value))
            for whole in ([], "x", None, 1, {}):
                yield call(method, path, whole)
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query":
                for word in WORDS:
                    yield call(method, f"{path}?{parameter['name']}={quote(word)}")
        if path != route:
            for word in ("0", "9" * 18, "9" * 30, "x", "%00", "..", "٣"):
                yield call(method, re.sub(r"\{\w+\}", quote(word), route))


def test_nonsense_is_answered_in_the_error_form(shop: Shop, settings: Any) -> None:
    settings.THROTTLE_ENABLED = False
    wrong: dict[str, tuple[int, bytes]] = {}
    count = 0
    for name, status, content in calls(Client(raise_request_exception=False), shop, shop.order()):
        count += 1
        if status >= 400:
            try:
                good = status < 500 and set(json.loads(content)) >= {"message", "code", "errors"}
            except ValueError:
                good = False
            if not good:
                wrong[name] = (status, content[:100])
    assert count > 1_000 and not wrong, (len(wrong), list(wrong.items())[:40])
