"""The page after ordering: its words with variables, where it leads, what may be told to pixels (product.md §6)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import serializers

from bosonline.errors import ValidationFailed
from bosonline.hosts import store_url
from forms.models import RedirectHost
from stores.models import Domain, Store

VARIABLES = ("nama", "produk", "total", "nomor", "toko", "kurir", "metode", "cs", "link")
# where a chat with the CS begins; every other host must be allowed by the store
OWN_HOSTS = ("wa.me", "api.whatsapp.com")
WHATSAPP_TEXT = "Halo {toko}, saya {nama} sudah memesan {produk} dengan nomor {nomor}."
_VARIABLE = re.compile(r"\{([^{}]*)\}")


class SuccessIn(serializers.Serializer[Any]):
    """``kind``: ``page`` shows the message, ``whatsapp`` opens a chat with the assigned CS, ``url`` leads elsewhere."""

    kind = serializers.ChoiceField(choices=["page", "whatsapp", "url"], default="page")
    message = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")
    whatsapp_text = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    url = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    pixels = serializers.BooleanField(required=False, default=True)


def redirect_hosts(store: Store) -> list[str]:
    """Where success pages of the (current) store may lead: its own addresses and what it allowed."""
    own = [store_url(store.subdomain).split("://")[1].split("/")[0].split(":")[0]] if store.subdomain else []
    domains = Domain.objects.filter(verified_at__isnull=False).values_list("hostname", flat=True)
    allowed = RedirectHost.objects.order_by("host").values_list("host", flat=True)
    return list(dict.fromkeys((*own, *domains, *allowed)))


def success_default() -> dict[str, Any]:
    return {"kind": "page", "message": "", "whatsapp_text": "", "url": "", "pixels": True}


def success_check(data: dict[str, Any], hosts: Collection[str]) -> dict[str, Any]:
    """A success page ready to be kept. Unknown variables and foreign hosts are refused at the field."""
    clean = {**success_default(), **data}
    for name in ("message", "whatsapp_text", "url"):
        unknown = sorted({v for v in _VARIABLE.findall(clean[name]) if v not in VARIABLES})
        if unknown:
            names = ", ".join("{" + v + "}" for v in unknown)
            raise ValidationFailed.field(name, _("Unknown variables: %(names)s.") % {"names": names})
    if clean["kind"] == "url" and not clean["url"].strip():
        raise ValidationFailed.field("url", _("Enter the address buyers go to."))
    if clean["url"].strip() and not url_allowed(clean["url"], hosts):
        raise ValidationFailed.field(
            "url", _("Use an https address of your own domain, or allow its host first."), code="host_not_allowed"
        )
    clean["url"] = clean["url"].strip()
    return clean


def url_allowed(url: str, hosts: Collection[str]) -> bool:
    """An https address at one of ``hosts`` (or a subdomain of it), without user names and other tricks."""
    if any(ord(c) < 33 for c in url.strip()) or "\\" in url:
        return False
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".")
        port = parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or "{" in host or "%" in host:
        return False
    local = host == settings.BASE_DOMAIN or host.endswith(f".{settings.BASE_DOMAIN}")
    if parts.scheme != "https" and not (local and parts.scheme == settings.PUBLIC_SCHEME):
        return False
    if port not in (None, 443) and not local:
        return False
    return host in OWN_HOSTS or any(host == h or host.endswith(f".{h}") for h in hosts)


def fill(text: str, values: Mapping[str, str]) -> str:
    """The variables of a text filled in one pass; a value with braces stays as it is."""
    return _VARIABLE.sub(lambda match: values.get(match.group(1), match.group()), text)
