"""Limits for each enterprise, and the term of a report that came with little in it, over HTTP (2.3-2)."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest

from shared.events.contracts import registry as rc
from tests.evaluation.known import Centre, Json
from tests.evaluation.reports.support import service
from tests.evaluation.support import Desk, full_form

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCORED = date(2020, 2, 3)
REQUIRED = 21
LATER = ("jobs", "mentors", "attendance", "specialist_staff", "trained_staff")
"""Fields that reports below leave empty at first."""


async def _line(desk: Desk, centre: Centre, indicator: str) -> Json:
    sheet = await _sheet(desk, centre)
    line: Json = next(line for line in sheet["lines"] if line["indicator"] == indicator)
    return line


async def _sheet(desk: Desk, centre: Centre) -> Json:
    evaluation = await desk.evaluation_of(centre, 2019)
    sheets = await desk.caller("auditor").read(f"/v1/evaluations/{evaluation['id']}/score-sheets")
    sheet: Json = sheets["items"][0]
    return sheet


async def _said(desk: Desk, report: Json) -> list[str]:
    """What the decision on the newest version says."""
    found = await desk.caller("auditor").read(f"/v1/quarterly-reports/{report['id']}/revisions")
    return [result["message"] for result in found["items"][-1]["decision"]["results"]]


async def _report(desk: Desk, centre: Centre, **changes: object) -> None:
    await desk.report(centre, 2019, 1, date(2019, 4, 10), full_form(**changes))


@pytest.mark.parametrize(("services", "counted"), [(3, "3"), (4, "4"), (5, "4")])
async def test_of_one_firms_confirmed_services_four_count(desk: Desk, services: int, counted: str) -> None:
    centre = await desk.centre()
    firm, stay = uuid4(), await desk.tenancy(centre, date(2018, 5, 2))
    for _ in range(3):
        await desk.tenancy(centre, date(2018, 5, 2))
    for _ in range(services):
        await service(desk, centre, enterprise_id=firm, tenancy_id=stay)
    await service(desk, centre, enterprise_id=firm, tenancy_id=stay, status="contested")
    await service(desk, centre, enterprise_id=firm, tenancy_id=stay, provided_on=date(2018, 12, 31))
    await _report(desk, centre, confirmed_services=services, enterprises_served=5)
    await desk.scored(2019, SCORED)
    line = await _line(desk, centre, "confirmed_services")
    assert line["inputs"]["services_recorded"] == services
    assert (line["inputs"]["services_within_limit"], line["reading"]) == (int(counted), "by_enterprise")
    assert line["value"] == {"3": "0.75", "4": "1"}[counted]
    lineage = (await _sheet(desk, centre))["lineage"]
    assert (len(lineage["service_records"]), lineage["service_records_total"]) == (services, services)


async def test_services_of_two_records_of_one_firm_count_as_one_firms_once_they_are_merged(desk: Desk) -> None:
    centre = await desk.centre()
    old, survivor = uuid4(), uuid4()
    first = await desk.tenancy(centre, date(2018, 6, 1), enterprise_id=old, ended_on=date(2019, 5, 31))
    second = await desk.tenancy(centre, date(2019, 6, 3), enterprise_id=survivor)
    for number in range(6):
        owner, stay = ((old, first), (survivor, second))[number % 2]
        await service(desk, centre, enterprise_id=owner, tenancy_id=stay)
    await _report(desk, centre, confirmed_services=6, enterprises_served=2)
    cycle = await desk.scored(2019, SCORED)
    assert (await _line(desk, centre, "confirmed_services"))["inputs"]["services_within_limit"] == 6
    await desk.feed(rc.TenancyReassigned, first, 2, _stay(first, survivor, centre))
    await desk.ok_score(cycle["id"], SCORED)
    assert (await _line(desk, centre, "confirmed_services"))["inputs"]["services_within_limit"] == 4


def _stay(tenancy_id: UUID, enterprise_id: UUID, centre: Centre) -> rc.TenancyState:
    return rc.TenancyState(
        id=tenancy_id,
        enterprise_id=enterprise_id,
        centre_id=centre.id,
        status="exited",
        admitted_on=date(2018, 6, 1),
        agreement_no="协议",
        filed_on=date(2018, 6, 1),
        ended_on=date(2019, 5, 31),
        reason_code="moved_out",
        graduation_criterion=None,
        relocation_case_id=None,
    )


@pytest.mark.parametrize(
    ("raised", "each"),
    [("300000.00", "75000"), ("300000.01", "75000"), ("1200000.00", "75000"), ("280000.00", "70000")],
)
async def test_one_financed_firm_of_a_report_without_lines_brings_at_most_300000_yuan(
    desk: Desk, raised: str, each: str
) -> None:
    centre = await desk.centre()
    for _ in range(4):
        await desk.tenancy(centre, date(2018, 5, 2))
    form = full_form(equity_financing=raised, enterprises_financed=1)
    await desk.report(centre, 2019, 1, date(2019, 4, 10), form, version=2)
    await desk.scored(2019, SCORED)
    line = await _line(desk, centre, "financing_amount")
    assert (line["value"], line["reading"]) == (each, "total")


@pytest.mark.parametrize(("empty", "on_time"), [(0, 1), (4, 1), (5, 0)])
async def test_a_report_completed_after_the_due_day_was_in_time_only_with_80_percent_filled_by_then(
    desk: Desk, empty: int, on_time: int
) -> None:
    centre = await desk.centre()
    form = full_form()
    first = {name: value for name, value in form.items() if name not in LATER[:empty]}
    sent = await desk.report(centre, 2019, 1, date(2019, 4, 15), first, accept=False)
    assert sent["late"] is False
    assert ("report-too-little-in-time" in await _said(desk, sent)) is not bool(on_time)
    if empty:
        path = f"/v1/quarterly-reports/{sent['id']}"
        officer = desk.caller("science_officer", today=date(2019, 4, 16))
        back = await officer.ok(f"{path}/return", {"reasons": {"jobs": "missing"}})
        operator = desk.operator(centre, date(2019, 4, 17))
        later = {"form": form, "explanations": {"attendance": "登记系统待补录"}}
        assert (await operator.patch(path, later, f'"{back["version"]}"')).status_code == 200
        sent = await operator.ok(f"{path}/submit")
    await desk.caller("science_officer", today=date(2019, 4, 18)).ok(f"/v1/quarterly-reports/{sent['id']}/accept")
    await desk.scored(2019, SCORED)
    assert (await _line(desk, centre, "reports_on_time"))["inputs"]["on_time"] == on_time
    assert (await _line(desk, centre, "reports_complete"))["inputs"]["filled"] == REQUIRED


async def test_a_second_version_on_the_due_day_itself_keeps_the_term(desk: Desk) -> None:
    centre = await desk.centre()
    sent = await desk.report(centre, 2019, 1, date(2019, 4, 8), {"jobs": 20}, accept=False)
    path = f"/v1/quarterly-reports/{sent['id']}"
    back = await desk.caller("science_officer", today=date(2019, 4, 9)).ok(
        f"{path}/return", {"reasons": {"jobs": "implausible"}}
    )
    operator = desk.operator(centre, date(2019, 4, 15))
    assert (await operator.patch(path, {"form": full_form()}, f'"{back["version"]}"')).status_code == 200
    assert "report-in-time" in await _said(desk, await operator.ok(f"{path}/submit"))
    await desk.scored(2019, SCORED)
    assert (await _line(desk, centre, "reports_on_time"))["inputs"]["on_time"] == 1
