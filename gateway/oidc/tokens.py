"""Reading outside issuers' access tokens: which are good, and whom they are about (RFC 9068, RFC 8725).

What a token says about keys (`jwk`, `jku`, `x5u`, `x5c`) is never looked at; its `alg` only chooses among the keys of
the issuer, each of which works with its own algorithm alone.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import jwt

from gateway.front.callers import CACHE_SIZE
from gateway.oidc import metrics
from gateway.oidc.config import Issuer
from gateway.oidc.keyring import Keyring
from gateway.oidc.keys import SigningKey
from gateway.oidc.rules import Rights, RightsUnclear, decide_rights
from shared.auth.tokens import InvalidToken, is_compact
from shared.http.schemas import acceptable
from shared.logging import get_logger

MAX_TOKEN_LENGTH: Final = 8192
"""Characters. Some issuers write every group of a person into the token; the header limit leaves room for it."""
LEEWAY_SECONDS: Final = 30
MAX_SUBJECT_LENGTH: Final = 255
"""OpenID Connect Core, 2: `sub`."""

_END_OF_TIME: Final = 2**40
_TYPES: Final = frozenset({"at+jwt", "application/at+jwt"})
_UNTYPED: Final = frozenset({"", "jwt", "application/jwt"})
_REQUIRED: Final = ("iss", "aud", "sub", "iat", "exp")
_REQUIRED_OF_TYPE: Final = (*_REQUIRED, "jti", "client_id")
_OF_IDENTITY_TOKENS: Final = ("nonce", "at_hash", "c_hash", "s_hash")
_OTHER_KINDS: Final = frozenset({"id", "refresh", "offline", "logout"})
"""What some issuers write into the claim `typ` of tokens that open nothing (Keycloak)."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OutsideToken:
    """A good token: of whom it is, what it gives and until when."""

    issuer: Issuer
    subject: str
    rights: Rights
    expires: float
    key: SigningKey


class TokenReader:
    """Reads tokens of the trusted issuers; what was good is remembered while the token and its key are."""

    def __init__(self, keyrings: Sequence[tuple[Issuer, Keyring]]) -> None:
        self._trusted = {issuer.issuer: (issuer, keyring) for issuer, keyring in keyrings}
        self._known: OrderedDict[str, OutsideToken] = OrderedDict()

    def issuer_of(self, token: str) -> Issuer | None:
        """The trusted issuer that the token names, nothing verified; None for any other."""
        known = self._known.get(token)
        if known is not None:
            return known.issuer
        if not self._trusted or len(token) > MAX_TOKEN_LENGTH or not is_compact(token):
            return None
        try:
            claims = jwt.decode(token, options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError, RecursionError):
            return None
        named = claims.get("iss")
        trusted = self._trusted.get(named) if isinstance(named, str) else None
        return trusted[0] if trusted is not None else None

    async def read(self, token: str) -> OutsideToken:
        """What the token says. Raises InvalidToken for one that is not good, and IssuerAway."""
        issuer = self.issuer_of(token)
        if issuer is None:
            raise InvalidToken("issuer")
        keyring = self._trusted[issuer.issuer][1]
        known = self._known.get(token)
        if known is not None and known.expires + LEEWAY_SECONDS > time.time() and keyring.holds(known.key):
            return known
        try:
            read = await self._verify(token, issuer, keyring)
        except (InvalidToken, RightsUnclear) as error:
            self._known.pop(token, None)
            metrics.REFUSED.labels(issuer.name, str(error)).inc()
            log.info("outside-token-refused", issuer=issuer.name, reason=str(error))
            raise InvalidToken(str(error)) from error
        self._known[token] = read
        self._known.move_to_end(token)
        if len(self._known) > CACHE_SIZE:
            self._known.popitem(last=False)
        return read

    async def _verify(self, token: str, issuer: Issuer, keyring: Keyring) -> OutsideToken:
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise InvalidToken("header") from error
        kid = _check_header(header, issuer)
        key = await keyring.find(kid, str(header["alg"]))
        if key is None:
            raise InvalidToken("unknown key")
        claims = _decode(token, issuer, key)
        _check_kind(claims, issuer)
        expires = _check_times(claims, issuer)
        return OutsideToken(issuer, _subject(claims, issuer), decide_rights(issuer, claims), expires, key)


def _check_header(header: Mapping[str, object], issuer: Issuer) -> str | None:
    """The id of the key. Extensions that must be understood are not (RFC 7515, 4.1.11)."""
    if "crit" in header or "b64" in header:
        raise InvalidToken("critical extension")
    if header.get("alg") not in issuer.algorithms:
        raise InvalidToken("algorithm")
    named = header.get("typ", "")
    kind = named.lower() if isinstance(named, str) else "?"
    if kind not in _TYPES and not (issuer.lenient and kind in _UNTYPED):
        raise InvalidToken("type")
    kid = header.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise InvalidToken("key id")
    return kid


def _decode(token: str, issuer: Issuer, key: SigningKey) -> Mapping[str, object]:
    """The claims, signature, issuer, audience and times verified."""
    try:
        claims: dict[str, object] = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm],
            audience=issuer.audiences,
            issuer=issuer.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": list(_REQUIRED if issuer.lenient else _REQUIRED_OF_TYPE)},
        )
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidToken(type(error).__name__) from error
    return claims


def _check_kind(claims: Mapping[str, object], issuer: Issuer) -> None:
    """Only an access token of an allowed client, and no kind of token that needs a proof which nobody gives here."""
    client = claims.get("client_id", claims.get("azp"))
    if any(name in claims for name in _OF_IDENTITY_TOKENS) or "events" in claims:
        raise InvalidToken("not an access token")
    if str(claims.get("typ", "")).lower() in _OTHER_KINDS:
        raise InvalidToken("not an access token")
    if "cnf" in claims:
        raise InvalidToken("bound to a key")
    audience = claims["aud"]
    if client is not None and client in (audience if isinstance(audience, list) else [audience]):
        raise InvalidToken("audience is the client")
    if issuer.clients is not None and client not in issuer.clients:
        raise InvalidToken("client")


def _check_times(claims: Mapping[str, object], issuer: Issuer) -> float:
    """When the token is over; PyJWT has compared the times with the clock already."""
    times = [claims[name] for name in ("iat", "exp")] + ([claims["nbf"]] if "nbf" in claims else [])
    for value in times:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _END_OF_TIME:
            raise InvalidToken("times")
    issued, expires = float(str(times[0])), float(str(times[1]))
    if not 0 < expires - issued <= issuer.max_lifetime:
        raise InvalidToken("lifetime")
    return expires


def _subject(claims: Mapping[str, object], issuer: Issuer) -> str:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_LENGTH or not acceptable(subject):
        raise InvalidToken("subject")
    if not issuer.machines and subject == claims.get("client_id", claims.get("azp")):
        raise InvalidToken("a client by itself")
    return subject
