"""RSA key pairs of the sandbox: ``python -m bosonline.sandbox.keys <folder>`` makes them when missing."""

from __future__ import annotations

import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def ensure_keys(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for who in ("merchant", "winpay"):
        private, public = folder / f"{who}_private.pem", folder / f"{who}_public.pem"
        if private.exists() and public.exists():
            continue
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        private.chmod(0o600)
        public.write_bytes(
            key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )


if __name__ == "__main__":
    ensure_keys(Path(sys.argv[1]))
