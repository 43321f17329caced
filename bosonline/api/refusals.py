"""The one form of every refusal under ``/api``, for the OpenAPI document (``bosonline.api.errors`` answers in it)."""

from __future__ import annotations

from typing import Any

# What each status of a refusal means; the form is the same for all (api.md, Conventions).
REFUSALS: dict[int, str] = {
    400: "The body is no JSON object, or not UTF-8.",
    401: "Nobody is logged in: no token, or one that no longer holds.",
    403: "The role does not allow it.",
    404: "Not there, or of another store.",
    409: "It contradicts what is: changed meanwhile, made already, or not possible in this state. `code` says which.",
    411: "The body came without its length.",
    413: "The body or a file in it is too large.",
    415: "Neither JSON nor multipart.",
    422: "A value is not valid: `errors` names the fields.",
    429: "Too often. `Retry-After` says when to come back.",
    502: "An outside service answered nonsense.",
    503: "A service that is needed is away. `Retry-After` says when to come back.",
}
ERROR: dict[str, Any] = {
    "type": "object",
    "description": "Every refusal has this form.",
    "required": ["message", "code", "errors"],
    "properties": {
        "message": {"type": "string", "description": "For people, in the language of `Accept-Language`."},
        "code": {"type": "string", "description": "For machines; does not change."},
        "errors": {
            "type": "object",
            "description": "The sentences at each field, by its path (`customer.phone`, `items.0.qty`).",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
    "additionalProperties": True,
}
