"""2.3-5 in finance: cancel what is unpaid, recover what is unspent, confirm, and confirm again."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.consumers import stop_money
from shared.db import Database
from shared.events.contracts import evaluation as ev, registry as rg
from shared.ids import uuid7
from tests.finance.support import (
    Desk,
    accept_rectification,
    application,
    delist,
    delisting,
    deliver,
    list_centre,
    publish_result,
    reminder,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def events(db: Database, aggregate: UUID | str) -> list[dict[str, Any]]:
    async with db.transaction() as session:
        query = "SELECT type, aggregate_version, attributes, data FROM event_log WHERE aggregate_id = :id ORDER BY seq"
        rows = (await session.execute(text(query), {"id": aggregate})).all()
    return [
        {
            "type": row.type.split(".", 1)[1],
            "version": row.aggregate_version,
            "attributes": json.loads(row.attributes),
            "data": json.loads(row.data),
        }
        for row in rows
    ]


async def committed(db: Database, centre: UUID) -> list[str]:
    async with db.transaction() as session:
        query = "SELECT committed FROM ceiling WHERE subject LIKE :centre ORDER BY kind, period"
        return [str(amount) for amount in await session.scalars(text(query), {"centre": f"{centre}%"})]


async def test_every_unpaid_grant_falls_and_unspent_money_is_recovered(desk: Desk, db: Database) -> None:
    desk.today = date(2020, 3, 2)
    centre, other = await list_centre(db), await list_centre(db)
    unpaid = [
        await desk.applied(centre, "10000.00"),
        await desk.reviewed(centre, "10000.00"),
        await desk.approved(centre, "20000.00"),
        await desk.countersigned(centre, "30000.00"),
        await desk.approved(centre, "40000.00", fiscal_year=2020),
    ]
    spent = await desk.paid(centre, "50000.00")
    await desk.spend(spent, "12345.67")
    await desk.step("treasury_officer", spent, "refund", {"amount": "7000.00"}, key="back")
    accounted = await desk.paid(centre, "1000.00")
    await desk.spend(accounted, "1000.00")
    elsewhere = await desk.countersigned(other)

    case = await delist(db, centre)

    for grant in unpaid:
        now = (await desk.get("auditor", f"/v1/grants/{grant['id']}")).json()
        assert (now["status"], now["reason_code"], now["delisting_case_id"]) == (
            "cancelled",
            "centre_delisted",
            str(case),
        )
        assert (now["ended_on"], now["version"]) == ("2021-03-01", grant["version"] + 1)
        assert (await events(db, grant["id"]))[-1]["type"] == "grant.cancelled.v1"
    recovering = (await desk.get("auditor", f"/v1/grants/{spent['id']}")).json()
    assert (recovering["status"], recovering["recovery_due"]) == ("in_recovery", "30654.33")
    assert (await events(db, spent["id"]))[-1]["data"]["recovery_due"] == "30654.33"
    for grant, status in ((accounted, "paid"), (elsewhere, "countersigned")):
        assert (await desk.get("auditor", f"/v1/grants/{grant['id']}")).json()["status"] == status
    assert await committed(db, centre) == ["51000.00", "0.00", "51000.00", "0.00"]
    assert await committed(db, other) == ["100000.00", "100000.00"]
    (confirmation,) = await events(db, case)
    assert confirmation["type"] == "delisting.applied.v1"
    assert set(confirmation["data"]["cancelled_grant_ids"]) == {grant["id"] for grant in unpaid}
    assert confirmation["data"]["recovery_grant_ids"] == [spent["id"]]
    assert (confirmation["data"]["released"], confirmation["data"]["recovery_due"]) == ("90000.00", "30654.33")
    assert confirmation["attributes"]["rules"] == "grants.delisted_cancelled,grants.delisted_recovery"


async def test_held_grants_fall_too_and_stay_fallen(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grant = await desk.approved(centre)
    await publish_result(db, centre, 2020, "fail")
    await delist(db, centre)
    await accept_rectification(db, centre, 2020)
    now = (await desk.get("auditor", f"/v1/grants/{grant['id']}")).json()
    assert (now["status"], now["held_from"], now["ceiling"]["committed"]) == ("cancelled", None, "0.00")


async def test_a_reminder_before_the_registrys_word_is_enough(desk: Desk, db: Database) -> None:
    centre, case = await list_centre(db), uuid7()
    grant = await desk.countersigned(centre)
    await deliver(db, ev.DelistingReminded, reminder(centre, case))
    assert (await desk.get("auditor", f"/v1/grants/{grant['id']}")).json()["status"] == "cancelled"
    refused = await desk.post("operator", "/v1/grants", application(centre))
    assert refused.json()["code"] == "grant-centre-not-listed"
    await delist(db, centre, case_id=case)
    confirmations = await events(db, case)
    assert [event["version"] for event in confirmations] == [1, 2]
    assert confirmations[0]["data"] == confirmations[1]["data"]


async def test_asked_again_finance_confirms_the_same_and_does_nothing_twice(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grant = await desk.countersigned(centre)
    case = await delist(db, centre)
    await delist(db, centre, case_id=case, version=10)
    await deliver(db, ev.DelistingReminded, reminder(centre, case))
    confirmations = await events(db, case)
    assert [event["version"] for event in confirmations] == [1, 2, 3]
    assert len({json.dumps(event["data"]) for event in confirmations}) == 1
    assert [event["type"] for event in await events(db, grant["id"])].count("grant.cancelled.v1") == 1
    assert await committed(db, centre) == ["0.00", "0.00"]


async def test_a_reminder_for_others_is_not_ours(desk: Desk, db: Database) -> None:
    centre, case = await list_centre(db), uuid7()
    grant = await desk.applied(centre)
    await deliver(db, ev.DelistingReminded, reminder(centre, case, late=("registry", "vouchers")))
    assert await events(db, case) == []
    assert (await desk.get("auditor", f"/v1/grants/{grant['id']}")).json()["status"] == "applied"


async def test_a_centre_nobody_has_told_of_is_delisted_all_the_same(desk: Desk, db: Database) -> None:
    centre, case = uuid7(), uuid7()
    await deliver(db, ev.DelistingReminded, reminder(centre, case))
    (confirmation,) = await events(db, case)
    assert confirmation["data"]["cancelled_grant_ids"] == []
    await list_centre(db, centre_id=centre, version=2)
    refused = await desk.post("operator", "/v1/grants", application(centre))
    assert (refused.status_code, refused.json()["code"]) == (409, "grant-centre-not-listed")


async def test_many_delistings_in_one_batch_keep_their_cases_apart(desk: Desk, db: Database) -> None:
    centres = [await list_centre(db) for _ in range(5)]
    grants = [await desk.approved(centre, f"{number}000.00") for number, centre in enumerate(centres, start=1)]
    cases = [uuid7() for _ in centres]
    batch = [delisting(centre, case) for centre, case in zip(centres, cases, strict=True)]
    await deliver(db, rg.CentreDelisted, *batch, delisting(centres[0], cases[0], version=10))
    for number, (grant, case) in enumerate(zip(grants, cases, strict=True), start=1):
        (confirmation,) = await events(db, case)
        assert confirmation["data"]["cancelled_grant_ids"] == [grant["id"]]
        assert confirmation["data"]["released"] == f"{number}000.00"
        cancelled = (await events(db, grant["id"]))[-1]
        assert cancelled["attributes"]["causationid"] == confirmation["attributes"]["causationid"]


async def test_two_consumers_at_once_sweep_once(desk: Desk, db: Database) -> None:
    """The registry's topic and evaluation's are read independently of each other."""
    centre, case = await list_centre(db), uuid7()
    grant = await desk.countersigned(centre)
    await asyncio.gather(delist(db, centre, case_id=case), deliver(db, ev.DelistingReminded, reminder(centre, case)))
    confirmations = await events(db, case)
    assert [event["version"] for event in confirmations] == [1, 2]
    assert [event["type"] for event in await events(db, grant["id"])].count("grant.cancelled.v1") == 1
    assert {tuple(event["data"]["cancelled_grant_ids"]) for event in confirmations} == {(grant["id"],)}


async def test_a_sweep_that_fails_leaves_nothing_behind(desk: Desk, db: Database) -> None:
    centre, case = await list_centre(db), uuid7()
    grant = await desk.approved(centre)

    async def die_after_the_sweep(session: AsyncSession) -> None:
        await stop_money(session, [delisting(centre, case)])
        raise RuntimeError("the consumer died")

    with pytest.raises(RuntimeError, match="the consumer died"):
        await db.run(die_after_the_sweep)
    assert (await desk.get("auditor", f"/v1/grants/{grant['id']}")).json()["status"] == "approved"
    assert await events(db, case) == []


async def test_recovered_money_closes_the_grant(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grant = await desk.paid(centre, "1000.00")
    await desk.spend(grant, "400.00")
    await delist(db, centre)
    desk.today = date(2021, 4, 1)
    path = f"/v1/grants/{grant['id']}/recover"
    part = await desk.step("treasury_officer", grant, "recover", {"amount": "500.00"}, key="back-1")
    assert (part["status"], part["recovered"], part["balance"]) == ("in_recovery", "500.00", "100.00")
    above = await desk.post("treasury_officer", path, {"amount": "100.01"}, key="back-2")
    assert (above.status_code, above.json()["code"]) == (409, "returned-above-outstanding")
    assert (await desk.post("science_officer", f"/v1/grants/{grant['id']}/close")).status_code == 409
    rest = {"amount": "100.00", "received_on": "2021-03-20"}
    await desk.step("treasury_officer", grant, "recover", rest, key="back-3")
    assert (await desk.step("science_officer", grant, "close"))["status"] == "closed"
    types = [event["type"] for event in await events(db, grant["id"])]
    assert types[-4:] == ["grant.recovery_opened.v1", "grant.recovered.v1", "grant.recovered.v1", "grant.closed.v1"]


async def test_no_spending_is_recorded_any_more_once_the_rest_is_recovered(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grant = await desk.paid(centre, "1000.00")
    await delist(db, centre)
    answer = await desk.spend(grant, "10.00")
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid-transition")
