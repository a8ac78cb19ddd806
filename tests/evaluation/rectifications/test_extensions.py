"""One extension: asked for by the last day, decided by an approver, never twice; and the alarm once a term (2.3-4)."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from services.evaluation.rectifications.alarms import raise_alarms
from tests.evaluation.known import Json
from tests.evaluation.rectifications.steps import (
    DUE,
    EXTENSION,
    SERVED,
    accept,
    inspect,
    inspected,
    ordered,
    report,
    served,
)
from tests.evaluation.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

AFTER = DUE + timedelta(days=1)
EXTENDED = date(2020, 8, 12)
OVERDUE = "evaluation.rectification.overdue.v1"


async def _decide(desk: Desk, path: str, asked: Json, verb: str, on: date, body: Json | None = None) -> Json:
    approver = desk.caller("science_approver", today=on)
    return await approver.ok(f"{path}/extensions/{asked['id']}/{verb}", body)


async def test_asked_for_on_the_last_day_it_is_granted_afterwards_for_the_editions_length(desk: Desk) -> None:
    centre, path = await served(desk)
    asked = await desk.operator(centre, DUE).ok(f"{path}/extensions", EXTENSION, 201)
    assert (asked["status"], asked["due_before"]) == ("requested", DUE.isoformat())
    waiting = await desk.operator(centre, AFTER).read(path)
    assert (waiting["overdue"], waiting["extension_requested_on"]) == (False, DUE.isoformat())
    again = await desk.operator(centre, AFTER).refused(f"{path}/extensions", EXTENSION)
    assert again == "extension-pending"
    order = await _decide(desk, path, asked, "grant", AFTER)
    assert (order["due_on"], order["extensions"], order["overdue"]) == (EXTENDED.isoformat(), 1, False)
    second = await desk.operator(centre, EXTENDED).refused(f"{path}/extensions", EXTENSION)
    assert second == "extension-used-up"
    assert (await desk.operator(centre, EXTENDED + timedelta(days=1)).read(path))["overdue"]


async def test_the_day_after_is_too_late_and_says_what_to_do(desk: Desk) -> None:
    centre, path = await served(desk)
    response = await desk.operator(centre, AFTER).post(f"{path}/extensions", EXTENSION)
    assert (response.status_code, response.json()["code"]) == (409, "extension-term-over")
    assert response.json()["clauses"] == ["2.3-4"]


async def test_no_extension_of_a_term_that_has_not_begun(desk: Desk) -> None:
    centre, path = await ordered(desk)
    assert await desk.operator(centre, SERVED).refused(f"{path}/extensions", EXTENSION) == "rectification-not-served"


async def test_a_refusal_leaves_the_term_and_may_be_asked_again_in_time(desk: Desk) -> None:
    centre, path = await served(desk)
    operator = desk.operator(centre, SERVED)
    asked = await operator.ok(f"{path}/extensions", EXTENSION, 201)
    officer = desk.caller("science_officer", today=SERVED)
    step = f"{path}/extensions/{asked['id']}"
    assert (await officer.post(f"{step}/grant")).status_code == 403
    whoever_asked = desk.caller("science_approver", today=SERVED, account=operator.account_id)
    assert await whoever_asked.refused(f"{step}/grant", status=403) == "four-eyes-required"
    order = await _decide(desk, path, asked, "refuse", SERVED, {"answer": "可在期限内完成"})
    assert (order["due_on"], order["extensions"], order["extension_requested_on"]) == (DUE.isoformat(), 0, None)
    assert await desk.caller("science_approver", today=SERVED).refused(f"{step}/grant") == "invalid-transition"
    await operator.ok(f"{path}/extensions", EXTENSION, 201)
    shown = (await operator.read(path))["extension_requests"]
    assert [one["status"] for one in shown] == ["refused", "requested"]
    assert shown[0]["answer"] == "可在期限内完成"


async def test_two_approvers_at_once_extend_once(desk: Desk) -> None:
    centre, path = await served(desk)
    asked = await desk.operator(centre, SERVED).ok(f"{path}/extensions", EXTENSION, 201)
    step = f"{path}/extensions/{asked['id']}/grant"
    approvers = [desk.caller(f"{bureau}_approver", today=SERVED) for bureau in ("science", "industry")]
    answers = await asyncio.gather(*(approver.post(step) for approver in approvers))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert (await approvers[0].read(path))["due_on"] == EXTENDED.isoformat()


async def test_two_requests_at_once_leave_one(desk: Desk) -> None:
    centre, path = await served(desk)
    operator = desk.operator(centre, SERVED)
    answers = await asyncio.gather(*(operator.post(f"{path}/extensions", EXTENSION) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_accepting_and_rejecting_at_once_does_one_of_the_two(desk: Desk) -> None:
    _, path = await inspected(desk)
    one, other = (desk.caller("industry_officer", today=DUE, account=f"officer-{n}") for n in range(2))
    answers = await asyncio.gather(
        one.post(f"{path}/accept", {"document_no": "验1"}), other.post(f"{path}/reject", {"reason": "not_proven"})
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def _alarms(desk: Desk, path: str) -> int:
    return (await desk.events(path.rsplit("/", 1)[1])).count(OVERDUE)


async def test_the_alarm_is_raised_once_a_term_however_often_it_is_looked_for(desk: Desk) -> None:
    centre, path = await served(desk)
    assert await raise_alarms(desk.runtime, DUE) == 0
    told = await asyncio.gather(*(raise_alarms(desk.runtime, AFTER) for _ in range(3)))
    assert sum(told) == 1
    assert await raise_alarms(desk.runtime, AFTER + timedelta(days=30)) == 0
    assert await _alarms(desk, path) == 1
    before = (await desk.caller("auditor").read(path))["version"]
    await report(desk, centre, path, AFTER)
    assert (await desk.caller("auditor").read(path))["version"] == before + 1


async def test_an_extended_term_gets_its_own_alarm(desk: Desk) -> None:
    centre, path = await served(desk)
    asked = await desk.operator(centre, DUE).ok(f"{path}/extensions", EXTENSION, 201)
    assert await raise_alarms(desk.runtime, AFTER) == 0  # the request waits
    await _decide(desk, path, asked, "grant", AFTER)
    assert await raise_alarms(desk.runtime, EXTENDED) == 0
    assert await raise_alarms(desk.runtime, EXTENDED + timedelta(days=1)) == 1
    assert await _alarms(desk, path) == 1


async def test_no_alarm_for_what_is_not_served_or_accepted(desk: Desk) -> None:
    centre, path = await ordered(desk)
    assert await raise_alarms(desk.runtime, date(2021, 1, 5)) == 0
    await desk.caller("science_officer", today=SERVED).ok(
        f"{path}/serve", {"method": "direct", "recipient_role": "operator_staff", "document_no": "整1"}
    )
    await report(desk, centre, path)
    await inspect(desk, path)
    await accept(desk, path)
    assert await raise_alarms(desk.runtime, date(2021, 1, 5)) == 0
