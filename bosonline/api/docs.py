"""A plain, browsable reference made from the OpenAPI document: no script, no outside host, works under our policy."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator


def api_docs(request: HttpRequest) -> HttpResponse:
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(
                {
                    "path": path,
                    "method": method.upper(),
                    "text": operation.get("description", ""),
                    "parameters": operation.get("parameters", []),
                    "body": _fields(schema, operation),
                }
            )
    return render(request, "api_docs.html", {"groups": sorted(groups.items()), "title": schema["info"]["title"]})


def _fields(schema: dict[str, Any], operation: dict[str, Any]) -> list[dict[str, str]]:
    content = operation.get("requestBody", {}).get("content", {})
    reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    body = schema["components"].get("schemas", {}).get(reference.rsplit("/", 1)[-1], {})
    required = set(body.get("required", []))
    return [
        {
            "name": name,
            "kind": str(spec.get("type", spec.get("$ref", "").rsplit("/", 1)[-1] or "object")),
            "required": "required" if name in required else "",
        }
        for name, spec in body.get("properties", {}).items()
    ]
