"""SNAP's asymmetric signature: ``METHOD:Path:lowerhex(sha256(minified body)):timestamp`` signed with RSA-SHA256."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

# A string, also one that is never closed (so that one pass is enough for anything), or white space outside of strings.
_TOKENS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[ \t\r\n]+', re.DOTALL)


def compact(body: Any) -> bytes:
    """A body of ours, as it is signed and sent."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def minify(body: bytes) -> bytes:
    """Somebody else's JSON without the white space between its tokens; numbers and escapes stay as they were written."""
    return _TOKENS.sub(lambda match: match[0] if match[0].startswith(b'"') else b"", body)


def string_to_sign(method: str, path: str, body: bytes, timestamp: str) -> bytes:
    """``body`` is minified."""
    digest = hashlib.sha256(body).hexdigest().lower()
    return f"{method}:{path}:{digest}:{timestamp}".encode()


def _pem(text_or_path: str) -> bytes:
    return text_or_path.encode() if "-----BEGIN" in text_or_path else Path(text_or_path).read_bytes()


@lru_cache(maxsize=8)
def private_key(text_or_path: str) -> RSAPrivateKey:
    key = serialization.load_pem_private_key(_pem(text_or_path), None)
    assert isinstance(key, RSAPrivateKey)
    return key


@lru_cache(maxsize=8)
def public_key(text_or_path: str) -> RSAPublicKey:
    key = serialization.load_pem_public_key(_pem(text_or_path))
    assert isinstance(key, RSAPublicKey)
    return key


def sign(key: RSAPrivateKey, message: bytes) -> str:
    return base64.b64encode(key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()


def is_signed(key: RSAPublicKey, message: bytes, signature: str) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), message, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
