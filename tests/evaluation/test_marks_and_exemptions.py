"""What changes a score over HTTP: experts' marks, vetoes, exemptions, scoring again (2.3-1, 2.3-2)."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from tests.evaluation.known import Centre
from tests.evaluation.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCORED = date(2020, 2, 3)
QUARTERS = ((1, date(2019, 4, 10)), (2, date(2019, 7, 10)), (3, date(2019, 10, 10)), (4, date(2020, 1, 10)))


async def _reported(desk: Desk, centre: Centre) -> None:
    for quarter, on in QUARTERS:
        await desk.report(centre, 2019, quarter, on)


async def test_a_mark_replaced_scores_again_and_both_are_kept(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.tenancy(centre, date(2019, 5, 6))
    await _reported(desk, centre)
    cycle = await desk.scored(2019, SCORED)
    first = await desk.evaluation_of(centre, 2019)
    await desk.enter_marks(cycle["id"], SCORED, "0")
    second = await desk.evaluation_of(centre, 2019)
    assert float(first["score"]) - float(second["score"]) == 2
    sheets = await desk.caller("expert").read(f"/v1/evaluations/{first['id']}/score-sheets")
    assert [sheet["score"] for sheet in sheets["items"]] == [second["score"], first["score"]]
    assert await desk.count("SELECT count(*) FROM expert_score") == 2


async def test_marks_entered_at_once_leave_the_places_of_the_final_scores(desk: Desk) -> None:
    """Each mark moves one centre's score and everybody's place in the tier."""
    centres = [await desk.centre() for _ in range(6)]
    for centre in centres:
        await _reported(desk, centre)
    await desk.entered_directly((await desk.scored(2019, SCORED))["id"])
    expert = desk.caller("expert", today=SCORED)
    paths = [f"/v1/evaluations/{(await desk.evaluation_of(centre, 2019))['id']}/expert-scores" for centre in centres]
    for turn in range(3):
        marks = [str((17 * number + 29 * turn) % 100) for number in range(6)]
        bodies = [{"indicator": "filing_sample", "mark": mark, "evidence": "抽查"} for mark in marks]
        await asyncio.gather(*(expert.ok(path, body, 201) for path, body in zip(paths, bodies, strict=True)))
        ranks = "SELECT place, rank() OVER (ORDER BY score DESC) AS due FROM evaluation"
        assert await desk.count(f"SELECT count(*) FROM ({ranks}) AS ranked WHERE place <> due") == 0


@pytest.mark.parametrize("mark", ["-1", "100.01", "12.345", "NaN"])
async def test_a_mark_is_a_percentage_with_two_decimals(desk: Desk, mark: str) -> None:
    await desk.centre()
    cycle = await desk.scored(2019, SCORED)
    await desk.entered_directly(cycle["id"])
    expert = desk.caller("expert", today=SCORED)
    evaluation = (await expert.read("/v1/evaluations", cycle_id=cycle["id"]))["items"][0]
    body = {"indicator": "filing_sample", "mark": mark, "evidence": "抽查"}
    path = f"/v1/evaluations/{evaluation['id']}/expert-scores"
    assert await expert.refused(path, body, 422) == "validation-failed"
    automatic = {"indicator": "jobs", "mark": "50", "evidence": "抽查"}
    await expert.refused(path, automatic, 422)


async def test_a_veto_counts_once_a_second_person_has_confirmed_it(desk: Desk) -> None:
    centre = await desk.centre()
    await _reported(desk, centre)
    await desk.scored(2019, SCORED)
    evaluation = await desk.evaluation_of(centre, 2019)
    path = f"/v1/evaluations/{evaluation['id']}/vetoes"
    first, second = desk.caller("science_officer", today=SCORED), desk.caller("industry_officer", today=SCORED)
    await first.refused(path, {"code": "no_quarterly_report", "document_no": "查1"}, 422)
    veto = await first.ok(path, {"code": "confirmed_falsification", "document_no": "查1"}, 201)
    assert await first.refused(path, {"code": "confirmed_falsification", "document_no": "查2"}) == "veto-exists"
    assert (await desk.evaluation_of(centre, 2019))["vetoed"] is False
    decide = f"{path}/{veto['id']}/decide"
    assert await first.refused(decide, {"outcome": "confirmed"}, 403) == "four-eyes-required"
    await second.ok(decide, {"outcome": "confirmed"})
    found = await desk.evaluation_of(centre, 2019)
    assert (found["grade"], found["vetoed"]) == ("fail", True)
    assert await second.refused(decide, {"outcome": "dismissed"}) == "invalid-transition"


async def test_an_exemption_needs_both_bureaus_and_takes_the_grade_away(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.scored(2019, SCORED)
    evaluation = await desk.evaluation_of(centre, 2019)
    path = f"/v1/evaluations/{evaluation['id']}/exemptions"
    officer = desk.caller("industry_officer", today=SCORED)
    assert await officer.refused(path, {"reason": "tired", "document_no": "文1"}) == "exemption-reason-unknown"
    exemption = await officer.ok(path, {"reason": "force_majeure", "document_no": "文1"}, 201)
    assert await officer.refused(path, {"reason": "force_majeure", "document_no": "文2"}) == "exemption-exists"
    one, other = desk.caller("science_approver", today=SCORED), desk.caller("industry_approver", today=SCORED)
    step = f"{path}/{exemption['id']}"
    assert await one.refused(f"{step}/countersign") == "invalid-transition"
    await one.ok(f"{step}/approve")
    again = desk.caller("science_approver", today=SCORED, account="0190a000-0000-7000-8000-00000000000a")
    assert await again.refused(f"{step}/countersign") == "countersignature-by-other-bureau"
    granted = await other.ok(f"{step}/countersign")
    assert (granted["status"], granted["countersigned_bureau"]) == ("granted", "industry")
    found = await desk.evaluation_of(centre, 2019)
    assert (found["grade"], found["score"], found["failing"], found["exempt"]) == ("exempt", None, False, True)


async def test_a_year_is_scored_only_when_it_is_over_and_opened_once(desk: Desk) -> None:
    await desk.centre()
    officer = desk.caller("science_officer", today=date(2019, 12, 16))
    assert await officer.refused("/v1/evaluation-cycles", {"year": 2020}) == "year-not-begun"
    cycle = await officer.ok("/v1/evaluation-cycles", {"year": 2019}, 201)
    assert await officer.refused("/v1/evaluation-cycles", {"year": 2019}) == "cycle-exists"
    path = f"/v1/evaluation-cycles/{cycle['id']}/score"
    assert await officer.on(date(2019, 12, 31)).refused(path) == "year-not-over"
    await officer.on(date(2020, 1, 1)).ok(path, status=202)
    await desk.work()
    assert await officer.refused("/v1/evaluation-cycles", {"year": 2018}) == "policy-not-in-force"


async def test_scoring_is_an_operation_with_progress_also_as_a_stream(desk: Desk) -> None:
    for _ in range(3):
        await desk.centre()
    officer = desk.caller("science_officer", today=SCORED)
    cycle = await officer.ok("/v1/evaluation-cycles", {"year": 2019}, 201)
    response = await officer.post(f"/v1/evaluation-cycles/{cycle['id']}/score")
    assert response.status_code == 202
    location = response.headers["Location"]
    assert (await officer.read(location))["status"] == "running"
    assert await officer.refused(f"/v1/evaluation-cycles/{cycle['id']}/score") == "invalid-transition"
    assert await desk.work() == 1
    done = await officer.read(location)
    assert (done["status"], done["done"], done["total"], done["errors"]) == ("done", 3, 3, [])
    headers = {**officer._headers(), "Accept": "text/event-stream"}
    stream = await desk.client.get(location, headers=headers)
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert stream.text.count("event: progress") == 1
    assert '"status":"done"' in stream.text
    assert (await desk.caller("centre_operator").get(location)).status_code == 403
