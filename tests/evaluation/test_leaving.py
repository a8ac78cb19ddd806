"""Suspended centres report and are graded; one that withdraws owes what was due before, and gets no grade any more."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.evaluation.cases import DAYS, PUBLISHED, SIGNED, second_year
from tests.evaluation.known import Centre
from tests.evaluation.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCORED = date(2020, 2, 3)
QUARTERS = ((1, date(2019, 4, 10)), (2, date(2019, 7, 10)), (3, date(2019, 10, 10)), (4, date(2020, 1, 10)))
REPORTS = "/v1/quarterly-reports"
DAY = timedelta(days=1)


def _quarter(centre: Centre, quarter: int) -> dict[str, object]:
    return {"centre_id": str(centre.id), "year": 2019, "quarter": quarter}


async def test_a_suspended_centre_reports_and_is_graded_by_it(desk: Desk) -> None:
    reporting, silent = await desk.centre(), await desk.centre()
    for centre in (reporting, silent):
        await desk.suspend(centre, date(2019, 2, 1))
    for quarter, on in QUARTERS:
        await desk.report(reporting, 2019, quarter, on)
    cycle = await desk.scored(2019, SCORED)
    found = await desk.evaluation_of(reporting, 2019)
    assert found["vetoed"] is False
    assert found["decision"]["results"][0]["message"] == "centre-graded"
    assert (await desk.evaluation_of(silent, 2019))["grade"] == "fail"
    preview = await desk.caller("auditor").read(f"/v1/evaluation-cycles/{cycle['id']}/preview")
    assert preview["completeness"]["reports_due"] == 8


@pytest.mark.parametrize(
    ("withdrawn_on", "due", "refused"),
    [
        (date(2019, 9, 29), (1, 2), 3),
        (date(2019, 9, 30), (1, 2), 3),
        (date(2019, 10, 1), (1, 2, 3), 4),
    ],
)
async def test_a_withdrawn_centre_owes_and_may_file_the_quarters_that_ended_before(
    desk: Desk, withdrawn_on: date, due: tuple[int, ...], refused: int
) -> None:
    centre = await desk.centre()
    await desk.withdraw(centre, withdrawn_on)
    for quarter in due:
        await desk.report(centre, 2019, quarter, date(2019, 10, 10))
    operator = desk.operator(centre, date(2019, 10, 10))
    assert await operator.refused(REPORTS, _quarter(centre, refused)) == "centre-left-in-quarter"
    cycle = await desk.scored(2019, SCORED)
    preview = await desk.caller("auditor").read(f"/v1/evaluation-cycles/{cycle['id']}/preview")
    counted = preview["completeness"]
    assert (counted["reports_due"], counted["reports_accepted"]) == (len(due), len(due))
    found = await desk.evaluation_of(centre, 2019)
    assert (found["grade"], found["failing"], found["withdrawn_on"]) == ("not_graded", False, withdrawn_on.isoformat())
    sheets = await desk.caller("auditor").read(f"/v1/evaluations/{found['id']}/score-sheets")
    on_time = next(line for line in sheets["items"][0]["lines"] if line["indicator"] == "reports_on_time")
    assert on_time["inputs"]["due"] == len(due)


async def test_a_draft_of_the_quarter_in_which_the_centre_withdrew_is_not_submitted_any_more(desk: Desk) -> None:
    centre = await desk.centre()
    operator = desk.operator(centre, date(2019, 4, 1))
    draft = await operator.ok(REPORTS, _quarter(centre, 1), 201)
    await desk.withdraw(centre, date(2019, 3, 31))
    assert await operator.refused(f"{REPORTS}/{draft['id']}/submit") == "centre-left-in-quarter"


async def test_a_delisted_centre_files_nothing(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.amend(centre, date(2019, 5, 2), status="delisted", delisted_on=date(2019, 5, 2))
    operator = desk.operator(centre, date(2019, 5, 2))
    assert await operator.refused(REPORTS, _quarter(centre, 1)) == "centre-not-listed"


async def test_a_centre_that_withdrew_in_an_earlier_year_is_not_evaluated(desk: Desk) -> None:
    await desk.withdraw(await desk.centre(listed_on=date(2018, 5, 2)), date(2018, 12, 31))
    inside = await desk.centre(listed_on=date(2018, 5, 2))
    await desk.withdraw(inside, date(2019, 1, 1))
    cycle = await desk.scored(2019, SCORED)
    found = await desk.caller("auditor").read("/v1/evaluations", cycle_id=cycle["id"])
    assert [item["centre_id"] for item in found["items"]] == [str(inside.id)]


@pytest.mark.parametrize("withdrawn_on", [date(2021, 1, 1), PUBLISHED - DAY, PUBLISHED])
async def test_leaving_after_the_second_failed_year_does_not_keep_the_delisting_away(
    desk: Desk, withdrawn_on: date
) -> None:
    cycle, (leaving,) = await second_year(desk, 1)
    await desk.withdraw(leaving, withdrawn_on)
    await desk.procedure((await desk.case_of(leaving))["id"], DAYS)
    await desk.sign(cycle["id"], SIGNED)
    done = await desk.publish(cycle["id"], PUBLISHED)
    assert (done["errors"], done["result"]["complete"]) == ([], True)
    found = await desk.evaluation_of(leaving, 2020)
    assert (found["status"], found["grade"], found["failing"]) == ("published", "fail", True)
    assert (await desk.case_of(leaving))["status"] == "published"


async def test_a_withdrawal_after_publication_changes_nothing_and_the_day_of_publication_counts(desk: Desk) -> None:
    """Published late, for an earlier day: what the registry tells of in between came too late."""
    cycle, (centre,) = await second_year(desk)
    await desk.procedure((await desk.case_of(centre))["id"], DAYS)
    await desk.sign(cycle["id"], SIGNED)
    await desk.withdraw(centre, PUBLISHED + DAY)
    await desk.publish(cycle["id"], PUBLISHED + 2 * DAY, published_on=PUBLISHED.isoformat())
    found = await desk.evaluation_of(centre, 2020)
    assert (found["grade"], found["failing"], found["published_on"]) == ("fail", True, PUBLISHED.isoformat())
    assert (await desk.case_of(centre))["status"] == "published"


async def test_a_year_whose_only_fail_withdrew_needs_no_continuation_basis(desk_until_2020: Desk) -> None:
    desk = desk_until_2020
    centre = await desk.centre(listed_on=date(2020, 1, 2))
    await desk.withdraw(centre, date(2020, 12, 31))
    cycle = await desk.scored(2020, date(2021, 1, 18), marks=False)
    await desk.announce(cycle["id"], date(2021, 1, 19))
    await desk.sign(cycle["id"], date(2021, 2, 1))
    done = await desk.publish(cycle["id"], date(2021, 2, 1))
    assert done["result"]["complete"] is True
    assert (await desk.evaluation_of(centre, 2020))["grade"] == "not_graded"
