"""Evidence for indicators, and the records that a score rests on (2.3-2)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from hashlib import sha256
from io import BytesIO
from uuid import UUID

import pytest
from docx import Document
from sqlalchemy import text

from services.evaluation.evaluations import tenancy_counts
from services.evaluation.reports.form import YearForm
from services.evaluation.rubrics.catalogue import CATALOGUE
from services.evaluation.rubrics.facts import Facts, ReportingFacts, TenancyFacts
from services.evaluation.rubrics.texts import INPUTS
from shared.policy.edition import load_editions
from tests.evaluation.known import Centre, Json
from tests.evaluation.rubrics.drafts import PDF
from tests.evaluation.support import Desk, full_form

pytestmark = pytest.mark.asyncio(loop_scope="session")

OPENED = date(2020, 1, 15)
SCORED = date(2020, 2, 3)
FINAL = date(2020, 3, 2)


async def _open_year(desk: Desk) -> tuple[Centre, str, str]:
    """A reporting centre in an open year: centre, cycle, its evaluation's address."""
    centre = await desk.centre()
    for _ in range(3):
        await desk.tenancy(centre, date(2019, 1, 10))
    await desk.report(centre, 2019, 1, date(2019, 4, 10))
    cycle = await desk.caller("science_officer", today=OPENED).ok("/v1/evaluation-cycles", {"year": 2019}, 201)
    return centre, cycle["id"], f"/v1/evaluations/{(await desk.evaluation_of(centre, 2019))['id']}"


async def _given(desk: Desk, centre: Centre, path: str, indicator: str = "mentors") -> Json:
    operator = desk.operator(centre, OPENED)
    document = (await operator.upload(f"{path}/documents", PDF, "协议.pdf")).json()
    body = {"indicator": indicator, "document_id": document["id"], "note": "导师聘任协议"}
    return await operator.ok(f"{path}/evidence", body, 201)


async def test_a_centre_gives_evidence_for_indicators_that_want_it(desk: Desk) -> None:
    centre, _, path = await _open_year(desk)
    evidence = await _given(desk, centre, path)
    assert (evidence["status"], evidence["sha256"]) == ("filed", sha256(PDF).hexdigest())
    listed = await desk.operator(centre, OPENED).read(f"{path}/evidence")
    assert ("mentors" in listed["wanted"], "mentors" in listed["missing"]) == (True, False)
    assert "jobs" not in listed["wanted"]
    operator = desk.operator(centre, OPENED)
    again = {"indicator": "mentors", "document_id": evidence["document_id"]}
    assert await operator.refused(f"{path}/evidence", again) == "evidence-exists"
    unwanted = {"indicator": "jobs", "document_id": evidence["document_id"]}
    assert (await operator.post(f"{path}/evidence", unwanted)).status_code == 422
    elsewhere = {"indicator": "events", "document_id": evidence["evaluation_id"]}
    assert (await operator.post(f"{path}/evidence", elsewhere)).status_code == 404


async def test_evidence_of_somebody_elses_evaluation_does_not_exist(desk: Desk) -> None:
    centre, _, path = await _open_year(desk)
    evidence = await _given(desk, centre, path)
    stranger = desk.operator(await desk.centre(), OPENED)
    document = f"{path}/documents/{evidence['document_id']}"
    for address in (f"{path}/evidence", f"{path}/documents", document, f"{document}/content"):
        assert (await stranger.get(address)).status_code == 404, address
    assert (await stranger.upload(f"{path}/documents", PDF, "x.pdf")).status_code == 404
    withdraw = f"{path}/evidence/{evidence['id']}/withdraw"
    assert (await stranger.post(withdraw)).status_code == 404
    division = desk.caller("division_officer", today=OPENED, division="540121")
    assert (await division.get(f"{path}/evidence")).status_code == 404
    assert (await desk.caller("auditor", today=OPENED).get(f"{document}/content")).content == PDF


async def test_evidence_is_fixed_once_results_are_signed(desk: Desk) -> None:
    centre, cycle, path = await _open_year(desk)
    evidence = await _given(desk, centre, path)
    operator = desk.operator(centre, SCORED)
    await desk.mark_all(cycle, SCORED)
    await desk.ok_score(cycle, SCORED)
    document = f"{path}/documents/{evidence['document_id']}"
    assert (await operator.delete(document)).json()["code"] == "document-kept"
    await desk.announce(cycle, SCORED)
    withdraw = f"{path}/evidence/{evidence['id']}/withdraw"
    assert await operator.refused(withdraw) == "invalid-transition"
    await desk.sign(cycle, FINAL)
    body = {"indicator": "events", "document_id": evidence["document_id"]}
    assert await operator.on(FINAL).refused(f"{path}/evidence", body) == "invalid-transition"
    assert (await operator.on(FINAL).upload(f"{path}/documents", PDF, "x.pdf")).status_code == 409


async def _sheet(desk: Desk, path: str) -> Json:
    found = await desk.caller("auditor", today=FINAL).read(f"{path}/score-sheets")
    sheet: Json = found["items"][0]
    return sheet


async def test_a_score_names_every_record_that_it_rests_on(desk: Desk) -> None:
    centre, cycle, path = await _open_year(desk)
    evidence = await _given(desk, centre, path)
    await desk.amend(centre, date(2020, 1, 20), name="改名中心")
    await desk.mark_all(cycle, SCORED)
    await desk.ok_score(cycle, SCORED)
    lineage = (await _sheet(desk, path))["lineage"]
    states = "SELECT event_id FROM known_centre_state WHERE centre_id = :id ORDER BY version"
    revisions = (
        "SELECT v.id FROM report_revision v JOIN quarterly_report r ON r.id = v.report_id WHERE r.centre_id = :id"
    )
    stays = "SELECT event_id FROM known_tenancy WHERE centre_id = :id ORDER BY event_id"
    async with desk.runtime.db.transaction() as session:

        async def ids(query: str) -> list[str]:
            return [str(found) for found in await session.scalars(text(query), {"id": centre.id})]

        assert lineage["centre_events"] == await ids(states)  # in effect on 31 December, and the last one known
        assert lineage["report_revisions"] == await ids(revisions)
        behind = await ids(stays)
    assert sorted(lineage["tenancy_events"]) == behind
    assert lineage["tenancy_events_total"] == 3
    assert lineage["tenancy_events_sha256"] == sha256(",".join(behind).encode()).hexdigest()
    assert lineage["evidence"] == {"mentors": [f"{evidence['document_id']}:{evidence['sha256']}"]}
    assert len(lineage["expert_scores"]) == 1


async def test_a_centre_with_very_many_stays_has_a_sheet_of_bounded_size(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenancy_counts, "NAMED_AT_MOST", 2)
    _, cycle, path = await _open_year(desk)
    await desk.ok_score(cycle, SCORED)
    lineage = (await _sheet(desk, path))["lineage"]
    assert (len(lineage["tenancy_events"]), lineage["tenancy_events_total"]) == (2, 3)


async def test_withdrawn_evidence_is_readable_but_no_lineage(desk: Desk) -> None:
    centre, cycle, path = await _open_year(desk)
    evidence = await _given(desk, centre, path)
    await desk.operator(centre, OPENED).ok(f"{path}/evidence/{evidence['id']}/withdraw")
    await desk.ok_score(cycle, SCORED)
    assert (await _sheet(desk, path))["lineage"]["evidence"] == {}
    listed = await desk.operator(centre, SCORED).read(f"{path}/evidence")
    assert [item["status"] for item in listed["items"]] == ["withdrawn"]


def _text(content: bytes) -> str:
    paper = Document(BytesIO(content))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in paper.paragraphs), *cells])


async def test_a_score_sheet_is_printed_with_formulas_clauses_and_records(desk: Desk) -> None:
    centre, cycle, path = await _open_year(desk)
    await _given(desk, centre, path)
    auditor = desk.caller("auditor", today=SCORED)
    assert (await auditor.get(f"{path}/score-sheet.docx")).json()["code"] == "not-scored-yet"
    await desk.mark_all(cycle, SCORED)
    await desk.ok_score(cycle, SCORED)
    paper = await auditor.get(f"{path}/score-sheet.docx")
    assert paper.status_code == 200
    assert "wordprocessingml" in paper.headers["Content-Type"]
    shown = _text(paper.content)
    sheet = await _sheet(desk, path)
    evaluation = await desk.evaluation_of(centre, 2019)
    for expected in (
        *(evaluation["no"], evaluation["score"], sheet["id"], sheet["lineage"]["tenancy_events"][0]),
        *("企均带动就业", "在孵企业从业人数 ÷ 年末在孵企业数", "2.3-2", "2.3-3", "第1季度 第1版", "初步结果"),
    ):
        assert expected in shown, expected
    assert "{{" not in shown
    assert "{%" not in shown
    assert "本年入驻数：" in shown
    assert not [name for name in INPUTS if name in shown]
    operator = desk.operator(centre, SCORED)
    assert (await operator.get(f"{path}/score-sheet.docx")).status_code == 404
    await desk.announce(cycle, SCORED)
    assert (await operator.get(f"{path}/score-sheet.docx")).status_code == 200
    assert (await desk.operator(await desk.centre(), SCORED).get(f"{path}/score-sheet.docx")).status_code == 404


async def test_a_returned_report_is_printed_by_its_number(desk: Desk) -> None:
    centre = await desk.centre()
    report = await desk.report(centre, 2019, 2, date(2019, 7, 10), accept=False)
    path = f"/v1/quarterly-reports/{report['id']}"
    officer = desk.caller("science_officer", today=date(2019, 7, 11))
    await officer.ok(f"{path}/return", {"reasons": {"jobs": "implausible"}})
    await desk.scored(2019, SCORED)
    evaluation = await desk.evaluation_of(centre, 2019)
    paper = await desk.caller("auditor", today=SCORED).get(f"/v1/evaluations/{evaluation['id']}/score-sheet.docx")
    shown = _text(paper.content)
    assert f"{report['no']} 第2季度 第1版" in shown
    assert report["id"] not in shown


async def test_every_input_of_every_formula_has_a_name() -> None:
    edition = load_editions(None).get("lhasa-2019")
    facts = Facts("city", False, False, Decimal(900), TenancyFacts(), ReportingFacts(), YearForm({}, {}), {})
    named = {name for one in edition.rubric.with_bonus for name in CATALOGUE[one.formula].formula(facts, one).inputs}
    assert named - set(INPUTS) == set()
    assert {one.formula for one in edition.rubric.with_bonus} == set(CATALOGUE)


async def test_years_are_compared_with_their_differences(desk: Desk) -> None:
    centre = await desk.centre()
    for _ in range(5):
        await desk.tenancy(centre, date(2019, 1, 10))
    await desk.report(centre, 2019, 1, date(2019, 4, 10), full_form(jobs=10))
    first = await desk.scored(2019, SCORED)
    await desk.announce(first["id"], SCORED)
    await desk.sign(first["id"], FINAL)
    await desk.publish(first["id"], FINAL)
    await desk.report(centre, 2020, 1, date(2020, 4, 10), full_form(jobs=20))
    await desk.scored(2020, date(2021, 2, 1))
    public = desk.caller("public", account="anonymous")
    series = "/v1/evaluations/series"
    (only,) = (await public.read(series, centre_id=centre.id))["years"]
    assert (only["year"], only["indicators"], only["place"]) == (2019, None, None)
    shown = (await desk.caller("auditor", today=date(2021, 2, 2)).read(series, centre_id=centre.id))["years"]
    assert [year["year"] for year in shown] == [2019, 2020]
    jobs = next(found for found in shown[1]["indicators"] if found["name"] == "jobs")
    assert (jobs["points"], jobs["delta"]) == ("8", "+4")
    assert (shown[0]["score_delta"], shown[1]["same_rubric"]) == (None, True)
    moved = float(shown[1]["score"]) - float(shown[0]["score"])
    assert float(shown[1]["score_delta"]) == pytest.approx(moved)
    assert (await public.get(series, centre_id=UUID(int=0))).status_code == 404
    own = (await desk.operator(centre, date(2021, 2, 2)).read(series, centre_id=centre.id))["years"]
    assert [(year["year"], year["indicators"] is None) for year in own] == [(2019, False)]
