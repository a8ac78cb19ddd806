"""The keys that requests are signed with: a partner's public key, or a secret that both sides have."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from shared.errors import DomainError

SECRET_BYTES: Final = 32
_RAW_LENGTH: Final = 32


def read_public_key(text: str) -> bytes:
    """The 32 bytes of an Ed25519 public key in PEM (RFC 8410) or as a JWK (RFC 8037).

    Raises 422 `public-key-invalid`: another kind of key, a private key, or none at all.
    """
    stripped = text.strip()
    raw = _of_jwk(stripped) if stripped.startswith("{") else _of_pem(stripped)
    if raw is None or len(raw) != _RAW_LENGTH:
        raise DomainError("public-key-invalid", 422)
    return raw


def new_secret() -> str:
    """A secret for HMAC-SHA256: 256 random bits in base64, whose bytes are the key."""
    return base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def jwk_of(public_key: bytes) -> dict[str, str]:
    """The public key as a JWK."""
    return {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(public_key).rstrip(b"=").decode("ascii")}


def thumbprint(public_key: bytes) -> str:
    """The key's id as RFC 7638 makes it of the JWK."""
    canonical = json.dumps(dict(sorted(jwk_of(public_key).items())), separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode("ascii")


def _of_pem(text: str) -> bytes | None:
    if "PRIVATE" in text:
        return None
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw) if isinstance(key, Ed25519PublicKey) else None


def _of_jwk(text: str) -> bytes | None:
    try:
        jwk = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519" or "d" in jwk or not isinstance(jwk.get("x"), str):
        return None
    try:
        return base64.b64decode(jwk["x"] + "=" * (-len(jwk["x"]) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
