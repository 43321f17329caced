"""A returning buyer's details, remembered by their own browser on this host only, for 31 days (product.md §6).

The cookie is encrypted: whoever finds the file reads nothing, and the page's scripts cannot read it either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest

from bosonline import crypto
from stores.queries import area_of

COOKIE = "bos_buyer"
SECONDS = 31 * 24 * 3600
LIMIT = 3000


def prefill_remember(response: Any, request: HttpRequest, data: Mapping[str, Any]) -> None:
    """Keep what was just ordered with; only on a store's own host."""
    if getattr(request, "store_host", None) is None:
        return
    customer, address = data["customer"], data["address"]
    kept = {
        "name": customer["name"], "phone": customer["phone"], "email": customer.get("email") or "",
        "district_id": address["district_id"], "postal_code": address["postal_code"],
        "street": address["street"], "landmark": address["landmark"], "host": request.store_host,  # type: ignore[attr-defined]  # ours
    }  # fmt: skip
    value = crypto.encrypt(orjson.dumps(kept).decode())
    if len(value) > LIMIT:
        return
    response.set_cookie(
        COOKIE, value, max_age=SECONDS, httponly=True, samesite="Lax", secure=settings.PUBLIC_SCHEME == "https"
    )


def prefill_of(request: HttpRequest) -> dict[str, Any] | None:
    """What the cookie of this host says, or None."""
    raw = request.COOKIES.get(COOKIE, "")
    text = crypto.decrypt(raw) if 0 < len(raw) <= LIMIT else ""
    if not text:
        return None
    try:
        kept: dict[str, Any] = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    area = area_of(int(kept.get("district_id") or 0))
    if kept.pop("host", "") != getattr(request, "store_host", None) or area is None:
        return None
    return {**kept, "area": area.as_api(kept["postal_code"])["label"]}


def prefill_forget(response: Any) -> None:
    """ "Bukan saya"."""
    response.delete_cookie(COOKIE, samesite="Lax")
