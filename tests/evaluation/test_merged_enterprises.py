"""Two records of one enterprise count as one once the registry has merged them (2.2-1, 2.3-2)."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest

from services.evaluation.evaluations.gather import Subject, frame_of, gather
from services.evaluation.rubrics.facts import TenancyFacts
from services.evaluation.rubrics.rules import Listing
from shared.events.contracts import registry as rc
from tests.evaluation.known import Centre
from tests.evaluation.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIRST, SECOND = date(2018, 6, 1), date(2019, 7, 1)
LEFT = date(2019, 5, 31)


async def _facts(desk: Desk, centre: Centre, year: int = 2019) -> TenancyFacts:
    """What the year's scoring reads of the centre's stays."""
    edition = desk.runtime.editions.get("lhasa-2019")
    frame = frame_of(edition, year, date(year + 1, 2, 3))
    subject = Subject(
        id=uuid4(),
        centre_id=centre.id,
        tier="standard",
        owner_division="540102",
        site_division="540102",
        total_area_m2=centre.state["total_area_m2"],
        listing=Listing(listed_on=date(2019, 1, 2), delisted_on=None, withdrawn_on=None),
        exempt=False,
    )
    async with desk.runtime.db.transaction() as session:
        return (await gather(session, frame, [subject]))[subject.id].facts.tenancies


async def _stay(desk: Desk, centre: Centre, enterprise_id: UUID, admitted_on: date, ended_on: date | None) -> UUID:
    return await desk.tenancy(centre, admitted_on, enterprise_id=enterprise_id, ended_on=ended_on, reason_code="moved")


async def _reassign(desk: Desk, centre: Centre, stay: UUID, survivor: UUID, version: int = 2) -> None:
    """`registry.tenancy.reassigned`: the first stay is the survivor's."""
    data = rc.TenancyState(
        id=stay,
        enterprise_id=survivor,
        centre_id=centre.id,
        status="exited",
        admitted_on=FIRST,
        agreement_no="协议",
        filed_on=FIRST,
        ended_on=LEFT,
        reason_code="moved",
        graduation_criterion=None,
        relocation_case_id=None,
    )
    await desk.feed(rc.TenancyReassigned, stay, version, data)


async def test_stays_of_a_merged_record_and_of_the_survivor_are_one_enterprises(desk: Desk) -> None:
    centre = await desk.centre()
    old, survivor = uuid4(), uuid4()
    first = await _stay(desk, centre, old, FIRST, LEFT)
    await _stay(desk, centre, survivor, SECOND, None)
    before = await _facts(desk, centre)
    assert (before.in_year, before.window_base, before.at_year_end) == (2, 3, 1)
    for _ in range(2):
        await _reassign(desk, centre, first, survivor)
    after = await _facts(desk, centre)
    assert (after.in_year, after.window_base, after.at_year_end) == (1, 2, 1)
    assert (after.opening, after.admitted, after.repeated, after.exited) == (1, 1, 1, 1)


async def test_the_merger_told_before_the_stays_own_events_counts_the_same(desk: Desk) -> None:
    centre = await desk.centre()
    survivor, first = uuid4(), uuid4()
    await _reassign(desk, centre, first, survivor, version=7)
    late = rc.TenancyState(
        id=first,
        enterprise_id=uuid4(),
        centre_id=centre.id,
        status="admitted",
        admitted_on=FIRST,
        agreement_no="协议",
        filed_on=None,
        ended_on=None,
        reason_code=None,
        graduation_criterion=None,
        relocation_case_id=None,
    )
    await desk.feed(rc.TenancyAdmitted, first, 1, late)
    await _stay(desk, centre, survivor, SECOND, None)
    assert (await _facts(desk, centre)).in_year == 1


async def test_an_agreement_is_filed_each_time_and_two_enterprises_stay_two(desk: Desk) -> None:
    centre = await desk.centre()
    again = uuid4()
    await _stay(desk, centre, again, date(2019, 2, 1), date(2019, 3, 31))
    await _stay(desk, centre, again, date(2019, 6, 1), None)
    await _stay(desk, centre, uuid4(), date(2019, 6, 1), None)
    counted = await _facts(desk, centre)
    assert (counted.admitted, counted.filed, counted.in_year, counted.at_year_end) == (3, 3, 2, 2)
