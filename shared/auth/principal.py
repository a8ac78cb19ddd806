"""Who is asking, and the dependencies that let only the right roles in.

Denied by default: the application refuses to start if a route under ``/v1`` or ``/internal`` has no
``require`` or ``require_internal``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from fastapi.dependencies.models import Dependant
from starlette.requests import Request

from shared.auth.roles import ALL_ROLES, PUBLIC
from shared.errors import forbidden, unauthenticated
from shared.http.dependants import calls_of

ANONYMOUS: Final = "anonymous"
SCOPE_KEY: Final = "mengchuang.principal"


@dataclass(frozen=True, slots=True)
class Principal:
    """The verified claims of an internal token; nothing else in a request says who is asking.

    ``today`` is the business date (Asia/Shanghai), ``simulated`` whether a demo or test clock set it. ``livemode`` is
    false for credentials a partner system tries its programs with: it sees and writes rows of its own mode only.
    ``on_behalf_of`` are the accounts in whose stead the caller acts that day; it acts under its own id all the same.
    """

    account_id: str
    roles: frozenset[str]
    org: str | None
    division: str | None
    provider: str | None
    bank: str | None
    person_ref: str | None
    today: date
    simulated: bool
    correlation_id: str
    issuer: str
    internal: bool
    livemode: bool = True
    on_behalf_of: tuple[str, ...] = ()

    def has(self, *roles: str) -> bool:
        """Whether the caller holds at least one of the roles."""
        return not self.roles.isdisjoint(roles)

    @property
    def anonymous(self) -> bool:
        """Whether nobody in particular is asking."""
        return self.account_id == ANONYMOUS


def principal_of(request: Request) -> Principal | None:
    """The principal the token middleware found; None without a token."""
    principal: Principal | None = request.scope.get(SCOPE_KEY)
    return principal


class Guard:
    """A dependency that decides from the principal alone whether a route may be entered; this one lets nobody in."""

    def check(self, principal: Principal | None) -> Principal:
        """Return the principal; 401 if the caller is not known, 403 if it may not."""
        raise unauthenticated() if principal is None else forbidden()

    async def __call__(self, request: Request) -> Principal:
        return self.check(principal_of(request))


class RoleGuard(Guard):
    """Lets users in who hold one of ``roles``; ``public`` among them lets everybody in."""

    def __init__(self, roles: frozenset[str]) -> None:
        unknown = roles - ALL_ROLES
        if unknown:
            raise ValueError(f"unknown roles: {', '.join(sorted(unknown))}")
        self.roles = roles

    def admits(self, role: str) -> bool:
        """Whether a user who holds this role alone is let in."""
        return not self.roles or bool(self.roles & {role, PUBLIC})

    def check(self, principal: Principal | None) -> Principal:
        if principal is None:
            raise unauthenticated()
        if principal.internal:
            raise forbidden()
        if PUBLIC in self.roles:
            return principal
        if principal.anonymous:
            raise unauthenticated()
        if self.roles and not principal.has(*self.roles):
            raise forbidden()
        return principal


class InternalGuard(Guard):
    """Lets other services in, all of them or the named ones."""

    def __init__(self, services: frozenset[str]) -> None:
        self.services = services

    def check(self, principal: Principal | None) -> Principal:
        if principal is None:
            raise unauthenticated()
        if not principal.internal or (self.services and principal.issuer not in self.services):
            raise forbidden()
        return principal


def require(*roles: str) -> RoleGuard:
    """Dependency for ``/v1`` routes: a user with one of the roles; without roles, any known user.

    401 without a token, and for the anonymous caller unless ``public`` is among the roles; 403 for another
    role and for services, which use ``/internal``. No role passes where it is not named, ``admin`` included.
    """
    return RoleGuard(frozenset(roles))


def require_internal(*services: str) -> InternalGuard:
    """Dependency for ``/internal`` routes: a service's own token, of any service or of the named ones."""
    return InternalGuard(frozenset(services))


def find_guard(dependant: Dependant) -> Guard | None:
    """The guard among a route's dependencies, however deep; used for the deny-by-default check."""
    return next((call for call in calls_of(dependant) if isinstance(call, Guard)), None)
