"""Who is calling: from a bearer value to a caller, and from the caller to the token a service believes."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, Protocol

from gateway.delegations.rules import Standin
from shared.auth.principal import ANONYMOUS
from shared.auth.roles import PUBLIC
from shared.auth.tokens import MAX_TTL_SECONDS, TokenMinter
from shared.errors import DomainError, unauthenticated

RENEW_BEFORE_SECONDS: Final = 10
CACHE_SIZE: Final = 10_000
CALLER_KEY: Final = "mengchuang.caller"
"""Where the gateway's own app finds the caller in the ASGI scope; nothing from outside can set it."""

Credential = Literal["anonymous", "session", "oidc", "key"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody's rights at the moment; equal callers get the same internal token.

    `scopes` narrows what the roles allow (None: all of it) and `mfa` says that a second factor was shown. By what
    somebody came in (`credential`, and the id of that session or key) is for logs and for the gateway's own endpoints;
    it makes no difference to a service. `rate_class` is a key's own class of limits, if it has one, and
    `terms` what its requests must keep to (`gateway.keys.terms`). `standins` are the account's delegations during
    leave, which `gateway.front.restrictions.on_day` turns into the roles of a day, never beyond `ceiling`.
    """

    account_id: str
    roles: tuple[str, ...]
    org: str | None = None
    division: str | None = None
    provider: str | None = None
    bank: str | None = None
    person_ref: str | None = None
    livemode: bool = True
    scopes: frozenset[str] | None = None
    mfa: bool = False
    on_behalf_of: tuple[str, ...] = ()
    credential: Credential = field(default="anonymous", compare=False)
    credential_id: str | None = field(default=None, compare=False)
    rate_class: str | None = field(default=None, compare=False)
    terms: object = field(default=None, compare=False, repr=False)
    must_change_password: bool = field(default=False, compare=False)
    standins: tuple[Standin, ...] = field(default=(), compare=False)
    ceiling: frozenset[str] | None = field(default=None, compare=False)
    """The roles that can come by this way in, whatever the account has or is left; None: all."""


NOBODY: Final = Caller(ANONYMOUS, (PUBLIC,))


class Credentials(Protocol):
    """One kind of bearer values, and whom they stand for."""

    def recognises(self, token: str) -> bool:
        """Whether the value has this kind's form; nothing is verified yet, and no other kind is asked after a yes."""

    async def identify(self, token: str) -> Caller | None:
        """Whom a value of this kind stands for at the moment; None for one that is not good, or no more."""


class Callers:
    """Reads Authorization headers and signs what goes to the services instead."""

    def __init__(self, credentials: Sequence[Credentials], minter: TokenMinter, *, simulated: bool) -> None:
        self._credentials = tuple(credentials)
        self._minter = minter
        self._simulated = simulated
        self._tokens: OrderedDict[tuple[Caller, str, date], tuple[float, str]] = OrderedDict()

    async def identify(self, authorization: bytes | None) -> Caller:
        """Who sent this header; nobody in particular without one.

        Raises 401 `unauthenticated` for whatever is sent and not a good credential of somebody living: a caller who
        believes to be known must never be treated as nobody.
        """
        if authorization is None:
            return NOBODY
        scheme, _, value = authorization.partition(b" ")
        value = value.strip(b" ")
        if scheme.lower() != b"bearer" or not value:
            raise unauthenticated()
        try:
            token = value.decode("ascii")
        except UnicodeDecodeError as error:
            raise invalid_token() from error
        for kind in self._credentials:
            if kind.recognises(token):
                caller = await kind.identify(token)
                if caller is None:
                    break
                return caller
        raise invalid_token()

    def internal_token(self, caller: Caller, audience: str, today: date) -> str:
        """The token that tells `audience` who is calling; signed anew ten seconds before the last one is over."""
        key = (caller, audience, today)
        now = time.monotonic()
        known = self._tokens.get(key)
        if known is not None and now < known[0]:
            return known[1]
        claims: dict[str, object] = {
            "sub": caller.account_id,
            "scope": "user",
            "roles": list(caller.roles),
            "org": caller.org,
            "division": caller.division,
            "provider": caller.provider,
            "bank": caller.bank,
            "person_ref": caller.person_ref,
            "today": today.isoformat(),
            "simulated": self._simulated,
            "livemode": caller.livemode,
            "on_behalf_of": list(caller.on_behalf_of) or None,
        }
        token = self._minter.mint(audience, {name: value for name, value in claims.items() if value is not None})
        self._tokens[key] = (now + MAX_TTL_SECONDS - RENEW_BEFORE_SECONDS, token)
        self._tokens.move_to_end(key)
        if len(self._tokens) > CACHE_SIZE:
            self._tokens.popitem(last=False)
        return token


def invalid_token() -> DomainError:
    """What every credential that is not good is answered with, whatever is wrong with it (RFC 6750, 3.1)."""
    return DomainError("unauthenticated", 401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
