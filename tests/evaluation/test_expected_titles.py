"""The titles in force when a delisting is published must fall with it: the registry's answer is compared (2.3-5)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from services.evaluation.delistings.watchdog import remind_late
from shared.events.contracts import registry as rc
from shared.events.types import EventType
from tests.evaluation.cases import (
    DAYS,
    PUBLISHED,
    SIGNED,
    finance_confirms,
    registry_confirms,
    second_year,
    vouchers_confirm,
)
from tests.evaluation.known import Centre, Json
from tests.evaluation.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _title(
    desk: Desk,
    centre: Centre,
    title: UUID,
    version: int = 1,
    event_type: EventType[rc.QualificationState] = rc.QualificationGranted,
    **changes: object,
) -> None:
    state = {
        "id": title,
        "no": "QA-2019-0001",
        "application_id": uuid4(),
        "centre_id": centre.id,
        "operator_code": centre.operator_code,
        "kind": "maker_space",
        "level": "municipal",
        "status": "active",
        "applied_on": date(2019, 5, 1),
        "granted_on": date(2019, 6, 1),
        "revoked_on": None,
        "reason_code": None,
        "case_id": None,
    }
    data = rc.QualificationState.model_validate(state | changes)
    await desk.feed(event_type, title, version, data)


async def _delisted(desk: Desk, titles: int) -> tuple[Centre, Json, list[UUID]]:
    """A delisting in force of a centre that held as many municipal titles, and two that do not fall."""
    cycle, (centre,) = await second_year(desk)
    held = sorted(uuid4() for _ in range(titles))
    for title in held:
        await _title(desk, centre, title)
    await _title(desk, centre, uuid4(), kind="tech_incubator", level="regional")
    await _title(desk, centre, uuid4(), kind="commerce_cluster", status="revoked")
    await desk.procedure((await desk.case_of(centre))["id"], DAYS)
    await desk.sign(cycle["id"], SIGNED)
    await desk.publish(cycle["id"], PUBLISHED)
    return centre, await desk.case_of(centre), held


async def _registry(desk: Desk, centre: Centre) -> tuple[bool, str | None]:
    """Whether the registry has confirmed, and what is wrong with its last answer."""
    found = next(found for found in (await desk.case_of(centre))["participants"] if found["service"] == "registry")
    return found["confirmed"], found["problem"]


async def test_the_registrys_titles_are_expected_in_the_case(desk: Desk) -> None:
    _, case, held = await _delisted(desk, 2)
    assert case["expected_title_ids"] == [str(title) for title in held]


async def test_an_answer_that_leaves_an_expected_title_out_does_not_count_and_is_asked_for_again(desk: Desk) -> None:
    centre, case, (first, second) = await _delisted(desk, 2)
    await finance_confirms(desk, centre, case)
    await vouchers_confirm(desk, centre, case)
    await registry_confirms(desk, centre, case, revoked=[first])
    assert await _registry(desk, centre) == (False, "expected-titles-not-revoked")
    assert (await desk.case_of(centre))["status"] == "published"
    assert await remind_late(desk.runtime, timedelta(0)) == 1
    reminded = (
        "SELECT count(*) FROM event_log WHERE type LIKE '%reminded%' AND data::jsonb -> 'late' = '[\"registry\"]'"
    )
    assert await desk.count(reminded) == 1
    await registry_confirms(desk, centre, case, revoked=[first, second])
    assert await _registry(desk, centre) == (True, None)
    assert (await desk.case_of(centre))["status"] == "completed"


@pytest.mark.parametrize("status", ["revoked", "expired"])
async def test_a_title_that_had_ended_before_the_registry_acted_is_not_waited_for(desk: Desk, status: str) -> None:
    centre, case, (ended, revoked) = await _delisted(desk, 2)
    event_type = rc.QualificationRevoked if status == "revoked" else rc.QualificationExpired
    await _title(desk, centre, ended, 2, event_type, status=status)
    await registry_confirms(desk, centre, case, revoked=[revoked])
    assert await _registry(desk, centre) == (True, None)


async def test_a_suspended_title_still_has_to_fall(desk: Desk) -> None:
    centre, case, (title,) = await _delisted(desk, 1)
    await _title(desk, centre, title, 2, rc.QualificationSuspended, status="suspended")
    await registry_confirms(desk, centre, case)
    assert await _registry(desk, centre) == (False, "expected-titles-not-revoked")


async def test_a_title_left_in_force_is_named_before_what_was_expected(desk: Desk) -> None:
    centre, case, (title,) = await _delisted(desk, 1)
    await registry_confirms(desk, centre, case, titles_left=1, revoked=[title])
    assert await _registry(desk, centre) == (False, "active-municipal-titles-left")
