"""Encryption of credentials and identity numbers at rest, and signing of short public payloads."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def _fernet(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()))


def _all_keys() -> MultiFernet:
    """The first encrypts, any of them decrypts."""
    return MultiFernet([_fernet(key) for key in (settings.FIELD_KEY, *settings.FIELD_KEY_FALLBACKS)])


def encrypt(text: str) -> str:
    return _all_keys().encrypt(text.encode()).decode() if text else ""


def decrypt(token: str) -> str:
    """The plain text, or an empty text when none of the keys made it."""
    if not token:
        return ""
    try:
        return _all_keys().decrypt(token.encode()).decode()
    except InvalidToken:
        return ""


def is_current(token: str) -> bool:
    """Whether ``FIELD_KEY`` alone reads it."""
    try:
        _fernet(settings.FIELD_KEY).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


def rotated(token: str) -> str:
    """The same text under ``FIELD_KEY``; empty when none of the keys made it."""
    try:
        return _all_keys().rotate(token.encode()).decode()
    except InvalidToken:
        return ""


class BadToken(Exception):
    """Forged or damaged."""


class ExpiredToken(BadToken):
    """Right once, too old now."""


def _mac(salt: str, payload: bytes) -> bytes:
    key = hashlib.sha256(f"{salt}:{settings.SECRET_KEY}".encode()).digest()
    return hmac.digest(key, payload, "sha256")[:18]


def sign(data: dict[str, Any], *, salt: str, expires_in: int) -> str:
    """A compact signed token that carries ``data`` (readable, not secret) for ``expires_in`` seconds."""
    body = orjson.dumps({**data, "x": int(time.time()) + expires_in})
    return (base64.urlsafe_b64encode(body).rstrip(b"=") + b"." + base64.urlsafe_b64encode(_mac(salt, body))).decode()


def unsign(token: str, *, salt: str, allow_expired: bool = False) -> dict[str, Any]:
    """The data of a token made by :func:`sign`. Raises :class:`BadToken` or :class:`ExpiredToken`."""
    try:
        if "=" in token:  # we strip the padding: one token has one spelling
            raise ValueError("padding")
        head, tail = token.encode("ascii").split(b".")
        # strict: Python's lenient decoding would accept many spellings of one token
        body = base64.b64decode(head + b"=" * (-len(head) % 4), altchars=b"-_", validate=True)
        mac = base64.b64decode(tail, altchars=b"-_", validate=True)
    except (ValueError, UnicodeEncodeError) as exc:
        raise BadToken(token[:20]) from exc
    if not hmac.compare_digest(mac, _mac(salt, body)):
        raise BadToken(token[:20])
    data: dict[str, Any] = orjson.loads(body)
    if data.pop("x") < time.time() and not allow_expired:
        raise ExpiredToken(token[:20])
    return data
