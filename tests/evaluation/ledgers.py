"""Targets and alliances from the first entry to the last step, for tests that watch every step."""

from __future__ import annotations

from datetime import date

from services.evaluation.targets.ledger import keep_targets
from tests.evaluation.support import Desk

T, A = "/v1/targets", "/v1/alliance-assessments"
MARKS = {"activities": "35.5", "resource_sharing": "24.5", "membership": "10", "governance": "10"}


async def target_story(desk: Desk, today: date) -> None:
    """A figure entered, corrected and confirmed."""
    await keep_targets(desk.runtime)
    officer = desk.caller("office_officer", today=today)
    target = (await officer.read(T, item="new_jobs"))["items"][0]
    path = f"{T}/{target['id']}/actuals"
    entered = await officer.ok(path, {"quarter": 4, "value": "9000", "document_no": "统1"}, 201)
    body = {"value": "8001", "document_no": "统2", "reason_code": "typing_error"}
    corrected = await officer.ok(f"{path}/{entered['pending']['id']}/correct", body)
    approver = desk.caller("office_approver", today=today)
    await approver.ok(f"{path}/{corrected['pending']['id']}/confirm", {"confirmed_on": today.isoformat()})


async def alliance_story(desk: Desk, today: date) -> None:
    """Two records, one of them struck off, and a sheet that is returned, changed, confirmed and published."""
    officer, approver = (desk.caller(f"industry_{rank}", today=today) for rank in ("officer", "approver"))
    work = {"alliance": "maker_spaces", "kind": "activity", "held_on": f"{today.year - 1}-06-01", "title": "沙龙"}
    records = [await officer.ok(f"{A}/records", {**work, "evidence": ["通知1"]}, 201) for _ in range(2)]
    await officer.ok(f"{A}/records/{records[0]['id']}/strike", {"reason_code": "entered_twice"})
    sheet = await officer.ok(A, {"alliance": "maker_spaces", "year": today.year - 1, "marks": MARKS}, 201)
    path = f"{A}/{sheet['id']}"
    await approver.ok(f"{path}/return", {"reason_code": "marks_not_justified"})
    assert (await officer.patch(path, {"marks": MARKS}, '"2"')).status_code == 200
    await approver.ok(f"{path}/confirm")
    await approver.ok(f"{path}/publish", {"document_no": "拉工信〔2021〕1号"})
