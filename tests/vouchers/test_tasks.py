"""Who finds what waiting at the voucher service: each step with those who may take it, and with nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from shared.auth.roles import ALL_ROLES, PUBLIC
from tests.vouchers.callers import Caller
from tests.vouchers.providers.support import APPLIED_ON, applied
from tests.vouchers.support import DIVISION, OTHER_DIVISION, SCIENCE_OFFICER, Town, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def found(town: Town, kind: str, subject: str, caller: Caller) -> bool:
    tasks: dict[str, Any] = (await town.api.get(caller, "/v1/tasks", kind=kind, limit=200)).json()
    return any(task["subject_id"] == subject for task in tasks["items"])


async def finders(town: Town, kind: str, subject: str, division: str = DIVISION) -> set[str]:
    """The roles whose holders, accounts without any past, find it."""
    roles = sorted(ALL_ROLES - {PUBLIC})
    return {role for role in roles if await found(town, kind, subject, Caller((role,), division=division))}


async def test_a_programme_waits_for_an_approver_of_its_own_division(town: Town) -> None:
    subject = await town.programme(opened=False)
    assert await finders(town, "programme_to_open", subject) == {"division_approver"}
    assert await finders(town, "programme_to_open", subject, OTHER_DIVISION) == set()


async def test_whoever_drafted_a_programme_does_not_find_it(town: Town) -> None:
    one = officer()
    body = {"kind": "innovation", "year": 2019, "budget": "1000.00", "drafted_on": "2019-03-18"}
    drafted = await town.api.ok(one, "/v1/voucher-programmes", body)
    both = Caller(("division_officer", "division_approver"), one.account_id, division=DIVISION)
    assert not await found(town, "programme_to_open", drafted["id"], both)


async def test_a_provider_waits_for_the_science_bureau_and_a_second_person(town: Town) -> None:
    case = await applied(town)
    assert await finders(town, "provider_to_review", case.id) == {"science_officer"}
    await case.ok(SCIENCE_OFFICER, "review", on=APPLIED_ON)
    assert await finders(town, "provider_to_announce", case.id) == {"science_officer"}
    assert await finders(town, "provider_to_admit", case.id) == set()
    await case.ok(SCIENCE_OFFICER, "notice", on=APPLIED_ON)
    assert await finders(town, "provider_to_announce", case.id) == set()
    assert await finders(town, "provider_to_admit", case.id) == {"science_approver"}
    reviewer = Caller(("science_officer", "science_approver"), SCIENCE_OFFICER.account_id)
    assert not await found(town, "provider_to_admit", case.id, reviewer)
