"""Orders and delistings: superseded with its effect, standing again without it, ended by an annulled fail (2.3-5)."""

from __future__ import annotations

from datetime import date

import pytest

from services.evaluation.rectifications.alarms import raise_alarms
from tests.evaluation.cases import DAYS, PUBLISHED, SIGNED, second_year, standing
from tests.evaluation.delistings.orders import LIFTED, REVERSED, STAYED, approved
from tests.evaluation.delistings.test_records import annul
from tests.evaluation.known import Centre, Json
from tests.evaluation.rectifications.steps import (
    EXTENSION,
    accept,
    inspect,
    order_path,
    report,
    serve,
)
from tests.evaluation.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

SERVED = date(2021, 1, 4)
DUE = date(2021, 4, 6)


async def _delisted(desk: Desk, *, put_right: bool = False) -> tuple[Centre, Json, str]:
    """Delisted while the first year's order, served late, is open; or put right before."""
    cycle, (centre,) = await second_year(desk)
    path = await order_path(desk, centre)
    assert (await serve(desk, path, SERVED))["due_on"] == DUE.isoformat()
    if put_right:
        await report(desk, centre, path, date(2021, 1, 5))
        await inspect(desk, path, date(2021, 1, 6))
        await accept(desk, path, date(2021, 1, 7))
    case = await desk.case_of(centre)
    await desk.procedure(case["id"], DAYS)
    await desk.sign(cycle["id"], SIGNED)
    await desk.publish(cycle["id"], PUBLISHED)
    return centre, case, path


async def _order(desk: Desk, path: str, on: date = REVERSED) -> Json:
    return await desk.caller("auditor", today=on).read(path)


async def test_a_delisting_takes_the_orders_place_and_nothing_more_can_be_done_about_it(desk: Desk) -> None:
    centre, case, path = await _delisted(desk)
    order = await _order(desk, path)
    assert (order["status"], order["closed_on"]) == ("superseded", PUBLISHED.isoformat())
    assert (order["superseded_by"], order["overdue"]) == (case["id"], False)
    operator = desk.operator(centre, PUBLISHED)
    assert await operator.refused(f"{path}/submit", {"evidence": ["报告"]}) == "invalid-transition"
    assert await operator.refused(f"{path}/extensions", EXTENSION) == "invalid-transition"
    assert await raise_alarms(desk.runtime, date(2021, 12, 31)) == 0
    assert (await standing(desk, centre))["standing"] == "delisting_decided"


async def test_what_was_accepted_before_stays_accepted(desk: Desk) -> None:
    centre, case, path = await _delisted(desk, put_right=True)
    assert (await _order(desk, path))["status"] == "accepted"
    await approved(desk, case, "reverse")
    assert (await _order(desk, path))["status"] == "accepted"
    await annul(desk, centre, 2019, REVERSED)
    assert (await _order(desk, path))["status"] == "accepted"


async def test_a_stay_brings_it_back_with_the_days_that_were_left_and_the_lift_ends_it_again(desk: Desk) -> None:
    centre, case, path = await _delisted(desk)
    await approved(desk, case, "stay")
    order = await _order(desk, path, STAYED)
    # 36 days were left on 1 March; from 1 April they end on 7 May.
    assert (order["status"], order["due_on"], order["superseded_by"]) == ("ordered", "2021-05-07", None)
    assert (await standing(desk, centre))["standing"] == "rectification_open"
    await report(desk, centre, path, date(2021, 4, 2))
    await approved(desk, case, "lift")
    order = await _order(desk, path, LIFTED)
    assert (order["status"], order["closed_on"]) == ("superseded", LIFTED.isoformat())
    await approved(desk, case, "reverse")
    order = await _order(desk, path)
    assert (order["status"], order["superseded_by"]) == ("submitted", None)
    told = [kind.split(".")[2] for kind in await desk.events(order["id"])]
    assert told == ["ordered", "served", "superseded", "reopened", "submitted", "superseded", "reopened"]


async def test_an_annulled_first_fail_ends_its_order_for_good_even_under_a_delisting(desk: Desk) -> None:
    centre, case, path = await _delisted(desk)
    await annul(desk, centre, 2019, date(2021, 4, 1))
    assert (await _order(desk, path))["status"] == "annulled"
    (proposed,) = (await desk.caller("auditor").get(f"/v1/delistings/{case['id']}/remedies")).json()
    approver = desk.caller("science_approver", today=date(2021, 4, 1))
    await approver.ok(f"/v1/delistings/{case['id']}/remedies/{proposed['id']}/approve")
    assert (await _order(desk, path))["status"] == "annulled"
    second = await _order(desk, await order_path(desk, centre, 2020))
    assert (second["status"], second["year"], second["served_on"]) == ("ordered", 2020, None)
    assert len(second["items"]) > 0


async def test_an_annulled_only_fail_restores_the_standing(desk: Desk) -> None:
    _, (centre,) = await second_year(desk)
    assert (await standing(desk, centre))["standing"] == "rectification_open"
    await annul(desk, centre, 2019, SIGNED)
    assert (await standing(desk, centre))["standing"] == "good"
