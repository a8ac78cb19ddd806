"""Copies of the registry's facts: the newest version wins, the service's own mark stays (2.3-6)."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest

from services.evaluation.centres import states_on
from shared.events.consumer import Received
from shared.events.contracts import registry as rc
from tests.evaluation.known import Centre
from tests.evaluation.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _operator_on(desk: Desk, centre: Centre, day: date) -> str:
    state = states_on(day, [centre.id])
    async with desk.runtime.db.transaction() as session:
        return str((await session.execute(state.select())).one().operator_code)


async def test_an_older_or_repeated_event_changes_nothing(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.amend(centre, date(2020, 1, 1), name="新名")
    old = rc.CentreState.model_validate({**centre.state, "name": "旧名"})
    await desk.feed(rc.CentreAmended, centre.id, 1, old)
    await desk.feed(rc.CentreAmended, centre.id, 2, old)
    assert await desk.count("SELECT count(*) FROM known_centre WHERE name = '新名'") == 1
    assert await desk.count("SELECT count(*) FROM known_centre_state") == 2


async def test_several_events_of_one_batch_leave_the_last_state(desk: Desk) -> None:
    tenancy, centre = uuid4(), uuid4()
    events: list[Received[rc.TenancyState]] = []
    for version, filed_on in ((1, None), (2, date(2019, 5, 1))):
        data = rc.TenancyState(
            id=tenancy,
            enterprise_id=uuid4(),
            centre_id=centre,
            status="admitted",
            admitted_on=date(2019, 4, 20),
            agreement_no="协议",
            filed_on=filed_on,
            ended_on=None,
            reason_code=None,
            graduation_criterion=None,
            relocation_case_id=None,
        )
        events.append(await desk.feed(rc.TenancyAdmitted, tenancy, version, data))
    await desk.apply(list(reversed(events)))
    assert await desk.count("SELECT count(*) FROM known_tenancy WHERE filed_on = '2019-05-01' AND version = 2") == 1


@pytest.mark.parametrize(
    ("day", "operator"),
    [
        (date(2018, 12, 31), "A"),  # before anything was known: the first state
        (date(2019, 1, 2), "A"),
        (date(2020, 6, 30), "A"),
        (date(2020, 7, 1), "C"),  # of two changes on one day the later event
        (date(2020, 12, 31), "C"),
        (date(2021, 2, 1), "D"),
    ],
)
async def test_the_operator_of_a_day_is_that_of_the_last_change_in_effect(desk: Desk, day: date, operator: str) -> None:
    centre = await desk.centre(operator_code="A")
    for effective_on, code in ((date(2020, 7, 1), "B"), (date(2020, 7, 1), "C"), (date(2021, 1, 1), "D")):
        await desk.amend(centre, effective_on, operator_code=code, operator_since=effective_on)
    assert await _operator_on(desk, centre, day) == operator


@pytest.mark.parametrize(
    ("day", "operator"),
    [
        (date(2020, 12, 19), "A"),
        (date(2020, 12, 20), "B"),
        (date(2020, 12, 28), "B"),
        (date(2020, 12, 31), "B"),
        (date(2021, 1, 5), "B"),
    ],
)
async def test_a_takeover_recorded_late_counts_from_its_own_day(desk: Desk, day: date, operator: str) -> None:
    centre = await desk.centre(operator_code="A")
    await desk.amend(centre, date(2020, 12, 28), name="改名")
    since = date(2020, 12, 20)
    await desk.amend(centre, since, operator_code="B", operator_since=since)
    await desk.amend(centre, date(2020, 6, 1), name="补录")
    assert await _operator_on(desk, centre, day) == operator


@pytest.mark.parametrize(
    ("day", "tier", "area"),
    [
        (date(2018, 12, 31), "standard", "2000.00"),  # before anything was known: the first state
        (date(2020, 2, 29), "standard", "2000.00"),
        (date(2020, 3, 1), "specialised", "2000.00"),
        (date(2020, 5, 31), "specialised", "2000.00"),
        (date(2020, 6, 1), "specialised", "3000.00"),
        (date(2020, 12, 31), "specialised", "3000.00"),
    ],
)
async def test_a_change_recorded_late_leaves_what_took_effect_since(
    desk: Desk, day: date, tier: str, area: str
) -> None:
    centre = await desk.centre(tier="standard", total_area_m2="2000.00")
    await desk.amend(centre, date(2020, 6, 1), total_area_m2="3000.00")
    await desk.amend(centre, date(2020, 3, 1), tier="specialised")
    state = states_on(day, [centre.id])
    async with desk.runtime.db.transaction() as session:
        row = (await session.execute(state.select())).one()
    assert (row.tier, str(row.total_area_m2)) == (tier, area)


async def test_the_mark_of_a_published_decision_survives_the_registrys_next_event(desk: Desk) -> None:
    centre = await desk.centre()
    case = UUID("0190a000-0000-7000-8000-0000000000ff")
    query = "UPDATE known_centre SET delisting_case_id = :case RETURNING version"
    assert await desk.count(query, case=case) == 1
    await desk.amend(centre, date(2021, 3, 1), status="delisted", delisted_on=date(2021, 3, 1))
    assert (
        await desk.count("SELECT count(*) FROM known_centre WHERE delisting_case_id IS NOT NULL AND version = 2") == 1
    )
