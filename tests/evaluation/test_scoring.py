"""Scoring over HTTP: the facts in the database, and the sheet with its lineage (2.3-2)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.evaluation.operations import worker
from shared.events.contracts import registry as rc
from shared.events.types import EventType
from tests.evaluation.known import Centre, Json
from tests.evaluation.support import Desk, full_form

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCORED = date(2020, 2, 3)
QUARTERS = ((1, date(2019, 4, 10)), (2, date(2019, 7, 10)), (3, date(2019, 10, 10)), (4, date(2020, 1, 10)))
NOBODY: Json = {
    "incubatees_opening": 4,
    "incubatees": 4,
    "enterprises_served": 4,
    "jobs": 0,
    "mentors": 0,
    "specialist_staff": 0,
    "trained_staff": 0,
    "enterprises_with_ip": 0,
    "confirmed_services": 0,
    "events_by_level": {},
    "attendance": 0,
}


async def _reported(desk: Desk, centre: Centre, lines: Json | None = None, **changes: Any) -> list[Json]:
    return [await desk.report(centre, 2019, quarter, on, full_form(**changes), lines=lines) for quarter, on in QUARTERS]


async def _sheet(desk: Desk, centre: Centre, year: int = 2019) -> Json:
    evaluation = await desk.evaluation_of(centre, year)
    sheets = await desk.caller("auditor").read(f"/v1/evaluations/{evaluation['id']}/score-sheets")
    sheet: Json = sheets["items"][0]
    return sheet


def _lines(sheet: Json) -> dict[str, Json]:
    return {line["indicator"]: line for line in sheet["lines"]}


async def _diligent(desk: Desk) -> tuple[Centre, list[Json]]:
    """The county centre of the worked example, quarter by quarter."""
    centre = await desk.centre(
        owner_division="540121", site_division="540121", total_area_m2="1000.00", incubation_area_m2="1000.00"
    )
    firms = [await desk.tenancy(centre, date(2018, 6, 1)) for _ in range(4)]
    lender = await desk.enterprise(centre, date(2019, 4, 10), filed_on=date(2019, 5, 10))
    await desk.tenancy(centre, date(2019, 4, 10), filed_on=date(2019, 5, 10))
    await _end(desk, firms[0], centre, date(2018, 6, 1), date(2019, 11, 30), graduation_criterion="high_tech")
    year_end = {"mentors": 1, "specialist_staff": 1, "trained_staff": 1, "enterprises_with_ip": 1, "jobs": 12}
    nothing: dict[str, object] = dict.fromkeys(("attendance", "confirmed_services", "financing_matches"), 0) | {
        "events_by_level": {}
    }
    at_first = {**nothing, **year_end, "area_used_m2": 480, "incubatees_opening": 4, "incubatees": 4}
    served = {"enterprises_served": 4, "enterprises_financed": 0}
    forms: list[dict[str, object]] = [
        {**at_first, **served, "confirmed_services": 6, "events_by_level": {"centre": 1}, "attendance": 40},
        {**at_first, **served, "admitted": 2, "incubatees": 6, "alive_after_12_months": 4, "confirmed_services": 4},
        {**at_first, **served, "incubatees_opening": 6, "incubatees": 6, "bank_loans": "20000.00"},
        {
            **at_first,
            **served,
            "incubatees_opening": 6,
            "graduated": 1,
            "incubatees": 5,
            "confirmed_services": 6,
            "events_by_level": {"municipal": 1},
            "financing_matches": 1,
        },
    ]
    days = [QUARTERS[0][1], QUARTERS[1][1], QUARTERS[2][1], date(2020, 1, 16)]  # the fourth a day late
    reports = []
    for (quarter, _), on, form in zip(QUARTERS, days, forms, strict=True):
        lines = {lender.code: {"loans_received": "20000.00"}} if quarter == 3 else {}
        report = await desk.report(centre, 2019, quarter, on, full_form(**form), accept=False, lines=lines)
        path = f"/v1/quarterly-reports/{report['id']}"
        officer = desk.caller("science_officer", today=on)
        if quarter == 2:
            back = await officer.ok(f"{path}/return", {"reasons": {"jobs": "unsupported"}})
            operator = desk.operator(centre, date(2019, 7, 17))
            said = {"explanations": {"jobs": "社保清单已补交"}}
            assert (await operator.patch(path, said, f'"{back["version"]}"')).status_code == 200
            await operator.ok(f"{path}/submit")
            officer = officer.on(date(2019, 7, 17))
        reports.append(await officer.ok(f"{path}/accept"))
    return centre, reports


async def _end(desk: Desk, tenancy: object, centre: Centre, admitted_on: date, ended_on: date, **how: str) -> None:
    data = rc.TenancyState(
        id=UUID(str(tenancy)),
        enterprise_id=uuid4(),
        centre_id=centre.id,
        status="graduated",
        admitted_on=admitted_on,
        agreement_no="协议",
        filed_on=admitted_on,
        ended_on=ended_on,
        reason_code=how.get("reason_code"),
        graduation_criterion=how.get("graduation_criterion"),
        relocation_case_id=None,
    )
    kind = rc.TenancyGraduated if data.graduation_criterion else rc.TenancyExited
    await desk.feed(kind, data.id, 2, data, ended_on)


async def test_the_diligent_county_centre_scores_in_the_database_what_was_computed_by_hand(desk: Desk) -> None:
    centre, reports = await _diligent(desk)
    cycle = await desk.scored(2019, SCORED, marks=False)
    await desk.mark_all(cycle["id"], SCORED, "90")
    evaluation = await desk.evaluation_of(centre, 2019)
    sheet = await _sheet(desk, centre)
    points = {name: line["points"] for name, line in _lines(sheet).items()}
    assert points == {
        "filed_agreements": "5",
        "filed_in_time": "3",
        "filing_sample": "1.8",
        "confirmed_services": "4",
        "mentors": "5",
        "specialist_staff": "3",
        "area_in_use": "2.4",
        "intellectual_property": "3.333333",
        "jobs": "8",
        "reports_on_time": "3.75",
        "reports_complete": "3",
        "reports_corrected": "2",
        "incubatees": "3.75",
        "graduation_rate": "7",
        "exits_in_order": "4",
        "survival": "8",
        "enterprises_financed": "0",
        "financing_amount": "0.2",
        "financing_matches": "3.125",
        "events": "5",
        "attendance": "2.4",
        "higher_level_events": "1",
    }
    assert (sheet["score"], evaluation["score"], evaluation["grade"]) == ("78.76", "78.76", "pass")
    assert len(sheet["lineage"]["report_revisions"]) == len(reports)
    assert len(sheet["lineage"]["tenancy_events"]) == 6
    assert len(sheet["lineage"]["expert_scores"]) == 1
    assert len(sheet["lineage"]["centre_events"]) == 1


async def test_each_line_of_a_sheet_names_formula_inputs_and_sources(desk: Desk) -> None:
    centre = await desk.centre()
    for _ in range(4):
        await desk.tenancy(centre, date(2018, 6, 1))
    await _reported(desk, centre, incubatees_opening=4, incubatees=4, enterprises_served=4)
    await desk.scored(2019, SCORED)
    jobs = _lines(await _sheet(desk, centre))["jobs"]
    assert jobs == {
        "indicator": "jobs",
        "dimension": "services",
        "weight": "10",
        "formula": "services.jobs_per_enterprise",
        "applicable": True,
        "value": "5",
        "full_mark": "5",
        "points": "10",
        "inputs": {"jobs": "20", "incubatees": 4},
        "fields": ["jobs"],
        "sources": ["evaluation.report", "registry.tenancy"],
        "clause": "2.3-2",
    }


async def test_only_accepted_reports_count_and_late_ones_cost_points(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.report(centre, 2019, 1, date(2019, 4, 10))
    await desk.report(centre, 2019, 2, date(2019, 7, 20))
    await desk.report(centre, 2019, 3, date(2019, 10, 10), accept=False)
    await desk.scored(2019, SCORED)
    lines = _lines(await _sheet(desk, centre))
    assert lines["reports_on_time"]["inputs"] == {"on_time": 2, "due": 4}
    assert lines["reports_complete"]["inputs"] == {"filled": 42, "fields": 84}
    assert lines["events"]["inputs"] == {"events": 6, "events_reported": 4}  # on record, whatever became of the report


async def test_no_quarterly_report_at_all_is_a_fail(desk: Desk) -> None:
    silent, late = await desk.centre(), await desk.centre(listed_on=date(2019, 8, 1))
    await desk.scored(2019, SCORED)
    evaluation = await desk.evaluation_of(silent, 2019)
    assert (evaluation["grade"], evaluation["vetoed"], evaluation["failing"]) == ("fail", True, True)
    failed = [rule for rule in evaluation["decision"]["results"] if not rule["passed"]]
    assert [(rule["rule"], rule["inputs"]["veto"]) for rule in failed] == [("evaluation.veto", "no_quarterly_report")]
    assert (await desk.evaluation_of(late, 2019))["grade"] == "not_graded"


async def test_the_year_counts_centres_listed_at_its_end_or_during_it(desk: Desk) -> None:
    inside = [
        await desk.centre(),
        await desk.centre(listed_on=date(2019, 12, 31)),
        await desk.centre(listed_on=date(2018, 3, 1), delisted_on=date(2019, 5, 1), status="delisted"),
    ]
    await desk.centre(listed_on=date(2020, 1, 1))
    await desk.centre(listed_on=date(2018, 3, 1), delisted_on=date(2018, 12, 31), status="delisted")
    await desk.centre(status="submitted", listed_on=None)
    cycle = await desk.scored(2019, SCORED)
    auditor = desk.caller("auditor")
    found = await auditor.read("/v1/evaluations", cycle_id=cycle["id"])
    assert {item["centre_id"] for item in found["items"]} == {str(centre.id) for centre in inside}
    newcomer = await desk.centre(listed_on=date(2019, 6, 3))
    await desk.ok_score(cycle["id"], SCORED)
    assert (await desk.evaluation_of(newcomer, 2019))["status"] == "scored"


async def test_a_centre_is_evaluated_as_what_it_was_on_the_years_last_day(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.amend(centre, date(2019, 12, 31), tier="specialised")
    await desk.amend(centre, date(2020, 1, 1), tier="national", owner_division="540121")
    await desk.scored(2019, SCORED)
    evaluation = await desk.evaluation_of(centre, 2019)
    assert (evaluation["tier"], evaluation["owner_division"]) == ("specialised", "540102")


async def test_filing_in_time_is_30_days_and_from_publication_for_earlier_admissions(desk: Desk) -> None:
    centre = await desk.centre()
    for admitted_on, filed_on in (
        (date(2019, 1, 10), date(2019, 4, 17)),  # before publication: 30 days from 18 March
        (date(2019, 1, 10), date(2019, 4, 18)),
        (date(2019, 6, 3), date(2019, 7, 3)),
        (date(2019, 6, 3), date(2019, 7, 4)),
        (date(2019, 9, 5), date(2019, 10, 8)),  # day 30 is 5 October, a holiday until the 7th
        (date(2019, 9, 5), None),
    ):
        await desk.tenancy(centre, admitted_on, filed_on=filed_on)
    await _reported(desk, centre)
    await desk.scored(2019, SCORED)
    lines = _lines(await _sheet(desk, centre))
    assert lines["filed_agreements"]["inputs"] == {"filed": 5, "admitted": 6}
    assert lines["filed_in_time"]["inputs"] == {"filed_in_time": 3, "admitted": 6}


async def test_a_stay_that_ends_on_the_last_day_of_the_year_is_no_incubatee_of_its_end(desk: Desk) -> None:
    centre = await desk.centre()
    for ended_on in (date(2019, 12, 31), date(2020, 1, 1)):
        firm = await desk.tenancy(centre, date(2018, 5, 1))
        await _end(desk, firm, centre, date(2018, 5, 1), ended_on, reason_code="moved_out")
    await _reported(desk, centre)
    await desk.scored(2019, SCORED)
    lines = _lines(await _sheet(desk, centre))
    assert lines["incubatees"]["inputs"] == {"incubatees": 1}
    assert lines["exits_in_order"]["inputs"]["exited"] == 1


async def test_the_same_events_repeated_or_reordered_give_the_same_score(desk: Desk) -> None:
    one, other = await desk.centre(), await desk.centre()
    for centre, order in ((one, (1, 2)), (other, (2, 1, 2, 1))):
        firm = await desk.tenancy(centre, date(2018, 5, 1), filed_on=None)
        states: dict[int, tuple[EventType[rc.TenancyState], dict[str, object]]] = {
            1: (rc.TenancyFiled, {"filed_on": date(2018, 5, 9), "ended_on": None, "reason_code": None}),
            2: (
                rc.TenancyExited,
                {"filed_on": date(2018, 5, 9), "ended_on": date(2019, 3, 1), "reason_code": "ceased"},
            ),
        }
        for step in order:
            kind, changes = states[step]
            data = rc.TenancyState.model_validate(
                {
                    "id": firm,
                    "enterprise_id": firm,
                    "centre_id": centre.id,
                    "status": "exited",
                    "admitted_on": date(2018, 5, 1),
                    "agreement_no": "协议",
                    "graduation_criterion": None,
                    "relocation_case_id": None,
                    **changes,
                }
            )
            await desk.feed(kind, firm, step + 1, data)
        await _reported(desk, centre)
    await desk.scored(2019, SCORED)
    sheets = [await _sheet(desk, centre) for centre in (one, other)]
    assert sheets[0]["lines"] == sheets[1]["lines"]
    assert sheets[0]["exact"] == sheets[1]["exact"]


async def test_ties_at_the_border_of_the_best_fifth_are_all_excellent(desk: Desk) -> None:
    best = [await desk.centre() for _ in range(2)]
    good = await desk.centre()
    poor = [await desk.centre() for _ in range(3)]
    for centre, marks in ((best[0], 1), (best[1], 1), (good, 0)):
        firms = [await desk.enterprise(centre, date(2019, 1, 10), filed_on=date(2019, 1, 20)) for _ in range(2)]
        for _ in range(18):
            await desk.tenancy(centre, date(2019, 1, 10), filed_on=date(2019, 1, 20))
        lines = {firm.code: {"equity_received": "250000.00"} for firm in firms}
        rich: Json = {
            "incubatees_opening": 20,
            "incubatees": 20,
            "enterprises_served": 20,
            "confirmed_services": 20 if marks else 18,
            "enterprises_with_ip": 10,
            "jobs": 100,
            "enterprises_financed": 2,
            "equity_financing": "500000.00",
            "financing_matches": 2,
            "events_by_level": {"municipal": 3},
            "attendance": 200,
        }
        await _reported(desk, centre, lines, **rich)
    for centre in poor:
        await _reported(desk, centre, **NOBODY)
    await desk.scored(2019, SCORED)
    results = [await desk.evaluation_of(centre, 2019) for centre in (*best, good)]
    assert [(found["grade"], found["place"], found["graded_in_tier"]) for found in results] == [
        ("excellent", 1, 6),
        ("excellent", 1, 6),
        ("good", 3, 6),
    ]
    told = [[kind.split(".")[2] for kind in await desk.events(found["id"])] for found in results]
    assert told == [["enrolled", "scored", "graded"], ["enrolled", "scored", "graded"], ["enrolled", "scored"]]
    query = "SELECT count(*) FROM event_log WHERE type LIKE '%graded.v1' AND data::jsonb ->> 'grade' = 'excellent'"
    assert await desk.count(query) == 2
    preview = await desk.caller("auditor").read(f"/v1/evaluation-cycles/{results[0]['cycle_id']}/preview")
    assert preview["grades"] == {"excellent": 2, "good": 1, "fail": 3}
    assert len(preview["fails"]) == 3


async def test_scoring_interrupted_goes_on_where_it_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        await desk.centre()
    officer = desk.caller("science_officer", today=SCORED)
    cycle = await officer.ok("/v1/evaluation-cycles", {"year": 2019}, 201)
    operation = await officer.ok(f"/v1/evaluation-cycles/{cycle['id']}/score", status=202)
    monkeypatch.setattr(worker, "SCORED_AT_ONCE", 2)
    operation_id = UUID(operation["id"].removeprefix("evaluation-"))
    async with desk.runtime.db.transaction() as session:
        assert await worker._score_some(session, desk.runtime.editions, operation_id, {})
    path = f"/v1/operations/{operation['id']}"
    assert [(await officer.read(path))[name] for name in ("status", "done", "total")] == ["running", 2, 5]
    await desk.work()
    assert [(await officer.read(path))[name] for name in ("status", "done", "total")] == ["done", 5, 5]
    assert await desk.count("SELECT count(*) FROM score_sheet") == 5
