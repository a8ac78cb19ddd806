"""Review, approval, countersignature and refusal: four eyes, two bureaus, and the ceiling."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.finance.grants.cases import Step
from services.finance.grants.schemas import Refusal
from services.finance.grants.usecases import refuse_grant
from shared.db import Database
from shared.errors import DomainError
from shared.policy.edition import load_editions
from tests.finance.support import ACCOUNTS, Desk, as_principal, change_tier, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def committed(db: Database, centre: UUID) -> dict[str, str]:
    async with db.transaction() as session:
        query = "SELECT kind, subject, committed FROM ceiling WHERE subject LIKE :centre ORDER BY kind, subject"
        rows = await session.execute(text(query), {"centre": f"{centre}%"})
        return {f"{row.kind}:{row.subject[36:]}": str(row.committed) for row in rows}


async def test_an_approval_commits_the_ceiling_and_the_journal(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grant = await desk.approved(centre, "150000.00")
    assert grant["ceiling"] == {"committed": "150000.00", "limit": "200000.00", "remaining": "50000.00"}
    assert await committed(db, centre) == {
        "grants.centre_year:": "150000.00",
        "grants.centre_year_purpose:/operations": "150000.00",
    }
    entries = (await desk.get("treasury_officer", "/v1/journal-entries", case_no=grant["no"])).json()["items"]
    told = [(entry["kind"], entry["case_version"]) for entry in entries]
    assert told == [("budget_committed", 3), ("grant_committed", 3)]


async def test_the_sum_of_a_centre_and_year_stays_within_the_cap_to_the_cent(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    await desk.approved(centre, "150000.00")
    grant = await desk.reviewed(centre, "50000.01")
    path = f"/v1/grants/{grant['id']}/approve"
    refused = await desk.post("science_approver", path, {"amount": "50000.01"})
    assert (refused.status_code, refused.json()["code"]) == (409, "grant-ceiling-exceeded")
    assert "50000.00 remain" in refused.json()["detail"]
    assert refused.json()["clauses"] == ["3.1-1"]
    accepted = await desk.post("science_approver", path, {"amount": "50000.00"})
    assert accepted.json()["ceiling"]["remaining"] == "0.00"
    assert accepted.json()["requested"] == "50000.01"


async def test_years_and_centres_have_ceilings_of_their_own(desk: Desk, db: Database) -> None:
    desk.today = date(2020, 2, 3)
    first, second = await list_centre(db), await list_centre(db)
    for centre, year in ((first, 2019), (first, 2020), (second, 2019)):
        grant = await desk.approved(centre, "200000.00", fiscal_year=year)
        assert grant["ceiling"]["remaining"] == "0.00"


async def test_after_a_change_of_tier_the_increment_is_for_the_new_purpose(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    await desk.approved(centre, "150000.00")
    pending = await desk.reviewed(centre, "100000.00")
    await change_tier(db, centre, "specialised", version=3)
    assets = [{"name": "检测设备", "quantity": 2, "amount": "150000.00"}]
    new = await desk.approved(centre, "100000.00", purpose="research_capacity", assets=assets)
    assert new["ceiling"] == {"committed": "250000.00", "limit": "300000.00", "remaining": "50000.00"}
    path = f"/v1/grants/{pending['id']}/approve"
    above_old_cap = await desk.post("science_approver", path, {"amount": "50000.01"})
    assert above_old_cap.json()["code"] == "grant-ceiling-exceeded"
    assert (await desk.post("science_approver", path, {"amount": "50000.00"})).status_code == 200
    full = await desk.reviewed(centre, "0.01", purpose="research_capacity", assets=assets)
    answer = await desk.post("science_approver", f"/v1/grants/{full['id']}/approve", {"amount": "0.01"})
    assert answer.json()["code"] == "grant-ceiling-exceeded"


async def test_approving_more_than_was_asked_for_is_refused(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grant = await desk.reviewed(centre, "1000.00")
    answer = await desk.post("science_approver", f"/v1/grants/{grant['id']}/approve", {"amount": "1000.01"})
    assert (answer.status_code, answer.json()["code"]) == (409, "grant-approved-above-requested")
    assert await committed(db, centre) == {}


@pytest.mark.parametrize(
    ("state", "verb", "person", "acting_as"),
    [
        ("applied", "review", "science_officer", "operator"),
        ("reviewed", "approve", "science_approver", "operator"),
        ("reviewed", "approve", "science_approver", "science_officer"),
        ("approved", "countersign", "industry_approver", "operator"),
        ("approved", "countersign", "industry_approver", "science_officer"),
        ("approved", "countersign", "industry_approver", "science_approver"),
        ("approved", "refuse", "industry_approver", "science_approver"),
        ("countersigned", "disburse", "treasury_approver", "operator"),
        ("countersigned", "disburse", "treasury_approver", "science_officer"),
        ("countersigned", "disburse", "treasury_approver", "science_approver"),
        ("countersigned", "disburse", "treasury_approver", "industry_approver"),
    ],
)
async def test_who_took_an_earlier_step_cannot_take_the_next_whatever_the_role(
    desk: Desk, db: Database, state: str, verb: str, person: str, acting_as: str
) -> None:
    """The account of `acting_as`, who took an earlier step, holds every role of the process."""
    grant = await getattr(desk, state)(await list_centre(db))
    roles = ["science_officer", "science_approver", "industry_officer", "industry_approver", "treasury_approver"]
    body = {"approve": {"amount": "1.00"}, "refuse": {"reason_code": "other"}}.get(verb)
    claims: dict[str, Any] = {"account_id": ACCOUNTS[acting_as], "roles": roles}
    answer = await desk.post(person, f"/v1/grants/{grant['id']}/{verb}", body, key=desk.new_key(), claims=claims)
    assert (answer.status_code, answer.json()["code"]) == (403, "four-eyes-required")
    again = (await desk.get("auditor", f"/v1/grants/{grant['id']}")).json()
    assert (again["status"], again["version"]) == (state, grant["version"])


async def test_the_bureau_that_approved_does_not_countersign(desk: Desk, db: Database) -> None:
    grant = await desk.approved(await list_centre(db))
    claims = {"account_id": "0190a000-0000-7000-8000-0000000000ff"}
    answer = await desk.post("science_approver", f"/v1/grants/{grant['id']}/countersign", claims=claims)
    assert (answer.status_code, answer.json()["code"]) == (403, "grant-countersigned-by-same-bureau")


async def test_either_bureau_may_be_the_first(desk: Desk, db: Database) -> None:
    grant = await desk.reviewed(await list_centre(db))
    approved = await desk.step("industry_approver", grant, "approve", {"amount": "100000.00"})
    assert approved["approved_bureau"] == "industry"
    signed = await desk.step("science_approver", grant, "countersign")
    assert (signed["status"], signed["countersigned_bureau"]) == ("countersigned", "science")


STEPS = {
    "review": ("science_officer", None, ["applied"]),
    "approve": ("science_approver", {"amount": "1.00"}, ["reviewed"]),
    "countersign": ("industry_approver", None, ["approved"]),
    "disburse": ("treasury_approver", None, ["countersigned"]),
    "refund": ("treasury_approver", {"amount": "1.00"}, ["paid"]),
    "recover": ("treasury_approver", {"amount": "1.00"}, ["in_recovery"]),
    "close": ("science_officer", None, ["paid", "in_recovery"]),
}


@pytest.mark.parametrize("state", ["applied", "reviewed", "approved", "countersigned", "paid"])
async def test_a_step_from_the_wrong_state_names_the_right_ones(desk: Desk, db: Database, state: str) -> None:
    grant = await getattr(desk, state)(await list_centre(db))
    for verb, (person, body, allowed) in STEPS.items():
        if state in allowed:
            continue
        answer = await desk.post(person, f"/v1/grants/{grant['id']}/{verb}", body, key=desk.new_key())
        assert (answer.status_code, answer.json()["code"]) == (409, "invalid-transition"), verb
        assert all(name.replace("_", " ") in answer.json()["detail"] for name in allowed), verb


async def test_a_step_honours_if_match(desk: Desk, db: Database) -> None:
    grant = await desk.applied(await list_centre(db))
    path = f"/v1/grants/{grant['id']}/review"
    stale = await desk.post("science_officer", path, headers={"If-Match": '"7"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    fresh = await desk.post("science_officer", path, headers={"If-Match": '"1"'})
    assert (fresh.status_code, fresh.headers["ETag"]) == (200, '"2"')


async def test_a_day_before_the_step_before_is_refused(desk: Desk, db: Database) -> None:
    grant = await desk.applied(await list_centre(db))
    path = f"/v1/grants/{grant['id']}/review"
    answer = await desk.post("science_officer", path, {"decided_on": "2019-05-05"})
    assert (answer.status_code, answer.json()["code"]) == (409, "step-before-earlier-step")
    desk.today = date(2019, 5, 20)
    reviewed = await desk.step("science_officer", grant, "review", {"decided_on": "2019-05-10"})
    assert reviewed["reviewed_on"] == "2019-05-10"


async def test_a_refusal_after_approval_gives_the_ceiling_back(desk: Desk, db: Database) -> None:
    grant = await desk.approved(await list_centre(db), "200000.00")
    by_officer = await desk.post("science_officer", f"/v1/grants/{grant['id']}/refuse", {"reason_code": "other"})
    assert by_officer.status_code == 403
    refused = await desk.step("industry_approver", grant, "refuse", {"reason_code": "no_budget"})
    assert (refused["status"], refused["reason_code"]) == ("refused", "no_budget")
    assert refused["ceiling"]["committed"] == "0.00"
    path = "/v1/journal-entries"
    entries = (await desk.get("auditor", path, case_id=grant["id"], programme="grants")).json()["items"]
    assert [entry["kind"] for entry in entries] == ["grant_committed", "grant_released"]
    assert entries[1]["reverses_id"] == entries[0]["id"]


async def test_before_approval_an_officer_refuses(desk: Desk, db: Database) -> None:
    grant = await desk.reviewed(await list_centre(db))
    refused = await desk.step("industry_officer", grant, "refuse", {"reason_code": "incomplete_documents"})
    assert refused["status"] == "refused"
    assert refused["ended_by"] == ACCOUNTS["industry_officer"]


async def test_a_refusal_after_the_policys_end_names_its_basis(desk: Desk, db: Database) -> None:
    """An edition that continues the old one is a basis; without it the decision names its own."""
    centre = await list_centre(db)
    grant = await desk.applied(centre)
    desk.today = date(2021, 2, 1)
    refused = await desk.step("science_officer", grant, "refuse", {"reason_code": "other"})
    basis = [result for result in refused["decision"]["results"] if result["rule"] == "policy.continuation"]
    assert "虚构" in basis[0]["inputs"]["continuation_basis"]


async def test_without_a_successor_the_refusal_itself_must_name_the_basis(desk: Desk, db: Database) -> None:
    grant = await desk.applied(await list_centre(db))
    officer = as_principal("science_officer", date(2021, 2, 1))
    step = Step(UUID(grant["id"]), officer, load_editions(None))

    async def refuse(basis: str | None) -> str:
        sent = Refusal(reason_code="other", continuation_basis=basis)
        return (await db.run(lambda session: refuse_grant(session, sent, step=step))).status

    with pytest.raises(DomainError) as refused:
        await refuse(None)
    assert (refused.value.status, refused.value.code) == (409, "continuation-basis-missing")
    assert refused.value.clauses == ("6-1",)
    assert await refuse("虚构发〔2021〕3号") == "refused"


async def test_the_database_itself_refuses_two_hats(desk: Desk, db: Database) -> None:
    grant = await desk.approved(await list_centre(db))
    for column, value in (
        ("approved_by", ACCOUNTS["operator"]),
        ("reviewed_by", ACCOUNTS["operator"]),
        ("approved", "100000.01"),
        ("status", "paid"),
        ("held_from", "applied"),
    ):
        with pytest.raises(IntegrityError):
            async with db.transaction() as session:
                await session.execute(
                    text(f"UPDATE centre_grant SET {column} = :value WHERE id = :id"),
                    {"value": value if column != "approved" else 100000.01, "id": grant["id"]},
                )


async def test_events_tell_every_step_with_its_rules(desk: Desk, db: Database) -> None:
    grant = await desk.countersigned(await list_centre(db))
    async with db.transaction() as session:
        query = "SELECT type, aggregate_version, actor, attributes FROM event_log WHERE aggregate_id = :id ORDER BY seq"
        rows = (await session.execute(text(query), {"id": grant["id"]})).all()
    assert [row.type.split(".")[2] for row in rows] == ["applied", "reviewed", "approved", "countersigned"]
    assert [row.aggregate_version for row in rows] == [1, 2, 3, 4]
    assert [row.actor for row in rows][2] == ACCOUNTS["science_approver"]
    assert all('"policyedition":"lhasa-2019"' in row.attributes for row in rows)
    assert "grants.four_eyes" in rows[2].attributes
    assert [taken["step"] for taken in grant["decisions"]] == ["applied", "reviewed", "approved", "countersigned"]


async def test_numbers_count_up_by_year(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    desk.today = date(2020, 1, 2)
    numbers = [(await desk.applied(centre, fiscal_year=2020))["no"].split("-") for _ in range(2)]
    assert [number[:2] for number in numbers] == [["GR", "2020"]] * 2
    assert int(numbers[1][2]) == int(numbers[0][2]) + 1
