"""Who finds what waiting at the finance service: each step with those who may take it, and with nobody else."""

from __future__ import annotations

import pytest

from shared.auth.roles import ALL_ROLES, PUBLIC
from shared.db import Database
from tests.finance.repaying import STEPS, due, take
from tests.finance.support import ACCOUNTS, OPERATOR, OTHER_OPERATOR, Desk, list_centre
from tests.finance.test_findings import REPLY, diverted, must
from tests.support.tokens import bearer, internal_token

pytestmark = pytest.mark.asyncio(loop_scope="session")

OFFICERS = {"science_officer", "industry_officer"}
APPROVERS = {"science_approver", "industry_approver"}
TREASURY = {"treasury_officer", "treasury_approver"}


async def found(desk: Desk, kind: str, subject: str, *roles: str, account: str, org: str = OPERATOR) -> bool:
    """Whether this account finds a task of the kind about the subject."""
    token = internal_token(
        desk.keys, "finance", roles, account_id=account, org=org, division="540121", today=desk.today
    )
    response = await desk.client.get("/v1/tasks", params={"kind": kind, "limit": 200}, headers=bearer(token))
    assert response.status_code == 200, response.text
    return any(task["subject_id"] == subject for task in response.json()["items"])


async def finders(desk: Desk, kind: str, subject: str, org: str = OPERATOR) -> set[str]:
    """The roles whose holders, accounts without any past, find it."""
    roles = sorted(ALL_ROLES - {PUBLIC})
    return {role for role in roles if await found(desk, kind, subject, role, account=f"new-{role}", org=org)}


async def handed_over(desk: Desk, kind: str, subject: str, roles: tuple[str, ...], *hands: str) -> bool:
    """Whether somebody who took one of the earlier steps finds it, whatever roles he has now."""
    return any([await found(desk, kind, subject, *roles, account=ACCOUNTS[hand]) for hand in hands])


async def test_a_grant_waits_for_each_step_s_people(desk: Desk, db: Database) -> None:
    grant = await desk.applied(await list_centre(db))
    subject = str(grant["id"])
    both = (*sorted(OFFICERS), *sorted(APPROVERS), "treasury_officer")
    assert await finders(desk, "grant_to_review", subject) == OFFICERS
    assert not await handed_over(desk, "grant_to_review", subject, both, "operator")
    await desk.step("science_officer", grant, "review")
    assert await finders(desk, "grant_to_announce", subject) == OFFICERS
    assert await finders(desk, "grant_to_approve", subject) == set()
    await desk.announce(grant)
    assert await finders(desk, "grant_to_announce", subject) == set()
    assert await finders(desk, "grant_to_approve", subject) == APPROVERS
    assert not await handed_over(desk, "grant_to_approve", subject, both, "operator", "science_officer")
    await desk.step("science_approver", grant, "approve", {"amount": "100000.00"})
    assert await finders(desk, "grant_to_countersign", subject) == {"industry_approver"}
    assert not await handed_over(desk, "grant_to_countersign", subject, both, "science_officer", "science_approver")
    await desk.step("industry_approver", grant, "countersign")
    assert await finders(desk, "grant_to_pay", subject) == {"treasury_officer", "treasury_approver"}
    assert not await handed_over(desk, "grant_to_pay", subject, both, "industry_approver", "science_approver")
    for kind in ("grant_to_review", "grant_to_approve", "grant_to_countersign"):
        assert await finders(desk, kind, subject) == set()


async def test_a_finding_waits_for_the_centre_and_then_for_another_person(desk: Desk, db: Database) -> None:
    _, path = await diverted(desk, db)
    subject = path.rpartition("/")[2]
    assert await finders(desk, "finding_to_answer", subject) == {"centre_operator"}
    assert await finders(desk, "finding_to_answer", subject, org=OTHER_OPERATOR) == set()
    await must(desk, "operator", f"{path}/reply", REPLY)
    assert await finders(desk, "finding_to_answer", subject) == set()
    assert await finders(desk, "finding_to_decide", subject) == APPROVERS
    assert not await handed_over(desk, "finding_to_decide", subject, tuple(APPROVERS), "operator")


async def test_a_repayment_waits_for_four_people(desk: Desk, db: Database) -> None:
    _, repayment = await due(desk, db)
    subject = repayment["id"]
    everyone = tuple(sorted({*APPROVERS, *TREASURY, "finance_officer", "finance_approver"}))
    waiting = {
        "prepare": {"finance_officer", "treasury_officer"},
        "approve": {"finance_approver", "treasury_approver"},
        "countersign": APPROVERS,
        "pay": TREASURY,
    }
    done: list[str] = []
    for verb, person in STEPS:
        kind = f"repayment_to_{verb}"
        assert await finders(desk, kind, subject) == waiting[verb]
        assert not await handed_over(desk, kind, subject, everyone, *done)
        assert (await take(desk, person, repayment, verb)).status_code == 200
        done.append(person)
        assert await finders(desk, kind, subject) == set()
