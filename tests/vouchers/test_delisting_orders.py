"""Stay, lift and reversal of a delisting in vouchers (2.3-5): issue possible again, and stopped again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.vouchers import consumers
from shared.events.consumer import Received
from shared.events.contracts import evaluation as ev, registry as rc
from shared.ids import uuid7
from tests.support.delisting_orders import Orders
from tests.vouchers.registry import TODAY, centre_state, received
from tests.vouchers.support import Standing, Town, code_of, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")

APPLIED = "vouchers.delisting.remedy_applied.v1"


async def follow(town: Town, *events: Received[ev.DelistingRemedyData]) -> None:
    async with town.registry.db.transaction() as session:
        await consumers.follow_ordered(session, events)


async def told(town: Town, order: ev.DelistingRemedy) -> list[dict[str, Any]]:
    sql = "SELECT data FROM event_log WHERE aggregate_id = :id AND type = :type ORDER BY aggregate_version"
    return [json.loads(row.data) for row in await town.rows(sql, id=order.id, type=APPLIED)]


async def issue(town: Town, standing: Standing, programme: str) -> Any:
    body = {"programme_id": programme, "enterprise_id": str(standing.firm.id), "face_value": "10.00"}
    return await town.api.post(officer(), "/v1/vouchers", body)


async def relisted(town: Town, standing: Standing, version: int = 11) -> None:
    """The registry's word that the centre stands again, which comes on another topic."""
    event = received(rc.CentreReinstated, centre_state(standing.centre_id), standing.centre_id, version)
    async with town.registry.db.transaction() as session:
        await consumers.copy_centres(session, [event])


async def test_vouchers_are_issued_again_during_a_stay_and_stopped_ones_stay_stopped(town: Town) -> None:
    standing, programme = await town.standing(), await town.programme()
    case = await town.registry.delist(standing.centre_id)
    orders = Orders(case, standing.centre_id, published_on=TODAY)
    stay = orders.next("stay", TODAY)
    await follow(town, stay)
    await relisted(town, standing)
    assert (await issue(town, standing, programme)).status_code == 201
    assert (await standing.voucher())["status"] == "stopped"
    [data] = await told(town, stay.data.remedy)
    assert (data["remedy"], data["stopped_voucher_ids"], data["case_id"]) == ("stay", [], str(case))


async def test_a_lift_stops_what_was_issued_in_between_and_nothing_is_issued_any_more(town: Town) -> None:
    standing, programme = await town.standing(), await town.programme()
    case = await town.registry.delist(standing.centre_id)
    orders = Orders(case, standing.centre_id, published_on=TODAY)
    await follow(town, orders.next("stay", TODAY))
    await relisted(town, standing)
    between = (await issue(town, standing, programme)).json()
    lift = orders.next("lift", TODAY)
    await follow(town, lift)
    [data] = await told(town, lift.data.remedy)
    assert data["stopped_voucher_ids"] == [between["id"]]
    assert code_of(await issue(town, standing, programme)) == (409, "centre-not-listed")


async def test_orders_missed_or_repeated_leave_the_same_state(town: Town) -> None:
    standing, programme = await town.standing(), await town.programme()
    case = uuid7()
    orders = Orders(case, standing.centre_id, published_on=TODAY)
    stay, reversal = orders.next("stay", TODAY), orders.next("reversal", TODAY)
    await follow(town, reversal)  # neither the delisting nor the stay had arrived
    assert (await standing.voucher())["status"] == "stopped"
    await follow(town, stay, reversal)
    async with town.registry.db.transaction() as session:
        await consumers.follow_reminded(session, [orders.reminded(stay.data.remedy, ("vouchers",))])
        await consumers.follow_reminded(session, [orders.reminded(stay.data.remedy, ("registry",))])
    assert len(await told(town, stay.data.remedy)) == 3
    await town.registry.delist(standing.centre_id, case)
    await town.registry.remind(standing.centre_id, case)
    await relisted(town, standing)
    assert (await issue(town, standing, programme)).status_code == 201
