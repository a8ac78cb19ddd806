"""Who may stand in for whom, and which roles count on a day while somebody does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from shared.auth.roles import APPROVER_ROLES, BUREAU_ROLES
from shared.errors import DomainError

LONGEST: Final = timedelta(days=92)
"""Leave beyond a quarter is a change of duties, which takes the two administrators."""

_DIVISION: Final = "division"


@dataclass(frozen=True, slots=True)
class Standin:
    """An accepted delegation as it concerns one of its two accounts.

    `roles` are those of the delegated roles that count at present (`still_left`), none where the grantor's account is
    stopped.
    """

    grantor: str
    given: bool
    """Whether the account is the grantor; else it is the delegate."""
    roles: tuple[str, ...]
    from_on: date
    to_on: date

    def runs(self, day: date) -> bool:
        """Both days count."""
        return self.from_on <= day <= self.to_on


def bureau_of(role: str) -> str:
    """`science` of `science_officer`."""
    return role.rpartition("_")[0]


def counterpart_of(role: str) -> str:
    """The role of the same bureau that must be somebody else's in a case: `science_approver` of `science_officer`."""
    return f"{bureau_of(role)}_{'officer' if role in APPROVER_ROLES else 'approver'}"


def roles_on(own: Sequence[str], standins: Iterable[Standin], day: date) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The roles that count for an account on a business day, and in whose stead it acts.

    The grantor's delegated roles rest. The delegate gains them, and the counterpart of each rests with him: whoever
    decides in somebody's stead does not also prepare, nor the other way round.
    """
    running = [standin for standin in standins if standin.runs(day)]
    if not running:
        return tuple(own), ()
    given = {role for standin in running if standin.given for role in standin.roles}
    taken = [standin for standin in running if not standin.given and standin.roles]
    gained = {role for standin in taken for role in standin.roles}
    resting = given | {counterpart_of(role) for role in gained}
    return tuple(sorted((set(own) | gained) - resting)), tuple(sorted({standin.grantor for standin in taken}))


def check_days(from_on: date, to_on: date, today: date) -> None:
    """Raises 422 `delegation-days-wrong` for days in disorder, over already, or more than a quarter."""
    if to_on < from_on or to_on < today or to_on - from_on >= LONGEST:
        raise DomainError("delegation-days-wrong", 422, params={"most": LONGEST.days})


def still_left(
    roles: Iterable[str], grantor_roles: Iterable[str], delegate_roles: Iterable[str], *, same_division: bool
) -> tuple[str, ...]:
    """Those of the delegated roles that the grantor still holds, and whose bureau the delegate still works in: one who
    has moved to another district would otherwise decide there by a role that was left to him here."""
    held = frozenset(grantor_roles)
    bureaus = bureaus_of(delegate_roles)
    colleagues = {bureau for bureau in bureaus if bureau != _DIVISION or same_division}
    return tuple(role for role in roles if role in held and bureau_of(role) in colleagues)


def bureaus_of(roles: Iterable[str]) -> frozenset[str]:
    """The bureaus that somebody with these roles works in."""
    return frozenset(bureau_of(role) for role in frozenset(roles) & BUREAU_ROLES)


def check_own(roles: Sequence[str], grantor_roles: Iterable[str]) -> tuple[str, ...]:
    """The roles, sorted and once each, if they are the grantor's to leave. Nobody else is looked at.

    Raises 403 `delegation-not-held` for roles that are not the grantor's own (what was delegated to him is not), 422
    `delegation-role-not-for-others` for any that are no bureau's, and 409 `delegation-pair` where one would receive
    both of a pair.
    """
    wanted = frozenset(roles)
    foreign = wanted - BUREAU_ROLES
    if foreign:
        raise DomainError("delegation-role-not-for-others", 422, params={"roles": ", ".join(sorted(foreign))})
    missing = wanted - frozenset(grantor_roles)
    if missing:
        raise DomainError("delegation-not-held", 403, params={"roles": ", ".join(sorted(missing))})
    refuse_pair(wanted)
    return tuple(sorted(wanted))


def check_roles_given(
    roles: Sequence[str],
    grantor_roles: Iterable[str],
    delegate_roles: Iterable[str],
    grantor_division: str | None,
    delegate_division: str | None,
) -> tuple[str, ...]:
    """The roles, sorted and once each, if the grantor may leave them to this colleague.

    Raises what `check_own` raises, and 409 `delegation-not-a-colleague` unless the delegate works in the same bureau,
    for roles of districts and parks in the same one.
    """
    wanted = check_own(roles, grantor_roles)
    bureaus = bureaus_of(delegate_roles)
    for role in wanted:
        bureau = bureau_of(role)
        if bureau not in bureaus or (bureau == _DIVISION and grantor_division != delegate_division):
            raise DomainError("delegation-not-a-colleague", 409, params={"role": role})
    return wanted


def refuse_pair(roles: Iterable[str]) -> None:
    """Raises 409 `delegation-pair` where one would stand in for both who prepares and who decides."""
    held = frozenset(roles)
    for role in held:
        if counterpart_of(role) in held:
            raise DomainError("delegation-pair", 409, params={"role": role, "counterpart": counterpart_of(role)})
