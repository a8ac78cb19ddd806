"""Annulled results and successions: what the count of failed years follows, and what follows from it (2.3-5)."""

from __future__ import annotations

from datetime import date

import pytest

from services.evaluation.delistings.opening import open_cases
from services.evaluation.evaluations.models import Evaluation
from shared.events.outbox import EventContext
from tests.evaluation.cases import ANNOUNCED, DAYS, PUBLISHED, SIGNED, published, second_year, standing
from tests.evaluation.delistings.orders import approved, progress
from tests.evaluation.known import Centre, Json
from tests.evaluation.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

RECORDED = date(2021, 4, 1)
ANNULMENTS, SUCCESSIONS = "/v1/delistings/annulments", "/v1/delistings/successions"


async def annul(desk: Desk, centre: Centre, year: int, on: date = RECORDED, *, approve: bool = True) -> Json:
    """The year's result annulled in reconsideration; approved by the other bureau unless told not to."""
    evaluation = await desk.evaluation_of(centre, year)
    body = {
        "evaluation_id": evaluation["id"],
        "ground": "reconsideration",
        "issuer": "虚构市人民政府",
        "document_no": "虚构复决〔2021〕1号",
        "ordered_on": on.isoformat(),
    }
    found = await desk.caller("science_officer", today=on).ok(ANNULMENTS, body, 201)
    if approve:
        approver = desk.caller("industry_approver", today=on)
        return await approver.ok(f"{ANNULMENTS}/{found['id']}/approve")
    return found


async def test_annulling_the_first_fail_proposes_a_reversal_and_does_nothing_by_itself(desk: Desk) -> None:
    centre, case = await published(desk)
    await annul(desk, centre, 2019)
    assert (await standing(desk, centre))["standing"] == "delisting_decided"
    (proposed,) = await progress(desk, case)
    assert (proposed["kind"], proposed["status"], proposed["ground"]) == ("reversal", "proposed", "annulled_result")
    assert proposed["document_no"] == "虚构复决〔2021〕1号"
    path = f"/v1/delistings/{case['id']}/remedies/{proposed['id']}/approve"
    whoever_annulled = desk.caller("industry_approver", today=RECORDED)
    assert await whoever_annulled.refused(path, status=403) == "four-eyes-required"
    await desk.caller("science_approver", today=RECORDED).ok(path)
    assert (await desk.case_of(centre))["status"] == "reversed"
    assert (await desk.evaluation_of(centre, 2020))["rectification_id"] is not None


async def test_an_annulment_counts_only_once_the_other_bureau_approves(desk: Desk) -> None:
    centre, case = await published(desk)
    found = await annul(desk, centre, 2019, approve=False)
    assert await progress(desk, case) == []
    officer = desk.caller("industry_officer", today=RECORDED)
    body = {name: found[name] for name in ("evaluation_id", "ground", "issuer", "document_no", "ordered_on")}
    assert await officer.refused(ANNULMENTS, body) == "annulment-recorded"
    reject = desk.caller("industry_approver", today=RECORDED)
    await reject.ok(f"{ANNULMENTS}/{found['id']}/reject", {"reason_code": "document_not_authentic"})
    assert await progress(desk, case) == []
    assert (await officer.post(ANNULMENTS, body)).status_code == 201
    listed = await desk.caller("auditor").read(ANNULMENTS, evaluation_id=found["evaluation_id"])
    assert [one["status"] for one in listed["items"]] == ["proposed", "rejected"]


async def test_annulling_the_first_fail_drops_a_case_that_is_not_published(desk: Desk) -> None:
    cycle, (centre,) = await second_year(desk)
    await desk.procedure((await desk.case_of(centre))["id"], DAYS)
    await annul(desk, centre, 2019, SIGNED)
    assert (await desk.case_of(centre))["status"] == "dropped"
    await desk.sign(cycle["id"], SIGNED)
    operation = await desk.publish(cycle["id"], PUBLISHED)
    assert operation["errors"] == []
    result = await desk.evaluation_of(centre, 2020)
    assert (result["consecutive_fails"], result["delisting_case_id"]) == (1, None)
    assert result["rectification_id"] is not None


async def re_registered(desk: Desk, **changes: object) -> tuple[Centre, Centre]:
    """A centre that failed 2019 and left the list, and another one listed since, on the way to fail 2020."""
    old = await desk.centre()
    first = await desk.scored(2019, date(2020, 2, 3), marks=False)
    await desk.announce(first["id"], date(2020, 2, 4))
    await desk.sign(first["id"], date(2020, 2, 12))
    await desk.publish(first["id"], date(2020, 2, 12))
    await desk.withdraw(old, date(2020, 3, 2))
    new = await desk.centre(**{"operator_code": old.operator_code, "listed_on": date(2020, 4, 1), **changes})
    second = await desk.scored(2020, date(2021, 1, 25), marks=False)
    await desk.announce(second["id"], ANNOUNCED)
    return old, new


async def test_registering_again_starts_no_new_count(desk: Desk) -> None:
    _, new = await re_registered(desk)
    case = await desk.case_of(new)
    assert (case["first_failed_year"], case["second_failed_year"]) == (2019, 2020)


async def test_a_year_off_the_list_ends_no_run(desk: Desk) -> None:
    """Failed 2019, withdrawn, back too late to be graded for 2020, failing again: the count has not started anew."""
    old, new = await re_registered(desk, listed_on=date(2020, 8, 3))
    auditor = desk.caller("auditor", today=ANNOUNCED)
    assert (await auditor.read("/v1/delistings", centre_id=new.id))["items"] == []
    cycle_id = (await desk.evaluation_of(new, 2020))["cycle_id"]
    await desk.sign(cycle_id, SIGNED)
    await desk.publish(cycle_id, PUBLISHED)
    assert {(await desk.evaluation_of(centre, 2020))["grade"] for centre in (old, new)} == {"not_graded"}
    third = await desk.scored(2021, date(2022, 1, 24), marks=False)
    await desk.announce(third["id"], date(2022, 1, 25))
    case = await desk.case_of(new)
    assert (case["first_failed_year"], case["second_failed_year"]) == (2019, 2021)


async def test_a_reversal_proposed_on_the_day_of_a_stay_can_be_approved(desk: Desk) -> None:
    centre, case = await published(desk)
    await approved(desk, case, "stay", RECORDED)
    await annul(desk, centre, 2019)
    _, proposed = await progress(desk, case)
    assert proposed["effective_on"] == "2021-04-02"
    path = f"/v1/delistings/{case['id']}/remedies/{proposed['id']}/approve"
    await desk.caller("science_approver", today=date(2021, 4, 2)).ok(path)
    assert (await desk.case_of(centre))["status"] == "reversed"


async def test_another_operator_starts_its_own_count_unless_a_succession_is_declared(desk: Desk) -> None:
    old, new = await re_registered(desk, operator_code="91540100MA6T0000XX")
    auditor = desk.caller("auditor", today=ANNOUNCED)
    assert (await auditor.read("/v1/delistings", centre_id=new.id))["items"] == []
    body = {"centre_id": str(new.id), "predecessor_id": str(old.id), "document_no": "认定1"}
    officer, approver = (
        desk.caller("science_officer", today=ANNOUNCED),
        desk.caller("industry_approver", today=ANNOUNCED),
    )
    swapped = {**body, "centre_id": str(old.id), "predecessor_id": str(new.id)}
    assert await officer.refused(SUCCESSIONS, swapped) == "succession-too-early"
    own = {**body, "predecessor_id": str(new.id)}
    assert await officer.refused(SUCCESSIONS, own) == "succession-circular"
    found = await officer.ok(SUCCESSIONS, body, 201)
    assert await officer.refused(SUCCESSIONS, body) == "succession-recorded"
    await approver.ok(f"{SUCCESSIONS}/{found['id']}/approve")
    case = await desk.case_of(new)
    assert (case["first_failed_year"], case["second_failed_year"], case["status"]) == (2019, 2020, "opened")
    assert (await auditor.read(SUCCESSIONS, centre_id=old.id))["items"][0]["status"] == "approved"


async def test_a_case_is_opened_once_however_often_it_is_looked_for(desk: Desk) -> None:
    _, new = await re_registered(desk)
    context = EventContext("tester", ANNOUNCED, "again")
    async with desk.runtime.db.transaction() as session:
        assert await open_cases(session, desk.runtime.editions, Evaluation.centre_id == new.id, context) == []
