"""A domain as a seller types it → a host name we can serve, or a sentence that says what is wrong with it."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from functools import lru_cache

import idna
from django.conf import settings
from django.utils.translation import gettext as _
from publicsuffixlist import PublicSuffixList

from bosonline import cleaning
from bosonline.errors import ValidationFailed

FIELD = "hostname"
# names that never lead anywhere in the public DNS (RFC 6761, RFC 6762, RFC 7686, and what home routers use)
PRIVATE = frozenset(
    [
        "localhost",
        "local",
        "internal",
        "intranet",
        "lan",
        "home",
        "corp",
        "private",
        "invalid",
        "example",
        "test",
        "onion",
        "arpa",
        "alt",
    ]
)
# alphabets whose letters pass for Latin ones
LOOKALIKE = frozenset(("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"))


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=True)


def registrable(host: str) -> str:
    """The part of ``host`` one registers: ``www.toko.co.id`` → ``toko.co.id``; empty for a suffix such as ``co.id``."""
    return _suffixes().privatesuffix(host) or ""


def is_apex(host: str) -> bool:
    """At the top of a zone there can be no CNAME: it needs A records."""
    return registrable(host) == host


def relative_name(name: str, host: str) -> str:
    """``name`` as DNS panels ask for it, relative to the zone of ``host``; ``@`` is the zone itself."""
    zone = registrable(host)
    return "@" if name == zone else name.removesuffix(f".{zone}")


def hostname_clean(text: str) -> str:
    """Lower case ASCII (punycode) of a typed domain. Raises at ``hostname``.

    ``https://`` in front and a ``/`` or dot at the end are what people copy from a browser: they are dropped.
    """
    host = cleaning.code(text).lower()
    host = re.sub(r"^https?://", "", host)
    host = host.removesuffix("/").removesuffix(".")
    if not host:
        raise _refused(_("Type the domain, for example tokomadu.com."))
    if len(host) > 253:
        raise _refused(_("A domain has at most 253 characters."))
    if "/" in host or "?" in host or "#" in host or "@" in host or "\\" in host:
        raise _refused(_("Type only the domain, without the page behind it, for example tokomadu.com."))
    if _is_address(host):
        raise _refused(_("An IP address cannot be used. Type a domain, for example tokomadu.com."))
    if ":" in host:
        raise _refused(_("Type only the domain, without a port, for example tokomadu.com."))
    if "*" in host:
        raise _refused(_("A wildcard cannot be used. Add each domain on its own."))
    if "_" in host:
        raise _refused(_("A domain of a page cannot have an underscore."))
    if "." not in host:
        raise _refused(_("Type the whole domain, for example tokomadu.com."))
    host = _ascii(host)
    _refuse_ours_and_private(host)
    return host


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        # 10.1, 0x7f.1 and the like are addresses to a browser: no real domain ends in a number
        return bool(re.fullmatch(r"(0x[0-9a-f]*|\d+)", host.rpartition(".")[2]))
    return True


def _ascii(host: str) -> str:
    try:
        encoded = idna.encode(host, uts46=True, std3_rules=True).decode("ascii")
        # what is punycode already must be one that the rules would make
        if encoded != idna.encode(idna.decode(encoded), uts46=True, std3_rules=True).decode("ascii"):
            raise idna.IDNAError
    except (idna.IDNAError, UnicodeError):
        raise _refused(
            _("This is not a valid domain. Use letters, digits and hyphens, for example tokomadu.com.")
        ) from None
    if len(encoded) > 253:
        raise _refused(_("A domain has at most 253 characters."))
    return encoded


def _refuse_ours_and_private(host: str) -> None:
    for own in (settings.BASE_DOMAIN, settings.DOMAIN_TARGET):
        if host == own or host.endswith(f".{own}"):
            raise _refused(_("This is an address of BosOnline itself. Change it under “Change address”."))
    if host.rpartition(".")[2] in PRIVATE - _allowed_private():
        raise _refused(_("This domain does not exist on the internet."))
    if not registrable(host):
        raise _refused(_("Type the whole domain, for example tokomadu.%(suffix)s.") % {"suffix": host})


def _allowed_private() -> frozenset[str]:
    """Tests and development may use ``.test``, which no resolver outside knows."""
    return frozenset(("test",)) if settings.DNS_NAMESERVERS else frozenset()


def _refused(message: str) -> ValidationFailed:
    error = ValidationFailed(message, code="hostname_invalid", errors={FIELD: [message]})
    return error


def hostname_shown(host: str) -> str:
    """``host`` for people: unicode, unless its letters could pass for others, then punycode."""
    if "xn--" not in host:
        return host
    try:
        shown = idna.decode(host)
    except (idna.IDNAError, UnicodeError):
        return host
    latin_tld = shown.rpartition(".")[2].isascii()
    for label in shown.split("."):
        scripts = {unicodedata.name(c, "?").split(" ")[0] for c in label if c.isalpha()}
        if len(scripts) > 1 or (latin_tld and scripts & LOOKALIKE):
            return host
    return shown
