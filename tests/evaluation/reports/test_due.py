"""Which reports are missing, and calling for them once before and once after their due day."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from services.evaluation.reports.due import periods
from services.evaluation.reports.reminders import remind
from services.evaluation.reports.rules import quarter_before, quarters_to_call
from shared.policy.edition import load_editions
from tests.evaluation.conftest import DEMO_POLICY
from tests.evaluation.known import Centre, fresh_code
from tests.evaluation.reports.support import draft, path_of
from tests.evaluation.support import Desk, full_form

EDITIONS = load_editions(DEMO_POLICY)
DUE = "/v1/quarterly-reports/due"
CALLS = "SELECT count(*) FROM event_log WHERE type = 'evaluation.report.{}.v1'"


@pytest.mark.parametrize(
    ("today", "quarters"),
    [
        (date(2019, 4, 7), []),
        (date(2019, 4, 8), [(2019, 1)]),  # seven days before the 15th
        (date(2019, 4, 15), [(2019, 1)]),
        (date(2019, 7, 7), [(2019, 1)]),
        (date(2019, 7, 8), [(2019, 2), (2019, 1)]),
        (date(2020, 1, 7), [(2019, 3), (2019, 2), (2019, 1)]),
        (date(2023, 1, 8), [(2022, 3), (2022, 2), (2022, 1), (2021, 4), (2021, 3), (2021, 2), (2021, 1)]),
    ],
)
def test_reports_are_called_for_from_seven_days_before_they_are_due(
    today: date, quarters: list[tuple[int, int]]
) -> None:
    found = [(period.year, period.quarter) for period in periods(EDITIONS, today)]
    assert found[: len(quarters)] == quarters if today.year == 2023 else found == quarters


def test_a_due_day_on_a_holiday_moves_the_call_with_it() -> None:
    """15 January 2023 was a Sunday: due on the 16th, called for from the 9th."""
    called = {(one.year, one.quarter): one.due_on for one in periods(EDITIONS, date(2023, 1, 9))}
    assert called[2022, 4] == date(2023, 1, 16)
    assert (2022, 4) not in {(one.year, one.quarter) for one in periods(EDITIONS, date(2023, 1, 8))}


def test_the_last_eight_quarters_are_looked_at() -> None:
    found = list(quarters_to_call(date(2020, 5, 1)))
    assert found[0] == (2020, 1)
    assert found[-1] == (2018, 2)
    assert len(found) == 8
    assert quarter_before(2020, 1) == (2019, 4)


async def _states(desk: Desk, centre: Centre, today: date) -> list[tuple[int, str, str]]:
    found = await desk.operator(centre, today).read(DUE)
    return [(item["quarter"], item["state"], item["due_on"]) for item in found["items"]]


@pytest.mark.asyncio(loop_scope="session")
async def test_a_report_is_due_soon_on_its_due_day_and_overdue_the_day_after(desk: Desk) -> None:
    centre = await desk.centre()
    assert await _states(desk, centre, date(2019, 4, 7)) == []
    assert await _states(desk, centre, date(2019, 4, 8)) == [(1, "due_soon", "2019-04-15")]
    assert await _states(desk, centre, date(2019, 4, 15)) == [(1, "due_soon", "2019-04-15")]
    assert await _states(desk, centre, date(2019, 4, 16)) == [(1, "overdue", "2019-04-15")]


@pytest.mark.asyncio(loop_scope="session")
async def test_a_draft_is_still_missing_and_a_returned_report_is_due_by_its_term(desk: Desk) -> None:
    centre = await desk.centre()
    operator, officer = desk.operator(centre, date(2019, 4, 9)), desk.caller("science_officer", today=date(2019, 4, 9))
    report = await draft(operator, centre, form=full_form())
    found = (await operator.read(DUE))["items"]
    assert [(item["report_id"], item["report_no"]) for item in found] == [(report["id"], report["no"])]
    await operator.ok(f"{path_of(report)}/submit")
    assert await _states(desk, centre, date(2019, 4, 20)) == []
    comments = {"comments": {"jobs": "与社保人数不符"}, "reasons": {"jobs": "implausible"}}
    await officer.ok(f"{path_of(report)}/return", comments)
    assert await _states(desk, centre, date(2019, 4, 16)) == [(1, "correction_due", "2019-04-16")]
    assert await _states(desk, centre, date(2019, 4, 17)) == [(1, "correction_overdue", "2019-04-16")]
    versions = (await operator.read(f"{path_of(report)}/revisions"))["items"]
    assert versions[0]["returned"]["comments"] == {"jobs": "与社保人数不符"}


@pytest.mark.asyncio(loop_scope="session")
async def test_who_was_not_listed_at_the_quarters_end_owes_nothing(desk: Desk) -> None:
    late, left, suspended = await desk.centre(listed_on=date(2019, 4, 1)), await desk.centre(), await desk.centre()
    await desk.withdraw(left, date(2019, 3, 31))
    await desk.suspend(suspended, date(2019, 3, 1))
    today = date(2019, 4, 20)
    assert [await _states(desk, centre, today) for centre in (late, left)] == [[], []]
    assert await _states(desk, suspended, today) == [(1, "overdue", "2019-04-15")]


@pytest.mark.asyncio(loop_scope="session")
async def test_everybody_sees_the_missing_reports_of_their_scope(desk: Desk) -> None:
    one = await desk.centre(owner_division="540121")
    await desk.centre()
    today = date(2019, 4, 20)
    assert len((await desk.caller("auditor", today=today).read(DUE))["items"]) == 2
    mine = (await desk.caller("division_officer", today=today, division="540121").read(DUE))["items"]
    assert [item["centre_id"] for item in mine] == [str(one.id)]
    stranger = desk.caller("centre_operator", today=today, org=fresh_code())
    assert (await stranger.read(DUE))["items"] == []
    first = await desk.caller("auditor", today=today).read(DUE, limit=1)
    assert (len(first["items"]), first["more"]) == (1, True)
    last = await desk.caller("auditor", today=today).read(DUE, limit=1, cursor=first["next"])
    assert (len(last["items"]), last["more"], last["next"]) == (1, False, None)
    assert last["items"][0]["centre_id"] != first["items"][0]["centre_id"]
    auditor = desk.caller("auditor", today=today)
    saved = await auditor.client.get(DUE, headers={**auditor._headers(), "Accept": "text/csv"})
    assert (saved.status_code, len(saved.text.splitlines())) == (200, 3)
    assert (await desk.caller("enterprise", today=today).get(DUE)).status_code == 403


@pytest.mark.asyncio(loop_scope="session")
async def test_each_missing_report_is_called_for_once_before_and_once_after(desk: Desk) -> None:
    centre, done = await desk.centre(), await desk.centre()
    await desk.report(done, 2019, 1, date(2019, 4, 3))
    assert await remind(desk.runtime, date(2019, 4, 7)) == 0
    assert await remind(desk.runtime, date(2019, 4, 8)) == 1
    assert await remind(desk.runtime, date(2019, 4, 9)) == 0
    assert await remind(desk.runtime, date(2019, 4, 15)) == 0
    assert await remind(desk.runtime, date(2019, 4, 16)) == 1
    assert await remind(desk.runtime, date(2019, 4, 17)) == 0
    assert [await desk.count(CALLS.format(kind)) for kind in ("due_soon", "overdue")] == [1, 1]
    mine = "SELECT count(*) FROM report_reminder WHERE centre_id = :centre"
    assert await desk.count(mine, centre=centre.id) == 2


@pytest.mark.asyncio(loop_scope="session")
async def test_two_workers_at_once_call_once(desk: Desk) -> None:
    for _ in range(3):
        await desk.centre()
    await asyncio.gather(*(remind(desk.runtime, date(2019, 4, 10)) for _ in range(3)))
    assert await desk.count(CALLS.format("due_soon")) == 3
    assert await desk.count("SELECT count(*) FROM report_reminder") == 3
