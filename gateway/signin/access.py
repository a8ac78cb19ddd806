"""Access tokens: what a person carries after signing in (JWT of RFC 9068's type, signed with Ed25519)."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.auth.tokens import ALGORITHM, InvalidToken, is_compact

TYPE: Final = "at+jwt"
ISSUER: Final = "mengchuang"
AUDIENCE: Final = "mengchuang"
CACHE_SIZE: Final = 10_000
MAX_TOKEN_LENGTH: Final = 4096
_REQUIRED = ["iss", "aud", "sub", "sid", "gen", "iat", "exp"]
_CHALLENGE: Final = "mc-second-factor+jwt"
CHALLENGE_SECONDS: Final = 180
"""How long after the password the code may be shown without it."""


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token says: the account, the sign-in, and the account's generation then.

    A changed password or a disabled account raises the generation, which ends every older token.
    """

    account_id: UUID
    session_id: UUID
    generation: int
    expires: float


class AccessTokens:
    """Issues and reads access tokens; tokens that were good are remembered until they expire."""

    def __init__(self, key: Ed25519PrivateKey, seconds: int) -> None:
        self._key = key
        self._public = key.public_key()
        self.seconds = seconds
        self._known: OrderedDict[str, Access] = OrderedDict()

    def issue(self, account_id: UUID, generation: int, session_id: UUID) -> str:
        """Sign a token for a session of the account."""
        now = int(time.time())
        claims: dict[str, object] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(account_id),
            "sid": str(session_id),
            "gen": generation,
            "iat": now,
            "exp": now + self.seconds,
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"typ": TYPE})

    def challenge(self, account_id: UUID, generation: int) -> str:
        """Sign that the password was right; it opens nothing but the second step of the sign-in."""
        now = int(time.time())
        claims: dict[str, object] = {
            "iss": ISSUER,
            "aud": _CHALLENGE,
            "sub": str(account_id),
            "gen": generation,
            "iat": now,
            "exp": now + CHALLENGE_SECONDS,
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"typ": _CHALLENGE})

    def read_challenge(self, token: str) -> tuple[UUID, int]:
        """The account whose password was right, and its generation then. Raises InvalidToken."""
        if len(token) > MAX_TOKEN_LENGTH or not is_compact(token):
            raise InvalidToken("form")
        try:
            if jwt.get_unverified_header(token).get("typ") != _CHALLENGE:
                raise InvalidToken("type")
            claims: dict[str, object] = jwt.decode(
                token,
                self._public,
                algorithms=[ALGORITHM],
                audience=_CHALLENGE,
                issuer=ISSUER,
                options={"require": ["iss", "aud", "sub", "gen", "iat", "exp"], "strict_aud": True},
            )
            generation = claims["gen"]
            if not isinstance(generation, int):
                raise InvalidToken("claim types")
            return UUID(str(claims["sub"])), generation
        except (jwt.PyJWTError, ValueError) as error:
            raise InvalidToken(type(error).__name__) from error

    def knows(self, token: str) -> bool:
        """Whether the token was good already once; it may be over by now."""
        return token in self._known

    def read(self, token: str) -> Access:
        """What the token says. Raises InvalidToken for anything that was not issued here, or is over."""
        access = self._known.get(token)
        if access is None:
            access = self._verify(token)
            self._known[token] = access
            if len(self._known) > CACHE_SIZE:
                self._known.popitem(last=False)
        if access.expires <= time.time():
            self._known.pop(token, None)
            raise InvalidToken("expired")
        return access

    def _verify(self, token: str) -> Access:
        if len(token) > MAX_TOKEN_LENGTH or not is_compact(token):
            raise InvalidToken("form")
        try:
            header = jwt.get_unverified_header(token)
            if header.get("typ") != TYPE or header.get("alg") != ALGORITHM:
                raise InvalidToken("type or algorithm")
            claims: dict[str, object] = jwt.decode(
                token,
                self._public,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": _REQUIRED, "strict_aud": True},
            )
            generation, expires = claims["gen"], claims["exp"]
            if not isinstance(generation, int) or not isinstance(expires, int | float):
                raise InvalidToken("claim types")
            return Access(UUID(str(claims["sub"])), UUID(str(claims["sid"])), generation, float(expires))
        except (jwt.PyJWTError, ValueError, OverflowError) as error:
            raise InvalidToken(type(error).__name__) from error
