"""Paying once and only to a centre that is known to be good; money back; closing."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import text

from services.finance.main import definition
from shared.app import create_app
from shared.db import Database
from shared.settings import ServiceSettings
from tests.finance.serving import SUBSIDIES, Counter, signed
from tests.finance.support import Desk, Standings, delist, list_centre
from tests.support.tokens import Keys
from tests.support.waiting import free_port

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def treasury(db: Database, centre: UUID) -> str:
    async with db.transaction() as session:
        query = "SELECT sum(amount) FROM posting WHERE account = 'grants.treasury' AND subject = :centre"
        return str(await session.scalar(text(query), {"centre": str(centre)}))


async def everything(db: Database) -> list[Any]:
    """All that a payment changes."""
    async with db.transaction() as session:
        queries = (
            "SELECT version, status, paid FROM centre_grant ORDER BY id",
            "SELECT count(*) FROM event_log",
            "SELECT count(*) FROM posting",
            "SELECT committed FROM ceiling ORDER BY kind, subject",
            "SELECT count(*) FROM idempotency_key",
        )
        return [(await session.execute(text(query))).all() for query in queries]


async def test_a_repeated_payment_is_answered_again_and_paid_once(
    desk: Desk, db: Database, standings: Standings
) -> None:
    centre = await list_centre(db)
    grant = await desk.countersigned(centre, "120000.00")
    path = f"/v1/grants/{grant['id']}/disburse"
    first = await desk.post("treasury_approver", path, {"reference": "库-2019-0007"}, key="pay-1")
    assert first.status_code == 200
    standings.answers = {"evaluation": 500, "registry": 500}
    again = await desk.post("treasury_approver", path, {"reference": "库-2019-0007"}, key="pay-1")
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["ETag"] == first.headers["ETag"]
    other_body = await desk.post("treasury_approver", path, {"reference": "库-2019-0008"}, key="pay-1")
    assert (other_body.status_code, other_body.json()["code"]) == (422, "idempotency-key-reused")
    other_key = await desk.post("treasury_approver", path, key="pay-2")
    assert other_key.json()["code"] == "invalid-transition"
    assert await treasury(db, centre) == "-120000.00"


async def test_a_slip_of_the_treasury_pays_one_case_of_whichever_programme(desk: Desk, db: Database) -> None:
    slip = {"reference": "库-2019-0101"}
    first, second = [await desk.countersigned(await list_centre(db), "1000.00") for _ in range(2)]
    await desk.step("treasury_approver", first, "disburse", slip)
    counter = Counter(desk)
    loan = await signed(db, "360000.00", contracted_on=date(2019, 3, 20), maturity_on=date(2021, 4, 1))
    await counter.drawn(loan, "360000.00", date(2019, 4, 1), every_months=12)
    statement = await counter.approved(await counter.statement(2019, 2))
    address = f"{SUBSIDIES}/{statement['id']}/pay"
    paid = await counter.send("treasury_officer", "POST", address, slip)
    assert (paid.status_code, paid.json()["code"]) == (409, "payment-reference-used")
    assert first["no"] in paid.json()["detail"]
    another = {"reference": "库-2019-0102"}
    assert (await counter.send("treasury_officer", "POST", address, another)).is_success
    for used in (slip, another):
        again = await desk.post("treasury_approver", f"/v1/grants/{second['id']}/disburse", used)
        assert (again.status_code, again.json()["code"]) == (409, "payment-reference-used")


async def test_twenty_payments_of_one_grant_at_once_pay_once(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grant = await desk.countersigned(centre, "1000.00")
    path = f"/v1/grants/{grant['id']}/disburse"
    work = [desk.post("treasury_approver", path, key=f"pay-{number % 10}") for number in range(20)]
    answers = await asyncio.gather(*work)
    assert sum(answer.status_code == 200 and "Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert await treasury(db, centre) == "-1000.00"


async def test_a_payment_without_a_key_is_refused(desk: Desk, db: Database) -> None:
    grant = await desk.countersigned(await list_centre(db))
    for verb, body in (("disburse", None), ("refund", {"amount": "1.00"}), ("recover", {"amount": "1.00"})):
        answer = await desk.post("treasury_approver", f"/v1/grants/{grant['id']}/{verb}", body, key=None)
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-required")


@pytest.mark.parametrize(
    "answers",
    [
        {"evaluation": 500, "registry": "listed"},
        {"evaluation": 404, "registry": "listed"},
        {"evaluation": "good", "registry": 503},
        {"evaluation": None, "registry": "listed"},
        {"evaluation": "good", "registry": None},
    ],
)
async def test_who_cannot_know_does_not_pay_and_changes_nothing(
    desk: Desk, db: Database, standings: Standings, answers: dict[str, str | int | None]
) -> None:
    grant = await desk.countersigned(await list_centre(db))
    before = await everything(db)
    standings.answers = answers
    answer = await desk.post("treasury_approver", f"/v1/grants/{grant['id']}/disburse", key="pay")
    assert (answer.status_code, answer.json()["code"]) == (503, "standing-unknown")
    assert answer.headers["Retry-After"] == "1"
    assert await everything(db) == before
    standings.answers = {"evaluation": "good", "registry": "listed"}
    assert (await desk.step("treasury_approver", grant, "disburse", key="pay"))["status"] == "paid"


async def test_services_that_are_not_there_are_no_answer(
    desk: Desk, db: Database, settings: ServiceSettings, keys: Keys
) -> None:
    grant = await desk.countersigned(await list_centre(db))
    nowhere = f"http://127.0.0.1:{free_port()}"
    for urls in ({"evaluation_url": nowhere}, {"registry_url": nowhere}, {"evaluation_url": ""}):
        app = create_app(definition, settings.model_copy(update=urls))
        async with (
            app.router.lifespan_context(app),
            AsyncClient(transport=ASGITransport(app), base_url="http://finance") as client,
        ):
            alone = Desk(client, keys)
            answer = await alone.post("treasury_approver", f"/v1/grants/{grant['id']}/disburse", key="pay")
        assert (answer.status_code, answer.json()["code"]) == (503, "standing-unknown")


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ({"evaluation": "delisting_decided", "registry": "listed"}, ["evaluation"]),
        ({"evaluation": "good", "registry": "delisted"}, ["evaluation", "registry"]),
    ],
)
async def test_a_centre_that_is_being_delisted_is_not_paid(
    desk: Desk, db: Database, standings: Standings, answers: dict[str, str | int | None], asked: list[str]
) -> None:
    grant = await desk.countersigned(await list_centre(db))
    before = await everything(db)
    standings.answers = answers
    answer = await desk.post("treasury_approver", f"/v1/grants/{grant['id']}/disburse", key="pay")
    assert (answer.status_code, answer.json()["code"]) == (409, "centre-not-in-good-standing")
    assert answer.json()["clauses"] == ["2.3-3"]
    assert standings.asked == asked
    assert await everything(db) == before


async def test_nobody_is_asked_about_a_grant_that_cannot_be_paid(
    desk: Desk, db: Database, standings: Standings
) -> None:
    grant = await desk.approved(await list_centre(db))
    answer = await desk.post("treasury_approver", f"/v1/grants/{grant['id']}/disburse", key="pay")
    assert answer.json()["code"] == "invalid-transition"
    assert standings.asked == []


async def test_a_delisting_between_the_check_and_the_lock_stops_the_payment(
    desk: Desk, db: Database, standings: Standings
) -> None:
    """Both services still say good; finance's own sweep has come first."""
    centre = await list_centre(db)
    grant = await desk.countersigned(centre)
    await delist(db, centre)
    answer = await desk.post("treasury_approver", f"/v1/grants/{grant['id']}/disburse", key="pay")
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid-transition")
    assert (await desk.get("auditor", f"/v1/grants/{grant['id']}")).json()["status"] == "cancelled"


async def test_money_comes_back_and_the_grant_closes(desk: Desk, db: Database) -> None:
    grant = await desk.paid(await list_centre(db), "100000.00")
    assert (await desk.spend(grant, "60000.00")).status_code == 201
    early = await desk.post("science_officer", f"/v1/grants/{grant['id']}/close")
    assert (early.status_code, early.json()["code"]) == (409, "grant-balance-not-zero")
    path = f"/v1/grants/{grant['id']}/refund"
    above = await desk.post("treasury_officer", path, {"amount": "40000.01"}, key="back-1")
    assert (above.status_code, above.json()["code"]) == (409, "returned-above-outstanding")
    refunded = await desk.step("treasury_officer", grant, "refund", {"amount": "40000.00"}, key="back-2")
    assert (refunded["refunded"], refunded["balance"]) == ("40000.00", "0.00")
    closed = await desk.step("science_officer", grant, "close")
    assert closed["status"] == "closed"
    assert closed["ceiling"]["committed"] == "100000.00"


async def test_treasury_officers_pay_too(desk: Desk, db: Database) -> None:
    grant = await desk.countersigned(await list_centre(db))
    paid = await desk.step("treasury_officer", grant, "disburse", key="pay")
    assert paid["status"] == "paid"
