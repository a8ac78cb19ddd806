"""An issuer's signing keys as it publishes them (JWK Set, RFC 7517): only those that can be meant for us.

A key works with exactly one algorithm, which follows from the key and never from a token, so that a public key can not
be passed off as the secret of another algorithm (RFC 8725, 3.1).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from gateway.oidc.config import Algorithm

PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

MAX_KEYS: Final = 100
MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 8192
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key, the one algorithm it is for, and a digest by which it is told from a later one of the same id."""

    kid: str | None
    algorithm: Algorithm
    key: PublicKey = field(compare=False)
    digest: bytes


def read_keys(document: object, algorithms: Iterable[str]) -> tuple[SigningKey, ...]:
    """The usable keys of a JWK Set. Raises ValueError for what is none; a key that is no use is passed over.

    Passed over: other algorithms than the issuer's, keys for encryption, RSA under 2048 bits, other curves, secrets,
    and keys that were published with their private half, with which anybody may sign by now.
    """
    keys = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise ValueError("no JWK Set")
    wanted = frozenset(algorithms)
    found = (_read(entry) for entry in keys if isinstance(entry, dict))
    return tuple(key for key in found if key is not None and key.algorithm in wanted)


def _read(entry: Mapping[str, object]) -> SigningKey | None:
    algorithm = _algorithm(entry)
    kid = entry.get("kid")
    if algorithm is None or not _PRIVATE.isdisjoint(entry) or not (kid is None or isinstance(kid, str)):
        return None
    operations = entry.get("key_ops", ["verify"])
    if entry.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        return None
    public = {name: entry[name] for name in ("kty", "crv", "x", "y", "n", "e") if isinstance(entry.get(name), str)}
    key = _public_key(algorithm, public)
    if key is None:
        return None
    return SigningKey(kid, algorithm, key, hashlib.sha256(json.dumps(public, sort_keys=True).encode()).digest())


def _algorithm(entry: Mapping[str, object]) -> Algorithm | None:
    """What a key is for; the name it gives itself must agree. `Ed25519` is EdDSA's name since RFC 9864."""
    kind: dict[tuple[object, object], tuple[Algorithm, frozenset[object]]] = {
        ("RSA", None): ("RS256", frozenset({"RS256", None})),
        ("EC", "P-256"): ("ES256", frozenset({"ES256", None})),
        ("OKP", "Ed25519"): ("EdDSA", frozenset({"EdDSA", "Ed25519", None})),
    }
    curve = entry.get("crv")
    kty = entry.get("kty")
    if not isinstance(kty, str) or not (curve is None or isinstance(curve, str)):
        return None
    known = kind.get((kty, curve))
    named = entry.get("alg")
    if known is None or not (named is None or isinstance(named, str)) or named not in known[1]:
        return None
    return known[0]


def _public_key(algorithm: Algorithm, public: dict[str, object]) -> PublicKey | None:
    try:
        if algorithm == "RS256":
            rsa = RSAAlgorithm.from_jwk(public)
            return rsa if isinstance(rsa, RSAPublicKey) and MIN_RSA_BITS <= rsa.key_size <= MAX_RSA_BITS else None
        if algorithm == "ES256":
            curve = ECAlgorithm.from_jwk(public)
            return curve if isinstance(curve, EllipticCurvePublicKey) and isinstance(curve.curve, SECP256R1) else None
        edwards = OKPAlgorithm.from_jwk(public)
        return edwards if isinstance(edwards, Ed25519PublicKey) else None
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
