"""Would I pass? The coming evaluation on the data so far: official formulas, stored nowhere."""

from __future__ import annotations

from datetime import date

import pytest

from tests.evaluation.known import Centre
from tests.evaluation.support import Desk, full_form

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/evaluations/provisional"
QUARTERS = (date(2019, 4, 10), date(2019, 7, 10), date(2019, 10, 10), date(2020, 1, 10))
AFTER = date(2020, 2, 3)


async def _reporting(desk: Desk, quarters: int = 4, **changes: object) -> Centre:
    centre = await desk.centre()
    for _ in range(5):
        await desk.tenancy(centre, date(2019, 1, 10))
    for quarter, on in enumerate(QUARTERS[:quarters], 1):
        await desk.report(centre, 2019, quarter, on, full_form(**changes))
    return centre


async def test_the_provisional_score_is_the_one_that_scoring_gives(desk: Desk) -> None:
    centre = await _reporting(desk)
    operator = desk.operator(centre, AFTER)
    before = await operator.read(PATH, centre_id=centre.id, year=2019)
    cycle = await desk.scored(2019, AFTER, marks=False)
    official = await desk.evaluation_of(centre, 2019)
    assert (before["score"], before["provisional"], before["evaluation_id"]) == (official["score"], True, None)
    await desk.mark_all(cycle["id"], AFTER)
    await desk.ok_score(cycle["id"], AFTER)
    assert before["highest"] == (await desk.evaluation_of(centre, 2019))["score"]
    assert float(before["lowest"]) < float(before["highest"])


async def test_it_is_stored_nowhere(desk: Desk) -> None:
    centre = await _reporting(desk, 1)
    tables = ("event_log", "score_sheet", "evaluation", "evaluation_cycle")
    before = [await desk.count(f"SELECT count(*) FROM {table}") for table in tables]
    await desk.operator(centre, AFTER).read(PATH, centre_id=centre.id, year=2019)
    assert [await desk.count(f"SELECT count(*) FROM {table}") for table in tables] == before


async def test_each_indicator_shows_formula_numbers_and_what_it_lost(desk: Desk) -> None:
    centre = await _reporting(desk, jobs=20)
    shown = await desk.operator(centre, AFTER).read(PATH, centre_id=centre.id, year=2019)
    jobs = next(found for found in shown["indicators"] if found["indicator"] == "jobs")
    assert jobs["calculation"] == "10 × min(1, 4 ÷ 5) = 8.00"
    assert (jobs["points"], jobs["lost"], jobs["inputs"]) == ("8.00", "2.00", {"jobs": "20", "incubatees": 5})
    assert "在孵企业" in jobs["formula_text"]["zh"]
    assert "incubatees" in jobs["formula_text"]["en"]
    survival = next(found for found in shown["indicators"] if found["indicator"] == "survival")
    assert (survival["applicable"], survival["calculation"]) == (False, "")
    offers = shown["points_to_gain"]
    assert offers == sorted(offers, key=lambda offer: -float(offer["per_unit"]))
    assert sum(float(found["weight"]) for found in shown["dimensions"]) == 100


async def test_what_is_missing_is_named_and_widens_the_range(desk: Desk) -> None:
    centre = await _reporting(desk, 1)
    await desk.report(centre, 2019, 2, QUARTERS[1], full_form(financing_matches=2), accept=False)
    shown = await desk.operator(centre, date(2019, 8, 1)).read(PATH, centre_id=centre.id)
    assert shown["year"] == 2019
    assert [report["status"] for report in shown["reports"]] == ["accepted", "submitted", "to_come", "to_come"]
    missing = {(item["kind"], item["subject"]) for item in shown["missing"]}
    assert {("report", "2"), ("report", "3"), ("expert_mark", "filing_sample"), ("evidence", "mentors")} <= missing
    assert float(shown["highest"]) > float(shown["score"]) + 2
    late = await desk.operator(centre, date(2020, 1, 30)).read(PATH, centre_id=centre.id, year=2019)
    assert [report["status"] for report in late["reports"]] == ["accepted", "submitted", "missing", "missing"]


async def test_a_centre_asks_for_itself_and_the_bureaus_for_every_centre(desk: Desk) -> None:
    centre, other = await _reporting(desk, 1), await desk.centre()
    assert (await desk.operator(other, AFTER).get(PATH, centre_id=centre.id, year=2019)).status_code == 404
    assert (await desk.caller("science_officer", today=AFTER).get(PATH, centre_id=centre.id, year=2019)).is_success
    division = desk.caller("division_officer", today=AFTER, division="540121")
    assert (await division.get(PATH, centre_id=centre.id, year=2019)).status_code == 404
    own = desk.caller("division_officer", today=AFTER, division="540102")
    assert (await own.get(PATH, centre_id=centre.id, year=2019)).is_success
    assert (await desk.caller("public", account="anonymous").get(PATH, centre_id=centre.id)).status_code == 401


async def test_marks_are_shown_to_the_centre_with_the_preliminary_results_and_not_before(desk: Desk) -> None:
    centre = await _reporting(desk)
    cycle = await desk.scored(2019, AFTER)
    operator, officer = desk.operator(centre, AFTER), desk.caller("science_officer", today=AFTER)
    hidden = await operator.read(PATH, centre_id=centre.id, year=2019)
    open_to_officers = await officer.read(PATH, centre_id=centre.id, year=2019)
    assert hidden["lowest"] != hidden["highest"]
    assert open_to_officers["lowest"] == open_to_officers["highest"] == hidden["highest"]
    await desk.announce(cycle["id"], AFTER)
    announced = await operator.read(PATH, centre_id=centre.id, year=2019)
    assert announced["lowest"] == announced["highest"]


@pytest.mark.parametrize(
    ("year", "today", "code"),
    [
        (2020, date(2019, 12, 31), "year-not-begun"),
        (2018, AFTER, "centre-not-in-year"),
    ],
)
async def test_a_year_without_anything_to_evaluate_is_refused(desk: Desk, year: int, today: date, code: str) -> None:
    centre = await desk.centre()
    response = await desk.operator(centre, today).get(PATH, centre_id=centre.id, year=year)
    assert (response.status_code, response.json()["code"]) == (409, code)


async def test_a_final_result_is_not_guessed_at(desk: Desk) -> None:
    centre = await _reporting(desk)
    cycle = await desk.scored(2019, AFTER)
    await desk.announce(cycle["id"], AFTER)
    await desk.sign(cycle["id"], date(2020, 3, 2))
    await desk.publish(cycle["id"], date(2020, 3, 2))
    response = await desk.operator(centre, date(2020, 3, 3)).get(PATH, centre_id=centre.id, year=2019)
    assert (response.status_code, response.json()["code"]) == (409, "result-final")


async def test_no_report_at_all_is_a_fail_whatever_else(desk: Desk) -> None:
    centre = await desk.centre()
    shown = await desk.operator(centre, AFTER).read(PATH, centre_id=centre.id, year=2019)
    assert (shown["grade"], shown["would_pass"], shown["may_be_excellent"]) == ("fail", False, False)
    assert any(result["rule"] == "evaluation.veto" and not result["passed"] for result in shown["decision"]["results"])
