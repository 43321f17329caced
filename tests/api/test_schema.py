"""The OpenAPI document: every body has an example that its own schema accepts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


def bodies(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation["requestBody"]["content"]["application/json"])
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    ]


def test_every_body_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    found = bodies(document)
    assert len(found) > 50
    wrong = []
    for name, content in found:
        schema = {**content["schema"], "components": document["components"]}
        examples = [e["value"] for e in content.get("examples", {}).values()] or [content["example"]]
        for example in examples:
            wrong += [(name, error.message) for error in Draft202012Validator(schema).iter_errors(example)]
    assert not wrong, wrong


def test_every_operation_has_a_tag_and_names_its_actor(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["tags"] and operation["tags"] != ["other"], (method, path)
            assert "Actor: " in operation["description"], (method, path)
            assert operation["description"].strip().split("\n")[0] != "", (method, path)


def test_the_document_is_served(client: Client, db: None) -> None:
    answer = client.get("/api/schema", HTTP_ACCEPT="application/json")
    assert answer.status_code == 200 and b"openapi" in answer.content
    assert client.get("/api/docs").status_code == 200
