"""Two processes of finance at the edges: the 30 % of a fund, its cash, the cap over an enterprise's life, an alliance's
year. What fits is met to the cent, nothing beyond it gets through (3.2-2, 3.3-2, 4.6-3)."""

from __future__ import annotations

import asyncio
from collections import Counter
from decimal import Decimal

import pytest
from httpx import Response
from sqlalchemy import text

from shared.db import Database
from tests.finance.alliance_support.test_support import Bureau as Lead, application, assessed, forget
from tests.finance.angel_funds.world import PATH, Bureau, slip, subscription
from tests.finance.financing_rewards.world import NOTICE_OVER, Bureau as Rewards, firm
from tests.finance.matching import enterprise, tenancy
from tests.finance.support import Desk, delist, list_centre

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]


async def total(db: Database, query: str, **params: str) -> Decimal:
    async with db.transaction() as session:
        return Decimal(await session.scalar(text(query), params) or 0)


async def test_parallel_closings_meet_30_percent_and_not_a_cent_more(desks: list[Desk], db: Database) -> None:
    """10 × 5.00 against room for 30.00 of the municipal fund: six fit."""
    bureaus = [Bureau(desk) for desk in desks]
    fund = await bureaus[0].closed(await list_centre(db), "0.00", "70.00")
    first = await bureaus[0].prepared(fund, "closings", {"subscriptions": [subscription("0.01", municipal=True)]})
    assert (await bureaus[0].confirm(fund, first)).status_code == 200
    municipal = next(i for i in (await bureaus[0].read(fund))["investors"] if i["municipal"])
    more = {"subscriptions": [{"investor_id": municipal["id"], "amount": "5.00"}]}
    orders = [await bureaus[0].prepared(fund, "closings", more) for _ in range(10)]
    answers = await asyncio.gather(*(bureaus[number % 2].confirm(fund, order) for number, order in enumerate(orders)))
    assert Counter(answer.status_code for answer in answers) == {200: 5, 409: 5}
    refused = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert refused == {"angel-fund-share-exceeded"}
    read = await bureaus[0].read(fund)
    assert (read["municipal_subscribed"], read["admissible_subscription"]) == ("25.01", "4.99")
    last = {"subscriptions": [{"investor_id": municipal["id"], "amount": "4.99"}]}
    assert (await bureaus[1].confirm(fund, await bureaus[1].prepared(fund, "closings", last))).status_code == 200
    assert (await bureaus[0].statement(fund))["agrees"] is True


async def test_parallel_tranches_empty_the_fund_and_no_further(desks: list[Desk], db: Database) -> None:
    bureaus = [Bureau(desk) for desk in desks]
    centre = await list_centre(db)
    fund = await bureaus[0].full(centre, "30.00", "70.00")
    record, code = await enterprise(db)
    await tenancy(db, record, centre)
    held = await bureaus[0].approved(fund, code, "1000.00")
    orders = []
    for _ in range(12):
        answer = await bureaus[0].on(held, "tranches", {"amount": "15.00", "bank_slip_no": slip()})
        orders.append(answer.json())
    answers = await asyncio.gather(
        *(bureaus[number % 2].confirm(fund, order, "approver_2") for number, order in enumerate(orders))
    )
    assert Counter(answer.status_code for answer in answers) == {200: 6, 409: 6}
    statement = await bureaus[0].statement(fund)
    assert (statement["cash"], statement["invested"], statement["agrees"]) == ("10.00", "90.00", True)


async def test_no_municipal_payment_follows_the_delisting_that_it_races(desks: list[Desk], db: Database) -> None:
    bureaus = [Bureau(desk) for desk in desks]
    centre = await list_centre(db)
    fund = await bureaus[0].closed(centre, "30.00", "70.00")
    await bureaus[0].called(fund, "70.00", "30.00")
    other, municipal = fund["investors"]
    await bureaus[0].paid_in(fund, other, "70.00")
    order = await bureaus[0].prepared(fund, "payments", {"investor_id": municipal["id"], "amount": "30.00"})
    assert (await bureaus[0].confirm(fund, order)).status_code == 200
    paying = [bureaus[number % 2].pay(fund, order) for number in range(6)]
    answers, _ = await asyncio.gather(asyncio.gather(*paying), delist(db, centre))
    paid = sum(answer.status_code == 200 for answer in answers)
    assert paid <= 1
    read = await bureaus[0].read(fund)
    assert (read["municipal_paid_in"], read["stop_cause"]) == ("30.00" if paid else "0.00", "centre_delisted")
    unpaid = "SELECT sum(committed - paid) FROM budget_commitment WHERE case_id = CAST(:id AS uuid)"
    assert await total(db, unpaid, id=fund["id"]) == 0
    assert (await bureaus[0].get("auditor", f"{PATH}/{fund['id']}/statement")).json()["agrees"] is True


async def test_parallel_approvals_meet_the_cap_of_a_life(desks: list[Desk], db: Database) -> None:
    """12 × 7,000.00 against 50,000.00: seven fit and leave 1,000.00."""
    bureaus = [Rewards(desk) for desk in desks]
    who = await firm(db)
    rewards = [await bureaus[0].announced(who, "7000.00") for _ in range(12)]

    async def approve(number: int) -> Response:
        return await bureaus[number % 2].approve(rewards[number], "7000.00")

    answers = await asyncio.gather(*(approve(number) for number in range(12)))
    assert Counter(answer.status_code for answer in answers) == {200: 7, 409: 5}
    held = "SELECT committed FROM ceiling WHERE kind = 'rewards.enterprise_life' AND subject = :code"
    booked = "SELECT sum(amount) FROM posting WHERE account = 'reward.committed' AND subject = :code"
    assert await total(db, held, code=who.code) == await total(db, booked, code=who.code) == Decimal("49000.00")
    last = next(reward for reward, answer in zip(rewards, answers, strict=True) if answer.status_code == 409)
    assert (await bureaus[1].approve(last, "1000.01")).status_code == 409
    assert (await bureaus[1].approve(last, "1000.00", today=NOTICE_OVER)).status_code == 200


async def test_parallel_approvals_meet_an_alliances_year(desks: list[Desk], db: Database) -> None:
    """8 × 30,000.00 against 200,000.00: six fit."""
    await forget(db)
    leads = [Lead(desk) for desk in desks]
    cited = await assessed(db, 8)
    waiting = [await leads[0].announced(application([record], "30000.00")) for record in cited]
    answers = await asyncio.gather(
        *(leads[number % 2].approve(support, "30000.00") for number, support in enumerate(waiting))
    )
    assert Counter(answer.status_code for answer in answers) == {200: 6, 409: 2}
    held = "SELECT committed FROM ceiling WHERE kind = 'alliances.year' AND subject = 'maker_spaces'"
    assert await total(db, held) == Decimal("180000.00")
