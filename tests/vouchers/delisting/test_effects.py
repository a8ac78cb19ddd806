"""What a delisting did to vouchers is there to see: all of it for the city, the own part for issuer, holder and
provider (2.3-5)."""

from __future__ import annotations

from datetime import date
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.vouchers import consumers
from shared.ids import uuid7
from tests.vouchers.registry import tenancy_event
from tests.vouchers.support import AUDITOR, SCIENCE_OFFICER, Caller, Standing, Town, approver, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/voucher-delistings"
MOVED = date(2019, 6, 10)


async def look(town: Town, caller: Caller, case_id: UUID, part: str = "", **options: Any) -> Any:
    answer = await town.api.get(caller, f"{PATH}/{case_id}{part}", **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def delisted(town: Town) -> tuple[Standing, UUID, dict[str, str]]:
    """A centre was delisted while one hold was delivered and one was not."""
    standing = await town.standing("1000.00")
    held, delivered = await standing.hold("200.00"), await standing.hold("300.00")
    await standing.step(standing.seller.caller, delivered["id"], "deliver")
    case_id = await town.registry.delist(standing.centre_id)
    return standing, case_id, {"released": held["id"], "honoured": delivered["id"]}


async def test_stopped_vouchers_and_their_holds_are_listed_with_their_amounts(town: Town) -> None:
    standing, case_id, holds = await delisted(town)
    for caller in (SCIENCE_OFFICER, AUDITOR, officer(), standing.firm.caller):
        shown = await look(town, caller, case_id)
        assert shown == {
            "case_id": str(case_id),
            "centre_id": str(standing.centre_id),
            "effective_on": "2019-06-03",
            "stopped_count": 1,
            "returned": "850.00",
            "honoured_count": 1,
            "honoured": "150.00",
            "released_count": 1,
            "released": "100.00",
            "reinstated_count": 0,
        }
        voucher = (await look(town, caller, case_id, "/vouchers"))["items"][0]
        assert (voucher["voucher_id"], voucher["returned"]) == (standing.voucher_id, "850.00")
        assert (voucher["honoured"], voucher["released"], voucher["reinstatable"]) == ("150.00", "100.00", False)
        listed = (await look(town, caller, case_id, "/redemptions"))["items"]
        assert {item["outcome"]: item["redemption_id"] for item in listed} == holds
    found = (await town.api.get(officer(), PATH, centre_id=standing.centre_id)).json()["items"]
    assert [item["case_id"] for item in found] == [str(case_id)]


async def test_a_provider_sees_the_holds_at_its_own_counter_and_no_voucher(town: Town) -> None:
    standing, case_id, _ = await delisted(town)
    shown = await look(town, standing.seller.caller, case_id)
    assert (shown["stopped_count"], shown["honoured_count"], shown["released_count"]) == (0, 1, 1)
    assert (await look(town, standing.seller.caller, case_id, "/vouchers"))["items"] == []


async def test_it_is_404_for_whom_it_does_not_concern(town: Town) -> None:
    _, case_id, _ = await delisted(town)
    other, stranger = await town.registry.enterprise(), await town.provider()
    for caller in (other.caller, stranger.caller, officer("540121")):
        for part in ("", "/vouchers", "/redemptions"):
            assert (await town.api.get(caller, f"{PATH}/{case_id}{part}")).status_code == 404
    assert (await town.api.get(SCIENCE_OFFICER, f"{PATH}/{uuid7()}")).status_code == 404


async def test_a_stay_that_becomes_known_later_is_listed_too(town: Town) -> None:
    centre_id, case_id = await town.registry.centre(), uuid7()
    standing = await town.standing()
    await town.registry.delist(centre_id, case_id)
    stay = await town.one("SELECT id FROM known_tenancy WHERE enterprise_id = :id", id=standing.firm.id)
    await town.registry.tenancy(
        standing.firm.id, standing.centre_id, tenancy_id=stay, ended_on=date(2019, 6, 2), version=2
    )
    event = tenancy_event(standing.firm.id, centre_id, uuid7(), admitted_on=date(2019, 6, 3), case_id=case_id)
    async with town.db.transaction() as session:
        await consumers.copy_tenancies(session, [event])
        await consumers.stop_late_vouchers(session, [event])
    assert (await look(town, standing.firm.caller, case_id))["stopped_count"] == 1


async def relocate(standing: Standing) -> None:
    town = standing.town
    stay = await town.one("SELECT id FROM known_tenancy WHERE enterprise_id = :id", id=standing.firm.id)
    await town.registry.tenancy(
        standing.firm.id, standing.centre_id, tenancy_id=stay, ended_on=date(2019, 6, 9), version=2
    )
    await town.registry.tenancy(standing.firm.id, await town.registry.centre(), admitted_on=MOVED)


async def tasks(town: Town, caller: Caller, kind: str) -> list[str]:
    answer = await town.api.get(caller, "/v1/tasks", today=MOVED, kind=kind, limit=200)
    return [task["subject_id"] for task in answer.json()["items"]]


async def test_a_relocated_holder_is_told_and_a_reinstated_voucher_is_counted(town: Town) -> None:
    standing, case_id, _ = await delisted(town)
    kind = "voucher_reinstatable"
    assert await tasks(town, standing.firm.caller, kind) == []
    await relocate(standing)
    assert await tasks(town, standing.firm.caller, kind) == [standing.voucher_id]
    item = (await look(town, standing.firm.caller, case_id, "/vouchers", today=MOVED))["items"][0]
    assert item["reinstatable"] is True
    body = {"voucher_id": standing.voucher_id, "kind": "reinstatement", "reason": "已迁入"}
    request = await town.api.ok(officer(), "/v1/voucher-requests", body, today=MOVED)
    assert await tasks(town, standing.firm.caller, kind) == []
    await town.api.ok(approver(), f"/v1/voucher-requests/{request['id']}/approve", today=MOVED)
    assert (await look(town, standing.firm.caller, case_id))["reinstated_count"] == 1
    shown = await standing.voucher()
    assert (shown["balance"], shown["held"], shown["status"]) == ("850.00", "150.00", "active")


async def test_after_relocation_new_vouchers_are_issued_again(town: Town) -> None:
    standing, _, _ = await delisted(town)
    await relocate(standing)
    body = {
        "programme_id": await town.programme(),
        "enterprise_id": str(standing.firm.id),
        "face_value": "10.00",
    }
    assert (await town.api.post(officer(), "/v1/vouchers", body, today=MOVED)).status_code == 201


async def test_a_second_delisting_stops_a_reinstated_voucher_again(town: Town) -> None:
    standing, case_id, _ = await delisted(town)
    await relocate(standing)
    body = {"voucher_id": standing.voucher_id, "kind": "reinstatement", "reason": "已迁入"}
    request = await town.api.ok(officer(), "/v1/voucher-requests", body, today=MOVED)
    await town.api.ok(approver(), f"/v1/voucher-requests/{request['id']}/approve", today=MOVED)
    there = UUID((await standing.voucher())["centre_id"])
    again = await town.registry.delist(there)
    assert (await look(town, officer(), again))["returned"] == "850.00"
    assert (await look(town, officer(), case_id))["returned"] == "850.00"
    shown = await standing.voucher()
    assert (shown["status"], shown["returned"], shown["held"]) == ("stopped", "850.00", "150.00")


async def test_delistings_from_before_are_shown_alike(town: Town) -> None:
    """The migration reads the effects out of what was kept of each case."""
    standing, case_id, _ = await delisted(town)
    parts = ("", "/vouchers", "/redemptions")
    before = [await look(town, standing.firm.caller, case_id, part) for part in parts]
    migration = import_module("services.vouchers.migrations.versions.0010_applications_and_batches")
    async with town.db.transaction() as session:
        for table in ("delisting_effect", "delisting_hold"):
            await session.execute(text(f"DELETE FROM {table}"))
        for statement in (migration._KEPT_VOUCHERS, migration._KEPT_HOLDS):
            await session.execute(text(statement))
    assert [await look(town, standing.firm.caller, case_id, part) for part in parts] == before
