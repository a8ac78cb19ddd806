"""A centre that left the list at its own request: nothing is paid to it, and what was paid is accounted for."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from shared.db import Database
from shared.events.contracts import registry as rg
from tests.finance.matching import Office, forget
from tests.finance.support import (
    Desk,
    Standings,
    application,
    centre_state,
    deliver,
    list_centre,
    publish_result,
    received,
)
from tests.finance.test_delisting import committed, events

pytestmark = pytest.mark.asyncio(loop_scope="session")

LEFT = date(2019, 5, 3)


async def withdraw(db: Database, centre: UUID, *, version: int = 8) -> None:
    """`registry.centre.withdrawn`."""
    state = centre_state(centre, status="withdrawn", withdrawn_on=LEFT)
    await deliver(db, rg.CentreWithdrawn, received(rg.CentreWithdrawn, state, centre, version, LEFT))


async def now(desk: Desk, grant: dict[str, Any]) -> dict[str, Any]:
    return dict((await desk.get("auditor", f"/v1/grants/{grant['id']}")).json())


async def test_what_is_unpaid_ends_and_gives_its_money_back(desk: Desk, db: Database) -> None:
    centre, other = await list_centre(db), await list_centre(db)
    unpaid = [await getattr(desk, state)(centre, "10000.00") for state in ("applied", "approved", "countersigned")]
    elsewhere = await desk.countersigned(other)
    await withdraw(db, centre)
    for grant in unpaid:
        found = await now(desk, grant)
        assert (found["status"], found["reason_code"], found["ended_on"], found["delisting_case_id"]) == (
            "cancelled",
            "centre_withdrawn",
            "2019-05-03",
            None,
        )
        told = (await events(db, grant["id"]))[-1]
        assert (told["type"], told["attributes"]["rules"]) == ("grant.cancelled.v1", "grants.centre_listed")
    assert await committed(db, centre) == ["0.00", "0.00"]
    assert (await now(desk, elsewhere))["status"] == "countersigned"
    await withdraw(db, centre, version=9)
    assert len(await events(db, unpaid[0]["id"])) == 2


async def test_held_grants_end_too(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grant = await desk.approved(centre)
    await publish_result(db, centre, 2019, "fail")
    await withdraw(db, centre)
    found = await now(desk, grant)
    assert (found["status"], found["held_from"], found["ceiling"]["committed"]) == ("cancelled", None, "0.00")


async def test_before_the_event_is_here_the_registrys_answer_refuses_the_payment(
    desk: Desk, db: Database, standings: Standings
) -> None:
    grant = await desk.countersigned(await list_centre(db))
    standings.answers = {"evaluation": "good", "registry": "withdrawn"}
    answer = await desk.post("treasury_approver", f"/v1/grants/{grant['id']}/disburse")
    assert (answer.status_code, answer.json()["code"]) == (409, "centre-not-in-good-standing")
    assert "withdrawn" in answer.text


async def test_a_withdrawal_and_a_payment_at_once_end_paid_or_cancelled(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grants = [await desk.countersigned(centre, "1000.00") for _ in range(4)]
    paying = [desk.post("treasury_approver", f"/v1/grants/{grant['id']}/disburse") for grant in grants]
    answers, _ = await asyncio.gather(asyncio.gather(*paying), withdraw(db, centre))
    for grant, answer in zip(grants, answers, strict=True):
        assert (await now(desk, grant))["status"] == ("paid" if answer.status_code == 200 else "cancelled")


async def test_paid_money_is_spent_given_back_and_closed_as_before(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grant = await desk.paid(centre, "1000.00")
    await withdraw(db, centre)
    assert (await now(desk, grant))["status"] == "paid"
    assert (await desk.spend(grant, "400.00")).status_code == 201
    await desk.step("treasury_officer", grant, "refund", {"amount": "600.00"}, key=desk.new_key())
    assert (await desk.step("science_officer", grant, "close"))["status"] == "closed"


async def test_nothing_new_begins_for_it(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    await withdraw(db, centre)
    refused = await desk.post("operator", "/v1/grants", application(centre))
    assert (refused.status_code, refused.json()["code"]) == (409, "grant-centre-not-listed")
    await forget(db)
    office = Office(desk)
    fund = await office.approved("1000.00")
    answer = await office.spend(fund, "10.00", centre_id=centre)
    assert (answer.status_code, answer.json()["code"]) == (409, "matching-fund-centre-not-listed")
