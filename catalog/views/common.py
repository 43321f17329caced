"""What the catalogue's pages share."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpRequest, JsonResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.serializers import BaseSerializer

from bosonline.errors import DomainError
from sellers.pages import StorePage


class JsonPage(StorePage):
    """An endpoint for a page's own script: JSON in and out, the API's serializers and errors, the browser's session."""

    def body(self, serializer: type[BaseSerializer[Any]]) -> Any:
        """The validated body. Raises at the fields, as the API does."""
        try:
            data = orjson.loads(self.request.body)
        except orjson.JSONDecodeError:
            raise DomainError(_("The body is not valid JSON."), code="malformed", status=400) from None
        if not isinstance(data, dict):
            raise DomainError(_("The body must be a JSON object."), code="malformed", status=400)
        instance = serializer(data=data)
        instance.is_valid(raise_exception=True)
        return instance.validated_data

    @staticmethod
    def answer(data: Any, status: int = 200) -> JsonResponse:
        return JsonResponse({"data": data}, status=status)

    def failed(self, request: HttpRequest, error: DomainError) -> Any:
        request.META["HTTP_ACCEPT"] = "application/json"
        request.__dict__.pop("headers", None)
        return super().failed(request, error)


def query_with(params: QueryDict, **changes: Any) -> str:
    """The list's address with some parameters changed; the page position is dropped."""
    copy = params.copy()
    for name in ("after", "before", "start"):
        copy.pop(name, None)
    for name, value in changes.items():
        copy.pop(name, None)
        if value not in (None, ""):
            copy[name] = str(value)
    return f"?{copy.urlencode()}" if copy else "?"


def chips(params: QueryDict, names: dict[str, tuple[Any, Any]]) -> list[dict[str, str]]:
    """Filter chips: ``names`` maps a parameter to its label and to its values' labels (a mapping, or None)."""
    rows = []
    for name, (label, values) in names.items():
        value = params.get(name, "")
        if value:
            shown = values.get(value, value) if values else value
            rows.append({"label": str(label), "value": str(shown), "remove_url": query_with(params, **{name: None})})
    return rows


def hidden(params: QueryDict, *without: str) -> dict[str, str]:
    """The parameters a filter form must carry along."""
    return {k: str(v) for k, v in params.items() if k not in without and k not in ("after", "before", "start") and v}


def sections(current: str, member: Any) -> list[dict[str, Any]]:
    """The switch between the catalogue's lists."""
    rows = [("products", _("Products"), "products.view"), ("product-variants", _("Variants"), "products.view"),
            ("inventory", _("Inventory"), "inventory.view")]  # fmt: skip
    return [
        {"label": label, "url": reverse(name), "current": name == current}
        for name, label, right in rows
        if member.may(right)
    ]
