"""A rubric edition from its draft to the years that are evaluated by it (2.3-2)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.evaluation.rubrics.rehearsals import worker
from tests.evaluation.known import Centre, Json
from tests.evaluation.rubrics.drafts import TITLES, approved, drafted, heavier_jobs, rehearsed
from tests.evaluation.support import Desk, full_form

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOW = date(2019, 6, 3)
SCORED_2019 = date(2020, 2, 3)
LATER = date(2020, 6, 1)
SCORED_2020 = date(2021, 2, 1)


async def _centre_of_2019(desk: Desk, jobs: int = 20, services: int = 1) -> Centre:
    """Five enterprises, four reports; each quarter confirms `services`."""
    centre = await desk.centre()
    for _ in range(5):
        await desk.tenancy(centre, date(2019, 1, 10))
    for quarter, on in enumerate((date(2019, 4, 10), date(2019, 7, 10), date(2019, 10, 10), date(2020, 1, 10)), 1):
        form = full_form(jobs=jobs, confirmed_services=services, alive_after_12_months=0)
        await desk.report(centre, 2019, quarter, on, form)
    return centre


async def test_a_draft_begins_as_the_policy_editions_own_and_is_edited_with_its_tag(desk: Desk) -> None:
    officer = desk.caller("science_officer", today=NOW)
    response = await officer.post("/v1/rubrics", {"first_year": 2019, **TITLES})
    draft, path = response.json(), response.headers["Location"]
    assert (draft["status"], draft["number"], draft["edition"]) == ("draft", None, "lhasa-2019")
    change = {"indicators": heavier_jobs(draft)}
    assert (await officer.patch(path, change)).status_code == 428
    assert (await officer.patch(path, change, '"9"')).status_code == 412
    edited = await officer.patch(path, change, response.headers["ETag"])
    assert edited.json()["revision"] == 2
    unchanged = await officer.patch(path, change, edited.headers["ETag"])
    assert unchanged.headers["ETag"] == edited.headers["ETag"]
    revisions = (await officer.read(f"{path}/revisions"))["items"]
    assert revisions[0]["changed"] == ["indicators.confirmed_services", "indicators.jobs"]
    assert [found["revision"] for found in revisions] == [2, 1]


async def test_a_draft_is_for_the_bureaus_and_an_approved_edition_for_everybody(desk: Desk) -> None:
    draft = await drafted(desk, NOW, 2019)
    path = f"/v1/rubrics/{draft['id']}"
    public = desk.caller("public", account="anonymous")
    assert (await public.get(path)).status_code == 404
    assert len((await public.read("/v1/rubrics"))["items"]) == 2
    assert len((await desk.caller("auditor").read("/v1/rubrics", status="draft"))["items"]) == 1
    await approved(desk, draft, NOW)
    assert (await public.read(path))["number"] == 2
    of_year = [(await public.read("/v1/rubrics", year=year))["items"][0]["number"] for year in (2019, 2020, 2021)]
    assert of_year == [2, 2, 1]  # 2021 has another policy edition


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"indicators": [{"id": "jobs"}]}, "indicators"),
        ({"bonus_limit": {"value": 5, "clause": "2.3-2", "origin": "default"}}, "bonus_limit"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_is_no_part_of_a_rubric_is_refused_and_nothing_is_lost(
    desk: Desk, change: Json, fields: str
) -> None:
    draft = await drafted(desk, NOW, 2019)
    officer = desk.caller("science_officer", today=NOW)
    response = await officer.patch(f"/v1/rubrics/{draft['id']}", change, f'"{draft["version"]}"')
    assert response.status_code == 422
    assert all(fault["field"].startswith(fields) for fault in response.json()["errors"])
    assert (await officer.read(f"/v1/rubrics/{draft['id']}"))["version"] == draft["version"]


async def test_a_draft_that_does_not_add_up_is_kept_but_not_put_forward(desk: Desk) -> None:
    draft = await drafted(desk, NOW, 2019)
    officer = desk.caller("science_officer", today=NOW)
    path = f"/v1/rubrics/{draft['id']}"
    heavy = heavier_jobs(draft)
    heavy[0] = {**heavy[0], "weight": "9"}
    tag = f'"{draft["version"]}"'
    draft = (await officer.patch(path, {"indicators": heavy}, tag)).json()
    checked = await officer.ok(f"{path}/check")
    (finding,) = [result for result in checked["results"] if not result["passed"]]
    assert (finding["rule"], finding["inputs"]["subject"]) == ("rubric.weights", "filing")
    assert "14" in finding["text"]
    assert await officer.refused(f"{path}/submit") == "rubric-weights-dimension"
    assert await officer.refused(f"{path}/rehearse", {"year": 2019}) == "rubric-weights-dimension"


async def test_a_year_that_is_over_gets_no_new_rubric(desk: Desk) -> None:
    officer = desk.caller("science_officer", today=LATER)
    assert await officer.refused("/v1/rubrics", {"first_year": 2019, **TITLES}) == "rubric-year-over"
    assert await officer.refused("/v1/rubrics", {"first_year": 2018, **TITLES}) == "policy-not-in-force"
    draft = await drafted(desk, NOW, 2019)
    path = f"/v1/rubrics/{draft['id']}"
    await desk.caller("science_officer", today=NOW).ok(f"{path}/submit")
    late = desk.caller("science_approver", today=LATER)
    assert await late.refused(f"{path}/approve", {"document_no": "文1"}) == "rubric-year-over"


async def test_nobody_approves_what_he_wrote_or_put_forward(desk: Desk) -> None:
    both = desk.caller("science_officer", "science_approver", today=NOW, account="both")
    draft = await both.ok("/v1/rubrics", {"first_year": 2019, **TITLES}, 201)
    path = f"/v1/rubrics/{draft['id']}"
    await desk.caller("science_officer", today=NOW).ok(f"{path}/submit")
    document = {"document_no": "文1"}
    assert await both.refused(f"{path}/approve", document, 403) == "four-eyes-required"
    submitter = desk.caller("industry_officer", "industry_approver", today=NOW, account="submitter")
    other = await desk.caller("science_officer", today=NOW).ok("/v1/rubrics", {"first_year": 2019, **TITLES}, 201)
    await submitter.ok(f"/v1/rubrics/{other['id']}/submit")
    refused = await submitter.refused(f"/v1/rubrics/{other['id']}/approve", document, 403)
    assert refused == "four-eyes-required"
    assert (await desk.caller("science_approver", today=NOW).ok(f"{path}/approve", document))["number"] == 2


@pytest.mark.parametrize("change", ["title_en = 'other'", "content = '{}'", "status = 'draft'", "first_year = 2020"])
async def test_the_database_keeps_an_approved_edition_as_it_is(desk: Desk, change: str) -> None:
    rubric = await approved(desk, await drafted(desk, NOW, 2019), NOW)
    for statement in (f"UPDATE rubric_edition SET {change}", "DELETE FROM rubric_edition"):
        with pytest.raises(DBAPIError, match="stays as it is"):
            async with desk.runtime.db.transaction() as session:
                await session.execute(text(statement))
    officer = desk.caller("science_officer", today=NOW)
    response = await officer.patch(f"/v1/rubrics/{rubric['id']}", {"title_en": "other"}, f'"{rubric["version"]}"')
    assert (response.status_code, response.json()["code"]) == (409, "invalid-transition")
    with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
        async with desk.runtime.db.transaction() as session:
            await session.execute(text("UPDATE rubric_revision SET changed = '[]'"))


async def test_a_year_keeps_the_rubric_of_its_last_day(desk: Desk) -> None:
    centre = await _centre_of_2019(desk)
    first = await desk.scored(2019, SCORED_2019)
    assert first["rubric_id"] is None
    before = await desk.evaluation_of(centre, 2019)
    rubric = await drafted(desk, LATER, 2020)
    await rehearsed(desk, rubric, 2019, LATER)
    await approved(desk, rubric, LATER)
    await desk.ok_score(first["id"], date(2020, 6, 2))
    again = await desk.evaluation_of(centre, 2019)
    assert (again["score"], again["grade"]) == (before["score"], before["grade"])
    second = await desk.scored(2020, SCORED_2020)
    assert second["rubric_id"] == rubric["id"]
    auditor = desk.caller("auditor", today=SCORED_2020)
    evaluation = await desk.evaluation_of(centre, 2020)
    sheet = (await auditor.read(f"/v1/evaluations/{evaluation['id']}/score-sheets"))["items"][0]
    weights = {line["indicator"]: line["weight"] for line in sheet["lines"]}
    assert (sheet["rubric_id"], weights["jobs"], weights["confirmed_services"]) == (rubric["id"], "13", "2")


async def test_a_cycle_opened_within_the_year_takes_the_rubric_that_is_approved_in_it(desk: Desk) -> None:
    await desk.centre()
    officer = desk.caller("science_officer", today=LATER)
    cycle = await officer.ok("/v1/evaluation-cycles", {"year": 2020}, 201)
    assert cycle["rubric_id"] is None
    rubric = await approved(desk, await drafted(desk, LATER, 2020), LATER)
    await desk.mark_all(cycle["id"], SCORED_2020)
    await desk.ok_score(cycle["id"], SCORED_2020)
    assert (await officer.read(f"/v1/evaluation-cycles/{cycle['id']}"))["rubric_id"] == rubric["id"]


async def test_of_two_editions_for_a_year_the_later_one_applies(desk: Desk) -> None:
    first = await approved(desk, await drafted(desk, NOW, 2019), NOW)
    again = await desk.caller("science_officer", today=NOW).ok(
        "/v1/rubrics", {"first_year": 2019, "copy_of": first["id"], **TITLES}, 201
    )
    assert again["values"]["indicators"] == first["values"]["indicators"]
    second = await approved(desk, again, NOW)
    assert (first["number"], second["number"]) == (2, 3)
    found = (await desk.caller("auditor").read("/v1/rubrics", year=2020))["items"]
    assert [rubric["id"] for rubric in found] == [second["id"]]


async def test_a_rehearsal_tells_whose_grade_would_change_and_changes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "AT_ONCE", 1)
    centres = [await _centre_of_2019(desk, jobs, services) for jobs, services in ((0, 5), (25, 0))]
    await desk.scored(2019, SCORED_2019)
    before = [await desk.evaluation_of(centre, 2019) for centre in centres]
    events = await desk.count("SELECT count(*) FROM event_log")
    rubric = await drafted(desk, LATER, 2020)
    officer = desk.caller("science_officer", today=LATER)
    assert await officer.refused(f"/v1/rubrics/{rubric['id']}/submit") == "rubric-not-rehearsed"
    operation = await rehearsed(desk, rubric, 2019, LATER)
    result = operation["result"]
    assert (operation["status"], operation["done"], operation["total"]) == ("done", 2, 2)
    assert (result["centres"], result["higher_score"], result["lower_score"]) == (2, 1, 1)
    assert result["facts_changed_since"] == 0
    assert result["indicators"]["jobs"] == {"old": "5.00", "new": "6.50"}
    assert sum(result["grades"].values()) == 2
    reader = desk.caller("auditor", today=LATER)
    path = f"/v1/rubrics/{rubric['id']}/rehearsals"
    (listed,) = (await reader.read(path))["items"]
    assert (listed["current"], listed["year"]) == (True, 2019)
    lines = (await reader.read(f"{path}/{listed['id']}/centres"))["items"]
    by_centre = {line["centre_id"]: line for line in lines}
    for centre, evaluation, delta in zip(centres, before, ("0", "3"), strict=True):
        line = by_centre[str(centre.id)]
        assert (line["old_score"], line["old_grade"]) == (evaluation["score"], evaluation["grade"])
        points = {found["indicator"]: found["delta"] for found in line["indicators"]}
        assert points["jobs"] == delta
    assert [await desk.evaluation_of(centre, 2019) for centre in centres] == before
    assert await desk.count("SELECT count(*) FROM event_log") == events + 3  # drafted, edited, rehearsed
    await desk.caller("science_officer", today=LATER).ok(f"/v1/rubrics/{rubric['id']}/submit")


async def test_a_rehearsal_of_an_older_version_does_not_do(desk: Desk) -> None:
    await _centre_of_2019(desk)
    await desk.scored(2019, SCORED_2019)
    rubric = await drafted(desk, LATER, 2020)
    await rehearsed(desk, rubric, 2019, LATER)
    officer = desk.caller("science_officer", today=LATER)
    path = f"/v1/rubrics/{rubric['id']}"
    tag = (await officer.get(path)).headers["ETag"]
    assert (await officer.patch(path, {"title_en": "Third try"}, tag)).status_code == 200
    assert await officer.refused(f"{path}/submit") == "rubric-not-rehearsed"
    assert await officer.refused(f"{path}/rehearse", {"year": 2018}) == "year-without-scores"


async def test_a_rehearsal_asked_for_twice_is_the_same_work(desk: Desk) -> None:
    await _centre_of_2019(desk)
    await desk.scored(2019, SCORED_2019)
    rubric = await drafted(desk, LATER, 2020)
    officer = desk.caller("science_officer", today=LATER)
    path = f"/v1/rubrics/{rubric['id']}"
    first, second = [await officer.ok(f"{path}/rehearse", {"year": 2019}, 202) for _ in range(2)]
    assert first["id"] == second["id"]
    assert await desk.work() == 1


async def test_an_expert_indicator_that_nobody_could_mark_is_left_out_of_the_comparison(desk: Desk) -> None:
    centre = await _centre_of_2019(desk)
    await desk.scored(2019, SCORED_2019)
    officer = desk.caller("science_officer", today=LATER)
    draft = await officer.ok("/v1/rubrics", {"first_year": 2020, **TITLES}, 201)
    indicators = draft["values"]["indicators"]
    sample = next(found for found in indicators if found["id"] == "filing_sample")
    sample["weight"] = "1"
    indicators.append({**sample, "id": "site_visit"})
    path = f"/v1/rubrics/{draft['id']}"
    tag = f'"{draft["version"]}"'
    assert (await officer.patch(path, {"indicators": indicators}, tag)).status_code == 200
    operation = await rehearsed(desk, draft, 2019, LATER)
    assert operation["result"]["left_out_unmarked"] == ["site_visit"]
    evaluation = await desk.evaluation_of(centre, 2019)
    (rehearsal,) = (await officer.read(f"{path}/rehearsals"))["items"]
    (line,) = (await officer.read(f"{path}/rehearsals/{rehearsal['id']}/centres"))["items"]
    assert line["old_score"] == evaluation["score"]
    points = {found["indicator"]: found["new"] for found in line["indicators"]}
    assert points["site_visit"] is None
