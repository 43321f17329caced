"""What a buyer typed against what the form asks: every mistake at its own field, all of them at once."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from bosonline.errors import ValidationFailed

TICKED = "ya"


def answers_of(
    content: dict[str, Any], *, fields: dict[str, str], note: str = "", landmark: str = "", email: str = ""
) -> dict[str, str]:
    """The custom fields' values. Raises :class:`ValidationFailed` with all errors by field."""
    errors: dict[str, list[str]] = {}
    known = {f["key"]: f for f in content["fields"]}
    for key in fields:
        if key not in known:
            errors[f"fields.{key[:40]}"] = [_("This form has no such field.")]
    values: dict[str, str] = {}
    for key, spec in known.items():
        value = fields.get(key, "").strip()
        problem = _problem(spec, value)
        if problem:
            errors[f"fields.{key}"] = [problem]
        elif value:
            values[key] = value
    own = {"note": note, "address.landmark": landmark, "customer.email": email}
    for path, value in own.items():
        setting = content["buyer_fields"][path.rpartition(".")[2]]
        shown = setting["show"] and (path != "note" or content["note_enabled"])
        if shown and setting["required"] and not value.strip():
            errors[path] = [_("Please fill this in.")]
    if errors:
        raise ValidationFailed(next(iter(errors.values()))[0], errors=errors)
    return values


def _problem(spec: dict[str, Any], value: str) -> str:
    if not value:
        return _("Please fill in %(label)s.") % {"label": spec["label"]} if spec["required"] else ""
    match spec["kind"]:
        case "select" | "radio":
            return "" if value in spec["options"] else _("Choose one of the options.")
        case "number":
            return "" if re.fullmatch(r"-?[0-9]{1,18}", value) else _("Enter a whole number.")
        case "checkbox":
            return "" if value == TICKED else _("Choose one of the options.")
        case "date":
            return "" if _is_date(value) else _("Enter a date.")
    return ""


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10 and text[4] == "-"  # and no week dates, which Python reads as well
