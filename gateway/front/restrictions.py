"""What stands between a caller and the work: a password that is not his own yet, a second factor that is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from gateway.delegations.rules import roles_on
from gateway.front.callers import NOBODY, Caller
from gateway.second_factor.rules import needs_second_factor
from shared.auth.roles import PUBLIC
from shared.errors import DomainError

PASSWORD: Final = "password-change-required"  # noqa: S105 - the problem's code
SECOND_FACTOR: Final = "second-factor-required"
OUTSIDE_SECOND_FACTOR: Final = "outside-second-factor-required"
_OPEN: Final = (b"/v1/auth/", b"/v1/accounts/me/")
_READING: Final = frozenset({"GET", "HEAD"})
WITH_TEST_ROWS: Final = frozenset({b"referrals", b"loans", b"banks", b"bank-products"})
"""First segments of services' paths whose tables keep test rows apart (`shared.livemode`)."""
_OWN: Final = frozenset({b"/v1/accounts/me", b"/v1/outside-identities/me"})


def in_mode(caller: Caller, method: str, raw_path: bytes) -> Caller:
    """The caller as the service may know it: where there are no test rows, a test credential is one of the public.

    Raises 403 `test-key-live-data` where it would write.
    """
    if caller.livemode or raw_path.split(b"/", 3)[2] in WITH_TEST_ROWS:
        return caller
    if method not in _READING:
        raise DomainError("test-key-live-data", 403)
    return NOBODY


def on_day(caller: Caller, day: date) -> Caller:
    """The caller with the roles that count on a business day, delegations in both directions counted in.

    One whose roles all rest, or were not confirmed yet, is somebody whom the public's routes are open to.
    """
    if not caller.standins and caller.roles and not caller.on_behalf_of:
        return caller
    roles, grantors = roles_on(caller.roles, caller.standins, day)
    if caller.ceiling is not None:
        roles = tuple(role for role in roles if role in caller.ceiling)
    if not roles:
        roles = (PUBLIC,)
    if (roles, grantors) == (caller.roles, caller.on_behalf_of):
        return caller
    return replace(caller, roles=roles, on_behalf_of=grantors)


def restriction(caller: Caller, *, required: bool) -> str | None:
    """The code of what comes first for this caller, None for one who may go to work. Keys are for programs: they have
    no second factor, and no roles that need one."""
    if caller.credential not in ("session", "oidc"):
        return None
    if caller.must_change_password and caller.credential == "session":
        return PASSWORD
    if required and not caller.mfa and needs_second_factor(caller.roles):
        return SECOND_FACTOR if caller.credential == "session" else OUTSIDE_SECOND_FACTOR
    return None


def check_restrictions(caller: Caller, raw_path: bytes, *, required: bool) -> None:
    """Raises 403 `password-change-required`, `second-factor-required` or `outside-second-factor-required` outside of
    what one's own account needs."""
    if raw_path in _OWN or raw_path.startswith(_OPEN):
        return
    code = restriction(caller, required=required)
    if code is not None:
        raise DomainError(code, 403)
