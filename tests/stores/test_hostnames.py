"""What a seller may type as an own domain, and how a domain is shown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bosonline.errors import DomainError, ValidationFailed
from stores.hostnames import hostname_clean, hostname_shown, is_apex, registrable, relative_name


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("tokomadu.com", "tokomadu.com"),
        ("  TokoMadu.COM. ", "tokomadu.com"),
        ("https://www.tokomadu.co.id/", "www.tokomadu.co.id"),
        ("http://order.tokomadu.id", "order.tokomadu.id"),
        ("bücher.de", "xn--bcher-kva.de"),
        ("xn--bcher-kva.de", "xn--bcher-kva.de"),
        ("日本語.jp", "xn--wgv71a119e.jp"),
        ("ｔｏｋｏ.com", "toko.com"),
    ],
)
def test_a_domain_is_taken_however_it_is_typed(typed: str, host: str) -> None:
    assert hostname_clean(typed) == host


@pytest.mark.parametrize(
    "typed",
    [
        "", "   ", "tokomadu", "localhost", "com", "co.id", "192.168.1.1", "10.1", "0x7f.1", "[::1]", "2001:db8::1", "*.tokomadu.com", "*",
        "tokomadu.com:8080", "https://tokomadu.com/madu", "ftp://tokomadu.com", "user@tokomadu.com", "tokomadu.com?x=1", "toko_madu.com",
        "-toko.com", "toko-.com", "toko..com", ".com", "a" * 64 + ".com", ".".join(["a" * 60] * 5) + ".com", "x" * 300, "toko madu.com",
        "madu.localhost", "toko.local", "toko.internal", "toko.onion", "localhost.", "domains.localhost", "xn--zz.com", "xn--a.com",
        "toko\n.com", "<script>.com", "'; drop table.com", "٣.com:1", "toko.com\\@evil.com", "1.2.3.4.5",
    ],
)  # fmt: skip
def test_what_cannot_be_an_own_domain_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        hostname_clean(typed)
    assert refused.value.errors["hostname"][0] and refused.value.status == 422


def test_the_platforms_own_names_are_nobodys(settings: Any) -> None:
    settings.BASE_DOMAIN, settings.DOMAIN_TARGET = "bosonline.id", "domains.bosonline.net"
    for name in ("bosonline.id", "www.bosonline.id", "madu.bosonline.id", "domains.bosonline.net", "BosOnline.ID."):
        with pytest.raises(ValidationFailed):
            hostname_clean(name)
    assert hostname_clean("notbosonline.id") == "notbosonline.id"


@given(st.text(max_size=60) | st.from_regex(r"[a-z0-9-]{1,20}(\.[a-z0-9-]{1,10}){0,3}", fullmatch=True))
def test_any_text_is_a_clean_name_or_a_domain_error(text: str) -> None:
    try:
        host = hostname_clean(text)
    except DomainError:
        return
    assert host == host.lower() and host.isascii() and "." in host and len(host) <= 253
    assert hostname_clean(host) == host
    assert hostname_shown(host)


def test_the_zone_is_found_for_indonesian_suffixes() -> None:
    assert registrable("www.tokomadu.co.id") == "tokomadu.co.id"
    assert is_apex("tokomadu.co.id") and is_apex("tokomadu.my.id") and not is_apex("www.tokomadu.com")
    assert relative_name("_bosonline.tokomadu.co.id", "tokomadu.co.id") == "_bosonline"
    assert relative_name("tokomadu.com", "tokomadu.com") == "@"
    assert relative_name("_bosonline.order.tokomadu.com", "order.tokomadu.com") == "_bosonline.order"


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("tokomadu.com", "tokomadu.com"),
        ("xn--bcher-kva.de", "bücher.de"),
        ("xn--80ak6aa92e.com", "xn--80ak6aa92e.com"),  # аррӏе in Cyrillic
        ("xn--pple-43d.com", "xn--pple-43d.com"),  # аpple: one Cyrillic letter among Latin ones
        ("xn--a.com", "xn--a.com"),
    ],
)
def test_letters_that_pass_for_others_are_shown_as_punycode(host: str, shown: str) -> None:
    assert hostname_shown(host) == shown
