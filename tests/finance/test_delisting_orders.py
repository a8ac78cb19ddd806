"""Stay, lift and reversal of a delisting in finance (2.3-5): what is possible again, what stays, what comes back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.db import Database
from shared.events.contracts import evaluation as ev, registry as rg
from shared.ids import uuid7
from tests.finance.support import (
    Desk,
    application,
    centre_state,
    delist,
    deliver,
    list_centre,
    publish_result,
    received,
)
from tests.finance.test_delisting import events
from tests.support.delisting_orders import Orders

pytestmark = pytest.mark.asyncio(loop_scope="session")

STAYED, LIFTED, REVERSED = date(2021, 4, 1), date(2021, 6, 1), date(2021, 7, 1)
EVENTS = {"stay": ev.DelistingStayed, "lift": ev.DelistingLifted, "reversal": ev.DelistingReversed}


async def follow(db: Database, orders: Orders, kind: str, day: date) -> ev.DelistingRemedy:
    event = orders.next(kind, day)
    await deliver(db, EVENTS[kind], event)
    return event.data.remedy


async def confirmation(db: Database, order: ev.DelistingRemedy) -> dict[str, Any]:
    data: dict[str, Any] = (await events(db, order.id))[-1]["data"]
    return data


async def relist(db: Database, centre: UUID, version: int) -> None:
    """The registry's word that the centre stands again, which comes on another topic."""
    state = centre_state(centre)
    await deliver(db, rg.CentreReinstated, received(rg.CentreReinstated, state, centre, version, STAYED))


async def test_during_a_stay_grants_are_applied_for_again_and_cancelled_ones_stay_cancelled(
    desk: Desk, db: Database
) -> None:
    desk.today = date(2020, 3, 2)
    centre = await list_centre(db)
    cancelled, paid = await desk.approved(centre, "10000.00"), await desk.paid(centre, "50000.00")
    case = await delist(db, centre)
    orders = Orders(case, centre)
    stay = await follow(db, orders, "stay", STAYED)
    await relist(db, centre, 10)
    assert (await desk.post("operator", "/v1/grants", application(centre, "1000.00"))).status_code == 201
    assert (await desk.get("auditor", f"/v1/grants/{cancelled['id']}")).json()["status"] == "cancelled"
    assert (await desk.get("auditor", f"/v1/grants/{paid['id']}")).json()["status"] == "in_recovery"
    told = await confirmation(db, stay)
    assert (told["remedy"], told["cancelled_grant_ids"], told["recovery_grant_ids"]) == ("stay", [], [])


async def test_a_lift_cancels_what_was_applied_for_during_the_stay(desk: Desk, db: Database) -> None:
    desk.today = date(2020, 3, 2)
    centre = await list_centre(db)
    case = await delist(db, centre)
    orders = Orders(case, centre)
    await follow(db, orders, "stay", STAYED)
    await relist(db, centre, 10)
    between = (await desk.post("operator", "/v1/grants", application(centre, "1000.00"))).json()
    lift = await follow(db, orders, "lift", LIFTED)
    shown = (await desk.get("auditor", f"/v1/grants/{between['id']}")).json()
    assert (shown["status"], shown["ended_on"], shown["delisting_case_id"]) == ("cancelled", "2021-06-01", str(case))
    assert (await confirmation(db, lift))["cancelled_grant_ids"] == [between["id"]]
    refused = await desk.post("operator", "/v1/grants", application(centre, "1000.00"))
    assert refused.json()["code"] == "grant-centre-not-listed"


async def test_a_reversal_closes_what_is_unpaid_of_a_recovery_and_names_what_is_to_be_repaid(
    desk: Desk, db: Database
) -> None:
    desk.today = date(2020, 3, 2)
    centre = await list_centre(db)
    untouched, partly = await desk.paid(centre, "50000.00"), await desk.paid(centre, "30000.00", fiscal_year=2020)
    case = await delist(db, centre)
    back = {"amount": "12000.00"}
    desk.today = date(2021, 3, 10)
    await desk.step("treasury_approver", partly, "recover", back, key=desk.new_key())
    orders = Orders(case, centre)
    reversal = await follow(db, orders, "reversal", REVERSED)
    shown = (await desk.get("auditor", f"/v1/grants/{untouched['id']}")).json()
    assert (shown["status"], shown["recovery_due"], shown["reason_code"]) == ("paid", "0.00", "delisting_reversed")
    shown = (await desk.get("auditor", f"/v1/grants/{partly['id']}")).json()
    assert (shown["status"], shown["recovery_due"], shown["recovered"]) == ("paid", "12000.00", "12000.00")
    told = await confirmation(db, reversal)
    assert set(told["recovery_grant_ids"]) == {untouched["id"], partly["id"]}
    assert Decimal(told["recovery_due"]) == Decimal("68000.00")
    assert (told["repayment_grant_ids"], told["repayment_due"]) == ([partly["id"]], "12000.00")
    kinds = [event["type"] for event in await events(db, partly["id"])]
    assert kinds[-2:] == ["grant.recovery_closed.v1", "grant.repayment_due.v1"]
    async with db.transaction() as session:
        query = "SELECT sum(amount) FROM posting WHERE account = 'grants.receivable' AND subject = :centre"
        assert await session.scalar(text(query), {"centre": str(centre)}) == 0


async def test_orders_missed_or_repeated_leave_the_same_state_and_one_confirmation_each_time(
    desk: Desk, db: Database
) -> None:
    desk.today = date(2020, 3, 2)
    centre, case = await list_centre(db), uuid7()
    grant = await desk.approved(centre, "10000.00")
    orders = Orders(case, centre)
    stay, lift = orders.next("stay", STAYED), orders.next("lift", LIFTED)
    await deliver(db, ev.DelistingLifted, lift)  # neither the delisting nor the stay had arrived
    assert (await desk.get("auditor", f"/v1/grants/{grant['id']}")).json()["status"] == "cancelled"
    await deliver(db, ev.DelistingStayed, stay)
    await deliver(db, ev.DelistingRemedyReminded, orders.reminded(lift.data.remedy, ("finance",)))
    await deliver(db, ev.DelistingRemedyReminded, orders.reminded(lift.data.remedy, ("vouchers",)))
    await delist(db, centre, case_id=case)
    assert [event["version"] for event in await events(db, stay.data.remedy.id)] == [1, 2]
    assert [event["version"] for event in await events(db, lift.data.remedy.id)] == [1, 2]
    refused = await desk.post("operator", "/v1/grants", application(centre, "1000.00"))
    assert refused.json()["code"] == "grant-centre-not-listed"


async def test_an_annulled_fail_holds_no_money_in_whichever_order_the_topics_arrive(desk: Desk, db: Database) -> None:
    desk.today = date(2020, 3, 2)
    for first in ("result", "annulment"):
        centre, result = await list_centre(db), uuid7()
        grant = await desk.approved(centre, "10000.00")
        annulled = _annulled(centre, result)
        if first == "annulment":
            await deliver(db, ev.ResultAnnulled, annulled)
        await publish_result(db, centre, 2019, "fail", result_id=result)
        if first == "result":
            await deliver(db, ev.ResultAnnulled, annulled)
        assert (await desk.get("auditor", f"/v1/grants/{grant['id']}")).json()["status"] == "approved", first


def _annulled(centre: UUID, result: UUID) -> Any:
    data = ev.AnnulmentState(
        id=uuid7(),
        no="RA-2021-0001",
        evaluation_id=result,
        centre_id=centre,
        year=2019,
        status="approved",
        ground="reconsideration",
        issuer="虚构市人民政府",
        document_no="复决1",
        ordered_on=STAYED,
        recorded_on=STAYED,
        decided_on=STAYED,
    )
    return received(ev.ResultAnnulled, data, data.id, 2, STAYED)
