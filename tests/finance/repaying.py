"""Recovered money and the people who give it back."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from httpx import Response

from shared.db import Database
from shared.events.contracts import evaluation as ev, registry as rg
from tests.finance.support import OPERATOR, Desk, Json, centre_state, delist, deliver, list_centre, received
from tests.support.delisting_orders import Orders

PATH = "/v1/grants/repayments"
REVERSED = date(2021, 7, 1)
STEPS = (
    ("prepare", "finance_officer"),
    ("approve", "treasury_approver"),
    ("countersign", "science_approver"),
    ("pay", "treasury_officer"),
)
PAYMENT: Json = {"document_no": "库退-2021-0001"}


async def recovered(desk: Desk, db: Database, *amounts: str, paid: str = "30000.00", close: bool = False) -> Json:
    """A grant of which money came back after a delisting that was not reversed yet; `case` is the delisting's."""
    desk.today = date(2020, 3, 2)
    centre = await list_centre(db)
    grant = await desk.paid(centre, paid)
    case = await delist(db, centre)
    desk.today = date(2021, 4, 10)
    for amount in amounts:
        await desk.step("treasury_approver", grant, "recover", {"amount": amount}, key=desk.new_key())
    if close:
        await desk.step("science_officer", grant, "close")
    return grant | {"case": case}


async def reverse(desk: Desk, db: Database, grant: Json, *, version: int = 12) -> Orders:
    """Evaluation's reversal and the registry's word that the centre stands again."""
    orders = Orders(grant["case"], grant["centre_id"])
    await deliver(db, ev.DelistingReversed, orders.next("reversal", REVERSED))
    await relist(db, grant, version=version)
    desk.today = date(2021, 7, 20)
    return orders


async def relist(db: Database, grant: Json, *, version: int = 12, operator: str = OPERATOR) -> None:
    centre = UUID(grant["centre_id"])
    state = centre_state(centre, operator_code=operator)
    await deliver(db, rg.CentreReinstated, received(rg.CentreReinstated, state, centre, version, REVERSED))


async def repayments(desk: Desk, grant: Json) -> list[Json]:
    """The grant's repayments, the oldest first."""
    answer = await desk.get("auditor", PATH, grant_id=grant["id"], sort="created")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def due(desk: Desk, db: Database, amount: str = "12000.00") -> tuple[Json, Json]:
    """A grant and its one repayment."""
    grant = await recovered(desk, db, amount)
    await reverse(desk, db, grant)
    (repayment,) = await repayments(desk, grant)
    return grant, repayment


async def take(desk: Desk, person: str, repayment: Json, verb: str, body: Any = None, **more: Any) -> Response:
    return await desk.post(person, f"{PATH}/{repayment['id']}/{verb}", PAYMENT if verb == "pay" else body, **more)


async def advance(desk: Desk, repayment: Json, to: str) -> Json:
    """Every step up to this one by its people."""
    for verb, person in STEPS:
        answer = await take(desk, person, repayment, verb)
        assert answer.status_code == 200, (verb, answer.text)
        if verb == to:
            return dict(answer.json())
    raise AssertionError(to)


async def grant_now(desk: Desk, grant: Json) -> Json:
    return dict((await desk.get("auditor", f"/v1/grants/{grant['id']}")).json())
