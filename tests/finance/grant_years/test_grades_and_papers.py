"""What a case shows while it is decided: the last grade and its rank, document numbers, minutes, the receipt."""

from __future__ import annotations

from datetime import date

import pytest

from shared.db import Database
from tests.finance.support import OTHER_OPERATOR, Desk, list_centre, publish_result

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAPERS = {"document_no": "拉科发〔2019〕31号", "minutes_no": "〔2019〕3号会议纪要"}


async def test_the_last_published_grade_is_shown_at_application_and_again_at_review(desk: Desk, db: Database) -> None:
    centre_id = await list_centre(db)
    await publish_result(db, centre_id, 2017, "good")
    grant = await desk.applied(centre_id)
    assert (grant["grade"], grant["grade_year"], grant["priority"]) == ("good", 2017, 2)
    await publish_result(db, centre_id, 2018, "excellent", version=7)
    reviewed = await desk.step("science_officer", grant, "review")
    shown = (reviewed["grade"], reviewed["grade_year"], reviewed["grade_version"], reviewed["priority"])
    assert shown == ("excellent", 2018, 7, 1)
    rule = next(result for result in reviewed["decision"]["results"] if result["rule"] == "grants.grade")
    assert (rule["clause"], rule["inputs"]["grade"]) == ("2.3-3", "excellent")


async def test_the_list_by_priority_shows_better_grades_first_and_ungraded_last(desk: Desk, db: Database) -> None:
    centres = {grade: await list_centre(db) for grade in ("pass", "excellent", "good")}
    for grade, centre_id in centres.items():
        await publish_result(db, centre_id, 2018, grade)
    none = await list_centre(db)
    made = {str((await desk.applied(centre_id))["centre_id"]) for centre_id in (*centres.values(), none)}
    listed = (await desk.get("science_officer", "/v1/grants", sort="priority", limit=200)).json()["items"]
    mine = [item["centre_id"] for item in listed if item["centre_id"] in made]
    assert mine == [str(centres[grade]) for grade in ("excellent", "good", "pass")] + [str(none)]


async def test_papers_of_each_money_decision_are_kept_and_find_the_grant(desk: Desk, db: Database) -> None:
    grant = await desk.reviewed(await list_centre(db))
    await desk.step("science_approver", grant, "approve", {"amount": "100000.00", **PAPERS})
    await desk.step(
        "industry_approver",
        grant,
        "countersign",
        {"document_no": "拉工信发〔2019〕9号", "minutes_no": "〔2019〕4号会议纪要"},
    )
    paid = await desk.step("treasury_approver", grant, "disburse", {"document_no": "拉财发〔2019〕2号"})
    refunded = await desk.step("treasury_approver", paid, "refund", {"amount": "100000.00"})
    closed = await desk.step("treasury_officer", refunded, "close", {"minutes_no": "〔2019〕9号会议纪要"})
    kept = [(paper["step"], paper["document_no"], paper["minutes_no"]) for paper in closed["papers"]]
    assert kept == [
        ("approved", PAPERS["document_no"], PAPERS["minutes_no"]),
        ("countersigned", "拉工信发〔2019〕9号", "〔2019〕4号会议纪要"),
        ("disbursed", "拉财发〔2019〕2号", None),
        ("closed", None, "〔2019〕9号会议纪要"),
    ]
    found = (await desk.get("auditor", "/v1/grants", document_no=PAPERS["document_no"])).json()["items"]
    assert [item["id"] for item in found] == [grant["id"]]


@pytest.mark.parametrize(
    ("missing", "code"),
    [("document_no", "grant-document-no-missing"), ("minutes_no", "grant-minutes-missing")],
)
async def test_neither_bureau_decides_on_a_grant_without_its_papers(
    desk: Desk, db: Database, missing: str, code: str
) -> None:
    grant = await desk.reviewed(await list_centre(db))
    amount, without = {"amount": "100000.00"}, {**PAPERS, missing: None}
    for who, verb, body in (("science_approver", "approve", amount), ("industry_approver", "countersign", {})):
        refused = await desk.post(who, f"/v1/grants/{grant['id']}/{verb}", {**body, **without})
        assert (refused.status_code, refused.json()["code"]) == (409, code)
        assert missing in refused.json()["detail"]
        await desk.step(who, grant, verb, {**body, **PAPERS})


async def test_a_refusal_keeps_its_document(desk: Desk, db: Database) -> None:
    grant = await desk.reviewed(await list_centre(db))
    refused = await desk.step("science_officer", grant, "refuse", {"reason_code": "no_budget", **PAPERS})
    assert refused["papers"][0]["document_no"] == PAPERS["document_no"]


def slip(number: str, amount: str = "100000.00", arrived_on: str = "2019-05-08") -> dict[str, str]:
    return {"amount": amount, "slip_no": number, "arrived_on": arrived_on}


async def test_the_centre_confirms_the_arrival_once_by_one_slip(desk: Desk, db: Database) -> None:
    desk.today = date(2019, 5, 6)
    first, second = [await desk.paid(await list_centre(db)) for _ in range(2)]
    path = f"/v1/grants/{first['id']}/receipt"
    assert (await desk.post("operator", path, slip("A-1"))).json()["code"] == "receipt-day-impossible"
    desk.today = date(2019, 5, 8)
    differs = await desk.post("operator", path, slip("A-1", "99999.99"))
    assert (differs.status_code, differs.json()["code"]) == (409, "grant-receipt-differs")
    foreign = await desk.post("operator", path, slip("A-1"), claims={"org": OTHER_OPERATOR})
    assert foreign.status_code == 404
    assert (await desk.post("operator", path, slip("A-1"), key=None)).status_code == 400
    received = await desk.post("operator", path, slip("A-1"))
    assert (received.status_code, received.json()["receipt_slip_no"]) == (200, "A-1")
    again = await desk.post("operator", path, slip("A-2"))
    assert (again.status_code, again.json()["code"]) == (409, "grant-received-already")
    used = await desk.post("operator", f"/v1/grants/{second['id']}/receipt", slip("A-1"))
    assert (used.status_code, used.json()["code"]) == (409, "receipt-slip-used")


async def test_the_plan_shows_what_is_planned_paid_and_left(desk: Desk, db: Database) -> None:
    grant = await desk.paid(await list_centre(db))
    path = f"/v1/grants/{grant['id']}/spending"
    planned = {"status": "planned", "purpose": "operations", "description": "房租", "plan_line": 1}
    assert (await desk.post("operator", path, {**planned, "amount": "30000.00"})).status_code == 201
    above = await desk.post("operator", path, {**planned, "amount": "70000.01"})
    assert (above.status_code, above.json()["code"]) == (409, "spending-above-plan-line")
    unknown = await desk.post("operator", path, {**planned, "amount": "1.00", "plan_line": 2})
    assert (unknown.status_code, unknown.json()["code"]) == (409, "plan-line-unknown")
    assert (await desk.spend(grant, "20000.00", plan_line=1)).status_code == 201
    assert (await desk.spend(grant, "5000.00")).status_code == 201
    plan = (await desk.get("operator", f"{path}/plan")).json()
    (line,) = plan["lines"]
    assert (line["planned"], line["made"], line["remaining"]) == ("30000.00", "20000.00", "50000.00")
    assert plan["unassigned"] == "5000.00"
