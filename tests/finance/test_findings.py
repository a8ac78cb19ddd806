"""Findings: the centre replies, and a second person confirms or drops them (3.1-4)."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.db import Database
from tests.finance.support import Desk, list_centre, spending

pytestmark = pytest.mark.asyncio(loop_scope="session")

REPLY = {"statement": "该笔支出系孵化场地水电费，摘要误填。"}
ON_PURPOSE = {"reason_code": "shown_on_purpose"}


async def diverted(desk: Desk, db: Database, amount: str = "300.00") -> tuple[dict[str, Any], str]:
    """A paid grant of 1,000 yuan and the path of the finding on what was spent off purpose."""
    grant = await desk.paid(await list_centre(db), "1000.00")
    assert (await desk.spend(grant, amount, purpose="banquets")).status_code == 201
    found = (await desk.get("auditor", "/v1/findings", grant_id=grant["id"])).json()["items"]
    return grant, f"/v1/findings/{found[0]['id']}"


async def must(desk: Desk, person: str, path: str, body: object = None) -> dict[str, Any]:
    answer = await desk.post(person, path, body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def money(desk: Desk, grant: dict[str, Any]) -> tuple[str, str, str]:
    """Spent on purpose, off purpose, and not accounted for."""
    now = (await desk.get("auditor", f"/v1/grants/{grant['id']}")).json()
    return now["spent"], now["ineligible"], now["balance"]


async def events(db: Database, path: str) -> list[tuple[str, dict[str, Any]]]:
    async with db.transaction() as session:
        query = "SELECT type, data FROM event_log WHERE aggregate_id = CAST(:id AS uuid) ORDER BY aggregate_version"
        rows = await session.execute(text(query), {"id": UUID(path.rpartition("/")[2])})
        return [(row.type.split(".")[2], json.loads(row.data)) for row in rows]


async def test_a_finding_is_answered_and_confirmed_and_the_money_stays_outstanding(desk: Desk, db: Database) -> None:
    grant, path = await diverted(desk, db)
    answered = await must(desk, "operator", f"{path}/reply", REPLY)
    assert (answered["status"], answered["reply"], answered["replied_on"]) == (
        "answered",
        REPLY["statement"],
        "2019-05-06",
    )
    confirmed = await must(desk, "science_approver", f"{path}/confirm")
    assert (confirmed["status"], confirmed["decided_on"], confirmed["version"]) == ("confirmed", "2019-05-06", 3)
    rules = [result["rule"] for result in confirmed["outcome"]["results"]]
    assert rules == ["grants.four_eyes", "policy.continuation", "grants.finding"]
    assert await money(desk, grant) == ("0.00", "300.00", "1000.00")
    told = await events(db, path)
    assert [name for name, _ in told] == ["opened", "answered", "confirmed"]
    assert all(REPLY["statement"] not in json.dumps(data, ensure_ascii=False) for _, data in told)
    assert len(told[1][1]["reply_hash"]) == 64


async def test_a_finding_that_is_dropped_turns_the_money_into_spending(desk: Desk, db: Database) -> None:
    grant, path = await diverted(desk, db)
    await must(desk, "operator", f"{path}/reply", REPLY)
    dismissed = await must(desk, "industry_approver", f"{path}/dismiss", ON_PURPOSE)
    assert (dismissed["status"], dismissed["reason_code"]) == ("dismissed", "shown_on_purpose")
    assert await money(desk, grant) == ("300.00", "0.00", "700.00")
    lines = (await desk.get("auditor", f"/v1/grants/{grant['id']}/spending")).json()["items"]
    assert [line["eligible"] for line in lines] == [True]
    journal = "/v1/journal-entries"
    entries = (await desk.get("auditor", journal, case_id=grant["id"], programme="grants")).json()["items"]
    assert [entry["kind"] for entry in entries] == ["grant_committed", "grant_paid", "grant_spent"]
    assert [name for name, _ in await events(db, path)] == ["opened", "answered", "dismissed"]


async def test_money_that_came_back_is_not_spent_by_dropping_the_finding(desk: Desk, db: Database) -> None:
    grant, path = await diverted(desk, db)
    await must(desk, "operator", f"{path}/reply", REPLY)
    await desk.step("treasury_officer", grant, "refund", {"amount": "700.01"}, key="back")
    refused = await desk.post("science_approver", f"{path}/dismiss", ON_PURPOSE)
    assert (refused.status_code, refused.json()["code"]) == (409, "finding-money-came-back")
    assert await money(desk, grant) == ("0.00", "300.00", "299.99")


@pytest.mark.parametrize("verb", ["confirm", "dismiss"])
async def test_nobody_decides_on_what_he_opened_or_answered(desk: Desk, db: Database, verb: str) -> None:
    body = ON_PURPOSE if verb == "dismiss" else None
    roles = ("science_officer", "science_approver")
    grant = await desk.paid(await list_centre(db), "1000.00")
    both: dict[str, Any] = {"roles": roles}
    spent = spending("10.00", purpose="banquets")
    assert (await desk.post("finance_approver", f"/v1/grants/{grant['id']}/spending", spent, claims=both)).is_success
    opened = (await desk.get("auditor", "/v1/findings", grant_id=grant["id"])).json()["items"][0]
    path = f"/v1/findings/{opened['id']}"
    assert (await desk.post("industry_officer", f"{path}/reply", REPLY)).status_code == 200
    mine = await desk.post("finance_approver", f"{path}/{verb}", body, claims=both)
    assert (mine.status_code, mine.json()["code"]) == (403, "four-eyes-required")
    answered = await desk.post("industry_officer", f"{path}/{verb}", body, claims={"roles": ("industry_approver",)})
    assert (answered.status_code, answered.json()["code"]) == (403, "four-eyes-required")
    assert (await desk.post("industry_approver", f"{path}/{verb}", body)).status_code == 200


async def test_steps_on_a_finding_keep_their_order(desk: Desk, db: Database) -> None:
    _, path = await diverted(desk, db)
    for verb, body in (("confirm", None), ("dismiss", ON_PURPOSE)):
        early = await desk.post("science_approver", f"{path}/{verb}", body)
        assert (early.status_code, early.json()["code"]) == (409, "invalid-transition")
    await must(desk, "operator", f"{path}/reply", REPLY)
    again = await desk.post("operator", f"{path}/reply", REPLY)
    assert (again.status_code, again.json()["code"]) == (409, "invalid-transition")
    stale = await desk.post("science_approver", f"{path}/confirm", headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    await must(desk, "science_approver", f"{path}/confirm")
    late = await desk.post("science_approver", f"{path}/dismiss", ON_PURPOSE)
    assert (late.status_code, late.json()["code"]) == (409, "invalid-transition")


async def test_after_the_policys_end_a_confirmation_names_its_basis(desk: Desk, db: Database) -> None:
    _, path = await diverted(desk, db)
    await must(desk, "operator", f"{path}/reply", REPLY)
    desk.today = date(2022, 3, 1)
    without = await desk.post("science_approver", f"{path}/confirm")
    if without.status_code != 200:
        assert (without.status_code, without.json()["code"]) == (409, "continuation-basis-missing")
        await must(desk, "science_approver", f"{path}/confirm", {"continuation_basis": "拉政发〔2021〕1号"})


async def test_the_database_wants_a_second_person_too(desk: Desk, db: Database) -> None:
    _, path = await diverted(desk, db)
    await must(desk, "operator", f"{path}/reply", REPLY)
    forged = (
        "UPDATE finding SET status = 'confirmed', decided_by = opened_by, decided_on = opened_on, outcome = '{}'"
        " WHERE id = CAST(:id AS uuid)"
    )
    with pytest.raises(IntegrityError, match="ck_finding_decided_by_another"):
        async with db.transaction() as session:
            await session.execute(text(forged), {"id": path.rpartition("/")[2]})


async def test_money_moves_only_under_a_key(desk: Desk, db: Database) -> None:
    reviewed = await desk.reviewed(await list_centre(db))
    grant, finding = await diverted(desk, db)
    planned = {"status": "planned", "purpose": "operations", "description": "房租", "amount": "1.00"}
    line = (await desk.post("operator", f"/v1/grants/{grant['id']}/spending", planned)).json()
    documents = {"voucher_no": "记-1", "invoice": spending("1.00")["invoice"]}
    for person, path, body in [
        ("science_approver", f"/v1/grants/{reviewed['id']}/approve", {"amount": "1.00"}),
        ("science_officer", f"/v1/grants/{reviewed['id']}/refuse", {"reason_code": "other"}),
        ("operator", f"/v1/grants/{grant['id']}/spending", spending("1.00")),
        ("operator", f"/v1/grants/{grant['id']}/spending/{line['id']}/make", documents),
        ("science_approver", f"{finding}/dismiss", ON_PURPOSE),
    ]:
        answer = await desk.post(person, path, body, key=None)
        assert (path, answer.status_code, answer.json()["code"]) == (path, 400, "idempotency-key-required")
