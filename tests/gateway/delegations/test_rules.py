"""Which roles count on a day, and what may be left to whom."""

from datetime import date, timedelta

import pytest

from gateway.delegations.rules import (
    LONGEST,
    Standin,
    check_days,
    check_own,
    check_roles_given,
    counterpart_of,
    roles_on,
    still_left,
)
from shared.auth.roles import BUREAU_ROLES
from shared.errors import DomainError

FIRST, LAST = date(2019, 3, 4), date(2019, 3, 8)
DAY = timedelta(days=1)


def given(*roles: str) -> Standin:
    return Standin("me", True, roles, FIRST, LAST)


def taken(*roles: str, grantor: str = "boss") -> Standin:
    return Standin(grantor, False, roles, FIRST, LAST)


OFFICER, APPROVER = "science_officer", "science_approver"
BOTH = (APPROVER, OFFICER)


@pytest.mark.parametrize(
    ("own", "standins", "roles", "grantors"),
    [
        ((OFFICER,), (), (OFFICER,), ()),
        (BOTH, (given(APPROVER),), (OFFICER,), ()),
        ((APPROVER,), (given(APPROVER),), (), ()),
        ((OFFICER,), (taken(APPROVER),), (APPROVER,), ("boss",)),
        ((APPROVER,), (taken(OFFICER),), (OFFICER,), ("boss",)),
        (BOTH, (taken(APPROVER),), (APPROVER,), ("boss",)),
        ((APPROVER,), (taken(APPROVER),), (APPROVER,), ("boss",)),
        ((OFFICER, "mentor"), (taken(APPROVER),), ("mentor", APPROVER), ("boss",)),
        ((OFFICER,), (taken(),), (OFFICER,), ()),
        ((OFFICER,), (taken(APPROVER, grantor="b"), taken(APPROVER, grantor="a")), (APPROVER,), ("a", "b")),
        (("hr_officer", OFFICER), (given("hr_officer"), taken(APPROVER)), (APPROVER,), ("boss",)),
    ],
)
def test_the_roles_of_a_day(
    own: tuple[str, ...], standins: tuple[Standin, ...], roles: tuple[str, ...], grantors: tuple[str, ...]
) -> None:
    for day in (FIRST, LAST):
        assert roles_on(own, standins, day) == (roles, grantors)
    for day in (FIRST - DAY, LAST + DAY):
        assert roles_on(own, standins, day) == (own, ())


@pytest.mark.parametrize("role", sorted(BUREAU_ROLES))
def test_nobody_prepares_and_decides_by_a_delegation(role: str) -> None:
    """Whatever is his own, and whatever he is left: never both of a pair of which one came by the delegation."""
    for own in ((role,), (counterpart_of(role),), (role, counterpart_of(role))):
        for left in (role, counterpart_of(role)):
            roles, _ = roles_on(own, (taken(left),), FIRST)
            assert not {left, counterpart_of(left)} <= set(roles)


@pytest.mark.parametrize(
    ("roles", "grantor", "delegate", "divisions", "code"),
    [
        ([APPROVER], [APPROVER], [OFFICER], (None, None), None),
        ([APPROVER, APPROVER], [APPROVER, "mentor"], [OFFICER], (None, None), None),
        (["division_officer"], ["division_officer"], ["division_approver"], ("540102", "540102"), None),
        (["division_officer"], ["division_officer"], ["division_approver"], ("540102", "540121"), "not-a-colleague"),
        ([APPROVER], [APPROVER], ["industry_officer"], (None, None), "not-a-colleague"),
        ([APPROVER], [APPROVER], ["mentor"], (None, None), "not-a-colleague"),
        ([APPROVER], [OFFICER], [OFFICER], (None, None), "not-held"),
        (["admin"], ["admin"], [OFFICER], (None, None), "role-not-for-others"),
        (["security_admin"], ["security_admin"], ["security_admin"], (None, None), "role-not-for-others"),
        (["auditor"], ["auditor"], ["auditor"], (None, None), "role-not-for-others"),
        (["bank"], ["bank"], ["bank"], (None, None), "role-not-for-others"),
        ([OFFICER, APPROVER], [OFFICER, APPROVER], [OFFICER], (None, None), "pair"),
    ],
)
def test_what_may_be_left_to_whom(
    roles: list[str],
    grantor: list[str],
    delegate: list[str],
    divisions: tuple[str | None, str | None],
    code: str | None,
) -> None:
    if code is None:
        assert check_roles_given(roles, grantor, delegate, *divisions) == tuple(sorted(set(roles)))
        return
    with pytest.raises(DomainError) as refused:
        check_roles_given(roles, grantor, delegate, *divisions)
    assert refused.value.code == f"delegation-{code}"


@pytest.mark.parametrize(
    ("first", "last", "allowed"),
    [
        (FIRST, FIRST, True),
        (FIRST, FIRST + LONGEST - DAY, True),
        (FIRST, FIRST + LONGEST, False),
        (LAST, FIRST, False),
        (FIRST - 5 * DAY, FIRST - DAY, False),
        (FIRST - 5 * DAY, FIRST, True),
    ],
)
def test_the_days_of_a_delegation(first: date, last: date, allowed: bool) -> None:
    if allowed:
        check_days(first, last, FIRST)
        return
    with pytest.raises(DomainError, match="delegation-days-wrong"):
        check_days(first, last, FIRST)


@pytest.mark.parametrize(
    ("delegate", "same_division", "left"),
    [
        (("science_officer",), False, ("science_approver",)),
        (("division_officer",), True, ("division_approver",)),
        (("division_officer",), False, ()),
        (("hr_officer", "mentor"), True, ()),
        ((), True, ()),
    ],
)
def test_who_is_no_colleague_any_more_has_nothing_in_anybodys_stead(
    delegate: tuple[str, ...], same_division: bool, left: tuple[str, ...]
) -> None:
    roles = ("division_approver", "science_approver")
    assert still_left(roles, roles, delegate, same_division=same_division) == left
    assert still_left(roles, (), delegate, same_division=same_division) == (), "what the grantor has lost"


@pytest.mark.parametrize(
    ("roles", "code"),
    [
        (["admin"], "delegation-role-not-for-others"),
        (["hr_officer"], "delegation-not-held"),
        (["science_officer", "science_approver"], "delegation-pair"),
    ],
)
def test_what_is_not_ones_own_to_leave_is_refused_before_anybody_is_looked_up(roles: list[str], code: str) -> None:
    with pytest.raises(DomainError) as refused:
        check_own(roles, ["science_officer", "science_approver"])
    assert refused.value.code == code
