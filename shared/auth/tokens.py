"""Internal tokens: short-lived Ed25519 JWTs from one part of the suite to another (RFC 8037, RFC 8725).

The gateway alone may speak for users (scope ``user``); each service speaks for itself (scope ``internal``,
subject ``service:<name>``). A token names one audience and lives at most a minute.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from shared.auth.principal import Principal
from shared.auth.roles import ALL_ROLES

TYPE: Final = "mc-int+jwt"
ALGORITHM: Final = "EdDSA"
MAX_TTL_SECONDS: Final = 60
LEEWAY_SECONDS: Final = 5
USER_ISSUER: Final = "gateway"
CACHE_SIZE: Final = 10_000

_REQUIRED = ["iss", "aud", "sub", "iat", "exp", "jti"]
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_TEXT_CLAIMS = ("org", "division", "provider", "bank", "person_ref")


class InvalidToken(Exception):
    """The token is not one this service accepts; the reason is for the log, never for the caller."""


def is_compact(token: str) -> bool:
    """Whether a text has a signed JWT's one form (RFC 7515, 2 and 3.1): three parts in base64url without padding.

    Readers that forgive padding make several texts of one token.
    """
    return _COMPACT.fullmatch(token) is not None


def load_private_key(path: Path) -> Ed25519PrivateKey:
    """Read a service's own signing key (PEM, PKCS 8). Raises ValueError if it is not Ed25519."""
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path.name} is not an Ed25519 private key")
    return key


def load_public_keys(directory: Path) -> dict[str, Ed25519PublicKey]:
    """Read ``<issuer>.pem`` files. Raises ValueError for a key of another kind."""
    keys: dict[str, Ed25519PublicKey] = {}
    for path in sorted(directory.glob("*.pem")):
        key = load_pem_public_key(path.read_bytes())
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError(f"{path.name} is not an Ed25519 public key")
        keys[path.stem] = key
    return keys


class TokenMinter:
    """Signs tokens in the name of one issuer."""

    def __init__(self, issuer: str, private_key: Ed25519PrivateKey) -> None:
        self.issuer = issuer
        self._key = private_key

    def mint(self, audience: str, principal_claims: Mapping[str, object], ttl: int = MAX_TTL_SECONDS) -> str:
        """Sign the claims for one service, for ``ttl`` seconds (1 to 60).

        ``principal_claims`` holds sub, scope, roles, org, division, provider, bank, person_ref, today,
        simulated, livemode, on_behalf_of and cid as needed; issuer, audience, times and id are set here.
        """
        if not 1 <= ttl <= MAX_TTL_SECONDS:
            raise ValueError(f"ttl must be 1 to {MAX_TTL_SECONDS} seconds")
        now = int(time.time())
        own = {"iss": self.issuer, "aud": audience, "iat": now, "exp": now + ttl, "jti": uuid4().hex}
        return jwt.encode({**principal_claims, **own}, self._key, algorithm=ALGORITHM, headers={"typ": TYPE})

    def mint_internal(self, audience: str, *, today: date, correlation_id: str = "", ttl: int = MAX_TTL_SECONDS) -> str:
        """Sign a token with which the issuer speaks for itself."""
        claims: dict[str, object] = {
            "sub": f"service:{self.issuer}",
            "scope": "internal",
            "roles": [],
            "today": today.isoformat(),
            "cid": correlation_id,
        }
        return self.mint(audience, claims, ttl)


class TokenVerifier:
    """Turns tokens addressed to one service into principals; verified tokens are kept until they expire.

    Keys are read once: rotating one restarts the service. Tokens of a simulated clock are refused unless
    the service itself runs on one.
    """

    def __init__(self, audience: str, public_keys_dir: Path, *, allow_simulated: bool = False) -> None:
        self._audience = audience
        self._keys = load_public_keys(public_keys_dir)
        self._allow_simulated = allow_simulated
        self._cache: OrderedDict[str, tuple[float, Principal]] = OrderedDict()

    def verify(self, token: str) -> Principal:
        """Return the principal; raises InvalidToken for anything this service must not believe."""
        cached = self._cache.get(token)
        if cached is not None:
            expires, principal = cached
            if time.time() < expires:
                self._cache.move_to_end(token)
                return principal
            del self._cache[token]
        claims = self._claims(token)
        principal = _principal(claims)
        if principal.simulated and not self._allow_simulated:
            raise InvalidToken("simulated business date")
        self._cache[token] = (float(str(claims["exp"])), principal)
        if len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)
        return principal

    def _claims(self, token: str) -> dict[str, object]:
        if not is_compact(token):
            raise InvalidToken("form")
        try:
            header = jwt.get_unverified_header(token)
            unverified = jwt.decode(token, options={"verify_signature": False})
        except jwt.PyJWTError as error:
            raise InvalidToken("not a token") from error
        if header.get("typ") != TYPE or header.get("alg") != ALGORITHM:
            raise InvalidToken("type or algorithm")
        issuer = unverified.get("iss")
        key = self._keys.get(issuer) if isinstance(issuer, str) else None
        if key is None:
            raise InvalidToken("unknown issuer")
        try:
            claims: dict[str, object] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=self._audience,
                issuer=issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": _REQUIRED, "strict_aud": True},
            )
        except jwt.PyJWTError as error:
            raise InvalidToken(type(error).__name__) from error
        return claims


def _principal(claims: Mapping[str, object]) -> Principal:
    issuer, subject, scope = claims["iss"], claims["sub"], claims.get("scope")
    if not isinstance(issuer, str) or not isinstance(subject, str):
        raise InvalidToken("claim types")
    lifetime = _number(claims, "exp") - _number(claims, "iat")
    if not 0 < lifetime <= MAX_TTL_SECONDS:
        raise InvalidToken("lifetime")
    roles = _roles(claims.get("roles"))
    _check_scope(issuer, subject, scope, roles)
    texts = {name: _text(claims, name) for name in _TEXT_CLAIMS}
    return Principal(
        account_id=subject,
        roles=roles,
        **texts,
        today=_day(claims.get("today")),
        simulated=claims.get("simulated") is True,
        correlation_id=_text(claims, "cid") or "",
        issuer=issuer,
        internal=scope == "internal",
        livemode=_mode(claims.get("livemode")),
        on_behalf_of=_accounts(claims.get("on_behalf_of")),
    )


def _check_scope(issuer: str, subject: str, scope: object, roles: frozenset[str]) -> None:
    if scope == "user":
        if issuer != USER_ISSUER or subject.startswith("service:") or not roles:
            raise InvalidToken("issuer may not speak for users")
    elif scope == "internal":
        if subject != f"service:{issuer}" or roles:
            raise InvalidToken("issuer may speak only for itself")
    else:
        raise InvalidToken("scope")


def _number(claims: Mapping[str, object], name: str) -> float:
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidToken("claim types")
    return value


def _text(claims: Mapping[str, object], name: str) -> str | None:
    value = claims.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidToken("claim types")
    return value or None


def _roles(value: object) -> frozenset[str]:
    if value is None:
        return frozenset()
    if not isinstance(value, list) or not all(isinstance(role, str) and role in ALL_ROLES for role in value):
        raise InvalidToken("roles")
    return frozenset(value)


def _accounts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(account, str) and account for account in value):
        raise InvalidToken("claim types")
    return tuple(value)


def _mode(value: object) -> bool:
    """Live unless the claim says otherwise; anything but a truth value is no token of ours."""
    if value is None:
        return True
    if not isinstance(value, bool):
        raise InvalidToken("claim types")
    return value


def _day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise InvalidToken("today") from error
