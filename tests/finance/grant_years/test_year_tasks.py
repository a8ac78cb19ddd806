"""Who finds what waiting in a grant's year: each step with those who may take it, and with nobody else."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from shared.db import Database
from tests.finance.grant_years.support import contract, in_recovery, paid_for_research, report_on
from tests.finance.support import OPERATOR, OTHER_OPERATOR, Desk, delist, list_centre
from tests.finance.test_tasks import APPROVERS, OFFICERS, finders, handed_over

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_call_waits_for_somebody_who_did_not_draft_it(desk: Desk) -> None:
    body = {
        "fiscal_year": 2020,
        "document_no": "拉科发〔2020〕8号",
        "opens_on": "2020-05-06",
        "closes_on": "2020-05-24",
        "tiers": ["national"],
    }
    call = (await desk.post("science_officer", "/v1/grants/calls", body)).json()
    assert await finders(desk, "grant_call_to_publish", call["id"]) == APPROVERS
    assert not await handed_over(desk, "grant_call_to_publish", call["id"], tuple(APPROVERS), "science_officer")
    await desk.post("science_approver", f"/v1/grants/calls/{call['id']}/publish")
    assert await finders(desk, "grant_call_to_publish", call["id"]) == set()


async def test_a_signed_objection_waits_for_an_officer(desk: Desk, db: Database) -> None:
    desk.today = date(2019, 5, 13)
    grant = await desk.reviewed(await list_centre(db), announced=False)
    path = f"/v1/grants/{grant['id']}/notice"
    await desk.post("science_officer", path)
    objection = {"signatory": "扎西", "text": "不实"}
    made = (await desk.post("industry_officer", f"{path}/objections", objection)).json()
    assert await finders(desk, "grant_objection_to_answer", grant["id"]) == OFFICERS
    assert not await handed_over(desk, "grant_objection_to_answer", grant["id"], tuple(OFFICERS), "industry_officer")
    answer = {"outcome": "dismissed", "text": "属实"}
    await desk.post("science_officer", f"{path}/objections/{made['id']}/answer", answer)
    assert await finders(desk, "grant_objection_to_answer", grant["id"]) == set()


async def test_a_payment_and_its_report_wait_for_the_centre_then_for_an_officer(desk: Desk, db: Database) -> None:
    desk.today = date(2019, 5, 6)
    grant = await desk.paid(await list_centre(db))
    subject = grant["id"]
    assert await finders(desk, "grant_receipt_to_confirm", subject) == {"centre_operator"}
    assert await finders(desk, "grant_receipt_to_confirm", subject, org=OTHER_OPERATOR) == set()
    slip = {"amount": "100000.00", "slip_no": "T-1", "arrived_on": "2019-05-06"}
    await desk.post("operator", f"/v1/grants/{subject}/receipt", slip)
    assert await finders(desk, "grant_receipt_to_confirm", subject) == set()
    assert await finders(desk, "use_report_to_hand_in", subject) == set()
    desk.today = date(2020, 1, 1)
    assert await finders(desk, "use_report_to_hand_in", subject) == {"centre_operator"}
    listed = (await desk.get("operator", "/v1/tasks", kind="use_report_to_hand_in", limit=200)).json()["items"]
    assert [task["due_on"] for task in listed if task["subject_id"] == subject] == ["2020-03-31"]
    report = await report_on(desk, grant, 2019)
    assert await finders(desk, "use_report_to_hand_in", subject) == set()
    assert await finders(desk, "use_report_to_decide", report["id"]) == OFFICERS
    await desk.post("science_officer", f"/v1/grants/use-reports/{report['id']}/accept")
    assert await finders(desk, "use_report_to_decide", report["id"]) == set()


async def test_an_asset_waits_for_its_yearly_check_and_again_after_a_delisting(desk: Desk, db: Database) -> None:
    desk.today = date(2019, 5, 6)
    grant = await paid_for_research(desk, db)
    line = (await desk.spend(grant, "100.00", purpose="research_capacity")).json()
    body = {"spending_line_id": line["id"], "name": "台", "quantity": 1, "amount": "100.00", "location": "-"}
    path = f"/v1/grants/{grant['id']}/assets"
    asset = (await desk.post("operator", path, {**body, "custodian_code": OPERATOR})).json()
    found = {"condition": "good", "found_quantity": 1}
    assert await finders(desk, "grant_asset_to_check", asset["id"]) == set()
    desk.today = date(2021, 1, 4)
    assert await finders(desk, "grant_asset_to_check", asset["id"]) == OFFICERS
    await desk.post("science_officer", f"/v1/grants/assets/{asset['id']}/check", found)
    assert await finders(desk, "grant_asset_to_check", asset["id"]) == set()
    await delist(db, UUID(grant["centre_id"]))
    desk.today = date(2021, 3, 10)
    assert await finders(desk, "grant_asset_to_check", asset["id"]) == OFFICERS
    await desk.post("science_officer", f"/v1/grants/assets/{asset['id']}/check", found)
    assert await finders(desk, "grant_asset_to_check", asset["id"]) == set()


async def test_a_signed_commitment_waits_for_three_people(desk: Desk, db: Database) -> None:
    grant, _ = await in_recovery(desk, db)
    path = f"/v1/grants/{grant['id']}/signed-commitments"
    commitment = (await desk.post("operator", path, contract(contract_no="T-1"))).json()
    assert await finders(desk, "signed_commitment_to_review", commitment["id"]) == OFFICERS
    review = f"/v1/grants/signed-commitments/{commitment['id']}/review"
    await desk.post("science_officer", review, {"proposed": "10000.00"})
    assert await finders(desk, "signed_commitment_to_decide", commitment["id"]) == APPROVERS
    kind = "signed_commitment_to_decide"
    assert not await handed_over(desk, kind, commitment["id"], tuple(APPROVERS), "operator", "science_officer")
