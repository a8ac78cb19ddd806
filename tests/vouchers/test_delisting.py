"""A delisted centre's vouchers: stopped, delivered holds honoured, others released, and confirmed (2.3-5)."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.vouchers import consumers
from shared.ids import uuid7
from tests.vouchers.registry import delisted, tenancy_event
from tests.vouchers.support import DIVISION, Standing, Town, code_of, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")

APPLIED = "vouchers.delisting.applied.v1"


async def confirmations(town: Town, case_id: UUID) -> list[dict[str, Any]]:
    sql = "SELECT data FROM event_log WHERE aggregate_id = :id AND type = :type ORDER BY aggregate_version"
    return [json.loads(row.data) for row in await town.rows(sql, id=case_id, type=APPLIED)]


async def test_holds_are_released_delivered_ones_honoured_and_the_voucher_stopped(town: Town) -> None:
    standing = await town.standing("1000.00")
    held, delivered = await standing.hold("200.00"), await standing.hold("300.00")
    await standing.step(standing.seller.caller, delivered["id"], "deliver")
    await standing.at_counter("100.00")
    case_id = await town.registry.delist(standing.centre_id)

    voucher = await standing.voucher()
    assert (voucher["status"], voucher["reason_code"], voucher["stopped_on"]) == (
        "stopped",
        "centre_delisted",
        "2019-06-03",
    )
    assert await standing.parts() == ("0.00", "150.00", "50.00")
    assert await town.events(standing.voucher_id, "vouchers.voucher.stopped.v1") == 1
    assert await town.events(held["id"], "vouchers.redemption.released.v1") == 1
    assert await confirmations(town, case_id) == [
        {
            "case_id": str(case_id),
            "centre_id": str(standing.centre_id),
            "stopped_voucher_ids": [standing.voucher_id],
            "released_redemption_ids": [held["id"]],
            "honoured_redemption_ids": [delivered["id"]],
            "effective_on": "2019-06-03",
            "returned": "800.00",
        }
    ]

    assert code_of(await standing.at_counter("10.00")) == (409, "voucher-stopped")
    assert code_of(await _try_hold(standing)) == (409, "voucher-stopped")
    assert (await standing.step(standing.firm.caller, delivered["id"], "redeem")).status_code == 200
    assert await standing.parts() == ("0.00", "0.00", "200.00")
    assert await standing.journal_total() == 200


async def _try_hold(standing: Standing) -> Any:
    return await standing.town.api.post(standing.seller.caller, "/v1/redemptions", standing.sale("10.00"))


async def test_the_events_tell_the_states_they_leave_behind(town: Town) -> None:
    standing = await town.standing("1000.00")
    held = await standing.hold("200.00")
    await town.registry.delist(standing.centre_id)
    sql = "SELECT data, attributes FROM event_log WHERE aggregate_id = CAST(:id AS uuid) ORDER BY seq DESC LIMIT 1"
    stopped = (await town.rows(sql, id=standing.voucher_id))[0]
    data = json.loads(stopped.data)
    assert (data["status"], data["balance"], data["held"], data["returned"]) == ("stopped", "0.00", "0.00", "1000.00")
    attributes = json.loads(stopped.attributes)
    assert attributes["rules"] == "vouchers.delisted_released,vouchers.delisted_honoured"
    assert (attributes["actor"], attributes["effectiveon"]) == ("registry-officer", "2019-06-03")
    assert attributes["causationid"]
    released = json.loads((await town.rows(sql, id=held["id"]))[0].data)
    assert (released["status"], released["reason_code"]) == ("released", "centre_delisted")


async def test_nothing_is_issued_for_a_delisted_centre(town: Town) -> None:
    standing = await town.standing()
    programme = await town.programme()
    await town.registry.delist(standing.centre_id)
    body = {"programme_id": programme, "enterprise_id": str(standing.firm.id), "face_value": "10.00"}
    assert code_of(await town.api.post(officer(), "/v1/vouchers", body)) == (409, "centre-not-listed")


async def test_asked_again_it_confirms_the_same_and_does_nothing_twice(town: Town) -> None:
    standing = await town.standing()
    held = await standing.hold("200.00")
    case_id = await town.registry.delist(standing.centre_id)
    await town.registry.delist(standing.centre_id, case_id, version=10)
    await town.registry.remind(standing.centre_id, case_id)
    first, *again = await confirmations(town, case_id)
    assert again == [first, first]
    assert await town.events(standing.voucher_id, "vouchers.voucher.stopped.v1") == 1
    assert await town.events(held["id"], "vouchers.redemption.released.v1") == 1


async def test_a_reminder_to_others_is_none_of_its_business(town: Town) -> None:
    standing = await town.standing()
    case_id = uuid7()
    await town.registry.remind(standing.centre_id, case_id, late=["finance"])
    assert await confirmations(town, case_id) == []
    assert (await standing.voucher())["status"] == "active"


async def test_a_reminder_that_comes_first_does_the_work(town: Town) -> None:
    standing = await town.standing()
    case_id = uuid7()
    await town.registry.remind(standing.centre_id, case_id)
    assert (await standing.voucher())["status"] == "stopped"
    assert len(await confirmations(town, case_id)) == 1


async def test_a_centre_never_heard_of_is_marked_and_stays_barred_when_its_listing_arrives(town: Town) -> None:
    centre_id, case_id = uuid7(), uuid7()
    await town.registry.remind(centre_id, case_id)
    assert [done["stopped_voucher_ids"] for done in await confirmations(town, case_id)] == [[]]
    await town.registry.centre(centre_id, version=3)
    firm = await town.registry.tenant(centre_id)
    body = {"programme_id": await town.programme(), "enterprise_id": str(firm.id), "face_value": "10.00"}
    assert code_of(await town.api.post(officer(), "/v1/vouchers", body)) == (409, "centre-not-listed")


async def test_an_enterprise_that_moved_in_time_keeps_its_voucher(town: Town) -> None:
    standing = await town.standing()
    stay = await town.one("SELECT id FROM known_tenancy WHERE enterprise_id = :id", id=standing.firm.id)
    await town.registry.tenancy(
        standing.firm.id, standing.centre_id, tenancy_id=stay, ended_on=date(2019, 5, 31), version=2
    )
    await town.registry.tenancy(standing.firm.id, await town.registry.centre(), admitted_on=date(2019, 6, 1))
    await town.registry.delist(standing.centre_id)
    assert (await standing.voucher())["status"] == "active"


async def test_a_voucher_goes_where_its_enterprise_went(town: Town) -> None:
    standing = await town.standing()
    stay = await town.one("SELECT id FROM known_tenancy WHERE enterprise_id = :id", id=standing.firm.id)
    await town.registry.tenancy(
        standing.firm.id, standing.centre_id, tenancy_id=stay, ended_on=date(2019, 5, 31), version=2
    )
    other = await town.registry.centre()
    await town.registry.tenancy(standing.firm.id, other, admitted_on=date(2019, 6, 1))
    await town.registry.delist(other)
    assert (await standing.voucher())["status"] == "stopped"


async def test_a_stay_that_becomes_known_after_the_delisting_stops_its_vouchers_too(town: Town) -> None:
    standing = await town.standing()
    stay = await town.one("SELECT id FROM known_tenancy WHERE enterprise_id = :id", id=standing.firm.id)
    doomed, case_id = await town.registry.centre(), uuid7()
    await town.registry.delist(doomed, case_id)
    assert (await standing.voucher())["status"] == "active"
    await town.registry.tenancy(
        standing.firm.id, standing.centre_id, tenancy_id=stay, ended_on=date(2019, 5, 31), version=2
    )
    late = tenancy_event(standing.firm.id, doomed, uuid7(), admitted_on=date(2019, 6, 1), case_id=case_id)
    async with town.db.transaction() as session:
        await consumers.copy_tenancies(session, [late])
        await consumers.stop_late_vouchers(session, [late])
    assert (await standing.voucher())["status"] == "stopped"


async def test_a_batch_of_delistings_keeps_the_cases_apart(town: Town) -> None:
    standings = [await town.standing() for _ in range(3)]
    holds = [await standing.hold("100.00") for standing in standings]
    events = [delisted(standing.centre_id, uuid7()) for standing in standings]
    async with town.db.transaction() as session:
        await consumers.copy_delisted_centres(session, events)
        await consumers.stop_vouchers(session, events)
    for standing, held, event in zip(standings, holds, events, strict=True):
        (done,) = await confirmations(town, event.data.case_id)
        assert done["stopped_voucher_ids"] == [standing.voucher_id]
        assert done["released_redemption_ids"] == [held["id"]]
        assert await standing.parts() == ("0.00", "0.00", "0.00")
        assert (await standing.voucher())["returned"] == "1000.00"


async def test_other_centres_are_left_alone(town: Town) -> None:
    standing, other = await town.standing(), await town.standing()
    await town.registry.delist(standing.centre_id)
    assert (await other.voucher())["status"] == "active"


async def committed(town: Town, standing: Standing, programme_id: str) -> tuple[int, int]:
    """Yuan under the enterprise's quota and under the programme's budget."""
    sql = "SELECT committed FROM ceiling WHERE subject = :subject"
    quota = await town.one(sql, subject=f"{DIVISION}:{standing.firm.id}")
    return int(quota), int(await town.one(sql, subject=programme_id))


async def test_what_is_unspent_goes_back_to_budget_and_quota_and_the_rest_when_it_is_called_off(town: Town) -> None:
    standing = await town.standing("1000.00")
    programme = (await standing.voucher())["programme_id"]
    held, delivered = await standing.hold("200.00"), await standing.hold("300.00")
    await standing.step(standing.seller.caller, delivered["id"], "deliver")
    await standing.at_counter("100.00")
    neighbour = await town.registry.tenant(await town.registry.centre())
    await town.voucher(programme, neighbour, "400.00")
    assert await committed(town, standing, programme) == (1000, 1400)
    case_id = await town.registry.delist(standing.centre_id)
    assert await committed(town, standing, programme) == (200, 600), "50 spent, 150 delivered, 400 the neighbour's"
    await town.registry.delist(standing.centre_id, case_id, version=10)
    assert await committed(town, standing, programme) == (200, 600), "once only"
    assert code_of(await standing.step(standing.seller.caller, held["id"], "release")) == (409, "invalid-transition")
    await standing.step(standing.seller.caller, delivered["id"], "release")
    assert await committed(town, standing, programme) == (50, 450)
    assert await standing.journal_total() == 50
    assert await standing.parts() == ("0.00", "0.00", "50.00")
    assert (await standing.voucher())["returned"] == "950.00"


async def test_the_budget_given_back_can_be_issued_to_others(town: Town) -> None:
    standing = await town.standing("1000.00", budget="1000.00")
    programme = (await standing.voucher())["programme_id"]
    neighbour = await town.registry.tenant(await town.registry.centre())
    body = {"programme_id": programme, "enterprise_id": str(neighbour.id), "face_value": "1000.00"}
    assert code_of(await town.api.post(officer(), "/v1/vouchers", body)) == (409, "voucher-budget-exceeded")
    await town.registry.delist(standing.centre_id)
    assert (await town.api.post(officer(), "/v1/vouchers", body)).status_code == 201


async def test_vouchers_of_one_enterprise_and_programme_give_back_together(town: Town) -> None:
    standing = await town.standing("600.00")
    programme = (await standing.voucher())["programme_id"]
    await town.voucher(programme, standing.firm, "300.00")
    case_id = await town.registry.delist(standing.centre_id)
    assert await committed(town, standing, programme) == (0, 0)
    (done,) = await confirmations(town, case_id)
    assert done["returned"] == "900.00"


@pytest.mark.parametrize("present", ["there still", "moved to a listed centre", "moved into the delisted one"])
async def test_a_voucher_dated_before_a_delisting_needs_a_present_centre_in_good_standing(
    town: Town, present: str
) -> None:
    centre, other = await town.registry.centre(), await town.registry.centre()
    firm, programme = await town.registry.enterprise(), await town.programme()
    first, then = (other, centre) if present == "moved into the delisted one" else (centre, other)
    moved = present != "there still"
    await town.registry.tenancy(firm.id, first, ended_on=date(2019, 5, 31) if moved else None)
    if moved:
        await town.registry.tenancy(firm.id, then, admitted_on=date(2019, 6, 1))
    body = {"programme_id": programme, "enterprise_id": str(firm.id), "face_value": "10.00", "issued_on": "2019-05-20"}
    await town.registry.delist(centre)
    answer = await town.api.post(officer(), "/v1/vouchers", body)
    expected = {
        "there still": (409, "centre-not-listed"),
        "moved to a listed centre": (409, "centre-not-listed"),
        "moved into the delisted one": (409, "voucher-centre-delisted"),
    }
    assert code_of(answer) == expected[present], answer.text
    if present == "moved into the delisted one":
        assert answer.json()["clauses"] == ["2.3-5"]
        assert await town.one("SELECT count(*) FROM voucher WHERE enterprise_id = :id", id=firm.id) == 0


async def test_a_voucher_dated_before_a_move_is_issued_where_both_centres_are_listed(town: Town) -> None:
    first, then = await town.registry.centre(), await town.registry.centre()
    firm, programme = await town.registry.enterprise(), await town.programme()
    await town.registry.tenancy(firm.id, first, ended_on=date(2019, 5, 31))
    await town.registry.tenancy(firm.id, then, admitted_on=date(2019, 6, 1))
    issued = await town.voucher(programme, firm, issued_on="2019-05-20")
    assert (issued["issued_on"], issued["centre_id"]) == ("2019-05-20", str(first))
