"""Delistings over HTTP from publication on: left out or in force, confirmed, watched, served (2.3-5)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from services.evaluation.delistings.watchdog import remind_late
from tests.evaluation.cases import (
    DAYS,
    PUBLISHED,
    SIGNED,
    finance_confirms,
    published,
    registry_confirms,
    second_year,
    standing,
    vouchers_confirm,
)
from tests.evaluation.known import Centre
from tests.evaluation.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_publication_leaves_out_a_centre_whose_procedure_is_incomplete_and_only_that_one(desk: Desk) -> None:
    cycle, (ready, waiting) = await second_year(desk, 2)
    await desk.procedure((await desk.case_of(ready))["id"], DAYS)
    await desk.sign(cycle["id"], SIGNED)
    operation = await desk.publish(cycle["id"], PUBLISHED)
    assert (operation["status"], operation["done"], operation["total"]) == ("done", 2, 2)
    assert operation["result"] == {"cycle_id": cycle["id"], "complete": False, "left_out": 1}
    (problem,) = operation["errors"]
    assert (problem["centre_id"], problem["status"], problem["code"]) == (
        str(waiting.id),
        409,
        "prior-procedure-incomplete",
    )
    assert problem["params"]["missing"][0] == "notice_of_intent"
    assert problem["clauses"] == ["2.3-5"]
    assert (await desk.evaluation_of(ready, 2020))["status"] == "published"
    left = await desk.evaluation_of(waiting, 2020)
    assert (left["status"], left["published_on"]) == ("scored", None)
    assert (await standing(desk, waiting))["standing"] == "rectification_open"
    assert (await desk.caller("auditor").read("/v1/circulars", year=2020))["items"] == []

    approver = desk.caller("science_approver", today=date(2021, 3, 5))
    single = f"/v1/evaluations/{left['id']}/publish"
    assert await approver.refused(single) == "prior-procedure-incomplete"
    again = await desk.publish(cycle["id"], date(2021, 3, 2))
    assert (again["id"] != operation["id"], len(again["errors"]), again["total"]) == (True, 1, 1)
    days = [PUBLISHED + timedelta(days=number) for number in (0, 14, 15, 16, 17)]
    await desk.procedure((await desk.case_of(waiting))["id"], days)
    backdated = approver.on(date(2021, 3, 19)).refused(single, {"published_on": "2021-03-05"})
    assert await backdated == "date-before-step", "the ban would begin before the decision it comes from"
    done = await approver.on(date(2021, 3, 19)).ok(single)
    assert (done["published_on"], done["document_no"]) == ("2021-03-19", f"虚构发〔2021〕{cycle['id'][-8:]}号")
    assert (await standing(desk, waiting))["standing"] == "delisting_decided"
    circular = (await desk.caller("auditor").read("/v1/circulars", year=2020))["items"][0]
    assert circular["issued_on"] == "2021-03-19"
    shown = await desk.caller("auditor").read(f"/v1/circulars/{circular['id']}")
    assert len(shown["lines"]) == 2
    finished = await desk.caller("auditor").read(f"/v1/evaluation-cycles/{cycle['id']}")
    assert (finished["status"], finished["published_on"]) == ("published", "2021-03-01")


async def test_after_the_editions_end_a_delisting_names_what_it_rests_on(desk_until_2020: Desk) -> None:
    """6-1: the year goes out under one document, the centre that it left out under another one."""
    desk = desk_until_2020
    cycle, (ready, waiting) = await second_year(desk, 2)
    await desk.procedure((await desk.case_of(ready))["id"], DAYS)
    await desk.sign(cycle["id"], SIGNED)
    await desk.publish(cycle["id"], PUBLISHED, continuation_basis="虚构发〔2021〕3号")
    days = [PUBLISHED + timedelta(days=number) for number in (0, 14, 15, 16, 17)]
    await desk.procedure((await desk.case_of(waiting))["id"], days)
    single = f"/v1/evaluations/{(await desk.evaluation_of(waiting, 2020))['id']}/publish"
    basis = {"continuation_basis": "虚构发〔2021〕8号"}
    await desk.caller("science_approver", today=date(2021, 3, 19)).ok(single, basis)
    shown = [(await desk.case_of(centre))["continuation_basis"] for centre in (ready, waiting)]
    assert shown == ["虚构发〔2021〕3号", "虚构发〔2021〕8号"]
    told = (
        "SELECT count(*) FROM event_log JOIN delisting_case ON delisting_case.id = aggregate_id"
        " WHERE type = 'evaluation.delisting.decided.v1'"
        " AND data::jsonb ->> 'continuation_basis' = delisting_case.continuation_basis"
    )
    assert await desk.count(told) == 2
    year = await desk.caller("auditor").read(f"/v1/evaluation-cycles/{cycle['id']}")
    assert year["continuation_basis"] == "虚构发〔2021〕3号"


async def test_a_basis_sent_with_a_repeated_publication_is_that_of_the_centres_it_publishes(
    desk_until_2020: Desk,
) -> None:
    desk = desk_until_2020
    cycle, (ready, waiting) = await second_year(desk, 2)
    await desk.procedure((await desk.case_of(ready))["id"], DAYS)
    await desk.sign(cycle["id"], SIGNED)
    await desk.publish(cycle["id"], PUBLISHED, continuation_basis="虚构发〔2021〕3号")
    days = [PUBLISHED + timedelta(days=number) for number in (0, 14, 15, 16, 17)]
    await desk.procedure((await desk.case_of(waiting))["id"], days)
    again = await desk.publish(cycle["id"], date(2021, 3, 19), continuation_basis="虚构发〔2021〕8号")
    assert again["errors"] == []
    shown = [(await desk.case_of(centre))["continuation_basis"] for centre in (ready, waiting)]
    assert shown == ["虚构发〔2021〕3号", "虚构发〔2021〕8号"]


async def test_a_published_delisting_turns_the_standing_at_once_and_stops_reports(desk: Desk) -> None:
    centre, case = await published(desk)
    assert await standing(desk, centre) == {
        "centre_id": str(centre.id),
        "standing": "delisting_decided",
        "case_id": case["id"],
    }
    unknown = Centre(uuid4(), "X")
    assert (await standing(desk, unknown))["standing"] == "good"
    body = {"centre_id": str(centre.id), "year": 2021, "quarter": 1}
    assert await desk.operator(centre, PUBLISHED).refused("/v1/quarterly-reports", body) == "centre-not-listed"
    user = desk.caller("science_officer")
    assert (await user.get(f"/internal/centres/{centre.id}/standing")).status_code == 403


async def test_the_decision_tells_participants_everything_they_need(desk: Desk) -> None:
    centre, case = await published(desk)
    assert (await desk.events(case["id"]))[-1] == "evaluation.delisting.decided.v1"
    query = (
        "SELECT (data::jsonb ->> 'ban_years')::int * 10 + jsonb_array_length(data::jsonb -> 'participants')"
        " FROM event_log WHERE type = 'evaluation.delisting.decided.v1' AND aggregate_id = :id"
    )
    assert await desk.count(query, id=UUID(case["id"])) == 33
    assert case["completed_at"] is None
    assert case["steps"][-1]["after_publication_ms"] is not None
    assert "ban.period" in case["steps"][-1]["rules"]
    assert str(centre.id) == case["centre_id"]


async def test_a_case_is_complete_when_every_service_confirmed_and_no_title_is_left(desk: Desk) -> None:
    centre, case = await published(desk)
    await registry_confirms(desk, centre, case, titles_left=1)
    await finance_confirms(desk, centre, case)
    await vouchers_confirm(desk, centre, case)
    waiting = await desk.case_of(centre)
    registry = next(found for found in waiting["participants"] if found["service"] == "registry")
    assert (waiting["status"], registry["confirmed"]) == ("published", False)
    assert registry["problem"] == "active-municipal-titles-left"
    await registry_confirms(desk, centre, case)
    done = await desk.case_of(centre)
    assert (done["status"], done["completed_after_ms"] >= 0) == ("completed", True)
    assert all(found["confirmed_after_ms"] >= 0 for found in done["participants"])
    finance = next(found for found in done["participants"] if found["service"] == "finance")
    assert finance["details"]["released"] == "80000.00"
    await finance_confirms(desk, centre, case, version=2)
    answers = (
        "SELECT count(*) FROM event_log WHERE type = 'evaluation.delisting.answered.v1'"
        " AND (data::jsonb ->> 'confirmed')::boolean = :confirmed"
    )
    assert [await desk.count(answers, confirmed=confirmed) for confirmed in (False, True)] == [1, 3]
    assert (await desk.events(case["id"]))[-1] == "evaluation.delisting.completed.v1"
    assert (await standing(desk, centre))["standing"] == "delisting_decided"


async def test_the_watchdog_reminds_only_those_who_are_late_and_waits_longer_each_time(desk: Desk) -> None:
    centre, case = await published(desk)
    await finance_confirms(desk, centre, case)
    assert await remind_late(desk.runtime, timedelta(hours=1)) == 0
    assert await remind_late(desk.runtime, timedelta(0)) == 1
    query = "SELECT jsonb_array_length(data::jsonb -> 'late') FROM event_log WHERE type LIKE '%reminded%'"
    assert await desk.count(query) == 2
    assert (await desk.case_of(centre))["reminders"] == 1
    assert await remind_late(desk.runtime, timedelta(hours=1)) == 1
    assert await remind_late(desk.runtime, timedelta(0)) == 0  # the second reminder bought it two hours
    await vouchers_confirm(desk, centre, case)
    await registry_confirms(desk, centre, case)
    assert (await desk.case_of(centre))["status"] == "completed"
    assert await remind_late(desk.runtime, timedelta(0)) == 0


async def test_a_confirmation_of_an_unknown_case_is_ignored(desk: Desk) -> None:
    centre = await desk.centre()
    await finance_confirms(desk, centre, {"id": str(uuid4())})
    assert await desk.count("SELECT count(*) FROM delisting_participant") == 0


async def test_a_year_published_late_completes_the_run_and_waits_for_its_own_procedure(desk: Desk) -> None:
    """2020 is published before 2019: the fail of 2019 is then the one that delists, for both years."""
    centre = await desk.centre()
    second = await desk.scored(2020, date(2021, 1, 18), marks=False)
    await desk.announce(second["id"], date(2021, 1, 19))
    first = await desk.scored(2019, date(2021, 1, 20), marks=False)
    await desk.announce(first["id"], date(2021, 1, 21))
    assert (await desk.caller("auditor").read("/v1/delistings"))["items"] == []
    await desk.sign(second["id"], date(2021, 1, 27))
    await desk.publish(second["id"], date(2021, 1, 27))
    case = await desk.case_of(centre)
    assert (case["first_failed_year"], case["second_failed_year"]) == (2019, 2020)
    assert case["evaluation_id"] == (await desk.evaluation_of(centre, 2019))["id"]
    await desk.sign(first["id"], date(2021, 1, 29))
    waiting = await desk.publish(first["id"], date(2021, 1, 29))
    assert [problem["code"] for problem in waiting["errors"]] == ["prior-procedure-incomplete"]
    await desk.procedure(case["id"], DAYS)
    done = await desk.publish(first["id"], PUBLISHED)
    assert done["result"]["complete"] is True
    assert (await desk.evaluation_of(centre, 2019))["consecutive_fails"] == 2
    assert (await desk.case_of(centre))["status"] == "published"


async def test_service_of_the_decision_is_recorded_after_publication_and_starts_the_remedies(desk: Desk) -> None:
    _, case = await published(desk)
    path = f"/v1/delistings/{case['id']}/service-record"
    officer = desk.caller("science_officer", today=date(2021, 3, 3))
    served = {"method": "direct", "recipient_role": "legal_representative"}
    assert await officer.refused(path, {**served, "served_on": "2021-02-24"}) == "date-before-step"
    shown = await officer.ok(path, served)
    assert (shown["reconsideration_until"], shown["litigation_until"]) == ("2021-05-06", "2021-09-03")
    assert shown["status"] == "published"
    assert await officer.refused(path, served) == "invalid-transition"
