"""Indicators that count the registry's confirmed records: what counts, from when on, and what shows it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, insert

from services.evaluation.rubrics.models import year_counted_by_form
from shared.events.contracts import registry as rc
from tests.evaluation.known import Centre, Json
from tests.evaluation.recorded import link_state
from tests.evaluation.support import Desk, full_form

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROVISIONAL = "/v1/evaluations/provisional"
SCORED = date(2020, 2, 3)


async def year_of(desk: Desk, centre: Centre, today: date = SCORED) -> dict[str, Json]:
    """The centre's year so far, by indicator."""
    shown = await desk.operator(centre, today).read(PROVISIONAL, centre_id=str(centre.id), year=2019)
    return {line["indicator"]: line for line in shown["indicators"]}


async def events_of(desk: Desk, centre: Centre, today: date = SCORED) -> tuple[Any, Any]:
    line = (await year_of(desk, centre, today))["events"]
    return line["inputs"]["events"], line["inputs"]["events_reported"]


async def test_a_form_s_numbers_alone_count_for_nothing_and_stand_beside(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.enterprise(centre)
    await desk.report(centre, 2019, 1, date(2019, 4, 8), recorded=False)
    lines = await year_of(desk, centre)
    assert lines["events"]["inputs"] == {"events": 0, "events_reported": 2}
    assert lines["attendance"]["inputs"] == {"attendance": "0", "attendance_reported": "20"}
    assert lines["mentors"]["inputs"] == {"mentors": "0", "mentors_reported": "2", "incubatees": 1}
    assert (lines["specialist_staff"]["points"], lines["mentors"]["points"]) == ("0.00", "0.00")
    assert lines["events"]["reading"]["en"].startswith("counted from the registry's confirmed records")
    assert (lines["events"]["sources"], lines["events"]["records"]) == (["registry.activity"], {})


@pytest.mark.parametrize(
    ("held_on", "counts"),
    [(date(2018, 12, 31), 0), (date(2019, 1, 1), 1), (date(2019, 12, 31), 1), (date(2020, 1, 1), 0)],
)
async def test_an_activity_counts_in_the_year_of_its_first_day(desk: Desk, held_on: date, counts: int) -> None:
    centre = await desk.centre()
    await desk.activity(centre, held_on, ended_on=max(held_on, date(2020, 1, 2)))
    assert await events_of(desk, centre) == (counts, 0)


async def test_only_a_verified_activity_counts_and_only_as_long_as_it_is(desk: Desk) -> None:
    centre = await desk.centre()
    held = await desk.activity(centre, date(2019, 12, 30), status="submitted", level="municipal", heads=80)
    assert await events_of(desk, centre) == (0, 0)
    verified = held.model_copy(update={"status": "verified", "verified_on": date(2020, 1, 20)})
    told = await desk.tell_activity(verified, 2)
    lines = await year_of(desk, centre)
    assert lines["events"]["records"] == {"activity_records": [f"{held.no}:{told.id}"]}
    assert (lines["attendance"]["value"], lines["higher_level_events"]["value"]) == ("80", "1")
    withdrawn = held.model_copy(update={"status": "submitted", "verified_on": None})
    await desk.feed(rc.ActivityVerificationWithdrawn, held.id, 3, withdrawn)
    assert await events_of(desk, centre) == (0, 0)
    await desk.tell_activity(verified, 2)  # told again, late
    assert await events_of(desk, centre) == (0, 0)


async def test_what_is_verified_after_the_year_counts_from_that_day_on(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.activity(centre, date(2019, 12, 30), verified_on=date(2020, 1, 20))
    assert await events_of(desk, centre, date(2020, 1, 19)) == (0, 0)
    assert await events_of(desk, centre, date(2020, 1, 20)) == (1, 0)


async def test_activities_follow_the_centre_through_a_change_of_operator(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.activity(centre, date(2019, 3, 1))
    await desk.amend(centre, date(2019, 6, 3), operator_code="91540102MA1C9XH158", operator_since=date(2019, 6, 3))
    await desk.activity(centre, date(2019, 9, 2))
    await desk.activity(None, date(2019, 9, 3), division="540102")  # the division's own
    assert await events_of(desk, centre) == (2, 0)


async def test_a_delisted_centre_keeps_its_records_and_gets_no_grade(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.activity(centre, date(2019, 3, 1))
    await desk.withdraw(centre, date(2019, 11, 4))
    shown = await desk.caller("science_officer").read(PROVISIONAL, centre_id=str(centre.id), year=2019)
    assert shown["grade"] == "not_graded"
    assert await events_of(desk, centre) == (1, 0)


async def test_a_mentor_counts_once_a_centre_and_at_each_of_several(desk: Desk) -> None:
    centre, other = await desk.centre(), await desk.centre()
    for place in (centre, other):
        await desk.enterprise(place)
    mentor = await desk.mentor(centre, other)
    await desk.mentor(centre, person_ref=mentor.person_ref)  # the same person, on record twice
    for place in (centre, other):
        line = (await year_of(desk, place))["mentors"]
        assert (line["inputs"]["mentors"], len(line["records"]["mentor_records"])) == ("1", 1)


@pytest.mark.parametrize(
    ("appointment", "until", "counts"),
    [
        ({"appointed_until": date(2019, 12, 31)}, None, "1"),
        ({"appointed_until": date(2019, 12, 30)}, None, "0"),
        ({"appointed_from": date(2020, 1, 1)}, None, "0"),
        ({"status": "ended", "ended_on": date(2019, 12, 31)}, None, "1"),
        ({"status": "ended", "ended_on": date(2019, 12, 30)}, None, "0"),
        ({"status": "proposed", "appointed_from": None, "appointed_until": None}, None, "0"),
        ({}, date(2019, 12, 31), "1"),
        ({}, date(2019, 12, 30), "0"),
    ],
)
async def test_mentors_are_those_of_the_year_s_last_day(
    desk: Desk, appointment: Json, until: date | None, counts: str
) -> None:
    centre = await desk.centre()
    await desk.enterprise(centre)
    mentor = await desk.mentor(**appointment)
    link = rc.MentorLinkState(
        id=UUID(int=mentor.id.int ^ 1), mentor_id=mentor.id, centre_id=centre.id, since=date(2019, 3, 1), until=until
    )
    await desk.feed(rc.MentorLinked, link.id, 1, link)
    await desk.advised([link], date(2019, 3, 1))
    assert (await year_of(desk, centre))["mentors"]["inputs"]["mentors"] == counts


@pytest.mark.parametrize(
    ("held_on", "status", "counts"),
    [
        (date(2019, 1, 1), "confirmed", "1"),
        (date(2019, 12, 31), "confirmed", "1"),
        (date(2018, 12, 31), "confirmed", "0"),
        (date(2020, 1, 1), "confirmed", "0"),
        (date(2019, 6, 1), "recorded", "0"),
        (date(2019, 6, 1), "contested", "0"),
    ],
    ids=str,
)
async def test_a_link_alone_makes_no_mentor_without_a_confirmed_session_of_the_year(
    desk: Desk, held_on: date, status: str, counts: str
) -> None:
    centre, other = await desk.centre(), await desk.centre()
    await desk.enterprise(centre)
    mentor = await desk.mentor(other)
    link = link_state(mentor, centre, date(2018, 1, 2))
    await desk.feed(rc.MentorLinked, link.id, 1, link)
    await desk.advised([link], held_on, status=status)
    assert (await year_of(desk, centre))["mentors"]["inputs"]["mentors"] == counts


async def test_an_activity_is_counted_by_those_who_hold_it_not_by_who_assists(desk: Desk) -> None:
    centre, other, assisting = await desk.centre(), await desk.centre(), await desk.centre()
    await desk.activity(centre, date(2019, 3, 1), organiser_role="host")
    await desk.activity(other, date(2019, 3, 1), organiser_role="organise")
    await desk.activity(assisting, date(2019, 3, 1), organiser_role="assist", status="submitted")
    await desk.activity(assisting, date(2019, 3, 2), organiser_role="assist")
    assert [await events_of(desk, place) for place in (centre, other, assisting)] == [(1, 0), (1, 0), (0, 0)]


async def test_another_term_does_not_hide_who_was_a_mentor_before(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.enterprise(centre)
    mentor = await desk.mentor(centre, appointed_until=date(2020, 1, 31))
    again = mentor.model_copy(update={"appointed_from": date(2020, 2, 1), "appointed_until": date(2023, 1, 31)})
    await desk.feed(rc.MentorAppointed, mentor.id, 2, again)
    assert (await year_of(desk, centre))["mentors"]["inputs"]["mentors"] == "1"


async def test_trained_are_those_still_there_whose_certificate_stands(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.enterprise(centre)
    for until_on in (None, date(2019, 12, 31), date(2019, 12, 30)):
        somebody = await desk.employ(centre, until_on=until_on)
        await desk.certify(somebody.person_ref, date(2019, 6, 3))
    for certificate in (
        {"audience": "founders"},
        {"revoked_on": date(2020, 1, 15)},
        {"issued_on": date(2020, 1, 1)},
    ):
        somebody = await desk.employ(centre)
        await desk.certify(somebody.person_ref, **certificate)
    part_time = await desk.employ(centre, full_time=False)
    await desk.certify(part_time.person_ref)
    line = (await year_of(desk, centre))["specialist_staff"]
    assert (line["inputs"]["specialist_staff"], line["inputs"]["trained_staff"]) == ("5", "2")
    assert (len(line["records"]["staff_records"]), len(line["records"]["certificate_records"])) == (5, 2)


async def test_a_certificate_follows_the_person_to_another_centre(desk: Desk) -> None:
    old, new = await desk.centre(), await desk.centre()
    for place in (old, new):
        await desk.enterprise(place)
    somebody = await desk.employ(old, until_on=date(2019, 6, 30))
    await desk.certify(somebody.person_ref, date(2019, 3, 4), centre_id=old.id)
    await desk.employ(new, person_ref=somebody.person_ref, from_on=date(2019, 7, 1))
    assert (await year_of(desk, old))["specialist_staff"]["inputs"]["trained_staff"] == "0"
    assert (await year_of(desk, new))["specialist_staff"]["inputs"]["trained_staff"] == "1"


async def test_a_score_names_the_records_that_it_counted(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.enterprise(centre)
    activity = await desk.activity(centre, date(2019, 5, 6))
    mentor = await desk.mentor(centre)
    somebody = await desk.employ(centre)
    certificate = await desk.certify(somebody.person_ref)
    await desk.report(centre, 2019, 4, date(2020, 1, 8), recorded=False)
    await desk.scored(2019, SCORED)
    evaluation = await desk.evaluation_of(centre, 2019)
    sheets = await desk.caller("auditor").read(f"/v1/evaluations/{evaluation['id']}/score-sheets")
    lineage = sheets["items"][0]["lineage"]
    assert [name.split(":")[0] for name in lineage["activity_records"]] == [activity.no]
    assert [name.split(":")[0] for name in lineage["mentor_records"]] == [mentor.no]
    assert [name.split(":")[0] for name in lineage["certificate_records"]] == [certificate.no]
    assert lineage["staff_records"] == [f"{somebody.id}:1"]
    assert lineage["activity_records_total"] == 1
    assert len(lineage["activity_records_sha256"]) == 64


async def test_a_year_that_had_begun_keeps_counting_by_the_form(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.enterprise(centre)
    await desk.report(centre, 2019, 1, date(2019, 4, 8), recorded=False)
    async with desk.runtime.db.transaction() as session:
        await session.execute(insert(year_counted_by_form).values(year=2019))
    try:
        lines = await year_of(desk, centre)
        rubric = (await desk.caller("auditor").read("/v1/rubrics", year=2019))["items"][0]
    finally:
        async with desk.runtime.db.transaction() as session:
            await session.execute(delete(year_counted_by_form))
    assert lines["events"]["inputs"] == {"events": 2}
    assert (lines["mentors"]["inputs"]["mentors"], lines["mentors"]["reading"]) == ("2", None)
    shown = next(found for found in rubric["indicators"] if found["id"] == "events")
    assert (shown["params"], shown["sources"]) == ({}, ["evaluation.report"])


async def test_a_report_is_prefilled_from_the_records_and_a_difference_is_told(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.activity(centre, date(2019, 1, 15), level="municipal", heads=60)
    await desk.activity(centre, date(2019, 3, 31), status="submitted", heads=15)
    await desk.activity(centre, date(2019, 4, 1))
    await desk.activity(centre, date(2019, 2, 1), status="rejected")
    await desk.mentor(centre)
    operator = desk.operator(centre, date(2019, 4, 8))
    body = {"centre_id": str(centre.id), "year": 2019, "quarter": 1, "form": full_form(mentors=3), "lines": {}}
    drafted = await operator.ok("/v1/quarterly-reports", body, 201)
    report = await operator.read(f"/v1/quarterly-reports/{drafted['id']}")
    assert report["prefilled"]["events_by_level"] == {"centre": 1, "municipal": 1}
    assert (report["prefilled"]["attendance"], report["prefilled"]["mentors"]) == (75, 1)
    told = {one["field"]: one for one in report["differences"]}
    assert "events_by_level" not in told
    assert (told["mentors"]["difference"], told["mentors"]["counted_from"]) == (2, "records")
    assert (told["attendance"]["difference"], told["attendance"]["registry"]) == (-55, 75)
    assert "differ by -55; evaluations go by the registry's confirmed records" in told["attendance"]["warning_en"]
    refused = (await operator.post(f"/v1/quarterly-reports/{drafted['id']}/submit")).json()
    assert refused["code"] == "report-warnings-unexplained"
    assert "differ by +2 [mentors]; People who attended" in refused["detail"]
